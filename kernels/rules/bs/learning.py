"""Binary-stochastic learning in the training loop; a **reconstruction**, see `bits`.

One iteration is one image, of which `reads` forward reads are taken: sample the inputs, read forward layer by layer
with noisy comparators. From each read `draws` output samples are drawn; each takes signs back layer by layer through
sampled derivatives, and then pulses all arrays where a firing row meets a firing column. After the image come the
carries that are due.

Everything that moves a weight is in the pulse events (firing rows, columns raised, columns lowered; an iteration may
have several, in order). Carries come at fixed iterations, steps follow the iteration, and noise is keyed by the
iteration and the event's number in it: a replay needs nothing else.

Here are the settings and the way of a sample; `pulses` has the rest.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import inlined, jit
from .bits import (
    INPUT_BITS,
    OUTPUT_SOFTMAX,
    SLOPE_AND,
    SLOPE_NORM,
    USE_BITS,
    USE_DEAD_ZONE,
    USE_OUTPUT,
    USE_SLOPE,
    Tables,
    binarise_inputs,
    bits_error,
    class_error,
    compare,
    cumulate_softmax,
    sign_sums,
    slope_and,
    slope_norm,
    slope_window,
    threshold_inputs,
)
from .counts import BACK_COLUMNS, BACK_READS, BACK_ROWS, READ_ROWS
from .kinds import flush, layer_view, read_bits, read_signs
from .pulses import (
    after,
    compose,
    copies,
    copy_array,
    copy_lines,
    errors_of,
    event_array,
    event_lines,
    follow_events,
    follow_layer,
    look,
    move,
    pick,
    pick_rows,
    pick_sum,
    take_errors,
)
from .room import make_room, room_of

__all__ = [
    "Learning",
    "Rule",
    "after",
    "compose",
    "copies",
    "copy_array",
    "copy_lines",
    "drive",
    "errors_of",
    "event_array",
    "event_lines",
    "fire",
    "follow_events",
    "follow_layer",
    "is_new",
    "is_read",
    "land",
    "layer_array",
    "look",
    "make_room",
    "move",
    "output_error",
    "passes",
    "pick",
    "pick_rows",
    "pick_sum",
    "read_back",
    "read_layer",
    "room_of",
    "sample_slopes",
    "sense_back",
    "slopes_of",
    "take_errors",
]


class Learning(NamedTuple):
    """Settings of binary-stochastic learning, tables of its noise, and what was done."""

    seed: np.uint64

    temperature: np.ndarray  # (layers,) float32, in units of W: of the forward comparators, and of the output
    slope_temperature: np.ndarray  # (layers,) float32, in units of W: of the derivative's comparators
    dead_zone: (
        np.ndarray
    )  # (layers,) float32, in units of W: of the errors of a layer's neurons (not used for the last)
    slope: int
    window: np.float32  # of SLOPE_WINDOW, in units of T
    inputs: int
    outputs: int
    reads: int
    draws: int
    period: (
        np.ndarray
    )  # (K,) int64: a digit is carried after every so many images; 0: never (the highest). Empty: ideal steps
    tables: Tables
    work: np.ndarray  # (layers, WORK) int64, added to


Rule = Learning


@jit
def sample_slopes(seed, at, index, layer, n, learning, tables, z, words, gated):
    """Derivative bits of a layer's `n` neurons: lists those with D = 1; returns their number.
    See `binary.slope_norm`.
    """
    draws = words.view(np.uint16)
    wanted = 2 * n if learning.slope == SLOPE_AND else n
    noise.fill_words(seed, noise.bits_stream(layer, USE_SLOPE), at, index, wanted, words)
    temperature = learning.slope_temperature[layer]
    if learning.slope == SLOPE_NORM:
        return slope_norm(z, n, temperature, draws, tables.width, gated)
    if learning.slope == SLOPE_AND:
        return slope_and(z, n, temperature, draws, tables.logistic, gated)
    return slope_window(z, n, temperature, learning.window, draws, tables.logistic, gated)


def passes(rule):
    """All draws of all reads of an image; see `rules.table.passes`."""
    return rule.reads * rule.draws


@jit
def is_read(rule, number):
    """Whether a way begins with a new forward read."""
    return number % rule.draws == 0


def is_new(rule, number):
    """Whether a way begins with a new forward read; see `rules.table.is_new`."""
    return is_read(rule, number)


def layer_array(rule, array, geometry, layer):
    """Views of one layer; see `rules.table.layer_array`."""
    return layer_view(array, geometry, layer)


def drive(rule, array, k, now, number, samples, room):
    """Bits of the inputs; see `rules.table.drive`."""
    if not is_read(rule, number):
        return 0
    flush(array)
    a = samples.start[k]
    n = samples.start[k + 1] - a
    driven, values = samples.line[a : a + n], samples.volts[a : a + n]
    if rule.inputs == INPUT_BITS:
        noise.fill_words(rule.seed, noise.bits_stream(0, USE_BITS), now + 1, number, n, room.words)
        return binarise_inputs(driven, values, n, room.words.view(np.uint16), room.lines[0])
    return threshold_inputs(driven, values, n, room.lines[0])


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read of rows that are all driven alike; see `rules.table.read_layer`."""
    if not is_read(rule, number):
        return
    if geometry.bias[layer]:
        room.lines[layer, n] = geometry.rows[layer] - 1
        n += 1
    room.n_lines[layer] = n
    rule.work[layer, READ_ROWS] += n
    read_bits(array, circuit, lines, layer, n, now + 1, number, geometry, room)


