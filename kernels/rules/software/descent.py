"""The reference without devices: float weights, back-propagation, a learning rate.

The network is that of the hardware: hard sigmoid between -c and c, softmax and cross-entropy at the output. What
differs is the update, W <- W - rate * delta * input. The derivative of the hard sigmoid is 1 inside, as in hardware, or
1 / (2c).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...base.buffers import copy_line
from ...way.hardware import Reading, drive, fire, land, output_error, read_back, read_layer, sense_back, slopes_of

__all__ = [
    "Descent",
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


class Descent(NamedTuple):
    """What gradient descent needs to know."""

    reading: Reading  # with a unit read voltage and span, and no dead zone
    rates: np.ndarray  # (layers,) float32: learning rate, times the slopes that an error has come through
    first_delta: np.ndarray  # (>= samples of a block, >= cols) float32, updated: errors of the first layer


Rule = Descent


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


def absorb(rule, array, geometry, layer, place, position, size, lines, volts, n, delta):
    """One step, by the mean gradient of a batch; see `table.absorb`."""
    cols = geometry.cols[layer]
    if layer == 0:
        copy_line(delta, cols, rule.first_delta[place])
    descend(lines, volts, n, delta, cols, rule.rates[layer] / np.float32(size), array.w)
