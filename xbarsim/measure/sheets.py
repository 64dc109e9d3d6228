"""Spreadsheets (XLSX) as grids of named columns: all sheets that hold a table, or the one that is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..base.errors import DataError, XbarsimError
from .files import check_archive
from .formats import MOST_COLUMNS, Grid
from .layout import SAMPLE, Layout, columns, is_number, layout_of

MOST_CELLS = 10_000_000
"""Cells of all sheets together, empty ones in front of others included: a row with one cell at the far right is
short in the file and long in memory."""


def sheet_grids(path: Path, sheet: str | None) -> tuple[list[tuple[str, Grid]], list[str]]:
    """Grids of an XLSX file with the names of their sheets, and what was left out.

    Parameters
    ----------
    sheet : str, optional
        The only one to read.

    Raises
    ------
    DataError
        If the file is none or too large, the sheet is not in it, or no sheet has a table.
    XbarsimError
        Without openpyxl.
    """
    try:
        import openpyxl
    except ImportError:
        raise XbarsimError(
            "expected openpyxl for XLSX files, found none; install it with: pip install 'xbarsim[fit]'"
        ) from None
    check_archive(path)
    try:
        with path.open("rb") as file:  # of a path openpyxl looks at the name
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            return _all(path, {page.title: page for page in book.worksheets}, sheet)
    except XbarsimError:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl raises anything on files that are none
        raise DataError(
            f"{path}: expected an XLSX file, cannot read it ({type(error).__name__}); export it as CSV"
        ) from None


def _all(path: Path, pages: dict[str, Any], sheet: str | None) -> tuple[list[tuple[str, Grid]], list[str]]:
    if sheet is not None and sheet not in pages:
        raise DataError(f"{path}: expected a sheet named '{sheet}', got {', '.join(pages)}; choose one with --sheet")
    found: list[tuple[str, Grid]] = []
    told: list[str] = []
    last: DataError | None = None
    left = MOST_CELLS
    for name in [sheet] if sheet is not None else list(pages):
        if sheet is None and getattr(pages[name], "sheet_state", "visible") != "visible":
            told.append(f"{path}: sheet {name} is hidden and was left out (--sheet reads it)")
            continue
        rows, left = _rows(path, pages[name], left)
        where = f"{path}, sheet {name}"
        try:
            head = rows[:SAMPLE]
            layout, comma = _layout(where, head)
        except DataError as error:
            last = error
            told.append(f"{path}: sheet {name} has no table and was left out")
            continue
        notes: list[str] = []
        if comma:
            notes.append("decimal commas")
        data = columns(rows[layout.first :], layout.width, comma, notes)
        found.append((name, Grid(where, layout.header, data, notes, above=layout.above, left_out=layout.left_out)))
    if not found:
        raise last or DataError(f"{path}: expected a sheet with a table, got none; choose one with --sheet")
    return found, told


def _layout(where: str, head: list[list[str]]) -> tuple[Layout, bool]:
    """The layout, and whether numbers are texts with decimal commas: what gives more numbers."""
    points, commas = (sum(is_number(c, comma) for row in head for c in row) for comma in (False, True))
    return layout_of(where, head, [False] * len(head), commas > 1.1 * points), commas > 1.1 * points


def _rows(path: Path, page: Any, left: int) -> tuple[list[list[str]], int]:
    """Cells of a sheet as texts, and how many more may be read."""
    rows: list[list[str]] = []
    page.reset_dimensions()  # what the file says of its extent may be anything
    for row in page.iter_rows(values_only=True):
        left -= len(row) + 1
        if left < 0 or len(row) > MOST_COLUMNS:
            raise _too_many(path)
        cells = ["" if cell is None else str(cell).strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        rows.append(cells)
    # Rows end where their last cell is; a table is a rectangle, as wide as its widest row of numbers.
    width = max((len(row) for row in rows[:SAMPLE] if any(is_number(c) or is_number(c, True) for c in row)), default=0)
    left -= sum(max(width - len(row), 0) for row in rows)
    if left < 0:
        raise _too_many(path)
    return [row + [""] * (width - len(row)) for row in rows], left


def _too_many(path: Path) -> DataError:
    return DataError(
        f"{path}: expected at most {MOST_CELLS:,} cells, got more; keep the measurement alone, or export it as CSV"
    )
