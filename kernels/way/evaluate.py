"""Test accuracy, computed exactly and no more often than needed.

A column's current depends on that column alone, so between two evaluations only the columns that were pulsed
have to be read again; the others keep, bit for bit, the currents they had.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..circuit import read
from ..train import activate, drive_bias, layer_weights, load_sample, widest


@jit
def first_layer(samples, geometry, reading, flat, columns, currents):
    """Read the first array for every sample, at the listed columns only.

    Parameters
    ----------
    flat : float32, S
        Weights of all layers.
    columns : (n,) int64
    currents : (samples, cols) float32, A, updated at the listed columns
    """
    w = layer_weights(flat, geometry, 0)
    n, rows = columns.shape[0], geometry.rows[0]
    packed = np.zeros((rows, (n + 15) // 16 * 16), np.float32)
    for i in range(rows):
        for q in range(n):
            packed[i, q] = w[i, columns[q]]
    out = np.empty(packed.shape[1], np.float32)
    lines, volts = np.empty(rows + 1, np.int32), np.empty(rows + 1, np.float32)
    for k in range(samples.label.shape[0]):
        m = load_sample(samples, k, lines, volts)
        m = drive_bias(geometry, 0, reading.v_read, lines, volts, m)
        read.forward(lines, volts, m, packed, out)
        for q in range(n):
            currents[k, columns[q]] = out[q]


@jit
def classify(first_currents, geometry, reading, flat, winners):
    """Class of every sample, from the currents of the first array.

    Parameters
    ----------
    first_currents : (samples, cols) float32, A
    flat : float32, S
        Weights of all layers.
    winners : (samples,) int64, updated
        The class with the largest output current (the first, if several are equal).
    """
    n_layers = geometry.rows.shape[0]
    width = widest(geometry)
    lines, volts = np.empty(width, np.int32), np.empty(width, np.float32)
    currents = np.empty(width, np.float32)
    for k in range(first_currents.shape[0]):
        for j in range(first_currents.shape[1]):
            currents[j] = first_currents[k, j]
        for layer in range(1, n_layers):
            n = activate(currents, geometry.cols[layer - 1], reading.c[layer - 1], reading.v_read, lines, volts)
            n = drive_bias(geometry, layer, reading.v_read, lines, volts, n)
            s = geometry.stride[layer]
            read.forward(lines, volts, n, layer_weights(flat, geometry, layer), currents[:s])
        best = 0
        for j in range(1, geometry.cols[n_layers - 1]):
            if currents[j] > currents[best]:
                best = j
        winners[k] = best
