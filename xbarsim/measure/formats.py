"""Files that laboratories have, as grids of named columns: text tables, spreadsheets, MATLAB arrays, CrossSim tables,
ArC TWO.

Nothing here knows what a column means; `measured.py` does. A grid is found by its numbers: the lines that look alike
are data, the nearest line above with a name for each column is the header, everything else (comments, instrument
settings, footers) is left out.
"""

from __future__ import annotations

import collections
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..base.errors import DataError, XbarsimError

COMMENT = ("#", "%", "//", "!", "'", '"#')
OVERLOAD = 1e30
"""Instruments write 9.91e37 where they could not measure; everything above this is no read."""

_POINT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?$|nan$|inf$", re.IGNORECASE)
_COMMA = re.compile(r"[-+]?(\d+,?\d*|,\d+)([eEdD][-+]?\d+)?$|nan$|inf$", re.IGNORECASE)
_LABEL = re.compile(r"[^\d]{1,24}\d{0,6}$")
_ARRAY = re.compile(r"(\w+)\s*=\s*\[([^\]]*)\]", re.DOTALL)
_SAMPLE = 400


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
    """

    where: str
    headers: list[str]
    columns: list[np.ndarray]
    notes: list[str] = field(default_factory=list)
    backwards: bool = False


def read_text(path: Path) -> str:
    """The text of a file, whatever its encoding.

    Raises
    ------
    DataError
        If it cannot be read or is no text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: expected a file of measurements, cannot read it ({error.strerror}); check the path"
        ) from None
    if not raw.strip():
        raise DataError(f"{path}: expected a table of measurements, got an empty file; export it again")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    if b"\x00" in raw[:4096]:
        raise DataError(f"{path}: expected text (CSV, TSV), XLSX or HDF5, got a binary file; export it as CSV")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def text_grids(path: Path) -> list[Grid]:
    """Grids of a text file: one table, or MATLAB arrays ``name = [ ... ];``."""
    text = read_text(path)
    arrays = _ARRAY.findall(text) if "[" in text else []
    if arrays:
        return [g for name, body in arrays if (g := _matlab(path, name, body)) is not None]
    lines = text.splitlines()
    delimiter, comma = _style(lines)

    def split(line: str) -> list[str]:
        parts = line.split(delimiter) if delimiter else line.split()
        return [part.strip().strip('"').strip() for part in parts]

    sample = [split(line) for line in lines[:_SAMPLE]]
    first, width, header, notes = _layout(str(path), sample, lines, split, _COMMA if comma else _POINT)
    if comma:
        notes.append("decimal commas")
    columns = _fast(lines[first:], delimiter, comma, width)
    if columns is None:
        rows = [split(line) for line in lines[first:] if line.strip() and not line.lstrip().startswith(COMMENT)]
        columns = _columns(rows, width, comma, notes)
    return [Grid(str(path), header, columns, notes)]


def sheet_grids(path: Path, sheet: str | None) -> list[Grid]:
    """The grid of a sheet of an XLSX file: the named one, or the first with a table."""
    try:
        import openpyxl
    except ImportError:
        raise XbarsimError(
            "expected openpyxl for XLSX files, found none; install it with: pip install 'xbarsim[fit]'"
        ) from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - openpyxl raises anything on files that are none
        raise DataError(
            f"{path}: expected an XLSX file, cannot read it ({type(error).__name__}); export it as CSV"
        ) from None
    if sheet is not None and sheet not in book.sheetnames:
        raise DataError(
            f"{path}: expected a sheet named '{sheet}', got {', '.join(book.sheetnames)}; choose one with --sheet"
        )
    last: DataError | None = None
    for name in [sheet] if sheet is not None else book.sheetnames:
        rows = [["" if c is None else str(c).strip() for c in row] for row in book[name].iter_rows(values_only=True)]
        where = f"{path}, sheet {name}"
        try:
            first, width, header, notes = _layout(where, rows[:_SAMPLE], [], None, _POINT)
        except DataError as error:
            last = error
            continue
        return [Grid(where, header, _columns(rows[first:], width, False, notes), notes)]
    raise last or DataError(f"{path}: expected a sheet with a table, got none; choose one with --sheet")


