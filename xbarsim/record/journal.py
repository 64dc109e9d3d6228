"""A file that changes in whole commits: after a crash at any moment it holds the last commit, complete.

HDF5 rewrites its own bookkeeping in place, so a process that is killed half-way through leaves a file that does not
open. `CommittedFile` stands between HDF5 and the disk (as h5py's ``fileobj`` driver): it keeps all writes in memory
until `commit`, and then

1. appends what lies beyond the end of the last commit - nothing in the file refers to it yet;
2. writes what must change below that end (a few kilobytes) to ``<file>.journal``, whole, by rename;
3. changes it in place, and removes the journal.

Killed before 2 is done, the file is as it was; after, the journal holds what is missing, and opening the
file through this class puts it in. A reader may open the file with any HDF5 tool at any time: outside of step 3, which
takes well under a millisecond, it is a complete, closed HDF5 file.

This protects from the end of the process, not from a power cut: nothing waits for the disk.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

from ..base.errors import OutputError, TraceError

_MAGIC = b"XBARJRN1"
_RECORD = struct.Struct("<QQ")  # offset, length
_HEAD = struct.Struct("<8sQI")  # magic, length of the records, CRC-32 of the records


def journal_path(path: Path) -> Path:
    """Where the journal of a file lies: beside the file itself, also if `path` is a link to it."""
    real = path.resolve()
    return real.with_name(real.name + ".journal")


def _read_journal(path: Path) -> list[tuple[int, bytes]]:
    """Writes of a complete journal; nothing if there is none or it is not complete (then it must not be used)."""
    try:
        raw = journal_path(path).read_bytes()
    except OSError:
        return []
    if len(raw) < _HEAD.size:
        return []
    magic, length, crc = _HEAD.unpack_from(raw)
    body = raw[_HEAD.size :]
    if magic != _MAGIC or len(body) != length or zlib.crc32(body) != crc:
        return []
    writes, at = [], 0
    while at < length:
        offset, n = _RECORD.unpack_from(body, at)
        at += _RECORD.size
        writes.append((offset, body[at : at + n]))
        at += n
    return writes


def _check_journal_is_ours(path: Path) -> None:
    """Raise if a file of that name is somebody's own, and would be overwritten by the journal."""
    try:
        with journal_path(path).open("rb") as stream:
            start = stream.read(len(_MAGIC))
    except OSError:
        return
    if start != _MAGIC:
        raise OSError(0, f"{journal_path(path).name} beside it is not xbarsim's, and its name is needed; move it")


def _lock(fd: int) -> None:
    """One writer at a time. The lock dies with the process; HDF5's own readers use another kind and
    are not kept out.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover - not on Windows
        return
    try:
        if hasattr(fcntl, "F_OFD_SETLK"):
            # Belongs to this opening of the file: not lost when the same process reads the file and closes it again.
            whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, whole)
        else:  # pragma: no cover - not on Linux
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise OSError(0, "another xbarsim process is writing it") from None


def _new_name(path: Path) -> Path:
    """What a new file is called until its first commit."""
    return path.with_name(f".{path.name}.new")


def _drop_second_name(path: Path, fd: int) -> None:
    """Remove the name that a file had until its first commit, if whoever gave it the real one was killed just then."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(fd), os.stat(_new_name(path), follow_symlinks=False)):
            _new_name(path).unlink()


def _check_not_written(path: Path) -> None:
    """Raise if another process is writing the file that is to be replaced:
    its journal would end up beside the new one.
    """
    try:
        fd = os.open(path, os.O_RDWR)
    except OSError:
        return  # not there, or not to be written: then nobody writes it
    try:
        _lock(fd)
    finally:
        os.close(fd)


