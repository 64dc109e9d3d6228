"""Gaps between trains: a change between the last read of one and the first of the next that no pulse made.

Devices relax, and measurements pause. Where the state before a train is the last read of the train before, the first
change is that of a pulse only if pulses of this train make changes like it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from .trains import NAMES, Before, Sweep, Train

FACTOR = 3.0
"""A first change this many times the largest that a pulse of the train can have made is a gap."""
DOUBTFUL = 2.0
"""From this many times on it is told that it was taken for a pulse."""
LEAST = 0.05
"""Part of the range of all reads below which a gap is not told."""
_FEWEST = 4
_STEEPEST = 10.0


def take_out(trains: Sequence[Train], polarity: str, span: float) -> list[str]:
    """Trains of one polarity whose first change is a gap start after it; returns what to say of that.

    Parameters
    ----------
    trains : changed in place
    polarity : str, for the text
    span : float, S
        Range of all reads of the column.
    """
    judged = [t for t in trains if t.before is not None and np.isfinite(t.before.g) and len(t.g) >= _FEWEST]
    if not judged or not span > 0.0:
        return []
    rates = [_plausible(t) for t in judged]
    usual = float(np.median(rates))
    jumps, times = np.zeros(len(judged)), np.zeros(len(judged))
    for k, (train, rate) in enumerate(zip(judged, rates, strict=True)):
        before = train.before or Before(np.nan, 1, 0)
        jumps[k] = float(train.g[0]) - before.g
        times[k] = abs(jumps[k]) / max(max(usual, rate) * before.pulses, LEAST * span / FACTOR)
    odd = np.flatnonzero(times > FACTOR)
    if 2 * len(odd) > len(judged):  # all alike: the measurement was made so
        for train in trains:
            train.before = None
    for at in odd.tolist():
        judged[at].before = None
    if len(odd):
        return [_told(jumps[odd], polarity, span)]
    middle = float(np.median(times))
    if middle > DOUBTFUL:
        return [
            f"before {polarity} the conductance changes by {float(np.median(jumps)):.3g} S, {middle:.2g} times what a "
            "pulse of these trains does at most: taken for a pulse (if it was none, number each train from 0, its own "
            "first read)"
        ]
    return []


def _plausible(train: Train) -> float:
    """The largest change that one pulse before the first read can have made, S, as the train's own changes go on.

    Steps that shrink along a train were larger still before. Of the exponential law one over the change of a pulse
    rises in proportion to the pulses; other laws are less steep there. Steps scatter, so that they are looked at one by
    one, and two and three together.
    """
    at = np.abs(train.n - train.n[0]).astype(float)
    out = float(np.abs(np.diff(train.g) / np.diff(at)).max())
    before = train.before or Before(np.nan, 1, 0)
    sign = np.sign(float(train.g[0]) - before.g)
    for width in (1, 2, 3):
        ends = np.arange(4) * width
        if ends[-1] >= len(at):
            break
        pulses = np.diff(at[ends])
        first, second, third = (sign * np.diff(train.g[ends]) / pulses).tolist()
        if first > second > third > 0.0:
            slope = (1.0 / second - 1.0 / first) / (0.5 * (pulses[0] + pulses[1]))
            inverse = 1.0 / first - slope * 0.5 * (before.pulses + pulses[0])
            out = max(out, first / max(first * inverse, 1.0 / _STEEPEST))
    return out


def _told(jumps: np.ndarray, polarity: str, span: float) -> str:
    """What `take_out` did, in words."""
    middle = float(np.median(jumps))
    many = f"{len(jumps)} trains" if len(jumps) > 1 else "1 train"
    return (
        f"before {polarity} the conductance changes by {middle:.3g} S ({100 * middle / span:.3g} % of the range, "
        f"{many}), over {FACTOR:g} times what a pulse of these trains does: taken for a gap, and not for a pulse; the "
        "trains start with their own first read (if it was the first pulse, list the state before it once more, as "
        "pulse 0 of the train)"
    )


def own_starts(trains: Sequence[Train]) -> bool:
    """Let every train start with its own first read, if the trains show that it is the state before them.

    Where numbers go on over all trains, the first is numbered 0 ... 50 and has 51 reads. If those of its polarity that
    follow span 50 pulses as well, and not 51, the state before was read at the start of each.
    """
    firsts = [t for t in trains if t.zero and len(t.n) > 1]
    if len(firsts) != 1:
        return False
    pulses = int(firsts[0].n[-1])
    others = [t for t in trains if t.mark == firsts[0].mark and t is not firsts[0] and len(t.n)]
    if not others or any(t.before is None or int(t.n[-1] - t.n[0]) != pulses for t in others):
        return False
    for train in trains:
        train.before = None
    return True


def between(sweeps: Sequence[Sweep]) -> list[str]:
    """How far a polarity starts from where the other ended, for each device, where that is worth a line."""
    out = []
    for device in dict.fromkeys(s.device for s in sweeps):
        own = [s for s in sweeps if s.device == device]
        reads = np.concatenate([s.g[np.isfinite(s.g)] for s in own])
        span = float(reads.max() - reads.min())
        noise = _noise(own)
        turns = [(a, b) for a, b in itertools.pairwise(own) if a.side != b.side]
        if len(turns) == 1 and turns[0][0].cycle != turns[0][1].cycle:  # columns of one polarity, then of the other
            turns = _pairs_of_cycles(own)
        for side in (-1, 1):
            jumps = [_ends(b)[0] - _ends(a)[1] for a, b in turns if b.side == side]
            middle = float(np.median(jumps)) if jumps else 0.0
            if abs(middle) > max(LEAST * span, 5.0 * noise / max(len(jumps), 1) ** 0.5):
                out.append(
                    f"{'device ' + device + ': ' if device else ''}between {NAMES[-side]} and {NAMES[side]} the "
                    f"conductance changes by {middle:.3g} S ({100 * middle / span:.3g} % of the range) without a pulse"
                )
    return out


def _pairs_of_cycles(sweeps: Sequence[Sweep]) -> list[tuple[Sweep, Sweep]]:
    """Potentiation and depression of the same cycle."""
    up = {s.cycle: s for s in sweeps if s.side > 0}
    return [(up[s.cycle], s) for s in sweeps if s.side < 0 and s.cycle in up]


def _noise(sweeps: Sequence[Sweep]) -> float:
    """Scatter of a read, from how far reads lie from the middle of their neighbours."""
    bends = [np.abs(np.diff(s.g[np.isfinite(s.g)], 2)) for s in sweeps]
    all_bends = np.concatenate(bends) if bends else np.zeros(0)
    return 1.4826 * float(np.median(all_bends)) / 6**0.5 if len(all_bends) else 0.0


def _ends(sweep: Sweep) -> tuple[float, float]:
    seen = sweep.g[np.isfinite(sweep.g)]
    return float(seen[0]), float(seen[-1])
