"""Float back-propagation with a choice of the hidden neuron and a rate that falls: the high-precision benchmark of binary-stochastic learning.

The same network, order of samples and initial weights as `software`; sigmoid or hard sigmoid between layers, softmax and cross-entropy
at the output, one step of gradient descent for each sample.
"""

from __future__ import annotations

import math

import numpy as np

from ..base._jit import jit
from ..circuit import read
from ..train import drive_bias, layer_weights, load_sample, widest
from ..way.neuron import sigmoid

HARD_SIGMOID, SIGMOID = 0, 1
"""Hidden neurons: clip(1/2 + z / (2 c), 0, 1), or 1 / (1 + exp(-z))."""


@jit
def rate_at(iteration, rate, rate_end, schedule):
    """Learning rate after `iteration` steps: it falls exponentially from `rate` to `rate_end` times that at `schedule`, and stays there."""
    return rate * math.exp(math.log(rate_end) * min(iteration / schedule, 1.0))


@jit
def backprop(iteration, order, samples, geometry, activation, c, rate, rate_end, schedule, w, curves):
    """Train float weights on the samples `order`, one step each: W <- W - rate * delta * input.

    Parameters
    ----------
    iteration : int
        Steps before this block.
    order : (block,) int64
    samples : Samples
        Inputs from 0 to 1.
    geometry : Geometry
    activation : int
        ``HARD_SIGMOID`` or ``SIGMOID``.
    c : float32
        Of the hard sigmoid.
    rate, rate_end, schedule :
        See `rate_at`.
    w : flat float32, updated
    curves : Curves, updated
    """
    n_layers, width = geometry.rows.shape[0], widest(geometry) + 16
    last = n_layers - 1
    lines, n_lines = np.empty((n_layers, width), np.int32), np.empty(n_layers, np.int64)
    x, z = np.empty((n_layers, width), np.float32), np.empty((n_layers, width), np.float32)
    delta = np.zeros((n_layers, width), np.float32)
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    for t in range(order.shape[0]):
        k = order[t]
        label = samples.label[k]
        n = load_sample(samples, k, lines[0], x[0])
        for layer in range(n_layers):
            n = drive_bias(geometry, layer, one, lines[layer], x[layer], n)
            n_lines[layer] = n
            out = z[layer, : geometry.stride[layer]]
            read.forward(lines[layer], x[layer], n, layer_weights(w, geometry, layer), out)
            if layer < last:
                n = geometry.cols[layer]
                for j in range(n):
                    lines[layer + 1, j] = j
                    if activation == SIGMOID:
                        x[layer + 1, j] = np.float32(sigmoid(np.float64(out[j])))
                    else:
                        x[layer + 1, j] = min(max(half + out[j] * half / c, zero), one)
        n, best = geometry.cols[last], 0
        for j in range(1, n):
            if z[last, j] > z[last, best]:
                best = j
        top, total = z[last, best], 0.0
        for j in range(n):
            total += math.exp(np.float64(z[last, j]) - np.float64(top))
        curves.loss[t] = math.log(total) - (np.float64(z[last, label]) - np.float64(top))
        curves.wrong[t] = best != label
        curves.pulses[t] = 0
        curves.resets[t] = 0
        for j in range(n):
            p = math.exp(np.float64(z[last, j]) - np.float64(top)) / total
            delta[last, j] = np.float32(p - (1.0 if j == label else 0.0))
        for layer in range(last, 0, -1):
            m = geometry.cols[layer - 1]
            read.backward(
                delta[layer], geometry.cols[layer], layer_weights(w, geometry, layer), lines[layer], m, delta[layer - 1]
            )
            for i in range(m):
                y = x[layer, i]
                if activation == SIGMOID:
                    slope = y * (one - y)
                else:
                    slope = half / c if zero < y < one else zero
                delta[layer - 1, i] *= slope
        here = np.float32(rate_at(iteration + t, rate, rate_end, schedule))
        for layer in range(n_layers):
            weights, stride = layer_weights(w, geometry, layer), geometry.stride[layer]
            d = delta[layer, :stride]
            for q in range(n_lines[layer]):
                row, step = weights[lines[layer, q]], here * x[layer, q]
                if step != zero:
                    for j in range(stride):
                        row[j] -= step * d[j]
