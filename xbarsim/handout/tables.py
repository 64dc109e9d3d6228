"""Tables that a study left as CSV: read, put together over seeds, and shown."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..base.errors import DataError
from ..describe.settings import number_of
from ..show.report import percent
from ..study.comparison import Row, row_of
from ..study.grid import Design
from .blocks import Table
from .cells import cell, head, number_in, short

MOST_ROWS = 300
"""Rows of a table that are shown."""

_MOST_BYTES = 64 << 20
_NEEDED = {"accuracy_mean", "accuracy_min", "accuracy_max", "iterations"}


class Read(NamedTuple):
    """A table as it stands in a file."""

    name: str
    columns: tuple[str, ...]
    rows: list[dict[str, str]]


def read(path: Path) -> Read:
    """A table from a file.

    Raises
    ------
    DataError
        If it is none.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path}: expected a table, got over {_MOST_BYTES >> 20} MB; leave it out of this folder")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found = csv.reader(stream)
            columns = tuple(next(found, ()))
            rows = [dict(zip(columns, line, strict=False)) for line in found if line]
    except OSError as error:
        raise DataError(f"{path}: cannot read it ({error.strerror}); check its rights") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: expected a table with commas, got something else ({error}); make it anew") from None
    return Read(path.name, columns, rows)


def shown(table: Read, *, title: str = "", folded: bool = False) -> Table:
    """A table as a page shows it; of a long one the beginning."""
    there = [name for name in table.columns if any(row.get(name) for row in table.rows)]
    rows = [[cell(name, row.get(name, "")) for name in there] for row in table.rows[:MOST_ROWS]]
    more = len(table.rows) - MOST_ROWS
    note = f"{more:,} more rows stand in {table.name}." if more > 0 else ""
    return Table([head(name) for name in there], rows, title or table.name, note, folded)


class Grouped(NamedTuple):
    """Runs put together over their seeds."""

    keys: tuple[str, ...]
    """What tells them apart."""
    points: list[dict[str, str]]
    rows: list[Row]

    @property
    def names(self) -> list[str]:
        """Each in words."""
        if len(self.keys) == 1:
            return [short(next(iter(point.values())), 60) for point in self.points]
        return [short(", ".join(f"{key} {value}" for key, value in point.items()), 60) for point in self.points]

    @property
    def best(self) -> int:
        """Number of that with the highest mean."""
        return max(range(len(self.rows)), key=lambda k: self.rows[k].mean)

    def table(self) -> Table:
        """Means and ranges."""
        cells = [
            [
                *(cell(key, value) for key, value in point.items()),
                percent(row.mean),
                percent(row.least),
                percent(row.most),
                ", ".join(f"{100.0 * x:.2f}" for x in row.seeds[:12]),
            ]
            for point, row in zip(self.points[:MOST_ROWS], self.rows[:MOST_ROWS], strict=True)
        ]
        note = "Test accuracy: mean, smallest and largest of the last iterations and all seeds; the mean of each seed."
        return Table([*(head(key) for key in self.keys), "mean", "smallest", "largest", "seeds, %"], cells, "", note)

    def design(self) -> Design:
        """The same as points of a sweep."""
        points = tuple({key: _value(value) for key, value in point.items()} for point in self.points)
        return Design({key: tuple(dict.fromkeys(p[key] for p in points)) for key in self.keys}, points)


def _value(text: str) -> float | int | bool | str:
    found = number_of(text)
    return found if isinstance(found, (int, float, bool, str)) else text


def grouped(table: Read) -> Grouped | None:
    """Runs by what stands before their seeds; None if it is no table of runs."""
    if "seed" not in table.columns or not set(table.columns) >= _NEEDED or not table.rows:
        return None
    keys = table.columns[: table.columns.index("seed")]
    found: dict[tuple[str, ...], list[dict[str, float]]] = {}
    for row in table.rows:
        numbers = {name: number_in(row.get(name)) for name in _NEEDED}
        if not keys or any(value is None for value in numbers.values()):
            return None
        result = {f"{name}_last": float(numbers[name] or 0.0) for name in _NEEDED - {"iterations"}}
        result["iterations"] = float(numbers["iterations"] or 0.0)
        found.setdefault(tuple(row.get(key, "") for key in keys), []).append(result)
    points = [dict(zip(keys, values, strict=True)) for values in found]
    rows = [row_of(_name(keys, values), results) for values, results in found.items()]
    return Grouped(keys, points, rows)


def _name(keys: Sequence[str], values: Sequence[str]) -> str:
    return values[0] if len(keys) == 1 else ", ".join(f"{key} {value}" for key, value in zip(keys, values, strict=True))
