"""The tasks of a study shared out among workers, here or elsewhere; what dies with a worker goes to another."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, NamedTuple

from ..base.files import write_bytes
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..learn.table import state_of
from ..loop.pace import Pace
from . import in_worker
from .executors import Executor, Processes
from .in_worker import Keep
from .tasks import Task, run_task
from .trials import trial

_LOOK = 0.2  # s between two looks at what the workers have done

MOST_DEATHS = 3
"""Workers that a task may take with it before it is given up."""


class Told(NamedTuple):
    """What the workers tell while they work; one of the fields."""

    compiling: tuple[int, int] | None = None  # the so-and-so-many-th of so many combinations
    here: bool = False  # that is compiled in this process, which heeds no flag meanwhile
    machines: bool = False  # or of so many machines, each of which compiles for itself
    paces: Mapping[Task, Pace] | None = None  # of the tasks that were tried
    done: Mapping[Task, int] | None = None  # iterations, of tasks under way
    record: tuple[Task, dict[str, Any]] | None = None  # of a task that is done
    workers: int | None = None  # that there are, where they come and go
    lost: Task | None = None  # was given up


class GivenUp(NamedTuple):
    """A call that took too many workers with it."""

    deaths: int


class Call(NamedTuple):
    """A function of `in_worker`, for a task, or something else that names it."""

    task: Any
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    number: int | None = None


def work(
    todo: Sequence[Task],
    tried: Mapping[Task, int],
    data: Dataset,
    workers: int | str,
    files: Mapping[Task, Keep],
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
    workers : int or str
        Processes on this machine, or where the scheduler of a cluster is.
    files : mapping of Keep
        Where tasks leave their run files, if they do.
    stop : callable
    tell : callable
        Told what happens meanwhile.
    """
    if not todo:
        return
    if isinstance(workers, int) and (workers == 1 or len(todo) == 1):
        yield from _alone(todo, tried, data, files, stop, tell)
        return
    with executor_for(workers, len(todo), data, stop) as executor:
        if executor is None:
            return
        if not _compile(executor, todo, stop, tell):
            executor.close(now=True)
            return
        tell(Told())
        if tried:
            calls = [Call(task, in_worker.try_out, (task, n)) for task, n in tried.items()]
            paces = {task: pace for task, pace in shared(executor, calls, stop) if isinstance(pace, Pace)}
            if stop():
                return
            tell(Told(paces=paces))
        number = {task: k for k, task in enumerate(todo)}

        def look() -> bool:
            done = executor.progress()
            tell(Told(done={todo[k]: n for k, n in done.items()}, workers=executor.slots))
            return stop()

        calls = [Call(task, in_worker.do, (task, files.get(task)), number[task]) for task in todo]
        for task, done in shared(executor, calls, look):
            if isinstance(done, GivenUp):
                tell(Told(lost=task))
            elif done is not None:
                if done.run is not None:
                    write_bytes(files[task].path, done.run)
                yield task, done.record


@contextlib.contextmanager
def executor_for(workers: int | str, tasks: int, data: Dataset, stop: Callable[[], bool]) -> Iterator[Executor | None]:
    """The workers for so many tasks, as long as they are needed; None if `stop` came before any was there."""
    executor: Executor | None
    if isinstance(workers, int):
        executor = Processes(min(workers, tasks), tasks, data)
    else:
        from .cluster import connect

        executor = connect(workers, data, stop)
    try:
        yield executor
    finally:
        if executor is not None:
            executor.close(now=False)


def _compile(executor: Executor, todo: Sequence[Task], stop: Callable[[], bool], tell: Callable[[Told], None]) -> bool:
    """One worker of each machine compiles; then all find the machine code in its cache. False if it was stopped."""
    if executor.far:
        layouts, hosts = in_worker.shrunk(todo), executor.hosts
        begun = [executor.submit(in_worker.warm_up_all, layouts, at=at) for at in hosts.values()]
        told = False
        while waiting := [future for future in begun if not future.done()]:
            wait(waiting, timeout=_LOOK if told else 2.0, return_when=FIRST_COMPLETED)
            if stop():
                return False
            if any(not future.done() for future in begun):
                told = True
                ready = sum(future.done() for future in begun)
                tell(Told(compiling=(min(ready + 1, len(begun)), len(begun)), machines=True))
        for future in begun:
            _answer(executor, future)  # a worker that died here is only missed by what it would have compiled
        return True
    cold = _uncompiled(todo)
    for k, layout in enumerate(cold):
        tell(Told(compiling=(k + 1, len(cold))))
        for _ in range(MOST_DEATHS):
            future = executor.submit(in_worker.warm_up, layout)
            while not wait([future], timeout=_LOOK).done:
                if stop():  # nothing is under way but the compiler, which looks at no flag
                    return False
            if not _answer(executor, future)[0]:
                break
    return True


def _answer(executor: Executor, future: Future[Any]) -> tuple[int, Any]:
    """How many workers died over a call, and else its answer; errors are raised."""
    try:
        return 0, future.result()
    except BaseException as error:
        if (deaths := executor.deaths(error)) > 0:
            return deaths, None
        raise


def shared(executor: Executor, calls: Sequence[Call], stop: Callable[[], bool]) -> Iterator[tuple[Any, Any]]:
    """Share calls out among the workers; what they return, as it comes. Ends early when `stop`, asked now and then,
    says so.

    A call whose worker dies is done again, elsewhere. After `MOST_DEATHS` of them it waits until all others are done,
    and is done once more, alone, if somebody else may have been to blame; then it is given up.
    """
    waiting: dict[Future[Any], Call] = {}
    rest, suspects = deque(calls), deque[Call]()
    deaths: dict[Any, int] = {}
    last: set[Any] = set()
    while rest or waiting or suspects:
        if not rest and not waiting:
            call = suspects.popleft()
            last.add(call.task)
            rest.append(call)
        while rest and len(waiting) < executor.slots:
            call = rest.popleft()
            future = executor.submit(call.function, *call.arguments, number=call.number)
            waiting[future] = call
        finished, _ = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
        for future in finished:
            call = waiting.pop(future)
            died, answer = _answer(executor, future)
            if not died:
                yield call.task, answer
                continue
            deaths[call.task] = deaths.get(call.task, 0) + died
            if deaths[call.task] < MOST_DEATHS:
                rest.appendleft(call)
            elif executor.far and call.task not in last:
                deaths[call.task] = 0
                suspects.append(call)
            else:
                yield call.task, GivenUp(deaths[call.task])
        if stop():
            for future in waiting:
                future.cancel()
            return


def _alone(
    todo: Sequence[Task],
    tried: Mapping[Task, int],
    data: Dataset,
    files: Mapping[Task, Keep],
    stop: Callable[[], bool],
    tell: Callable[[Told], None],
) -> Iterator[tuple[Task, dict[str, Any]]]:
    """The same in this process."""
    cold = _uncompiled(todo)
    for k, layout in enumerate(cold):
        tell(Told(compiling=(k + 1, len(cold)), here=True))
        in_worker.warm_up(None, layout)
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

        keep = files.get(task)
        record = None if stop() else run_task(task, data, None if keep is None else keep.path, stop, note)
        if record is None:
            return
        yield task, record


def _uncompiled(todo: Sequence[Task]) -> list[Layout]:
    """Small layouts that stand for those of the tasks whose training loop this machine has not compiled yet."""
    return [layout for layout in in_worker.shrunk(todo) if not state_of(layout).compiled]
