"""CSV files of pixels, a sample in each line with its label, as Kaggle and OpenML have them.

A line is read at a time, and a block of lines is turned into numbers at once by NumPy's own reader: what is held are
the pixels, as bytes where they are whole numbers up to 255, and never the text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..base.errors import DataError
from .columns import Columns, cells_of, columns_of
from .data_set import Dataset, build
from .memory import Room
from .packed import UNREADABLE, opened

ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
EVERY = 6
"""Of a single file every sixth sample of each class is for the test, which is the share that MNIST has."""
_LONGEST = 1 << 22  # most bytes of a line
_BLOCK = 1 << 21  # values that are turned into numbers at once
_DIGITS = re.compile(r"[\d,;\t ]*", re.ASCII)


@dataclass
class _Part:
    """The pixels of one file."""

    path: Path
    x: np.ndarray  # uint8 if all are whole, else float32
    y: np.ndarray
    columns: Columns
    low: float
    high: float


def csv_file(path: Path, room: Room) -> Dataset:
    """The data set of one file: every sixth sample of each class, counted class by class, is for the test.

    Samples keep the order of the file in both parts, and nothing is drawn, so that the parts are always the same.
    """
    part = _read(path, room)
    notes, (x,) = _scaled([part])
    if len(x) < EVERY:
        raise DataError(
            f"{path}: expected at least {EVERY} samples, to keep some for the test, got {len(x)}; or give a folder "
            "with train.csv and test.csv"
        )
    test = np.zeros(len(x), bool)
    test[np.argsort(part.y, kind="stable")[EVERY - 1 :: EVERY]] = True
    notes.append(f"{path}: every {EVERY}th sample of each class, {test.sum()} of {len(x)}, is kept for the test")
    room.take(str(path), x.nbytes)  # the two parts beside the whole
    name = path.name.split(".")[0]
    return build(name, x[~test], part.y[~test], x[test], part.y[test], str(path), notes=notes)


def csv_pair(folder: Path) -> tuple[Path, Path] | None:
    """The tables for training and for the test in a folder, if it has such: ``train.csv``, ``mnist_train.csv``, ..."""
    files = [path for path in sorted(folder.iterdir()) if path.name.lower().endswith(ENDINGS) and path.is_file()]
    stems = {path: path.name.lower().split(".")[0] for path in files}
    found = [[path for path in files if stems[path].endswith(part)] for part in ("train", "test")]
    if not any(found):
        return None
    for part, paths in zip(("train", "test"), found, strict=True):
        if len(paths) != 1:
            got = ", ".join(path.name for path in paths) or "none"
            raise DataError(
                f"{folder}: expected one table that is called {part}.csv, got {got}; or give the one file, of which a "
                "part is kept for the test"
            )
    return found[0][0], found[1][0]


def csv_folder(folder: Path, pair: tuple[Path, Path], room: Room) -> Dataset:
    """The data set of a table for training and one for the test."""
    parts = [_read(path, room) for path in pair]
    a, b = (part.columns for part in parts)
    if a.names and b.names and a.pixels() != b.pixels():
        raise DataError(
            f"{pair[1]}: expected the columns of {pair[0].name}, got others; give both the same pixels in one order"
        )
    notes, (x_train, x_test) = _scaled(parts)
    return build(folder.name or "csv", x_train, parts[0].y, x_test, parts[1].y, str(folder), notes=notes)


def _scaled(parts: list[_Part]) -> tuple[list[str], list[np.ndarray]]:
    """Pixels as data sets have them: uint8 from 0 to 255, or float32 from 0 to 1; and what was decided."""
    where = str(parts[0].path)
    low, high = min(p.low for p in parts), max(p.high for p in parts)
    whole = all(p.x.dtype == np.uint8 for p in parts)
    notes = [note for part in parts for note in part.columns.notes]
    if not whole and (low < 0.0 or high > 1.0):
        raise DataError(
            f"{where}: expected pixels as whole numbers from 0 to 255, or as fractions from 0 to 1, got numbers from "
            f"{low:g} to {high:g}; subtract the least, and divide by the range"
        )
    if not whole:
        return notes, [p.x.astype(np.float32, copy=False) for p in parts]
    if high <= 1.0:  # black and white, and not the two darkest of 256 shades
        notes.append(f"{where}: pixels are 0 and 1 alone, which are taken as fractions, not as shades of 255")
        return notes, [p.x.astype(np.float32) for p in parts]
    if high < 128.0:
        notes.append(f"{where}: pixels are at most {high:g}, and are taken as shades of 255; scale them if not so")
    return notes, [p.x for p in parts]


_LONGEST_LABEL = 256


def _read(path: Path, room: Room) -> _Part:
    """All lines of a file."""
    columns = columns_of(str(path), lambda: lines_of(path, Room(room.limit)))
    lines = lines_of(path, Room(room.limit))
    block: list[str] = []
    numbers: list[int] = []
    labels: list[str] = []
    pieces: list[np.ndarray] = []
    low, high = np.inf, -np.inf
    per_block = max(1, _BLOCK // columns.width)
    for number, line in lines:
        if number <= columns.header:
            continue
        label, rest = columns.split(line)
        if not label:
            raise DataError(f"{path} line {number}: expected a label, got nothing; leave the line out")
        if len(label) > _LONGEST_LABEL:
            raise DataError(
                f"{path} line {number}: expected a label of at most {_LONGEST_LABEL} characters, got {len(label):,}; "
                "check which column it is"
            )
        room.take(str(path), 64 + 4 * len(label))
        labels.append(label)
        numbers.append(number)
        block.append(rest)
        if len(block) == per_block:
            pieces.append(_numbers(path, columns, block, numbers, room))
            low, high = min(low, float(pieces[-1].min())), max(high, float(pieces[-1].max()))
            block, numbers = [], []
    if block:
        pieces.append(_numbers(path, columns, block, numbers, room))
        low, high = min(low, float(pieces[-1].min())), max(high, float(pieces[-1].max()))
    if not pieces:
        raise DataError(f"{path}: expected samples, got a header alone; check the file")
    kind = np.uint8 if all(piece.dtype == np.uint8 for piece in pieces) else np.float32
    # Pieces are copied into the whole, and beside it, until then.
    room.take_array(str(path), sum(piece.size for piece in pieces), np.dtype(kind).itemsize)
    x = np.concatenate([piece.astype(kind, copy=False) for piece in pieces])
    return _Part(path, x, _labels(labels), columns, low, high)


def _labels(texts: list[str]) -> np.ndarray:
    """Labels as numbers if all are, else as text."""
    words = np.array(texts)
    for kind in (np.int64, np.float64):
        try:
            return words.astype(kind)
        except (ValueError, OverflowError):
            continue
    return words


def _numbers(path: Path, columns: Columns, block: list[str], numbers: list[int], room: Room) -> np.ndarray:
    """A block of lines without labels as numbers, (lines, pixels) uint8 or float32."""
    wanted = columns.width - 1 - len(columns.left_out)
    try:
        if not all(block):  # NumPy leaves out lines that are empty
            raise ValueError
        x = _converted(block, columns.separator)
        if x.shape != (len(block), wanted):
            raise ValueError
    except ValueError:
        raise DataError(_blame(path, columns, block, numbers, wanted)) from None
    low, high = float(x.min()), float(x.max())  # NaN if there is one
    if not np.isfinite(low) or not np.isfinite(high):
        line = numbers[int(np.argmin(np.isfinite(x).all(axis=1)))]
        raise DataError(f"{path} line {line}: expected finite pixels, got NaN or infinity; clean the data")
    if x.dtype != np.uint8 and low >= 0.0 and high <= 255.0:
        small = x.astype(np.uint8)
        if np.array_equal(small, x):
            x = small
    room.take(str(path), x.nbytes)
    return x


def _converted(block: list[str], separator: str) -> np.ndarray:
    """Numbers of a block; bytes, which are read ten times as fast, if there are only digits."""
    if all(map(_DIGITS.fullmatch, block)):  # NumPy would cut off the rest of a fraction
        with contextlib.suppress(ValueError):  # above 255
            return np.loadtxt(block, np.uint8, delimiter=separator, comments=None, ndmin=2)
    return np.loadtxt(block, np.float32, delimiter=separator, comments=None, quotechar='"', ndmin=2)


def _blame(path: Path, columns: Columns, block: list[str], numbers: list[int], wanted: int) -> str:
    """What is wrong with the first line of a block that cannot be read."""
    for line, number in zip(block, numbers, strict=True):
        cells = cells_of(line, columns.separator)
        if len(cells) != wanted:
            return (
                f"{path} line {number}: expected {wanted} pixels and a label, as in the first line, got {len(cells)} "
                "pixels; correct the line"
            )
        for cell in cells:
            try:
                float(cell)
            except ValueError:
                return (
                    f"{path} line {number}: expected numbers for pixels, got '{cell[:40]}'; fill in what is missing, "
                    "or leave the line or column out"
                )
    return f"{path} line {numbers[0]}: expected numbers for pixels, got something else; check the lines from here on"


def lines_of(path: Path, room: Room) -> Iterator[tuple[int, str]]:
    """Numbers, from 1, and texts of all lines that are not empty; of compressed files no more than the room has."""
    try:
        with opened(path) as (stream, packed):
            number = 0
            while line := stream.readline(_LONGEST + 1):
                number += 1
                if packed:
                    room.take(str(path), len(line))
                if len(line) > _LONGEST or b"\0" in line or b"\r" in line.strip(b"\r\n"):
                    raise DataError(f"{path} line {number}: expected a table of text, got other data; save it as CSV")
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
                except UnicodeDecodeError:
                    raise DataError(
                        f"{path} line {number}: expected text in UTF-8, got other bytes; save it as CSV in UTF-8"
                    ) from None
                if text.strip():
                    yield number, text
    except UNREADABLE as error:
        raise DataError(f"{path}: expected a table of text, cannot read it ({error}); get it anew") from None
