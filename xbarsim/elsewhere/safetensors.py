"""Arrays of a ``.safetensors`` file: eight bytes of length, a JSON header, and raw data.

The format is public (huggingface.co/docs/safetensors). It is read here and not by the package of that name, as NumPy
has no bfloat16, and every offset is to be checked with an error of one line.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import DataError
from ..data_sets.memory import Room

_HEADER = 100_000_000
"""Longest header, bytes: the format's own limit."""

_TYPES = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"},
    **{"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1"},
    "BOOL": "|b1",
}


def read_safetensors(path: Path, room: Room) -> dict[str, np.ndarray]:
    """All arrays of a file by their names, in the order of their data.

    Raises
    ------
    DataError
        If it is something else, is damaged or cut off, says what cannot be, or is larger than the room.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or not 2 <= length <= min(_HEADER, size - 8):
                raise DataError(
                    f"{path}: expected a .safetensors file, got {size} bytes that say their header has {length}; the "
                    "file is damaged, or another one: save it anew"
                )
            entries = _entries(path, stream.read(length), size - 8 - length)
            found = {}
            for name, (dtype, shape, begin, end) in entries.items():
                room.take_array(f"{path} {name}", math.prod(shape), np.dtype(_TYPES[dtype]).itemsize)
                stream.seek(8 + length + begin)
                raw = stream.read(end - begin)
                if len(raw) < end - begin:
                    raise DataError(f"{path} {name}: expected {end - begin} bytes, got {len(raw)}; get the file anew")
                found[name] = _array(dtype, raw).reshape(shape)
            return found
    except OSError as error:
        raise DataError(f"{path}: expected a file, cannot read it ({error.strerror}); check the path") from None


def _array(dtype: str, raw: bytes) -> np.ndarray:
    values = np.frombuffer(raw, _TYPES[dtype])
    # A bfloat16 is the upper half of a float32.
    return (values.astype(np.uint32) << 16).view(np.float32) if dtype == "BF16" else values.copy()


def _entries(path: Path, text: bytes, size: int) -> dict[str, tuple[str, tuple[int, ...], int, int]]:
    """Type, shape, begin and end of every array, all of them such as can be."""
    try:
        header: Any = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: expected a header in JSON, got another ({error}); save the file anew") from None
    if not isinstance(header, dict):
        raise DataError(f"{path}: expected a header with an entry for each array, got {text[:20]!r}; save it anew")
    header.pop("__metadata__", None)
    found: dict[str, tuple[str, tuple[int, ...], int, int]] = {}
    for name, entry in header.items():
        where = f"{path} {name}"
        told: dict[str, Any] = entry if isinstance(entry, dict) else {}
        dtype, shape, offsets = told.get("dtype"), told.get("shape"), told.get("data_offsets")
        if not isinstance(dtype, str) or dtype not in _TYPES:
            raise DataError(f"{where}: expected one of the types {', '.join(_TYPES)}, got {dtype!r}; save it as F32")
        if shape is None or offsets is None or not _whole(shape) or not _whole(offsets) or len(offsets) != 2:
            raise DataError(
                f"{where}: expected a shape and two offsets, got {shape!r} and {offsets!r}; the file is damaged, save "
                "it anew"
            )
        begin, end = offsets
        wanted = math.prod(shape) * np.dtype(_TYPES[dtype]).itemsize
        if end - begin != wanted or end > size:
            raise DataError(
                f"{where}: expected {wanted} bytes for shape {tuple(shape)} of {dtype} within the {size} bytes of "
                f"data, got offsets {begin} to {end}; the file is cut off or damaged, get it anew"
            )
        found[name] = (dtype, tuple(shape), begin, end)
    at = 0
    for name, (_, _, begin, end) in sorted(found.items(), key=lambda item: item[1][2:]):
        if begin != at:
            raise DataError(
                f"{path} {name}: expected its data to begin at {at}, where what comes before it ends, got {begin}; the "
                "file is damaged, save it anew"
            )
        at = end
    return dict(sorted(found.items(), key=lambda item: item[1][2:]))


def _whole(values: Any) -> bool:
    return isinstance(values, list) and all(type(x) is int and 0 <= x < 1 << 62 for x in values) and len(values) <= 32


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an entry comes twice")
    return found
