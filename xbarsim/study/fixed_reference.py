"""Rules with both devices of a pair pulsed, and with the second one fixed: what that saves.

Quinonez, Sanchez and Rubi (arXiv 2511.03858) fix one memristor of each pair under the Manhattan rule, whose updates are
signs as those of Lim et al. are, and find nearly half of the training energy saved. Docs: reproduction/fixed-reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import LayoutError
from ..base.table import Table
from ..describe.layout import Layout
from ..describe.pulses import FIXED
from .rule_comparison import ENERGIES, Rule

WRITES = ("pulses_J", "resets_J")
"""Of the energies those of writing."""


def with_fixed(layouts: Mapping[str, Layout]) -> tuple[dict[str, Layout], dict[str, str]]:
    """Layouts of rules, and after them those that have the same with the second device fixed; and the names of these,
    by rule. Rules that differ in the pair method alone have one in common.

    Raises
    ------
    LayoutError
        If none of the rules pulses pairs by the pair methods.

    Examples
    --------
    >>> base = Layout.of(layers=(4, 2))
    >>> layouts, twins = with_fixed({m: base.replace(method=m) for m in "ab"})
    >>> list(layouts), twins
    (['a', 'b', 'fixed'], {'a': 'fixed', 'b': 'fixed'})
    """
    found, twins = dict(layouts), dict[str, str]()
    for name, layout in layouts.items():
        if not layout.rule.methods or layout.fixed_reference:
            continue
        twin = layout.replace(method=FIXED)
        same = next((other for other, there in found.items() if there == twin), None)
        # The pair methods are rules by name, and so is this one.
        usual = FIXED if FIXED not in found and layout.pulses.rule == "sign" else f"{name} {FIXED}"
        twins[name] = same or usual
        found[twins[name]] = twin
    if not twins:
        raise LayoutError(
            f"--fixed-reference: expected a rule that pulses both devices of its pairs by a pair method, got "
            f"{', '.join(layouts)}; give for example --rules b"
        )
    return found, twins


@dataclass(frozen=True)
class Saving:
    """What a rule needs less with the second device fixed; means over the seeds, at the end of the runs.

    Attributes
    ----------
    rule, fixed : str
        Names of the two.
    accuracy : float
        What it gains in accuracy, as a fraction: below 0, what it loses.
    pulses, write_energy, energy, writes : float
        Parts of each that are saved: 0.5 is half, below 0 it takes more. Gate pulses and resets; energy of pulses and
        resets; all energy, reads included; writes of the device that got most. NaN where nothing was counted.
    """

    rule: str
    fixed: str
    accuracy: float
    pulses: float
    write_energy: float
    energy: float
    writes: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON; what was not counted is None."""
        return {k: v if v == v else None for k, v in vars(self).items()}


def savings(rules: Sequence[Rule], twins: Mapping[str, str]) -> tuple[Saving, ...]:
    """What each of the rules saves; `twins` as `with_fixed` gives them."""
    by_name = {rule.name: rule for rule in rules}
    return tuple(_saving(by_name[name], by_name[twin]) for name, twin in twins.items())


def _saving(rule: Rule, fixed: Rule) -> Saving:
    a, b = rule.final, fixed.final
    return Saving(
        rule.name,
        fixed.name,
        fixed.row.mean - rule.row.mean,
        _saved(float(a.pulses + a.resets), float(b.pulses + b.resets)),
        _saved(_spent(rule, WRITES), _spent(fixed, WRITES)),
        _saved(_spent(rule, ENERGIES), _spent(fixed, ENERGIES)),
        _saved(float(a.writes), float(b.writes)),
    )


def _spent(rule: Rule, names: Sequence[str]) -> float:
    """Mean over the seeds, J."""
    return sum(r["curves"][name][-1] for r in rule.records for name in names) / len(rule.records)


def _saved(before: float, after: float) -> float:
    return 1.0 - after / before if before else float("nan")


def table_of(found: Sequence[Saving]) -> Table:
    """One line per rule."""
    lines = [s.as_dict() for s in found]
    return Table(lines, tuple(lines[0]) if lines else ())
