"""Which property of a device limits the accuracy: each departure from the ideal device, alone and left out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LayoutError
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..describe.pulses import METHODS
from ..learn.table import kind_of
from .clock import Tick
from .comparison import Row, run_all
from .departures import DEPARTURES, Departure


@dataclass(frozen=True)
class Change:
    """A difference of two accuracies over the same seeds, as a fraction.

    Attributes
    ----------
    mean : float
    error : float, optional
        Standard error of the mean over the seeds; None of one seed.

    Examples
    --------
    >>> Change.between((0.9, 0.8), (0.7, 0.7)).mean
    0.15
    """

    mean: float
    error: float | None

    @classmethod
    def between(cls, more: Sequence[float], less: Sequence[float]) -> Change:
        """Of accuracies by seed; seed by seed, since runs of a seed see the same samples."""
        d = np.subtract(more, less)
        n = len(d)
        return cls(round(float(d.mean()), 12), float(d.std(ddof=1) / math.sqrt(n)) if n > 1 else None)


@dataclass(frozen=True)
class Limit:
    """One departure of the device.

    Attributes
    ----------
    name, size, off : str
        What it is, how much there is of it, and what is meant by switching it off.
    without : Row
        All as it is, but for this.
    alone : Row
        An ideal device, but for this.
    gained : Change
        What the device gains without it.
    lost : Change
        What an ideal device loses by it.
    """

    name: str
    size: str
    off: str
    without: Row
    alone: Row
    gained: Change
    lost: Change


@dataclass(frozen=True)
class Ranking:
    """What limits a device under one pair method (or rule): the largest gain first."""

    method: str
    as_is: Row
    ideal: Row
    limits: tuple[Limit, ...]

    @property
    def verdict(self) -> str:
        """What limits the device most, in a line."""
        best = self.limits[0]
        gain, error = 100.0 * best.gained.mean, best.gained.error
        if error is None:
            return (
                f"no verdict: one seed cannot tell a gain from scatter; {best.name} ({best.size}) gains most, "
                f"{gain:.2f} points; try --seeds 3"
            )
        sure = best.gained.mean > 2.0 * error
        if gain <= 0.0 or not sure:
            return "nothing by itself: no departure gains more than twice its standard error when it is switched off"
        return f"{best.name} ({best.size}) limits it most: {gain:.2f} points more without it"

    @property
    def gap(self) -> Change:
        """What an ideal device has more."""
        return Change.between(self.ideal.seeds, self.as_is.seeds)


@dataclass(frozen=True)
class Found:
    """All rankings, the number of runs that they took, and what was left out, each with the reason."""

    rankings: tuple[Ranking, ...]
    runs: int
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """One line per method and departure, accuracies as fractions; first the device as it is, and the ideal one."""
        lines = []
        for r in self.rankings:
            for name, row, change in (("as it is", r.as_is, Change(0.0, None)), ("ideal device", r.ideal, r.gap)):
                lines.append(_line(r.method, name, "", row, change, None, None))
            lines += [_line(r.method, x.name, x.size, x.without, x.gained, x.alone, x.lost) for x in r.limits]
        return Table(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return {
            "rankings": [
                {
                    "method": r.method,
                    "verdict": r.verdict,
                    "as_is": r.as_is.as_dict(),
                    "ideal": r.ideal.as_dict(),
                    "limits": [
                        {
                            "name": x.name,
                            "size": x.size,
                            "off": x.off,
                            "gained": dataclasses.asdict(x.gained),
                            "lost": dataclasses.asdict(x.lost),
                            "without": x.without.as_dict(),
                            "alone": x.alone.as_dict(),
                        }
                        for x in r.limits
                    ],
                }
                for r in self.rankings
            ],
            "runs": self.runs,
            "notes": list(self.notes),
        }


def _line(
    method: str, name: str, size: str, row: Row, gained: Change, alone: Row | None, lost: Change | None
) -> dict[str, Any]:
    return {
        "method": method,
        "departure": name,
        "size": size,
        "accuracy_without": row.mean,
        "gained": gained.mean,
        "gained_error": gained.error,
        "accuracy_alone": None if alone is None else alone.mean,
        "lost": None if lost is None else lost.mean,
        "lost_error": None if lost is None else lost.error,
        "seeds": len(row.seeds),
    }


@dataclass(frozen=True)
class Plan:
    """Layouts to train by (method, what), what they stand for, and what was left out."""

    layouts: Mapping[tuple[str, str], Layout]
    departures: Mapping[str, tuple[Departure, ...]]  # by method
    notes: tuple[str, ...]

    @property
    def runs(self) -> int:
        """Different layouts: with two departures one left out is the other alone."""
        return len(set(self.layouts.values()))


def plan_limits(base: Layout, methods: Sequence[str] = ()) -> Plan:
    """Which layouts show what limits a device.

    Parameters
    ----------
    base : Layout
    methods : sequence of str
        Pair methods to look at one by one; default: the layout as it is.

    Raises
    ------
    LayoutError
        If there are no devices, or the device departs from an ideal one in nothing.

    Examples
    --------
    >>> plan = plan_limits(Layout.of(layers=(2, 2), beta=2.0, n_max=64))
    >>> [what for _, what in plan.layouts][:4]
    ['as it is', 'ideal', 'without nonlinearity of potentiation', 'only nonlinearity of potentiation']
    """
    if not kind_of(base).has_devices:
        raise LayoutError(
            f"limits: expected a rule with devices, got '{base.pulses.rule}', whose weights are numbers; choose another"
        )
    if methods and not base.rule.by_methods(base):
        raise LayoutError(
            f"--methods: expected none with rule '{base.pulses.rule}', which has no pair methods, got "
            f"{', '.join(methods)}; leave it out"
        )
    for method in methods:
        if method not in METHODS:
            raise LayoutError(f"--methods: expected some of {', '.join(METHODS)}, got '{method}'; correct the list")
    layouts: dict[tuple[str, str], Layout] = {}
    chosen: dict[str, tuple[Departure, ...]] = {}
    notes: dict[str, None] = {}
    for name in dict.fromkeys(methods) or (base.pulses.method if base.rule.by_methods(base) else base.pulses.rule,):
        layout = base.replace(method=name) if methods else base
        there = chosen[name] = tuple(_possible(layout, notes))
        if not there:
            raise LayoutError(
                "limits: expected a device that departs from an ideal one, got one without any departure that acts; "
                "choose another --device"
            )
        layouts[name, "as it is"], layouts[name, "ideal"] = layout, _off(layout, there)
        for d in there:
            layouts[name, f"without {d.name}"] = d.without(layout)
            layouts[name, f"only {d.name}"] = _off(layout, [x for x in there if x is not d])
    return Plan(layouts, chosen, tuple(notes))


def _possible(layout: Layout, notes: dict[str, None]) -> list[Departure]:
    """The departures of a layout that can be switched off; the others are noted."""
    found: list[Departure] = []
    if layout.device.model == "plugin":
        told = "the plug-in's own law stays as it is: its steps, states and noise are code that cannot be switched off"
        notes[told] = None
    for d in DEPARTURES:
        if not d.size(layout):
            continue
        if why := d.idle(layout):
            notes[f"{d.name} ({d.size(layout)}): not run, it changes nothing here: {why}"] = None
            continue
        try:
            d.without(layout)
            _off(layout, [*found, d])
        except LayoutError as error:
            notes[f"{d.name} ({d.size(layout)}): not run, it cannot be switched off by itself: {error}"] = None
            continue
        found.append(d)
    return found


def _off(layout: Layout, departures: Sequence[Departure]) -> Layout:
    for d in departures:
        layout = d.without(layout)
    return layout


def run_limits(
    plan: Plan,
    data: Dataset,
    folder: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int | str = 1,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    **more: Any,
) -> Found | None:
    """Train what a plan asks for, and rank the departures; None if it was stopped.

    Parameters
    ----------
    plan : Plan
    data : Dataset
    folder : Path
        Its folder ``runs`` keeps what is done, so that a study that was stopped goes on.
    seeds : sequence of int
    workers, listener, stop, more :
        See `study.run_study`.
    """
    named = {f"{what} ({method})": layout for (method, what), layout in plan.layouts.items()}
    rows = run_all(named, data, folder, seeds=seeds, workers=workers, listener=listener, stop=stop, **more)
    if rows is None:
        return None
    row = dict(zip(plan.layouts, rows, strict=True))
    rankings = []
    for method, there in plan.departures.items():
        as_is, ideal = row[method, "as it is"], row[method, "ideal"]
        limits = []
        for d in there:
            without, alone = row[method, f"without {d.name}"], row[method, f"only {d.name}"]
            gained, lost = Change.between(without.seeds, as_is.seeds), Change.between(ideal.seeds, alone.seeds)
            size = d.size(plan.layouts[method, "as it is"])
            limits.append(Limit(d.name, size, d.off, without, alone, gained, lost))
        limits.sort(key=lambda x: -x.gained.mean)
        rankings.append(Ranking(method, as_is, ideal, tuple(limits)))
    return Found(tuple(rankings), plan.runs * len(seeds), plan.notes)
