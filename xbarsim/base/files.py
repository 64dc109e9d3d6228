"""Files, written all or nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .errors import OutputError


def is_there(path: Path) -> bool:
    """Whether there is anything of that name; no where the system cannot even be asked, since the name is too long.

    `Path.exists` raises then, and so do its like.
    """
    return os.path.exists(path)


def is_file(path: Path) -> bool:
    """Whether it is a file; see `is_there`."""
    return os.path.isfile(path)


def is_folder(path: Path) -> bool:
    """Whether it is a folder; see `is_there`."""
    return os.path.isdir(path)


def write_text(path: Path, text: str) -> None:
    """Write a file, all or nothing; what an earlier start of the same study left is replaced."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """The same of bytes."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot write ({error.strerror}); free space or choose another --out") from None


def check_new(path: Path, *, force: bool, example: str = "", instead: str = "") -> None:
    """Raise unless a file of this name can be made, or replaced if `force`.

    Parameters
    ----------
    path : Path
    force : bool
    example, instead : str
        What the advice of a command says more: a name to add, a flag besides ``--force``.

    Raises
    ------
    OutputError
    """
    if is_folder(path):
        raise OutputError(f"{path}: expected a file name, got a folder; add a name{example}")
    if is_there(path) and not is_file(path):
        raise OutputError(f"{path}: expected a file name, got a device or pipe; choose another --out")
    if is_there(path) and not force:
        raise OutputError(
            f"{path}: exists already and is not overwritten; choose another --out, or add --force{instead}"
        )
    if not is_folder(path.parent):
        raise OutputError(f"{path}: its folder does not exist; create {path.parent} or choose another --out")


def check_other(path: Path, source: Path) -> None:
    """Raise if a file that is to be made is one that is read: not even ``--force`` replaces that.

    Raises
    ------
    OutputError
    """
    if is_file(path) and is_file(source) and path.samefile(source):
        raise OutputError(f"{path}: expected another file than the one that is read; choose another --out")


@contextlib.contextmanager
def created(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A new file that appears under its name when it is whole, or not at all.

    Raises
    ------
    OutputError
        If it exists and `force` is not given, or cannot be written.
    """
    check_new(path, force=force)
    target = Path(os.path.realpath(path))  # a link stays a link
    part: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
            part = Path(stream.name)
            yield stream
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)
        part.replace(target)
        part = None
    except OSError as error:
        raise OutputError(f"{path}: cannot write it ({error.strerror}); free space or choose another --out") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """The path, or if something is there the first of ``name-2``, ``name-3``, ... that is free."""
    number, free = 1, path
    while is_there(free):
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
