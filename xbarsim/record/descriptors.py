"""Files by their descriptors, on POSIX and on Windows, so that the rest of the room need not know on which it is.

POSIX lets a file that is open be renamed, replaced and removed, reads and writes at a place, and adds nothing to what
is written. Windows does the first if everybody has opened the file so, lacks the second, and has to be told the third.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..kernels.base import _lock

WINDOWS = os.name == "nt"
_PATIENCE = 2.0  # s: how long others may have a file open that Windows keeps from us meanwhile
_READ, _WRITE = 0x8000_0000, 0x4000_0000  # of Windows' CreateFile: access,
_SHARE_ALL = 0x1 | 0x2 | 0x4  # what others may do meanwhile: read, write, rename or remove,
_CREATE_NEW, _OPEN_EXISTING = 1, 3  # what has to be there,
_NORMAL = 0x80  # and what kind of file


def open_file(path: Path, flags: int, mode: int = 0o666) -> int:
    """`os.open`, of a file that can be renamed and removed while it is open, and whose bytes stay what they are."""
    if not WINDOWS:
        return os.open(path, flags, mode)
    import msvcrt

    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    create = kernel32.CreateFileW
    create.restype = ctypes.c_void_p
    create.argtypes = [
        ctypes.c_wchar_p,
        *[ctypes.c_uint32] * 2,
        ctypes.c_void_p,
        *[ctypes.c_uint32] * 2,
        ctypes.c_void_p,
    ]
    access = _READ | (_WRITE if flags & (os.O_RDWR | os.O_WRONLY) else 0)
    there = _CREATE_NEW if flags & os.O_EXCL else _OPEN_EXISTING
    handle = create(str(path), access, _SHARE_ALL, None, there, _NORMAL, None)
    if handle is None or handle == ctypes.c_void_p(-1).value:
        error = ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined]
        raise type(error)(error.errno, error.strerror, str(path))
    kept = flags & os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    return int(msvcrt.open_osfhandle(handle, kept))  # type: ignore[attr-defined]


def read_at(fd: int, size: int, offset: int) -> bytes:
    """At most so many bytes from a place; fewer at the end."""
    if hasattr(os, "pread"):
        return os.pread(fd, size, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, size)


def write_at(fd: int, data: bytes | memoryview, offset: int) -> int:
    """Write to a place; how many bytes were."""
    if hasattr(os, "pwrite"):
        return os.pwrite(fd, data, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.write(fd, data)


def sync(fd: int) -> None:
    """Wait until what was written is on the disk."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(fd)
        return
    if sys.platform == "darwin":  # whose fsync leaves it in the disk's own memory
        import fcntl

        with contextlib.suppress(OSError):  # not every file system can
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)


def lock(fd: int) -> None:
    """One writer at a time. The lock dies with the process; HDF5's readers use another kind and are not kept out."""
    try:
        try:
            import fcntl
        except ImportError:
            _lock.hold_far_byte(fd)
            return
        if sys.platform == "linux":
            # Belongs to this opening of the file: not lost when the same process reads the file and closes it again.
            whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, whole)
        else:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise OSError(errno.EAGAIN, "another xbarsim process is writing it") from None


def close_locked(fd: int) -> None:
    """Close a file that `lock` has locked: Windows takes its time to let go of a lock, unless it is told."""
    if WINDOWS:
        with contextlib.suppress(OSError):
            _lock.let_go_of_far_byte(fd)
    os.close(fd)


def patiently(do: Callable[[], object]) -> None:
    """Rename or remove a file; on Windows again for a while, if somebody just reads it."""
    begin = time.monotonic()
    while True:
        try:
            do()
        except PermissionError:
            if not WINDOWS or time.monotonic() - begin > _PATIENCE:
                raise
            time.sleep(0.01)
        else:
            return
