"""What reads of a network take: voltages of neurons and errors are estimated from some samples, conductances are those
of the moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels.base.buffers import Geometry, layer_weights
from ..kernels.way.hardware import Reading


class Usage(NamedTuple):
    """What was read since the start, and what that takes with the conductances of the moment."""

    reads: np.ndarray  # (kinds,) float64: how often
    read_power: np.ndarray  # (kinds,) float64, W: of one
    sensings: np.ndarray  # (kinds,) float64
    sensing_power: np.ndarray  # (kinds,) float64, W


class Inputs(NamedTuple):
    """The training data as an array sees it; inputs run from 0 to 1."""

    mean: np.ndarray  # (inputs,) float64
    square: np.ndarray  # (inputs,) float64: mean square
    probes: np.ndarray  # (samples, inputs) float32
    labels: np.ndarray  # (samples,) int64


def image_power(
    reading: Reading, geometry: Geometry, flat: np.ndarray, totals: list[np.ndarray], inputs: Inputs
) -> float:
    """Power of all reads of one image by hardware neurons, forward and backward, on average, W.

    Parameters
    ----------
    reading : Reading
    geometry : Geometry
    flat : float32, S
        W of all layers.
    totals : list of (rows, cols) float64, S
        G+ + G- of every layer.
    inputs : Inputs
    """
    v, last = float(reading.v_read), len(geometry.rows) - 1
    weights = [layer_weights(flat, geometry, k)[:, : int(geometry.cols[k])] for k in range(last + 1)]
    x, power, passes = inputs.probes, 0.0, []
    for k, w in enumerate(weights):
        square = inputs.square if k == 0 else (x.astype(np.float64) ** 2).mean(axis=0)
        n = x.shape[1]  # the bias row, if there is one, comes after them and is fully driven
        power += float(square @ totals[k][:n].sum(axis=1)) + float(totals[k][n:].sum())
        current = (x @ w[:n] + w[n:].sum(axis=0)) * reading.v_read
        if k < last:
            passes.append(np.abs(current) < reading.c[k])
            x = np.clip(np.float32(0.5) + current / (np.float32(2.0) * reading.c[k]), 0.0, 1.0)
    delta = _softmax(reading.softmax_gain * current.astype(np.float64))
    delta[np.arange(len(delta)), inputs.labels] -= 1.0
    for k in range(last, 0, -1):
        power += float((delta**2).mean(axis=0) @ totals[k].sum(axis=0))
        below = int(geometry.cols[k - 1])
        delta = np.where(passes[k - 1], delta @ weights[k][:below].T / float(reading.span), 0.0)
    return v * v * power


def _softmax(z: np.ndarray) -> np.ndarray:
    p: np.ndarray = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p
