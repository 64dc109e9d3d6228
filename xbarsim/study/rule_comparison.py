"""Learning rules side by side on one device: the runs it takes, and their curves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..describe.pulses import FIXED
from ..loop.costs import Energy, has_devices
from .clock import Tick
from .comparison import Row, row_of
from .study import run_study
from .tasks import Task

WINDOW = 5
"""Evaluations in a row over which a curve is averaged: online, single ones swing by a point and more from iteration to
iteration.
"""


@dataclass(frozen=True)
class Curves:
    """What the runs of one rule went through; every field (seeds, points), counts cumulative.

    Of rules without devices writes and energies are NaN; writes also where a run pulsed and did not count device by
    device.
    """

    iteration: np.ndarray
    accuracy: np.ndarray  # at the end: mean over the last iterations, as tables have it
    trend: np.ndarray  # accuracies averaged over `WINDOW` points, fewer at both ends
    pulses: np.ndarray
    resets: np.ndarray
    writes: np.ndarray  # of the device with most
    energy: np.ndarray  # J

    def mean(self) -> Curves:
        """Means over the seeds, each (points,)."""
        return Curves(*(getattr(self, f.name).mean(axis=0) for f in dataclasses.fields(self)))


@dataclass(frozen=True)
class Rule:
    """A rule, its accuracies over the seeds, and its curves."""

    name: str
    label: str
    row: Row
    curves: Curves
    has_devices: bool
    records: tuple[dict[str, Any], ...] = dataclasses.field(repr=False)

    @property
    def final(self) -> Curves:
        """Means over the seeds at the end, each ()."""
        mean = self.curves.mean()
        return Curves(*(getattr(mean, f.name)[-1] for f in dataclasses.fields(mean)))

    def at(self, accuracy: float) -> Curves | None:
        """Means over the seeds where the mean of their trends is first as high as this; None if it never is."""
        mean = self.curves.mean()
        there = np.flatnonzero(mean.trend >= accuracy)
        if not len(there):
            return None
        return Curves(*(getattr(mean, f.name)[there[0]] for f in dataclasses.fields(mean)))

    def as_dict(self, target: float | None) -> dict[str, Any]:
        """For JSON; of software no counts."""
        reached = None if target is None else self.at(target)
        return {
            **{k: v for k, v in self.row.as_dict().items() if k not in ("pulses", "resets")},
            **_numbers(self.final, self.has_devices),
            "reached": None
            if reached is None
            else {"iteration": int(reached.iteration), **_numbers(reached, self.has_devices)},
        }


def _numbers(at: Curves, has_devices: bool) -> dict[str, float | None]:
    numbers = {"pulses": at.pulses, "resets": at.resets, "most_writes": at.writes, "energy_J": at.energy}
    return {name: float(value) if has_devices else None for name, value in numbers.items()}


def run_rules(
    layouts: Mapping[str, Layout],
    data: Dataset,
    folder: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int | str = 1,
    keep_runs: bool | Path = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
) -> list[Rule] | None:
    """Train all rules with all seeds; returns them in the given order, or None if it was stopped.

    The order of the samples follows from the seed alone (see `data_sets.order`), so that all rules see the same.

    Parameters
    ----------
    layouts : mapping of Layout
        By the rules' names.
    data : Dataset
    folder : Path
        Its folder ``runs`` keeps what is done, so that a comparison that was stopped goes on.
    seeds : sequence of int
    workers, keep_runs, listener, stop, trials :
        See `study.run_study`.
    """
    tasks = {(n, seed): Task(layout.replace(seed=seed), costs=True) for n, layout in layouts.items() for seed in seeds}
    records = run_study(
        list(tasks.values()),
        data,
        folder,
        workers=workers,
        keep_runs=keep_runs,
        listener=listener,
        stop=stop,
        trials=trials,
    )
    if len(records) < len(tasks):
        return None
    return [rule_of(n, layout, [records[tasks[n, seed]] for seed in seeds]) for n, layout in layouts.items()]


def rule_of(name: str, layout: Layout, records: Sequence[dict[str, Any]]) -> Rule:
    """A rule from the records of its runs."""
    devices, columns = has_devices(layout), [r["curves"] for r in records]
    # After each of the last iterations there is an evaluation; a curve takes the last one only.
    points = columns[0]["iteration"]
    every = layout.run.spacing(int(points[-1]))
    kept = [k for k, n in enumerate(points) if (every and n % every == 0) or n == points[-1]]

    def values(*names: str) -> np.ndarray:
        return np.array([np.sum([c[n] for n in names], axis=0, dtype=float)[kept] for c in columns])

    accuracy = values("accuracy")
    accuracy[:, -1] = [r["result"]["accuracy_mean_last"] for r in records]
    nothing = np.full_like(accuracy, np.nan)
    counted = devices and all(writes_of(r) is not None for r in records)
    curves = Curves(
        values("iteration"),
        accuracy,
        _trend(accuracy, int(points[0] == 0)),
        values("pulses"),
        values("resets"),
        values("most_writes") if counted else nothing,
        values(*ENERGIES) if devices else nothing,
    )
    row = row_of(name, [r["result"] for r in records])
    return Rule(name, _label(layout), row, curves, devices, tuple(records))


def _label(layout: Layout) -> str:
    """Name of a layout in the legend; that the second device is fixed is told where the rule does not say it."""
    rule = layout.rule
    said = rule.compared_by == "method" or rule.method == FIXED
    return rule.label(layout) + (", one device fixed" if layout.fixed_reference and not said else "")


def writes_of(record: Mapping[str, Any]) -> int | None:
    """Writes of the worst device; None where pulses were issued and no device has one: they were not counted device by
    device.
    """
    result = record["result"]
    return None if result["pulses"] and not result["most_writes"] else int(result["most_writes"])


def _trend(values: np.ndarray, first: int) -> np.ndarray:
    """Means over windows around each point, (seeds, points); the ends, with windows of one, stay what they are.

    Points before `first` are left out: accuracies before training would pull down those that follow.
    """
    n = values.shape[1]
    reach = [max(0, min(k - first, n - 1 - k, WINDOW // 2)) for k in range(n)]
    means = [values[:, k - r : k + r + 1].mean(axis=1) for k, r in enumerate(reach)]
    return np.stack(means, axis=1)


ENERGIES = tuple(f"{name}_J" for name in Energy._fields)


def common_accuracy(rules: Sequence[Rule], chance: float) -> float | None:
    """Highest accuracy that the trends of all rules with devices reach, rounded down to a tenth of a percent; None if
    it is hardly above chance.
    """
    best = [float(r.curves.mean().trend.max()) for r in rules if r.has_devices]
    target = np.floor(1000.0 * min(best, default=0.0) + 1e-9) / 1000.0
    return float(target) if target > chance + 0.1 * (1.0 - chance) else None
