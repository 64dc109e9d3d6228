"""Whether hidden neurons are within their range, where they pass an error to the layer before."""

from __future__ import annotations

import numpy as np

from ..arrays.mapped import Maps
from ..kernels.base.buffers import Samples
from ..learn.rule import State

MOST = 64
"""Test samples that are looked at."""


def passing(state: State, samples: Samples) -> list[float]:
    """Fraction of the neurons of each hidden layer that are neither at 0 nor at 1, over some samples; wires and sense
    circuits are taken as ideal. Empty for rules whose neurons have no such range.
    """
    layout = state.layout
    if not layout.rule.clipped(layout):
        return []
    network, bias, maps = layout.network, layout.array.bias, Maps(layout.network)
    n = min(MOST, len(samples.label))
    x = np.zeros((n, network.inputs), np.float32)
    begin, end = samples.start[:n], samples.start[1 : n + 1]
    where = slice(int(begin[0]), int(end[-1]))
    x[np.repeat(np.arange(n), end - begin), samples.line[where]] = samples.volts[where]
    v_read, found = np.float32(state.reading.v_read), []
    for k, array in enumerate(network.arrays[:-1]):
        w, rows = state.layer_weights(k)[:, : array.outputs], array.inputs
        z = maps.read(k, x).reshape(-1, rows) @ w[:rows] + (v_read * w[rows] if bias else np.float32(0.0))
        z = z.reshape(n, -1)
        c = np.float32(state.reading.c[k])
        found.append(float(np.mean(np.abs(z) < c)))
        x = v_read * np.clip(np.float32(0.5) + z / (np.float32(2.0) * c), 0.0, 1.0)
    return found
