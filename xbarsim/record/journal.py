"""The journal of a commit: what must change below the end of a file, whole, beside it, until it has been changed.

::

    magic "XBARJRN2", id of the file (32 letters), where the id lies in the file, where its number of commits lies,
    number of this commit, size of the file after it, length of the records, CRC-32 of all that
    records: offset, length, bytes

A journal names its file: the id at its place in the file has to be the same, and the number of commits there that of
this commit or the one before. Nothing is written into a file by the journal of another, or by one that is out of date.

Journals of files of format version 2 and before (magic "XBARJRN1") named nothing; they are still put in where they fit.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple, NoReturn

from ..base.errors import TraceError
from ..base.files import is_there
from .descriptors import patiently, read_at

MAGIC, _OLD_MAGIC = b"XBARJRN2", b"XBARJRN1"
_RECORD = struct.Struct("<QQ")  # offset, length
_HEAD = struct.Struct("<8s32sQQQQQI")
_OLD_HEAD = struct.Struct("<8sQI")  # magic, length of the records, CRC-32 of the records
_COUNT = struct.Struct("<q")


class Identity(NamedTuple):
    """What names a file and its state to a journal."""

    id: bytes  # 32 ASCII letters, the same for the file's whole life
    id_at: int  # where they lie in the file
    commits_at: int  # where the number of its commits lies, int64, little-endian
    commits: int  # after this commit


NOBODY = Identity(bytes(32), 0, 0, 0)
"""Of a file that has no id: its journals are not checked against it."""


def journal_path(path: Path) -> Path:
    """Where the journal of a file lies: beside the file itself, also if `path` is a link to it."""
    real = path.resolve()
    return real.with_name(real.name + ".journal")


def write_journal(path: Path, writes: list[tuple[int, bytes]], size: int, identity: Identity) -> None:
    """Write the journal of a file, whole and to the disk, or raise `OSError`."""
    body = b"".join(_RECORD.pack(offset, len(data)) + data for offset, data in writes)
    head = _HEAD.pack(MAGIC, *identity, size, len(body), 0)[:-4]
    target = journal_path(path)
    part = target.with_name(f".{target.name}.new")  # whoever writes it holds the lock of the file
    try:
        with part.open("wb") as stream:
            stream.write(head + struct.pack("<I", zlib.crc32(body, zlib.crc32(head))) + body)
            stream.flush()
            os.fsync(stream.fileno())
        patiently(lambda: part.replace(target))
    except OSError:
        part.unlink(missing_ok=True)
        raise


def check_name_is_free(path: Path) -> None:
    """Raise `OSError` if a file of the journal's name is somebody's own, or another run's, and would be overwritten."""
    name = journal_path(path).name
    try:
        with journal_path(path).open("rb") as stream:
            start = stream.read(len(MAGIC))
    except OSError:
        return
    if start not in (MAGIC, _OLD_MAGIC):
        raise OSError(0, f"{name} beside it is not xbarsim's, and its name is needed; move it")
    if not is_there(path):
        raise OSError(0, f"{name} is left of a run that is not there: move it to where that run is, or delete it")


def read_journal(path: Path, fd: int) -> list[tuple[int, bytes]]:
    """Writes of the journal of the opened file, if it has one.

    Raises
    ------
    TraceError
        If what lies there is damaged, or of another file or state of it: then nothing may be written.
    """
    where = journal_path(path)
    try:
        raw = where.read_bytes()
    except OSError:
        return []

    def refuse(expected: str, got: str) -> NoReturn:
        raise TraceError(
            f"{where}: expected {expected}, got {got}; the file beside it is left as it is: move the journal away, "
            "then see with 'xbarsim inspect' whether the file is whole"
        )

    size, at, found = os.fstat(fd).st_size, 0, raw[: len(MAGIC)]
    if found == MAGIC and len(raw) >= _HEAD.size:
        _, *named, end, length, crc = _HEAD.unpack_from(raw)
        body, identity = raw[_HEAD.size :], Identity(*named)
        intact = zlib.crc32(body, zlib.crc32(raw[: _HEAD.size - 4])) == crc
    elif found == _OLD_MAGIC and len(raw) >= _OLD_HEAD.size:
        _, length, crc = _OLD_HEAD.unpack_from(raw)
        body, identity, end = raw[_OLD_HEAD.size :], NOBODY, 0
        intact = zlib.crc32(body) == crc
    else:
        refuse("the journal of a commit", f"{len(raw)} bytes of something else")
    if len(body) != length or not intact:
        refuse("a whole journal", "one that is cut short or damaged")
    if end > size:
        refuse(f"the journal of this file of {size:,} bytes", f"one of a file of {end:,} bytes")
    if identity.id != NOBODY.id:
        if _at(fd, identity.id_at, 32, size) != identity.id:
            refuse("the journal of this file", "that of another run")
        count = _at(fd, identity.commits_at, _COUNT.size, size)
        if len(count) < _COUNT.size or _COUNT.unpack(count)[0] not in (identity.commits - 1, identity.commits):
            refuse(f"the journal of this file's next commit, number {identity.commits}", "one of another time")
    writes = []
    while at < length:
        if at + _RECORD.size > length:
            refuse("whole records", "one that is cut short")
        offset, n = _RECORD.unpack_from(body, at)
        at += _RECORD.size
        if n > length - at or offset > size or n > size - offset:
            refuse(f"records within the file's {size:,} bytes", f"{n:,} bytes at {offset:,}")
        writes.append((offset, body[at : at + n]))
        at += n
    return writes


def _at(fd: int, offset: int, n: int, size: int) -> bytes:
    """Bytes of the file; none if it ends before."""
    return read_at(fd, n, offset) if offset <= size - n else b""
