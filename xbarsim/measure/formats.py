"""Text files that laboratories have, as grids of named columns: tables, MATLAB arrays, CrossSim tables.

Nothing here knows what a column means; `measured.py` does. Quotes and delimiters are left to the standard library's
`csv`, numbers to NumPy. Which delimiter and which decimal sign it is, is seen from the numbers that each gives: csv's
own sniffer looks at letters, and takes the comma of 0,1 for a delimiter.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..base.errors import DataError
from .files import lines_of
from .layout import OVERLOAD, SAMPLE, columns, is_label, is_number, layout_of

COMMENT = ("#", "%", "//", "!", "'", '"#')
MOST_COLUMNS = 20_000
_QUOTED_LINES = 10
"""Lines that a cell in quotes may go over; an open quote is a sign for inches otherwise."""

_ARRAY = re.compile(r"(?<!\w)(\w{1,100})\s*=\s*\[")


_MOST_SIEMENS = 1e6
"""What the description of a device takes at most."""


@dataclass
class Grid:
    """Columns of one table.

    Attributes
    ----------
    where : str
        File (and sheet, array or device) it is from, for messages.
    headers : list of str
        One per column; empty where there is none.
    columns : list of arrays
        Each (rows,): float64, NaN where there is no number; or str, for labels.
    notes : list of str
        How it was read.
    backwards : bool
        Depression is listed by falling pulse number, as NeuroSim does.
    above : list of list of str
        Rows of names, units or groups above the headers, from the nearest upwards.
    left_out : int
        Other lines above the table.
    """

    where: str
    headers: list[str]
    columns: list[np.ndarray]
    notes: list[str] = field(default_factory=list)
    backwards: bool = False
    above: list[list[str]] = field(default_factory=list)
    left_out: int = 0


def text_grids(path: Path, text: str) -> list[Grid]:
    """Grids of a text file: one table, or MATLAB arrays ``name = [ ... ];``.

    Raises
    ------
    DataError
        If there is no table in it.
    """
    lines = lines_of(path, text)
    found = [grid for name, body in _arrays(text) if (grid := _matlab(path, name, body)) is not None]
    if found:
        return found
    delimiter, comma = _style(lines)
    sample = list(itertools.islice(_records(lines, delimiter), SAMPLE))
    layout = layout_of(str(path), [r.cells for r in sample], [r.comment for r in sample], comma)
    if layout.width > MOST_COLUMNS:
        raise DataError(
            f"{path}: expected at most {MOST_COLUMNS:,} columns, got {layout.width:,}; export fewer, or a row for each "
            "read"
        )
    notes = ["decimal commas"] if comma else []
    begin = sample[layout.first].line
    data = _fast(lines[begin:], delimiter, comma, layout.width)
    if data is None:
        rows = [r.cells for r in _records(lines[begin:], delimiter) if not r.comment]
        data = columns(rows, layout.width, comma, notes)
    return [Grid(str(path), layout.header, data, notes, above=layout.above, left_out=layout.left_out)]


def crosssim_table(path: Path, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """A CrossSim jump table (``dG_increasing.txt``), or None if the text is something else.

    Its first line is text that names Gbins and CDF; then a row of conductances, a row of probabilities, and one row of
    steps per probability (written by ``create_lookup_table`` of CrossSim's lookup_table_generation example).

    Returns
    -------
    g : (bins,), S
    cdf : (points,)
    steps : (points, bins), S
    """
    head, _, body = text.partition("\n")
    if not ("gbins" in head[:1000].lower() and "cdf" in head[:1000].lower()):
        return None
    rows = [
        np.array(line.replace("[", "").replace("]", "").split(","), dtype=object)
        for line in lines_of(path, body)
        if line.strip()
    ]
    try:
        numbers = [row.astype(float) for row in rows]
    except ValueError:
        raise DataError(
            f"{path}: expected numbers with commas after the first line, got text; export the table again"
        ) from None
    if len(numbers) < 3 or len(numbers) - 2 != len(numbers[1]) or any(len(r) != len(numbers[0]) for r in numbers[2:]):
        shape = f"{len(numbers) - 2} rows for {len(numbers[1]) if len(numbers) > 1 else 0} probabilities"
        raise DataError(
            f"{path}: expected a row of steps for every CDF point, each with every Gbin, got {shape}; export it again"
        )
    if not all(np.isfinite(row).all() and np.abs(row).max(initial=0.0) < _MOST_SIEMENS for row in numbers):
        raise DataError(
            f"{path}: expected conductances and steps in S, got some that are not finite or beyond {_MOST_SIEMENS:g}; "
            "export the table again"
        )
    return numbers[0], numbers[1], np.array(numbers[2:])


def _arrays(text: str) -> Iterator[tuple[str, str]]:
    """Names and bodies of MATLAB arrays."""
    at = 0 if "]" in text else len(text)
    while (start := _ARRAY.search(text, at)) is not None:
        end = text.find("]", start.end())
        if end < 0:
            return
        yield start[1], text[start.end() : end]
        at = end + 1


def _matlab(path: Path, name: str, body: str) -> Grid | None:
    lines = [line.split("%")[0].replace("...", " ").replace(",", " ") for line in re.split(r"[;\n]", body)]
    rows = [line.split() for line in lines if line.strip()]
    try:
        values = [[float(c) for c in row] for row in rows]
    except ValueError:
        return None
    if len(values) == 1:  # a row vector
        values = [[v] for v in values[0]]
    if len(values) < 2 or len({len(v) for v in values}) != 1:
        return None
    table = np.array(values).T
    # With two columns the first counts the pulses.
    headers = ["pulse", name] if len(table) == 2 else [name] * len(table)
    return Grid(f"{path}, {name}", headers, list(table), ["MATLAB array"], backwards=True)


@dataclass(frozen=True)
class _Record:
    """One row of a text: its first line, its cells, and whether it is a comment."""

    line: int
    cells: list[str]
    comment: bool


def _records(lines: Sequence[str], delimiter: str | None) -> Iterator[_Record]:
    """Rows of a text, with cells in quotes taken together."""
    k = 0
    while k < len(lines):
        line, begin = lines[k], k
        comment = line.lstrip().startswith(COMMENT)
        k += 1
        if comment:
            line = line.lstrip().lstrip("#%/!'\" ")
        elif line.count('"') % 2:
            for more in range(1, min(_QUOTED_LINES, len(lines) - k) + 1):
                joined = " ".join(lines[begin : begin + more + 1])
                if joined.count('"') % 2 == 0:
                    line, k = joined, begin + more + 1
                    break
        if line.strip() or comment:
            yield _Record(begin, _split(line, delimiter), comment)
        else:
            yield _Record(begin, [], False)


def _split(line: str, delimiter: str | None) -> list[str]:
    """Cells of one line; blanks are a delimiter, too (None)."""
    if '"' in line:
        blank = delimiter is None
        text = " ".join(line.split()) if blank else line
        try:
            parts = next(csv.reader([text], delimiter=delimiter or " ", skipinitialspace=True), [])
        except csv.Error:  # a line end in a cell, or a cell of more than 128 kB: no table
            parts = line.split(delimiter)
    else:
        parts = line.split(delimiter)
    return [part.strip().strip('"').strip() for part in parts]


def _style(lines: Sequence[str]) -> tuple[str | None, bool]:
    """Delimiter (None: blanks) and whether decimals have commas: the reading with most numbers."""
    sample = [s for line in lines[: 4 * SAMPLE] if (s := line.strip()) and not s.startswith(COMMENT)][-SAMPLE:]
    best, choice = -1, (None, False)
    for delimiter, comma in (
        ("\t", False),
        (";", False),
        (",", False),
        (None, False),
        ("\t", True),
        (";", True),
        (None, True),
        (",", True),  # decimal commas in quotes
    ):
        score = 0
        for line in sample:
            cells = _split(line, delimiter)
            numbers = [is_number(c, comma) for c in cells]
            if all(number or is_label(c) for number, c in zip(numbers, cells, strict=True)):
                score += sum(numbers)
        if score > 1.1 * best or best < 0:  # numbers in the header must not decide
            best, choice = score, (delimiter, comma)  # type: ignore[assignment]
    return choice


def _fast(lines: Sequence[str], delimiter: str | None, comma: bool, width: int) -> list[np.ndarray] | None:
    """All columns by NumPy's parser, if every cell is a number."""
    if comma and delimiter == ",":
        return None
    rows = (line.replace(",", ".") for line in lines) if comma else iter(lines)
    try:
        table = np.loadtxt(rows, delimiter=delimiter, comments="#", ndmin=2, dtype=float, quotechar='"')
    except ValueError:
        return None
    if table.shape[1] != width:
        return None
    table[np.abs(table) > OVERLOAD] = np.nan
    return [np.ascontiguousarray(column) for column in table.T]
