"""IDX files, in which MNIST comes."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from ..base.errors import DataError


def read_idx(path: Path) -> np.ndarray:
    """Array of an IDX file, plain or ``.gz``: big-endian header 0, 0, type, dimensions, sizes, then the values."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: expected an IDX file, cannot read it ({error}); get it anew") from None
    types = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in types or not 1 <= raw[3] <= 8:
        raise DataError(
            f"{path}: expected an IDX file (magic number 0, 0, type, dimensions), got {raw[:4]!r}; check the file"
        )
    n_dims, dtype = raw[3], np.dtype(types[raw[2]])
    header = 4 + 4 * n_dims
    if len(raw) < header:
        raise DataError(
            f"{path}: expected {n_dims} sizes in the IDX header, got {len(raw)} bytes in all; the file is cut short"
        )
    shape = struct.unpack(f">{n_dims}I", raw[4:header])
    expected = header + dtype.itemsize * int(np.prod(shape, dtype=object))
    if len(raw) != expected:
        raise DataError(
            f"{path}: expected {expected} bytes for shape {shape}, got {len(raw)}; the file is damaged, get it anew"
        )
    array = np.frombuffer(raw, dtype, offset=header).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def find_idx(folder: Path, name: str) -> Path | None:
    """The IDX file of that name in a folder, plain or ``.gz``; MNIST is also met with a dot for the last hyphen."""
    for stem in (name, ".".join(name.rsplit("-idx", 1)[:1]) + ".idx" + name.rsplit("-idx", 1)[1]):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    return None
