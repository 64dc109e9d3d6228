"""Binary-stochastic learning on real circuits: wires, drivers, sense circuits, noise of devices. A **reconstruction**, see `binary`.

Every digit of a layer is an array of its own (`digits`), with its own wires and sense circuits. A bit drives its row with the full read
voltage; what the sense circuits give is weighed by what the digit is worth, and added up before the comparators. In a backward read the
columns with d = +1 are driven with the read voltage, and those with -1 with its negative.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import jit
from ...circuit import read
from ...circuit.real import note_read
from ...circuit.sense import BACKWARD, FORWARD, TEST, Sense, sense_line
from ...circuit.wired import Board, read_tiles, refresh
from ...pair.pair import Ladder
from ...train import ENGINE_ANALOG, layer_pairs, layer_weights, widest
from ...way.neuron import sigmoid
from .bits import INPUT_BITS, USE_INFERENCE, binarise_inputs, compare, forward_bits, threshold_inputs


class Circuits(NamedTuple):
    """What reads through real circuits need; arrays are numbered as in `digits`."""

    board: Board
    sense: Sense
    ladder: Ladder  # empty
    v_read: float  # V
    stats: np.ndarray  # (3,) float64, updated: see `real.note_read`


@jit
def refresh_crossings(layer, firing, n_firing, up, n_up, down, n_down, own, circuits):
    """Bring the wired array of the lowest digit up to date after a pulse event."""
    array = (layer + 1) * own.copies - 1
    rows = np.zeros(own.geometry.rows[array], np.bool_)
    cols = np.zeros(own.geometry.cols[array], np.bool_)
    for q in range(n_firing):
        rows[firing[q]] = True
    for k in range(n_up):
        cols[up[k]] = True
    for k in range(n_down):
        cols[down[k]] = True
    views = layer_pairs(own.pairs, own.geometry, array)
    refresh(array, rows, cols, ENGINE_ANALOG, circuits.ladder, views, circuits.board)


@jit
def refresh_digits(layer, own, circuits):
    """Bring the wired arrays of all digits of a layer up to date, after a carry."""
    rows = np.ones(own.geometry.rows[layer * own.copies], np.bool_)
    cols = np.ones(own.geometry.cols[layer * own.copies], np.bool_)
    for array in range(layer * own.copies, (layer + 1) * own.copies):
        views = layer_pairs(own.pairs, own.geometry, array)
        refresh(array, rows, cols, ENGINE_ANALOG, circuits.ladder, views, circuits.board)


@jit
def read_bits(layer, lines, n, at, number, own, circuits, z):
    """Forward read of rows that are all driven alike: z[j], float32, in units of W, is updated.

    Parameters
    ----------
    lines : (>= n,) int32
    at, number : int
        Of the draws: iteration, and number of the read in it.
    """
    g, board, sense, v = own.geometry, circuits.board, circuits.sense, circuits.v_read
    z[:] = np.float32(0.0)
    for k in range(own.copies):
        array = layer * own.copies + k
        rows, cols, stride = g.rows[array], g.cols[array], g.stride[array]
        currents, scale = np.zeros(stride), own.unit[k] / np.float32(v)
        if board.wired:
            volts = np.zeros(rows)
            for q in range(n):
                volts[lines[q]] = v
            sweeps, residual = read_tiles(array, volts, array >= 0, board, currents[:cols])
            note_read(sweeps, residual, circuits.stats)
        else:
            sums = np.empty(stride, np.float32)
            forward_bits(lines, n, layer_weights(own.pairs.w, g, array), sums)
            for j in range(cols):
                currents[j] = np.float64(sums[j]) * v
        for j in range(cols):
            z[j] += scale * sense_line(currents[j], array, FORWARD, j, at, number, sense, n * v * v)


@jit
def read_errors(layer, up, n_up, down, n_down, gated, n_gated, at, number, own, circuits, sums):
    """Backward read: ``sums[i]``, float32, in units of W, is updated for the rows that are gated on."""
    g, board, sense, v = own.geometry, circuits.board, circuits.sense, circuits.v_read
    for q in range(n_gated):
        sums[gated[q]] = np.float32(0.0)
    for k in range(own.copies):
        array = layer * own.copies + k
        rows, cols = g.rows[array], g.cols[array]
        currents, scale = np.zeros(rows), own.unit[k] / np.float32(v)
        if board.wired:
            volts = np.zeros(cols)
            for q in range(n_up):
                volts[up[q]] = v
            for q in range(n_down):
                volts[down[q]] = -v
            sweeps, residual = read_tiles(array, volts, array < 0, board, currents)
            note_read(sweeps, residual, circuits.stats)
        else:
            weights = layer_weights(own.pairs.w, g, array)
            for q in range(n_gated):
                s = np.float32(0.0)
                for m in range(n_up):
                    s += weights[gated[q], up[m]]
                for m in range(n_down):
                    s -= weights[gated[q], down[m]]
                currents[gated[q]] = np.float64(s) * v
        square = (n_up + n_down) * v * v
        for q in range(n_gated):
            i = gated[q]
            sums[i] += scale * sense_line(currents[i], array, BACKWARD, i, at, number, sense, square)


@jit
def _test_read(layer, lines, volts, n, k, number, own, transfer, sense, currents, z):
    """Forward read of a test sample, driven as `volts` (float32, V) say, through the matrix that stands for the wires."""
    g, square = own.geometry, 0.0
    for q in range(n):
        square += np.float64(volts[q]) * np.float64(volts[q])
    z[:] = np.float32(0.0)
    for digit in range(own.copies):
        array = layer * own.copies + digit
        read.forward(lines, volts, n, layer_weights(transfer, g, array), currents[: g.stride[array]])
        for j in range(g.cols[array]):
            sensed = sense_line(np.float64(currents[j]), array, TEST, j, number, k, sense, square)
            z[j] += own.unit[digit] * sensed


@jit
def classify_circuits(
    seed, passes, samples, geometry, temperature, inputs, tables, own, transfer, v_read, sense, winners
):
    """Class of every sample through real circuits.

    Parameters
    ----------
    seed : int
    passes : int
        Stochastic passes of a sample; 0: one pass with every bit replaced by its mean, its row driven with that part of the read voltage, and
        without noise.
    samples : Samples
    geometry : Geometry of the layers
    temperature : (layers,) float32, in units of W
    inputs : int
    tables : Tables
    own : Arrays
    transfer : flat float32, S
        What the arrays make of voltages: `wired.transfer_matrix`, or their W.
    v_read : float, V
    sense : Sense
    winners : (samples,) int64, updated
        As of `binary_infer.classify_expected` and `classify_sampled`.
    """
    n_layers, width = geometry.rows.shape[0], widest(geometry) + 16
    lines, volts = np.empty(width, np.int32), np.empty(width, np.float32)
    fired, words = np.empty(width, np.int32), np.empty(width + 16, np.uint32)
    draws = words.view(np.uint16)
    currents, z = np.empty(width, np.float32), np.empty(width, np.float32)
    classes, v = geometry.cols[n_layers - 1], np.float32(v_read)
    votes, total = np.empty(classes, np.int64), np.empty(classes, np.float64)
    stream = noise.binary_stream
    for k in range(samples.label.shape[0]):
        votes[:] = 0
        total[:] = 0.0
        for s in range(max(passes, 1)):
            a = samples.start[k]
            n = samples.start[k + 1] - a
            driven, values = samples.line[a : a + n], samples.volts[a : a + n]
            if passes == 0 and inputs == INPUT_BITS:
                lines[:n] = driven
                volts[:n] = values * v
            else:
                if inputs == INPUT_BITS:
                    noise.fill_words(seed, stream(0, USE_INFERENCE), k, s, n, words)
                    n = binarise_inputs(driven, values, n, draws, lines)
                else:
                    n = threshold_inputs(driven, values, n, lines)
                volts[:n] = v
            for layer in range(n_layers):
                if geometry.bias[layer]:
                    lines[n], volts[n] = geometry.rows[layer] - 1, v
                    n += 1
                _test_read(layer, lines, volts, n, k, s, own, transfer, sense, currents, z)
                cols = geometry.cols[layer]
                for j in range(cols):
                    z[j] /= v
                if layer == n_layers - 1:
                    break
                if passes == 0:
                    n = cols
                    for j in range(cols):
                        lines[j] = j
                        volts[j] = v * np.float32(sigmoid(np.float64(z[j]) / np.float64(temperature[layer])))
                else:
                    noise.fill_words(seed, stream(layer + 1, USE_INFERENCE), k, s, cols, words)
                    n = compare(z, cols, temperature[layer], draws, tables.logistic, fired)
                    lines[:n] = fired[:n]
                    volts[:n] = v
            best = 0
            for j in range(classes):
                total[j] += z[j]
                if z[j] > z[best]:
                    best = j
            votes[best] += 1
        best = 0
        for j in range(1, classes):
            if votes[j] > votes[best] or (votes[j] == votes[best] and total[j] > total[best]):
                best = j
        winners[k] = best
