"""Where the data of a grid of cells begin, and which rows above them are its header.

A grid is found by its numbers: the rows that look alike are data, the rows right above them that have a text for each
column are names, units and comments, everything else (instrument settings, footers) is left out.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence

import numpy as np

from ..base.errors import DataError

OVERLOAD = 1e30
"""Instruments write 9.91e37 where they could not measure; everything above this is no read."""
SAMPLE = 400
"""Rows that are looked at to find the header."""
MOST_ABOVE = 4
"""Rows of names, units and comments above the nearest one."""

_POINT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?$|nan$|inf$", re.IGNORECASE)
_COMMA = re.compile(r"[-+]?(\d+,?\d*|,\d+)([eEdD][-+]?\d+)?$|nan$|inf$", re.IGNORECASE)
_LABEL = re.compile(r"[^\d]{1,24}\d{0,6}$")
_UNIT = re.compile(r"^[\[(]?\s*(|[#-]|[a-zA-Zµμ%Ω]{0,2}[SAVsΩ]|[kM]?[oO]hm|a\.?u\.?)\s*[\])]?$")
_LONGEST_NUMBER = 60


def is_number(cell: str, comma: bool = False) -> bool:
    """Whether a cell holds a number, with a decimal comma or point."""
    # Without the bound a cell of a million digits and a letter would be tried a million times.
    return len(cell) <= _LONGEST_NUMBER and bool((_COMMA if comma else _POINT).match(cell))


def is_label(cell: str) -> bool:
    """Whether a cell may stand in a row of data without being a number: a word, such as a polarity or a device."""
    return not cell or bool(_LABEL.match(cell))


class Layout:
    """What was found of a grid.

    Attributes
    ----------
    first, width : int
        First row of data; number of columns.
    header : list of str
        One per column; empty where there is none.
    above : list of list of str
        Rows right above the header that have as many columns, from the nearest upwards; units in brackets.
    left_out : int
        Other rows above.
    """

    def __init__(self, first: int, width: int, header: list[str], above: list[list[str]], left_out: int) -> None:
        self.first, self.width, self.header, self.above, self.left_out = first, width, header, above, left_out


def layout_of(where: str, sample: Sequence[list[str]], commented: Sequence[bool], comma: bool) -> Layout:
    """Find the data in the first rows of a grid.

    Parameters
    ----------
    where : str
        For messages.
    sample : rows of cells
        Of a row that is a comment, its cells without the comment's sign.
    commented : which rows are comments; they may be headers, and are no data.
    comma : decimal commas.

    Raises
    ------
    DataError
        If there are no two rows that look alike.
    """
    shapes = [None if off else _shape(cells, comma) for cells, off in zip(sample, commented, strict=True)]
    common = collections.Counter((len(s), s.index(True)) for s in shapes if s is not None)
    if not common:
        raise DataError(
            f"{where}: expected a table with numbers, found none; give a table of pulse numbers and conductances"
        )
    (width, start), count = common.most_common(1)[0]
    if count < 2:
        raise DataError(
            f"{where}: expected at least 2 rows of numbers that look alike, got {count}; export the table again"
        )
    first = next(k for k, s in enumerate(shapes) if s is not None and (len(s), s.index(True)) == (width, start))
    header, left_out, touching = [""] * width, 0, True
    above: list[list[str]] = []
    found = False
    for k in range(first - 1, -1, -1):
        cells = [clean(c) for c in sample[k]]
        cells = cells[:width] if len(cells) > width and not any(cells[width:]) else cells
        texts = [c for c in cells if c and not is_number(c, comma)]
        fits = len(cells) == width and bool(texts) and (width > 1 or not commented[k])
        units = fits and all(_UNIT.match(c) for c in cells) and k > 0
        if units:
            cells = [f"({c.strip('[]() ')})" if c else "" for c in cells]
        if not found and units:  # a row of units below the names
            header = cells
        elif not found and fits:
            header = [f"{c} {h}".strip() for c, h in zip(cells, header, strict=True)]
            found = True
        elif found and fits and touching and len(above) < MOST_ABOVE:
            above.append(cells)
        elif any(cells):
            left_out += 1
        touching = not found or fits
    return Layout(first, width, header, above, left_out)


def clean(cell: str) -> str:
    """A cell of a header on one line, of a length that can be told."""
    return " ".join(cell.split())[:200]


def columns(rows: Sequence[Sequence[str]], width: int, comma: bool, notes: list[str]) -> list[np.ndarray]:
    """Columns of rows of cells: numbers, NaN where there is none; or texts, where most cells are."""
    kept = [row for row in rows if any(row)]
    out = []
    odd = 0
    for k in range(width):
        column = [row[k] if k < len(row) else "" for row in kept]
        numeric = [is_number(c, comma) for c in column]
        texts = sum(1 for c, number in zip(column, numeric, strict=True) if c and not number)
        if texts > sum(numeric):
            out.append(np.array(column, dtype=str))
            continue
        odd += texts
        values = [
            float(c.replace(",", ".").lower().replace("d", "e")) if number else np.nan
            for c, number in zip(column, numeric, strict=True)
        ]
        array = np.array(values, dtype=float)
        array[np.abs(array) > OVERLOAD] = np.nan
        out.append(array)
    if odd:
        notes.append(f"{odd} cells that are no numbers left out")
    return out


def _shape(cells: list[str], comma: bool) -> tuple[bool, ...] | None:
    """Which cells are numbers, if the row may be one of data."""
    kinds = tuple(is_number(c, comma) for c in cells)
    fits = any(kinds) and all(k or is_label(c) for k, c in zip(kinds, cells, strict=True))
    return kinds if fits else None
