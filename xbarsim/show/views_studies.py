"""What ``xbarsim reproduce``, ``transfer`` and ``retention`` show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import report

if TYPE_CHECKING:
    from ..after.retention import Retention
    from ..after.transfer import Transfer
    from ..study.reproduction import Sheet


def show_sheets(sheets: list[Sheet], folder: Path, form: str) -> None:
    """Tables of a reproduced paper."""
    from ..study.reproduction import HEAD, cells

    if form == "json":
        report.dump({"folder": str(folder), "figures": [s.as_dict() for s in sheets]})
        return
    for sheet in sheets:
        report.OUT.print(f"{sheet.figure.name}: {sheet.figure.title}", style="bold")
        if sheet.rows and sheet.figure.name != "fig7":
            t = report.table([cells(r) for r in sheet.rows], head=(HEAD[0], sheet.figure.x, *HEAD[2:]))
            report.print_wide(t)
        for text, holds in sheet.orderings:
            report.OUT.print(f"  {'holds' if holds else 'does NOT hold'}: {text}")
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


def show_retention(result: Retention, form: str) -> None:
    """Test accuracies after some times."""
    if form == "json":
        report.dump(result.as_dict())
        return
    report.OUT.print(
        f"{result.file} at iteration {result.iteration:,}: {report.percent(result.accuracy_before)} when training "
        "ended\n"
    )
    rows = [
        (f"{t:g}", *(report.percent(x) for x in (mean, min(a), max(a))))
        for t, mean, a in zip(result.times, result.mean, result.accuracies, strict=True)
    ]
    report.OUT.print(report.table(rows, head=("time, s", "mean", "min", "max")))
