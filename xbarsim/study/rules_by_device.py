"""`xbarsim reproduce rules`: which learning rule is best on which device, each with its own settings.

A rule with settings that suit another rule's device says nothing. So all pairs of a rule and a device get the same: the
same number of settings, searched the same way on training images that were held out; then the setting found is trained
on all training images, with several seeds, and tested once. What a rule costs is counted in the same runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LayoutError, nearest
from ..base.files import write_text
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..loop.costs import Energy
from .asking import way_of
from .clock import Tick
from .rounds import Rounds
from .rule_comparison import writes_of
from .rules_devices import DEVICES, LAYERS, REFERENCE, RULES_COMPARED, base_of, device_named, space_of
from .rules_report import csv_of, report
from .tasks import Task
from .tune import held_out
from .tuned import Plan, Search, Tuned, accuracy_of, held_out_of, short
from .tuning import run_searches
from .verdict import short_of

BUDGET, FINALISTS, AT_ONCE = 8, 2, 4
"""Settings that are tried; those of them that get more seeds, unless fewer are tried than by default; and settings that
are asked for at a time.
"""
SHORT = 5
"""A run of the search is so many times shorter than one at the end."""
ITERATIONS = 20_000
HELD_OUT = 2_000
"""Training images that settings are chosen by, at most: half of the time of a short run goes into looking at them."""
QUICK, QUICK_BUDGET = 1500, 2
"""Of a look whether it works."""


@dataclass(frozen=True)
class Cell:
    """A rule on a device: what was found, and what the runs at the end came to.

    Attributes
    ----------
    rule, device : str
    accuracies : tuple of float
        Test accuracy of each seed, a fraction; none where the rule refuses the device.
    pulses, energy, writes : float
        Pulses and resets on all devices; energy of pulses, resets and reads, J; pulses and resets of the device that
        got most. Means over the seeds; NaN of what has no devices, or was not counted.
    own : float
        Held-out accuracy of the settings as they are by default,
    found : float
        and of those that were found.
    layout : Layout, optional
        With the settings that were found.
    refused : str
        Why there is nothing.
    """

    rule: str
    device: str
    accuracies: tuple[float, ...] = ()
    pulses: float = math.nan
    energy: float = math.nan
    writes: float = math.nan
    own: float = math.nan
    found: float = math.nan
    layout: Layout | None = None
    values: Mapping[str, Any] | None = None
    refused: str = ""

    @property
    def accuracy(self) -> float:
        """Mean over the seeds; NaN if there is none."""
        return float(np.mean(self.accuracies)) if self.accuracies else math.nan

    @property
    def error(self) -> float:
        """Standard error of the mean from the seeds; NaN of fewer than two."""
        n = len(self.accuracies)
        return float(np.std(self.accuracies, ddof=1)) / math.sqrt(n) if n > 1 else math.nan


@dataclass(frozen=True)
class RulesSheet:
    """What the study came to."""

    rules: tuple[str, ...]
    devices: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    reference: Cell | None
    layers: tuple[int, ...]
    plan: Plan
    iterations: int
    seeds: int
    dataset: str
    short_of: str = ""

    def best(self, device: str) -> Cell | None:
        """The best rule on a device."""
        column = [self.cells[rule, device] for rule in self.rules]
        there = [cell for cell in column if cell.accuracies]
        return max(there, key=lambda cell: cell.accuracy, default=None)

    def as_good(self, cell: Cell) -> bool:
        """Whether a rule cannot be told from the best on its device: it is within two standard errors of their
        difference. Of one seed nobody can tell; then only the best itself is.
        """
        best = self.best(cell.device) if cell.device in self.devices else None
        if best is None or not cell.accuracies:
            return False
        if cell is best or math.isnan(cell.error) or math.isnan(best.error):
            return cell is best
        return best.accuracy - cell.accuracy <= 2.0 * math.hypot(cell.error, best.error)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions, energies in J."""
        every = [*([self.reference] if self.reference is not None else []), *self.cells.values()]
        return {
            "layers": list(self.layers),
            "iterations": self.iterations,
            "seeds": self.seeds,
            "budget": self.plan.budget,
            "search_iterations": self.plan.iterations,
            "cells": [_as_dict(cell, best=self.as_good(cell)) for cell in every],
            "short_of": self.short_of or None,
        }


def _as_dict(cell: Cell, *, best: bool) -> dict[str, Any]:
    def number(value: float) -> float | None:
        return None if math.isnan(value) else value

    return {
        "rule": cell.rule,
        "device": cell.device,
        "accuracies": list(cell.accuracies),
        "best": best,
        "pulses": number(cell.pulses),
        "energy_J": number(cell.energy),
        "most_writes": number(cell.writes),
        "held_out_default": number(cell.own),
        "held_out_found": number(cell.found),
        "settings": dict(cell.values or {}),
        "refused": cell.refused or None,
    }


def chosen(names: Sequence[str], known: Sequence[str], flag: str) -> tuple[str, ...]:
    """Names that were asked for, or all."""
    for name in names:
        if name not in known:
            raise LayoutError(f"{flag}: unknown name '{name}'; {nearest(name, known)}")
    twice = [name for name in names if list(names).count(name) > 1]
    if twice:
        raise LayoutError(f"{flag}: expected different ones, got {twice[0]} twice; correct the list")
    return tuple(names) or tuple(known)


