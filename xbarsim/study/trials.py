"""Trials: some iterations of each kind of run, so that what a study takes can be told before it is spent."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..base.errors import IdleWarning
from ..base.notes import collected
from ..data_sets.data_set import Dataset
from ..data_sets.order import iterations_of
from ..learn.table import kind_of, plan_of
from ..loop import simulate
from ..loop.pace import Pace, reads_anew
from ..loop.results import Progress
from .tasks import TOLD, Task, meter_of

_SHARE = 0.02
"""Part of the iterations of all runs of a kind that may go into its trial: what is short is not worth a long one."""

_MOST = 400
"""Iterations that are tried at most."""

_PATIENCE = 0.7  # s of training after which a trial ends
_LAST = 3
"""Evaluations of a trial: the first reads everything again, those after it only what one iteration has changed."""

_LATER = 0.3
"""Of what an evaluation after one iteration takes where a run begins, so much is left where it ends, and where such
evaluations are: what has not changed is not read again, and few devices still move. 0.14 to 0.6 were measured.
"""

_EACH = 30
"""So many layouts, seeds apart, are tried one by one; of more, some of each kind are."""

_OF_A_KIND = 4


def to_try(todo: Sequence[Task], data: Dataset) -> tuple[dict[Task, int], dict[Task, Task]]:
    """Which tasks to try, with the most iterations of each trial; and for every task the one that stands for it.

    Runs that differ in their seed alone take as long as each other. Where there are very many others, such as the
    settings of a tuning, some runs of each kind stand for all: the kernels and the sizes say what an iteration takes.
    """
    alike: dict[object, list[Task]] = {}
    for task in todo:
        alike.setdefault((task.layout.replace(seed=0), task.costs), []).append(task)
    firsts = [group[0] for group in alike.values()]
    if len(firsts) > _EACH:
        kinds: dict[object, list[Task]] = {}
        for task in firsts:
            run = task.layout.run
            kind = (repr(plan_of(task.layout)), task.layout.network.layers, run.batch, task.layout.pulses, task.costs)
            kinds.setdefault(kind, []).append(task)
        stands = {t: _nearest(t, group) for group in kinds.values() for t in group}
    else:
        stands = {t: t for t in firsts}
    found = {task: stands[group[0]] for group in alike.values() for task in group}
    total: dict[Task, int] = {}
    for task, one in found.items():
        total[one] = total.get(one, 0) + iterations_of(task.layout, len(data.y_train))
    return {task: max(1, min(_MOST, int(_SHARE * n))) for task, n in total.items()}, found


def _nearest(task: Task, group: Sequence[Task]) -> Task:
    """That of some evenly spread members of a group which is nearest."""
    step = max(1, len(group) // _OF_A_KIND)
    return group[group.index(task) // step * step]


def trial(task: Task, data: Dataset, most: int, stop: Callable[[], bool]) -> Pace:
    """What a run takes, from its first iterations and some evaluations; nothing of it is kept.

    Parameters
    ----------
    task : Task
    data : Dataset
    most : int
        Iterations.
    stop : callable
        True ends it early.
    """
    layout, samples = task.layout, len(data.y_train)
    whole = iterations_of(layout, samples)
    few: dict[str, Any] = {
        "iterations": min(whole, most + _LAST),
        "eval_every": 0,
        "eval_last": _LAST,
        "snapshot_every": 0,
    }
    if layout.run.schedule is None and layout.rule.falls(layout):
        few["schedule"] = whole  # rates are as at the begin of the run
    begun = 0.0
    seen: list[Pace] = []

    def listen(progress: Progress) -> None:
        nonlocal begun
        if progress.phase == "training":
            begun = begun or time.perf_counter()
            if progress.pace is not None:
                seen.append(progress.pace)

    def enough() -> bool:
        return stop() or (begun > 0.0 and time.perf_counter() - begun > _PATIENCE)

    before = time.perf_counter()
    meter = meter_of(task, data)
    more = time.perf_counter() - before
    with collected(), warnings.catch_warnings():  # the run will say so, if it is still true then
        for kind in (*TOLD, IdleWarning):
            warnings.simplefilter("ignore", kind)
        simulate.run(layout.replace(**few), dataset=data, listener=listen, stop=enough, watch=meter)
    pace = seen[-1] if seen else Pace(0.0, 0.0, 0.0)
    later = _LATER if kind_of(layout).has_devices and not reads_anew(layout) else 1.0
    return pace._replace(start=pace.start + more, again=later * pace.again)


def costs_of(
    todo: Sequence[Task], stands: Mapping[Task, Task], paces: Mapping[Task, Pace], data: Dataset
) -> dict[Task, float]:
    """Time of each task on one worker, s; where nothing was tried, the order of magnitude that is known."""
    found = {t: paces.get(stands.get(t, t)) for t in todo}
    return {t: t.cost(data) if pace is None else t.seconds(pace, data) for t, pace in found.items()}
