"""What ``xbarsim reproduce target`` shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..study.target import RULES, SIGMAS, USUAL_STATES
from . import report

if TYPE_CHECKING:
    from ..study.target import TargetSheet


def show_target(sheet: TargetSheet, folder: Path, form: str) -> None:
    """Show errors by rule and spread of the references, and what is said of them."""
    if form == "json":
        report.dump({"folder": str(folder), **sheet.as_dict()})
        return
    rows = [
        (rule, *(f"{100.0 * sheet.of(rule, USUAL_STATES, sigma).mean():.2f}" for sigma in SIGMAS)) for rule in RULES
    ]
    report.print_wide(report.table(rows, head=("rule", *(f"sigma_r {sigma:g}" for sigma in SIGMAS))))
    report.OUT.print(f"Error of the weights, % of the largest, {USUAL_STATES} states.", highlight=False)
    for text in sheet.verdicts:
        report.OUT.print(text, highlight=False)
    report.OUT.print(f"target.png, target.md and target.csv are in {folder}", highlight=False)
