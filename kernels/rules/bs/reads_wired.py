"""Digits read through real wires, drivers and sense circuits."""

from __future__ import annotations

import numpy as np

from ...circuit.wired import solve
from .reads_sensed import clear_rows, sense_columns, sense_rows


def read_columns_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Forward read; see `kinds.read_bits`."""
    own, v, z = array.own, array.own.v_read, room.currents[layer, : geometry.stride[layer]]
    g = own.geometry
    z[:] = np.float32(0.0)
    for k in range(own.copies):
        a = layer * own.copies + k
        currents, volts = room.sensed[: g.cols[a]], room.driven[: g.rows[a]]
        volts[:] = 0.0
        for q in range(n):
            volts[room.lines[layer, q]] = v
        solve(circuit, a, volts, a >= 0, currents, lines)
        sense_columns(a, currents, g.cols[a], n, at, number, own.unit[k], v, circuit.sense, z)


def read_rows_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Backward read; see `kinds.read_signs`."""
    own, v, gated, sums = array.own, array.own.v_read, room.gated, room.back_currents
    g, n_up, n_down = own.geometry, room.n_up[layer], room.n_down[layer]
    clear_rows(gated, n, sums)
    for k in range(own.copies):
        a = layer * own.copies + k
        currents, volts = room.sensed[: g.rows[a]], room.driven[: g.cols[a]]
        volts[:] = 0.0
        for q in range(n_up):
            volts[room.up[layer, q]] = v
        for q in range(n_down):
            volts[room.down[layer, q]] = -v
        solve(circuit, a, volts, a < 0, currents, lines)
        sense_rows(a, currents, gated, n, n_up + n_down, at, number, own.unit[k], v, circuit.sense, sums)
