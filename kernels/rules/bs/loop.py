"""The hot loop of binary-stochastic learning, its replay, and inference; a **reconstruction**, see `binary`.

One iteration is one image, of which `reads` forward reads are taken: sample the inputs, read forward layer by layer with noisy comparators.
From each read `draws` output samples are drawn; each takes signs back layer by layer through sampled derivatives, and then pulses all
arrays where a firing row meets a firing column. After the image come the carries that are due.

Everything that moves a weight is in the pulse events (`train.Events`: firing rows, columns raised, columns lowered; an iteration may have
several, in order). Carries come at fixed iterations, steps follow the iteration, and noise is keyed by the iteration and the event's
number in it: `replay_binary` needs nothing else.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import jit
from ...train import layer_weights, record, widest
from ..pulses import unpack_bits
from .bits import (  # fmt: skip
    INPUT_BITS,
    OUTPUT_SOFTMAX,
    SLOPE_AND,
    SLOPE_NORM,
    USE_BITS,
    USE_CARRY,
    USE_CYCLE,
    USE_DEAD_ZONE,
    USE_OUTPUT,
    USE_SLOPE,
    binarise_inputs,
    bits_error,
    class_error,
    compare,
    cumulate_softmax,
    fill_steps,
    forward_bits,
    sign_errors,
    sign_sums,
    slope_and,
    slope_norm,
    slope_window,
    step_ideal,
    step_rows,
    threshold_inputs,
)
from .carry import Digits, carry, step_cells
from .circuits import read_bits, read_errors, refresh_crossings, refresh_digits
from .digits import carry_arrays, pulse_arrays

(
    READ_ROWS,
    EVENTS,
    EVENT_ROWS,
    EVENT_COLUMNS,
    PULSES,
    BACK_READS,
    BACK_ROWS,
    BACK_COLUMNS,
    CARRIES,
    CARRY_PULSES,
    CARRY_RESETS,
    WORK,
) = range(12)
"""What is counted of a layer: rows driven in forward reads; pulse events, their rows, columns and crossings; backward reads, rows sensed and
columns driven in them; weights carried, pulses and resets of carries."""


class Learning(NamedTuple):
    """Settings of binary-stochastic learning."""

    temperature: np.ndarray  # (layers,) float32, in units of W: of the forward comparators, and of the output
    slope_temperature: np.ndarray  # (layers,) float32, in units of W: of the derivative's comparators
    dead_zone: (
        np.ndarray
    )  # (layers,) float32, in units of W: of the errors of a layer's neurons (not used for the last)
    step: float  # in units of W: ideal steps at iteration 0
    step_end: float  # factor on it at iteration `schedule`
    schedule: int  # images
    reach: np.float32  # no |W| gets larger, with ideal steps
    slope: int
    window: np.float32  # of SLOPE_WINDOW, in units of T
    inputs: int
    outputs: int
    reads: int
    draws: int
    period: (
        np.ndarray
    )  # (K,) int64: a digit is carried after every so many images; 0: never (the highest). Empty: ideal steps


@jit
def layer_digits(state, geometry, layer):
    """Views of one layer's `Digits` in the flat buffers of all; a layer's digits lie together."""
    a, r, s = geometry.offset[layer], geometry.rows[layer], geometry.stride[layer]
    b = a + r * s
    k = state.plus.shape[0] // state.w.shape[0]
    high = state.high[a:b].reshape((r, s)) if state.high.shape[0] > 0 else state.high[:0].reshape((0, s))
    return Digits(
        state.w[a:b].reshape((r, s)),
        high,
        state.plus[k * a : k * b].reshape((k, r, s)),
        state.minus[k * a : k * b].reshape((k, r, s)),
    )


@jit
def step_at(iteration, learning):
    """Ideal step after `iteration` images, float32, in units of W: it falls exponentially, and stays where it is after `schedule` images."""
    part = min(iteration / learning.schedule, 1.0)
    return np.float32(learning.step * math.exp(math.log(learning.step_end) * part))


@jit
def pulse_binary(
    seed, layer, at, number, firing, n_firing, up, n_up, down, n_down, learning, d, cells, adds, keys, digits
):
    """One pulse event on one array, the `number`-th of iteration `at` (from 1): ideal steps, or nominal devices."""
    if learning.period.shape[0] == 0:
        step = step_at(at - 1, learning)
        step_ideal(firing, n_firing, up, n_up, down, n_down, step, learning.reach, adds, digits.w)
        return
    stream = noise.binary_stream(layer, USE_CYCLE)
    step_cells(firing, n_firing, up, n_up, down, n_down, seed, stream, at, number, d, cells, keys, digits)


@jit
def carry_due(seed, layer, at, cols, learning, d, cells, digits, work, own):
    """The carries of one array that are due after iteration `at`, the lowest digit first; `work` is (WORK,) int64, updated."""
    stream = noise.binary_stream(layer, USE_CARRY)
    for k in range(learning.period.shape[0] - 1, 0, -1):
        if learning.period[k] > 0 and at % learning.period[k] == 0:
            if own is not None:
                a, b, c = carry_arrays(layer, k, cols, seed, stream, at, d, own, digits)
            else:
                a, b, c = carry(k, cols, seed, stream, at, d, cells, digits)
            work[CARRIES] += a
            work[CARRY_PULSES] += b
            work[CARRY_RESETS] += c


@jit
def sample_forward(
    seed, use, at, index, k, samples, geometry, temperature, inputs, tables, w, words, lines, n_lines, z, own, circuits
):
    """One stochastic forward pass of sample `k`.

    Parameters
    ----------
    seed, use, at, index : int
        Of the draws: `use` is ``USE_BITS`` or ``USE_INFERENCE``.
    temperature : (layers,) float32
    inputs : int
    tables : Tables
    w : flat float32
    words : uint32, scratch
    lines, n_lines : (layers, width) int32 and (layers,) int64, updated
        Rows that fire.
    z : (layers, width) float32, updated
        Column reads.
    own, circuits : Arrays and Circuits, or None
        Not None: reads pass real circuits.
    """
    n_layers = geometry.rows.shape[0]
    draws = words.view(np.uint16)
    a = samples.start[k]
    n = samples.start[k + 1] - a
    driven, values = samples.line[a : a + n], samples.volts[a : a + n]
    if inputs == INPUT_BITS:
        noise.fill_words(seed, noise.binary_stream(0, use), at, index, n, words)
        n = binarise_inputs(driven, values, n, draws, lines[0])
    else:
        n = threshold_inputs(driven, values, n, lines[0])
    for layer in range(n_layers):
        if geometry.bias[layer]:
            lines[layer, n] = geometry.rows[layer] - 1
            n += 1
        n_lines[layer] = n
        if circuits is not None:
            read_bits(layer, lines[layer], n, at, index, own, circuits, z[layer, : geometry.stride[layer]])
        else:
            forward_bits(lines[layer], n, layer_weights(w, geometry, layer), z[layer, : geometry.stride[layer]])
        if layer < n_layers - 1:
            cols = geometry.cols[layer]
            noise.fill_words(seed, noise.binary_stream(layer + 1, use), at, index, cols, words)
            n = compare(z[layer], cols, temperature[layer], draws, tables.logistic, lines[layer + 1])


@jit
def read_signs(
    layer, at, s, w, geometry, learning, up, n_up, down, n_down, gated, n, draws, sums, up_below, down_below, own, circuits,
):  # fmt: skip
    """Signs of the errors of the neurons below a layer, from its backward read; see `binary.sign_errors`."""
    dead_zone = learning.dead_zone[layer - 1]
    if circuits is not None:
        read_errors(layer, up, n_up, down, n_down, gated, n, at, s, own, circuits, sums)
        return sign_sums(sums, gated, n, dead_zone, draws, up_below, down_below)
    weights = layer_weights(w, geometry, layer)
    return sign_errors(weights, up, n_up, down, n_down, gated, n, dead_zone, draws, up_below, down_below)


@jit
def refresh_pulsed(layer, firing, n_firing, up, n_up, down, n_down, own, circuits):
    """Let wired arrays follow a pulse event."""
    if circuits is not None:
        if circuits.board.wired:
            refresh_crossings(layer, firing, n_firing, up, n_up, down, n_down, own, circuits)


@jit
def refresh_carried(layer, own, circuits):
    """Let wired arrays follow a carry."""
    if circuits is not None:
        if circuits.board.wired:
            refresh_digits(layer, own, circuits)


@jit
def train_binary(
    seed, iteration, order, samples, geometry, learning, d, cells, tables, state, own, circuits, events, curves, work
):
    """Train on the samples `order`, one iteration each.

    Parameters
    ----------
    seed : int
    iteration : int
        Iterations before this block.
    order : (block,) int64
        Sample numbers.
    samples : Samples
        Inputs from 0 to 1.
    geometry : Geometry
    learning : Learning
    d : Device
    cells : Cells
    tables : Tables
    state : Digits of flat buffers, updated
    own : Arrays or None
        Devices that are not all alike; None: they are `cells`, and numbers in `state`.
    circuits : Circuits or None
        None: reads are ideal. Needs `own`.
    events : Events, updated
        Room for ``block * reads * draws`` events; ``iteration`` holds the number of iterations after the pulses.
    curves : Curves, updated
        ``loss`` and ``wrong`` are of the image's first read: the cross-entropy of its softmax, and 1 where the largest output is not the label's.
        ``pulses`` and ``resets`` include those of carries.
    work : (layers, WORK) int64, updated
        Added to.
    """
    n_layers = geometry.rows.shape[0]
    last = n_layers - 1
    width = widest(geometry) + 16
    lines, n_lines = np.empty((n_layers, width), np.int32), np.zeros(n_layers, np.int64)
    z = np.empty((n_layers, width), np.float32)
    up, down = np.empty((n_layers, width), np.int32), np.empty((n_layers, width), np.int32)
    n_up, n_down = np.zeros(n_layers, np.int64), np.zeros(n_layers, np.int64)
    number = np.empty(n_layers, np.int64)
    cumulated = np.empty(width, np.float64)
    gated, keys = np.empty(width, np.int32), np.empty((2, width), np.uint64)
    # With ideal steps the first array is moved once for all draws of a read: nothing reads it in between.
    waits, waiting = learning.period.shape[0] == 0, 0
    first = layer_digits(state, geometry, 0).w
    adds = np.empty((learning.draws, first.shape[1]), np.float32)
    one_add = np.empty((1, width), np.float32)
    sums = np.empty(width, np.float32)
    words = np.empty(width + 16, np.uint32)
    draws = words.view(np.uint16)
    events.count[:] = 0
    for t in range(order.shape[0]):
        k, at = order[t], iteration + t + 1
        label = samples.label[k]
        number[:] = 0
        done = np.sum(work[:, PULSES]) + np.sum(work[:, CARRY_PULSES])
        resets = np.sum(work[:, CARRY_RESETS])
        for s in range(learning.reads * learning.draws):
            cols = geometry.cols[last]
            if s % learning.draws == 0:
                step_rows(lines[0], n_lines[0], adds, waiting, learning.reach, first)
                waiting = 0
                sample_forward(
                    seed, USE_BITS, at, s, k, samples, geometry, learning.temperature, learning.inputs, tables, state.w, words, lines, n_lines, z,
                    own, circuits,
                )  # fmt: skip
                for layer in range(n_layers):
                    work[layer, READ_ROWS] += n_lines[layer]
                temperature = np.float64(learning.temperature[last])
                top = cumulate_softmax(z[last], cols, temperature, cumulated)
                if s == 0:
                    curves.loss[t] = (
                        math.log(cumulated[cols - 1]) - (np.float64(z[last, label]) - np.float64(top)) / temperature
                    )
                    winner = 0
                    for j in range(1, cols):
                        if z[last, j] > z[last, winner]:
                            winner = j
                    curves.wrong[t] = winner != label
            noise.fill_words(seed, noise.binary_stream(last, USE_OUTPUT), at, s, cols, words)
            if learning.outputs == OUTPUT_SOFTMAX:
                n_up[last], n_down[last] = class_error(cumulated, cols, words[0], label, up[last], down[last])
            else:
                n_up[last], n_down[last] = bits_error(
                    z[last], cols, learning.temperature[last], draws, tables.logistic, label, up[last], down[last]
                )
            if n_up[last] + n_down[last] == 0:
                continue
            for layer in range(last, 0, -1):
                below = layer - 1
                n_up[below], n_down[below] = 0, 0
                if n_up[layer] + n_down[layer] == 0:
                    continue
                n = sample_slopes(seed, at, s, below, geometry.cols[below], learning, tables, z[below], words, gated)
                if learning.dead_zone[below] != np.float32(0.0):
                    noise.fill_words(seed, noise.binary_stream(below, USE_DEAD_ZONE), at, s, n, words)
                work[layer, BACK_READS] += 1
                work[layer, BACK_ROWS] += n
                work[layer, BACK_COLUMNS] += n_up[layer] + n_down[layer]
                n_up[below], n_down[below] = read_signs(
                    layer, at, s, state.w, geometry, learning, up[layer], n_up[layer], down[layer], n_down[layer], gated, n, draws, sums,
                    up[below], down[below], own, circuits,
                )  # fmt: skip
            for layer in range(n_layers):
                n = n_up[layer] + n_down[layer]
                if n == 0 or n_lines[layer] == 0:
                    continue
                if waits and layer == 0:
                    fill_steps(up[0], n_up[0], down[0], n_down[0], step_at(at - 1, learning), adds[waiting])
                    waiting += 1
                elif own is not None:
                    pulse_arrays(
                        layer, at, number[layer], lines[layer], n_lines[layer], up[layer], n_up[layer], down[layer], n_down[layer], d, own,
                        layer_digits(state, geometry, layer),
                    )  # fmt: skip
                else:
                    pulse_binary(
                        seed, layer, at, number[layer], lines[layer], n_lines[layer], up[layer], n_up[layer], down[layer], n_down[layer], learning, d,
                        cells, one_add, keys, layer_digits(state, geometry, layer),
                    )  # fmt: skip
                refresh_pulsed(
                    layer,
                    lines[layer],
                    n_lines[layer],
                    up[layer],
                    n_up[layer],
                    down[layer],
                    n_down[layer],
                    own,
                    circuits,
                )
                number[layer] += 1
                work[layer, EVENTS] += 1
                work[layer, EVENT_ROWS] += n_lines[layer]
                work[layer, EVENT_COLUMNS] += n
                work[layer, PULSES] += n * n_lines[layer]
                record(
                    events, layer, at, lines[layer], n_lines[layer], up[layer], n_up[layer], down[layer], n_down[layer]
                )
        step_rows(lines[0], n_lines[0], adds, waiting, learning.reach, first)
        waiting = 0
        if learning.period.shape[0] > 1:
            for layer in range(n_layers):
                digits = layer_digits(state, geometry, layer)
                before = work[layer, CARRIES]
                carry_due(seed, layer, at, geometry.cols[layer], learning, d, cells, digits, work[layer], own)
                if work[layer, CARRIES] > before:
                    refresh_carried(layer, own, circuits)
        curves.pulses[t] = np.sum(work[:, PULSES]) + np.sum(work[:, CARRY_PULSES]) - done
        curves.resets[t] = np.sum(work[:, CARRY_RESETS]) - resets


@jit
def sample_slopes(seed, at, index, layer, n, learning, tables, z, words, gated):
    """Derivative bits of a layer's `n` neurons: lists those with D = 1; returns their number. See `binary.slope_norm`."""
    draws = words.view(np.uint16)
    wanted = 2 * n if learning.slope == SLOPE_AND else n
    noise.fill_words(seed, noise.binary_stream(layer, USE_SLOPE), at, index, wanted, words)
    temperature = learning.slope_temperature[layer]
    if learning.slope == SLOPE_NORM:
        return slope_norm(z, n, temperature, draws, tables.width, gated)
    if learning.slope == SLOPE_AND:
        return slope_and(z, n, temperature, draws, tables.logistic, gated)
    return slope_window(z, n, temperature, learning.window, draws, tables.logistic, gated)


