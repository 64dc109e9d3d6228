"""Studies: many independent runs, in worker processes, that can be stopped and taken up again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import OutputError
from ..base.files import write_text
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..describe.words import in_words
from .clock import Clock, Tick
from .tasks import Task
from .trials import to_try
from .workers import Told, work


def run_study(
    tasks: Sequence[Task],
    data: Dataset,
    folder: Path,
    *,
    workers: int,
    keep_runs: bool = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
) -> dict[Task, dict[str, Any]]:
    """Do all tasks that are not done yet; returns the records of those that are done at the end.

    Parameters
    ----------
    tasks : sequence of Task
    data : Dataset
    folder : Path
        Records are kept in its folder ``runs``, one file each; a task whose record is there is not done again.
    workers : int
        Worker processes; 1 works in this process.
    keep_runs : bool
        Leave the run file of every task beside its record.
    listener : callable
        Called with a `Tick` now and then.
    stop : callable
        Asked now and then; True ends the study early.
    trials : bool
        Try each kind of run first, for a second at most, so that the listener can be told how long all will take.
    """
    runs = folder / "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{runs}: cannot make this folder ({error.strerror}); choose another --out") from None
    paths = {task: runs / f"{task.key(data)}.json" for task in tasks}
    records = {task: record for task, path in paths.items() if (record := _read(path, keep_runs)) is not None}
    clock = Clock(list(paths), records, data, workers)
    # The longest first, so that no worker is left with a long one at the end.
    todo = sorted((t for t in paths if t not in records), key=lambda t: -clock.costs[t])
    tried, clock.stands = to_try(todo, data) if trials else ({}, {})

    def tell(told: Told) -> None:
        clock.take(told)
        listener(clock.tick)

    listener(clock.tick)
    files = {t: p.with_suffix(".h5") for t, p in paths.items()}
    for task, record in work(todo, tried, data, workers, files, keep_runs, stop, tell):
        write_text(paths[task], json.dumps(record))
        records[task] = record
        tell(Told(record=(task, record)))
    _warn(records)
    return {task: records[task] for task in paths if task in records}


_MOST_LINES = 4


def _warn(records: Mapping[Task, Mapping[str, Any]]) -> None:
    """Tell which runs had something to say: dead networks, odd values."""
    said: dict[str, list[Task]] = {}
    for task, record in records.items():
        for text in record.get("warnings", ()):
            said.setdefault(text, []).append(task)
    for text, tasks in list(said.items())[:_MOST_LINES]:
        more = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
        note(f"{in_words(tasks[0].layout)}{more}: {text}")
    if len(said) > _MOST_LINES:
        note(f"{len(said) - _MOST_LINES} more warnings, of other runs; they stand in their records, in the folder runs")


def _read(path: Path, with_run: bool) -> dict[str, Any] | None:
    """A record of an earlier start, if it is there and whole."""
    if with_run and not path.with_suffix(".h5").exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(record, dict) and {"result", "curve", "transfers"} <= record.keys()
    return record if whole else None
