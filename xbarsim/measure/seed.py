"""Least squares on the mean curve: where a likelihood begins to look."""

from __future__ import annotations

import numpy as np

from .model import BENDS, Reads, Shape, mean_curve

BEND_ROW = (-14.0, -9.0, -6.0, -3.0, -1.0, 0.01, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 16.0, 25.0)
"""Bends among which the best is where a solver begins."""


def least_squares(reads: Reads, law: str, pivot: float | None = None, *, rough: bool = False) -> np.ndarray:
    """x0, x1, b and rail (infinite: none) of the mean curve's best fit: (4,).

    Parameters
    ----------
    reads : Reads
    law : str
    pivot : float, optional
        A rail holds the reads after this pulse, and x1 is that rail.
    rough : bool
        The best of a row of bends between the first and the last reads, and no more.
    """
    from scipy.optimize import least_squares as solve

    mean = mean_curve(reads.y)
    weight = np.sqrt(np.where(np.isfinite(reads.y), reads.counts, 0.0).sum(axis=0))
    known = np.isfinite(mean)
    last = reads.last if pivot is None else pivot
    shape = Shape(law, reads.pulses, reads.most, last, prior=False)
    target, weight = mean[known], weight[known] / weight[known].max()
    ends = target[reads.pulses[known] >= last]
    begin, end = float(target[0]), float(ends.mean()) if len(ends) else float(target[-1])
    end = max(end, begin + 1e-3)
    bends = np.zeros(1) if law == "linear" else np.array(BEND_ROW)
    sets = np.column_stack([np.full_like(bends, begin), np.full_like(bends, end), bends, np.full_like(bends, np.inf)])

    def off(sets: np.ndarray) -> np.ndarray:
        if pivot is not None:
            sets = sets.copy()
            sets[:, 3] = sets[:, 1]
        v = (shape.curves(sets)[:, known] - target) * weight
        return np.asarray(np.where(np.isfinite(v), v, 10.0))

    order = np.argsort((off(sets) ** 2).sum(axis=1))
    free = 2 if law == "linear" else 3
    low, high = np.array([-0.9, -0.5, BENDS[0]])[:free], np.array([1.9, 2.5, BENDS[1]])[:free]
    best, least = sets[order[0]].copy(), np.inf
    for start in () if rough else sets[order[:2]]:
        found = solve(
            lambda x, start=start: off(np.concatenate([x, start[free:]])[None])[0],
            np.clip(start[:free], low + 1e-6, high - 1e-6),
            bounds=(low, high),
            x_scale=[0.1, 0.1, 1.0][:free],
            max_nfev=40,
        )
        if found.cost < least:
            least, best = float(found.cost), np.concatenate([found.x, start[free:]])
    if pivot is not None:
        best[3] = best[1]
    return np.asarray(best)


def misfit(reads: Reads, law: str, seed: np.ndarray, pivot: float) -> float:
    """Sum of squares of the mean curve about the fit."""
    curve = Shape(law, reads.pulses, reads.most, pivot, prior=False).curve(*seed)
    return float(np.nansum((mean_curve(reads.y) - curve) ** 2))
