"""Pulse numbers: whether a column of numbers counts pulses, and where it starts again or runs backwards.

An *entry* is one pulse number with all its reads, in the order of the file. Entries are cut into *runs*: numbers that
rise, or that fall, without a break.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base.errors import DataError

MOST_PULSES = 1_000_000
"""Pulses of one train: a sweep keeps a place for each, read or not."""
MOST_STATES = 20_000_000
"""Places of all sweeps together."""
NEAR = 0.2
"""Numbers this near to whole ones are whole numbers read from a figure."""


def whole_numbers(values: np.ndarray, where: str, name: str, notes: list[str]) -> np.ndarray:
    """Pulse numbers as whole float64 numbers, (rows,); NaN where there is none.

    Parameters
    ----------
    values : (rows,), as read
    where, name : str
        Grid and column, for messages.
    notes : list of str
        Gets a line if numbers were rounded.

    Raises
    ------
    DataError
        If they cannot be pulse numbers: negative, fractional, too large, or the same throughout.
    """
    out = np.array(values, dtype=float)
    seen = out[np.isfinite(out)]
    column = f"'{name}'" if name else "the first column"
    advice = "to take every row as one pulse name the column of the reads alone: --map conductance=COLUMN"
    if not len(seen):
        raise DataError(f"{where}: expected pulse numbers in {column}, got none; {advice}")
    if seen.min() <= -1.0 + NEAR:
        raise DataError(
            f"{where}: expected pulse numbers >= 0 in {column}, got {seen.min():g}; count the pulses of every train "
            f"from 0, or {advice}"
        )
    if seen.max() > 1e15:
        raise DataError(f"{where}: expected pulse numbers in {column}, got {seen.max():g}; {advice}")
    nearest = np.round(seen)
    off = float(np.abs(seen - nearest).max())
    fractional = off > NEAR or (off > 0.0 and 2 * len(np.unique(nearest)) < len(np.unique(seen)))
    if fractional:
        odd = seen[int(np.argmax(np.abs(seen - nearest)))]
        raise DataError(
            f"{where}: expected whole pulse numbers in {column}, got {odd:g}; a time or a dose does not say how many "
            f"pulses there were: write their numbers instead, or {advice}"
        )
    if len(seen) > 2 and nearest.min() == nearest.max():
        raise DataError(
            f"{where}: expected pulse numbers that rise in {column}, got {nearest[0]:g} in all {len(seen)} rows; "
            f"{advice}"
        )
    if off > 0.0:
        notes.append(f"pulse numbers in {column} are up to {off:.2g} off whole ones and were rounded")
    return np.asarray(np.round(out) + 0.0)


@dataclass(frozen=True)
class Run:
    """Entries `start` to `stop` (not included) whose numbers rise (way 1) or fall (-1); 0 is a single entry.

    `turned` says that the numbers turned here, and did not start again.
    """

    start: int
    stop: int
    way: int
    turned: bool = False


def entry_starts(n: np.ndarray, breaks: np.ndarray) -> np.ndarray:
    """First rows of all entries.

    Parameters
    ----------
    n : (rows,) int64, pulse numbers
    breaks : (rows,) bool, where something else than the number begins anew

    Where numbers turn round (0 ... 50, 50 ... 0) the reads at the turn are twice as many; the second half is the state
    before the way back.
    """
    new = np.concatenate([[True], n[1:] != n[:-1]]) | breaks
    starts = np.flatnonzero(new)
    if len(starts) < 3:
        return starts
    counts = np.diff(starts, append=len(n))
    usual = int(np.median(counts))
    e = np.sign(np.diff(n[starts]))
    turn = np.zeros(len(starts), bool)
    turn[1:-1] = (e[1:] * e[:-1] < 0) & (counts[1:-1] > usual)
    # A number that falls once and rises again has started again: its reads are those of one state.
    lone = np.zeros(len(starts), bool)
    lone[1:-1] = turn[1:-1] & ~(_goes_on(e, 1) & _goes_on(e, -1))
    turn &= ~lone
    return np.sort(np.concatenate([starts, starts[turn] + usual])) if turn.any() else starts


def _goes_on(e: np.ndarray, way: int) -> np.ndarray:
    """For each inner entry, whether numbers keep their direction for two steps after it (1), or before it (-1)."""
    if way > 0:
        return np.concatenate([e[1:-1] == e[2:], [True]])
    return np.concatenate([[True], e[1:-1] == e[:-2]])


def runs_of(n: np.ndarray, where: str) -> list[Run]:
    """Cut the numbers of entries, (entries,) int64, into runs.

    Raises
    ------
    DataError
        If numbers fall by a little and rise again: rows out of order, not a train that starts again.
    """
    m = len(n)
    if m < 2:
        return [Run(0, m, 0)] if m else []
    e = np.sign(np.diff(n))
    ends = np.append(np.flatnonzero(e[1:] != e[:-1]) + 1, m - 1)  # entries after which the direction is another
    lowest = int(n.min())
    out: list[Run] = []
    i, turned, at = 0, False, 0
    while i < m:
        while at < len(ends) and ends[at] <= i:
            at += 1
        if i == m - 1:
            out.append(Run(i, m, 0, turned))
            break
        way = int(e[i])
        last = int(ends[at])
        if way == 0 or (way < 0 and not turned and last == i + 1 and last < m - 1):
            out.append(Run(i, i + 1, 0, turned))  # a single entry; then the numbers start again
            i, turned = i + 1, False
            continue
        out.append(Run(i, last + 1, way, turned))
        if last == m - 1:
            break
        after = int(e[last + 1]) if last + 1 < m - 1 else 0
        turned = bool(e[last] == -way and after == -way)
        if way > 0 and e[last] < 0 and not turned:
            fall, height = int(n[last + 1]) - lowest, int(n[last]) - lowest
            if fall > 1 and 2 * fall > height and last - i > 1:
                raise DataError(
                    f"{where}: expected pulse numbers that rise, or start again from the lowest, got {n[last + 1]} "
                    f"after {n[last]}; sort the rows, or number the trains in a column 'cycle'"
                )
        i = last + 1
    return out
