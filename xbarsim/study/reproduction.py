"""`xbarsim reproduce`: runs the studies of a paper's figures, and sets the simulated beside the published numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.files import write_text
from ..data_sets.data_set import Dataset
from ..describe.device import Device
from . import crus as study_crus
from . import curves, paper
from .clock import Tick
from .figure import ITERATIONS, Figure, Point, tasks_of
from .paper import COMPARED, ORDERINGS
from .study import run_study
from .verdict import bold, short_of, told

MISS = 0.005
"""A mean that is further from the published one counts as missed."""


@dataclass(frozen=True)
class Row:
    """One point: what was published, and what the simulation gives. Accuracies are fractions."""

    figure: str
    series: str
    x: float
    published: float | None
    mean: float
    least: float
    most: float
    runs: int

    @property
    def difference(self) -> float | None:
        """Simulated minus published."""
        return None if self.published is None else self.mean - self.published

    @property
    def missed(self) -> bool:
        """Whether the published mean is more than half a point away."""
        return self.difference is not None and abs(self.difference) > MISS


@dataclass(frozen=True)
class Sheet:
    """Everything about one figure."""

    figure: Figure
    rows: list[Row]
    orderings: list[tuple[str, bool]]
    curves: dict[str, curves.Curve]
    short_of: str = ""
    """How the runs fall short of the paper's, so that nothing follows from them about it: ``500 of 60,000 iterations``;
    "" if they do not.
    """

    @property
    def verdicts(self) -> list[str]:
        """The paper's statements, and whether they hold; of runs that fall short none is judged."""
        return told(self.orderings, self.short_of)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return {
            "figure": self.figure.name,
            "title": self.figure.title,
            "rows": [
                {
                    "series": r.series,
                    "x": r.x,
                    "published": r.published,
                    "mean": r.mean,
                    "min": r.least,
                    "max": r.most,
                    "difference": r.difference,
                    "missed": r.missed,
                    "runs": r.runs,
                }
                for r in self.rows
            ],
            "orderings": [{"statement": text, "holds": holds} for text, holds in self.orderings],
            "short_of": self.short_of or None,
        }


