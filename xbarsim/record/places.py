"""Where a new file lies until its first commit, and what killed processes left there.

A new file has no name at all where the system can do that (Linux' ``O_TMPFILE``); it gets one by a hard link.
Elsewhere, and where an existing file is to be replaced, it is called ``.NAME.XXXXXXXX.new`` for a moment, after the
first letters of its random id, which nobody else has.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

from ..base.errors import OutputError
from ..base.files import check_new
from .descriptors import close_locked, lock, open_file, read_at

_LONGEST = len(".") + len(".XXXXXXXX.new")
"""What the longest name that a file needs beside it has more than its own."""
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ID = re.compile(rb"[0-9a-f]{32}")
_HEAD_BYTES = 1 << 20  # where the id of a file is looked for


def is_written(path: Path) -> bool:
    """Whether a process is writing the file; yes where that cannot be found out."""
    try:
        fd = open_file(path, os.O_RDWR)
    except OSError:
        return True
    try:
        lock(fd)
    except OSError:
        os.close(fd)
        return True
    close_locked(fd)
    return False


def check_not_written(path: Path) -> None:
    """Raise `OSError` if another process is writing the file that is to be replaced: its journal would end up beside
    the new one.
    """
    try:
        fd = open_file(path, os.O_RDWR)
    except OSError:
        return  # not there, or not to be written: then nobody writes it
    try:
        lock(fd)
    except OSError:
        os.close(fd)
        raise
    close_locked(fd)


def longest_name(folder: Path) -> int:
    """Bytes that the name of a file may have in this folder, so that all that lies beside it can be named, too."""
    try:
        most = os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows has no pathconf
        most = 255
    return most - _LONGEST


def temporary_name(path: Path, identity: str) -> Path:
    """What a new file is called before it has its name, if it has to be called something."""
    return path.with_name(f".{path.name}.{identity[:8]}.new")


def make(path: Path, identity: str) -> tuple[int, Path | None]:
    """A new empty file in the folder of `path`: its descriptor, locked, and its name, if it needs one."""
    name = temporary_name(path, identity)
    if _can_name_later(name):
        fd = os.open(path.parent, os.O_RDWR | os.O_TMPFILE, 0o644)
        lock(fd)
        return fd, None
    fd = open_file(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        lock(fd)
    except OSError:
        os.close(fd)
        name.unlink(missing_ok=True)
        raise
    return fd, name


def _can_name_later(trial: Path) -> bool:
    """Whether this system and file system can make files without names, and name them: found out by doing it."""
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        fd = os.open(trial.parent, os.O_RDWR | os.O_TMPFILE, 0o600)
    except OSError:
        return False
    try:
        give_name(fd, trial)
        trial.unlink()
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def give_name(fd: int, path: Path) -> None:
    """Give an unnamed file its name; `FileExistsError` if another has it."""
    folder = os.open("/proc/self/fd", os.O_RDONLY)  # given a folder, Python follows the link that is the descriptor
    try:
        os.link(str(fd), path, src_dir_fd=folder)
    finally:
        os.close(folder)


def clear_leftovers(path: Path) -> None:
    """Remove what killed processes left of new files of this name: nobody's, whose id is that of their name.

    Of a file that has another name by now, a moved run for example, only the name is removed.
    """
    before, after = f".{path.name}.", ".new"
    with contextlib.suppress(OSError):
        names = [e.name for e in os.scandir(path.parent) if e.name.startswith(before) and e.name.endswith(after)]
        for name in names:
            token = name[len(before) : -len(after)]
            if (len(token) == 8 and set(token) <= set("0123456789abcdef")) or name == before + "new":
                _clear(path.with_name(name), token.encode())


def _clear(leftover: Path, token: bytes) -> None:
    with contextlib.suppress(OSError):
        fd = open_file(leftover, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            lock(fd)
            what = os.fstat(fd)
            head = read_at(fd, _HEAD_BYTES, 0) if stat.S_ISREG(what.st_mode) else b"?"
            # A kill in the middle of the first commit leaves a piece, which may not have its beginning or its id yet.
            ours = not head or head[: len(_SIGNATURE)] in (_SIGNATURE, bytes(len(_SIGNATURE)))
            if ours and (token in head or not _ID.search(head)):
                leftover.unlink()
        finally:
            os.close(fd)


def sync_folder(path: Path) -> None:
    """Bring the name of a file to the disk."""
    with contextlib.suppress(OSError):  # not on Windows, nor on every file system
        fd = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def check_writable(path: Path, *, force: bool, resumed: bool = False) -> None:
    """Raise before any work is done if the output cannot be made; `resumed`: what is there could be gone on with."""
    try:
        path.resolve()
    except (OSError, RuntimeError):
        raise OutputError(
            f"{path}: expected a file name, got a link that leads to itself; choose another --out"
        ) from None
    most = longest_name(path.parent)
    if len(os.fsencode(path.name)) > most:
        raise OutputError(
            f"{path}: expected a file name of at most {most} bytes, for what has to lie beside it, got "
            f"{len(os.fsencode(path.name))}; choose a shorter --out"
        )
    check_new(path, force=force, example=" such as run.h5", instead=" or --resume" if resumed else "")