def crosssim_table(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """A CrossSim jump table (``dG_increasing.txt``), or None if the file is something else.

    Its first line is text that names Gbins and CDF; then a row of conductances, a row of probabilities, and one row of
    steps per probability (written by ``create_lookup_table`` of CrossSim's lookup_table_generation example).

    Returns
    -------
    g : (bins,), S
    cdf : (points,)
    steps : (points, bins), S
    """
    text = read_text(path)
    head, _, body = text.partition("\n")
    if not ("gbins" in head.lower() and "cdf" in head.lower()):
        return None
    rows = [
        np.array(line.replace("[", "").replace("]", "").split(","), dtype=object)
        for line in body.splitlines()
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
    return numbers[0], numbers[1], np.array(numbers[2:])


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


def _style(lines: Sequence[str]) -> tuple[str | None, bool]:
    """Delimiter (None: blanks) and whether decimals have commas: the reading with most numbers."""
    sample = [s for line in lines[: 4 * _SAMPLE] if (s := line.strip()) and not s.startswith(COMMENT)][-_SAMPLE:]
    best, choice = -1, (None, False)
    for delimiter, comma in (
        ("\t", False),
        (";", False),
        (",", False),
        (None, False),
        ("\t", True),
        (";", True),
        (None, True),
    ):
        number = _COMMA if comma else _POINT
        score = 0
        for line in sample:
            cells = [c.strip().strip('"') for c in (line.split(delimiter) if delimiter else line.split())]
            found = sum(1 for c in cells if number.match(c))
            if all(not c or number.match(c) or _LABEL.match(c) for c in cells):
                score += found
        if score > 1.1 * best or best < 0:  # numbers in the header must not decide
            best, choice = score, (delimiter, comma)  # type: ignore[assignment]
    return choice


def _layout(
    where: str, sample: list[list[str]], lines: Sequence[str], split: object, number: re.Pattern[str]
) -> tuple[int, int, list[str], list[str]]:
    """First data row, number of columns, headers, notes."""

    def shape(cells: list[str]) -> tuple[bool, ...] | None:
        if lines and len(cells) == 1 and not cells[0]:
            return None
        kinds = tuple(bool(number.match(c)) for c in cells)
        return (
            kinds
            if any(kinds) and all(k or not c or _LABEL.match(c) for k, c in zip(kinds, cells, strict=True))
            else None
        )

    commented = [bool(lines) and lines[k].lstrip().startswith(COMMENT) for k in range(len(sample))]
    shapes = [None if commented[k] else shape(cells) for k, cells in enumerate(sample)]
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
    header, notes, left_out = [""] * width, [], 0
    unit = re.compile(r"^[\[(]?\s*(|[#-]|[a-zA-Zµμ%Ω]{0,2}[SAVsΩ]|[kM]?[oO]hm|a\.?u\.?)\s*[\])]?$")
    found = False
    for k in range(first - 1, -1, -1):
        cells = sample[k]
        if commented[k] and callable(split):
            cells = split(lines[k].lstrip().lstrip("#%/!'\" "))
        cells = cells[:width] if len(cells) > width and not any(cells[width:]) else cells
        texts = [c for c in cells if c and not number.match(c)]
        if not found and len(cells) == width and texts and (width > 1 or not commented[k]):
            if all(unit.match(c) for c in cells) and k > 0:  # a row of units below the names
                header = [f"({c.strip('[]() ')})" if c else "" for c in cells]
                continue
            header = [f"{c} {h}".strip() for c, h in zip(cells, header, strict=True)]
            found = True
        elif any(cells):
            left_out += 1
    if left_out:
        notes.append(f"{left_out} lines above the table left out")
    return first, width, header, notes


def _fast(lines: Sequence[str], delimiter: str | None, comma: bool, width: int) -> list[np.ndarray] | None:
    """All columns by NumPy's parser, if every cell is a number."""
    text = "\n".join(lines)
    if comma:
        text = text.replace(",", ".")
    try:
        table = np.loadtxt(io.StringIO(text), delimiter=delimiter, comments="#", ndmin=2, dtype=float)
    except ValueError:
        return None
    if table.shape[1] != width:
        return None
    table[np.abs(table) > OVERLOAD] = np.nan
    return [np.ascontiguousarray(column) for column in table.T]


def _columns(rows: list[list[str]], width: int, comma: bool, notes: list[str]) -> list[np.ndarray]:
    kept = [row for row in rows if any(row)]
    number = _COMMA if comma else _POINT
    out = []
    cells = [[row[k] if k < len(row) else "" for row in kept] for k in range(width)]
    odd = 0
    for column in cells:
        numeric = sum(1 for c in column if number.match(c))
        texts = sum(1 for c in column if c and not number.match(c))
        if texts > numeric:
            out.append(np.array(column, dtype=str))
            continue
        odd += texts
        values = [
            float(c.replace(",", ".").replace("d", "e").replace("D", "e")) if number.match(c) else np.nan
            for c in column
        ]
        array = np.array(values, dtype=float)
        array[np.abs(array) > OVERLOAD] = np.nan
        out.append(array)
    if odd:
        notes.append(f"{odd} cells that are no numbers left out")
    return out
