"""Written arrays that age, and are tested at some times: what `infer` and `retention` have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays.aging import Aged, seed_at
from ..base import checks
from ..base.notes import note
from ..describe.layout import Layout
from .compensation import Compensation, Compensator, Costs
from .reader import Reader
from .slicing import SlicedReader
from .writing import Sides, seed_of


def times_of(where: str, times: Sequence[float]) -> tuple[float, ...]:
    """Times in s, checked; one that is given again is read once, which is told."""
    seconds = tuple(checks.number(where, t, least=0.0, most=1e30) for t in times)
    once = tuple(dict.fromkeys(seconds))
    if len(once) < len(seconds):
        note(f"{where}: {len(seconds) - len(once)} of {len(seconds)} are given more than once, and read once")
    return once


Accuracies = tuple[tuple[float, ...], ...]
"""For every time (or once), of every draw; fractions."""


class Drawn(NamedTuple):
    """Arrays that are written once, in one or several pieces, whose draws differ by their seeds."""

    draw: int
    asked: Sequence[Sides]
    written: Sequence[Sides]


class Found(NamedTuple):
    """What tests gave."""

    accuracies: Accuracies
    uncompensated: Accuracies  # empty without compensation
    costs: Costs | None


def read_over_time(
    reader: Reader | SlicedReader,
    layout: Layout,
    draws: Iterable[Drawn],
    seconds: Sequence[float],
    seed: int,
    told: Callable[[], None],
    how: Compensation | None = None,
) -> Found:
    """Test arrays after some times; without times, as they were written.

    Parameters
    ----------
    reader : Reader
    layout : Layout
        Its device, ``[variation]`` and ``[aging]`` say how arrays age.
    draws : iterable of Drawn
    seconds : sequence of float, s
    seed : int
        Of drift exponents and 1/f noise.
    told : function
        Called after every test of a time.
    how : Compensation, optional
    """
    times = list(seconds)
    found: list[list[float]] = [[] for _ in times or (0.0,)]
    plain: list[list[float]] = [[] for _ in times]
    factors: list[list[list[float]]] = [[] for _ in times]
    compensator: Compensator | None = None
    for draw, asked, written in draws:
        if not times:
            found[0].append(reader.accuracy_of(written))
            told()
            continue
        pieces = [
            [Aged(layout, k, *own, seed_of(seed, s), draw) for k, own in enumerate(zip(*sides, strict=True))]
            for s, sides in enumerate(zip(asked, written, strict=True))
        ]  # of one draw at a time
        # Noise of known reads belongs to the draw, the time, and to whether it is the reference.
        of_draw = seed_at(seed, float(draw + 1))
        if how is not None and how.on:
            compensator = compensator or Compensator(how, reader, seed)
            compensator.begin(asked, written, seed_at(of_draw, -1.0))
        for n, t in enumerate(times):
            aged = [[own.at(t) for own in piece] for piece in pieces]
            found[n].append(reader.accuracy_of(aged))
            if compensator is not None:
                scales = compensator.scales(aged, seed_at(of_draw, t))
                plain[n].append(found[n].pop())
                found[n].append(reader.accuracy_of(aged, scales))
                factors[n].append([float(own.mean()) for own in scales])
            told()
    costs = None
    if compensator is not None:
        means = tuple(tuple(float(x) for x in np.mean(own, axis=0)) for own in factors)
        costs = dataclasses.replace(compensator.costs, scales=means)
    return Found(tuple(map(tuple, found)), tuple(map(tuple, plain)) if compensator is not None else (), costs)
