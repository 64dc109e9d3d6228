"""Studies: many independent runs, in worker processes, that can be stopped and taken up again."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..after.transfer import transfer
from ..arrays.crossbar import engine_for
from ..arrays.drawn import is_scattered
from ..base.errors import OutputError, XbarsimError
from ..base.files import write_text
from ..data_sets.load import Dataset
from ..data_sets.order import iterations_of
from ..describe.layout import Layout
from ..kernels.base._jit import CACHE_FOLDER, source_hash
from ..loop import simulate
from ..loop.costs import Energy, Meter, has_devices
from ..loop.results import Checkpoint, Result

# One thread per worker: the workers are what uses the cores.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")


# Time of an iteration by method, relative to the ladder engine: orders of magnitude.
_COSTS = {
    "ladder": {"a": 1.0, "b": 1.0, "c": 4.0},
    "analog": {"a": 14.0, "b": 5.0, "c": 4.0},
    "scatter": {"a": 80.0, "b": 40.0, "c": 6.0},
    "own laws": {"a": 1000.0, "b": 500.0, "c": 10.0},
    "software": {"a": 1.5, "b": 1.5, "c": 1.5},
    "crus": {"a": 4.0, "b": 4.0, "c": 4.0},
    "binary": {"a": 2.0, "b": 2.0, "c": 2.0},
    "binary cells": {"a": 8.0, "b": 8.0, "c": 8.0},
}


def _pace(layout: Layout) -> str:
    """What the time of an iteration follows."""
    engine = engine_for(layout)
    if engine == "binary" and layout.bs.bs_digits:
        return "binary cells"
    if layout.pulses.rule == "crus":
        return "crus"
    if engine != "analog" or not is_scattered(layout):
        return engine
    v = layout.variation
    # Replays of devices with a law or a window of their own are climbed pulse by pulse.
    return "own laws" if v.windows or v.alpha_sigma or v.beta_sigma or v.endurance else "scatter"


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

    def key(self, data: Dataset) -> str:
        """Name under which the result is kept: everything that it depends on."""
        parts = [
            __version__,
            source_hash(),
            data.sha256,
            self.layout.replace(dataset=data.name).to_toml(),
            json.dumps([dataclasses.asdict(t) for t in self.transfers], sort_keys=True),
            *(["costs"] if self.costs else []),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]

    def cost(self, data: Dataset) -> float:
        """About how long it takes, in s on one core; for the order of tasks and the time left."""
        sizes, samples = self.layout.network.layers, len(data.y_train)
        # Of the inputs a fifth are driven; inner rows nearly all.
        cells = 0.2 * sizes[0] * sizes[1] + sum(a * b for a, b in itertools.pairwise(sizes[1:]))
        engine = _COSTS.get(_pace(self.layout), _COSTS["analog"])[self.layout.pulses.method]
        training = 0.4e-9 * cells * engine * self.layout.run.batch * iterations_of(self.layout, samples)
        evaluations = min(self.layout.run.eval_last, iterations_of(self.layout, samples)) * len(data.y_test)
        return 0.3 + training + 4e-11 * cells * evaluations + 1e-10 * cells * sum(t.repeats for t in self.transfers)


@dataclass(frozen=True)
class Tick:
    """Progress of a study."""

    done: int
    total: int
    cost_done: float
    cost_total: float
    kept: int  # of those done: taken from an earlier start


def run_task(
    task: Task, data: Dataset, keep: Path | None = None, stop: Callable[[], bool] = lambda: False
) -> dict[str, Any] | None:
    """Do one task; returns its record, or None if it was stopped.

    Parameters
    ----------
    task : Task
    data : Dataset
    keep : Path, optional
        Run file to leave.
    stop : callable
    """
    with tempfile.TemporaryDirectory() as folder:
        path = keep or (Path(folder) / "run.h5" if task.transfers else None)
        meter = Meter(task.layout, data) if task.costs and has_devices(task.layout) else None
        result = simulate.run(task.layout, out=path, dataset=data, force=True, stop=stop, watch=meter)
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


def run_study(
    tasks: Sequence[Task],
    data: Dataset,
    folder: Path,
    *,
    workers: int,
    keep_runs: bool = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
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
        Called with a `Tick` after every task.
    stop : callable
        Asked now and then; True ends the study early.
    """
    runs = folder / "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{runs}: cannot make this folder ({error.strerror}); choose another --out") from None
    paths = {task: runs / f"{task.key(data)}.json" for task in tasks}
    records = {task: record for task, path in paths.items() if (record := _read(path, keep_runs)) is not None}
    costs = {task: task.cost(data) for task in paths}
    kept = len(records)

    def tell() -> None:
        listener(Tick(len(records), len(paths), sum(costs[t] for t in records), sum(costs.values()), kept))

    tell()
    # The longest first, so that no worker is left with a long one at the end.
    todo = sorted((t for t in paths if t not in records), key=lambda t: -costs[t])
    for task, record in _work(
        todo, data, workers, {t: p.with_suffix(".h5") for t, p in paths.items()}, keep_runs, stop
    ):
        write_text(paths[task], json.dumps(record))
        records[task] = record
        tell()
    return {task: records[task] for task in paths if task in records}


