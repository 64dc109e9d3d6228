"""The twin of plain back-propagation, the benchmark of rule `bs`; see `tests/naive.py`."""

from __future__ import annotations

import math

import numpy as np


def rate_at(iteration, rate, rate_end, schedule):
    return rate * rate_end ** min(iteration / schedule, 1)


def backprop(weights, xs, labels, activation, c, rate, rate_end, schedule, bias=True, batch=1, slope=None):
    """Losses and classes, in float64 throughout: (mean loss, number of wrong ones) of every step.

    Weights are per layer (rows, cols) arrays, changed in place.
    """
    curves = []
    for n in range(len(labels) // batch):
        part = slice(n * batch, (n + 1) * batch)
        before, steps = [w.copy() for w in weights], [np.zeros_like(w) for w in weights]
        found = one_by_one(before, xs[part], labels[part], activation, c, bias, steps, slope or 1 / (2 * c))
        curves.append((sum(loss for loss, _ in found) / batch, sum(wrong for _, wrong in found)))
        for w, step in zip(weights, steps, strict=True):
            w -= rate_at(n, rate, rate_end, schedule) / batch * step
    return curves


def one_by_one(weights, xs, labels, activation, c, bias, steps, inside):
    """(loss, wrong) of samples; their gradients are added to `steps`."""
    curves = []
    for x, label in zip(xs, labels, strict=True):
        a = [np.asarray(x, float)]
        for w in weights:
            a[-1] = np.append(a[-1], 1.0) if bias else a[-1]
            z = a[-1] @ w
            a.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.clip(0.5 + z / (2 * c), 0, 1))
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        curves.append((-math.log(p[label]), int(np.argmax(z)) != label))
        delta = p - np.eye(len(p))[label]
        for layer in range(len(weights) - 1, -1, -1):
            steps[layer] += np.outer(a[layer], delta)
            if layer:
                h = a[layer][:-1] if bias else a[layer]
                slope = h * (1 - h) if activation == "sigmoid" else ((h > 0) & (h < 1)) * inside
                delta = (weights[layer][: len(h)] @ delta) * slope
    return curves