@jit
def replay_binary(seed, layer, first, final, cols, iterations, rows, raised, lowered, learning, d, cells, digits, own):
    """Apply the recorded events and the carries of the iterations ``first + 1 .. final`` to one layer's array.

    Parameters
    ----------
    iterations : (events,) int64, ascending
        All events of these iterations.
    rows, raised, lowered : (events, bytes) uint8
        Packed bits.
    digits : Digits, updated
    own : Arrays, updated, or None
    """
    width = max(8 * max(rows.shape[1], raised.shape[1]), digits.w.shape[1]) + 16
    firing, up, down = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    adds, keys = np.empty((1, width), np.float32), np.empty((2, width), np.uint64)
    work = np.zeros(WORK, np.int64)
    e = 0
    for at in range(first + 1, final + 1):
        number = 0
        while e < iterations.shape[0] and iterations[e] == at:
            n = unpack_bits(rows[e], firing)
            a, b = unpack_bits(raised[e], up), unpack_bits(lowered[e], down)
            if own is not None:
                pulse_arrays(layer, at, number, firing, n, up, a, down, b, d, own, digits)
            else:
                pulse_binary(seed, layer, at, number, firing, n, up, a, down, b, learning, d, cells, adds, keys, digits)
            number += 1
            e += 1
        carry_due(seed, layer, at, cols, learning, d, cells, digits, work, own)
