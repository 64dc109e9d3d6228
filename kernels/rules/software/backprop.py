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

__all__ = [
    "Backprop",
    "Rule",
    "absorb",
    "drive",
    "fire",
    "land",
    "output_error",
    "read_back",
    "read_layer",
    "sense_back",
    "slopes_of",
]

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


@jit
def respond(rule, z):
    """Output of a hidden neuron, 0 to 1, float32."""
    if rule.activation == SIGMOID:
        return np.float32(sigmoid(np.float64(z)))
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    return min(max(half + z * half / rule.c, zero), one)


@jit
def derivative(rule, y):
    """Its derivative where it gives `y`, float32."""
    one, zero = np.float32(1.0), np.float32(0.0)
    if rule.activation == SIGMOID:
        return y * (one - y)
    return rule.slope if zero < y < one else zero


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read; see `rules.table.read_layer`."""
    n = drive_bias(geometry, layer, np.float32(1.0), room.lines[layer], room.volts[layer], n)
    room.n_lines[layer] = n
    out = room.currents[layer, : geometry.stride[layer]]
    read.forward(room.lines[layer], room.volts[layer], n, layer_weights(array.w, geometry, layer), out)


def fire(rule, layer, now, number, geometry, room):
    """All neurons drive the next layer; see `rules.table.fire`."""
    n, z = geometry.cols[layer], room.currents[layer]
    for j in range(n):
        room.lines[layer + 1, j] = j
        room.volts[layer + 1, j] = respond(rule, z[j])
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
    weights, below = layer_weights(array.w, geometry, layer), room.delta[layer - 1]
    read.backward(room.delta[layer], geometry.cols[layer], weights, room.lines[layer], m, below)
    for i in range(m):
        below[i] *= derivative(rule, room.volts[layer, i])


def slopes_of(rule, layer, now, number, geometry, room, out):
    """Derivatives; see `rules.table.slopes_of`."""
    for j in range(geometry.cols[layer]):
        out[j] = derivative(rule, respond(rule, room.currents[layer, j]))


def sense_back(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Errors times weights; see `rules.table.sense_back`."""
    weights = layer_weights(array.w, geometry, layer)
    read.backward(room.delta[layer], geometry.cols[layer], weights, room.gated, n, room.back_currents)
    return True


def land(rule, layer, now, number, geometry, back, slopes, room):
    """Times their slopes; see `rules.table.land`."""
    for j in range(geometry.cols[layer]):
        room.delta[layer, j] = back[j] * slopes[j]


def absorb(rule, array, geometry, layer, place, position, size, lines, volts, n, delta):
    """One step, by the mean gradient of a batch; see `table.absorb`."""
    here = np.float32(rate_at(rule.now[0], rule.rate, rule.rate_end, rule.schedule)) / np.float32(size)
    cols = geometry.cols[layer]
    for q in range(n):
        row, step = array.w[lines[q]], here * volts[q]
        if step != np.float32(0.0):
            for j in range(cols):
                row[j] -= step * delta[j]
