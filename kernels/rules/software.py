"""The reference without devices: float weights, back-propagation, a learning rate.

The network is that of the hardware: hard sigmoid between -c and c, softmax and cross-entropy at the output. What
differs is the update, W <- W - rate * delta * input, with the whole derivative of the hard sigmoid, 1 / (2c) inside.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..train import layer_weights, load_sample, make_room, pass_sample, widest


@jit
def descend(lines, volts, n_lines, delta, n_cols, rate, w):
    """One sample's step of gradient descent on one layer.

    Parameters
    ----------
    lines, volts : (>= n_lines,) int32 and float32
        Driven rows and their inputs.
    delta : (>= n_cols,) float32
    rate : float32
    w : (rows, stride) float32, updated
        ``w[i, j] -= rate * volts[i] * delta[j]``
    """
    for q in range(n_lines):
        row, step = w[lines[q]], rate * volts[q]
        for j in range(n_cols):
            row[j] -= step * delta[j]


@jit
def train_software(order, batch, samples, geometry, reading, rates, w, first_delta, curves):
    """Train float weights on the samples `order`, one step per `batch` of them, on the mean gradient.

    Parameters
    ----------
    order : (updates * batch,) int64
        Sample numbers.
    samples : Samples
        Inputs in units of the full one.
    geometry : Geometry
    reading : Reading
        With a unit read voltage and span, and no dead zone.
    rates : (layers,) float32
        Learning rate, times the slopes 1 / (2c) of the neurons that an error has come through.
    w : flat float32, updated
    first_delta : (>= updates * batch, >= cols of the first layer) float32, updated
        Errors of the first layer, for `follow_steps`.
    curves : Curves, updated
        The loss is the batch's mean, `wrong` its sum.
    """
    n_layers, width = geometry.rows.shape[0], widest(geometry)
    room = make_room(geometry)
    lines = np.empty((batch, n_layers, width), np.int32)
    volts = np.empty((batch, n_layers, width), np.float32)
    delta = np.empty((batch, n_layers, width), np.float32)
    n_lines = np.empty((batch, n_layers), np.int64)
    for t in range(order.shape[0] // batch):
        total, wrongs = 0.0, 0
        for s in range(batch):
            loss, wrong = pass_sample(order[t * batch + s], samples, geometry, reading, w, room)
            total += loss
            wrongs += wrong
            lines[s], volts[s], delta[s], n_lines[s] = room.lines, room.volts, room.delta, room.n_lines
            first_delta[t * batch + s, : geometry.cols[0]] = room.delta[0, : geometry.cols[0]]
        for layer in range(n_layers):
            weights = layer_weights(w, geometry, layer)
            rate = rates[layer] / np.float32(batch)
            for s in range(batch):
                descend(
                    lines[s, layer], volts[s, layer], n_lines[s, layer], delta[s, layer], geometry.cols[layer], rate,
                    weights,
                )  # fmt: skip
        curves.loss[t] = total / batch
        curves.wrong[t] = wrongs
        curves.pulses[t] = 0
        curves.resets[t] = 0


@jit
def follow_steps(order, rate, first_delta, bias, trained, tests, currents):
    """Bring the test samples' currents of the first layer up to date after some steps, without reading it again.

    A step changes W by ``-rate * input * delta``, and so the current of a test sample by -rate times the scalar product of the
    two inputs, times delta.

    Parameters
    ----------
    order : (steps,) int64
        Training samples of the steps.
    rate : float32
        Of the first layer, per sample.
    first_delta : (>= steps, >= cols) float32
    bias : int
        1 if a bias row is driven, else 0.
    trained, tests : Samples
    currents : (test samples, cols) float32, updated
    """
    n_tests, cols = currents.shape
    room = 1
    for s in range(order.shape[0]):
        room = max(room, trained.start[order[s] + 1] - trained.start[order[s]])
    inputs = 1
    for q in range(tests.start[n_tests]):
        inputs = max(inputs, tests.line[q] + 1)
    lines, volts = np.empty(room, np.int32), np.empty(room, np.float32)
    for s in range(order.shape[0]):
        n = load_sample(trained, order[s], lines, volts)
        dense = np.zeros(max(inputs, lines[n - 1] + 1 if n else 1), np.float32)
        for q in range(n):
            dense[lines[q]] = volts[q]
        for k in range(n_tests):
            overlap = np.float32(bias)
            for q in range(tests.start[k], tests.start[k + 1]):
                overlap += dense[tests.line[q]] * tests.volts[q]
            step = rate * overlap
            for j in range(cols):
                currents[k, j] -= step * first_delta[s, j]
