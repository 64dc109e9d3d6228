"""`xbarsim tune` for any rule: settings that are searched by the accuracy of training samples that were held out.

A setting is trained for a short while on the other training samples; what counts is the mean of the last evaluations
of all its seeds. The best of many noisy numbers is too good to be true, so that the best setting and the layout as it
was are trained once more, with seeds that the search has not seen: how much is gained is said by those alone. The test
set is never looked at.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LayoutError
from ..data_sets.activity import activity_of
from ..data_sets.data_set import Dataset
from ..describe.defaults import settle
from ..describe.layout import Layout
from ..describe.sections import HOMES
from .asking import Asker, asker_of
from .clock import Tick
from .comparison import Value
from .rounds import Rounds
from .space import Space
from .tasks import Task
from .tune import held_out

LOOKS = 10
"""Evaluations in a short run,"""
LAST = 3
"""of which so many, the last, count."""

RUN_OFF = 2
"""More seeds of settings that are nearly equal."""

MOST_HELD_OUT = 10_000


@dataclass(frozen=True)
class Search:
    """What is tuned, and where is looked for better values.

    Attributes
    ----------
    base : Layout
        Its own values are the first setting.
    space : mapping
        Ranges or values by key.
    """

    base: Layout
    space: Space


@dataclass(frozen=True)
class Plan:
    """How a search is done.

    Attributes
    ----------
    budget : int
        Settings that are tried, besides that of the layout.
    seeds : int
        Runs of each, with seeds 0, 1, 2, ...
    finalists : int
        The best so many settings are trained with `RUN_OFF` more seeds, and the best of them by all its seeds is taken;
        1: the best of the search is.
    confirm : int
        Runs of that setting and of the layout's own afterwards, with the seeds that follow.
    iterations : int
        Of each run.
    at_once : int
        Settings that are asked for before the results of any of them are known; not the number of workers, so that
        what is tried does not depend on the machine.
    way : str
        Of `asking.WAYS`, but ``auto``.
    """

    budget: int
    seeds: int
    finalists: int
    confirm: int
    iterations: int
    at_once: int
    way: str

    @property
    def rounds(self) -> tuple[int, ...]:
        """How many settings are asked for in each round."""
        whole, rest = divmod(self.budget, self.at_once)
        return (self.at_once,) * whole + ((rest,) if rest else ())

    def runs(self, searches: int = 1) -> int:
        """Runs of so many searches, at most."""
        final = self.finalists * RUN_OFF if self.finalists > 1 else 0
        return searches * ((self.budget + 1) * self.seeds + final + 2 * self.confirm)


@dataclass(frozen=True)
class Setting:
    """One setting, and what came of it.

    Attributes
    ----------
    number : int
        In the order in which it was asked for; 0 is the layout as it was.
    values : mapping
        By key; of number 0 empty.
    accuracies : tuple of float
        Held-out accuracy of each seed, a fraction; none of a setting that the layout refuses.
    pulses : float
        Of a run, mean over the seeds.
    refused : str
        Why it was not tried.
    said : tuple of str
        What its runs had to say, such as that a network is dead.
    """

    number: int
    values: Mapping[str, Value]
    accuracies: tuple[float, ...] = ()
    pulses: float = 0.0
    refused: str = ""
    said: tuple[str, ...] = ()

    @property
    def accuracy(self) -> float:
        """Mean over the seeds; NaN if it was refused."""
        return float(np.mean(self.accuracies)) if self.accuracies else math.nan


@dataclass(frozen=True)
class Tuned:
    """What a search came to.

    Attributes
    ----------
    search : Search
    settings : tuple of Setting
        In the order in which they were asked for, the layout's own first.
    found : Setting
        That with the highest accuracy in the search, of the finalists if there are some.
    again : tuple of float
        Accuracies of `found` with other seeds; () if none were asked for.
    before : tuple of float
        The same of the layout's own.
    """

    search: Search
    settings: tuple[Setting, ...]
    found: Setting
    again: tuple[float, ...] = ()
    before: tuple[float, ...] = ()

    @property
    def own(self) -> Setting:
        """The layout as it was."""
        return self.settings[0]

    @property
    def gain(self) -> float:
        """How much better than the layout's own, a fraction; by other seeds than the search's, where there are any."""
        if self.again:
            return float(np.mean(self.again) - np.mean(self.before))
        return self.found.accuracy - self.own.accuracy

    @property
    def gain_error(self) -> float | None:
        """Standard error of `gain` from its seeds; None of fewer than two."""
        if len(self.again) < 2:
            return None
        parts = [float(np.var(x, ddof=1)) / len(x) for x in (self.again, self.before)]
        return math.sqrt(sum(parts))

    @property
    def best(self) -> Setting:
        """The setting to take: that of the search, unless other seeds say that the layout's own is better."""
        return self.own if self.again and self.gain < 0.0 else self.found

    @property
    def layout(self) -> Layout:
        """The layout with the best setting, as long as it was."""
        return with_values(self.search.base, self.best.values)


def with_values(base: Layout, values: Mapping[str, Value]) -> Layout:
    """A layout with a setting."""
    given: dict[str, Any] = dict(values)
    return base.replace(**given)


def held_out_of(data: Dataset, samples: int | None) -> int:
    """How many training samples are held out: a sixth, at most 10,000, where nothing is said."""
    return samples if samples is not None else max(1, min(MOST_HELD_OUT, len(data.y_train) // 6))


def short(layout: Layout, iterations: int) -> Layout:
    """The layout of a short run: it has nothing but its accuracy to leave."""
    return layout.replace(
        iterations=iterations,
        schedule=None,
        eval_every=max(1, iterations // LOOKS),
        eval_last=1,
        snapshot_every=0,
        un_window=0,
    )


def accuracy_of(record: Mapping[str, Any]) -> float:
    """What counts of a short run: the mean of its last evaluations."""
    return float(np.mean([accuracy for _, accuracy in record["curve"][-LAST:]]))


def with_runs(setting: Setting, records: Sequence[Mapping[str, Any]]) -> Setting:
    """A setting with what came of more runs of it."""
    n = len(setting.accuracies)
    pulses = n * setting.pulses + sum(float(r["result"]["pulses"]) for r in records)
    said = [text for r in records for text in (*r.get("notes", ()), *r.get("warnings", ()))]
    return dataclasses.replace(
        setting,
        accuracies=(*setting.accuracies, *(accuracy_of(r) for r in records)),
        pulses=pulses / (n + len(records)),
        said=tuple(dict.fromkeys((*setting.said, *said))),
    )


def ranked(settings: Sequence[Setting]) -> list[Setting]:
    """Best first, of equal ones the first that was asked for; what was refused is left out."""
    return sorted((s for s in settings if s.accuracies), key=lambda s: (-s.accuracy, s.number))


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


def run_searches(searches: Mapping[str, Search], part: Dataset, plan: Plan, rounds: Rounds) -> dict[str, Tuned] | None:
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
