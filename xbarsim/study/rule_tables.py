"""Tables of a comparison of rules."""

from __future__ import annotations

from collections.abc import Sequence

from ..base.table import Table
from .rule_comparison import ENERGIES, Rule, writes_of


def results(rules: Sequence[Rule]) -> Table:
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
        *ENERGIES,
        "seconds",
        "engine",
        "dataset",
    )
    lines = []
    for rule in rules:
        for record in rule.records:
            r = record["result"]
            counts: list[object] = [""] * (4 + len(ENERGIES))
            if rule.has_devices:
                energies = [record["curves"][name][-1] for name in ENERGIES]
                writes = writes_of(record)
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
    return _table(head, lines)


def curves(rules: Sequence[Rule]) -> Table:
    """One line per evaluation of every run; counts and energies are cumulative."""
    names = ("iteration", "accuracy", "pulses", "resets", "most_writes", *ENERGIES)
    lines = []
    for rule in rules:
        for record in rule.records:
            columns = record["curves"]
            kept = names if rule.has_devices else names[:2]
            for point in zip(*(columns[name] for name in kept), strict=True):
                lines.append((rule.name, record["result"]["seed"], *point, *[""] * (len(names) - len(kept))))
    return _table(("rule", "seed", *names), lines)


def _table(head: Sequence[str], lines: Sequence[Sequence[object]]) -> Table:
    return Table([dict(zip(head, line, strict=True)) for line in lines], head)
