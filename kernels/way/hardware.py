"""The way of a sample through the hardware of Lim et al. (2019): hard-sigmoid neurons, softmax error, errors read
backwards.

These are the stages (see `rules.table`) of every rule whose neurons are of this kind; a rule takes them over by name.
Its tuple has a field ``reading``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import inlined, jit
from ..circuit.table import may_skip, read_columns, read_rows, round_drive
from . import neuron


class Reading(NamedTuple):
    """Voltages, neurons and comparators."""

    v_read: np.float32  # V
    span: np.float32  # S: Gmax - Gmin
    reach: np.float32  # no |W| is larger, in units of `span`
    c: np.ndarray  # (layers,) float32, A: hard sigmoid of the layer's neurons (unused for the last)
    softmax_gain: float  # 1/A
    dead_zone: np.ndarray  # (layers,) float32: on the layer's delta
    input_threshold: np.float32  # V


class Neurons(NamedTuple):
    """Hardware neurons in inference: no rule, but the way of a sample."""

    reading: Reading


Rule = Neurons


@jit
def activate(currents, n, c, v_read, lines, volts):
    """Hidden neurons drive the next layer's rows: lists the neurons with output > 0, ascending;
    returns their number.
    """
    k, one, zero = np.uint64(0), np.uint64(1), np.uint64(0)
    for j in range(n):
        y = neuron.hard_sigmoid(currents[j], c)
        lines[k] = j
        volts[k] = y * v_read
        k += one if y > np.float32(0.0) else zero
    return np.int64(k)


@jit
def drive_bias(geometry, layer, v_read, lines, volts, n_lines):
    """Append the bias row, driven at the full read voltage, if the layer has one; returns the new number of lines."""
    if geometry.bias[layer]:
        lines[n_lines] = geometry.rows[layer] - 1
        volts[n_lines] = v_read
        n_lines += 1
    return n_lines


@jit
def load_sample(samples, k, lines, volts):
    """Copy the driven rows of sample `k`; returns their number."""
    a, b = samples.start[k], samples.start[k + 1]
    for q in range(b - a):
        lines[q] = samples.line[a + q]
        volts[q] = samples.volts[a + q]
    return b - a


def drive(rule, array, k, now, number, samples, room):
    """List the driven rows of sample `k`; see `rules.table.drive`."""
    return load_sample(samples, k, room.lines[0], room.volts[0])


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read; see `rules.table.read_layer`."""
    v_read = rule.reading.v_read
    n = drive_bias(geometry, layer, v_read, room.lines[layer], room.volts[layer], n)
    room.n_lines[layer] = n
    round_drive(circuit, room.volts[layer], n, v_read)
    read_columns(circuit, layer, n, now, number, geometry, array.w, room, lines)


def fire(rule, layer, now, number, geometry, room):
    """Hidden neurons drive the next layer; see `rules.table.fire`."""
    cols, c = geometry.cols[layer], rule.reading.c[layer]
    return activate(room.currents[layer], cols, c, rule.reading.v_read, room.lines[layer + 1], room.volts[layer + 1])


def output_error(rule, label, now, number, geometry, room):
    """Softmax and cross-entropy; see `rules.table.output_error`."""
    last = geometry.rows.shape[0] - 1
    gain = rule.reading.softmax_gain
    loss, winner = neuron.softmax_error(room.currents[last], geometry.cols[last], gain, label, room.delta[last])
    return loss, winner != label


@inlined
def sense_back(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Errors as voltages; see `rules.table.sense_back`."""
    v_read, n_above = rule.reading.v_read, geometry.cols[layer]
    for j in range(n_above):
        room.back_volts[j] = room.delta[layer, j] * v_read
    round_drive(circuit, room.back_volts, n_above, v_read)
    read_rows(circuit, layer, n, now, number, geometry, array.w, room, lines)
    return True


def read_back(rule, array, circuit, lines, layer, now, number, geometry, room):
    """The error of the neurons below a layer, from its backward read; see `rules.table.read_back`."""
    reading, below = rule.reading, layer - 1
    n_below, n_above, c = geometry.cols[below], geometry.cols[layer], reading.c[below]
    delta, currents, gated = room.delta, room.currents, room.gated
    n_gated = 0
    for i in range(n_below):
        delta[below, i] = np.float32(0.0)
        if neuron.passes_error(currents[below, i], c):
            gated[n_gated] = i
            n_gated += 1
    total = np.float32(0.0)
    for j in range(n_above):
        total += abs(delta[layer, j])
    # |W| <= reach, so no error below can exceed reach * total; if that is inside the dead zone and no layer needs the
    # error further down, nothing can fire there and the read is skipped. The margin covers float32 sums.
    margin = np.float32(1.001) + np.float32(1.2e-7) * np.float32(n_above)
    if may_skip(circuit) and below == 0 and total * reading.reach * margin < reading.dead_zone[0]:
        return
    sense_back(rule, array, circuit, lines, layer, n_gated, now, number, geometry, room)
    unit = reading.span * reading.v_read
    for q in range(n_gated):
        delta[below, gated[q]] = room.back_currents[gated[q]] / unit


def slopes_of(rule, layer, now, number, geometry, room, out):
    """A comparator's; see `rules.table.slopes_of`."""
    c = rule.reading.c[layer]
    for j in range(geometry.cols[layer]):
        out[j] = np.float32(1.0) if neuron.passes_error(room.currents[layer, j], c) else np.float32(0.0)


def land(rule, layer, now, number, geometry, back, slopes, room):
    """In units of the range; see `rules.table.land`."""
    unit = rule.reading.span * rule.reading.v_read
    for j in range(geometry.cols[layer]):
        room.delta[layer, j] = back[j] / unit if slopes[j] != np.float32(0.0) else np.float32(0.0)
