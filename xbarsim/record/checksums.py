"""Checksums of a run file, beyond those that HDF5 computes by itself."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np


def fletcher32(data: bytes) -> bytes:
    """What HDF5's Fletcher-32 filter puts behind a chunk: 4 bytes.

    Chunks that are compressed in the background are written as they are, past HDF5's filters, so this one is computed
    here. HDF5 adds 16-bit words, high byte first, modulo 65535; a sum that is not zero is 1 to 65535 there.
    """
    words = np.frombuffer(data if len(data) % 2 == 0 else data + b"\0", ">u2").astype(np.uint64)
    weights = np.arange(len(words), 0, -1, dtype=np.uint64) % np.uint64(65535)
    low, high = int(words.sum()), int((words * weights).sum())
    return struct.pack("<I", _reduced(high, words) << 16 | _reduced(low, words))


def _reduced(total: int, words: np.ndarray) -> int:
    return (total - 1) % 65535 + 1 if words.any() else 0


def crc_of(values: Mapping[str, Any]) -> int:
    """CRC-32 of single values, by their names: text, whole numbers and floats, whatever their type in the file."""
    crc = 0
    for name in sorted(values):
        value = values[name]
        value = value.item() if hasattr(value, "item") else value
        value = value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
        crc = zlib.crc32(f"{name}={value!r}\n".encode(), crc)
    return crc
