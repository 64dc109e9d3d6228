"""Float back-propagation with a choice of the hidden neuron and a rate that falls: the high-precision benchmark of
binary-stochastic learning.

The same network, order of samples and initial weights as `descent`; sigmoid or hard sigmoid between layers, softmax and
cross-entropy at the output, one step of gradient descent for each sample, or for the mean of a batch.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...base.buffers import layer_weights
from ...circuit import read
from ...way.hardware import drive, drive_bias
from ...way.neuron import sigmoid

__all__ = ["Backprop", "Rule", "absorb", "drive", "fire", "output_error", "read_back", "read_layer"]

HARD_SIGMOID, SIGMOID = 0, 1
"""Hidden neurons: clip(1/2 + z / (2 c), 0, 1), or 1 / (1 + exp(-z))."""


class Backprop(NamedTuple):
    """What the benchmark needs to know."""

    activation: int  # ``HARD_SIGMOID`` or ``SIGMOID``
    c: np.float32  # of the hard sigmoid
    slope: np.float32  # of the hard sigmoid inside -c to c
    rate: float
    rate_end: float  # factor on it at iteration `schedule`
    schedule: int  # iterations
    now: np.ndarray  # (1,) int64, updated: updates done


Rule = Backprop


@jit
def rate_at(iteration, rate, rate_end, schedule):
    """Learning rate after `iteration` steps: it falls exponentially from `rate` to `rate_end` times that at `schedule`,
    and stays there.
    """
    return rate * math.exp(math.log(rate_end) * min(iteration / schedule, 1.0))


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read; see `rules.table.read_layer`."""
    n = drive_bias(geometry, layer, np.float32(1.0), room.lines[layer], room.volts[layer], n)
    room.n_lines[layer] = n
    out = room.currents[layer, : geometry.stride[layer]]
    read.forward(room.lines[layer], room.volts[layer], n, layer_weights(array.w, geometry, layer), out)


def fire(rule, layer, now, number, geometry, room):
    """All neurons drive the next layer; see `rules.table.fire`."""
    n, z = geometry.cols[layer], room.currents[layer]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    for j in range(n):
        room.lines[layer + 1, j] = j
        if rule.activation == SIGMOID:
            room.volts[layer + 1, j] = np.float32(sigmoid(np.float64(z[j])))
        else:
            room.volts[layer + 1, j] = min(max(half + z[j] * half / rule.c, zero), one)
    return n


def output_error(rule, label, now, number, geometry, room):
    """Softmax and cross-entropy; see `rules.table.output_error`."""
    rule.now[0] = now
    last = geometry.rows.shape[0] - 1
    z, delta, n = room.currents[last], room.delta[last], geometry.cols[last]
    best = 0
    for j in range(n):
        if z[j] > z[best]:
            best = j
    top, total = z[best], 0.0
    for j in range(n):
        total += math.exp(np.float64(z[j]) - np.float64(top))
    for j in range(n):
        p = math.exp(np.float64(z[j]) - np.float64(top)) / total
        delta[j] = np.float32(p - (1.0 if j == label else 0.0))
    return math.log(total) - (np.float64(z[label]) - np.float64(top)), best != label


def read_back(rule, array, circuit, lines, layer, now, number, geometry, room):
    """Errors of the neurons below a layer, times their slopes; see `rules.table.read_back`."""
    m = geometry.cols[layer - 1]
    one, zero = np.float32(1.0), np.float32(0.0)
    weights, below = layer_weights(array.w, geometry, layer), room.delta[layer - 1]
    read.backward(room.delta[layer], geometry.cols[layer], weights, room.lines[layer], m, below)
    for i in range(m):
        y = room.volts[layer, i]
        if rule.activation == SIGMOID:
            slope = y * (one - y)
        else:
            slope = rule.slope if zero < y < one else zero
        below[i] *= slope


def absorb(rule, array, geometry, layer, place, size, lines, volts, n, delta):
    """One step, by the mean gradient of a batch; see `table.absorb`."""
    here = np.float32(rate_at(rule.now[0], rule.rate, rule.rate_end, rule.schedule)) / np.float32(size)
    cols = geometry.cols[layer]
    for q in range(n):
        row, step = array.w[lines[q]], here * volts[q]
        if step != np.float32(0.0):
            for j in range(cols):
                row[j] -= step * delta[j]
