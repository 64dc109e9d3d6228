"""What ``xbarsim reproduce bs`` shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..study.bs import HEAD, cells
from ..study.energy_bs import MAC_SYSTEMS, SYSTEMS, joules_per_mac, mac_ratios, parts_of, ratios
from ..study.energy_constants import values
from . import report

if TYPE_CHECKING:
    from ..study.bs import BsSheet


def show_bs(sheet: BsSheet, folder: Path, form: str) -> None:
    """Tables of `xbarsim reproduce bs`."""
    if form == "json":
        report.dump({"folder": str(folder), **sheet.as_dict()})
        return
    title = "binary-stochastic learning (a reconstruction)"
    report.OUT.print(f"{title}, {'-'.join(map(str, sheet.layers))}, {sheet.epochs} epochs", style="bold")
    if sheet.short_of:
        report.OUT.print(f"{sheet.short_of}: no verdict")
    report.print_wide(report.table([cells(r) for r in sheet.rows], head=HEAD))
    report.OUT.print("test accuracy, %; range: over the seeds\n")
    over = ["", *(f"{r:.3g}" for r in ratios(sheet.energy, values()))]
    totals = [f"{1e9 * sum(parts.values()):.3g}" for parts in parts_of(sheet.energy, values()).values()]
    rows = list(zip(SYSTEMS, totals, over, strict=True))
    report.print_wide(report.table(rows, head=("energy of training", "nJ per image", "over binary-stochastic")))
    over = ["", *(f"{r:.3g}" for r in mac_ratios(sheet.energy, values()))]
    each = [f"{1e15 * joules:.3g}" for joules in joules_per_mac(sheet.energy, values())]
    rows = list(zip(MAC_SYSTEMS, each, over, strict=True))
    report.print_wide(report.table(rows, head=("energy of a multiply-accumulate", "fJ", "over binary-stochastic")))
    for text in sheet.verdicts:
        report.OUT.print(f"  {text}")
    report.OUT.print(f"\nPicture, bs.csv and bs-report.md are in {folder}")
