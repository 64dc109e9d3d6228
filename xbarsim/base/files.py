"""Files, written all or nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .errors import OutputError


def write_text(path: Path, text: str) -> None:
    """Write a file, all or nothing; what an earlier start of the same study left is replaced."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot write ({error.strerror}); free space or choose another --out") from None


@contextlib.contextmanager
def created(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A new file that appears under its name when it is whole, or not at all.

    Raises
    ------
    OutputError
        If it exists and `force` is not given, or cannot be written.
    """
    if path.is_dir():
        raise OutputError(f"{path}: expected a file name, got a folder; add a name")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: expected a file name, got a device or pipe; choose another --out")
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already and is not overwritten; choose another --out, or add --force")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist; create {path.parent} or choose another --out")
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
