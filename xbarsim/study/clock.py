"""What of a study is done, what is left, and how long that takes."""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..data_sets.data_set import Dataset
from ..data_sets.order import iterations_of
from ..loop.pace import Pace
from .tasks import Task
from .trials import costs_of
from .workers import Told

_TRUST = 10.0
"""s for which what the trials said counts against what is measured."""


@dataclass(frozen=True)
class Tick:
    """Progress of a study. Costs are in s on one worker: measured by trials where there were some, else orders of
    magnitude.
    """

    done: int  # runs
    total: int
    cost_done: float  # also of runs under way
    cost_total: float
    kept: int  # of those done: taken from an earlier start
    phase: str = "training"  # or before that "compiling", "trying"
    compiling: tuple[int, int] = (0, 0)  # the so-and-so-many-th of so many combinations
    here: bool = False  # that is compiled in this process
    machines: bool = False  # or of so many machines, each of which compiles for itself
    left: float | None = None  # s until all is done; None as long as too little is known
    workers: int = 1  # that have something to do
    evaluating: float = 0.0  # share of the time that goes into evaluations


class Clock:
    """What of a study is done, what is left, and how long that takes.

    Parameters
    ----------
    tasks : sequence of Task
    records : mapping
        Of those that are done; whoever does more adds to it.
    data : Dataset
    workers : int
        As far as is known; see `Told.workers`.
    """

    def __init__(self, tasks: Sequence[Task], records: Mapping[Task, Any], data: Dataset, workers: int) -> None:
        self.costs = {task: task.cost(data) for task in tasks}
        self.stands: dict[Task, Task] = {}
        self._records, self._data, self._kept = records, data, len(records)
        self._given = workers
        self._paces: dict[Task, Pace] = {}
        self._parts: dict[Task, float] = {}  # s of tasks under way
        self._evaluating = 0.0
        self._lost: set[Task] = set()  # given up
        self._phase, self._compiling, self._here, self._machines = "training", (0, 0), False, False
        self._began, self._before = time.monotonic(), self._done

    @property
    def _workers(self) -> int:
        """Those that have something to do, as all began."""
        return max(1, min(self._given, len(self.costs) - self._kept))

    @property
    def _done(self) -> float:
        return sum(self.costs[t] for t in self._records) + sum(self._parts.values())

    def take(self, told: Told) -> None:
        """Take in what the workers tell."""
        if told.compiling is not None:
            self._phase, self._compiling = "compiling", told.compiling
            self._here, self._machines = told.here, told.machines
            return
        if told.paces is not None:
            self._paces = dict(told.paces)
            self.costs |= costs_of(
                [t for t in self.costs if t not in self._records], self.stands, told.paces, self._data
            )
            self._evaluating = self._share_of_evaluations()
            self._began, self._before = time.monotonic(), self._done
        if told.workers is not None:
            self._given = told.workers
        if told.lost is not None:
            self._lost.add(told.lost)
            self._parts.pop(told.lost, None)
        self._phase = "training" if self._paces or not self.stands else "trying"
        for task, n in (told.done or {}).items():
            if task not in self._records:
                self._parts[task] = self._part(task, n)
        if told.record is not None:
            self._parts.pop(told.record[0], None)

    def _share_of_evaluations(self) -> float:
        """What part of the time goes into evaluations, of all tasks whose pace is known; alike ones are asked once."""
        known: dict[Task, float] = {}
        whole = part = 0.0
        for task, cost in self.costs.items():
            stand = self.stands.get(task, task)
            pace = self._paces.get(stand)
            if pace is not None:
                if stand not in known:
                    known[stand] = pace.evaluating(stand.layout, len(self._data.y_train))
                whole, part = whole + cost, part + cost * known[stand]
        return part / whole if whole else 0.0

    def _part(self, task: Task, iterations: int) -> float:
        """What of a task's time so many iterations are."""
        pace = self._paces.get(self.stands.get(task, task))
        if pace is None:
            return self.costs[task] * iterations / max(1, iterations_of(task.layout, len(self._data.y_train)))
        return min(self.costs[task], task.seconds(pace, self._data, iterations))

    @property
    def left(self) -> float | None:
        """Time until all is done, s: what the trials said, corrected by the pace since then."""
        undone = [t for t in self.costs if t not in self._records and t not in self._lost]
        rest = sorted(self.costs[t] - self._parts.get(t, 0.0) for t in undone)
        ends = [0.0] * self._workers
        for cost in reversed(rest):
            heapq.heapreplace(ends, ends[0] + cost)
        worked = (self._done - self._before) / self._workers
        took = time.monotonic() - self._began
        if self._paces:  # trusted until there is more to go by than they were
            trust = _TRUST + 0.05 * max(ends)
            return max(ends) * (took + trust) / (worked + trust)
        return max(ends) * took / worked if worked > 0.0 else None

    @property
    def tick(self) -> Tick:
        """Where the study stands."""
        return Tick(
            len(self._records),
            len(self.costs),
            self._done,
            sum(self.costs.values()),
            self._kept,
            self._phase,
            self._compiling,
            self._here and self._phase == "compiling",
            self._machines and self._phase == "compiling",
            self.left if self._phase == "training" else None,
            self._workers,
            self._evaluating,
        )
