"""Sweeps, and how a long sequence is cut into them: by labels, by pulse numbers, or at its turning points."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

TURN = 0.35
"""A sequence turns where it comes back by this part of its whole span; noise and single bad reads stay below."""


@dataclass(frozen=True)
class Sweep:
    """One train of pulses of one polarity.

    Attributes
    ----------
    g : (pulses + 1,) float64, S
        Before the first pulse and after each; NaN where nothing was read, mean of several reads.
    side : int
        +1 potentiation, -1 depression.
    device, cycle : str
    counts : (pulses + 1,) int64, optional
        Reads that were averaged; 0 where nothing was read. None: one each.
    """

    g: np.ndarray
    side: int
    device: str = ""
    cycle: str = ""
    counts: np.ndarray | None = None


def by_label(
    g: np.ndarray,
    mark: np.ndarray,
    device: str,
    cycle: str,
    rows: np.ndarray,
    numbers: np.ndarray | None,
    before: tuple[float, str] | None = None,
) -> list[Sweep]:
    """Cut where the mark of the pulse changes; the last state before is where a sweep starts.

    Which mark raises the conductance is seen from the data, whatever it is called.
    """
    cuts = np.flatnonzero(np.diff(mark)) + 1
    parts = np.split(np.arange(len(g)), cuts)
    found: list[tuple[float, np.ndarray]] = []
    for part in parts:
        if not len(part) or mark[part[0]] == 0:
            continue
        piece = g[part]
        zero = numbers is not None and numbers[part[0]] == 0  # pulse number 0 is the state before the first pulse
        if part[0] > 0 and not zero:
            piece = np.concatenate([[g[part[0] - 1]], piece])
        elif before is not None and part[0] == 0 and not zero:
            piece = np.concatenate([[before[0]], piece])
        found.append((float(mark[part[0]]), piece))
    nets = {m: float(np.nansum([net(p) for k, p in found if k == m])) for m in {k for k, _ in found}}
    up = max(nets, key=lambda m: nets[m]) if nets else 1.0
    return [Sweep(p, 1 if k == up else -1, device, cycle) for k, p in found if len(p) > 1]


def net(g: np.ndarray) -> float:
    """Last read less the first, S; 0 if there are fewer than two."""
    seen = g[np.isfinite(g)]
    return float(seen[-1] - seen[0]) if len(seen) > 1 else 0.0


def restarts(g: np.ndarray, numbers: np.ndarray | None) -> list[np.ndarray]:
    """Cut where the pulse number starts again; ends without reads are dropped."""
    parts = [g] if numbers is None else np.split(g, np.flatnonzero(np.diff(numbers) < 0) + 1)
    out = []
    for part in parts:
        seen = np.flatnonzero(np.isfinite(part))
        if len(seen) > 1:
            out.append(part[seen[0] : seen[-1] + 1])
    return out


def turns_of(g: np.ndarray, device: str, cycle: str) -> list[Sweep]:
    """Cut a sequence at its turning points."""
    seen = np.flatnonzero(np.isfinite(g))
    y = g[seen]
    if len(y) < 2:
        return []
    low, high = (float(v) for v in np.quantile(y, [0.005, 0.995]))
    ends = turning_points(y, TURN * max(high - low, 1e-30))
    out: list[Sweep] = []
    for a, b in itertools.pairwise(ends):
        if b > a:
            out.append(
                Sweep(g[seen[a] : seen[b] + 1], 1 if y[b] >= y[a] else -1, device, cycle or str(1 + len(out) // 2))
            )
    return out


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
