"""Test reads of digits through real wires that no matrix stands for: every read is solved.

Bits drive their lines with the read voltage or not at all. By expectation a line has a part p of it, and is driven so
that devices without wires would carry p of their current: the mean of what bits give, exactly, on ideal wires and of
ohmic devices; with curves on wires what is left is how much wires take from a mean current, and not the mean of what
they take.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.buffers import Geometry
from ...circuit.curves import inverse
from ...circuit.sense import TEST, sense_line
from ...circuit.tiles import read_tiles
from ...circuit.wired import Wired, note_read


class Solved(NamedTuple):
    """The arrays of all digits, and what they are read through."""

    circuit: Wired
    geometry: Geometry  # of the arrays
    copies: int  # digits of a weight
    unit: np.ndarray  # (copies,) float32, 1/S: W per conductance of a digit
    v_read: float  # V


def test_layer(array, layer, n, k, number, geometry, room):
    """Forward read; see `inference.test_layer`."""
    c, g, v, square = array.circuit, array.geometry, array.v_read, 0.0
    z = room.currents[layer, : geometry.stride[layer]]
    z[:] = np.float32(0.0)
    for q in range(n):
        x = np.float64(room.volts[layer, q]) * v
        square += x * x
    for digit in range(array.copies):
        a = layer * array.copies + digit
        volts, currents = c.volts[: g.rows[a]], c.sensed[: g.cols[a]]
        volts[:] = 0.0
        for q in range(n):
            volts[room.lines[layer, q]] = inverse(c.board.curve, np.float64(room.volts[layer, q]) * v)
        sweeps, residual = read_tiles(a, volts, a >= 0, c.board, currents)
        note_read(sweeps, residual, c.stats)
        for j in range(g.cols[a]):
            z[j] += array.unit[digit] * sense_line(currents[j], a, TEST, j, number, k, c.sense, square)
    for j in range(geometry.cols[layer]):
        z[j] /= np.float32(v)
