"""Who does the work of a study: processes of this machine, or the workers of a cluster, behind one small interface."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from ..base.signals import STOPPING, kept_back
from ..data_sets.data_set import Dataset
from .in_worker import Place
from .orphans import end_with_parent

# One thread per worker: the workers are what uses the cores.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")


class Executor(Protocol):
    """Workers. Calls are functions of `in_worker`, which get a `Place` first."""

    far: bool
    """Whether workers may be on other machines, and see other files."""

    @property
    def slots(self) -> int:
        """Calls that can be under way at once."""

    @property
    def hosts(self) -> Mapping[str, list[str]]:
        """Addresses of workers by the machine that they are on; of this machine none are needed."""

    def submit(
        self, function: Callable[..., Any], *arguments: Any, number: int | None = None, at: list[str] | None = None
    ) -> Future[Any]:
        """Begin a call; what is done of it counts for a task with this number. At most `slots` at once."""

    def deaths(self, error: BaseException) -> int:
        """How many workers a call that ended so has taken with it; 0: that is not what happened, raise it."""

    def progress(self) -> Mapping[int, int]:
        """Iterations that are done of tasks under way, by number."""

    def close(self, *, now: bool) -> None:
        """Let go of the workers; those of this machine end, `now` also in the middle of what heeds nothing."""


class Processes:
    """Processes of this machine, each in a pool of its own: one that dies takes nothing with it but its own call.

    Parameters
    ----------
    workers : int
    tasks : int
        Numbers of tasks are below this.
    data : Dataset
        Goes to each process once.
    """

    far = False

    def __init__(self, workers: int, tasks: int, data: Dataset) -> None:
        self._context = multiprocessing.get_context("spawn")
        # Plain shared memory: nobody who is killed leaves it locked.
        self._halt, self._progress = self._context.RawValue("b", 0), self._context.RawArray("q", max(1, tasks))
        self._data = data
        self._pools: list[ProcessPoolExecutor | None] = [None] * workers
        self._busy: list[Future[Any] | None] = [None] * workers

    @property
    def slots(self) -> int:
        """One for each process."""
        return len(self._pools)

    @property
    def hosts(self) -> Mapping[str, list[str]]:
        """This machine alone."""
        return {"": []}

    def submit(
        self, function: Callable[..., Any], *arguments: Any, number: int | None = None, at: list[str] | None = None
    ) -> Future[Any]:
        """Begin a call in a process that has nothing to do; one that died is replaced."""
        del at
        k = next(k for k, future in enumerate(self._busy) if future is None or future.done())
        before = self._busy[k]
        if before is not None and isinstance(before.exception(), BrokenProcessPool):
            self._end(k)
        with _one_thread_each(), kept_back():
            pool = self._pools[k] or self._begin(k)
            try:
                future = pool.submit(_here, function, number, arguments)
            except BrokenProcessPool as error:  # it died before it had anything to do
                future = Future()
                future.set_exception(error)
        self._busy[k] = future
        return future

    def _begin(self, k: int) -> ProcessPoolExecutor:
        # The data follow by themselves. A process reads what it starts with before it knows of its parent's end, and
        # of much would find half, if that came just then.
        pool = ProcessPoolExecutor(1, self._context, _start, (self._halt, self._progress))
        pool.submit(_take, self._data)
        self._pools[k] = pool
        return pool

    def _end(self, k: int) -> None:
        pool = self._pools[k]
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
            self._pools[k] = None

    def deaths(self, error: BaseException) -> int:
        """One, if a process died."""
        return int(isinstance(error, BrokenProcessPool))

    def progress(self) -> Mapping[int, int]:
        """Iterations as the processes left them in shared memory."""
        return {k: n for k, n in enumerate(self._progress) if n}

    def close(self, *, now: bool) -> None:
        """End the processes; without `now` they finish their block of iterations."""
        self._halt.value = 1
        pools = [pool for pool in self._pools if pool is not None]
        for pool in pools:
            if now:
                for process in list((pool._processes or {}).values()):  # Python 3.14 has a method for it
                    process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.shutdown(wait=True)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Worker processes started meanwhile use one thread each; and the one that keeps Python's books of what they share
    does not complain of a parent that was killed.
    """
    warned = "PYTHONWARNINGS"
    before = {name: os.environ.get(name) for name in (*_THREADS, warned)}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    os.environ[warned] = ",".join(filter(None, [before[warned], "ignore:resource_tracker"]))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# In a worker ----------------------------------------------------------------------------------------------------------

_halt: Any = None
_progress: Any = None
_data: Dataset | None = None


def _start(halt: Any, progress: Any) -> None:
    """A worker begins: signals are the parent's business."""
    global _halt, _progress
    for s in STOPPING:
        signal.signal(s, signal.SIG_IGN)
    end_with_parent()
    _halt, _progress = halt, progress


def _take(data: Dataset) -> None:
    global _data
    _data = data


def _halted() -> bool:
    return bool(_halt.value)


def _here(function: Callable[..., Any], number: int | None, arguments: tuple[Any, ...]) -> Any:
    """A call; what is done of it, iterations, is left in its place of the shared memory."""

    def note(iterations: int) -> None:
        if number is not None:
            _progress[number] = iterations

    return function(Place(_data, _halted, note), *arguments)
