"""Whether hidden neurons are within their range, where they pass an error to the layer before."""

from __future__ import annotations

import numpy as np

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
    sizes, bias = layout.network.layers, layout.array.bias
    n = min(MOST, len(samples.label))
    x = np.zeros((n, sizes[0]), np.float32)
    begin, end = samples.start[:n], samples.start[1 : n + 1]
    where = slice(int(begin[0]), int(end[-1]))
    x[np.repeat(np.arange(n), end - begin), samples.line[where]] = samples.volts[where]
    v_read, found = np.float32(state.reading.v_read), []
    for k in range(len(sizes) - 2):
        w = state.layer_weights(k)[:, : sizes[k + 1]]
        z = x @ w[: sizes[k]] + (v_read * w[sizes[k]] if bias else np.float32(0.0))
        c = np.float32(state.reading.c[k])
        found.append(float(np.mean(np.abs(z) < c)))
        x = v_read * np.clip(np.float32(0.5) + z / (np.float32(2.0) * c), 0.0, 1.0)
    return found
