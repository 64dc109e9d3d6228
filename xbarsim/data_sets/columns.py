"""Which column of a table has the labels, and what its first line is."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..base.errors import DataError

LABEL_NAMES = ("label", "class", "target", "y")
_INDEX_NAMES = ("", "id", "index", "unnamed: 0")  # a number for each line, as pandas writes one
_MOST_LABELS = 100  # that are taken for labels where no name says so
Lines = Callable[[], Iterator[tuple[int, str]]]


@dataclass(frozen=True)
class Columns:
    """How the lines of a table are to be read.

    Attributes
    ----------
    separator : str
    header : int
        Number of the line that names the columns, from 1; 0 if there is none.
    names : tuple of str
        Of the columns; empty without a header.
    width : int
        Number of columns.
    label : int
        Column of the labels, from 0.
    left_out : tuple of int
        Columns that are no pixels.
    notes : tuple of str
        What was guessed or left out.
    """

    separator: str
    header: int
    names: tuple[str, ...]
    width: int
    label: int = 0
    left_out: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def split(self, line: str) -> tuple[str, str]:
        """The label of a line, and the pixels, as text."""
        if '"' not in line and not self.left_out:  # the usual case is quick
            if self.label == 0:
                label, _, rest = line.partition(self.separator)
                return label.strip(), rest
            if self.label == self.width - 1:
                rest, _, label = line.rpartition(self.separator)
                return label.strip(), rest
        cells = cells_of(line, self.separator)
        if len(cells) <= self.label:
            return "?", self.separator.join(cells)  # told when the pixels are read
        drop = {self.label, *self.left_out}
        return cells[self.label], self.separator.join(c for k, c in enumerate(cells) if k not in drop)

    def pixels(self) -> list[str]:
        """Names of the columns of pixels."""
        drop = {self.label, *self.left_out}
        return [name for k, name in enumerate(self.names) if k not in drop]


def cells_of(line: str, separator: str) -> list[str]:
    """What stands in a line; the line, if it cannot be split."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:  # a cell of more than 128 kB, say
        return [line]


def columns_of(where: str, lines: Lines) -> Columns:
    """Look at a table; `lines` gives its lines anew each time.

    Raises
    ------
    DataError
        If it is none, or nobody can tell which column has the labels.
    """
    number, first = next(lines(), (0, ""))
    if not number:
        raise DataError(f"{where}: expected a table, got an empty file; get it anew")
    separator = max(",;\t", key=first.count)
    cells = cells_of(first, separator)
    if len(cells) < 2:
        raise DataError(
            f"{where}: expected columns with commas, semicolons or tabs between them, got '{first[:40]}'; save the "
            "table as CSV"
        )
    low = [cell.casefold() for cell in cells]
    text = sum(not _is_number(cell) for cell in cells)
    named = [k for k, name in enumerate(low) if name in LABEL_NAMES]
    counted = low == [str(k) for k in range(len(cells))]  # pandas' names of nameless columns
    if not named and text < 2 and not counted:
        return _guessed(where, Columns(separator, 0, (), len(cells)), lines)
    left_out = tuple(k for k, name in enumerate(low) if name in _INDEX_NAMES and not counted)
    notes = tuple(f"{where}: left out column '{cells[k]}', which numbers the lines" for k in left_out)
    columns = Columns(separator, number, () if counted else tuple(cells), len(cells), 0, left_out, notes)
    if len(named) > 1:
        raise DataError(
            f"{where}: expected one column of labels, got {' and '.join(cells[k] for k in named)}; leave one out"
        )
    if not named:
        return _guessed(where, columns, lines)
    return Columns(separator, number, tuple(cells), len(cells), named[0], left_out, notes)


def _guessed(where: str, columns: Columns, lines: Lines) -> Columns:
    """The same with the first or last column as labels, if one alone looks like these."""
    ends = [0, columns.width - 1]
    if columns.names:  # a name like all others is that of a pixel
        stems = [re.sub(r"[\d_x.\-]+", "", name.casefold()) for name in columns.names]
        ends = [k for k in ends if k not in columns.left_out and stems.count(stems[k]) == 1]
    looks = {k: rank for k in ends if (rank := _looks(columns, k, lines))}
    best = [k for k, rank in looks.items() if rank == max(looks.values())]
    if len(best) != 1:
        names = columns.names
        head = f"the header has none ({', '.join(names[:2])}, ..., {names[-1]})" if names else "there is no header"
        both = "the first and the last column could be" if best else "neither the first nor the last looks like one"
        raise DataError(
            f"{where}: expected a column of labels called {', '.join(LABEL_NAMES)}, {head}, and {both}; name it, or, "
            "if the file has no labels, as test.csv of Kaggle, give the one that has (train.csv): a part of it is "
            "kept for the test"
        )
    what = "first" if best[0] == 0 else "last"
    note = f"{where}: labels are taken from the {what} column, which alone looks like labels"
    return Columns(
        columns.separator,
        columns.header,
        columns.names,
        columns.width,
        best[0],
        columns.left_out,
        (*columns.notes, note),
    )


def _looks(columns: Columns, column: int, lines: Lines) -> int:
    """How much a column looks like labels: 3 names, 2 whole numbers in a row from 0 or 1, 1 other few whole numbers, 0
    not at all.
    """
    found: set[str] = set()
    for number, line in lines():
        if number <= columns.header:
            continue
        if '"' in line:
            cells = cells_of(line, columns.separator)
            found.add(cells[column] if column < len(cells) else "")
        elif column == 0:
            found.add(line.partition(columns.separator)[0].strip())
        else:
            found.add(line.rpartition(columns.separator)[2].strip())
        if len(found) > _MOST_LABELS:
            return 0
    if len(found) < 2 or "" in found:
        return 0
    if not all(map(_is_number, found)):
        return 3 if not any(map(_is_number, found)) else 0
    values = sorted(map(float, found))
    if any(value != round(value) if abs(value) < 2**53 else True for value in values):
        return 0
    return 2 if values[0] in (0.0, 1.0) and values[-1] - values[0] == len(values) - 1 else 1


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
