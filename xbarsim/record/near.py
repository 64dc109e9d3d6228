"""States that a trace has come by, kept so that the way to one nearby is short.

What a run file holds are keyframes, thousands of iterations apart; whoever looks at one iteration after another would
replay the same pulses again and again. Kept is what a keyframe would have held, at regular distances, within a bound of
memory: where a replay passes such a place anyway, it leaves a state there.
"""

from __future__ import annotations

import bisect
from typing import NamedTuple

import numpy as np

_CLOSEST = 100
"""Iterations between two kept states, at least: replaying fewer costs less than putting a layer into a state."""


class Held(NamedTuple):
    """A layer after so many updates.

    Attributes
    ----------
    iteration : int
    frame : tuple of (rows, cols) arrays
        What a keyframe holds, see `State.frame`.
    counts : dict of (rows, cols) arrays
        Pulses and resets of every device, where its life depends on them; else empty.
    """

    iteration: int
    frame: tuple[np.ndarray, ...]
    counts: dict[str, np.ndarray]

    @property
    def nbytes(self) -> int:
        """Memory that it takes, bytes."""
        return sum(x.nbytes for x in (*self.frame, *self.counts.values()))


class Near:
    """Kept states of all layers.

    Parameters
    ----------
    room : int
        Most bytes that they take together; 0: none are kept.
    shapes : list of (rows, cols)
    iterations : int
        Of the run.
    arrays : int
        Float32 arrays, or as much, that a state of one layer takes.
    """

    def __init__(self, room: int, shapes: list[tuple[int, int]], iterations: int, arrays: int) -> None:
        one = sum(rows * cols for rows, cols in shapes) * 4 * arrays  # all layers, once
        self._most = min(room // max(one, 1), iterations // _CLOSEST)
        self.spacing = -(-iterations // self._most) if self._most else 0
        """Iterations from one kept state to the next; 0: none are kept."""
        self._held: list[dict[int, Held]] = [{} for _ in shapes]
        self._order: list[list[int]] = [[] for _ in shapes]

    def stops(self, layer: int, after: int, until: int) -> range:
        """Iterations on the way where a state is worth keeping."""
        if not self.spacing:
            return range(0)
        return range((after // self.spacing + 1) * self.spacing, until + 1, self.spacing)

    def keep(self, layer: int, held: Held) -> None:
        """Keep a state of a layer (from 1), if there is room."""
        own, order = self._held[layer - 1], self._order[layer - 1]
        if held.iteration not in own and len(own) < self._most + 1:
            own[held.iteration] = held
            bisect.insort(order, held.iteration)

    def has(self, layer: int, iteration: int) -> bool:
        """Whether there is a state of a layer at an iteration."""
        return iteration in self._held[layer - 1]

    def before(self, layer: int, iteration: int) -> Held | None:
        """The last kept state of a layer up to an iteration."""
        order = self._order[layer - 1]
        at = bisect.bisect_right(order, iteration)
        return self._held[layer - 1][order[at - 1]] if at else None

    def take_over(self, other: Near) -> None:
        """Take in what another has kept of the same run, when it was shorter."""
        for layer, own in enumerate(other._held, start=1):
            filled = set()
            for held in own.values():
                # Of what lay closer as long as the run was shorter one in each stretch is enough.
                if self.spacing and held.iteration // self.spacing not in filled:
                    filled.add(held.iteration // self.spacing)
                    self.keep(layer, held)
