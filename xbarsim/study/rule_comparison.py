"""Learning rules side by side on one device: which runs it takes, their curves, and the tables that they make."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.crossbar import engine_for
from ..base.errors import LayoutError, nearest
from ..data_sets.load import Dataset
from ..data_sets.order import iterations_of
from ..describe.choices import BASELINES, METHODS
from ..describe.device import Device
from ..describe.layout import HOMES, SECTIONS, Layout
from ..describe.sections import Gates, Run, Sense, Variation, Wires
from ..learn.bs import cells_of
from ..loop.costs import Energy, has_devices
from .comparison import Row, Value, row_of, value_of
from .crus import found_for
from .study import Task, Tick, run_study

RULES: dict[str, dict[str, Value]] = {
    **{name: {"rule": "sign", "method": name} for name in METHODS},
    **{name: {"rule": "crus", "baseline": name} for name in BASELINES},
    "bs": {"rule": "bs"},
    "software": {"rule": "software"},
}
"""Names of rules, and what they stand for in a layout."""

WINDOW = 5
"""Evaluations in a row over which a curve is averaged: online, single ones swing by a point and more from iteration to
iteration.
"""

POINTS = 40
"""Evaluations that a run is given if the layout leaves it open."""

BS_DIGITS = 2
"""Digits of a weight of rule ``bs``, if the layout says none: without devices there is nothing to compare."""

_OF_A_RULE = ("array", "neuron", "pulses", "crus", "bs", "software")
"""Sections that may differ from rule to rule; the others are what the rules have in common."""

_OF_A_FILE = ("neuron", "pulses", "crus", "bs", "software")
_NAMED = {"rule": "--rules", "method": "--rules", "baseline": "--rules", "seed": "--seeds", "layers": "--layers"}


@dataclass(frozen=True)
class Choice:
    """A rule as ``--rules`` names it.

    Attributes
    ----------
    name : str
        Of ``RULES``.
    file : Path, optional
        Layout file whose settings of the rule are taken.
    """

    name: str
    file: Path | None = None


@dataclass(frozen=True)
class Settings:
    """What ``--set`` gives: for all rules, and for one."""

    common: Mapping[str, Value]
    own: Mapping[str, Mapping[str, Value]]

    def gives(self, rule: str, key: str) -> bool:
        """Whether a key is set for a rule."""
        return key in self.common or key in self.own.get(rule, {})


def choices_of(text: str) -> list[Choice]:
    """Rules from ``b,crus=my.toml``; they have to be known, and to differ.

    >>> choices_of("b, crus=my.toml")
    [Choice(name='b', file=None), Choice(name='crus', file=PosixPath('my.toml'))]
    """
    choices = []
    for part in text.split(","):
        name, equals, file = (word.strip() for word in part.partition("="))
        if name not in RULES:
            raise LayoutError(f"--rules: unknown rule '{name}'; {nearest(name, RULES)}")
        if equals and not file:
            raise LayoutError(
                f"--rules: expected a layout file after '{name}=', got none; give one, or leave the = out"
            )
        choices.append(Choice(name, Path(file) if file else None))
    names = [c.name for c in choices]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise LayoutError(f"--rules: expected different ones, got {', '.join(twice)} twice; correct the list")
    return choices


def settings_of(texts: Sequence[str], choices: Sequence[Choice]) -> Settings:
    """Settings from ``KEY=VALUE`` for all rules and ``RULE:KEY=VALUE`` for one.

    >>> settings_of(["n_max=9", "crus:crus_rate=0.1"], choices_of("b,crus"))
    Settings(common={'n_max': 9}, own={'crus': {'crus_rate': 0.1}})
    """
    common: dict[str, Value] = {}
    own: dict[str, dict[str, Value]] = {}
    names = [c.name for c in choices]
    for text in texts:
        left, equals, value = text.partition("=")
        if not equals:
            raise LayoutError(f"--set: expected KEY=VALUE or RULE:KEY=VALUE, got '{text}'; give for example --set c=3")
        rule, colon, key = (word.strip() for word in left.rpartition(":"))
        if colon and rule not in names:
            raise LayoutError(
                f"--set {text}: expected one of the rules that are compared, got '{rule}'; {nearest(rule, names)}"
            )
        if key in _NAMED:
            raise LayoutError(f"--set {text}: expected a key that --set may give, got '{key}'; use {_NAMED[key]}")
        if key not in HOMES:
            raise LayoutError(f"--set {text}: unknown key '{key}'; {nearest(key, HOMES)}")
        if colon and HOMES[key] not in _OF_A_RULE:
            raise LayoutError(
                f"--set {text}: expected a key that may differ from rule to rule (of {', '.join(_OF_A_RULE)}), got "
                f"one of [{HOMES[key]}]; set it for all, --set {key}={value}"
            )
        (own.setdefault(rule, {}) if colon else common)[key] = value_of(value)
    return Settings(common, own)


def layouts_of(base: Layout, choices: Sequence[Choice], settings: Settings, samples: int) -> dict[str, Layout]:
    """One layout for each rule, by name, with everything in common but the rule and its settings.

    Parameters
    ----------
    base : Layout
        Device, network, circuits and length; `settings.common` are in it already.
    choices : sequence of Choice
    settings : Settings
    samples : int
        Of the training data.

    Raises
    ------
    LayoutError
        With the rule's name, if the device or the circuits do not go with it.
    """
    if not {"eval_every"} & settings.common.keys() and base.run.eval_every == Run().eval_every:
        base = base.replace(eval_every=max(1, iterations_of(base, samples) // POINTS))
    if "un_window" not in settings.common:
        base = base.replace(un_window=0)  # nobody looks at it here
    layouts = {}
    for choice in choices:
        try:
            layouts[choice.name] = _with_rule(base, choice, settings)
        except LayoutError as error:
            raise LayoutError(f"--rules {choice.name}: {error}") from None
    return layouts


def _with_rule(base: Layout, choice: Choice, settings: Settings) -> Layout:
    """The layout with a rule: settings found for it, then its file, then --set for all rules and for this one."""
    name, values = choice.name, dict[str, Any]()
    if _is_lent(name, base):
        values |= {k: v for k, v in found_for(name, base.device).items() if HOMES[k] != "device"}
    if choice.file is not None:
        values |= _rule_part(Layout.from_toml(choice.file), base)
    if name == "software":
        values |= {f.name: f.default for part in (Variation, Wires, Sense, Gates) for f in dataclasses.fields(part)}
        values |= {"engine": "auto", "circuit": "auto"}
    if name == "bs" and not values.get("bs_digits", base.bs.bs_digits) and not settings.gives(name, "bs_digits"):
        values |= {"bs_digits": BS_DIGITS}
    values |= {k: v for k, v in settings.common.items() if HOMES[k] in _OF_A_FILE}
    layout = base.replace(**{**values, **settings.own.get(name, {}), **RULES[name]})
    engine_for(layout)
    if name == "bs" and layout.bs.bs_digits:
        cells_of(layout)
        layout = layout.replace(engine="analog")  # the engine that counts every device
    return layout


def _rule_part(layout: Layout, base: Layout) -> dict[str, Any]:
    """Settings of a rule in a layout: all but the device, the network, the circuits and the run."""
    values = {
        f.name: getattr(getattr(layout, section), f.name)
        for section in _OF_A_FILE
        for f in dataclasses.fields(SECTIONS[section])
    }
    return values | {"un_window": base.crus.un_window}


def _is_lent(name: str, base: Layout) -> bool:
    """Whether a rule takes the settings of `study_crus`: a scheme that senses, unless the layout itself is of it."""
    return name in BASELINES and (base.pulses.rule, base.crus.baseline) != ("crus", name)


def untuned(base: Layout, choices: Sequence[Choice], settings: Settings) -> list[str]:
    """Rules whose settings were found for devices with other steps than these, and were left as they are."""
    lent = [c.name for c in choices if _is_lent(c.name, base) and c.file is None and not settings.own.get(c.name)]
    return [name for name in lent if not _has_steps(base.device, found_for(name, base.device))]


def _has_steps(device: Device, found: Mapping[str, Any]) -> bool:
    """Whether a device has the steps that settings were found for."""
    like = Device(**{k: v for k, v in found.items() if HOMES[k] == "device"})
    return all(getattr(like, k) == getattr(device, k) for k in ("model", "n_max", "beta", "n_max_d", "beta_d"))


# Runs -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curves:
    """What the runs of one rule went through; every field (seeds, points), counts cumulative.

    Of rules without devices writes and energies are NaN; writes also where a run pulsed and did not count device by
    device.
    """

    iteration: np.ndarray
    accuracy: np.ndarray  # at the end: mean over the last iterations, as tables have it
    trend: np.ndarray  # accuracies averaged over `WINDOW` points, fewer at both ends
    pulses: np.ndarray
    resets: np.ndarray
    writes: np.ndarray  # of the device with most
    energy: np.ndarray  # J

    def mean(self) -> Curves:
        """Means over the seeds, each (points,)."""
        return Curves(*(getattr(self, f.name).mean(axis=0) for f in dataclasses.fields(self)))


@dataclass(frozen=True)
class Rule:
    """A rule, its accuracies over the seeds, and its curves."""

    name: str
    label: str
    row: Row
    curves: Curves
    has_devices: bool
    records: tuple[dict[str, Any], ...] = dataclasses.field(repr=False)

    @property
    def final(self) -> Curves:
        """Means over the seeds at the end, each ()."""
        mean = self.curves.mean()
        return Curves(*(getattr(mean, f.name)[-1] for f in dataclasses.fields(mean)))

    def at(self, accuracy: float) -> Curves | None:
        """Means over the seeds where the mean of their trends is first as high as this; None if it never is."""
        mean = self.curves.mean()
        there = np.flatnonzero(mean.trend >= accuracy)
        if not len(there):
            return None
        return Curves(*(getattr(mean, f.name)[there[0]] for f in dataclasses.fields(mean)))

    def as_dict(self, target: float | None) -> dict[str, Any]:
        """For JSON; of software no counts."""
        reached = None if target is None else self.at(target)
        return {
            **{k: v for k, v in self.row.as_dict().items() if k not in ("pulses", "resets")},
            **_numbers(self.final, self.has_devices),
            "reached": None
            if reached is None
            else {"iteration": int(reached.iteration), **_numbers(reached, self.has_devices)},
        }


def _numbers(at: Curves, has_devices: bool) -> dict[str, float | None]:
    numbers = {"pulses": at.pulses, "resets": at.resets, "most_writes": at.writes, "energy_J": at.energy}
    return {name: float(value) if has_devices else None for name, value in numbers.items()}


def run_rules(
    layouts: Mapping[str, Layout],
    data: Dataset,
    folder: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int = 1,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Rule] | None:
    """Train all rules with all seeds; returns them in the given order, or None if it was stopped.

    The order of the samples follows from the seed alone (see `order`), so that all rules see the same.

    Parameters
    ----------
    layouts : mapping of Layout
        By the rules' names.
    data : Dataset
    folder : Path
        Its folder ``runs`` keeps what is done, so that a comparison that was stopped goes on.
    seeds : sequence of int
    workers, listener, stop :
        See `study.run_study`.
    """
    tasks = {(n, seed): Task(layout.replace(seed=seed), costs=True) for n, layout in layouts.items() for seed in seeds}
    records = run_study(list(tasks.values()), data, folder, workers=workers, listener=listener, stop=stop)
    if len(records) < len(tasks):
        return None
    return [rule_of(n, layout, [records[tasks[n, seed]] for seed in seeds]) for n, layout in layouts.items()]


def rule_of(name: str, layout: Layout, records: Sequence[dict[str, Any]]) -> Rule:
    """A rule from the records of its runs."""
    devices, columns = has_devices(layout), [r["curves"] for r in records]
    # After each of the last iterations there is an evaluation; a curve takes the last one only.
    points, every = columns[0]["iteration"], layout.run.eval_every
    kept = [k for k, n in enumerate(points) if (every and n % every == 0) or n == points[-1]]

    def values(*names: str) -> np.ndarray:
        return np.array([np.sum([c[n] for n in names], axis=0, dtype=float)[kept] for c in columns])

    accuracy = values("accuracy")
    accuracy[:, -1] = [r["result"]["accuracy_mean_last"] for r in records]
    nothing = np.full_like(accuracy, np.nan)
    counted = devices and all(_writes(r) is not None for r in records)
    curves = Curves(
        values("iteration"),
        accuracy,
        _trend(accuracy, int(points[0] == 0)),
        values("pulses"),
        values("resets"),
        values("most_writes") if counted else nothing,
        values(*_ENERGIES) if devices else nothing,
    )
    label = {"sign": f"method {name}", "bs": f"bs, {layout.bs.bs_digits} digits", "software": "software (float)"}
    row = row_of(name, [r["result"] for r in records])
    return Rule(name, label.get(layout.pulses.rule, name), row, curves, devices, tuple(records))


def _writes(record: Mapping[str, Any]) -> int | None:
    """Writes of the worst device; None where pulses were issued and no device has one: they were not counted device by
    device.
    """
    result = record["result"]
    return None if result["pulses"] and not result["most_writes"] else int(result["most_writes"])


def _trend(values: np.ndarray, first: int) -> np.ndarray:
    """Means over windows around each point, (seeds, points); the ends, with windows of one, stay what they are.

    Points before `first` are left out: accuracies before training would pull down those that follow.
    """
    n = values.shape[1]
    reach = [max(0, min(k - first, n - 1 - k, WINDOW // 2)) for k in range(n)]
    means = [values[:, k - r : k + r + 1].mean(axis=1) for k, r in enumerate(reach)]
    return np.stack(means, axis=1)


_ENERGIES = tuple(f"{name}_J" for name in Energy._fields)


def common_accuracy(rules: Sequence[Rule], chance: float) -> float | None:
    """Highest accuracy that the trends of all rules with devices reach, rounded down to a tenth of a percent; None if
    it is hardly above chance.
    """
    best = [float(r.curves.mean().trend.max()) for r in rules if r.has_devices]
    target = np.floor(1000.0 * min(best, default=0.0) + 1e-9) / 1000.0
    return float(target) if target > chance + 0.1 * (1.0 - chance) else None


# Tables ---------------------------------------------------------------------------------------------------------------


def results_csv(rules: Sequence[Rule]) -> str:
    """One line per run; accuracies are fractions, energies in J."""
    head = (
        "rule",
        "seed",
        "accuracy_mean",
        "accuracy_min",
        "accuracy_max",
        "accuracy",
        "iterations",
        "pulses",
        "resets",
        "most_writes",
        "energy_J",
        *_ENERGIES,
        "seconds",
        "engine",
        "dataset",
    )
    lines = []
    for rule in rules:
        for record in rule.records:
            r = record["result"]
            counts: list[object] = [""] * (4 + len(_ENERGIES))
            if rule.has_devices:
                energies = [record["curves"][name][-1] for name in _ENERGIES]
                writes = _writes(record)
                counts = [r["pulses"], r["resets"], "" if writes is None else writes, sum(energies), *energies]
            lines.append(
                (
                    rule.name,
                    r["seed"],
                    r["accuracy_mean_last"],
                    r["accuracy_min_last"],
                    r["accuracy_max_last"],
                    r["accuracy"],
                    r["iterations"],
                    *counts,
                    round(r["seconds"], 3),
                    r["engine"],
                    r["dataset"],
                )
            )
    return _csv(head, lines)


def curves_csv(rules: Sequence[Rule]) -> str:
    """One line per evaluation of every run; counts and energies are cumulative."""
    names = ("iteration", "accuracy", "pulses", "resets", "most_writes", *_ENERGIES)
    lines = []
    for rule in rules:
        for record in rule.records:
            columns = record["curves"]
            kept = names if rule.has_devices else names[:2]
            for point in zip(*(columns[name] for name in kept), strict=True):
                lines.append((rule.name, record["result"]["seed"], *point, *[""] * (len(names) - len(kept))))
    return _csv(("rule", "seed", *names), lines)


def _csv(head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return text.getvalue()
