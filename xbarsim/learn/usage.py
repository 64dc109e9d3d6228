"""What reads of a network take: voltages of neurons and errors are estimated from some samples, conductances are those
of the moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..arrays.mapped import Maps
from ..kernels.base.buffers import Geometry, layer_weights
from ..kernels.way.hardware import Reading


class Usage(NamedTuple):
    """What was read since the start, and what that takes with the conductances of the moment."""

    reads: np.ndarray  # (kinds,) float64: how often
    read_power: np.ndarray  # (kinds,) float64, W: of one
    sensings: np.ndarray  # (kinds,) float64
    sensing_power: np.ndarray  # (kinds,) float64, W


class Neurons(NamedTuple):
    """What hidden neurons do, and what an error is in units of."""

    output: Callable[[np.ndarray, float], np.ndarray]  # of currents, A, and c, A: 0 to 1
    slope: Callable[[np.ndarray, float], np.ndarray]  # what an error is multiplied with
    unit: float  # S


def hard_neurons(unit: float) -> Neurons:
    """Hard sigmoids whose derivative is a comparator's."""
    return Neurons(lambda i, c: np.clip(np.float32(0.5) + i / (2.0 * c), 0.0, 1.0), lambda i, c: np.abs(i) < c, unit)


class Inputs(NamedTuple):
    """The training data as an array sees it; inputs run from 0 to 1."""

    mean: np.ndarray  # (inputs,) float64
    square: np.ndarray  # (inputs,) float64: mean square
    probes: np.ndarray  # (samples, inputs) float32
    labels: np.ndarray  # (samples,) int64


def image_power(
    reading: Reading,
    geometry: Geometry,
    flat: np.ndarray,
    totals: list[np.ndarray],
    inputs: Inputs,
    neurons: Neurons | None = None,
    full: tuple[bool, bool] = (False, False),
    maps: Maps | None = None,
) -> float:
    """Power of all reads of one image, forward and backward, on average, W.

    Parameters
    ----------
    reading : Reading
    geometry : Geometry
    flat : float32, S
        W of all layers.
    totals : list of (rows, cols) float64, S
        G+ + G- of every layer.
    inputs : Inputs
    neurons : Neurons, optional
        `hard_neurons`, if they are left out.
    full : (bool, bool)
        Whether the largest voltage of a read is a full one: of forward and of backward reads.
    maps : Maps, optional
        Of networks with maps.
    """
    if maps is not None:
        return _power_of_maps(reading, geometry, flat, totals, inputs, neurons, full, maps)
    what = neurons or hard_neurons(float(reading.span))
    v, last = float(reading.v_read), len(geometry.rows) - 1
    weights = [layer_weights(flat, geometry, k)[:, : int(geometry.cols[k])] for k in range(last + 1)]
    x, power, passes = inputs.probes, 0.0, []
    for k, w in enumerate(weights):
        n = x.shape[1]  # the bias row, if there is one, comes after them and is fully driven
        scaled = full[0] and len(w) == n
        given = _at_full(x) if scaled else x
        square = inputs.square if k == 0 and not scaled else (given.astype(np.float64) ** 2).mean(axis=0)
        power += float(square @ totals[k][:n].sum(axis=1)) + float(totals[k][n:].sum())
        current = (x @ w[:n] + w[n:].sum(axis=0)) * reading.v_read
        if k < last:
            passes.append(what.slope(current, float(reading.c[k])))
            x = what.output(current, float(reading.c[k]))
    delta = _softmax(reading.softmax_gain * current.astype(np.float64))
    delta[np.arange(len(delta)), inputs.labels] -= 1.0
    for k in range(last, 0, -1):
        given = _at_full(delta) if full[1] else delta
        power += float((given**2).mean(axis=0) @ totals[k].sum(axis=0))
        below = int(geometry.cols[k - 1])
        delta = passes[k - 1] * (delta @ weights[k][:below].T / what.unit)
    return v * v * power


def _power_of_maps(
    reading: Reading,
    geometry: Geometry,
    flat: np.ndarray,
    totals: list[np.ndarray],
    inputs: Inputs,
    neurons: Neurons | None,
    full: tuple[bool, bool],
    maps: Maps,
) -> float:
    """`image_power` of a network whose arrays are read at many positions: all of the probes alone count."""
    what = neurons or hard_neurons(float(reading.span))
    v, last, n = float(reading.v_read), len(geometry.rows) - 1, len(inputs.probes)
    x, power, given, passes = inputs.probes, 0.0, [inputs.probes], []
    for k in range(last + 1):
        w = layer_weights(flat, geometry, k)[:, : int(geometry.cols[k])]
        rows = maps.read(k, x)
        m, driven = rows.shape[2], rows.reshape(-1, rows.shape[2])
        seen = _at_full(driven) if full[0] and len(w) == m else driven
        power += float((seen.astype(np.float64) ** 2).sum(axis=0) @ totals[k][:m].sum(axis=1)) / n
        power += rows.shape[1] * float(totals[k][m:].sum())
        current = ((driven @ w[:m] + w[m:].sum(axis=0)) * reading.v_read).reshape(n, -1)
        if k < last:
            passes.append(what.slope(current, float(reading.c[k])))
            x = what.output(current, float(reading.c[k]))
            given.append(x)
    delta = _softmax(reading.softmax_gain * current.astype(np.float64))
    delta[np.arange(n), inputs.labels] -= 1.0
    for k in range(last, 0, -1):
        w, cols = layer_weights(flat, geometry, k), int(geometry.cols[k])
        columns = delta.reshape(-1, cols)
        driven = _at_full(columns) if full[1] else columns
        power += float((driven**2).sum(axis=0) @ totals[k].sum(axis=0)) / n
        m = int(geometry.rows[k] - geometry.bias[k])
        back = (columns @ w[:m, :cols].T / what.unit).reshape(n, -1, m)
        delta = passes[k - 1] * maps.back(k, given[k], back)
    return v * v * power


def _at_full(x: np.ndarray) -> np.ndarray:
    """Each row over its largest magnitude; what is 0 stays so."""
    largest = np.abs(x).max(axis=1, keepdims=True)
    scaled: np.ndarray = x / np.where(largest > 0.0, largest, 1.0)
    return scaled


def _softmax(z: np.ndarray) -> np.ndarray:
    p: np.ndarray = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p
