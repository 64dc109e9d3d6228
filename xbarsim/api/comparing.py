"""Rules, and devices, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.arguments import arguments, instance, optional, path, several, text, truth
from ..base.errors import LayoutError
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.device_files import presets
from ..describe.idle import given_in, tell_idle
from ..describe.layout import Layout
from ..describe.words import in_words
from ..study import rule_choices, rule_tables
from ..study.comparison import Row, Value, ranked, run_all, table_of, with_devices
from ..study.device_cards import Card, card_of
from ..study.fixed_reference import Saving, savings, with_fixed
from ..study.rule_comparison import Rule, common_accuracy, run_rules
from .given import STUDY, Listener, Stop, data_of, folder_of, layout_of, never, seeds_of, silent, stopped, workers_of
from .outcome import Outcome

RULES = "a,b,c,crus,bs"
"""What is compared where nothing is said."""


@dataclass(frozen=True)
class RulePlan:
    """Rules to compare, and their settings."""

    choices: tuple[rule_choices.Choice, ...]
    settings: rule_choices.Settings
    fixed_reference: bool = False

    @property
    def common(self) -> Mapping[str, Value]:
        """Settings for all rules."""
        return self.settings.common

    def layouts(self, base: Layout, samples: int) -> dict[str, Layout]:
        """The layout of each rule; see `rule_choices.layouts_of`, and `fixed_reference.with_fixed`."""
        found = rule_choices.layouts_of(base, self.choices, self.settings, samples)
        return with_fixed(found)[0] if self.fixed_reference else found

    def twins(self, base: Layout) -> dict[str, str]:
        """Names of the rules with a fixed device, by those of the rules; none if they were not asked for."""
        if not self.fixed_reference:
            return {}
        return with_fixed(rule_choices.layouts_of(base, self.choices, self.settings, 1))[1]

    def untuned(self, base: Layout) -> list[str]:
        """Rules with settings that were found for another device."""
        return rule_choices.untuned(base, self.choices, self.settings)


def plan_rules(
    rules: str | Sequence[str] = RULES, settings: Sequence[str] = (), *, fixed_reference: bool = False
) -> RulePlan:
    """Rules as ``--rules`` names them, and settings as ``--set`` gives them; with `fixed_reference` every rule that
    pulses pairs comes once more, with the second device of each pair fixed.

    >>> [c.name for c in plan_rules("a,b").choices]
    ['a', 'b']
    """
    choices = rule_choices.choices_of(rules if isinstance(rules, str) else ",".join(rules))
    return RulePlan(tuple(choices), rule_choices.settings_of(settings, choices), fixed_reference)


@dataclass(frozen=True, repr=False)
class Comparison(Outcome):
    """Learning rules side by side.

    Attributes
    ----------
    rules : tuple of Rule
        With their accuracies over the seeds, and curves of accuracy, pulses, energy and wear.
    common_accuracy : float, optional
        The highest accuracy that all rules with devices reach, as a fraction.
    title : str
        Of the figure.
    savings : tuple of Saving
        What rules need less with the second device of each pair fixed, if that was asked for.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, n_max=9, eval_last=1)
    >>> found = xbarsim.compare(layout, "b,c", seeds=1)
    >>> [rule.name for rule in found.rules], found.curves.columns[:3]
    (['b', 'c'], ('rule', 'seed', 'iteration'))
    """

    rules: tuple[Rule, ...]
    common_accuracy: float | None
    title: str
    savings: tuple[Saving, ...] = ()

    @property
    def table(self) -> Table:
        """One line per run: accuracies, pulses, energies in J."""
        return rule_tables.results(self.rules)

    @property
    def curves(self) -> Table:
        """One line per evaluation of every run; counts and energies are cumulative."""
        return rule_tables.curves(self.rules)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions, energies in J."""
        target = self.common_accuracy
        found = {"rules": [r.as_dict(target) for r in self.rules], "common_accuracy": target}
        return {**found, "savings": [s.as_dict() for s in self.savings]} if self.savings else found

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_rules import plot_rules

        check_picture(out, force=force)
        return plot_rules(self.rules, out, self.title, self.common_accuracy)


RULES_OF = instance(RulePlan, "rules", "give for example 'a,b,c'", several(text, "rules", alone=True))


