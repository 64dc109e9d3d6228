"""What ``xbarsim compare`` shows: text, JSON or CSV."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..study.rule_comparison import Curves
from ..study.rule_tables import results
from . import report

if TYPE_CHECKING:
    from ..study.fixed_reference import Saving
    from ..study.rule_comparison import Rule


def show_rules(
    rules: Sequence[Rule], target: float | None, form: str, out: Path, savings: Sequence[Saving] = ()
) -> None:
    """Rules in the order that they were named in.

    Parameters
    ----------
    rules : sequence of Rule
    target : float, optional
        Accuracy, as a fraction, of which is said what it takes to get there.
    form : {"text", "csv", "json"}
    out : Path
        Where the files are.
    savings : sequence of Saving
        What rules need less with a fixed device, if that was asked for.
    """
    if form == "csv":
        sys.stdout.write(results(rules).to_csv())
        return
    if form == "json":
        saved = {"savings": [s.as_dict() for s in savings]} if savings else {}
        report.dump({"rules": [r.as_dict(target) for r in rules], "common_accuracy": target, **saved, "out": str(out)})
        return
    cells = [
        (
            r.name,
            report.percent(r.row.mean),
            f"{100 * r.row.least:.2f} to {100 * r.row.most:.2f}",
            *_spent(r.final, r.has_devices),
        )
        for r in rules
    ]
    head = ("rule", "accuracy", "min to max", "pulses", "resets", "energy", "worst device's writes")
    report.print_wide(report.table(cells, head=head))
    report.OUT.print(f"{report.SPREAD} Pulses, resets, energy and writes: means over the seeds; writes are both.")
    _show_savings(savings)
    if target is None:
        return
    reached = []
    for r in rules:
        at = r.at(target)
        spent = _spent(at, r.has_devices) if at is not None else ("-",) * 4
        reached.append((r.name, "-" if at is None else f"{at.iteration:,.0f}", *spent))
    report.OUT.print(f"\nTo reach {100 * target:.1f} %, the highest accuracy that all rules with devices reach:\n")
    report.print_wide(report.table(reached, head=("rule", "iterations", *head[3:])))


def _show_savings(savings: Sequence[Saving]) -> None:
    """What the second device of each pair, fixed, saves."""
    for s in savings:
        parts = [
            f"{_saved(value)} {what}"
            for value, what in (
                (s.pulses, "pulses and resets"),
                (s.write_energy, "write energy"),
                (s.energy, "of all energy"),
                (s.writes, "writes of the worst device"),
            )
        ]
        report.OUT.print(
            f"{s.rule} with the second device of each pair fixed: accuracy {100 * s.accuracy:+.2f} points, "
            f"{', '.join(parts)}."
        )


def _saved(part: float) -> str:
    if part != part:
        return "no count of"
    return f"{100 * abs(part):.0f} % {'less' if part >= 0.0 else 'more'}"


def _spent(at: Curves, has_devices: bool) -> tuple[str, ...]:
    """Pulses, resets, energy and writes, as text."""
    if not has_devices:
        return ("-",) * 4
    return _count(float(at.pulses)), _count(float(at.resets)), report.joules(float(at.energy)), _count(float(at.writes))


def _count(n: float) -> str:
    if n != n:
        return "-"
    return f"{n:,.0f}" if n < 1e6 else f"{n / 1e6:,.1f} M" if n < 1e9 else f"{n / 1e9:,.2f} G"
