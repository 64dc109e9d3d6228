"""Arrays on their way to a page: a length, a line of JSON, and the bytes of each array as they lie in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

TYPES = {"float32": "f4", "float64": "f8", "int32": "i4", "uint32": "u4", "int8": "i1", "uint8": "u1"}
"""What a browser has typed arrays for, and how NumPy calls them, little-endian."""

_ALIGNED = 8  # typed arrays begin at a multiple of their items


def pack(said: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """A message: uint32 length of the JSON (with what fills it up to eight bytes), JSON, arrays.

    Parameters
    ----------
    said : mapping
        What stands in the JSON; the arrays are described there under ``arrays``: name, type, shape, offset in bytes
        from the end of the JSON.
    arrays : mapping of name -> array
        Of any of the `TYPES`; iterations, int64 elsewhere, go as float64, which has all numbers up to 2^53.

    Examples
    --------
    >>> import numpy as np
    >>> message = pack({"unit": "S"}, {"g": np.zeros(2, np.float32)})
    >>> said, arrays = unpack(message)
    >>> said["unit"], arrays["g"].dtype
    ('S', dtype('float32'))
    """
    parts: list[bytes] = []
    described, at = [], 0
    for name, values in arrays.items():
        kind = "float64" if values.dtype == np.int64 else values.dtype.name
        raw = np.ascontiguousarray(values, dtype=f"<{TYPES[kind]}").tobytes()
        described.append({"name": name, "type": kind, "shape": list(values.shape), "offset": at})
        raw += bytes(-len(raw) % _ALIGNED)
        parts.append(raw)
        at += len(raw)
    text = json.dumps(plain({**said, "arrays": described}), allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % _ALIGNED)
    return b"".join([len(text).to_bytes(4, "little"), text, *parts])


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `pack` made a message of."""
    end = 4 + int.from_bytes(message[:4], "little")
    said = json.loads(message[4:end])
    arrays = {}
    for a in said.pop("arrays"):
        n = math.prod(a["shape"])
        values = np.frombuffer(message, f"<{TYPES[a['type']]}", n, end + a["offset"])
        arrays[a["name"]] = values.reshape(a["shape"])
    return said, arrays


def plain(value: Any) -> Any:
    """A value for JSON, which has no NaN and no infinity: these become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value
