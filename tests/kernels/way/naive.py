"""Twins of neurons and of a sample's way through a network; see `tests/naive.py`."""

from __future__ import annotations

import math

from ..base.naive import F


def hard_sigmoid(current, c):
    y = F(0.5) + F(current) / (2 * F(c))
    if y < 0:
        return F(0)
    if y > 1:
        return F(1)
    return y


def passes_error(current, c):
    return abs(current) < c


def softmax_error(currents, gain, label):
    """Returns (delta, loss, winner)."""
    top = max(float(i) for i in currents)
    e = [math.exp(gain * (float(i) - top)) for i in currents]
    p = [x / sum(e) for x in e]
    delta = [F(p[j] - (1 if j == label else 0)) for j in range(len(p))]
    winner = [float(i) for i in currents].index(top)
    return delta, -math.log(p[label]), winner


def activate(currents, c, v_read):
    """Voltages that hidden neurons drive the next array with, one per neuron."""
    return [hard_sigmoid(i, c) * F(v_read) for i in currents]


def drive_bias(volts, bias, v_read):
    return [*volts, F(v_read)] if bias else list(volts)


def pass_sample(network, x, label):
    return network.pass_sample(x, label)


def make_hardware_room(geometry, batch):
    """Shapes of what the ways of so many samples through the network take."""
    layers, width = len(geometry.rows), widest(geometry)
    per_layer = dict.fromkeys(("lines", "volts", "currents", "delta"), (batch, layers, width))
    return {
        **per_layer,
        "n_lines": (batch, layers),
        **dict.fromkeys(("gated", "back_volts", "back_currents"), (width,)),
    }


new_room = make_hardware_room  # of rules whose neurons are of this kind


def hardware_room_of(shapes):
    """The same of one sample."""
    return {name: shape[1:] if len(shape) > 1 else shape for name, shape in shapes.items()}


def propagate_error(network, layer, delta, currents_below):
    return network.propagate_error(layer, delta, currents_below)


def first_scratch(rows, columns):
    """Shapes of the working memory: vectors of 16 columns."""
    width = -(-columns // 16) * 16
    return ((rows + 1,), (rows + 1,)), (rows, width), (width,)


def first_layer(network, xs):
    """Currents of the first array, sample by sample."""
    return [network.read(x)[1][0] for x in xs]


def best_of(values):
    """The first of the largest."""
    return [float(x) for x in values].index(max(float(x) for x in values))


def classify(network, xs):
    return [network.classify(x) for x in xs]


def widest(geometry):
    """One more than the longest line of any layer."""
    return max(max(geometry.rows.tolist()), max(geometry.stride.tolist())) + 1
