"""Devices that wear out: when the first died, where it sits, and how many have by the end.

A device is dead from the update on that brings its pulses and resets to its life. Which update that is shows in the
counts, if they are looked at after every iteration: so blocks have one iteration until the first has died, unless no
device can get so far in more. How a run is cut into blocks changes none of its numbers.
"""

from __future__ import annotations

import numpy as np

from ..learn.devices import DevicesState
from ..learn.rule import State
from ..record.trace import Trace
from .results import Wear

_WINDOWS = 64  # parts in which a file is replayed


class WearWatch:
    """Watches the devices of one run until the first has died.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._watches, self._first = state.left() is not None, Wear(0, 0)
        self._bound, self._safe = _most_per_iteration(state) if self._watches else 0, 0

    def known(self, first: Wear | None) -> None:
        """Take over what is known of a run that goes on."""
        self._first = first or self._first
        self._watches = self._watches and not self._first.dead

    @property
    def most(self) -> int:
        """Iterations that the next block may have, so that a death is seen in its iteration; 0: any number."""
        return max(1, self._safe) if self._watches else 0

    def block(self, done: int, n: int) -> None:
        """Look at the devices after a block of `n` iterations that ended with update `done`."""
        if not self._watches:
            return
        self._safe -= n
        if self._safe > 0:
            return
        sides = self._state.left()
        assert sides is not None
        left = min(float(sides[0].min()), float(sides[1].min()))
        self._safe = int((left - 1.0) // self._bound) if self._bound and left > 1.0 else 0
        if left <= 0.0:
            self._watches, self._first = False, _wear(self._state, done)

    def now(self) -> Wear | None:
        """How many have died by now, and which was the first; None if none can."""
        if self._state.left() is None:
            return None
        return _wear(self._state, None)._replace(first_iteration=self._first.first_iteration, first=self._first.first)


def first_death(trace: Trace) -> Wear | None:
    """The same of a run file: of a finished one as it says; of others, and old ones, by replaying it in parts, and the
    part of the first death update by update.

    None if nothing wears out; without the first where a run cannot be replayed.
    """
    if not trace.layout.variation.endurance or trace.needs_code or not trace.layout.rule.has_devices(trace.layout):
        return None
    state, end = trace.state, trace.iterations_done
    if state.left() is None:
        return None
    if trace.has_counts:
        for layer in range(1, state.n_layers + 1):
            state.set_counts(layer - 1, trace.counts(layer))
        wear, first = _wear(state, None), trace.first_worn
        if not wear.dead:
            return wear
        if first is not None:
            return wear._replace(first_iteration=first[0], first=Wear.place(first))
    if not state.replays:
        return None
    marks = sorted({round(end * k / _WINDOWS) for k in range(_WINDOWS + 1)})
    when: int | None = None
    for layer in range(1, state.n_layers + 1):
        at = trace.restart(layer)
        for mark in marks[1:]:
            before, at = at, trace.advance(layer, at, mark)
            if _dead(state, layer - 1):
                found = _in_part(trace, layer, before, mark)
                when = found if when is None else min(when, found)
                break
    place = None
    if when is not None:  # all layers as they were then, to say which it was
        for layer in range(1, state.n_layers + 1):
            trace.advance(layer, trace.restart(layer), when)
        place = _wear(state, when).first
    for layer in range(1, state.n_layers + 1):
        trace.advance(layer, trace.restart(layer), end)
    return _wear(state, None)._replace(first_iteration=when, first=place)


def _in_part(trace: Trace, layer: int, after: int, until: int) -> int:
    """The update between two at which the first device of a layer died."""
    at = trace.advance(layer, trace.restart(layer), after)
    while at < until and not _dead(trace.state, layer - 1):
        at = trace.advance(layer, at, at + 1)
    return at


def _arrays(state: State, k: int) -> list[tuple[int, str, np.ndarray]]:
    """Of every array of layer `k` its digit, the side, and what its devices still bear, (cols, rows)."""
    assert isinstance(state, DevicesState)  # no others wear out
    sides = state.left()
    assert sides is not None
    return [
        (q, name, state.columns(flat, state.number_of(k, q)))
        for q in range(state.copies)
        for name, flat in zip(("G+", "G-"), sides, strict=True)
    ]


def _dead(state: State, k: int) -> bool:
    return any(bool((left <= 0.0).any()) for _, _, left in _arrays(state, k))


def _wear(state: State, iteration: int | None) -> Wear:
    """The dead of a state, and the first of them, if it is known to have died in this iteration."""
    sides = state.left()
    assert sides is not None
    dead, devices = (sum(int(f(x)) for x in sides) for f in (lambda x: np.count_nonzero(x <= 0.0), np.size))
    if iteration is None or not dead:
        return Wear(dead, devices)
    for k in range(state.n_layers):
        for digit, side, left in _arrays(state, k):
            gone = np.flatnonzero(left <= 0.0)
            if len(gone):
                col, row = divmod(int(gone[0]), left.shape[1])
                where = {"layer": k + 1, "row": row, "column": col, "device": side, "digit": digit}
                return Wear(dead, devices, iteration, where)
    raise AssertionError("a dead device is in some array")


def _most_per_iteration(state: State) -> int:
    """Most pulses and resets that a device can get in an iteration, where a rule has a bound; 0: none is known."""
    if not state.layout.rule.signs or not isinstance(state, DevicesState) or state.pairs.scatter is None:
        return 0
    return (int(state.pairs.scatter.law.most) + 2) * state.batch
