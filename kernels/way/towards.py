"""Outputs that are told instead of classes: those of wanted weights, so that a layer learns another.

What programs a matrix into an array by the learning rule itself (Rasch et al., Nat. Commun. 15:7133, 2024, Fig. 4). A
rule takes a `Towards` in place of its `gradient.Slope`, and no more of it changes: its last layer has no softmax, its
error is the difference of the outputs. The label of a sample is its number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..base.buffers import Samples


class Towards(NamedTuple):
    """A `gradient.Slope` with what its last layer is to give."""

    kind: int
    comparator: int
    unit: np.float32
    rates: np.ndarray
    fade: float
    samples: Samples  # what drives the wanted weights: a sample's label is its number
    wanted: np.ndarray  # (inputs, outputs) float32, S: W of what gives the wanted outputs


@jit
def output_difference(samples, k, wanted, cols, unit, currents, delta):
    """Error of a sample's outputs, in units of w: ``sum x (w - wanted)``, x from 0 to 1; returns its square's mean.

    Parameters
    ----------
    samples : Samples
    k : int
        Number of the sample.
    wanted : (rows, cols) float32, S
    cols : int
    unit : float32, A
        Current of w = 1 at a full input.
    currents : (>= cols,) float32, A
    delta : (>= cols,) float32, updated
    """
    total = 0.0
    for j in range(cols):
        error = np.float64(currents[j])
        for q in range(samples.start[k], samples.start[k + 1]):
            error -= np.float64(samples.volts[q]) * np.float64(wanted[samples.line[q], j])
        delta[j] = error / np.float64(unit)
        total += np.float64(delta[j]) * np.float64(delta[j])
    return total / cols


def last_error(slope, rule, label, geometry, room):
    """The difference of the outputs; the loss is the mean of its squares. See `gradient.last_error`."""
    last = geometry.rows.shape[0] - 1
    unit, cols = slope.unit * rule.reading.v_read, geometry.cols[last]
    loss = output_difference(slope.samples, label, slope.wanted, cols, unit, room.currents[last], room.delta[last])
    return loss, False
