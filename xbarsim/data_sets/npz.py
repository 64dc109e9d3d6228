"""The arrays of an ``.npz`` file: a zip archive of ``.npy`` files, each with a header that says its shape.

All sizes (of the archive's directory, of its members, of the arrays in their headers) are compared with each other and
with the room that is left before any array is expanded. `numpy.load` does none of this.
"""

from __future__ import annotations

import contextlib
import copy
import io
import math
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from ..base.errors import DataError
from .data_set import check_shapes
from .memory import Room
from .packed import PIECE, Source, check_can_hold, fill

NAMES = ("x_train", "y_train", "x_test", "y_test")
_HEADER = 10_000  # longest header, bytes: that of an array of numbers has about a hundred
_DIMENSIONS = 32  # what every NumPy can have
_HAVE_A_LIMIT = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile expands other kinds without one


class _Careful(io.FileIO):
    """A file that gives only pieces. The directory of an archive is read at once, and made into an object for each
    entry, of several hundred bytes: its length, which the archive tells, is limited by this.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        left = os.fstat(self.fileno()).st_size - self.tell()
        if (left if size is None or size < 0 else min(size, left)) > PIECE:
            raise DataError(f"{self.name}: expected an .npz file of four arrays, got a directory of thousands of files")
        return super().read(-1 if size is None else size) or b""


@dataclass(frozen=True)
class _Member:
    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype
    start: int  # of the values, bytes


def read_npz(path: Path, room: Room) -> tuple[list[np.ndarray], list[str]]:
    """The arrays called `NAMES`, and the names of others, which are not used.

    Raises
    ------
    DataError
        If it is something else, lacks one, is damaged, or is larger than the room.
    """
    try:
        with _Careful(path) as stream:
            if stream.read(6) == b"\x93NUMPY":
                raise DataError(f"{path}: expected an .npz file, got a single array; save all four with numpy.savez")
            stream.seek(0)
            with zipfile.ZipFile(stream) as archive:
                found = _members(path, archive, NAMES)
                heads = [_head(path, name, archive, found[name]) for name in NAMES]
                check_shapes(str(path), [head.shape for head in heads])
                for name, head in zip(NAMES, heads, strict=True):
                    room.take_array(f"{path} {name}", math.prod(head.shape), head.dtype.itemsize)
                arrays = [_array(path, name, archive, head) for name, head in zip(NAMES, heads, strict=True)]
                return arrays, sorted(set(found) - set(NAMES))
    except DataError:
        raise
    except MemoryError:
        raise DataError(
            f"{path}: expected a data set that fits in memory, got a larger one; train on fewer samples"
        ) from None
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: expected an .npz file, cannot read it ({error}); save it anew") from None


def read_all(path: Path, room: Room) -> dict[str, np.ndarray]:
    """All arrays of an ``.npz`` file by their names, in its order; numbers or texts, of any shape.

    Raises
    ------
    DataError
        If it is something else, holds objects (which are pickles), is damaged, or is larger than the room.
    """
    try:
        with _Careful(path) as stream:
            if stream.read(6) == b"\x93NUMPY":
                raise DataError(f"{path}: expected an .npz file, got a single array; save all with numpy.savez")
            stream.seek(0)
            with zipfile.ZipFile(stream) as archive:
                heads = {name: _head(path, name, archive, info, 0) for name, info in _members(path, archive).items()}
                for name, head in heads.items():
                    room.take_array(f"{path} {name}", math.prod(head.shape), head.dtype.itemsize)
                return {name: _array(path, name, archive, head) for name, head in heads.items()}
    except DataError:
        raise
    except MemoryError:
        raise DataError(f"{path}: expected arrays that fit in memory, got larger ones; make them smaller") from None
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: expected an .npz file, cannot read it ({error}); save it anew") from None


def _members(path: Path, archive: zipfile.ZipFile, needed: Sequence[str] = ()) -> dict[str, zipfile.ZipInfo]:
    """The archive's files by the names of their arrays."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name in found:
            raise DataError(f"{path}: expected every array once, got {name} again; save it anew")
        found[name] = info
    missing = [name for name in needed if name not in found]
    if missing:
        raise DataError(f"{path}: expected arrays {', '.join(needed)}, found no {missing[0]}; save all four")
    return found


@contextlib.contextmanager
def _expanded(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    """What is in a file of the archive, and one byte more if there is more than its directory says.

    zipfile cuts off at the length that it is told; told one more, it shows whether that was true.
    """
    longer = copy.copy(info)
    longer.file_size += 1
    with archive.open(longer) as stream:
        yield stream


def _head(path: Path, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, least: int = 1) -> _Member:
    """What the header of an array says, if it can be true; `least` dimensions."""
    where = f"{path} {name}"
    if info.compress_type not in _HAVE_A_LIMIT:
        raise DataError(
            f"{where}: expected it stored, or compressed by DEFLATE, got method {info.compress_type}; save it with "
            "numpy.savez_compressed"
        )
    check_can_hold(where, info.compress_size, info.file_size)
    with _expanded(archive, info) as stream:
        shape, fortran, dtype, start = _header(where, stream)
    if dtype.kind not in "biufUS" or dtype.itemsize == 0:
        raise DataError(f"{where}: expected numbers, got {dtype}; save numbers, or names for labels")
    if not least <= len(shape) <= _DIMENSIONS or min(shape, default=0) < 0:
        raise DataError(f"{where}: expected shape (samples, ...), got {shape}; save one entry per sample")
    if info.file_size != start + dtype.itemsize * math.prod(shape):
        raise DataError(
            f"{where}: expected {start + dtype.itemsize * math.prod(shape)} bytes for shape {shape} of {dtype}, got "
            f"{info.file_size}; the file is damaged, save it anew"
        )
    return _Member(info, shape, fortran, dtype, start)


def _header(where: str, stream: Source) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, whether it is in Fortran's order, type; and where the values begin."""
    start = stream.read(12)
    if start[:6] != npy.magic(1, 0)[:6] or start[6:8] not in (b"\1\0", b"\2\0"):
        raise DataError(f"{where}: expected an array, got another file ({start[:8]!r}); save it with numpy.savez")
    wide = start[6] == 2
    length = int.from_bytes(start[8:12] if wide else start[8:10], "little")
    if length > _HEADER:
        raise DataError(f"{where}: expected a header of about 100 bytes, got {length}; save the array anew")
    text = io.BytesIO(start + stream.read(max(0, length + (12 if wide else 10) - len(start))))
    text.seek(8)
    read = npy.read_array_header_2_0 if wide else npy.read_array_header_1_0
    try:
        shape, fortran, dtype = read(text)
    except Exception as error:  # noqa: BLE001 - the text goes through Python's parser, which has errors of its own
        raise DataError(
            f"{where}: expected the header of an array, got another ({type(error).__name__}); save it anew"
        ) from None
    return shape, fortran, dtype, text.tell()


def _array(path: Path, name: str, archive: zipfile.ZipFile, head: _Member) -> np.ndarray:
    raw = np.empty(head.info.file_size - head.start, np.uint8)
    with _expanded(archive, head.info) as stream:
        stream.read(head.start)
        if fill(stream, raw) < len(raw) or stream.read(1):
            raise DataError(
                f"{path} {name}: expected {head.info.file_size} bytes, as the archive says, got another number; the "
                "file is damaged, save it anew"
            )
    return raw.view(head.dtype).reshape(head.shape, order="F" if head.fortran else "C")