def reproduce(
    figures: Sequence[Figure],
    out: Path,
    data: Dataset,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    iterations: int = ITERATIONS,
    workers: int | str = 1,
    keep_runs: bool = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
    command_line: str = "",
) -> list[Sheet] | None:
    """Run the studies of some figures; returns their sheets, or None if it was stopped.

    Parameters
    ----------
    figures : sequence of Figure
    out : Path
        Folder for ``results.csv``, ``curves.csv``, ``report.md`` and a picture per figure; it keeps what is done, so
        that a study that was stopped goes on.
    data : Dataset
    seeds : sequence of int
        One run per point and seed.
    iterations : int
        What stands for the paper's 60,000.
    workers, keep_runs, listener, stop, trials :
        See `study.run_study`.
    command_line : str
        Named in the report.
    """
    tasks = tasks_of(list(figures), list(seeds), data.name, iterations)
    records = run_study(
        tasks, data, out, workers=workers, keep_runs=keep_runs, listener=listener, stop=stop, trials=trials
    )
    if len(records) < len(tasks):
        return None
    found = {(task.layout, off): (task, k) for task in tasks for k, off in enumerate([*task.transfers, None])}

    def of(point: Point, seed: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
        task, k = found[point.layout(seed, data.name, iterations), point.off]
        return records[task], None if point.off is None else records[task]["transfers"][k]

    sheets, results, lines = [], [], []
    for figure in figures:
        rows = []
        for point in figure.points:
            done = [of(point, seed) for seed in seeds]
            rows.append(_row(figure, point, done))
            results += [_result(figure, point, seed, *d) for seed, d in zip(seeds, done, strict=True)]
        means = {(r.series, r.x): r.mean for r in rows}
        orderings = [(o.text, bool(o.holds(means))) for o in {**ORDERINGS, **study_crus.ORDERINGS}.get(figure.name, ())]
        drawn = _curves_of(figure, lambda point: of(point, seeds[0])[0])
        lines += [
            (figure.name, name, float(a), float(b)) for name, (x, y) in drawn.items() for a, b in zip(x, y, strict=True)
        ]
        short = short_of(data, iterations, ITERATIONS) if figure.points else ""
        sheets.append(Sheet(figure, rows, orderings, drawn, short))
    write_text(out / "results.csv", _csv(results))
    write_text(
        out / "curves.csv", _csv([dict(zip(("figure", "series", "x", "y"), line, strict=True)) for line in lines])
    )
    write_text(out / "report.md", report(sheets, data, len(seeds), iterations, command_line))
    return sheets


def _published(figure: Figure, point: Point) -> float | None:
    if figure.name in COMPARED:
        name, series = COMPARED[figure.name]
        return paper.published(name).get((series, point.x))
    name = "fig8" if figure.name == "fig7" else figure.name
    return paper.published(name).get((point.series, point.x))


def _row(figure: Figure, point: Point, done: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> Row:
    if point.off is None:
        results = [record["result"] for record, _ in done]
        means, least, most = ([r[f"accuracy_{k}_last"] for r in results] for k in ("mean", "min", "max"))
    else:
        means, least, most = ([t[k] for _, t in done if t is not None] for k in ("mean", "min", "max"))
    return Row(
        figure.name,
        point.series,
        point.x,
        _published(figure, point),
        float(np.mean(means)),
        min(least),
        max(most),
        len(done),
    )


def _result(
    figure: Figure, point: Point, seed: int, record: dict[str, Any], off: dict[str, Any] | None
) -> dict[str, Any]:
    """One line of the tidy table: one run, or one run's transfers."""
    r = record["result"]
    accuracy = (
        [r[f"accuracy_{k}_last"] for k in ("mean", "min", "max")]
        if off is None
        else [off[k] for k in ("mean", "min", "max")]
    )
    return {
        "figure": figure.name,
        "series": point.series,
        "x_name": figure.x,
        "x": point.x,
        "seed": seed,
        "published": _published(figure, point),
        "accuracy_mean": accuracy[0],
        "accuracy_min": accuracy[1],
        "accuracy_max": accuracy[2],
        "arrays": 1 if off is None else len(off["accuracies"]),
        "iterations": r["iterations"],
        "pulses": r["pulses"],
        "resets": r["resets"],
        "seconds": round(r["seconds"], 3),
        "engine": r["engine"],
        "dataset": r["dataset"],
        "file": r["out"],
    }


def _curves_of(figure: Figure, record: Callable[[Point], dict[str, Any]]) -> dict[str, curves.Curve]:
    device = Device(g_min=1e-7, g_max=1e-6, n_max=64, beta=2.0)
    if figure.name == "fig6":
        return curves.nonlinearity_curves(device)
    if figure.name == "fig11":
        return curves.step_curves(device)
    if figure.name == "fig13":
        return curves.scaled_curves(device)
    if figure.name == "fig7":
        drawn = {}
        for point in figure.points:
            x, y = zip(*record(point)["curve"], strict=True)
            drawn[f"{point.series}, beta {point.x:g}"] = np.array(x), np.array(y)
        return drawn
    return {}


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


# The report -----------------------------------------------------------------------------------------------------------


def cells(row: Row, *, judged: bool = True) -> tuple[str, ...]:
    """A row as text: series, x, published, mean, range, difference; a * marks a miss, where it is `judged`."""
    pct = "{:.2f}".format
    return (
        row.series,
        f"{row.x:g}",
        "" if row.published is None else pct(100 * row.published),
        pct(100 * row.mean),
        f"{pct(100 * row.least)} to {pct(100 * row.most)}",
        "" if row.difference is None else f"{100 * row.difference:+.2f}{' *' if row.missed and judged else ''}",
    )


def _lines(sheet: Sheet) -> list[tuple[str, ...]]:
    return [cells(row, judged=not sheet.short_of) for row in sheet.rows]


STAR = f"A * marks a mean more than {100 * MISS:g} points from the published one."

HEAD = ("series", "x", "published", "simulated", "min to max", "difference")


def report(sheets: Sequence[Sheet], data: Dataset, seeds: int, iterations: int, command_line: str) -> str:
    """All tables and pictures in one Markdown page."""
    sources = {study_crus.SOURCE if s.figure.name in study_crus.FIGURES else f"{paper.source()}." for s in sheets}
    parts = [
        *(f"{source}\n" for source in sorted(sources)),
        f"`{command_line or 'xbarsim reproduce'}`: {data.name}, {seeds} seeds, {iterations:,} iterations where the "
        "paper has 60,000. Test accuracy in %: mean over the last 100 iterations and all seeds; smallest and largest "
        f"of them all. A published figure shows one run. {STAR}\n",
    ]
    for sheet in sheets:
        f = sheet.figure
        parts.append(f"## {_heading(f)}\n\n![{f.title}]({f.name}.png)\n")
        if sheet.short_of:
            parts.append(f"**{sheet.short_of}: no verdict.**\n")
        if sheet.rows and f.name != "fig7":
            head = (HEAD[0], f.x, *HEAD[2:])
            lines = [" | ".join(c) for c in (head, ("---",) * len(head), *_lines(sheet))]
            parts.append("\n".join(f"| {line} |" for line in lines) + "\n")
        if sheet.orderings:
            parts.append("\n".join(f"- {bold(text)}" for text in sheet.verdicts) + "\n")
    return "\n".join(parts)


def _heading(figure: Figure) -> str:
    return f"{figure.name.replace('fig', 'Fig. ')}: {figure.title}" if figure.name.startswith("fig") else figure.title
