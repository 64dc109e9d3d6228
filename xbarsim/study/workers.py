"""Worker processes that do the tasks of a study."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from ..base.errors import XbarsimError
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..learn.table import plan_of, state_of
from ..loop import simulate
from .tasks import Task, run_task

# One thread per worker: the workers are what uses the cores.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")


def work(
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
            for layout in _uncompiled(todo):
                with _signals_wait():
                    warm = pool.submit(_warm_up, layout)
                while not wait([warm], timeout=0.2).done:
                    if stop():  # nothing is under way but the compiler, which looks at no flag
                        _kill(pool)
                        return
                warm.result()
            waiting: dict[Future[dict[str, Any] | None], Task] = {}
            rest = list(todo)
            while rest or waiting:
                while rest and len(waiting) < 2 * workers:
                    task = rest.pop(0)
                    with _signals_wait():
                        future = pool.submit(_do, task, files[task] if keep else None)
                    waiting[future] = task
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


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Keep signals back meanwhile, also from processes that start in it, for as long as these live.

    Ctrl-C goes to all processes of a terminal. A worker that it ends while it starts leaves its parent writing into a
    pipe that nobody reads. The parent ends its workers itself.
    """
    if not hasattr(signal, "pthread_sigmask"):  # pragma: no cover - not on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _kill(pool: ProcessPoolExecutor) -> None:
    """End the workers at once; what they do is lost. Python 3.14 has a method for it."""
    for process in list((pool._processes or {}).values()):
        process.kill()


def _uncompiled(todo: Sequence[Task]) -> list[Layout]:
    """Small layouts that stand for those of the tasks whose training loop this machine has not compiled yet."""
    small = {repr(plan_of(layout)): layout for layout in (_shrunk(task.layout) for task in todo)}
    return [layout for _, layout in sorted(small.items()) if not state_of(layout).compiled]


def _shrunk(layout: Layout) -> Layout:
    """The same kinds of kernels on the smallest of networks, for two iterations."""
    few: dict[str, Any] = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 2, "schedule": None}
    return layout.replace(**few, eval_every=0, eval_last=1, snapshot_every=0)


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


_halt: Any = None
_data: Dataset | None = None


def _start(halt: Any, data: Dataset) -> None:
    """A worker begins: signals are the parent's business."""
    global _halt, _data
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, signal.SIG_IGN)
    _halt, _data = halt, data


def _warm_up(layout: Layout) -> None:
    """Compile the kernels of a small layout, by training it."""
    simulate.run(layout)


def _do(task: Task, keep: Path | None) -> dict[str, Any] | None:
    assert _data is not None
    return None if _halt.is_set() else run_task(task, _data, keep, _halt.is_set)