class _Pending:
    """Writes in the order they came, found again by where they are.

    HDF5 writes the same blocks of its bookkeeping over and over, and reads some of them back: a write to a place that
    was written before takes the earlier one's place, and a read looks only at the writes near it.
    """

    _BLOCK = 1 << 16

    def __init__(self) -> None:
        self._writes: dict[int, tuple[int, bytes]] = {}  # by number, which grows
        self._number: dict[tuple[int, int], int] = {}  # by offset and length
        self._near: dict[int, dict[int, None]] = {}  # numbers by block, in order
        self._next = 0

    def _blocks(self, low: int, high: int) -> range:
        return range(low // self._BLOCK, (max(high, low + 1) - 1) // self._BLOCK + 1)

    def add(self, offset: int, data: bytes) -> None:
        place = (offset, len(data))
        blocks = self._blocks(offset, offset + len(data))
        earlier = self._number.pop(place, None)
        if earlier is not None:
            del self._writes[earlier]
            for block in blocks:
                del self._near[block][earlier]
        self._writes[self._next] = (offset, data)
        self._number[place] = self._next
        for block in blocks:
            self._near.setdefault(block, {})[self._next] = None
        self._next += 1

    def all(self) -> list[tuple[int, bytes]]:
        return list(self._writes.values())

    def over(self, low: int, high: int) -> list[tuple[int, bytes]]:
        """Writes that may touch these bytes, in order."""
        blocks = self._blocks(low, high)
        if len(blocks) == 1:
            return [self._writes[n] for n in self._near.get(blocks[0], ())]
        return [self._writes[n] for n in sorted({n for block in blocks for n in self._near.get(block, ())})]


class CommittedFile(io.RawIOBase):
    """Random-access file whose writes reach the disk in commits.

    Parameters
    ----------
    path : Path
    mode : {"r", "r+", "w", "x"}
        ``w`` and ``x`` write a new file beside `path` and put it in its place at the first commit; until then, and if
        there never is one, an existing file stays untouched. ``x`` never replaces a file, even one that came meanwhile.
    """

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__()
        path = path.resolve()  # a link stays a link: what it points to is written and replaced
        self.path = path
        self._mode = mode
        self._is_new = mode in ("w", "x")
        self._pending = _Pending()
        self._at = 0
        self._fd = -1
        self._temporary: Path | None = None
        try:
            if mode != "r":
                _check_journal_is_ours(path)
            if self._is_new:
                # Always the same name, so that what a killed process left is taken over; emptied only once it is
                # locked.
                temporary = _new_name(path)
                _check_not_written(path)
                self._fd = os.open(temporary, os.O_RDWR | os.O_CREAT, 0o644)
                _lock(self._fd)
                if os.fstat(self._fd).st_nlink > 1:
                    # The second name of a run, which may have been moved since: that run is not to be emptied.
                    temporary.unlink()
                    os.close(self._fd)
                    self._fd = -1
                    self._fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
                    _lock(self._fd)
                self._temporary = temporary
                os.ftruncate(self._fd, 0)
            else:
                self._fd = os.open(path, os.O_RDONLY if mode == "r" else os.O_RDWR)
                if mode != "r":
                    _lock(self._fd)
                    _drop_second_name(path, self._fd)
        except OSError as error:
            self.abandon()
            if self._is_new:
                raise OutputError(f"{path}: cannot write there ({error.strerror}); choose another folder") from None
            raise TraceError(f"{path}: cannot open ({error.strerror}); check the path and its permissions") from None
        self._committed = self._size = os.fstat(self._fd).st_size
        recovered = [] if self._is_new else _read_journal(path)
        if mode == "r+" and recovered:
            self._write_through(recovered)
            journal_path(path).unlink(missing_ok=True)
        else:
            for offset, data in recovered:
                self._pending.add(offset, data)

    # What h5py asks of a file object ----------------------------------------------------------------------------------

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to `offset`."""
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        return self._at

    def tell(self) -> int:
        """Where the next read or write goes."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` from the disk, with the pending writes laid over it."""
        view = memoryview(buffer).cast("B")
        n = max(0, min(len(view), self._size - self._at))
        got = os.pread(self._fd, n, self._at)
        view[:n] = got + bytes(n - len(got))
        for offset, data in self._pending.over(self._at, self._at + n):
            low, high = max(offset, self._at), min(offset + len(data), self._at + n)
            if low < high:
                view[low - self._at : high - self._at] = data[low - offset : high - offset]
        self._at += n
        return n

    def write(self, data: Any) -> int:
        """Keep the bytes for the next commit."""
        raw = bytes(data)
        self._pending.add(self._at, raw)
        self._at += len(raw)
        self._size = max(self._size, self._at)
        return len(raw)

    def truncate(self, size: int | None = None) -> int:
        """Set the size that the next commit gives the file; it never shrinks what is committed."""
        self._size = max(self._at if size is None else size, self._committed)
        return self._size

    def flush(self) -> None:
        """HDF5's flush ends here; only `commit` writes."""

    def readable(self) -> bool:
        """Always."""
        return True

    def writable(self) -> bool:
        """Unless opened with ``r``."""
        return self._mode != "r"

    def seekable(self) -> bool:
        """Always."""
        return True

    # Commits ----------------------------------------------------------------------------------------------------------

    @property
    def pending_bytes(self) -> int:
        """Bytes waiting for the next commit."""
        return sum(len(data) for _, data in self._pending.all())

    def commit(self) -> None:
        """Bring the file on disk to the present state, or leave it as it was and raise `OutputError`."""
        end = self._committed
        appended: list[tuple[int, bytes]] = []
        changed: list[tuple[int, bytes]] = []
        for offset, data in self._pending.all():
            cut = min(max(end - offset, 0), len(data))
            if cut:
                changed.append((offset, data[:cut]))
            if cut < len(data):
                appended.append((offset + cut, data[cut:]))
        try:
            self._write_through(appended)
            if os.fstat(self._fd).st_size < self._size:
                os.ftruncate(self._fd, self._size)
            if changed:
                self._write_journal(changed)
                self._write_through(changed)
                journal_path(self.path).unlink(missing_ok=True)
            if self._temporary is not None:
                self._put_in_place(self._temporary)
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot write ({error.strerror}); free space and go on with --resume: "
                "the file holds the last commit"
            ) from None
        self._pending = _Pending()
        self._committed = self._size

    def _put_in_place(self, temporary: Path) -> None:
        """The first commit of a new file."""
        if self._mode == "x":
            try:
                os.link(temporary, self.path)  # fails if the file is there, whoever made it
            except FileExistsError:
                raise OSError(0, "another run has made this file meanwhile") from None
            except OSError:  # a file system without links
                if self.path.exists():
                    raise OSError(0, "another run has made this file meanwhile") from None
                temporary.replace(self.path)
            temporary.unlink(missing_ok=True)
        else:
            _check_not_written(self.path)
            # A journal of the file that is being replaced must not outlive it.
            journal_path(self.path).unlink(missing_ok=True)
            temporary.replace(self.path)
        self._temporary = None

    def _write_through(self, writes: list[tuple[int, bytes]]) -> None:
        for offset, data in writes:
            view = memoryview(data)
            while view:
                n = os.pwrite(self._fd, view, offset)
                view, offset = view[n:], offset + n
        self._size = max(getattr(self, "_size", 0), os.fstat(self._fd).st_size)

    def _write_journal(self, writes: list[tuple[int, bytes]]) -> None:
        if self._temporary is not None:
            return  # nobody knows the file yet
        body = b"".join(_RECORD.pack(offset, len(data)) + data for offset, data in writes)
        part = journal_path(self.path).with_name(f".{self.path.name}.journal.new")
        try:
            part.write_bytes(_HEAD.pack(_MAGIC, len(body), zlib.crc32(body)) + body)
            part.replace(journal_path(self.path))
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def abandon(self) -> None:
        """Close without a commit: the file stays as the last commit left it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None
        self._pending = _Pending()
