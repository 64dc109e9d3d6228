"""What the command line shows: progress, tables, small plots in text."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table as Table
from rich.text import Text

if TYPE_CHECKING:
    import numpy as np

    from ..loop.results import Progress as Tick
    from ..study.study import Tick as StudyTick

OUT = Console(highlight=False, markup=False, soft_wrap=True)  # what is shown may have brackets: names, paths
ERR = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def _carries(text: str) -> bool:
    """Whether the standard output can show these signs."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


BARS, FULL = (" ▁▂▃▄▅▆▇█", "█") if _carries("▁█") else (" .:-=+*%#", "#")


SPREAD = "\nAccuracy: mean over the last iterations and all seeds; min to max: smallest and largest of these."
"""What stands below tables that have such columns."""


def table(rows: Iterable[tuple[Any, ...]], *, head: tuple[str, ...] = (), title: str | None = None) -> Table:
    """A plain table; the first column names, the others are right-aligned."""
    t = Table(title=title, title_justify="left", show_header=bool(head), box=None, pad_edge=False)
    rows = [tuple(map(str, r)) for r in rows]
    for k in range(len(head) or (len(rows[0]) if rows else 1)):
        t.add_column(head[k] if head else "", justify="left" if k == 0 else "right", overflow="fold")
    for r in rows:
        t.add_row(*r)
    return t


def pairs(rows: Iterable[tuple[str, Any]], title: str | None = None) -> Table:
    """Names and values, both left-aligned."""
    t = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    t.add_column("", style="bold")
    t.add_column("", overflow="fold")
    for name, value in rows:
        t.add_row(name, str(value))
    return t


def print_wide(t: Table) -> None:
    """Print a table at its own width, up to 120, also where there is no terminal that tells its width."""
    Console(highlight=False, markup=False, soft_wrap=True, width=max(OUT.width, 120)).print(t)


def dump(value: Mapping[str, Any] | list[Any]) -> None:
    """One JSON document on stdout. NaN, which JSON lacks, becomes null."""
    print(json.dumps(_clean(value), allow_nan=False))


def _clean(value: Any) -> Any:
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Mapping):
        return {k: _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(v) for v in value]
    return value


def percent(fraction: float) -> str:
    """A fraction as percent."""
    return f"{100 * fraction:.2f} %"


def siemens(g: float) -> str:
    """A conductance with an SI prefix."""
    for factor, prefix in ((1e-9, "n"), (1e-6, "u"), (1e-3, "m")):
        if abs(g) < 999.5 * factor:
            return f"{g / factor:.4g} {prefix}S"
    return f"{g:.4g} S"


def joules(energy: float) -> str:
    """An energy with an SI prefix.

    >>> joules(2.5e-6), joules(0.0)
    ('2.5 uJ', '0 J')
    """
    for factor, prefix in ((1e-15, "f"), (1e-12, "p"), (1e-9, "n"), (1e-6, "u"), (1e-3, "m")):
        if 0.0 < energy < 999.5 * factor:
            return f"{energy / factor:.3g} {prefix}J"
    return f"{energy:.3g} J"


def sparkline(values: np.ndarray, width: int = 60) -> str:
    """The values as a row of bars, from their smallest to their largest."""
    import numpy as np

    if len(values) == 0:
        return ""
    picked = values[np.linspace(0, len(values) - 1, min(width, len(values))).astype(int)]
    low, high = float(picked.min()), float(picked.max())
    level = (picked - low) / (high - low) if high > low else np.full(len(picked), 0.5)
    return "".join(BARS[1 + round(7 * float(x))] for x in level)


def histogram(values: np.ndarray, edges: np.ndarray, low: float, high: float, width: int = 40) -> Table:
    """Counts between edges, S, with bars; nothing is said of what lies beyond `low` and `high`."""
    import numpy as np

    counts, _ = np.histogram(values, bins=edges)
    top, edges = max(int(counts.max()), 1), np.clip(edges, low, high)
    rows = [
        (f"{siemens(a)} to {siemens(b)}", n, FULL * round(width * n / top))
        for a, b, n in zip(edges[:-1], edges[1:], counts.tolist(), strict=True)
    ]
    t = table(rows)
    t.columns[2].justify = "left"
    return t


