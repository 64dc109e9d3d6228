"""Reads through drivers and sense circuits that are not ideal, on ideal wires;
or on the matrix that stands for wires.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base.buffers import layer_weights
from . import read
from .curves import bend, unbend, weigh
from .lines import note_error_power, note_read_power
from .ohmic import Ohmic
from .sense import BACKWARD, Sense, quantise, sense_line, sum_squares


class Sensed(NamedTuple):
    """Drivers and sense circuits."""

    sense: Sense
    direction: int  # of forward reads: ``FORWARD``, or ``TEST`` for test samples
    curve: Any = Ohmic(0)  # of the devices, see `curves`


def round_drive(circuit, volts, n, v_read):
    """Round what the drivers of `n` lines give to their resolution: `volts`, float32, V, is updated."""
    for q in range(n):
        volts[q] = np.float32(quantise(np.float64(volts[q]), np.float64(v_read), circuit.sense.drive_levels))


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""
    out, driven, volts = room.currents[layer], room.lines[layer], room.volts[layer]
    bend(circuit.curve, volts, n)
    read.forward(driven, volts, n, layer_weights(w, geometry, layer), out[: geometry.stride[layer]])
    square = sum_squares(volts, n, circuit.sense)
    weigh(circuit.curve, volts, n)
    note_read_power(lines, layer, geometry, driven, volts, n)
    unbend(circuit.curve, volts, n)
    for j in range(geometry.cols[layer]):
        out[j] = sense_line(out[j], layer, circuit.direction, j, now, number, circuit.sense, square)


def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""
    n, volts = geometry.cols[layer], room.back_volts
    bend(circuit.curve, volts, n)
    read.backward(volts, n, layer_weights(w, geometry, layer), room.gated, n_gated, room.back_currents)
    square = sum_squares(volts, n, circuit.sense)
    weigh(circuit.curve, volts, n)
    note_error_power(lines, layer, geometry, volts, n)
    unbend(circuit.curve, volts, n)
    for q in range(n_gated):
        i = room.gated[q]
        room.back_currents[i] = sense_line(
            room.back_currents[i], layer, BACKWARD, i, now, number, circuit.sense, square
        )
