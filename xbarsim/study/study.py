"""Studies: many independent runs, in worker processes, that can be stopped and taken up again."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import GaveUp, OutputError
from ..base.files import write_text
from ..base.notes import note, was_told
from ..data_sets.data_set import Dataset
from ..describe.words import in_words
from .clock import Clock, Tick
from .in_worker import Keep
from .tasks import Task
from .trials import to_try
from .workers import MOST_DEATHS, Told, work


def run_study(
    tasks: Sequence[Task],
    data: Dataset,
    folder: Path,
    *,
    workers: int | str,
    keep_runs: bool | Path = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
    told: bool = True,
) -> dict[Task, dict[str, Any]]:
    """Do all tasks that are not done yet; returns the records of those that are done at the end.

    Parameters
    ----------
    tasks : sequence of Task
    data : Dataset
    folder : Path
        Records are kept in its folder ``runs``, one file each; a task whose record is there is not done again.
    workers : int or str
        Worker processes, of which 1 works in this process; or where a Dask scheduler is, ``tcp://host:8786`` or its
        file, whose workers then do it.
    keep_runs : bool or Path
        Leave the run file of every task beside its record, or in this folder, by the same name.
    listener : callable
        Called with a `Tick` now and then.
    stop : callable
        Asked now and then; True ends the study early.
    trials : bool
        Try each kind of run first, for a second at most, so that the listener can be told how long all will take.
    told : bool
        Tell at the end what runs had to say; it stands in their records either way.

    Raises
    ------
    XbarsimError
        After all others are done, if tasks were given up, since their workers died again and again.
    """
    runs = _made(folder / "runs")
    paths = {task: runs / f"{task.key(data)}.json" for task in tasks}
    beside = runs if keep_runs is True else _made(keep_runs) if keep_runs else None
    files = {} if beside is None else {t: beside / p.with_suffix(".h5").name for t, p in paths.items()}
    records = {
        task: record for task, path in paths.items() if (record := read_record(path, files.get(task))) is not None
    }
    clock = Clock(list(paths), records, data, workers if isinstance(workers, int) else 1)
    # The longest first, so that no worker is left with a long one at the end.
    todo = sorted((t for t in paths if t not in records), key=lambda t: -clock.costs[t])
    tried, clock.stands = to_try(todo, data) if trials else ({}, {})
    lost: list[Task] = []

    def tell(told: Told) -> None:
        clock.take(told)
        if told.lost is not None:
            lost.append(told.lost)
        listener(clock.tick)

    listener(clock.tick)
    with _marked(beside) as mark:
        # Workers of a cluster are in folders of their own.
        keeps = {task: Keep(path.absolute(), mark) for task, path in files.items()} if mark is not None else {}
        for task, record in work(todo, tried, data, workers, keeps, stop, tell):
            write_text(paths[task], json.dumps(record))
            records[task] = record
            tell(Told(record=(task, record)))
    if told:
        _warn(records)
    if lost and not stop():
        named = in_words(lost[0].layout)
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise GaveUp(
            f"study: expected {len(paths)} runs, got {len(records)}; {named}{more}: given up, since {MOST_DEATHS} "
            "workers or more died of it (out of memory?); the same command with fewer --workers tries it again, what "
            "is done is kept"
        )
    return {task: records[task] for task in paths if task in records}


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot make this folder ({error.strerror}); choose another --out") from None
    return folder


@contextlib.contextmanager
def _marked(folder: Path | None) -> Iterator[Path | None]:
    """A file in a folder by which workers see whether they see the same folder."""
    if folder is None:
        yield None
        return
    with contextlib.ExitStack() as until_then:
        try:
            file = until_then.enter_context(tempfile.NamedTemporaryFile(dir=folder, prefix=".study-"))
        except OSError as error:
            raise OutputError(f"{folder}: cannot write there ({error.strerror}); choose another folder") from None
        yield Path(file.name).absolute()


_MOST_LINES = 4


def _warn(records: Mapping[Task, Mapping[str, Any]]) -> None:
    """Tell what runs had to say, each thing once: dead networks, odd values."""
    said: dict[str, list[Task]] = {}
    for task, record in records.items():
        for text in (*record.get("notes", ()), *record.get("warnings", ())):
            said.setdefault(text, []).append(task)
    said = {text: tasks for text, tasks in said.items() if not was_told(text)}
    for text, tasks in list(said.items())[:_MOST_LINES]:
        more = f" and {len(tasks) - 1} more" if len(tasks) > 1 else ""
        note(f"{in_words(tasks[0].layout)}{more}: {text}")
    if len(said) > _MOST_LINES:
        note(f"{len(said) - _MOST_LINES} more warnings, of other runs; they stand in their records, in the folder runs")


_RESULT = {"accuracy", "accuracy_mean_last", "accuracy_min_last", "accuracy_max_last", "iterations", "pulses", "resets"}
"""What is asked of the result in a record; one without was not written by a study."""


def read_record(path: Path, run: Path | None = None) -> dict[str, Any] | None:
    """A record of an earlier start, if it is there and whole, and its run file too if one is wanted."""
    if run is not None and not run.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(record, dict) and {"result", "curve", "transfers"} <= record.keys()
    return record if whole and isinstance(record["result"], dict) and record["result"].keys() >= _RESULT else None
