"""Where a sequence of reads turns round, through noise."""

from __future__ import annotations

import itertools

import numpy as np


def turning_points(y: np.ndarray, threshold: float) -> list[int]:
    """Where a noisy zigzag turns: the first index, all turns, the last index.

    A turn is an extremum from which the sequence comes back by `threshold`. On a saturated end noise decides which read
    is the largest; the turn is therefore the last one within that noise. Where all cycles have the same length, they
    vote.

    >>> turning_points(np.array([0.0, 1, 2, 3, 2, 1, 0, 1, 2, 3]), 1.0)
    [0, 3, 6, 9]
    """
    turns: list[int] = []
    values = y.tolist()
    top = bottom = 0
    way = 0
    for k, v in enumerate(values):
        if v > values[top]:
            top = k
        if v < values[bottom]:
            bottom = k
        if way >= 0 and values[top] - v > threshold:
            if way > 0 or top > 0:
                turns.append(top)
            way, bottom = -1, k
            top = k
        elif way <= 0 and v - values[bottom] > threshold:
            if way < 0 or bottom > 0:
                turns.append(bottom)
            way, top = 1, k
            bottom = k
    d2 = y[2:] - 2.0 * y[1:-1] + y[:-2]
    noise = 1.4826 * float(np.median(np.abs(d2))) / 6**0.5 if len(d2) else 0.0
    first_up = bool(turns) and y[turns[0]] > y[0]
    edges = [0, *turns, len(y) - 1]
    moved = []
    for k, t in enumerate(turns):
        sign = 1.0 if (k % 2 == 0) == first_up else -1.0
        window = y[t : t + max(2, (edges[k + 2] - t) // 3)] * sign
        moved.append(t + int(np.flatnonzero(window >= window[0] - 2.0 * noise)[-1]))
    return [0, *_voted(y, moved, first_up), len(y) - 1] if len(y) > 1 else [0]


def _voted(y: np.ndarray, turns: list[int], first_up: bool) -> list[int]:
    """If every second turn comes after the same number of pulses, every cycle turns where the mean cycle does."""
    if len(turns) < 6:
        return turns
    gaps = np.array(turns[2:]) - np.array(turns[:-2])
    period = int(np.median(gaps))
    if period < 4 or np.abs(gaps - period).max() > max(3, period // 10):
        return turns
    start = turns[0] - period // 4
    cycles = (len(y) - max(start, 0)) // period
    begin = max(start, 0)
    mean = np.median(y[begin : begin + cycles * period].reshape(cycles, period), axis=0)
    top, bottom = int(np.argmax(mean)), int(np.argmin(mean))
    out = []
    for k, t in enumerate(turns):
        phase = top if (k % 2 == 0) == first_up else bottom
        nearest = begin + phase + period * round((t - begin - phase) / period)
        out.append(nearest if abs(nearest - t) <= max(4, period // 8) and 0 < nearest < len(y) - 1 else t)
    return out if all(a < b for a, b in itertools.pairwise(out)) else turns
