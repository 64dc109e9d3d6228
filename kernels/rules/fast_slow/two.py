"""The two arrays of a layer: number `layer` is the slow one, number `layers + layer` the fast one, so that reads of the
slow arrays are those of a network that has no others.

W = slow + gamma * chopper * fast, the chopper being that of the row or the column; with gamma 0 the fast array is
hidden. Pulses of gradients go to the fast array, what is moved (events of group 1) to the slow one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...base._jit import inlined, jit
from ...base.buffers import GROUP, Geometry, copy_line
from ...circuit.lines import layer_lines
from ...circuit.table import follow, follow_all, read_columns, read_rows, round_drive
from ...pair.table import at_clock, conduct, layer_of, pulse
from ...way import gradient
from ...way.hardware import drive_bias
from ...way.room import Room, make_hardware_room


class Two(NamedTuple):
    """The arrays of all layers."""

    w: np.ndarray  # flat float32, S: W of all arrays, the slow ones first
    pairs: Any  # an array of `pair.table`, of all arrays
    geometry: Geometry  # of all arrays


def make_room(geometry: Geometry, batch: int) -> Room:
    """Working memory with a place for the reads of fast arrays."""
    return make_hardware_room(geometry, batch, 2)


def layer_array(rule, array, geometry, layer):
    """Both arrays; see `rules.table.layer_array`."""
    return array


@jit
def fast_of(geometry, layer):
    """Number of the fast array of a layer; `geometry`: of the layers."""
    return geometry.rows.shape[0] + layer


def event_array(rule, array, geometry, layer, number):
    """The fast array, or, of group 1, the slow one; see `rules.arrays.event_array`."""
    return layer_of(array.pairs, array.geometry, layer if number >= GROUP else fast_of(geometry, layer))


def event_lines(rule, array, lines, geometry, layer, number):
    """Its pulse lines; see `rules.arrays.event_lines`."""
    return layer_lines(lines, array.geometry, layer if number >= GROUP else fast_of(geometry, layer))


def move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """One pulse event; see `rules.table.move`."""
    own = layer_of(array.pairs, array.geometry, layer if number >= GROUP else fast_of(geometry, layer))
    at_clock(own, now, number)
    return pulse(own, firing, n, up, n_up, down, n_down)


def copies(rule):
    """A slow and a fast one; see `rules.arrays.copies`."""
    return 2


def copy_array(rule, array, geometry, layer, copy):
    """One of them; see `rules.arrays.copy_array`."""
    return layer_of(array.pairs, array.geometry, fast_of(geometry, layer) if copy else layer)


def copy_lines(rule, array, lines, geometry, layer, copy):
    """Its pulse lines; see `rules.arrays.copy_lines`."""
    return layer_lines(lines, array.geometry, fast_of(geometry, layer) if copy else layer)


def follow_events(rule, array, circuit, geometry, layer, first_event, events):
    """Let both arrays' circuits follow; see `rules.arrays.follow_events`."""
    fast = fast_of(geometry, layer)
    follow(circuit, layer, layer, first_event, events, layer_of(array.pairs, array.geometry, layer))
    follow(circuit, layer, fast, first_event, events, layer_of(array.pairs, array.geometry, fast))


def follow_layer(rule, array, circuit, geometry, layer):
    """Let both arrays' circuits follow; see `rules.arrays.follow_layer`."""
    fast = fast_of(geometry, layer)
    follow_all(circuit, layer, layer_of(array.pairs, array.geometry, layer))
    follow_all(circuit, fast, layer_of(array.pairs, array.geometry, fast))


def look(rule, array, geometry, layer, i, j, out):
    """What the devices of both arrays conduct, the slow one first; see `rules.arrays.look`."""
    for copy in range(2):
        own = layer_of(array.pairs, array.geometry, fast_of(geometry, layer) if copy else layer)
        out[2 * copy], out[2 * copy + 1] = conduct(own, i, j, 0), conduct(own, i, j, 1)


@jit
def chop(lines, n, chopper, values):
    """Change the sign of the values of lines whose chopper is on: ``values``, (>= n,) float32, is updated."""
    for q in range(n):
        if chopper[lines[q]] != 0:
            values[q] = -values[q]


@jit
def chop_all(n, chopper, values):
    """The same of all lines."""
    for q in range(n):
        if chopper[q] != 0:
            values[q] = -values[q]


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read; see `rules.table.read_layer`."""
    v_read, own, fast = rule.reading.v_read, array.geometry, fast_of(geometry, layer)
    n = drive_bias(geometry, layer, v_read, room.lines[layer], room.volts[layer], n)
    room.n_lines[layer] = n
    round_drive(circuit, room.volts[layer], n, v_read)
    read_columns(circuit, layer, n, now, number, own, array.w, room, lines)
    gamma, by_rows = rule.moving.gamma, rule.moving.by_rows
    if gamma != np.float32(0.0):
        chopper = rule.moving.chopper[layer]
        copy_line(room.lines[layer], n, room.lines[fast])
        copy_line(room.volts[layer], n, room.volts[fast])
        if by_rows:
            chop(room.lines[fast], n, chopper, room.volts[fast])
        read_columns(circuit, fast, n, now, number, own, array.w, room, lines)
        if not by_rows:
            chop_all(geometry.cols[layer], chopper, room.currents[fast])
        for j in range(geometry.cols[layer]):
            room.currents[layer, j] += gamma * room.currents[fast, j]


@inlined
def sense_back(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Both arrays; see `rules.table.sense_back`."""
    reading, own, n_gated = rule.reading, array.geometry, n
    n_above, fast = geometry.cols[layer], fast_of(geometry, layer)
    for j in range(n_above):
        room.back_volts[j] = room.delta[layer, j] * reading.v_read
    round_drive(circuit, room.back_volts, n_above, reading.v_read)
    read_rows(circuit, layer, n_gated, now, number, own, array.w, room, lines)
    gamma, by_rows = rule.moving.gamma, rule.moving.by_rows
    if gamma == np.float32(0.0):
        return True
    total = room.delta[fast]  # nobody else's
    for q in range(n_gated):
        total[q] = room.back_currents[room.gated[q]]
    chopper = rule.moving.chopper[layer]
    if not by_rows:
        chop_all(n_above, chopper, room.back_volts)
    read_rows(circuit, fast, n_gated, now, number, own, array.w, room, lines)
    for q in range(n_gated):
        i = room.gated[q]
        sign = np.float32(-1.0) if by_rows and chopper[i] != 0 else np.float32(1.0)
        room.back_currents[i] = total[q] + gamma * sign * room.back_currents[i]
    return True


def read_back(rule, array, circuit, lines, layer, now, number, geometry, room):
    """The error of the neurons below a layer; see `rules.table.read_back`."""
    below = layer - 1
    n = gradient.gate(geometry.cols[below], room.delta[below], room.gated)
    sense_back(rule, array, circuit, lines, layer, n, now, number, geometry, room)
    unit = rule.slope.unit * rule.reading.v_read
    for q in range(n):
        i = room.gated[q]
        room.delta[below, i] *= room.back_currents[i] / unit
