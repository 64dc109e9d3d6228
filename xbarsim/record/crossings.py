"""Events that cross one pair."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..kernels.base.buffers import GROUP


class Crossings(NamedTuple):
    """Events of one layer that cross one pair, in order; each (events,)."""

    iteration: np.ndarray  # int64
    place: np.ndarray  # int64: which event of its iteration it is
    group: (
        np.ndarray
    )  # int64: which group of events of its iteration it belongs to; groups are parted by events without lines
    sign: np.ndarray  # int8: +1 raises W, -1 lowers it

    def of_batch(self, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(iteration, number, sign) of what pulsed the pair, as a batch of this kind has it; see kernels/batch."""
        if kind == "signs":
            return self._netted()
        if kind == "trains":
            return self.iteration, self.place + self.group * GROUP, self.sign
        return self.iteration, self.group if kind == "products" else self.place, self.sign

    def _netted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Signs of the sums over groups."""
        if not len(self.iteration):
            return self.iteration, self.group, self.sign
        new = np.flatnonzero(np.diff(self.iteration) | np.diff(self.group)) + 1
        first = np.concatenate([[0], new])
        sign = np.sign(np.add.reduceat(self.sign.astype(np.int64), first)).astype(np.int8)
        kept = sign != 0
        return self.iteration[first][kept], self.group[first][kept], sign[kept]


def crossings_of(every: np.ndarray, parts: Iterable[Any], i: int, j: int) -> Crossings:
    """Events that cross row `i` and column `j`, of those with the iterations `every`, which come in parts."""
    found: list[tuple[np.ndarray, ...]] = []
    parted = np.zeros(len(every), np.int64)
    a = 0
    for part in parts:
        fired = (part.rows[:, i // 8] >> (i % 8)) & 1
        raised = (part.raised[:, j // 8] >> (j % 8)) & 1
        lowered = (part.lowered[:, j // 8] >> (j % 8)) & 1
        sign = fired * (raised.astype(np.int8) - lowered.astype(np.int8))
        hits = np.flatnonzero(sign)
        found.append((a + hits, sign[hits]))
        parted[a : a + len(fired)] = ~part.rows.any(axis=1)
        a += len(fired)
    places = np.concatenate([np.empty(0, np.int64), *(at for at, _ in found)])
    sign = np.concatenate([np.empty(0, np.int8), *(s for _, s in found)])
    iteration = every[places]
    first = np.searchsorted(every, iteration)
    marks = np.concatenate([[0], np.cumsum(parted)])
    return Crossings(iteration, places - first, marks[places] - marks[first], sign.astype(np.int8))
