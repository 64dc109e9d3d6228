"""One sample's way through a network whose wires, drivers or sense circuits are not ideal; and its test accuracy."""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..train import activate, drive_bias, layer_weights, load_sample, make_room
from ..way import neuron
from . import read
from .gates import POWER, error_power, layer_gates, read_power
from .sense import BACKWARD, FORWARD, TEST, quantise, sense_line, sum_squares
from .wired import read_tiles

READS, SWEEPS, RESIDUAL = 0, 1, 2
"""Places in the statistics of a block: reads solved, sweeps they took, the largest residual."""


@jit
def note_read(sweeps, residual, stats):
    """Add a read to the statistics, (3,) float64."""
    stats[READS] += 1.0
    stats[SWEEPS] += sweeps
    stats[RESIDUAL] = max(stats[RESIDUAL], residual)


@jit
def drive_levels(volts, n, v_read, circuits):
    """Round what the drivers of `n` lines give to their resolution: `volts`, float32, V, is updated."""
    for q in range(n):
        volts[q] = np.float32(quantise(np.float64(volts[q]), np.float64(v_read), circuits.drive_levels))


@jit
def read_columns(layer, n, iteration, number, direction, geometry, w, room, board, circuits, gates, stats):
    """Forward read of a layer, driven as ``room.lines`` and ``room.volts`` say: ``room.currents[layer]`` is updated."""
    cols, out = geometry.cols[layer], room.currents[layer]
    if board.wired:
        volts, sensed = np.zeros(geometry.rows[layer]), np.empty(cols)
        for q in range(n):
            volts[room.lines[layer, q]] = np.float64(room.volts[layer, q])
        sweeps, residual = read_tiles(layer, volts, layer >= 0, board, sensed)
        note_read(sweeps, residual, stats)
        for j in range(cols):
            out[j] = np.float32(sensed[j])
    else:
        lines, volts32 = room.lines[layer], room.volts[layer]
        read.forward(lines, volts32, n, layer_weights(w, geometry, layer), out[: geometry.stride[layer]])
    if gates.active:
        total = layer_gates(gates, geometry, layer).total
        ideal = 0.0 if board.wired else read_power(room.lines[layer], room.volts[layer], n, total)
        gates.ledger[POWER] += board.power[0] if board.wired else ideal
    square = sum_squares(room.volts[layer], n, circuits)
    for j in range(cols):
        out[j] = sense_line(out[j], layer, direction, j, iteration, number, circuits, square)


@jit
def read_error(layer, iteration, number, geometry, reading, w, room, board, circuits, gates, stats):
    """Backward read of a layer: the error of the neurons below it, ``room.delta[layer - 1]``, is updated."""
    below = layer - 1
    n_below, n_above, c = geometry.cols[below], geometry.cols[layer], reading.c[below]
    for j in range(n_above):
        room.back_volts[j] = room.delta[layer, j] * reading.v_read
    drive_levels(room.back_volts, n_above, reading.v_read, circuits)
    n_gated = 0
    for i in range(n_below):
        room.delta[below, i] = np.float32(0.0)
        if neuron.passes_error(room.currents[below, i], c):
            room.gated[n_gated] = i
            n_gated += 1
    if board.wired:
        volts, sensed = np.empty(n_above), np.empty(geometry.rows[layer])
        for j in range(n_above):
            volts[j] = np.float64(room.back_volts[j])
        sweeps, residual = read_tiles(layer, volts, layer < 0, board, sensed)
        note_read(sweeps, residual, stats)
        for i in range(n_below):
            room.back_currents[i] = np.float32(sensed[i])
    else:
        weights = layer_weights(w, geometry, layer)
        read.backward(room.back_volts, n_above, weights, room.gated, n_gated, room.back_currents)
    if gates.active:
        ideal = 0.0 if board.wired else error_power(room.back_volts, n_above, layer_gates(gates, geometry, layer).total)
        gates.ledger[POWER] += board.power[0] if board.wired else ideal
    unit = reading.span * reading.v_read
    square = sum_squares(room.back_volts, n_above, circuits)
    for q in range(n_gated):
        i = room.gated[q]
        x = sense_line(room.back_currents[i], layer, BACKWARD, i, iteration, number, circuits, square)
        room.delta[below, i] = x / unit


@jit
def pass_real(k, iteration, number, samples, geometry, reading, w, room, board, circuits, gates, stats):
    """`train.pass_sample` through real circuits.

    Parameters
    ----------
    iteration, number : int
        Updates done, and the sample's place in its batch: what the noise of its reads depends on.
    w : flat float32, S
        Used where the wires are ideal.
    room : Room, updated
    board : Board, updated
    circuits : Sense
    gates : Gates, updated
        The power of the reads is entered into its ledger.
    stats : (3,) float64, updated
        See `note_read`.

    Returns
    -------
    loss : float64
        Cross-entropy, nat.
    wrong : bool
    """
    last = geometry.rows.shape[0] - 1
    n = load_sample(samples, k, room.lines[0], room.volts[0])
    for layer in range(last + 1):
        n = drive_bias(geometry, layer, reading.v_read, room.lines[layer], room.volts[layer], n)
        room.n_lines[layer] = n
        drive_levels(room.volts[layer], n, reading.v_read, circuits)
        read_columns(layer, n, iteration, number, FORWARD, geometry, w, room, board, circuits, gates, stats)
        if layer < last:
            cols, c = geometry.cols[layer], reading.c[layer]
            n = activate(room.currents[layer], cols, c, reading.v_read, room.lines[layer + 1], room.volts[layer + 1])
    label = samples.label[k]
    cols = geometry.cols[last]
    loss, winner = neuron.softmax_error(room.currents[last], cols, reading.softmax_gain, label, room.delta[last])
    for layer in range(last, 0, -1):
        read_error(layer, iteration, number, geometry, reading, w, room, board, circuits, gates, stats)
    return loss, winner != label


@jit
def classify_real(iteration, samples, geometry, reading, transfer, circuits, winners):
    """Class of every sample, by the drivers and sense circuits of `circuits`.

    Parameters
    ----------
    iteration : int
        Updates done: what the noise depends on.
    transfer : flat float32, S
        What the arrays make of voltages: `wired.transfer_matrix`, or W where the wires are ideal.
    winners : (samples,) int64, updated
    """
    last = geometry.rows.shape[0] - 1
    room = make_room(geometry)
    for k in range(samples.label.shape[0]):
        n = load_sample(samples, k, room.lines[0], room.volts[0])
        for layer in range(last + 1):
            lines, volts, currents = room.lines[layer], room.volts[layer], room.currents[layer]
            n = drive_bias(geometry, layer, reading.v_read, lines, volts, n)
            drive_levels(volts, n, reading.v_read, circuits)
            read.forward(lines, volts, n, layer_weights(transfer, geometry, layer), currents[: geometry.stride[layer]])
            square = sum_squares(volts, n, circuits)
            for j in range(geometry.cols[layer]):
                currents[j] = sense_line(currents[j], layer, TEST, j, iteration, k, circuits, square)
            if layer < last:
                cols, c = geometry.cols[layer], reading.c[layer]
                n = activate(currents, cols, c, reading.v_read, room.lines[layer + 1], room.volts[layer + 1])
        best = 0
        for j in range(1, geometry.cols[last]):
            if room.currents[last, j] > room.currents[last, best]:
                best = j
        winners[k] = best
