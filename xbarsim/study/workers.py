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
from typing import Any, NamedTuple

from ..base.errors import XbarsimError
from ..base.signals import STOPPING, kept_back
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..learn.table import plan_of, state_of
from ..loop import simulate
from ..loop.pace import Pace
from .orphans import end_with_parent
from .tasks import Task, run_task
from .trials import trial

# One thread per worker: the workers are what uses the cores.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")

_LOOK = 0.2  # s between two looks at what the workers have done


class Told(NamedTuple):
    """What the workers tell while they work; one of the fields."""

    compiling: tuple[int, int] | None = None  # the so-and-so-many-th of so many combinations
    here: bool = False  # that is compiled in this process, which heeds no flag meanwhile
    paces: Mapping[Task, Pace] | None = None  # of the tasks that were tried
    done: Mapping[Task, int] | None = None  # iterations, of tasks under way
    record: tuple[Task, dict[str, Any]] | None = None  # of a task that is done


def work(
    todo: Sequence[Task],
    tried: Mapping[Task, int],
    data: Dataset,
    workers: int,
    files: Mapping[Task, Path],
    keep: bool,
    stop: Callable[[], bool],
    tell: Callable[[Told], None],
) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Records as they come; ends early when `stop` says so.

    Parameters
    ----------
    todo : sequence of Task
    tried : mapping
        Tasks to be tried first, and most iterations of the trial.
    data : Dataset
    workers : int
    files : mapping of Path
        Where a task leaves its run file, if `keep`.
    keep : bool
    stop : callable
    tell : callable
        Told what happens meanwhile.
    """
    if not todo:
        return
    if workers == 1 or len(todo) == 1:
        yield from _alone(todo, tried, data, files, keep, stop, tell)
        return
    context = multiprocessing.get_context("spawn")
    # Plain shared memory: nobody who is killed leaves it locked.
    halt, progress = context.RawValue("b", 0), context.RawArray("q", len(todo))
    number = {task: k for k, task in enumerate(todo)}
    with _one_thread_each():
        pool = ProcessPoolExecutor(min(workers, len(todo)), context, _start, (halt, progress, data))
        try:
            # One worker compiles; then all find the machine code in the cache.
            cold = _uncompiled(todo)
            for k, layout in enumerate(cold):
                tell(Told(compiling=(k + 1, len(cold))))
                with kept_back():
                    warm = pool.submit(_warm_up, layout)
                while not wait([warm], timeout=_LOOK).done:
                    if stop():  # nothing is under way but the compiler, which looks at no flag
                        _kill(pool)
                        return
                warm.result()
            tell(Told())
            if tried:
                paces: dict[Task, Pace] = {}
                for task, pace in _shared(pool, [(t, _try, (t, n)) for t, n in tried.items()], workers, stop):
                    if pace is not None:
                        paces[task] = pace
                if stop():
                    return
                tell(Told(paces=paces))

            def look() -> bool:
                tell(Told(done={task: progress[k] for task, k in number.items() if progress[k]}))
                return stop()

            calls = [(t, _do, (t, files[t] if keep else None, number[t])) for t in todo]
            for task, record in _shared(pool, calls, workers, look):
                if record is not None:
                    yield task, record
        except BrokenProcessPool:
            _kill(pool)  # the others wait for what nobody will send, and heed no signal
            raise XbarsimError(
                "study: a worker process died (out of memory?); start again with fewer --workers, what is done is kept"
            ) from None
        finally:
            halt.value = 1
            pool.shutdown(wait=True, cancel_futures=True)


def _alone(
    todo: Sequence[Task],
    tried: Mapping[Task, int],
    data: Dataset,
    files: Mapping[Task, Path],
    keep: bool,
    stop: Callable[[], bool],
    tell: Callable[[Told], None],
) -> Iterator[tuple[Task, dict[str, Any]]]:
    """The same in this process."""
    cold = _uncompiled(todo)
    for k, layout in enumerate(cold):
        tell(Told(compiling=(k + 1, len(cold)), here=True))
        _warm_up(layout)
    tell(Told())
    paces: dict[Task, Pace] = {}
    for task, most in tried.items():
        if stop():
            return
        paces[task] = trial(task, data, most, stop)
    if tried:
        tell(Told(paces=paces))
    for task in todo:

        def note(iterations: int, task: Task = task) -> None:
            tell(Told(done={task: iterations}))

        record = None if stop() else run_task(task, data, files[task] if keep else None, stop, note)
        if record is None:
            return
        yield task, record


def _shared(
    pool: ProcessPoolExecutor,
    calls: Sequence[tuple[Task, Callable[..., Any], tuple[Any, ...]]],
    workers: int,
    stop: Callable[[], bool],
) -> Iterator[tuple[Task, Any]]:
    """Share calls out among the workers; what they return, as it comes. Ends early when `stop`, asked now and then,
    says so.
    """
    waiting: dict[Future[Any], Task] = {}
    rest = list(calls)
    while rest or waiting:
        while rest and len(waiting) < 2 * workers:
            task, function, arguments = rest.pop(0)
            with kept_back():
                future = pool.submit(function, *arguments)
            waiting[future] = task
        done, _ = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
        for future in done:
            task, answer = waiting.pop(future), future.result()
            yield task, answer
        if stop():
            return


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
    few |= dict.fromkeys(("c", "hidden_dead_zone", "initial_steps"))  # lists, with one for each layer
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


# In a worker ----------------------------------------------------------------------------------------------------------

_halt: Any = None
_progress: Any = None
_data: Dataset | None = None


def _start(halt: Any, progress: Any, data: Dataset) -> None:
    """A worker begins: signals are the parent's business."""
    global _halt, _progress, _data
    for s in STOPPING:
        signal.signal(s, signal.SIG_IGN)
    end_with_parent()
    _halt, _progress, _data = halt, progress, data


def _halted() -> bool:
    return bool(_halt.value)


def _warm_up(layout: Layout) -> None:
    """Compile the kernels of a small layout, by training it."""
    simulate.run(layout)


def _try(task: Task, most: int) -> Pace | None:
    assert _data is not None
    return None if _halted() else trial(task, _data, most, _halted)


def _do(task: Task, keep: Path | None, number: int) -> dict[str, Any] | None:
    """Do a task; what is done of it, iterations, is left in its place of the shared memory."""
    assert _data is not None

    def note(iterations: int) -> None:
        _progress[number] = iterations

    return None if _halted() else run_task(task, _data, keep, _halted, note)
