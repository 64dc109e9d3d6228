"""The tables of `xbarsim reproduce rules`: a page of Markdown, and one line per rule and device."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from ..describe.sections import toml_key
from .comparison import show
from .rules_devices import WORDS

if TYPE_CHECKING:
    from .rules_by_device import Cell, RulesSheet


def count(value: float) -> str:
    """A count or an energy in few digits, with an SI prefix; "" of none.

    >>> count(1.234e6), count(5.6e-9), count(float("nan")), count(0.0)
    ('1.23 M', '5.6 n', '', '0')
    """
    if math.isnan(value):
        return ""
    if value == 0.0:
        return "0"
    prefixes = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))
    factor, prefix = next((p for p in prefixes if abs(value) >= p[0]), prefixes[-1])
    return f"{value / factor:.3g} {prefix}".strip()


def percent(cell: Cell | None) -> str:
    """Mean accuracy of a cell in %, with its standard error if it has one."""
    if cell is None or not cell.accuracies:
        return "-"
    error = "" if math.isnan(cell.error) else f" ± {100.0 * cell.error:.2f}"
    return f"{100.0 * cell.accuracy:.2f}{error}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def report(sheet: RulesSheet, command_line: str) -> str:
    """All tables in one page."""
    plan, seeds = sheet.plan, f"{sheet.seeds} seed{'s' if sheet.seeds > 1 else ''}"
    final = f", of which the best {plan.finalists} got more seeds" if plan.finalists > 1 else ""
    net = "-".join(map(str, sheet.layers))
    parts = [
        "# Learning rules on devices, each with its own settings\n",
        f"`{command_line or 'xbarsim reproduce rules'}`: {sheet.dataset}, {net}. For every rule on every device the "
        f"same search on held-out training images: its defaults and {plan.budget} settings ({plan.way}){final}, "
        f"{plan.iterations:,} iterations each. Then {sheet.iterations:,} iterations with {seeds} on all training "
        "images. Test accuracy in %: mean of the last three of ten evaluations, of the seeds, ± its standard error.\n",
        *([f"**{sheet.short_of}: no verdict.**\n"] if sheet.short_of else []),
        "![Accuracy and cost](poster.png)\n",
        "## Accuracy\n",
        _accuracies(sheet),
        f"**Bold**: the best on its device, and what cannot be told from it. {_reference(sheet)}\n",
    ]
    for title, name, unit in (
        ("Pulses and resets on all devices", "pulses", ""),
        ("Energy of pulses, resets and reads, J", "energy", ""),
        ("Pulses and resets of the device that got most", "writes", ""),
    ):
        rows = [
            [rule, *(count(getattr(sheet.cells[rule, d], name)) + unit or "-" for d in sheet.devices)]
            for rule in sheet.rules
        ]
        parts += [f"## {title}\n", table(["rule", *sheet.devices], rows)]
    parts += ["## Devices\n", "\n".join(f"- {name}: {WORDS[name]}" for name in sheet.devices) + "\n"]
    parts += ["## Settings found\n", _settings(sheet)]
    refused = [cell for cell in sheet.cells.values() if cell.refused]
    if refused:
        parts += ["## What does not go\n", "\n".join(f"- {c.rule}, {c.device}: {c.refused}" for c in refused) + "\n"]
    return "\n".join(parts)


def _accuracies(sheet: RulesSheet) -> str:
    rows = []
    for rule in sheet.rules:
        cells = [sheet.cells[rule, device] for device in sheet.devices]
        rows.append([rule, *(f"**{percent(c)}**" if sheet.as_good(c) else percent(c) for c in cells)])
    return table(["rule", *sheet.devices], rows)


def _reference(sheet: RulesSheet) -> str:
    if sheet.reference is None:
        return ""
    return f"Software with float weights, tuned alike: {percent(sheet.reference)}."


def _settings(sheet: RulesSheet) -> str:
    every = [*sheet.cells.values(), *([sheet.reference] if sheet.reference is not None else [])]
    rows = []
    for cell in every:
        if cell.accuracies:
            values = cell.values or {}
            said = ", ".join(f"{toml_key(k)} = {show(v)}" for k, v in values.items()) or "the defaults"
            held = f"{100.0 * cell.own:.2f} to {100.0 * cell.found:.2f}"
            rows.append([cell.rule, cell.device or "-", held, said])
    return table(["rule", "device", "held out, %: defaults to found", "settings"], rows)


def csv_of(sheet: RulesSheet) -> str:
    """One line per rule and device; accuracies are fractions."""
    text = io.StringIO()
    head = (
        "rule",
        "device",
        "accuracy",
        "standard_error",
        "least",
        "most",
        "best",
        "pulses",
        "energy_J",
        "most_writes",
        "held_out_default",
        "held_out_found",
        "settings",
        "refused",
    )
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    every = [*sheet.cells.values(), *([sheet.reference] if sheet.reference is not None else [])]
    for c in every:
        numbers = (c.accuracy, c.error, min(c.accuracies, default=math.nan), max(c.accuracies, default=math.nan))
        costs = (c.pulses, c.energy, c.writes, c.own, c.found)
        settings = "; ".join(f"{k}={show(v)}" for k, v in (c.values or {}).items())
        good = "yes" if sheet.as_good(c) else ""
        cells = [*map(_number, numbers), good, *map(_number, costs), settings, c.refused]
        writer.writerow([c.rule, c.device, *cells])
    return text.getvalue()


def _number(value: float) -> str:
    return "" if math.isnan(value) else repr(value)
