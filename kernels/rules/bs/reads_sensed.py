"""Digits on ideal wires, read through drivers and sense circuits that are not ideal."""

from __future__ import annotations

import numpy as np

from ...base._jit import jit
from ...base.buffers import layer_weights
from ...circuit.lines import note_error_power, note_read_power
from ...circuit.sense import BACKWARD, FORWARD, sense_line
from .bits import forward_bits


@jit
def sense_columns(array, currents, cols, n, at, number, unit, v, sense, z):
    """Add what the sense circuits make of a digit's `currents`, (cols,) float64, A, to ``z``,
    float32, in units of W.
    """
    scale = unit / np.float32(v)
    for j in range(cols):
        z[j] += scale * sense_line(currents[j], array, FORWARD, j, at, number, sense, n * v * v)


@jit
def sense_rows(array, currents, gated, n_gated, driven, at, number, unit, v, sense, sums):
    """The same of a backward read, for the rows that are gated on; `driven`: columns."""
    scale, square = unit / np.float32(v), driven * v * v
    for q in range(n_gated):
        i = gated[q]
        sums[i] += scale * sense_line(currents[i], array, BACKWARD, i, at, number, sense, square)


@jit
def clear_rows(gated, n_gated, sums):
    """Begin to add up."""
    for q in range(n_gated):
        sums[gated[q]] = np.float32(0.0)


def read_columns_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Forward read; see `kinds.read_bits`."""
    own, v, z = array.own, array.own.v_read, room.currents[layer, : geometry.stride[layer]]
    g = own.geometry
    z[:] = np.float32(0.0)
    for k in range(own.copies):
        a = layer * own.copies + k
        cols, stride = g.cols[a], g.stride[a]
        currents, sums = room.sensed, room.scratch[:stride]
        forward_bits(room.lines[layer], n, layer_weights(own.pairs.w, g, a), sums)
        for j in range(cols):
            currents[j] = np.float64(sums[j]) * v
        for q in range(n):
            room.scratch[q] = np.float32(v)
        note_read_power(lines, a, g, room.lines[layer], room.scratch, n)
        sense_columns(a, currents, cols, n, at, number, own.unit[k], v, circuit.sense, z)


def read_rows_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Backward read; see `kinds.read_signs`."""
    own, v, gated, sums = array.own, array.own.v_read, room.gated, room.back_currents
    g, n_up, n_down = own.geometry, room.n_up[layer], room.n_down[layer]
    clear_rows(gated, n, sums)
    for k in range(own.copies):
        a = layer * own.copies + k
        currents, weights = room.sensed, layer_weights(own.pairs.w, g, a)
        for q in range(n):
            s = np.float32(0.0)
            for m in range(n_up):
                s += weights[gated[q], room.up[layer, m]]
            for m in range(n_down):
                s -= weights[gated[q], room.down[layer, m]]
            currents[gated[q]] = np.float64(s) * v
        fill_signs(room, layer, g.cols[a], v, room.scratch)
        note_error_power(lines, a, g, room.scratch, g.cols[a])
        sense_rows(a, currents, gated, n, n_up + n_down, at, number, own.unit[k], v, circuit.sense, sums)


@jit
def fill_signs(room, layer, cols, v, volts):
    """Voltages that drive the columns of a backward read: ``volts``, (>= cols,) float32, V, is updated."""
    volts[:cols] = np.float32(0.0)
    for m in range(room.n_up[layer]):
        volts[room.up[layer, m]] = np.float32(v)
    for m in range(room.n_down[layer]):
        volts[room.down[layer, m]] = np.float32(-v)
