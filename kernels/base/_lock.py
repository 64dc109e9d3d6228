"""Locks on files that other processes heed, on POSIX and on Windows; they go when their process dies."""

from __future__ import annotations

import errno
import os

_FAR = 0x0800_7FFF_0000
"""Where the byte lies that Windows locks: nobody can read or write what is locked there, so it is far behind the end of
any file, at 8.8 TB; what is left of the number in 32 bits, which older run-time libraries take, is far from the
beginning, too."""


def hold(fd: int) -> None:
    """Lock an open file for this process alone, at once.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    OSError
        If its file system has no locks.
    """
    try:
        import fcntl
    except ImportError:
        hold_far_byte(fd)
        return
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def let_go(fd: int) -> None:
    """Take the lock away again; said, since closing is not enough where a child was forked, or may come late."""
    try:
        import fcntl
    except ImportError:
        let_go_of_far_byte(fd)
        return
    fcntl.flock(fd, fcntl.LOCK_UN)


def hold_far_byte(fd: int) -> None:
    """`hold` on Windows."""
    import msvcrt

    try:
        _at_far_byte(fd, msvcrt.LK_NBLCK)  # type: ignore[attr-defined]
    except PermissionError:
        raise BlockingIOError(errno.EAGAIN, "another process holds it") from None


def let_go_of_far_byte(fd: int) -> None:
    """`let_go` on Windows."""
    import msvcrt

    _at_far_byte(fd, msvcrt.LK_UNLCK)  # type: ignore[attr-defined]


def _at_far_byte(fd: int, mode: int) -> None:
    import msvcrt

    at = os.lseek(fd, 0, os.SEEK_CUR)
    os.lseek(fd, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(fd, mode, 1)  # type: ignore[attr-defined]
    finally:
        os.lseek(fd, at, os.SEEK_SET)
