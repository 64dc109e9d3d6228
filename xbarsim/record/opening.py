"""Opening a run file that may be being written, or was left by a process that was killed."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import h5py

from ..base.errors import TraceError
from ..base.files import is_file, is_folder, is_there
from . import format as fmt
from .committed import CommittedFile
from .journal import journal_path

_ATTEMPTS = 60  # to open a file between two commits
_SNAPSHOT_BYTES = 1 << 30  # largest file that is copied into memory while it is being written


def hdf5_version() -> str:
    """Version of the HDF5 library."""
    return str(h5py.version.hdf5_version)


def open_run(path: Path) -> tuple[Any, CommittedFile | None]:
    """The file as HDF5 sees it, and what has to be closed after it.

    Raises
    ------
    TraceError
        If the file is missing, foreign, damaged, or of another format version.
    """
    if not is_file(path):
        what = "a folder" if is_folder(path) else "nothing" if not is_there(path) else "a device or pipe"
        raise TraceError(f"{path}: expected a run file, found {what}; check the path")
    for attempt in range(_ATTEMPTS):
        try:
            h5, source = _open_once(path)
            break
        except Exception as error:
            if attempt < _ATTEMPTS - 1:
                time.sleep(0.005)  # a commit was under way
                continue
            if isinstance(error, (TraceError, MemoryError)):
                raise
            reason = str(error).split("(")[-1].rstrip(")")
            raise TraceError(
                f"{path}: expected a run file (HDF5), cannot open it ({reason}); it is damaged or something else"
            ) from None
    try:
        found, version = (_attribute(h5, name) for name in ("format", "format_version"))
        if found != fmt.FORMAT:
            raise TraceError(f"{path}: expected a run file of xbarsim, got another HDF5 file; check the path")
        if version not in fmt.READABLE:
            raise TraceError(
                f"{path}: expected a format version up to {fmt.FORMAT_VERSION}, got {version}; "
                f"read it with the xbarsim that wrote it ({_attribute(h5, 'creator_version')})"
            )
    except BaseException:
        h5.close()
        if source is not None:
            source.abandon()
        raise
    return h5, source


def _attribute(h5: Any, name: str) -> str | int | None:
    """An attribute of the root: text or a whole number, or None for everything else."""
    try:
        value = h5.attrs.get(name)
    except Exception:  # noqa: BLE001 - h5py raises many kinds on damaged files
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    return int(value) if hasattr(value, "__index__") else None


def _open_once(path: Path) -> tuple[Any, CommittedFile | None]:
    before = _stamp(path)
    # A journal means a commit in progress or one that a crash cut short: read through it.
    source = CommittedFile(path, "r") if before[-1] else None
    h5 = None
    try:
        h5 = h5py.File(source or path, "r", **({} if source else {"locking": False}))
        if _is_running(h5) and before[0] <= _SNAPSHOT_BYTES:
            # HDF5 reads its bookkeeping when it needs it, so a later commit would pull the file from under it: take a
            # copy.
            h5.close()
            with source or path.open("rb") as stream:
                size = stream.seek(0, io.SEEK_END)
                stream.seek(0)
                copy = io.BytesIO(stream.read(size))
            if source is not None:
                source.abandon()
                source = None
            if _stamp(path) != before:
                raise OSError("it is being written (a commit came between)")
            h5 = h5py.File(copy, "r")
    except BaseException:
        if h5 is not None and h5.id.valid:
            h5.close()
        if source is not None:
            source.abandon()
        raise
    return h5, source


def is_read_in_place(path: Path) -> bool:
    """Whether a file that is being written is too large to be copied, so that a commit can come between two reads."""
    return path.stat().st_size > _SNAPSHOT_BYTES


def _is_running(h5: Any) -> bool:
    if _attribute(h5, "format") != fmt.FORMAT:
        return False
    status = h5
    for part in ("entry", "status"):
        # A link is not followed: it may lead to another file, or to a pipe that never answers.
        if not (isinstance(status, h5py.Group) and isinstance(status.get(part, getlink=True), h5py.HardLink)):
            return False
        status = status[part]
    return isinstance(status, h5py.Dataset) and status.shape == () and status[()] == b"running"


def _stamp(path: Path) -> tuple[int, int, bool]:
    """What changes with every commit."""
    now = path.stat()
    return now.st_size, now.st_mtime_ns, journal_path(path).exists()
