"""A figure of a paper: its points, the runs they stand for, and the paper's statements about them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..describe.layout import Layout
from ..describe.run import Run
from .tasks import Off, Task

BASE: dict[str, Any] = {"layers": (784, 200, 10), "beta": 2.0, "n_max": 64, "method": "b"}
ITERATIONS = 60_000


@dataclass(frozen=True)
class Point:
    """One point of one curve; it stands for a run per seed."""

    series: str
    x: float
    values: dict[str, Any] = field(default_factory=dict)  # what differs from BASE
    iterations: int = ITERATIONS
    off: Off | None = None  # the point is a transfer of the trained network

    def layout(self, seed: int, dataset: str, iterations: int) -> Layout:
        """The run of one seed; `iterations` is what stands for 60,000."""
        n = max(1, round(self.iterations * iterations / ITERATIONS))
        return Layout.of(
            **{**BASE, **self.values}, seed=seed, dataset=dataset, iterations=n, eval_every=Run().spacing(n)
        )


@dataclass(frozen=True)
class Figure:
    """A figure: its axis and its points."""

    name: str
    title: str
    x: str
    points: tuple[Point, ...] = ()
    log: bool = False


def tasks_of(figures: list[Figure], seeds: list[int], dataset: str, iterations: int) -> list[Task]:
    """One task per different run; points that share a run share its task."""
    wanted: dict[Layout, dict[Off, None]] = {}
    for figure in figures:
        for point, seed in itertools.product(figure.points, seeds):
            offs = wanted.setdefault(point.layout(seed, dataset, iterations), {})
            if point.off is not None:
                offs[point.off] = None
    return [Task(layout, tuple(offs)) for layout, offs in wanted.items()]


Means = dict[tuple[str, float], float]
"""Simulated mean accuracies by (series, x)."""


@dataclass(frozen=True)
class Ordering:
    """A statement of the paper, and whether the simulation agrees."""

    text: str
    holds: Callable[[Means], bool]
