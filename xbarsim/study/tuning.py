"""`xbarsim tune` for any rule: settings that are searched by the accuracy of training samples that were held out.

A setting is trained for a short while on the other training samples; what counts is the mean of the last evaluations
of all its seeds. The best of many noisy numbers is too good to be true, so that the best setting and the layout as it
was are trained once more, with seeds that the search has not seen: how much is gained is said by those alone. The test
set is never looked at.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..base.errors import LayoutError
from ..data_sets.activity import activity_of
from ..data_sets.data_set import Dataset
from ..describe.defaults import settle
from ..describe.sections import HOMES
from .asking import Asker, asker_of
from .clock import Tick
from .comparison import Value
from .rounds import Rounds
from .tasks import Task
from .tune import held_out
from .tuned import (
    RUN_OFF,
    Plan,
    Search,
    Setting,
    Tuned,
    accuracy_of,
    held_out_of,
    ranked,
    short,
    with_runs,
    with_values,
)

Name = TypeVar("Name")


class _Running:
    """A search that is going on."""

    def __init__(self, search: Search, plan: Plan) -> None:
        self.search, self.plan = search, plan
        self.asker: Asker = asker_of(plan.way, search.space, plan.budget)
        self.settings: list[Setting] = []
        self.asked: list[tuple[Setting, tuple[Task, ...]]] = []

    def ask(self, count: int) -> list[Task]:
        """The runs of the next settings; at the very beginning those of the layout's own, too."""
        wanted: list[Mapping[str, Value]] = [] if self.settings else [{}]
        wanted += self.asker.ask(count)
        self.asked = []
        for k, values in enumerate(wanted):
            setting = Setting(len(self.settings) + k, values)
            try:
                tasks = self.tasks(values, range(self.plan.seeds))
            except LayoutError as error:
                if not values:
                    raise
                setting, tasks = dataclasses.replace(setting, refused=str(error)), ()
            self.asked.append((setting, tasks))
        return [task for _, tasks in self.asked for task in tasks]

    def tasks(self, values: Mapping[str, Value], seeds: Sequence[int]) -> tuple[Task, ...]:
        """The runs of a setting."""
        layout = short(with_values(self.search.base, values), self.plan.iterations)
        return tuple(Task(layout.replace(seed=seed)) for seed in seeds)

    def tell(self, records: Mapping[Task, Mapping[str, Any]], data: Dataset) -> None:
        """Take in what came of what was asked."""
        results: list[float | None] = []
        for setting, tasks in self.asked:
            done = setting
            if tasks:
                done = with_runs(setting, [records[t] for t in tasks])
            if done.number == 0:
                settled = settle(self.search.base, activity_of(data))
                own = {key: getattr(getattr(settled, HOMES[key]), key) for key in self.search.space}
                self.asker.begin(own, done.accuracy)
            else:
                results.append(None if done.refused else done.accuracy)
            self.settings.append(done)
        self.asker.tell(results)

    def final(self) -> dict[int, tuple[Task, ...]]:
        """More runs of the best settings, by their numbers."""
        n = self.plan.finalists
        seeds = range(self.plan.seeds, self.plan.seeds + RUN_OFF)
        return {s.number: self.tasks(s.values, seeds) for s in ranked(self.settings)[:n]} if n > 1 else {}

    def decide(self, final: Mapping[int, Sequence[Task]], records: Mapping[Task, Mapping[str, Any]]) -> Setting:
        """The setting that is taken: the best of the finalists by all their seeds, or the best of the search."""
        for number, tasks in final.items():
            self.settings[number] = with_runs(self.settings[number], [records[t] for t in tasks])
        return ranked([self.settings[number] for number in final] or self.settings)[0]


def run_searches(
    searches: Mapping[Name, Search], part: Dataset, plan: Plan, rounds: Rounds
) -> dict[Name, Tuned] | None:
    """Search for all of them side by side, with the same budget; None if it was stopped.

    Parameters
    ----------
    searches : mapping of Search
        By name.
    part : Dataset
        In which held-out training samples stand for the test samples (`tune.held_out`).
    plan : Plan
    rounds : Rounds
        Who does the runs.
    """
    running = {name: _Running(search, plan) for name, search in searches.items()}
    for count in plan.rounds:
        asked = [task for one in running.values() for task in one.ask(count)]
        records = rounds.run(asked, part, told=False)
        if records is None:
            return None
        for one in running.values():
            one.tell(records, part)
    final = {name: one.final() for name, one in running.items()}
    records = rounds.run([t for some in final.values() for tasks in some.values() for t in tasks], part, told=False)
    if records is None:
        return None
    found = {name: one.decide(final[name], records) for name, one in running.items()}
    first = plan.seeds + (RUN_OFF if plan.finalists > 1 else 0)
    seeds = range(first, first + plan.confirm)
    pairs = {n: (one.tasks(found[n].values, seeds), one.tasks({}, seeds)) for n, one in running.items()}
    records = rounds.run([task for both in pairs.values() for tasks in both for task in tasks], part)
    if records is None:
        return None
    tuned = {}
    for name, one in running.items():
        again, before = (tuple(accuracy_of(records[t]) for t in tasks) for tasks in pairs[name])
        tuned[name] = Tuned(one.search, tuple(one.settings), found[name], again, before)
    return tuned


def tune_rule(
    search: Search,
    data: Dataset,
    folder: Path,
    plan: Plan,
    *,
    samples: int | None = None,
    workers: int | str = 1,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
) -> Tuned | None:
    """Search for one layout; None if it was stopped.

    Parameters
    ----------
    search : Search
    data : Dataset
        Of which the training samples are used.
    folder : Path
        For the records of the runs, with which a search that was stopped goes on.
    plan : Plan
    samples : int, optional
        Training samples that are held out; see `held_out_of`.
    workers, listener, stop, trials :
        See `study.run_study`.
    """
    part = held_out(data, held_out_of(data, samples))
    part.check_fits(search.base.network.layers)
    rounds = Rounds(folder, [(plan.runs(), 1.0)], workers=workers, listener=listener, stop=stop, trials=trials)
    found = run_searches({"": search}, part, plan, rounds)
    if found is not None:
        rounds.end()
    return None if found is None else found[""]
