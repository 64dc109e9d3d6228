"""HDF5 files of ArC TWO's control panel (arc2control, H5DataStore versions 0.1 and 0.2).

Accepted: a root group ``crosspoints`` with one group ``WxxByy`` per device (word and bit line), each with a table
``timeseries``::

    current      float32, A    voltage       float32, V; of a pulse, its amplitude
    pulse_width  float32, s    read_voltage  float32, V    op_type  uint32: bit 0 read, bit 1 pulse

and its attribute ``NROWS``, the number of rows in use. A row with both bits is a pulse followed by its read. The layout
is that of ``arc2control/h5utils.py``; tables of experiments, and several crosspoints at once (``synthetics``), are not
looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..base.errors import DataError

FIELDS = ("current", "voltage", "read_voltage", "op_type")
MOST_ROWS = 20_000_000
"""Rows of all tables together, and of a chunk of one: a file of some bytes can declare any number."""


@dataclass(frozen=True)
class Series:
    """Reads of one crosspoint.

    Attributes
    ----------
    device : str
        ``WxxByy``.
    g : (reads,), S
        |current / read voltage|.
    n : (reads,) int64
        Pulses before each read.
    drive : (pulses + 1,), V
        Amplitude of each pulse; NaN for the first place, before all of them.
    """

    device: str
    g: np.ndarray
    n: np.ndarray
    drive: np.ndarray


def read_arc(path: Path) -> list[Series]:
    """Read all crosspoints that were pulsed.

    Raises
    ------
    DataError
        If the file is not of this layout, is damaged or too large, or no crosspoint has pulses and reads.
    """
    found, left = [], MOST_ROWS
    try:
        with h5py.File(path, "r") as file:
            points = file.get("crosspoints")
            if not isinstance(points, h5py.Group):
                raise DataError(
                    f"{path}: expected an ArC TWO file with a group 'crosspoints', got another HDF5 file; export it "
                    "as CSV"
                )
            for name in sorted(points):
                group = points.get(name)
                if not isinstance(group, h5py.Group):
                    raise DataError(
                        f"{path}: crosspoints/{name}: expected a group with a table, got {_kind(group)}; {_AGAIN}"
                    )
                rows = _rows(path, name, group, left)
                if rows is not None:
                    left -= len(rows["current"])
                    found += _series(name, rows)
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - h5py raises anything on files that are damaged
        told = " ".join(str(error).split())[:200]
        raise DataError(
            f"{path}: expected an HDF5 file of ArC TWO, cannot read it ({told or type(error).__name__}); {_AGAIN}"
        ) from None
    if not found:
        raise DataError(f"{path}: expected crosspoints with pulses and reads, got none; export the pulsed devices")
    return found


_AGAIN = "save it again from ArC TWO, or export it as CSV"


def _kind(what: object) -> str:
    return (
        "a group"
        if isinstance(what, h5py.Group)
        else f"an array of shape {what.shape}"
        if isinstance(what, h5py.Dataset)
        else "a link to nowhere"
        if what is None
        else f"{type(what).__name__}"
    )


def _rows(path: Path, name: str, group: Any, left: int) -> dict[str, np.ndarray] | None:
    """The fields of a table, its used rows; None if there is no table."""
    if "timeseries" not in group:
        return None
    table, where = group.get("timeseries"), f"{path}: crosspoints/{name}/timeseries"
    if not isinstance(table, h5py.Dataset) or table.ndim != 1:
        raise DataError(f"{where}: expected a table with one dimension, got {_kind(table)}; {_AGAIN}")
    names = table.dtype.names
    if names is None or not set(FIELDS) <= set(names):
        raise DataError(
            f"{where}: expected fields {', '.join(FIELDS)}, got "
            f"{', '.join(names)[:200] if names else table.dtype}; export it as CSV"
        )
    for field in FIELDS:
        kind = table.dtype[field]
        if kind.kind not in "iuf" or kind.shape or (field == "op_type" and kind.kind == "f"):
            raise DataError(
                f"{where}: expected numbers in the field '{field}'{' that are whole' if field == 'op_type' else ''}, "
                f"got {kind}; {_AGAIN}"
            )
    used = _used(where, table)
    if _overlap(table.dtype):
        raise DataError(f"{where}: expected fields one behind the other, got some that overlap; {_AGAIN}")
    # What is unpacked is whole chunks of whole rows.
    chunk = int(table.chunks[0]) if table.chunks else 0
    size = max(1, table.dtype.itemsize // 64)
    if max(used, chunk) * size > left:
        raise DataError(
            f"{where}: expected at most {MOST_ROWS:,} rows in all tables together, got {max(used, chunk):,} of "
            f"{table.dtype.itemsize:,} bytes; export fewer devices"
        )
    rows = table[:used]
    return {field: rows[field] for field in FIELDS}


def _overlap(kind: np.dtype[Any]) -> bool:
    """Whether fields of a row share bytes, or lie beyond its end.

    h5py makes a float64 of a damaged float32, but leaves its place: HDF5 then writes past the end of the memory.
    """
    places = sorted((int(offset), int(offset) + own.itemsize) for own, offset, *_ in (kind.fields or {}).values())
    starts = [start for start, _ in places[1:]] + [kind.itemsize]
    return any(end > start for (_, end), start in zip(places, starts, strict=True))


def _used(where: str, table: Any) -> int:
    """Rows in use: the attribute NROWS, or all."""
    length = int(table.shape[0])
    given = table.attrs.get("NROWS", length)
    if isinstance(given, h5py.Empty) or np.ndim(given) or not isinstance(given, (int, np.integer)):
        got = " ".join(str(given).split())[:60]
        raise DataError(f"{where}: expected the attribute NROWS to be one whole number, got {got}; {_AGAIN}")
    if not 0 <= int(given) <= length:
        raise DataError(
            f"{where}: expected the attribute NROWS between 0 and {length:,}, the rows there are, got {int(given):,}; "
            f"{_AGAIN}"
        )
    return int(given)


def _series(name: str, rows: dict[str, np.ndarray]) -> list[Series]:
    """The reads of a crosspoint; nothing if it was hardly pulsed or read."""
    op = rows["op_type"].astype(np.int64)
    pulse, read = (op & 2) > 0, (op & 1) > 0
    if pulse.sum() < 2 or read.sum() < 3:
        return []
    volts = np.where(rows["read_voltage"] != 0, rows["read_voltage"], np.where(pulse, np.nan, rows["voltage"])).astype(
        float
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        g = np.abs(rows["current"].astype(float) / volts)
    train = np.cumsum(pulse)  # reads with the same number follow the same pulse
    keep = read & np.isfinite(g)
    if not keep.any():
        return []
    amplitudes = np.concatenate([[np.nan], rows["voltage"][pulse].astype(float)])
    return [Series(name, g[keep], train[keep].astype(np.int64), amplitudes)]