@arguments(
    **STUDY,
    rules=RULES_OF,
    settings=several(text, "texts KEY=VALUE"),
    fixed_reference=truth,
    device_name=optional(text),
)
def compare(
    layout: Layout | str | Path,
    rules: str | Sequence[str] | RulePlan = RULES,
    *,
    settings: Sequence[str] = (),
    fixed_reference: bool = False,
    seeds: int | Sequence[int] = 3,
    workers: int | str = 1,
    folder: str | Path | None = None,
    dataset: Dataset | None = None,
    device_name: str | None = None,
    listener: Listener = silent,
    stop: Stop = never,
    **more: Any,
) -> Comparison:
    """Train several learning rules on one device, with the same samples in the same order.

    Parameters
    ----------
    layout : Layout or path
        Device, network, circuits and length.
    rules : str or sequence of str
        ``a``, ``b``, ``c``, ``crus``, its rivals, ``bs``, ``software``; ``RULE=FILE.toml`` takes the settings of a rule
        from a layout file.
    settings : sequence of str
        ``KEY=VALUE`` for all rules, ``RULE:KEY=VALUE`` for one.
    fixed_reference : bool
        Train every rule that pulses pairs also with the second device of each pair fixed, and say what that saves.
    device_name : str, optional
        What the figure calls the device.
    seeds, workers, folder, dataset, listener, stop, more :
        As of `sweep`.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, eval_last=1)
    >>> xbarsim.compare(layout, ["b"], settings=["n_max=9"], seeds=1).table[0]["rule"]
    'b'
    """
    if isinstance(rules, RulePlan) and (settings or fixed_reference):
        what = "settings" if settings else "fixed_reference"
        raise LayoutError(f"compare.{what}: expected none with a plan, which has its own, got some; leave it out")
    plan = rules if isinstance(rules, RulePlan) else plan_rules(rules, settings, fixed_reference=fixed_reference)
    common: dict[str, Any] = dict(plan.common)
    base = layout_of(layout).replace(**common)
    chosen, n = seeds_of(seeds), workers_of(workers)
    # What a rule refuses is told before any data is read; a key that acts under one of the rules is none that does not.
    tell_idle(*plan.layouts(base, 1).values(), names=given_in(base), stacklevel=4)
    data = data_of(base, dataset)
    layouts = plan.layouts(base, len(data.y_train))
    with folder_of(folder) as kept:
        found = run_rules(layouts, data, kept, seeds=chosen, workers=n, listener=listener, stop=stop, **more)
    if found is None:
        raise stopped()
    done, many = int(found[0].records[0]["result"]["iterations"]), len(chosen)
    title = in_words(base, dataset=data.name, iterations=done, seeds=many, rule=False, named=device_name or "")
    saved = savings(found, plan.twins(base))
    return Comparison(tuple(found), common_accuracy(found, 1.0 / data.classes), title, saved)


@dataclass(frozen=True, repr=False)
class DeviceRanking(Outcome):
    """Devices side by side.

    Attributes
    ----------
    rows : tuple of Row
        In the order that the devices were named in.
    cards : tuple of Card
        What each device is.
    chance : float
        Accuracy of a guess, as a fraction.
    title : str
        Of the figure.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, eval_last=1)
    >>> found = xbarsim.compare_devices(layout, ["lim2019-beta0", "lim2019-beta3"], seeds=1)
    >>> sorted(row.name for row in found.ranked)
    ['lim2019-beta0', 'lim2019-beta3']
    """

    rows: tuple[Row, ...]
    cards: tuple[Card, ...]
    chance: float
    title: str

    @property
    def ranked(self) -> list[Row]:
        """The best first."""
        return ranked(self.rows)

    @property
    def table(self) -> Table:
        """One line per run."""
        return table_of(self.rows, [{"device": row.name} for row in self.rows])

    def as_dict(self) -> dict[str, Any]:
        """For JSON, the best first; accuracies are fractions."""
        return {"by": "device", "rows": [row.as_dict() for row in self.ranked]}

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_devices import plot_ranking

        check_picture(out, force=force)
        return plot_ranking(self.rows, self.cards, out, self.title, self.chance)


@arguments(**STUDY, devices=optional(several(path, "presets or device files")))
def compare_devices(
    layout: Layout | str | Path,
    devices: Sequence[str] | None = None,
    *,
    seeds: int | Sequence[int] = 3,
    workers: int | str = 1,
    folder: str | Path | None = None,
    dataset: Dataset | None = None,
    listener: Listener = silent,
    stop: Stop = never,
    **more: Any,
) -> DeviceRanking:
    """Train the same network on many devices.

    Parameters
    ----------
    layout : Layout or path
        Network, rule and length; its device and variation give way.
    devices : sequence of str, optional
        Presets, device files, ``file.py:function``; default: all presets.
    seeds, workers, folder, dataset, listener, stop, more :
        As of `sweep`.

    Returns
    -------
    DeviceRanking

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, eval_last=1)
    >>> xbarsim.compare_devices(layout, ["lim2019-beta2"], seeds=1).table[0]["device"]
    'lim2019-beta2'
    """
    names = list(devices) if devices is not None else list(presets())
    base, chosen, n = layout_of(layout), seeds_of(seeds), workers_of(workers)
    layouts = with_devices(base, names)
    tell_idle(*layouts.values(), stacklevel=4)
    cards = tuple(card_of(name) for name in names)
    data = data_of(base, dataset)
    with folder_of(folder) as kept:
        rows = run_all(layouts, data, kept, seeds=chosen, workers=n, listener=listener, stop=stop, **more)
    if rows is None:
        raise stopped()
    done = rows[0].records[0]["iterations"]
    title = in_words(base, dataset=data.name, iterations=done, seeds=len(chosen), device=False)
    return DeviceRanking(tuple(rows), cards, 1.0 / data.classes, title)
