"""Test reads of digits through real circuits: wires are a matrix, drivers and sense circuits as they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.buffers import Geometry, layer_weights
from ...circuit import read
from ...circuit.sense import TEST, Sense, sense_line


class Transfer(NamedTuple):
    """What the arrays of all digits make of voltages."""

    w: np.ndarray  # flat float32, S: `tiles.transfer_matrix`, or their W
    geometry: Geometry  # of the arrays
    copies: int  # digits of a weight
    unit: np.ndarray  # (copies,) float32, 1/S: W per conductance of a digit
    v_read: float  # V
    sense: Sense


def test_layer(array, layer, n, k, number, geometry, room):
    """Forward read; see `inference.test_layer`."""
    g, v, square = array.geometry, np.float32(array.v_read), 0.0
    volts, z = room.scratch, room.currents[layer, : geometry.stride[layer]]
    for q in range(n):
        volts[q] = room.volts[layer, q] * v
        square += np.float64(volts[q]) * np.float64(volts[q])
    z[:] = np.float32(0.0)
    for digit in range(array.copies):
        a = layer * array.copies + digit
        currents = room.back_currents[: g.stride[a]]
        read.forward(room.lines[layer], volts, n, layer_weights(array.w, g, a), currents)
        for j in range(g.cols[a]):
            sensed = sense_line(np.float64(currents[j]), a, TEST, j, number, k, array.sense, square)
            z[j] += array.unit[digit] * sensed
    for j in range(geometry.cols[layer]):
        z[j] /= v
