"""What the command line shows: tables, small plots in text; see `progress` for what moves."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table as Table

from ..base.shown import duration as duration

if TYPE_CHECKING:
    import numpy as np


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


def seconds(time: float) -> str:
    """A time with an SI prefix.

    >>> seconds(2.5e-6), seconds(90.0)
    ('2.5 us', '90 s')
    """
    for factor, prefix in ((1e-9, "n"), (1e-6, "u"), (1e-3, "m")):
        if 0.0 < time < 0.9995 * factor * 1e3:
            return f"{time / factor:.3g} {prefix}s"
    return f"{time:.3g} s"


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
