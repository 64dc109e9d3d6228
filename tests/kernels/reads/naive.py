"""Twins of the likelihood of reads, written from its definition; see `tests/naive.py`.

The filter is not repeated: a path is drawn many times, or its covariance is written out, and what comes is compared.
"""

from __future__ import annotations

import math


def advance(exponential, x, p, s, pulses):
    """Change of the state, its slope by a small difference, and the law's step: pulse after pulse."""

    def step(x):
        return math.exp(p - s * x) if exponential else p - s * x

    def after(x):
        for _ in range(int(pulses)):
            x += step(x)
        return x

    h = 1e-6
    return after(x) - x, (after(x + h) - after(x - h)) / (2 * h) - 1.0, step(x)


def curves(exponential, sets, pulses):
    """Mean curves at pulse numbers, pulse after pulse: one list for each (mu, p, s, rail)."""
    out = []
    for mu, p, s, rail in sets:
        x, row = min(mu, rail), []
        for k in range(int(pulses[-1]) + 1):
            if k in pulses:
                row.append(x)
            x = min(x + advance(exponential, x, p, s, 1)[2], rail)
        out.append(row)
    return out


def log_likelihood(sets, y, counts, pulses):
    """Of a law with equal steps, whose reads are jointly normal: from their covariance, for each (mu, tau, sigma, step
    noise, step).
    """
    out = []
    for mu, tau, sigma, noise, step in sets:
        row = []
        for reads, number in zip(y, counts, strict=True):
            at = [j for j, v in enumerate(reads) if math.isfinite(v)]
            cov = [
                [tau**2 + noise**2 * min(pulses[i], pulses[j]) + (sigma**2 / number[i] if i == j else 0.0) for j in at]
                for i in at
            ]
            row.append(_normal([reads[i] - mu - step * pulses[i] for i in at], cov))
        out.append(row)
    return out


def _normal(r, cov):
    """ln of the density of a joint normal distribution, but for its 2 pi: by Cholesky's decomposition."""
    n, low = len(r), [[0.0] * len(r) for _ in r]
    z, total = [], 0.0
    for i in range(n):
        for j in range(i + 1):
            rest = cov[i][j] - sum(low[i][k] * low[j][k] for k in range(j))
            low[i][j] = math.sqrt(rest) if i == j else rest / low[j][j]
        z.append((r[i] - sum(low[i][k] * z[k] for k in range(i))) / low[i][i])
        total += z[-1] ** 2 + 2.0 * math.log(low[i][i])
    return -0.5 * total


def clipped(m, v, rail, parts=200_000):
    """Mean and variance of min(normal, rail), by a sum over equal probabilities' middles on a fine grid."""
    sd, total, first, second = math.sqrt(v), 0.0, 0.0, 0.0
    for k in range(parts):
        z = -9.0 + 18.0 * (k + 0.5) / parts
        w = math.exp(-0.5 * z * z)
        x = min(m + sd * z, rail)
        total, first, second = total + w, first + w * x, second + w * x * x
    return first / total, second / total - (first / total) ** 2
