"""Files of measurements before anything is understood: their kind, and their contents through a limit.

A measured curve is small. What is far larger, or would grow far larger when unpacked, is refused before it fills the
memory; what an archive says of its own sizes is checked against what really comes out of it.
"""

from __future__ import annotations

import copy
import zipfile
import zlib
from pathlib import Path

from ..base.errors import DataError

MOST_TEXT = 100_000_000
"""Bytes of a text file: some five million rows. Reading takes several times its size in memory."""
MOST_LINES = 5_000_000
LONGEST_LINE = 1_000_000
"""Characters; no table of measurements has as many columns."""
MOST_UNPACKED = 400_000_000
"""Bytes of all members of a spreadsheet together, unpacked."""
MOST_MEMBERS = 10_000

_CHUNK = 1 << 16
_OTHERS = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (XLS); save it as XLSX or CSV",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"BZh": "a bzip2 archive; unpack it first",
    b"\xfd7zXZ": "an xz archive; unpack it first",
    b"%PDF": "a PDF; export the numbers as CSV",
}


def kind_of(path: Path) -> str:
    """``hdf5``, ``xlsx`` or ``text``, by the first bytes and not by the name.

    Raises
    ------
    DataError
        If there is no such file, it cannot be opened, or it is something else.
    """
    start = _read(path, 8)
    if start == b"\x89HDF\r\n\x1a\n":
        return "hdf5"
    if start[:4] == b"PK\x03\x04" or path.suffix.lower() in (".xlsx", ".xlsm"):
        return "xlsx"
    for magic, what in _OTHERS.items():
        if start.startswith(magic):
            raise DataError(f"{path}: expected text (CSV, TSV), XLSX or HDF5, got {what}")
    return "text"


def read_text(path: Path) -> str:
    """The text of a file, whatever its encoding.

    Raises
    ------
    DataError
        If it cannot be read, is too large, or is no text.
    """
    raw = _read(path, MOST_TEXT + 1)
    if len(raw) > MOST_TEXT:
        raise DataError(
            f"{path}: expected a text of at most {MOST_TEXT // 1_000_000} MB, got more; leave out columns and rows "
            "that are not needed, or split it by devices"
        )
    if not raw.strip():
        raise DataError(f"{path}: expected a table of measurements, got an empty file; export it again")
    lines = raw.count(b"\n") + raw.count(b"\r")
    if lines > 2 * MOST_LINES:
        raise DataError(
            f"{path}: expected at most {MOST_LINES:,} lines, got more; leave out rows that are not needed, or split "
            "the file by devices"
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    if b"\x00" in raw[:4096]:
        raise DataError(f"{path}: expected text (CSV, TSV), XLSX or HDF5, got a binary file; export it as CSV")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def lines_of(path: Path, text: str) -> list[str]:
    """The lines of a text.

    Raises
    ------
    DataError
        If there are too many, or one is longer than any row of a table.
    """
    lines = text.splitlines()
    longest = max(map(len, lines), default=0)
    if len(lines) > MOST_LINES or longest > LONGEST_LINE:
        raise DataError(
            f"{path}: expected at most {MOST_LINES:,} lines of at most {LONGEST_LINE:,} characters, got {len(lines):,} "
            f"of up to {longest:,}; export the table alone"
        )
    return lines


def check_archive(path: Path) -> None:
    """Unpack all members of an XLSX file into nothing, and see that they are as small as they say.

    Raises
    ------
    DataError
        If the archive is broken, too large when unpacked, or its directory does not tell the truth.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if len(members) > MOST_MEMBERS or declared > MOST_UNPACKED:
                raise _too_large(path, f"{len(members):,} parts of together {declared / 1e6:,.0f} MB")
            left = MOST_UNPACKED
            for member in members:
                left -= _unpacked(path, archive, member, left)
    except OSError as error:
        raise DataError(f"{path}: expected an XLSX file, cannot read it ({error.strerror}); check the path") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path}: expected an XLSX file, got a broken archive ({type(error).__name__}); save it again, or export "
            "it as CSV"
        ) from None


def _unpacked(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> int:
    """Bytes that really come out of one member."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Others unpack without a bound, and no spreadsheet program writes them.
        raise DataError(
            f"{path}: expected an XLSX file, got an archive packed in another way than deflate; export it as CSV"
        )
    if member.flag_bits & 1:
        raise DataError(f"{path}: expected an XLSX file, got one with a password; save it without one")
    honest = copy.copy(member)
    honest.file_size = left + 4 * _CHUNK  # zipfile stops at the size that is written there, whatever follows
    size, tail = 0, b""
    with archive.open(honest) as source:
        while True:
            try:
                chunk = source.read(_CHUNK)
            except EOFError:  # a stored member ends where its bytes end
                break
            if not chunk:
                break
            size += len(chunk)
            if size > left:
                raise _too_large(path, f"more than {MOST_UNPACKED / 1e6:,.0f} MB")
            if b"<!ENTITY" in tail + chunk:
                raise DataError(
                    f"{path}: expected an XLSX file, got one that defines entities, as none does; export it as CSV"
                )
            tail = chunk[-8:]
    if size != member.file_size:
        raise DataError(
            f"{path}: expected an XLSX file, got an archive whose part '{member.filename[:60]}' has {size:,} bytes "
            f"and says {member.file_size:,}; save it again, or export it as CSV"
        )
    return size


def _too_large(path: Path, what: str) -> DataError:
    return DataError(
        f"{path}: expected a spreadsheet of at most {MOST_UNPACKED // 1_000_000} MB when unpacked, got {what}; keep "
        "the measurement alone, or export it as CSV"
    )


def _read(path: Path, most: int) -> bytes:
    """The first bytes of a file; never more than asked for, whatever the file system says of its size."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise DataError(
            f"{path}: expected a file of measurements, cannot read it ({error.strerror}); check the path"
        ) from None
