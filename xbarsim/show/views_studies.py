"""What ``xbarsim reproduce``, ``transfer`` and ``retention`` show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..describe.settings import time_in_words
from . import report

if TYPE_CHECKING:
    from ..after.retention import Retention
    from ..after.transfer import Transfer
    from ..study.reproduction import Sheet


def show_sheets(sheets: list[Sheet], folder: Path, form: str) -> None:
    """Tables of a reproduced paper."""
    from ..study.reproduction import HEAD, STAR, cells

    if form == "json":
        report.dump({"folder": str(folder), "figures": [s.as_dict() for s in sheets]})
        return
    for sheet in sheets:
        report.OUT.print(f"{sheet.figure.name}: {sheet.figure.title}", style="bold")
        if sheet.short_of:
            report.OUT.print(f"{sheet.short_of}: no verdict")
        if sheet.rows and sheet.figure.name != "fig7":
            judged = not sheet.short_of
            rows = [cells(r, judged=judged) for r in sheet.rows]
            report.print_wide(report.table(rows, head=(HEAD[0], sheet.figure.x, *HEAD[2:])))
            report.OUT.print(
                "test accuracy, %; min to max: of the last iterations and all seeds" + (f". {STAR}" if judged else "")
            )
        for text in sheet.verdicts:
            report.OUT.print(f"  {text}")
        report.OUT.print()
    report.OUT.print(f"Pictures, results.csv, curves.csv and report.md are in {folder}")


def show_transfers(transfers: list[Transfer], form: str) -> None:
    """Test accuracies after off-chip transfers."""
    if form == "json":
        report.dump({"transfers": [t.as_dict() for t in transfers]})
        return
    first = transfers[0]
    report.OUT.print(
        f"{first.file} at iteration {first.iteration:,}: {report.percent(first.accuracy_before)} on arrays without "
        f"variation; {first.write} written into {len(first.accuracies)} arrays\n"
    )
    rows = [
        (f"{t.sigma:g}", *(report.percent(x) for x in (t.mean, min(t.accuracies), max(t.accuracies))))
        for t in transfers
    ]
    report.OUT.print(report.table(rows, head=("sigma", "mean", "min", "max")))
    report.OUT.print("\nTest accuracy; mean, smallest and largest of the arrays.")


def show_retention(result: Retention, form: str) -> None:
    """Test accuracies after some times."""
    if form == "json":
        report.dump(result.as_dict())
        return
    report.OUT.print(
        f"{result.file} at iteration {result.iteration:,}: {report.percent(result.accuracy_before)} {result.before}\n"
    )
    rows = [
        (time_in_words(t), *(report.percent(x) for x in (mean, min(a), max(a))))
        for t, mean, a in zip(result.times, result.mean, result.accuracies, strict=True)
    ]
    report.OUT.print(report.table(rows, head=("time", "mean", "min", "max")))
    report.OUT.print("\nTest accuracy; mean, smallest and largest of the draws of the devices' drift.")
