"""Which setting is tried next: Optuna's TPE where it is installed, else points of a Latin hypercube, else a grid.

All of them are asked in rounds of a fixed size and told what came of a round in the order in which it was asked, and
draw from a fixed seed: who asks again, and tells what is recorded, is asked the same. So a search that was stopped goes
on from the records of its runs, whatever the number of workers.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..base.errors import XbarsimError
from ..base.notes import note
from .comparison import Value
from .samples import Range, Sample, at
from .space import Space, Values

WAYS = {
    "auto": "tpe where Optuna is installed, else lhs where SciPy is, else grid",
    "tpe": "Optuna's tree-structured Parzen estimator: looks where what was found is good",
    "lhs": "a Latin hypercube: every key takes every part of its range once",
    "grid": "all combinations of some values of every key",
}
"""Ways to choose settings."""

FIRST = 5
"""Settings that are tried, the layout's own included, before TPE looks at what was found."""


class Asker(Protocol):
    """Says which settings to try, and is told what came of them."""

    def begin(self, values: Mapping[str, Value], result: float) -> None:
        """What is known of a setting that was not asked for."""

    def ask(self, count: int) -> list[dict[str, Value]]:
        """So many settings; fewer if there are no more."""
        ...

    def tell(self, results: Sequence[float | None]) -> None:
        """What came of all that was asked last, in that order; None of what was refused. More is better."""


def way_of(text: str) -> str:
    """The way that ``auto`` stands for on this machine; of others, whether it is there.

    Raises
    ------
    XbarsimError
        If it needs a package that is not installed.
    """
    has = {name: importlib.util.find_spec(package) is not None for name, package in _NEEDS.items()}
    if text == "auto":
        found = next((name for name in ("tpe", "lhs") if has[name]), "grid")
        if found != "tpe":
            note(f"tune: Optuna is not installed (pip install 'xbarsim[tune]'); settings are those of {WAYS[found]}")
        return found
    if not has.get(text, True):
        raise XbarsimError(
            f"--how {text}: expected {_NEEDS[text]}, found none; install it: pip install 'xbarsim[{_EXTRAS[text]}]'"
        )
    return text


_NEEDS = {"tpe": "optuna", "lhs": "scipy"}
_EXTRAS = {"tpe": "tune", "lhs": "fit"}


def asker_of(way: str, space: Space, budget: int, seed: int = 0) -> Asker:
    """Who is asked, `budget` times in all.

    >>> asker_of("grid", {"c": Range(1.0, 5.0), "method": ("a", "b")}, 4).ask(4)[:2]
    [{'c': 2.0, 'method': 'a'}, {'c': 2.0, 'method': 'b'}]
    """
    if way == "tpe":
        return _Tpe(space, seed)
    if way == "lhs":
        return _Listed(Sample("lhs", budget, seed).points(space))
    return _Listed(_grid(space, budget))


class _Listed:
    """Settings that are known from the beginning."""

    def __init__(self, points: Sequence[dict[str, Value]]) -> None:
        self._points = list(points)

    def begin(self, values: Mapping[str, Value], result: float) -> None:
        """Nothing follows from it."""

    def ask(self, count: int) -> list[dict[str, Value]]:
        asked, self._points = self._points[:count], self._points[count:]
        return asked

    def tell(self, results: Sequence[float | None]) -> None:
        """Nothing follows from it."""


class _Tpe:
    """Bergstra et al., Algorithms for hyper-parameter optimization (NIPS 2011), as Optuna has it, for all keys at once;
    of a round, each setting keeps away from those that are asked with it.
    """

    def __init__(self, space: Space, seed: int) -> None:
        import optuna

        self._optuna: Any = optuna
        self._space = space
        # One scale for all: keys take what `samples` makes of shares of the way.
        self._where: dict[str, Any] = {
            key: optuna.distributions.FloatDistribution(0.0, 1.0)
            if isinstance(values, Range)
            else optuna.distributions.CategoricalDistribution(range(len(values)))
            for key, values in space.items()
        }
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(
                seed=seed, n_startup_trials=FIRST, multivariate=True, constant_liar=True
            )
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._asked: list[Any] = []

    def begin(self, values: Mapping[str, Value], result: float) -> None:
        shares = {key: _share(values.get(key), some) for key, some in self._space.items()}
        if None not in shares.values():
            trial = self._optuna.trial.create_trial(params=shares, distributions=self._where, value=result)
            self._study.add_trial(trial)

    def ask(self, count: int) -> list[dict[str, Value]]:
        self._asked = [self._study.ask(self._where) for _ in range(count)]
        return [{key: _value(some, t.params[key]) for key, some in self._space.items()} for t in self._asked]

    def tell(self, results: Sequence[float | None]) -> None:
        for trial, result in zip(self._asked, results, strict=True):
            if result is None:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            else:
                self._study.tell(trial, result)


def _value(values: Values, share: float) -> Value:
    return values.at(share) if isinstance(values, Range) else values[int(share)]


def _share(value: Any, values: Values) -> float | int | None:
    """What `_value` makes a value of; None of one that is not searched."""
    if not isinstance(values, Range):
        return values.index(value) if value in values else None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return values.share(value)


def _grid(space: Space, budget: int) -> list[dict[str, Value]]:
    """All combinations of as many values of every key as the budget lets there be, the middle of each part of a range;
    of lists that are too long the first values.
    """
    counts = dict.fromkeys(space, 1)
    most = {key: math.inf if isinstance(values, Range) else len(values) for key, values in space.items()}
    grows = True
    while grows:
        grows = False
        for key, n in counts.items():
            if n < most[key] and math.prod(counts.values()) // n * (n + 1) <= budget:
                counts[key], grows = n + 1, True
    listed = [
        tuple(at(values, (k + 0.5) / n) for k in range(n)) if isinstance(values, Range) else values[:n]
        for (key, values), n in zip(space.items(), counts.values(), strict=True)
    ]
    return [dict(zip(space, chosen, strict=True)) for chosen in itertools.product(*listed)]
