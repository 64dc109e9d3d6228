"""Twins of the measure of update noise; see `tests/naive.py`."""

from __future__ import annotations

import math


def add_request(delta, volts, asked):
    for i, v in enumerate(volts):
        for j, x in enumerate(delta):
            if v > 0:
                asked[i][j] = asked[i][j] - v * x


def window_moments(w, before, asked):
    pairs = [
        (float(w[i][j]) - float(before[i][j]), float(asked[i][j])) for i in range(len(w)) for j in range(len(w[0]))
    ]
    return sum(x * x for x, _ in pairs), sum(y * y for _, y in pairs), sum(x * y for x, y in pairs)


def update_noise(moments):
    """1 / rho^2 - 1: what a fitted learning rate leaves of D, relative to what it explains."""
    dd, ss, ds = moments
    rho = max(ds / math.sqrt(max(dd * ss, 1e-300)), 1e-3)
    return 1 / (rho * rho) - 1


def nominal_noise(moments, eta):
    dd, ss, ds = moments
    wanted = eta * eta * ss
    return min((dd - 2 * eta * ds + wanted) / wanted, 1e6) if wanted > 0 else 1e6
