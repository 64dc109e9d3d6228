"""Where a likelihood is largest, and how sharply: Newton's method, and the covariance that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .model import log_likelihood

ENOUGH = 20
"""Sweeps from which on their scatter tells more than the curvature of the likelihood."""
LOW = np.array([-1.0, -14.0, -14.0, -9.0, -16.0, -25.0])
HIGH = np.array([2.0, 1.0, 0.5, 2.5, 2.0, 60.0])


@dataclass
class Top:
    """Where the likelihood is largest: parameters, value, inverse curvature over `where`, and the differences it was
    taken with.
    """

    theta: np.ndarray
    value: float
    inverse: np.ndarray
    where: np.ndarray
    h: np.ndarray


def curvature(
    theta: np.ndarray, h: np.ndarray, where: np.ndarray, y: np.ndarray, law: str, relative: bool
) -> tuple[float, np.ndarray, np.ndarray]:
    """Value, slope and minus the second derivatives of the log likelihood, all from one call."""
    n = len(where)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    table = np.repeat(theta[None], 1 + 2 * n + 4 * len(pairs), axis=0)
    for i, column in enumerate(where):
        table[1 + 2 * i, column] += h[i]
        table[2 + 2 * i, column] -= h[i]
    for row, (i, j) in enumerate(pairs):
        for corner, (a, b) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
            table[1 + 2 * n + 4 * row + corner, where[i]] += a * h[i]
            table[1 + 2 * n + 4 * row + corner, where[j]] += b * h[j]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sums = log_likelihood(table, y, law, relative).sum(axis=1)
    sums = np.where(np.isfinite(sums), sums, -1e12)
    up, down = sums[1 : 1 + 2 * n : 2], sums[2 : 2 + 2 * n : 2]
    bend = np.diag(-(up + down - 2.0 * sums[0]) / h**2)
    for (i, j), (a, b, c, d) in zip(pairs, sums[1 + 2 * n :].reshape(-1, 4), strict=True):
        bend[i, j] = bend[j, i] = -(a - b - c + d) / (4.0 * h[i] * h[j])
    return float(sums[0]), (up - down) / (2.0 * h), bend


def maximise(start: np.ndarray, free: np.ndarray, y: np.ndarray, law: str, relative: bool) -> Top:
    """Newton's method, with the curvature made positive and steps shortened where they do not climb."""
    theta, where = start.copy(), np.flatnonzero(free)
    h = np.array([1e-4, 0.02, 0.02, 0.02, 1e-3, 2e-3])[where]
    shares = np.array([1.0, 0.5, 0.2, 0.05, 0.01, 1e-3])
    low, high = LOW[where], HIGH[where]
    for _ in range(80):
        value, slope, bend = curvature(theta, h, where, y, law, relative)
        scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(bend)), 1e-2))
        # At its bound, with the slope pointing out, a parameter waits.
        held = ((theta[where] <= low + 1e-9) & (slope < 0)) | ((theta[where] >= high - 1e-9) & (slope > 0))
        scaled = np.where(held[:, None] | held[None], np.eye(len(where)), bend * scale[:, None] * scale)
        values, vectors = np.linalg.eigh(scaled)
        values = np.maximum(np.abs(values), 1e-4)
        push = np.where(held, 0.0, slope * scale)
        move = scale * (vectors @ ((vectors.T @ push) / values))
        move *= min(1.0, 1.5 / max(float(np.abs(move).max()), 1e-12))
        table = np.repeat(theta[None], len(shares), axis=0)
        table[:, where] = np.clip(table[:, where] + shares[:, None] * move, low, high)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            tried = log_likelihood(table, y, law, relative).sum(axis=1)
        tried = np.where(np.isfinite(tried), tried, -np.inf)
        best = int(np.argmax(tried))
        h = np.clip(0.1 * scale, 1e-7, 0.05)
        if tried[best] <= value + 1e-6:
            break
        theta = table[best]
        if tried[best] < value + 1e-4:  # statistics cannot tell that from nothing
            break
    value, _, bend = curvature(theta, h, where, y, law, relative)
    # A noise that is not there has no curvature, nor one at its bound: nothing is said of it.
    told = (np.diag(bend) > 1e-3) & (theta[where] > low + 0.05) & (theta[where] < high - 0.05)
    bend, where, h = bend[np.ix_(told, told)], where[told], h[told]
    scale = 1.0 / np.sqrt(np.diag(bend))
    inverse = np.linalg.pinv(bend * scale[:, None] * scale, hermitian=True, rcond=1e-9) * scale[:, None] * scale
    return Top(theta, value, inverse, where, h)


def whole(top: Top) -> np.ndarray:
    """(6, 6) covariance, zero where nothing is told."""
    out = np.zeros((6, 6))
    out[np.ix_(top.where, top.where)] = top.inverse
    return out


def covariance_of(top: Top, y: np.ndarray, law: str, relative: bool) -> tuple[np.ndarray, bool]:
    """Inverse curvature; with enough sweeps corrected for the scatter between them (White's sandwich)."""
    if len(y) < ENOUGH or not len(top.where):
        return whole(top), False
    n = len(top.where)
    table = np.repeat(top.theta[None], 2 * n, axis=0)
    for i, column in enumerate(top.where):
        table[2 * i, column] += top.h[i]
        table[2 * i + 1, column] -= top.h[i]
    values = log_likelihood(table, y, law, relative)
    scores = (values[0::2] - values[1::2]) / (2.0 * top.h)[:, None]
    top.inverse = top.inverse @ (scores @ scores.T) @ top.inverse * (len(y) / (len(y) - 1.0))
    return whole(top), True