def devices_of(names: Sequence[str]) -> tuple[str, ...]:
    """Devices that were asked for, by their names or short ones, or all."""
    return chosen([device_named(name) for name in names], tuple(DEVICES), "--devices")


def reproduce_rules(
    out: Path,
    data: Dataset,
    *,
    rules: Sequence[str] = (),
    devices: Sequence[str] = (),
    layers: Sequence[int] = LAYERS,
    iterations: int = ITERATIONS,
    budget: int = BUDGET,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int | str = 1,
    keep_runs: bool = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
    command_line: str = "",
) -> RulesSheet | None:
    """Run the study; returns its sheet, or None if it was stopped.

    Parameters
    ----------
    out : Path
        Folder for ``rules.csv``, ``rules.md``, the layouts found, and the records of the runs, from which a study that
        was stopped goes on.
    data : Dataset
    rules, devices : sequence of str
        Some of `RULES_COMPARED` and `DEVICES`; default: all.
    layers : sequence of int
    iterations : int
        Of the runs at the end.
    budget : int
        Settings that are tried, for every rule on every device, besides the defaults.
    seeds : sequence of int
        Of the runs at the end.
    workers, keep_runs, listener, stop, trials :
        See `study.run_study`.
    command_line : str
        Named in the report.
    """
    names, on = chosen(rules, RULES_COMPARED, "--rules"), devices_of(devices)
    searches, refused = _searches(names, on, layers, data.name)
    finalists = FINALISTS if budget >= BUDGET else 1
    plan = Plan(budget, 1, finalists, 0, max(1, iterations // SHORT), AT_ONCE, way_of("auto"))
    work = [(plan.runs(len(searches)), 1.0), (len(seeds) * len(searches), float(SHORT))]
    rounds = Rounds(out, work, workers=workers, listener=listener, stop=stop, trials=trials)
    part = held_out(data, min(HELD_OUT, held_out_of(data, None)))
    tuned = run_searches(searches, part, plan, rounds)
    if tuned is None:
        return None
    tasks = {key: [_final(t.layout, iterations, seed) for seed in seeds] for key, t in tuned.items()}
    every = [task for some in tasks.values() for task in some]
    records = rounds.run(every, data, float(SHORT), keep_runs=keep_runs)
    if records is None:
        return None
    cells = {k: _cell(k, tuned[k], [records[t] for t in some]) for k, some in tasks.items()} | refused
    reference = cells.pop((REFERENCE, ""), None)
    ordered = {(rule, device): cells[rule, device] for rule in names if rule != REFERENCE for device in on}
    short_ = short_of(data, iterations, ITERATIONS)
    sheet = RulesSheet(
        tuple(name for name in names if name != REFERENCE),
        on,
        ordered,
        reference,
        tuple(layers),
        plan,
        iterations,
        len(seeds),
        data.name,
        short_,
    )
    _write(sheet, out, command_line)
    rounds.end()
    return sheet


def _searches(
    rules: Sequence[str], devices: Sequence[str], layers: Sequence[int], dataset: str
) -> tuple[dict[tuple[str, str], Search], dict[tuple[str, str], Cell]]:
    """What is searched; and the pairs of which the rule refuses the device."""
    searches: dict[tuple[str, str], Search] = {}
    refused: dict[tuple[str, str], Cell] = {}
    for rule in rules:
        for device in devices[:1] if rule == REFERENCE else devices:
            key = rule, "" if rule == REFERENCE else device
            try:
                base = base_of(rule, device, layers, dataset)
            except LayoutError as error:
                refused[key] = Cell(rule, device, refused=str(error))
                continue
            searches[key] = Search(base, space_of(rule, base))
    return searches, refused


def _final(layout: Layout, iterations: int, seed: int) -> Task:
    return Task(short(layout, iterations).replace(seed=seed), costs=True)


def _cell(key: tuple[str, str], tuned: Tuned, records: Sequence[Mapping[str, Any]]) -> Cell:
    found = tuned.best
    accuracies = tuple(accuracy_of(r) for r in records)
    layout = tuned.layout.replace(iterations=records[0]["result"]["iterations"])
    more: dict[str, Any] = {
        "own": tuned.own.accuracy,
        "found": found.accuracy,
        "layout": layout,
        "values": found.values,
    }
    if not layout.rule.has_devices(layout):
        return Cell(*key, accuracies, **more)
    writes = [writes_of(r) for r in records]
    return Cell(
        *key,
        accuracies,
        pulses=float(np.mean([r["result"]["pulses"] + r["result"]["resets"] for r in records])),
        energy=float(np.mean([sum(r["curves"][f"{name}_J"][-1] for name in Energy._fields) for r in records])),
        writes=math.nan if None in writes else float(np.mean([w for w in writes if w is not None])),
        **more,
    )


def _write(sheet: RulesSheet, out: Path, command_line: str) -> None:
    found = out / "layouts"
    found.mkdir(parents=True, exist_ok=True)
    for (rule, device), cell in sheet.cells.items():
        if cell.layout is not None:
            name = f"{rule}-{device}".lower().replace(" ", "-").replace(":", "-")
            write_text(found / f"{name}.toml", cell.layout.to_toml())
    write_text(out / "rules.csv", csv_of(sheet))
    write_text(out / "rules.md", report(sheet, command_line))
