"""A search for better settings of a rule: what is asked of it, what was tried, and what it came to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from .comparison import Value
from .space import Space

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
