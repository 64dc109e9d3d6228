"""Reads through real wires, drivers and sense circuits: the nodal solution of every tile."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from .lines import note_power
from .sense import BACKWARD, FORWARD, Sense, quantise, sense_line, sum_squares
from .tiles import Board, read_tiles, refresh_events, refresh_layer

READS, SWEEPS, RESIDUAL = 0, 1, 2
"""Places in the statistics of a block: reads solved, sweeps they took, the largest residual."""


class Wired(NamedTuple):
    """Wires, drivers and sense circuits of all layers."""

    board: Board
    sense: Sense
    stats: np.ndarray  # (3,) float64, updated: see `READS`
    volts: np.ndarray  # (width,) float64, V: scratch
    sensed: np.ndarray  # (width,) float64, A: scratch
    direction: int = FORWARD  # of forward reads, or ``TEST`` for test samples


@jit
def note_read(sweeps, residual, stats):
    """Add a read to the statistics, (3,) float64."""
    stats[READS] += 1.0
    stats[SWEEPS] += sweeps
    stats[RESIDUAL] = max(stats[RESIDUAL], residual)


@jit
def solve(circuit, layer, volts, forward, sensed, lines):
    """Read a layer, see `tiles.read_tiles`, and enter the read into the statistics and the ledger."""
    sweeps, residual = read_tiles(layer, volts, forward, circuit.board, sensed)
    note_read(sweeps, residual, circuit.stats)
    note_power(lines, circuit.board.power[0])


def round_drive(circuit, volts, n, v_read):
    """Round what the drivers of `n` lines give to their resolution: `volts`, float32, V, is updated."""
    for q in range(n):
        volts[q] = np.float32(quantise(np.float64(volts[q]), np.float64(v_read), circuit.sense.drive_levels))


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""
    cols, out = geometry.cols[layer], room.currents[layer]
    volts, sensed = circuit.volts[: geometry.rows[layer]], circuit.sensed[:cols]
    volts[:] = 0.0
    for q in range(n):
        volts[room.lines[layer, q]] = np.float64(room.volts[layer, q])
    solve(circuit, layer, volts, layer >= 0, sensed, lines)
    square = sum_squares(room.volts[layer], n, circuit.sense)
    for j in range(cols):
        out[j] = sense_line(np.float32(sensed[j]), layer, circuit.direction, j, now, number, circuit.sense, square)


def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""
    n = geometry.cols[layer]
    volts, sensed = circuit.volts[:n], circuit.sensed[: geometry.rows[layer]]
    for j in range(n):
        volts[j] = np.float64(room.back_volts[j])
    solve(circuit, layer, volts, layer < 0, sensed, lines)
    square = sum_squares(room.back_volts, n, circuit.sense)
    for q in range(n_gated):
        i = room.gated[q]
        room.back_currents[i] = sense_line(
            np.float32(sensed[i]), layer, BACKWARD, i, now, number, circuit.sense, square
        )


def follow(circuit, layer, number, first_event, events, array):
    """Follow recorded events; see `table.follow`."""
    refresh_events(layer, number, first_event, events, array, circuit.board)


def follow_all(circuit, layer, array):
    """Follow anything; see `table.follow_all`."""
    refresh_layer(layer, array, circuit.board)
