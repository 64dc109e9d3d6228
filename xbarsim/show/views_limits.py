"""What ``xbarsim limits``, ``infer`` and ``sweep`` show, as text, JSON or CSV."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..describe.settings import time_in_words
from ..study.comparison import show
from ..study.grid import tidy
from . import report
from .figures_infer import changes_in_words, place_of

if TYPE_CHECKING:
    from ..after.answers import Answers
    from ..after.calibrate import Calibrated
    from ..study.comparison import Row
    from ..study.effects import Effects
    from ..study.grid import Design
    from ..study.limits import Change, Found


def _points(change: Change) -> str:
    """A difference in points of percent, with its standard error if there is one."""
    error = "" if change.error is None else f" ± {100 * change.error:.2f}"
    return f"{100 * change.mean:+.2f}{error}"


def show_limits(found: Found, form: str, out: Path | None) -> None:
    """Departures by what the device gains without each."""
    if form == "csv":
        sys.stdout.write(found.table.to_csv())
        return
    if form == "json":
        report.dump({**found.as_dict(), "out": None if out is None else str(out)})
        return
    for ranking in found.rankings:
        seeds = len(ranking.as_is.seeds)
        report.OUT.print(
            f"{ranking.method}: {report.percent(ranking.as_is.mean)} as it is, {report.percent(ranking.ideal.mean)} "
            f"with all of it off ({_points(ranking.gap)})",
            style="bold",
        )
        report.OUT.print(ranking.verdict)
        rows = [
            (
                x.name,
                x.size,
                x.off,
                report.percent(x.without.mean),
                _points(x.gained),
                report.percent(x.alone.mean),
                f"{100 * x.lost.mean:+.2f}" + ("" if x.lost.error is None else f" ± {100 * x.lost.error:.2f}"),
            )
            for x in ranking.limits
        ]
        head = ("departure", "size", "off", "without it", "gained", "it alone", "lost")
        t = report.table(rows, head=head)
        for column in t.columns[1:3]:
            column.justify = "left"
        report.print_wide(t)
        report.OUT.print(f"  points of percent; ± standard error of the mean over {seeds} seeds" if seeds > 1 else "")
    report.OUT.print(f"{found.runs} runs")
    for note in found.notes:
        report.OUT.print(f"note: {note}")


MOST = 40
"""Drawn points that are shown; all are in the table."""


def show_design(
    design: Design, rows: Sequence[Row], form: str, out: Path | None, effects: Effects | None = None
) -> None:
    """Accuracies of all points, in order; of drawn ones what each key does to them first."""
    if form == "csv":
        sys.stdout.write(tidy(design, rows).to_csv())
        return
    if form == "json":
        lines = [{**row.as_dict(), "values": dict(point)} for point, row in zip(design.points, rows, strict=True)]
        by = list(design.keys) if len(design.keys) > 1 else design.keys[0]
        more = {} if effects is None else effects.as_dict()
        report.dump({"by": by, "rows": lines, **more, "out": None if out is None else str(out)})
        return
    if effects is not None:
        _show_effects(effects)
    shown = rows if effects is None else rows[:MOST]
    cells = [
        (
            *(show(v) for v in point.values()),
            report.percent(row.mean),
            f"{report.percent(row.least)} to {report.percent(row.most)}",
            ", ".join(f"{100 * s:.2f}" for s in row.seeds),
        )
        for point, row in zip(design.points, shown, strict=False)
    ]
    report.print_wide(report.table(cells, head=(*design.keys, "accuracy", "min to max", "seeds")))
    if len(shown) < len(rows):
        report.OUT.print(f"the first {len(shown)} of {len(rows)} points; --csv and --keep have all")
    report.OUT.print(report.SPREAD)


def _show_effects(effects: Effects) -> None:
    rows = [(e.key, e.measure, f"{e.value:+.2f}", f"{e.low:+.2f} to {e.high:+.2f}") for e in effects.of]
    if rows:
        t = report.table(rows, head=("key", "effect", "value", "95 % interval"))
        t.columns[1].justify = "left"
        report.print_wide(t)
        report.OUT.print(f"{effects.estimator}")
    for note in effects.notes:
        report.OUT.print(f"note: {note}")
    report.OUT.print()


def show_answers(answers: Answers, form: str, out: Path | None) -> None:
    """Accuracies of a trained network in another circuit, and in its own."""
    if form == "csv":
        sys.stdout.write(answers.table.to_csv())
        return
    if form == "json":
        report.dump({**answers.as_dict(), "out": None if out is None else str(out)})
        return
    draws = len(answers.accuracies[0])
    report.OUT.print(
        f"{answers.file}{place_of(answers)}: {report.percent(answers.own)} in its own circuit; here: "
        f"{changes_in_words(answers)}\n"
    )
    plain = answers.uncompensated
    rows = [
        (
            time_in_words(answers.times[n]) if answers.times else "not aged",
            report.percent(answers.mean[n]),
            f"{100 * answers.spread[n]:.2f}" if draws > 1 else "-",
            f"{100 * min(a):.2f} to {100 * max(a):.2f}",
            f"{draws}",
            f"{100 * (answers.mean[n] - answers.own) + 0.0:+.2f}".replace("-0.00", "+0.00"),
            *((report.percent(sum(plain[n]) / len(plain[n])),) if plain else ()),
            answers.condition,
        )
        for n, a in enumerate(answers.accuracies)
    ]
    head = ("time" if answers.times else "", "accuracy", "spread", "min to max", "draws", "change")
    head += (*(("without",) if plain else ()), "devices")
    report.OUT.print(report.table(rows, head=head))
    report.OUT.print(f"devices: {answers.state}", soft_wrap=True, highlight=False)
    if answers.compensation is not None:
        report.OUT.print(_costs(answers.compensation), soft_wrap=True, highlight=False)


def _costs(c: dict[str, Any]) -> str:
    """What compensation of drift takes, in a line."""
    inputs = {"rows": "each row by itself", "all": "all rows at once"}.get(c["inputs"], f"{c['inputs']} patterns")
    then = f"{c['reads_at_writing']:,} at writing and " if c["reads_at_writing"] else ""
    return (
        f"drift compensated by one factor for each {'array' if c['kind'] == 'global' else 'column'} ({inputs}): "
        f"{then}{c['reads_at_a_time']:,} reads of arrays at each time, where an image takes {c['image_reads']}; "
        f"{c['factors']:,} factors are kept, and {c['multiplications']:,} digital multiplications made for every image"
    )


def show_ranges(found: Calibrated, form: str, out: Path | None) -> None:
    """Ranges of sense circuits: least, middle and largest of every array."""
    if form == "csv":
        sys.stdout.write(found.table.to_csv())
        return
    if form == "json":
        report.dump({**found.as_dict(), "out": None if out is None else str(out)})
        return
    report.OUT.print(
        f"{found.file} at iteration {found.iteration:,}: ranges that {found.percentile:g} % of the currents of "
        f"{found.images:,} training images lie within, in (Gmax - Gmin) V_read\n"
    )
    rows = [
        (f"array {k}", f"{len(row)}", f"{min(row):.4g}", f"{sorted(row)[len(row) // 2]:.4g}", f"{max(row):.4g}")
        for k, row in enumerate(found.ranges, start=1)
    ]
    report.OUT.print(report.table(rows, head=("", "ranges", "least", "median", "largest")))
    report.OUT.print("" if out is None else f"file  {out}")
