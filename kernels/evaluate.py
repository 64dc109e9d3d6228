"""The one evaluation: test accuracy, computed exactly and no more often than needed.

A column's current depends on that column alone, so between two evaluations only the columns that were pulsed
have to be read again; the others keep, bit for bit, the currents they had.
"""

from __future__ import annotations

import numpy as np

from .base._jit import jit
from .base.buffers import copy_line
from .circuit import read
from .path.table import up
from .rules.table import fire, passes, read_layer, room_of
from .way.hardware import drive_bias, load_sample


def first_scratch(rows: int, columns: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
    """Working memory of `first_layer` for so many columns: driven rows and voltages, weights, a sample's currents."""
    width = (columns + 15) // 16 * 16
    lists = np.empty(rows + 1, np.int32), np.empty(rows + 1, np.float32)
    return lists, np.zeros((rows, width), np.float32), np.empty(width, np.float32)


@jit
def first_layer(samples, geometry, full, flat, columns, lists, packed, out, currents):
    """Read the first array for every sample, at the listed columns only, on ideal wires.

    Parameters
    ----------
    full : float32, V
        Voltage of the bias row.
    flat : float32, S
        Weights of all layers.
    columns : (n,) int64
    lists, packed, out : scratch
        See `first_scratch`.
    currents : (samples, cols) float32, A, updated at the listed columns
    """
    layer, n, rows, stride = np.int64(0), columns.shape[0], geometry.rows[0], geometry.stride[0]
    for i in range(rows):
        for q in range(n):
            packed[i, q] = flat[i * stride + columns[q]]  # the first layer lies at the begin
    lines, volts = lists
    for k in range(samples.label.shape[0]):
        m = load_sample(samples, k, lines, volts)
        m = drive_bias(geometry, layer, full, lines, volts, m)
        read.forward(lines, volts, m, packed, out)
        for q in range(n):
            currents[k, columns[q]] = out[q]


@jit
def best_of(values, n):
    """The largest of `n` values (the first, if several are equal)."""
    best = 0
    for j in range(1, n):
        if values[j] > values[best]:
            best = j
    return best


@jit
def _pass(rule, array, circuit, lines, k, now, number, ways, samples, geometry, room, memory, known):
    """Read sample `k`; returns the number of the largest output."""
    last = geometry.rows.shape[0] - 1
    # Numba leaves out the branch that the type of `known` rules out.
    if known is None:
        up(geometry, rule, array, circuit, lines, k, now, number, ways, np.int64(0), samples, room, memory)
    else:
        n = 0
        copy_line(known[k], geometry.cols[0], room.currents[0])
        for layer in range(last + 1):
            if layer > 0:
                read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room)
            if layer < last:
                n = fire(rule, layer, now, number, geometry, room)
    return best_of(room.currents[last], geometry.cols[last])


@jit
def classify(now, samples, geometry, rule, array, circuit, lines, rooms, memory, known, winners):
    """Class of every sample.

    Parameters
    ----------
    now : int
        Updates done: what the noise of reads may depend on. The number of a way is that of the sample.
    rule, array, circuit, lines : NamedTuples
        See `loop.train`; of rules that have forms for inference, these.
    rooms : see `rules.table.new_room`
        For one sample.
    memory : see `path.table.new_memory`
        The same.
    known : (samples, cols) float32, A, or None
        Currents of the first array, see `first_layer`; None: it is read.
    winners : (samples,) int64, updated
        The class with the largest output current (the first, if several are equal).
    """
    room, ways = room_of(rule, rooms, 0), samples.label.shape[0]
    for k in range(ways):
        winners[k] = _pass(rule, array, circuit, lines, k, now, k, ways, samples, geometry, room, memory, known)


@jit
def answers(now, samples, geometry, rule, array, circuit, lines, rooms, memory, found):
    """What the last array answers to every sample: `found`, (samples, classes) float32, A, is updated.

    Parameters as of `classify`; nothing is known of the first array.
    """
    room, ways = room_of(rule, rooms, 0), samples.label.shape[0]
    last = geometry.rows.shape[0] - 1
    for k in range(ways):
        _pass(rule, array, circuit, lines, k, now, k, ways, samples, geometry, room, memory, None)
        copy_line(room.currents[last], geometry.cols[last], found[k])


@jit
def poll(now, samples, geometry, rule, array, circuit, lines, rooms, memory, votes, total, winners):
    """Class of every sample by the most frequent winner of its passes; of equal ones that with the larger sum of
    outputs.

    Parameters as of `classify`, and `votes` and `total`, (classes,) int64 and float64, scratch; the number of a way is
    that of the sample, times passes, plus the pass.
    """
    last, times = geometry.rows.shape[0] - 1, passes(rule)
    room = room_of(rule, rooms, 0)
    classes, ways = geometry.cols[last], samples.label.shape[0] * times
    for k in range(samples.label.shape[0]):
        votes[:] = 0
        total[:] = 0.0
        for s in range(times):
            way = k * times + s
            best = _pass(rule, array, circuit, lines, k, now, way, ways, samples, geometry, room, memory, None)
            votes[best] += 1
            for j in range(classes):
                total[j] += room.currents[last, j]
        best = 0
        for j in range(1, classes):
            if votes[j] > votes[best] or (votes[j] == votes[best] and total[j] > total[best]):
                best = j
        winners[k] = best
