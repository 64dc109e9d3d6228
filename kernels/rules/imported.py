"""The way of a sample through a network that was trained elsewhere: its own neurons, a scale for each layer, and biases
that may be added digitally. Nothing is trained, so there are no stages for errors and pulses.

A number of the software stands for a voltage, a conductance and a current as follows: an input or output x of a neuron
drives its row with v_read x / full, signed where x is; a weight w is W = w U / scale; and so a current of a column is
worth I / unit, unit = U v_read / (scale full) being what the software's 1 is in A.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..circuit.table import read_columns, round_drive
from ..way.hardware import Reading, drive, drive_bias, output_error

__all__ = ["Imported", "Rule", "drive", "fire", "output_error", "read_layer"]

LINEAR, RELU, SIGMOID, TANH, HARD_SIGMOID = 0, 1, 2, 3, 4
"""Hidden neurons, by number."""


class Imported(NamedTuple):
    """What the way of a sample needs to know."""

    reading: Reading
    kinds: np.ndarray  # (layers,) int64: neurons of each; of the last one not looked at
    unit: np.ndarray  # (layers,) float64, A: current that the software's 1 is
    full: np.ndarray  # (layers,) float64: output of the layer's neurons that drives a row at the full voltage
    bias: np.ndarray  # (layers, width) float32, A: added after the read
    half_width: float  # of hard sigmoids, in software units
    limited: int  # 1: drivers end at the full voltage


Rule = Imported


@jit
def activation(z, kind, half_width):
    """Output of a neuron of some kind at the sum `z` of its inputs, float64, in software units."""
    if kind == RELU:
        return max(z, 0.0)
    if kind == SIGMOID:
        e = math.exp(-abs(z))  # without overflow
        return (1.0 if z >= 0.0 else e) / (1.0 + e)
    if kind == TANH:
        return math.tanh(z)
    if kind == HARD_SIGMOID:
        return min(max(0.5 + z / (2.0 * half_width), 0.0), 1.0)
    return z


@jit
def drive_with(currents, n, kind, unit, full, half_width, limited, v_read, lines, volts):
    """Neurons drive the next layer's rows, in either direction: lists those that are not 0, ascending; returns their
    number.

    Parameters
    ----------
    currents : (>= n,) float32, A
    kind : int
    unit : float64, A
    full, half_width : float64
        In software units.
    limited : int
        1: no voltage is beyond the full one.
    v_read : float32, V
    lines, volts : (>= n,) int32 and float32, V, updated
    """
    k = 0
    for j in range(n):
        x = activation(np.float64(currents[j]) / unit, kind, half_width) / full
        if limited == 1:
            x = min(max(x, -1.0), 1.0)
        v = np.float32(x * np.float64(v_read))
        if v != np.float32(0.0):
            lines[k] = j
            volts[k] = v
            k += 1
    return k


@jit
def add_biases(currents, n, bias):
    """Add what is added digitally to the sensed currents: `currents`, float32, A, is updated."""
    for j in range(n):
        currents[j] += bias[j]


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read, and biases after it; see `rules.table.read_layer`."""
    v_read = rule.reading.v_read
    n = drive_bias(geometry, layer, v_read, room.lines[layer], room.volts[layer], n)
    room.n_lines[layer] = n
    round_drive(circuit, room.volts[layer], n, v_read)
    read_columns(circuit, layer, n, now, number, geometry, array.w, room, lines)
    add_biases(room.currents[layer], geometry.cols[layer], rule.bias[layer])


def fire(rule, layer, now, number, geometry, room):
    """Hidden neurons drive the next layer; see `rules.table.fire`."""
    cols, kind, unit, full = geometry.cols[layer], rule.kinds[layer], rule.unit[layer], rule.full[layer]
    half, limited, v_read = rule.half_width, rule.limited, rule.reading.v_read
    driven, volts = room.lines[layer + 1], room.volts[layer + 1]
    return drive_with(room.currents[layer], cols, kind, unit, full, half, limited, v_read, driven, volts)