def _read(path: Path, with_run: bool) -> dict[str, Any] | None:
    """A record of an earlier start, if it is there and whole."""
    if with_run and not path.with_suffix(".h5").exists():
        return None
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    whole = isinstance(record, dict) and {"result", "curve", "transfers"} <= record.keys()
    return record if whole else None


def _work(
    todo: Sequence[Task], data: Dataset, workers: int, files: Mapping[Task, Path], keep: bool, stop: Callable[[], bool]
) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Records as they come; ends early when `stop` says so."""
    if workers == 1 or len(todo) <= 1:
        for task in todo:
            record = None if stop() else run_task(task, data, files[task] if keep else None, stop)
            if record is None:
                return
            yield task, record
        return
    context = multiprocessing.get_context("spawn")
    halt = context.Event()
    with _one_thread_each():
        pool = ProcessPoolExecutor(min(workers, len(todo)), context, _start, (halt, data))
        try:
            # One worker compiles; then all find the machine code in the cache.
            for kind in _uncompiled(todo):
                pool.submit(_warm_up, kind).result()
            waiting: dict[Future[dict[str, Any] | None], Task] = {}
            rest = list(todo)
            while rest or waiting:
                while rest and len(waiting) < 2 * workers:
                    task = rest.pop(0)
                    waiting[pool.submit(_do, task, files[task] if keep else None)] = task
                done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    task, record = waiting.pop(future), future.result()
                    if record is not None:
                        yield task, record
                if stop():
                    return
        except BrokenProcessPool:
            raise XbarsimError(
                "study: a worker process died (out of memory?); start again with fewer --workers, what is done is kept"
            ) from None
        finally:
            halt.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _uncompiled(todo: Sequence[Task]) -> list[str]:
    """Kinds of training, of those that the tasks need, of which nobody has noted that this machine has compiled their
    kernels.
    """
    return sorted(kind for kind in {kind_of(task.layout) for task in todo} if not _note(kind).exists())


def _note(kind: str) -> Path:
    """An empty file beside the machine code that says: a worker has compiled this kind.

    A kernel is compiled once more for scattering devices, and once more for step laws that are tables; the names of the
    files with its machine code do not tell which of these they hold.
    """
    return Path(CACHE_FOLDER, f"{kind.replace(' ', '-')}.compiled")


def kind_of(layout: Layout) -> str:
    """Which training kernel a layout needs, and which of its specialisations."""
    if layout.pulses.rule == "software" and layout.software.benchmark:
        return "benchmark"
    if layout.pulses.rule == "crus":
        return f"crus{' rivals' * (layout.crus.baseline != 'crus')}{' scatter' * is_scattered(layout)}"
    if layout.pulses.rule != "sign":
        return layout.pulses.rule
    kind = "online" if layout.run.batch == 1 and not layout.real_circuits else "batch"
    kind += " scatter" if is_scattered(layout) else ""
    return kind + ("" if layout.device.model == "exponential" else " table")


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Worker processes started meanwhile use one thread each."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# In a worker process --------------------------------------------------------------------------------------------------

_halt: Any = None
_data: Dataset | None = None


def _start(halt: Any, data: Dataset) -> None:
    """A worker begins: signals are the parent's business."""
    global _halt, _data
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, signal.SIG_IGN)
    _halt, _data = halt, data


def _warm_up(kind: str) -> None:
    """Compile the kernels of one kind of training, by two iterations of it."""
    parts: dict[str, dict[str, Any]] = {
        "online": {},
        "batch": {"batch": 2},
        "scatter": {"c2c": 0.1},
        "rivals": {"baseline": "lim-c"},
        "table": {"model": "soft-bounds"},
        "benchmark": {"rule": "software", "activation": "sigmoid"},
    }
    values = {key: value for part in kind.split() for key, value in parts.get(part, {"rule": part}).items()}
    layout = Layout.of(layers=(2, 2), dataset="two-pixels", n_max=2, iterations=2, eval_last=1, **values)
    assert kind_of(layout) == kind
    simulate.run(layout)
    with contextlib.suppress(OSError):  # then the next study compiles, or finds, them once more
        _note(kind).touch()


def _do(task: Task, keep: Path | None) -> dict[str, Any] | None:
    assert _data is not None
    return None if _halt.is_set() else run_task(task, _data, keep, _halt.is_set)
