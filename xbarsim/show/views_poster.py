"""What ``xbarsim reproduce rules`` shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..study.rules_report import count, percent
from . import report

if TYPE_CHECKING:
    from ..study.rules_by_device import RulesSheet


def show_rules_by_device(sheet: RulesSheet, folder: Path, form: str) -> None:
    """Show accuracies, and what the best on each device costs."""
    if form == "json":
        report.dump({"folder": str(folder), **sheet.as_dict()})
        return
    if sheet.short_of:
        report.OUT.print(f"{sheet.short_of}: no verdict")
    rows = []
    for rule in sheet.rules:
        cells = [sheet.cells[rule, device] for device in sheet.devices]
        rows.append((rule, *(f"{percent(c)}{' *' if sheet.as_good(c) else ''}" for c in cells)))
    report.print_wide(report.table(rows, head=("rule", *sheet.devices)))
    told = "the best on its device" + (", or not to be told from it" if sheet.seeds > 1 else "")
    seeds = f"{sheet.seeds} seeds" if sheet.seeds > 1 else "one seed"
    report.OUT.print(f"Test accuracy, %, {seeds}; *: {told}.", highlight=False)
    if sheet.reference is not None:
        report.OUT.print(f"Software with float weights, tuned alike: {percent(sheet.reference)}.", highlight=False)
    best = [b for d in sheet.devices if (b := sheet.best(d)) is not None]
    lines = [
        (b.device, b.rule, f"{100.0 * b.accuracy:.2f}", count(b.pulses), f"{count(b.energy)}J", count(b.writes))
        for b in best
    ]
    head = ("device", "best rule", "accuracy", "pulses", "energy", "worst device's writes")
    report.print_wide(report.table(lines, head=head))
    report.OUT.print(f"poster.png, rules.md, rules.csv and the layouts found are in {folder}", highlight=False)
