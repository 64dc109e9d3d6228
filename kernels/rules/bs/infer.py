"""Inference with a network that was trained by binary-stochastic learning: by expectation, or by stochastic passes. A **reconstruction**, see `binary`."""

from __future__ import annotations

import numpy as np

from ...base._jit import jit
from ...circuit import read
from ...train import layer_weights, widest
from ...way.neuron import sigmoid
from .bits import USE_INFERENCE
from .loop import sample_forward


@jit
def classify_expected(first_currents, geometry, temperature, flat, winners):
    """Class of every sample with each bit of a neuron replaced by its mean, sigma(z / T).

    Parameters
    ----------
    first_currents : (samples, cols) float32
        Reads of the first array at the mean inputs.
    temperature : (layers,) float32
        1 everywhere makes it a network of plain sigmoids.
    flat : float32
        Weights of all layers.
    winners : (samples,) int64, updated
        The class with the largest output (the first, if several are equal).
    """
    n_layers, width = geometry.rows.shape[0], widest(geometry)
    lines, values = np.empty(width, np.int32), np.empty(width, np.float32)
    z = np.empty(width, np.float32)
    for k in range(first_currents.shape[0]):
        for j in range(first_currents.shape[1]):
            z[j] = first_currents[k, j]
        for layer in range(1, n_layers):
            n = geometry.cols[layer - 1]
            for j in range(n):
                lines[j] = j
                values[j] = np.float32(sigmoid(np.float64(z[j]) / np.float64(temperature[layer - 1])))
            if geometry.bias[layer]:
                lines[n], values[n] = geometry.rows[layer] - 1, np.float32(1.0)
                n += 1
            read.forward(lines, values, n, layer_weights(flat, geometry, layer), z[: geometry.stride[layer]])
        best = 0
        for j in range(1, geometry.cols[n_layers - 1]):
            if z[j] > z[best]:
                best = j
        winners[k] = best


@jit
def classify_sampled(seed, passes, samples, geometry, temperature, inputs, tables, flat, winners):
    """Class of every sample by so many stochastic passes: the most frequent winner; of equal ones that with the larger sum of outputs.

    The noise of a sample's passes depends on the seed, the sample and the pass: it is the same at every evaluation.
    """
    n_layers, width = geometry.rows.shape[0], widest(geometry) + 16
    lines, n_lines = np.empty((n_layers, width), np.int32), np.empty(n_layers, np.int64)
    z, words = np.empty((n_layers, width), np.float32), np.empty(width + 16, np.uint32)
    n = geometry.cols[n_layers - 1]
    votes, total = np.empty(n, np.int64), np.empty(n, np.float64)
    out = z[n_layers - 1]
    for k in range(samples.label.shape[0]):
        votes[:] = 0
        total[:] = 0.0
        for s in range(passes):
            sample_forward(
                seed,
                USE_INFERENCE,
                k,
                s,
                k,
                samples,
                geometry,
                temperature,
                inputs,
                tables,
                flat,
                words,
                lines,
                n_lines,
                z,
                None,
                None,
            )
            best = 0
            for j in range(n):
                total[j] += out[j]
                if out[j] > out[best]:
                    best = j
            votes[best] += 1
        best = 0
        for j in range(1, n):
            if votes[j] > votes[best] or (votes[j] == votes[best] and total[j] > total[best]):
                best = j
        winners[k] = best
