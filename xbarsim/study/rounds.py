"""Runs that come in rounds, since what is run next follows from what was found; told of as one study."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..data_sets.data_set import Dataset
from .clock import Tick
from .study import run_study
from .tasks import Task


class Rounds:
    """Rounds of runs in one folder.

    Parameters
    ----------
    folder : Path
        For the records.
    work : sequence of (int, float)
        Runs that will be asked for at most, with what each takes, in any unit.
    workers, listener, stop, trials :
        See `study.run_study`; only the first round tries how long its runs will take, later ones are told from it.
    """

    def __init__(
        self,
        folder: Path,
        work: Sequence[tuple[int, float]],
        *,
        workers: int | str,
        listener: Callable[[Tick], None],
        stop: Callable[[], bool],
        trials: bool,
    ) -> None:
        self._folder, self._workers, self._listener, self._stop = folder, workers, listener, stop
        self._trials = trials
        self._runs = sum(n for n, _ in work)
        self._work = sum(n * each for n, each in work)
        self._done, self._worked, self._kept = 0, 0.0, 0
        self._pace: float | None = None  # s that a unit of work takes all workers
        self._began: tuple[float, float] | None = None  # when what was done began to be counted, and how much was then

    def run(
        self, tasks: Sequence[Task], data: Dataset, each: float = 1.0, *, told: bool = True, keep_runs: bool = False
    ) -> dict[Task, dict[str, Any]] | None:
        """Do a round, each run of which takes so much; returns the records, or None if it was stopped.

        What its runs had to say is `told`, or left to whoever asked for settings of which some cannot be good.
        """
        chosen = list(dict.fromkeys(tasks))
        if not chosen:
            return {}
        fresh = False

        def tell(tick: Tick) -> None:
            nonlocal fresh
            if tick.done < tick.total or fresh:  # a round that is all there already is none to be told of
                fresh = True
                self._listener(self._over(tick, each))

        records = run_study(
            chosen,
            data,
            self._folder,
            workers=self._workers,
            listener=tell,
            stop=self._stop,
            trials=self._trials,
            told=told,
            keep_runs=keep_runs,
        )
        if len(records) < len(chosen):
            return None
        if fresh:
            self._trials = False
        else:
            self._kept += len(chosen)
        self._done, self._worked = self._done + len(chosen), self._worked + each * len(chosen)
        if self._began is not None and self._worked > self._began[1]:
            self._pace = (time.monotonic() - self._began[0]) / (self._worked - self._began[1])
        return records

    def end(self) -> None:
        """Say that all is done."""
        self._listener(Tick(self._done, self._done, self._worked, self._worked, self._kept))

    def drop(self, runs: int, each: float = 1.0) -> None:
        """Runs that will not be needed after all."""
        self._runs, self._work = self._runs - runs, self._work - runs * each

    def _over(self, tick: Tick, each: float) -> Tick:
        """What is told of a round as part of all."""
        share = tick.cost_done / tick.cost_total if tick.cost_total else 0.0
        here = each * tick.total
        worked = self._worked + share * here
        if tick.phase == "training" and self._began is None:
            self._began = (time.monotonic(), worked)
        left = tick.left
        if self._pace is not None:
            left = self._pace * (self._work - worked)
        elif left is not None and share < 1.0:
            left *= 1.0 + (self._work - self._worked - here) / ((1.0 - share) * here)
        return dataclasses.replace(
            tick,
            done=self._done + tick.done,
            total=max(self._runs, self._done + tick.total),
            cost_done=worked,
            cost_total=max(self._work, worked),
            kept=self._kept + tick.kept,
            left=left,
        )
