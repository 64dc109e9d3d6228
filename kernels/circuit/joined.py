"""Test reads through real wires of layers that are two arrays: what both give is added, and sensed once.

The second array counts `gamma` times, and its lines may have their signs changed by choppers, those of rows before the
read, those of columns after it. Where wires are a matrix, the matrices are added, and nobody needs this.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .sense import Sense, sense_line, sum_squares
from .tiles import Board, read_tiles
from .wired import note_read, round_drive

__all__ = ["Joined", "read_columns", "round_drive"]


class Joined(NamedTuple):
    """Wires of both arrays of all layers, drivers and sense circuits of the layers."""

    board: Board  # of all arrays, the first ones of all layers first
    sense: Sense
    stats: np.ndarray  # (3,) float64, updated: see `wired.READS`
    volts: np.ndarray  # (width,) float64, V: scratch
    sensed: np.ndarray  # (width,) float64, A: scratch
    direction: int  # ``sense.TEST``
    gamma: np.float32
    by_rows: int  # 1: choppers are of rows
    chopper: np.ndarray  # (layers, width) uint8: 1 where the sign of a line of the second array is changed
    other: np.ndarray  # (width,) float64, A: scratch


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; `w` and `lines` are not used, see `table.read_columns`."""
    rows, cols, out, chopper = geometry.rows[layer], geometry.cols[layer], room.currents[layer], circuit.chopper[layer]
    volts, first, second = circuit.volts[:rows], circuit.sensed[:cols], circuit.other[:cols]
    volts[:] = 0.0
    for q in range(n):
        volts[room.lines[layer, q]] = np.float64(room.volts[layer, q])
    sweeps, residual = read_tiles(layer, volts, layer >= 0, circuit.board, first)
    note_read(sweeps, residual, circuit.stats)
    if circuit.by_rows != 0:
        for i in range(rows):
            if chopper[i] != 0:
                volts[i] = -volts[i]
    sweeps, residual = read_tiles(geometry.rows.shape[0] + layer, volts, layer >= 0, circuit.board, second)
    note_read(sweeps, residual, circuit.stats)
    square = sum_squares(room.volts[layer], n, circuit.sense)
    for j in range(cols):
        sign = -1.0 if circuit.by_rows == 0 and chopper[j] != 0 else 1.0
        current = np.float32(first[j] + sign * np.float64(circuit.gamma) * second[j])
        out[j] = sense_line(current, layer, circuit.direction, j, now, number, circuit.sense, square)
