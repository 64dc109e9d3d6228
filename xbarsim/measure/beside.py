"""What columns without a name say beside each other, and which pulse numbers belong to which reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ..base.errors import DataError
from .columns import QUANTITIES, Column
from .formats import Grid


def plain_pair(columns: Sequence[Column]) -> bool:
    """Whether these are aihwkit's two columns without names: up and down reads, and not pulse numbers with reads."""
    if len(columns) != 2 or any(c.name or c.values.dtype.kind == "U" for c in columns):
        return False
    return not counts_pulses(columns[0].values)


def counts_pulses(values: np.ndarray) -> bool:
    """Whether numbers without a name count pulses, however often they start again.

    Whole numbers that mostly rise by the same, or that begin with 0 or 1 and mostly do not fall; these may be a little
    off, as read from a figure.
    """
    v = values[np.isfinite(values)]
    if len(v) < 2 or np.abs(v - np.round(v)).max() > 0.1:
        return False
    whole = bool(np.array_equal(v, np.round(v)))
    v = np.round(v)
    d = np.diff(v)
    up = d[d > 0]
    even = whole and len(up) > 0.5 * len(d) and bool((up == np.median(up)).mean() > 0.9)
    return even or (v[0] in (0, 1) and v.min() >= 0 and v.max() >= 5 and bool((d >= 0).mean() > 0.8))


def numbers_beside(columns: Sequence[Column], value: Column) -> Column | None:
    """The pulse numbers that belong to a column of reads: the nearest to its left, or else the first.

    Of several side by side, what is called pulse goes before a mere row number.
    """
    at = next(k for k, c in enumerate(columns) if c is value)
    pulses = [k for k, c in enumerate(columns) if c.role == "pulse"]
    if not pulses:
        return None
    left = [k for k in pulses if k < at]
    if not left:
        return columns[next((k for k in pulses if "puls" in columns[k].name.lower()), pulses[0])]
    block = [left[-1]]
    for k in left[-2::-1]:
        if any(columns[j].role in QUANTITIES for j in range(k + 1, block[-1])):
            break
        block.append(k)
    return columns[next((k for k in block if "puls" in columns[k].name.lower()), block[0])]


def complain_nothing(grid: Grid, columns: Sequence[Column]) -> DataError:
    """The error for a grid in which no conductance was found."""
    told = "; ".join(c.told() if c.role else f"{c.name or 'no name'} = ?" for c in columns)
    return DataError(
        f"{grid.where}: expected a column of conductances, currents or resistances, got {told}; name one: "
        "--map conductance=COLUMN (its number or header; what is not named is ignored: name every column that counts)"
    )


_READ = {"read", "vread", "lese", "sense", "meas", "measure", "rd"}


def read_voltages(grid: Grid, volts: list[Column], values: Sequence[Column]) -> list[Column]:
    """The voltages that currents were read at: one for all, or one for each column of them.

    Raises
    ------
    DataError
        If there are several, and nothing says which one it is: a pulse has a voltage, too.
    """
    if not any(c.role == "current" for c in values) or len(volts) < 2 or len(volts) == len(values):
        return volts
    read = [c for c in volts if _READ & set(re.findall(r"[a-z]+", c.name.lower().replace("_", " ")))]
    if len(read) == 1 or len(read) == len(values):
        return read
    names = " and ".join(f"'{c.name}'" for c in volts)
    raise DataError(
        f"{grid.where}: expected one read voltage for the currents, got {names}; write 'read' into the header of that "
        "one, or 'pulse' into the other"
    )
