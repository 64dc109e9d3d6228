"""The way of a sample where weights follow a gradient: sigmoid or hard-sigmoid neurons, errors in proportion.

The stages (see `rules.table`) of rules that descend a gradient; a rule takes them over by name. Its tuple has the
fields ``reading`` and ``slope``. An error is kept in units of p - t: what the softmax's scale and the neurons' slopes
multiply it with is in `Slope.rates`, so that

    dw_ij = -rates[layer] * x_i * delta_j

is the gradient of the cross-entropy, x_i being the input from 0 to 1 (with slopes of one, that of a network whose
derivatives are 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..base.stage import stage
from . import hardware, neuron, towards
from .hardware import Reading, drive, read_layer, sense_back

__all__ = [
    "Rule",
    "Smooth",
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
"""Hidden neurons."""


class Slope(NamedTuple):
    """Neurons, and what an error is worth."""

    kind: int  # ``HARD_SIGMOID`` or ``SIGMOID``
    comparator: int  # 1: an error passes a neuron as it is, or not at all
    unit: np.float32  # S: the largest |W| of a pair; w = W / unit
    rates: np.ndarray  # (layers,) float64: see above, with the learning rate at the start
    fade: float  # the rate falls as exp(-fade * updates)


GOALS = {Slope: hardware, towards.Towards: towards}
"""What is learned, by the class of a rule's ``slope``: the classes of samples, or the outputs of other weights."""


class Smooth(NamedTuple):
    """The neurons in inference: no rule, but the way of a sample."""

    reading: Reading
    slope: Slope


Rule = Smooth


@jit
def rate_of(slope, layer, updates):
    """What a layer's products of input and error are multiplied with, after so many updates, float64."""
    return slope.rates[layer] * np.exp(-slope.fade * updates)


@jit
def respond(current, slope, c):
    """Output of a hidden neuron, 0 to 1, and its derivative over that in its middle, or with a comparator 0 or 1; both
    float32.

    Parameters
    ----------
    current, c : float32, A
    slope : Slope
    """
    inside = np.float32(1.0) if neuron.passes_error(current, c) else np.float32(0.0)
    if slope.kind == HARD_SIGMOID:
        return neuron.hard_sigmoid(current, c), inside
    y = neuron.sigmoid(2.0 * np.float64(current) / np.float64(c))
    return np.float32(y), inside if slope.comparator else np.float32(4.0 * y * (1.0 - y))


@jit
def outputs(currents, n, slope, c, v_read, lines, volts, slopes):
    """Outputs of hidden neurons drive the next layer's rows: lists those above 0, ascending; returns their number.

    Parameters
    ----------
    currents : (>= n,) float32, A
    slope : Slope
    c : float32, A
    v_read : float32, V
    lines, volts : (>= n,) int32 and float32, V, updated
    slopes : (>= n,) float32, updated
        Derivatives of all, see `respond`.
    """
    k = 0
    for j in range(n):
        y, slopes[j] = respond(currents[j], slope, c)
        if y > np.float32(0.0):
            lines[k] = j
            volts[k] = y * v_read
            k += 1
    return k


@jit
def gate(n, slopes, gated):
    """List the neurons whose derivative is not 0; returns their number."""
    n_gated = 0
    for i in range(n):
        if slopes[i] != np.float32(0.0):
            gated[n_gated] = i
            n_gated += 1
    return n_gated


@stage(GOALS)
def last_error(slope, rule, label, geometry, room):
    """Error of the last layer, in ``room.delta``: returns the loss, and whether the sample was misclassified. `slope`
    is the rule's.
    """
    last = geometry.rows.shape[0] - 1
    gain = rule.reading.softmax_gain
    loss, winner = neuron.softmax_error(room.currents[last], geometry.cols[last], gain, label, room.delta[last])
    return loss, winner != label


def output_error(rule, label, now, number, geometry, room):
    """Of softmax and cross-entropy, or of what else is learned; see `rules.table.output_error`."""
    return last_error(rule.slope, rule, label, geometry, room)


def fire(rule, layer, now, number, geometry, room):
    """Hidden neurons drive the next layer, and their derivatives wait for errors; see `rules.table.fire`."""
    cols, c, v_read = geometry.cols[layer], rule.reading.c[layer], rule.reading.v_read
    driven, volts = room.lines[layer + 1], room.volts[layer + 1]
    return outputs(room.currents[layer], cols, rule.slope, c, v_read, driven, volts, room.delta[layer])


def read_back(rule, array, circuit, lines, layer, now, number, geometry, room):
    """The error of the neurons below a layer, from its backward read; see `rules.table.read_back`."""
    below = layer - 1
    n_gated = gate(geometry.cols[below], room.delta[below], room.gated)
    sense_back(rule, array, circuit, lines, layer, n_gated, now, number, geometry, room)
    unit = rule.slope.unit * rule.reading.v_read
    for q in range(n_gated):
        i = room.gated[q]
        room.delta[below, i] *= room.back_currents[i] / unit


def slopes_of(rule, layer, now, number, geometry, room, out):
    """Derivatives over that in a neuron's middle; see `rules.table.slopes_of`."""
    for j in range(geometry.cols[layer]):
        out[j] = respond(room.currents[layer, j], rule.slope, rule.reading.c[layer])[1]


def land(rule, layer, now, number, geometry, back, slopes, room):
    """In units of p - t; see `rules.table.land`."""
    unit = rule.slope.unit * rule.reading.v_read
    for j in range(geometry.cols[layer]):
        room.delta[layer, j] = slopes[j] * (back[j] / unit)