class _Named(ProgressColumn):
    """Another column, and what it is: ``0:00:12 left``."""

    def __init__(self, column: ProgressColumn, name: str) -> None:
        super().__init__()
        self._column, self._name = column, name

    def render(self, task: Task) -> Text:
        """The column with its name behind it."""
        return Text(f"{self._column.render(task)} {self._name}", style="progress.remaining")


class _Display:
    """A live bar on a terminal, on stderr; elsewhere a line now and then."""

    def __init__(self, quiet: bool, *columns: ProgressColumn) -> None:
        self._quiet = quiet
        self._bar = ERR.is_terminal and not quiet
        self._last = time.monotonic() - 0.1 if self._bar else time.monotonic()
        self._task: Any = None
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), *columns, console=ERR, transient=True, disable=not self._bar
        )

    def __enter__(self) -> Self:
        if self._bar:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._progress.stop()


class RunDisplay(_Display):
    """Progress of a run, with its accuracy; a line every five seconds where there is no terminal."""

    def __init__(self, *, quiet: bool) -> None:
        done = TextColumn("{task.completed:,.0f} of {task.total:,.0f} iterations")
        accuracy = TextColumn("{task.fields[accuracy]}")
        super().__init__(
            quiet, done, accuracy, _Named(TimeElapsedColumn(), "gone"), _Named(TimeRemainingColumn(), "left")
        )

    def __call__(self, tick: Tick) -> None:
        """Show one `Progress`; the bar moves at most ten times a second, so that it costs nothing."""
        if self._quiet:
            return
        if tick.phase == "compiling":
            if not tick.compiled:
                ERR.print("Compiling the simulation for this machine, once for this combination: 5 to 40 s ...")
            return
        if tick.phase == "replaying":
            ERR.print(f"Replaying {tick.iteration:,} recorded iterations ...")
            return
        now = time.monotonic()
        accuracy = "" if tick.accuracy is None else f"accuracy {percent(tick.accuracy)}"
        if not self._bar:
            if now - self._last > 5.0:
                self._last = now
                where = f"iteration {tick.iteration:,} of {tick.iterations:,}"
                ERR.print(", ".join(part for part in (where, accuracy) if part))
            return
        if now - self._last < 0.1 and 0 < tick.iteration < tick.iterations:
            return
        self._last = now
        if self._task is None:
            self._task = self._progress.add_task("training", total=tick.iterations, accuracy=accuracy)
        self._progress.update(self._task, completed=tick.iteration, accuracy=accuracy)


class StudyDisplay(_Display):
    """Progress of a study: runs done and time left; a line every ten seconds where there is no terminal."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(
            quiet, TextColumn("{task.fields[runs]}"), TimeElapsedColumn(), TextColumn("{task.fields[left]}")
        )
        self._begin: tuple[float, float] | None = None

    def __call__(self, tick: StudyTick) -> None:
        """Show one `study.Tick`."""
        if self._quiet:
            return
        now = time.monotonic()
        if self._begin is None:
            self._begin = now, tick.cost_done
            if tick.kept:
                ERR.print(f"{tick.kept} of {tick.total} runs are there already.")
        began, cost = self._begin
        worked = tick.cost_done - cost
        left = ""
        if worked > 0.0 and tick.done < tick.total:
            seconds = (tick.cost_total - tick.cost_done) * (now - began) / worked
            left = f"about {seconds:.0f} s left" if seconds < 120 else f"about {seconds / 60:.0f} min left"
        runs = f"{tick.done} of {tick.total} runs"
        if not self._bar:
            if now - self._last > 10.0 or tick.done == tick.total:
                self._last = now
                ERR.print(", ".join(part for part in (runs, left) if part))
            return
        if self._task is None:
            self._task = self._progress.add_task("running", total=tick.cost_total, runs=runs, left=left)
        self._progress.update(self._task, completed=tick.cost_done, runs=runs, left=left)
