"""What a likelihood looks at: few enough reads, until a sweep comes near its end; a first guess of both noises."""

from __future__ import annotations

import numpy as np

from .model import last_reads, mean_curve

LONGEST, MOST = 400, 16_000
"""Reads of a sweep, and of all sweeps, that a likelihood looks at. More are thinned: they are far more than enough."""


def thin(y: np.ndarray) -> tuple[np.ndarray, int]:
    """Of many reads, few enough: every `stride`-th of a sweep, and evenly chosen sweeps."""
    stride = max(1, -(-(y.shape[1] - 1) // LONGEST))
    y = y[:, ::stride]
    most = max(8, MOST // y.shape[1])
    return (y[np.linspace(0, len(y) - 1, most).astype(int)] if len(y) > most else y), stride


def stopped(y: np.ndarray) -> np.ndarray:
    """The sweeps until each first comes within a step or so of where sweeps end; NaN after that.

    The ends, not the largest reads, tell where that is; half of the reads stay in any case.
    """
    ends = last_reads(y)
    rail = float(np.quantile(ends, 0.98))
    mean = mean_curve(y)
    tail = max(2, y.shape[1] // 10)
    steps = np.diff(mean)
    known: np.ndarray = np.isfinite(steps)
    low, high = float(mean[0]), float(np.median(ends))
    part = (mean[:-1] - low) / max(high - low, 1e-9)
    before = steps[known & (part > 0.85) & (part < 0.97)]
    final = float(np.mean(before)) if len(before) else float(np.nanmean(steps[known][-tail:]))
    if (
        known[-tail:].any() and float(np.nanmean(steps[-tail:])) < 0.4 * final
    ):  # a plateau: it lies where the reads end, within their noise
        rail = high - 2.0 * noises(y)[0]
    near = (y > rail - 1.5 * max(final, 0.0)) & (np.arange(y.shape[1]) >= min(8, y.shape[1] - 2))
    after = np.zeros_like(near)
    after[:, 1:] = np.cumsum(near, axis=1)[:, :-1] > 0
    out = np.asarray(np.where(after, np.nan, y))
    kept = np.asarray(np.isfinite(out).any(axis=0))
    return out[:, : y.shape[1] - int(np.argmax(kept[::-1]))]


def noises(y: np.ndarray) -> tuple[float, float]:
    """First guess of read and step noise, from how successive differences go together: (sigma, step noise)."""
    d = np.diff(y, axis=1)
    trend = mean_curve(d) if len(d) >= 8 else _smooth(d)
    d = d - trend
    variance = float(np.nanmean(d * d))
    both = d[:, 1:] * d[:, :-1]
    together = float(np.nanmean(both)) if np.isfinite(both).any() else 0.0
    read = min(max(-together, 1e-4 * variance), 0.499 * variance)
    return max(read, 1e-12) ** 0.5, max(variance - 2.0 * read, 1e-12) ** 0.5


def _smooth(d: np.ndarray) -> np.ndarray:
    width = max(3, d.shape[1] // 8)
    seen = np.isfinite(d)
    box = np.ones(width)
    sums = np.array([np.convolve(row, box, "same") for row in np.where(seen, d, 0.0)])
    counts = np.array([np.convolve(row.astype(float), box, "same") for row in seen])
    return np.asarray(sums / np.maximum(counts, 1.0))
