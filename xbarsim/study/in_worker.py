"""What workers do: compile, try, train. They are told where they are by a `Place`, and know of nothing else."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..after.transfer import Transfer, transfer
from ..base.errors import IdleWarning
from ..base.notes import collected
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..learn.table import plan_of, state_of
from ..loop import simulate
from ..loop.pace import Pace
from ..record.trace import Trace
from .tasks import TOLD, Task, run_task
from .trials import trial


class Place(NamedTuple):
    """What a worker has to work with."""

    data: Dataset | None
    halted: Callable[[], bool]  # whether nobody waits for the result any more
    note: Callable[[int], None]  # so many iterations are done


class Done(NamedTuple):
    """What came of a task: its record, and the bytes of its run file where whoever asked cannot see the worker's
    files.
    """

    record: dict[str, Any]
    run: bytes | None = None


@dataclass(frozen=True)
class Keep:
    """Where to leave a run file: in a folder that has this mark in it, if the worker sees the same files."""

    path: Path
    mark: Path

    @property
    def shared(self) -> bool:
        """Whether this process sees the folder that is meant."""
        return self.mark.exists()


def warm_up(_place: Place | None, layout: Layout) -> None:
    """Compile the kernels of a small layout, by training it."""
    with collected(), warnings.catch_warnings():
        for kind in (*TOLD, IdleWarning):  # the smallest network has no use for many keys
            warnings.simplefilter("ignore", kind)
        simulate.run(layout, listener=lambda _: None)  # the study says that it is compiled


def warm_up_all(place: Place, layouts: Sequence[Layout]) -> int:
    """Compile what of these was not yet compiled on this machine; returns how many."""
    cold = [layout for layout in layouts if not state_of(layout).compiled]
    for layout in cold:
        if not place.halted():
            warm_up(place, layout)
    return len(cold)


def try_out(place: Place, task: Task, most: int) -> Pace | None:
    """What a task takes, from at most so many iterations."""
    assert place.data is not None
    return None if place.halted() else trial(task, place.data, most, place.halted)


def do(place: Place, task: Task, keep: Keep | None) -> Done | None:
    """Do a task; None if it was stopped."""
    data = place.data
    assert data is not None
    if place.halted():
        return None
    if keep is None or keep.shared:
        record = run_task(task, data, None if keep is None else keep.path, place.halted, place.note)
        return None if record is None else Done(record)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / keep.path.name
        record = run_task(task, data, path, place.halted, place.note)
        if record is None:
            return None
        record["result"]["out"] = str(keep.path)
        return Done(record, path.read_bytes())


def transferred(place: Place, file: str, device: str | None, how: Mapping[str, Any]) -> Transfer | None:
    """A run file's network in other arrays; see `after.transfer.transfer`."""
    if place.halted():
        return None
    with Trace(file, device=device) as trace:
        return transfer(trace, dataset=place.data, **how)


def shrunk(tasks: Sequence[Task]) -> list[Layout]:
    """Small layouts that stand for the kinds of kernels that tasks need, one for each kind."""
    small = {repr(plan_of(layout)): layout for layout in (_shrunk(task.layout) for task in tasks)}
    return [layout for _, layout in sorted(small.items())]


def _shrunk(layout: Layout) -> Layout:
    """The same kinds of kernels on the smallest of networks, for two iterations."""
    few: dict[str, Any] = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 2, "schedule": None}
    few |= dict.fromkeys(("c", "hidden_dead_zone", "initial_steps"))  # lists, with one for each layer
    return layout.replace(**few, eval_every=0, eval_last=1, snapshot_every=0)
