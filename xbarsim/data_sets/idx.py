"""IDX files, in which MNIST comes."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from ..base.errors import DataError
from .memory import Room
from .packed import UNREADABLE, Source, check_can_hold, fill, opened

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path, room: Room | None = None) -> np.ndarray:
    """Array of an IDX file, plain or ``.gz``: big-endian header 0, 0, type, dimensions, sizes, then the values.

    The header says how long the file is. Room for just that is taken, and just that is read, and one byte more, which
    must not be there.

    Raises
    ------
    DataError
        If it is missing, something else, damaged, or larger than the room.
    """
    room = room or Room()
    try:
        with opened(path) as (stream, packed):
            shape, dtype = _head(path, stream)
            header, n = 4 + 4 * len(shape), dtype.itemsize * math.prod(shape)
            length = path.stat().st_size
            if packed:
                check_can_hold(str(path), length, header + n)
            elif length != header + n:
                raise DataError(_damaged(path, shape, header + n, f"{length}"))
            room.take_array(str(path), math.prod(shape), dtype.itemsize)
            raw = np.empty(n, np.uint8)
            got = fill(stream, raw)
            if got < n or stream.read(1):  # at its end gzip's stream also compares the checksum
                raise DataError(_damaged(path, shape, header + n, f"{header + got}" if got < n else "more"))
    except UNREADABLE as error:
        raise DataError(f"{path}: expected an IDX file, cannot read it ({error}); get it anew") from None
    return raw.view(dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def shape_of_idx(path: Path) -> tuple[int, ...]:
    """The shape that the header of an IDX file says; nothing else is read. Errors are those of `read_idx`."""
    try:
        with opened(path) as (stream, _):
            return _head(path, stream)[0]
    except UNREADABLE as error:
        raise DataError(f"{path}: expected an IDX file, cannot read it ({error}); get it anew") from None


def _head(path: Path, stream: Source) -> tuple[tuple[int, ...], np.dtype]:
    start = stream.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= start[3] <= 8:
        raise DataError(
            f"{path}: expected an IDX file (magic number 0, 0, type, dimensions), got {start!r}; check the file"
        )
    n_dims = start[3]
    sizes = stream.read(4 * n_dims)
    if len(sizes) < 4 * n_dims:
        raise DataError(
            f"{path}: expected {n_dims} sizes in the IDX header, got {4 + len(sizes)} bytes in all; the file is cut "
            "short"
        )
    return struct.unpack(f">{n_dims}I", sizes), np.dtype(_TYPES[start[2]])


def _damaged(path: Path, shape: tuple[int, ...], expected: int, got: str) -> str:
    return f"{path}: expected {expected} bytes for shape {shape}, got {got}; the file is damaged, get it anew"


def find_idx(folder: Path, name: str) -> Path | None:
    """The IDX file of that name in a folder, plain or ``.gz``; MNIST is also met with a dot for the last hyphen."""
    for stem in (name, ".".join(name.rsplit("-idx", 1)[:1]) + ".idx" + name.rsplit("-idx", 1)[1]):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    return None
