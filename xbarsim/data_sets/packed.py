"""Reading files that may be compressed: never more than is wanted, in pieces."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

import numpy as np

from ..base.errors import DataError
from .memory import readable

PIECE = 1 << 20
"""Most bytes that are read at once."""
UNREADABLE = (OSError, EOFError, zlib.error)  # gzip's own error is an OSError
_RATIO = 1032  # DEFLATE makes at most 258 bytes of two bits


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], bool]]:
    """The file, or what is in it if it is gzip's; and whether it is."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if not packed:
            yield stream, False
            return
        with gzip.GzipFile(fileobj=stream) as inside:
            yield inside, True  # type: ignore[misc]  # it is a binary stream


def check_can_hold(where: str, packed: int, size: int) -> None:
    """Refuse `size` bytes that `packed` compressed ones cannot make, before room is made for them.

    Raises
    ------
    DataError
        If they cannot.
    """
    if size > _RATIO * packed + 64:
        raise DataError(
            f"{where}: expected as much as its header says, {readable(size)}, got {readable(packed)} of compressed "
            "data, which cannot hold it; the file is damaged, get it anew"
        )


def fill(stream: Source, target: np.ndarray) -> int:
    """Read into an array of bytes, (size,) uint8; returns how many came, which are fewer if the stream ends."""
    at = 0
    while at < len(target):
        piece = stream.read(min(PIECE, len(target) - at))
        if not piece:
            break
        target[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
        at += len(piece)
    return at
