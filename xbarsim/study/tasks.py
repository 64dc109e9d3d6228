"""A task: one run, and what is done with its network afterwards."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..after.transfer import transfer
from ..base.errors import DeadNetworkWarning, IdleWarning, OddWarning
from ..base.notes import collected
from ..data_sets.data_set import Dataset
from ..data_sets.order import iterations_of
from ..describe.layout import Layout
from ..kernels.base._jit import source_hash
from ..learn.table import kind_of
from ..loop import simulate
from ..loop.costs import Energy, Meter, has_devices
from ..loop.pace import Pace
from ..loop.results import Checkpoint, Progress, Result

kernels = functools.cache(source_hash)
"""The hash of the kernels' sources, read once: a study asks for every one of its runs."""

_TELL = 0.1  # s between two notes of how far a run is


@dataclass(frozen=True, kw_only=True)
class Off:
    """Arguments of an off-chip transfer after a run."""

    sigma: float
    repeats: int = 10
    write: str = "weights"
    sigma_negative: str = "zero"
    sigma_per: str = "device"


@dataclass(frozen=True)
class Task:
    """One run, and what is done with its network afterwards."""

    layout: Layout
    transfers: tuple[Off, ...] = ()
    costs: bool = False  # keep energies along with the accuracies, see `costs`

    @functools.cached_property
    def _hash(self) -> int:
        return hash((self.layout, self.transfers, self.costs))

    def __hash__(self) -> int:  # remembered: a study of thousands looks its tasks up all the time
        return self._hash

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}  # another process has others

    def key(self, data: Dataset) -> str:
        """Name under which the result is kept: everything that it depends on."""
        parts = [
            __version__,
            kernels(),
            data.sha256,
            self.layout.replace(dataset=data.name).to_toml(),
            json.dumps([dataclasses.asdict(t) for t in self.transfers], sort_keys=True),
            *(["costs"] if self.costs else []),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]

    def cost(self, data: Dataset) -> float:
        """About how long it takes, in s on one core; for the order of tasks and the time left."""
        samples = len(data.y_train)
        # Of the inputs a fifth are driven; inner rows nearly all.
        crossings = [a.inputs * a.outputs * a.positions for a in self.layout.network.arrays]
        cells = 0.2 * crossings[0] + sum(crossings[1:])
        pace = kind_of(self.layout).pace(self.layout)
        training = 0.4e-9 * cells * pace * self.layout.run.batch * iterations_of(self.layout, samples)
        evaluations = min(self.layout.run.eval_last, iterations_of(self.layout, samples)) * len(data.y_test)
        return 0.3 + training + 4e-11 * cells * evaluations + 1e-10 * cells * sum(t.repeats for t in self.transfers)

    def seconds(self, pace: Pace, data: Dataset, upto: int | None = None) -> float:
        """How long it takes at a pace, s; up to so many iterations, or to its end."""
        samples = len(data.y_train)
        end = iterations_of(self.layout, samples) if upto is None else upto
        training = pace.seconds(self.layout, samples, 0, end)
        return training if upto is not None else training + pace.evaluation * sum(t.repeats + 1 for t in self.transfers)


def meter_of(task: Task, data: Dataset) -> Meter | None:
    """What follows the energies of a task, if it keeps them."""
    return Meter(task.layout, data) if task.costs and has_devices(task.layout) else None


TOLD = (DeadNetworkWarning, OddWarning)
"""Warnings that are kept with a record."""


def run_task(
    task: Task,
    data: Dataset,
    keep: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
    note: Callable[[int], None] = lambda _: None,
) -> dict[str, Any] | None:
    """Do one task; returns its record, or None if it was stopped.

    Parameters
    ----------
    task : Task
    data : Dataset
    keep : Path, optional
        Run file to leave.
    stop : callable
    note : callable
        Told now and then how many iterations are done: all that whoever waits gets to know of a task under way.
    """

    last = time.monotonic()

    def listen(progress: Progress) -> None:
        nonlocal last
        if progress.phase == "training" and time.monotonic() - last > _TELL:
            last = time.monotonic()
            note(progress.iteration)

    with tempfile.TemporaryDirectory() as folder:
        path = keep or (Path(folder) / "run.h5" if task.transfers else None)
        meter = meter_of(task, data)
        with (
            collected() as notes,
            warnings.catch_warnings(record=True) as caught,
        ):  # told by whoever knows which of many runs it is
            for kind in TOLD:
                warnings.simplefilter("always", kind)
            warnings.simplefilter("ignore", IdleWarning)  # the study says so, once for all runs
            result = simulate.run(
                task.layout, out=path, dataset=data, force=True, listener=listen, stop=stop, watch=meter
            )
        for w in caught:
            if not issubclass(w.category, TOLD):
                warnings.warn_explicit(w.message, w.category, w.filename, w.lineno)
        if not result.finished:
            return None
        transfers = [
            transfer(path, dataset=data, **dataclasses.asdict(off)).as_dict()
            for off in task.transfers
            if path is not None
        ]
    return {
        "result": {**result.as_dict(), "out": None if keep is None else str(keep)},
        "curve": [list(point) for point in result.accuracy_curve],
        "curves": _columns(result, meter),
        "transfers": [{**t, "file": None} for t in transfers],
        "notes": notes,
        "warnings": [str(w.message) for w in caught if issubclass(w.category, TOLD)],
        "xbarsim_version": __version__,
        "dataset_sha256": data.sha256,
        "layout": task.layout.to_toml(),
    }


def _columns(result: Result, meter: Meter | None) -> dict[str, list[Any]]:
    """Checkpoints column by column: cumulative counts, and energies (J) if they were followed."""
    columns = {name: [getattr(point, name) for point in result.checkpoints] for name in Checkpoint._fields}
    if meter is not None:
        columns |= {f"{name}_J": [getattr(e, name) for e in meter.energy] for name in Energy._fields}
    return columns
