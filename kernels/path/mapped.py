"""Arrays that are read at many positions; see `table`.

A position is a sample to an array: it is read forward, read back and pulsed for each of them as a dense layer is for
each sample of a batch. Between arrays stand maps: what neurons give at all positions, pools over it, and on the way
back what all positions give back to a neuron, added up.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import inlined
from ..batch.table import keep, layer_kept, release, several
from ..circuit.table import may_skip
from ..rules.table import (
    drive,
    errors_of,
    fire,
    is_new,
    land,
    note,
    output_error,
    read_layer,
    sense_back,
    slopes_of,
    take_errors,
)
from .memory import load_currents, load_inputs, save_currents, save_inputs
from .pools import open_gates, pool_down, pool_up


@inlined
def _gather(geometry, layer, p, values, lines, volts):
    """List the rows that are driven at a position: those whose number is not 0; returns how many."""
    inputs = geometry.rows[layer] - geometry.bias[layer]
    place, source = geometry.place[geometry.place_at[layer] + p * inputs :], values[geometry.source_at[layer] :]
    n = np.uint64(0)
    one, zero = np.uint64(1), np.uint64(0)
    for i in range(inputs):
        v = source[np.uint64(place[i])]  # a sign would be asked for
        lines[n] = i
        behind = volts[n]
        volts[n] = v if v != np.float32(0.0) else behind  # bits are 1 without being written
        n += one if v != np.float32(0.0) else zero
    return np.int64(n)


@inlined
def _lay_out(geometry, lines, volts, n, values):
    """Put a sample, listed as rows and voltages, where the first layer finds it."""
    a = geometry.given_at[0]
    for i in range(geometry.given[0] + 1):
        values[a + i] = np.float32(0.0)
    for q in range(n):
        values[a + lines[q]] = volts[q]


@inlined
def _lay_outputs(geometry, layer, p, lines, volts, n, values):
    """Put what neurons give at a position where the next layer finds it."""
    cols = geometry.cols[layer]
    out = values[geometry.given_at[layer + 1] + p * cols :]
    for j in range(cols):
        out[j] = np.float32(0.0)
    for q in range(n):
        out[np.uint64(lines[q])] = volts[q]


def up(geometry, rule, array, circuit, lines, k, now, number, ways, b, samples, room, memory):
    """Up; see `table.up`."""
    if not is_new(rule, number):
        return
    n = drive(rule, array, k, now, number, samples, room)
    _lay_out(geometry, room.lines[0], room.volts[0], n, memory.values)
    last = geometry.rows.shape[0] - 1
    for layer in range(last + 1):
        pool_up(geometry, layer, b, memory)
        for p in range(geometry.positions[layer]):
            at = p * ways + number
            n = _gather(geometry, layer, p, memory.values, room.lines[layer], room.volts[layer])
            read_layer(rule, array, circuit, lines, layer, n, now, at, geometry, room)
            save_inputs(geometry, layer, p, b, room, memory)
            save_currents(geometry, layer, p, b, room, memory)
            if layer < last:
                n = fire(rule, layer, now, at, geometry, room)
                _lay_outputs(geometry, layer, p, room.lines[layer + 1], room.volts[layer + 1], n, memory.values)


@inlined
def _save_errors(rule, geometry, layer, p, b, room, memory):
    """Keep the errors of the columns at a position."""
    a = geometry.out_at[layer] + p * geometry.cols[layer]
    errors_of(rule, layer, geometry, room, memory.errors[b, a:])


@inlined
def _load_errors(rule, geometry, layer, p, b, room, memory):
    """Put them back where reads have them; returns whether there is one."""
    a = geometry.out_at[layer] + p * geometry.cols[layer]
    errors = memory.errors[b, a:]
    some = False
    for j in range(geometry.cols[layer]):
        some = some or errors[j] != np.float32(0.0)
    take_errors(rule, layer, geometry, errors, room)
    return some


@inlined
def _list_gated(geometry, layer, p, through, gated):
    """Rows of a position whose neurons below pass an error; returns how many."""
    inputs = geometry.rows[layer] - geometry.bias[layer]
    place = geometry.place[geometry.place_at[layer] + p * inputs :]
    n = np.uint64(0)
    one, zero = np.uint64(1), np.uint64(0)
    for i in range(inputs):
        gated[n] = i
        n += one if through[np.uint64(place[i])] != np.float32(0.0) else zero
    return np.int64(n)


@inlined
def _add_back(geometry, layer, p, gated, n, currents, back):
    """Add what was read of the rows of a position to what comes back to the numbers that drove them."""
    place = geometry.place[geometry.place_at[layer] + p * (geometry.rows[layer] - geometry.bias[layer]) :]
    for q in range(n):
        i = np.uint64(gated[q])
        back[np.uint64(place[i])] += currents[i]


@inlined
def _slope_layer(rule, geometry, layer, now, number, ways, b, room, memory):
    """Derivatives of the neurons of a layer at all positions."""
    cols = geometry.cols[layer]
    for p in range(geometry.positions[layer]):
        load_currents(geometry, layer, p, b, room, memory)
        slopes_of(rule, layer, now, p * ways + number, geometry, room, memory.slopes[p * cols :])


@inlined
def _back_layer(rule, array, circuit, lines, layer, now, number, ways, geometry, b, room, memory):
    """Read a layer backward at all positions, and add up what comes back to each number of its source."""
    for m in range(geometry.source[layer] + 1):
        memory.back[m] = np.float32(0.0)
    for p in range(geometry.positions[layer]):
        some = _load_errors(rule, geometry, layer, p, b, room, memory)
        if not some and may_skip(circuit):
            continue
        n = _list_gated(geometry, layer, p, memory.through, room.gated)
        if sense_back(rule, array, circuit, lines, layer, n, now, p * ways + number, geometry, room):
            _add_back(geometry, layer, p, room.gated, n, room.back_currents, memory.back)


@inlined
def _land_layer(rule, geometry, layer, now, number, ways, b, room, memory):
    """Errors of the neurons of a layer at all positions, from what came back to them."""
    cols = geometry.cols[layer]
    for p in range(geometry.positions[layer]):
        a = p * cols
        land(rule, layer, now, p * ways + number, geometry, memory.through[a:], memory.slopes[a:], room)
        _save_errors(rule, geometry, layer, p, b, room, memory)


def down(geometry, rule, array, circuit, lines, label, now, number, ways, b, room, memory):
    """Down; see `table.down`."""
    last, first = geometry.rows.shape[0] - 1, np.int64(0)
    load_currents(geometry, last, first, b, room, memory)
    loss, wrong = output_error(rule, label, now, number, geometry, room)
    _save_errors(rule, geometry, last, first, b, room, memory)
    for layer in range(last, 0, -1):
        _slope_layer(rule, geometry, layer - 1, now, number, ways, b, room, memory)
        open_gates(geometry, layer, b, memory)
        _back_layer(rule, array, circuit, lines, layer, now, number, ways, geometry, b, room, memory)
        pool_down(geometry, layer, b, memory)
        _land_layer(rule, geometry, layer - 1, now, number, ways, b, room, memory)
    return loss, wrong


def remember(geometry, batch, rule, b, now, number, ways, room, memory, kept, lists):
    """Take note, and keep, at every position; see `table.remember`."""
    for layer in range(geometry.rows.shape[0]):
        mine = layer_kept(batch, kept, layer)  # not at every position: it divides
        for p in range(geometry.positions[layer]):
            load_inputs(geometry, layer, p, b, room, memory)
            _load_errors(rule, geometry, layer, p, b, room, memory)
            note(rule, geometry, layer, room)
            place, at = b * geometry.positions[layer] + p, p * ways + number
            keep(batch, rule, geometry, layer, place, now, at, room, mine, lists)


def let_go(geometry, batch, rule, own, lines, layer, at, numbers, place, room, mine, lists, events):
    """Pulse a layer for all positions of all samples; see `table.let_go`."""
    every = several(batch, geometry.positions[layer])
    return release(every, rule, own, lines, geometry, layer, at, numbers, place, room, mine, lists, events)
