"""Sweeps, and how the reads of a column are cut into them: by labels, by pulse numbers, or at turning points.

A sweep lies on the grid of its pulses. What stands in the file are reads with pulse numbers: of every fifth pulse, on a
logarithmic scale, several of one pulse, with rows missing. Without numbers every row is one pulse.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..base.errors import DataError
from .numbers import MOST_PULSES, Run, entry_starts, runs_of
from .turns import turning_points

NAMES = {1: "potentiation", -1: "depression"}
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

    @property
    def reads(self) -> int:
        """How often it was read."""
        return int(np.isfinite(self.g).sum() if self.counts is None else self.counts.sum())

    def backwards(self) -> Sweep:
        """The same reads from the last to the first; ends without reads are dropped."""
        seen = np.flatnonzero(np.isfinite(self.g))
        part = slice(int(seen[0]), int(seen[-1]) + 1) if len(seen) else slice(0, 0)
        counts = None if self.counts is None else self.counts[part][::-1].copy()
        return dataclasses.replace(self, g=self.g[part][::-1].copy(), counts=counts)


def net(g: np.ndarray) -> float:
    """Last read less the first, S; 0 if there are fewer than two."""
    seen = g[np.isfinite(g)]
    return float(seen[-1] - seen[0]) if len(seen) > 1 else 0.0


@dataclass(frozen=True)
class Rows:
    """A column of reads with what is known of each row; all (rows,), in the order of the file.

    Attributes
    ----------
    g : float64, S; NaN where nothing was read
    n : int64, pulse numbers; or the numbers of the rows
    counted : bool
        Whether `n` are pulse numbers.
    mark : float64, optional
        Polarity of the pulse: any two numbers, 0 for neither; +1 and -1 are what words say if `told`.
    group : int64
        Another number for every device and cycle.
    names : by group, (device, cycle)
    """

    g: np.ndarray
    n: np.ndarray
    counted: bool
    mark: np.ndarray | None
    told: bool
    group: np.ndarray
    names: Sequence[tuple[str, str]]


class Before(NamedTuple):
    """The state before a train: conductance (NaN if it was not read), pulses to the first read, how many reads."""

    g: float
    pulses: int
    counts: int


@dataclass
class Train:
    """Reads of one train, in the order of the pulses.

    Attributes
    ----------
    n, g, counts : (states,)
        Pulse numbers that rise or fall, mean conductances, and how many reads; none is NaN.
    mark : float
    before : Before, optional
        The state before the train, and how many pulses after it the first of `n` was read.
    zero : bool
        Numbers begin with 0, which is the state before the train.
    place : int
        Where it begins in the file.
    """

    n: np.ndarray
    g: np.ndarray
    counts: np.ndarray
    names: tuple[str, str]
    mark: float = 0.0
    before: Before | None = None
    zero: bool = False
    place: int = 0

    @property
    def falling(self) -> bool:
        """Whether the numbers fall."""
        return len(self.n) > 1 and bool(self.n[-1] < self.n[0])

    def flipped(self) -> Train:
        """The same reads in the other order."""
        return dataclasses.replace(
            self, n=self.n[::-1], g=self.g[::-1], counts=self.counts[::-1], before=None, zero=False
        )

    def net(self) -> float:
        """Last read less the first, S; 0 if there are fewer than two."""
        first = self.before.g if self.before is not None and np.isfinite(self.before.g) else None
        if not len(self.g):
            return 0.0
        return float(self.g[-1] - (self.g[0] if first is None else first))

    def sweep(self, side: int, offset: int, where: str) -> Sweep:
        """On the grid of the pulses; its first read is `offset` pulses after the first place."""
        begin = offset if self.before is None else self.before.pulses
        at = begin + np.abs(self.n - self.n[0])
        pulses = int(at[-1])
        if pulses > MOST_PULSES:
            raise DataError(
                f"{where}: expected at most {MOST_PULSES:,} pulses in a train, got {pulses:,}; divide the pulse "
                "numbers by a whole number, a pulse of the device is then as many of the measurement"
            )
        g = np.full(pulses + 1, np.nan)
        counts = np.zeros(pulses + 1, np.int64)
        g[at], counts[at] = self.g, self.counts
        if self.before is not None:
            g[0], counts[0] = self.before.g, self.before.counts
        return Sweep(g, side, *self.names, counts=None if (counts == 1).all() else counts)


@dataclass
class Entries:
    """Reads of each pulse number, (entries,), in the order of the file; `squares` and `degrees` tell their scatter."""

    n: np.ndarray
    g: np.ndarray
    counts: np.ndarray
    mark: np.ndarray
    group: np.ndarray
    squares: float
    degrees: int


def entries_of(rows: Rows) -> Entries:
    """Average repeated reads: rows in turn with the same pulse number."""
    mark = np.zeros(len(rows.g)) if rows.mark is None else rows.mark
    breaks = np.zeros(len(rows.g), bool)
    breaks[1:] = (mark[1:] != mark[:-1]) | (rows.group[1:] != rows.group[:-1])
    starts = entry_starts(rows.n, breaks)
    seen = np.isfinite(rows.g)
    counts = np.add.reduceat(seen.astype(np.int64), starts)
    sums = np.add.reduceat(np.where(seen, rows.g, 0.0), starts)
    mean = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    degrees = int((counts - 1)[counts > 1].sum())
    squares = 0.0
    if degrees:
        of = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows.g)))
        squares = float(((rows.g - mean[of])[seen] ** 2).sum())
    return Entries(rows.n[starts], mean, counts, mark[starts], rows.group[starts], squares, degrees)


def by_label(rows: Rows, found: Entries, where: str) -> list[Train]:
    """Cut where the mark of the pulse changes, or its number starts again.

    Where numbers go on, or begin with 1, the last state before is where a train starts.
    """
    out: list[Train] = []
    last: dict[str, int] = {}  # of every device, its last entry
    cuts = np.flatnonzero((np.diff(found.mark) != 0) | (np.diff(found.group) != 0)) + 1
    for a, b in itertools.pairwise([0, *cuts.tolist(), len(found.n)]):
        names = rows.names[int(found.group[a])]
        prior = last.get(names[0])
        last[names[0]] = b - 1
        if found.mark[a] == 0.0:
            continue
        for k, run in enumerate(runs_of(found.n[a:b], where)):
            train = _train(found, a, run, names)
            n0 = int(found.n[a + run.start])
            # After a train of its own polarity the device was reset, unread.
            if k == 0 and prior is not None and found.mark[prior] != found.mark[a]:
                train.before = _before(found, prior, a, run, rows.counted)
            train.zero = rows.counted and run.way >= 0 and n0 == 0
            if train.before is not None:
                _skip(train, n0)
            out.append(train)
    return out


def by_number(rows: Rows, found: Entries, where: str) -> list[Train]:
    """Cut where the pulse number starts again: a column of one polarity."""
    return [
        _train(found, a, run, rows.names[int(found.group[a])])
        for a, b in _groups(found)
        for run in runs_of(found.n[a:b], where)
    ]


def by_turns(rows: Rows, found: Entries, where: str) -> list[list[Train]]:
    """Cut where the pulse number starts again or turns round, and at turning points of the conductance."""
    out: list[list[Train]] = []
    for a, b in _groups(found):
        way = 0.0
        made: list[Train] = []
        for k, run in enumerate(runs_of(found.n[a:b], where)):
            whole = _train(found, a, run, rows.names[int(found.group[a])])
            if k:
                before = _before(found, a + run.start - 1, a, run, rows.counted)
                # Two trains of one polarity in turn: the device was reset between them, unread.
                if before is not None and way * whole.net() < 0.0:
                    whole.before = before
                    _skip(whole, int(found.n[a + run.start]))
            way = float(np.sign(whole.net()))
            made += _turned(whole)
        so_far = {True: 0, False: 0}
        for train in made:
            rises = train.net() >= 0.0
            so_far[rises] += 1
            train.names = (train.names[0], train.names[1] or str(so_far[rises]))
        out.append(made)
    return out


def _turned(whole: Train) -> list[Train]:
    """Cut one run at its turning points; the state at a turn is where the next train starts."""
    first = whole.before if whole.before is not None and np.isfinite(whole.before.g) else None
    y = whole.g if first is None else np.concatenate([[first.g], whole.g])
    lead = 0 if first is None else 1
    if len(y) < 2:
        return []
    low, high = (float(v) for v in np.quantile(y, [0.005, 0.995]))
    out = []
    for a, b in itertools.pairwise(turning_points(y, TURN * max(high - low, 1e-30))):
        if b <= a:
            continue
        own = slice(a + 1 - lead if a else 0, b + 1 - lead)
        before = whole.before
        if a:
            at = a - lead
            before = Before(float(y[a]), int(abs(whole.n[at + 1] - whole.n[at])), int(whole.counts[at]))
        out.append(dataclasses.replace(whole, n=whole.n[own], g=whole.g[own], counts=whole.counts[own], before=before))
    return out


def _groups(found: Entries) -> list[tuple[int, int]]:
    cuts = np.flatnonzero(np.diff(found.group) != 0) + 1
    return list(itertools.pairwise([0, *cuts.tolist(), len(found.n)]))


def _train(found: Entries, a: int, run: Run, names: tuple[str, str]) -> Train:
    part = slice(a + run.start, a + run.stop)
    seen = found.counts[part] > 0
    return Train(
        found.n[part][seen],
        found.g[part][seen],
        found.counts[part][seen],
        names,
        float(found.mark[a + run.start]),
        place=a + run.start,
    )


def _before(found: Entries, prior: int, a: int, run: Run, counted: bool) -> Before | None:
    """The state before a run and the pulses from there to its first entry; None if the run has it itself."""
    n0, last = int(found.n[a + run.start]), int(found.n[prior])
    if not counted:
        return Before(float(found.g[prior]), 1, int(found.counts[prior]))
    if run.way >= 0 and not run.turned:
        pulses = 0 if n0 == 0 else n0 - last if n0 >= last else n0
    else:
        # Numbers that turn round go on from where they were, if at all.
        step = abs(int(found.n[a + run.start + 1]) - n0) if run.stop - run.start > 1 else 1
        pulses = abs(n0 - last) if abs(n0 - last) <= 2 * step else 0
    return Before(float(found.g[prior]), pulses, int(found.counts[prior])) if pulses > 0 else None


def _skip(train: Train, n0: int) -> None:
    """Pulses up to the first one that was read, where the first of the train were not."""
    if train.before is not None and len(train.n):
        train.before = train.before._replace(pulses=train.before.pulses + abs(int(train.n[0]) - n0))
