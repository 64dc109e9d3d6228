"""Inference with a network that learnt binary-stochastically, by expectation: each bit of a neuron is replaced by its
mean, sigma(z / T).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...way.hardware import drive, drive_bias
from ...way.neuron import sigmoid
from .inference import test_layer
from .room import make_room, room_of

__all__ = ["Expected", "Rule", "drive", "fire", "make_room", "read_layer", "room_of"]


class Expected(NamedTuple):
    """What inference needs to know."""

    temperature: np.ndarray  # (layers,) float32; 1 everywhere makes it a network of plain sigmoids


Rule = Expected


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read; see `rules.table.read_layer`."""
    n = drive_bias(geometry, layer, np.float32(1.0), room.lines[layer], room.volts[layer], n)
    test_layer(array, layer, n, number, 0, geometry, room)


def fire(rule, layer, now, number, geometry, room):
    """Neurons give their mean; see `rules.table.fire`."""
    n, temperature = geometry.cols[layer], np.float64(rule.temperature[layer])
    for j in range(n):
        room.lines[layer + 1, j] = j
        room.volts[layer + 1, j] = np.float32(sigmoid(np.float64(room.currents[layer, j]) / temperature))
    return n
