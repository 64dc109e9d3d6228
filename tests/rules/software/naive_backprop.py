"""The twin of back-propagation sample by sample, the benchmark of rule `bs`; see `tests/naive.py`."""

from __future__ import annotations

import math

import numpy as np


def rate_at(iteration, rate, rate_end, schedule):
    return rate * rate_end ** min(iteration / schedule, 1)


def backprop(weights, xs, labels, activation, c, rate, rate_end, schedule, bias=True):
    """Losses and classes, in float64 throughout: (loss, wrong) of every sample.

    Weights are per layer (rows, cols) arrays, changed in place.
    """
    curves = []
    for n, (x, label) in enumerate(zip(xs, labels, strict=True)):
        a = [np.asarray(x, float)]
        for w in weights:
            a[-1] = np.append(a[-1], 1.0) if bias else a[-1]
            z = a[-1] @ w
            a.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.clip(0.5 + z / (2 * c), 0, 1))
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        curves.append((-math.log(p[label]), int(np.argmax(z)) != label))
        delta = p - np.eye(len(p))[label]
        for layer in range(len(weights) - 1, -1, -1):
            step = np.outer(a[layer], delta)
            if layer:
                h = a[layer][:-1] if bias else a[layer]
                slope = h * (1 - h) if activation == "sigmoid" else ((h > 0) & (h < 1)) / (2 * c)
                delta = (weights[layer][: len(h)] @ delta) * slope
            weights[layer] -= rate_at(n, rate, rate_end, schedule) * step
    return curves