def fire(rule, layer, now, number, geometry, room):
    """Noisy comparators; see `rules.table.fire`."""
    if not is_read(rule, number):
        return 0
    cols = geometry.cols[layer]
    noise.fill_words(rule.seed, noise.bits_stream(layer + 1, USE_BITS), now + 1, number, cols, room.words)
    draws = room.words.view(np.uint16)
    return compare(
        room.currents[layer], cols, rule.temperature[layer], draws, rule.tables.logistic, room.lines[layer + 1]
    )


def output_error(rule, label, now, number, geometry, room):
    """An output sample, and its ternary error; see `rules.table.output_error`. Loss and class are those of the image's
    first read.
    """
    last, loss, wrong = geometry.rows.shape[0] - 1, 0.0, False
    z, cols = room.currents[last], geometry.cols[last]
    if is_read(rule, number):
        temperature = np.float64(rule.temperature[last])
        top = cumulate_softmax(z, cols, temperature, room.cumulated)
        if number % (rule.reads * rule.draws) == 0:
            loss = math.log(room.cumulated[cols - 1]) - (np.float64(z[label]) - np.float64(top)) / temperature
            winner = 0
            for j in range(1, cols):
                if z[j] > z[winner]:
                    winner = j
            wrong = winner != label
    noise.fill_words(rule.seed, noise.bits_stream(last, USE_OUTPUT), now + 1, number, cols, room.words)
    up, down = room.up[last], room.down[last]
    if rule.outputs == OUTPUT_SOFTMAX:
        room.n_up[last], room.n_down[last] = class_error(room.cumulated, cols, room.words[0], label, up, down)
    else:
        draws, quantiles = room.words.view(np.uint16), rule.tables.logistic
        room.n_up[last], room.n_down[last] = bits_error(
            z, cols, rule.temperature[last], draws, quantiles, label, up, down
        )
    return loss, wrong


@inlined
def sense_back(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Signs of errors drive the columns; see `rules.table.sense_back`."""
    fired = room.n_up[layer] + room.n_down[layer]
    if fired == 0:
        return False
    rule.work[layer, BACK_READS] += 1
    rule.work[layer, BACK_ROWS] += n
    rule.work[layer, BACK_COLUMNS] += fired
    read_signs(array, circuit, lines, layer, n, now + 1, number, geometry, room)
    return True


@inlined
def land_signs(rule, layer, n, now, number, room):
    """Signs of the errors of the `n` neurons of ``room.gated``."""
    dead_zone = rule.dead_zone[layer]
    if dead_zone != np.float32(0.0):
        noise.fill_words(rule.seed, noise.bits_stream(layer, USE_DEAD_ZONE), now + 1, number, n, room.words)
    draws = room.words.view(np.uint16)
    room.n_up[layer], room.n_down[layer] = sign_sums(
        room.back_currents, room.gated, n, dead_zone, draws, room.up[layer], room.down[layer]
    )


def read_back(rule, array, circuit, lines, layer, now, number, geometry, room):
    """Signs of the errors of the neurons below a layer; see `rules.table.read_back`."""
    below, cols = layer - 1, geometry.cols[layer - 1]
    room.n_up[below], room.n_down[below] = 0, 0
    if room.n_up[layer] + room.n_down[layer] == 0:
        return
    z, words, gated = room.currents[below], room.words, room.gated
    n = sample_slopes(rule.seed, now + 1, number, below, cols, rule, rule.tables, z, words, gated)
    sense_back(rule, array, circuit, lines, layer, n, now, number, geometry, room)
    land_signs(rule, below, n, now, number, room)


def slopes_of(rule, layer, now, number, geometry, room, out):
    """Sampled derivatives; see `rules.table.slopes_of`."""
    z, cols, words, gated = room.currents[layer], geometry.cols[layer], room.words, room.gated
    n = sample_slopes(rule.seed, now + 1, number, layer, cols, rule, rule.tables, z, words, gated)
    for j in range(cols):
        out[j] = np.float32(0.0)
    for q in range(n):
        out[gated[q]] = np.float32(1.0)


def land(rule, layer, now, number, geometry, back, slopes, room):
    """Signs of what came back; see `rules.table.land`."""
    n = 0
    for j in range(geometry.cols[layer]):
        if slopes[j] != np.float32(0.0):
            room.gated[n] = j
            room.back_currents[j] = back[j]
            n += 1
    land_signs(rule, layer, n, now, number, room)
