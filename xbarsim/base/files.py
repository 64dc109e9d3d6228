"""Text files, written all or nothing."""

from __future__ import annotations

from pathlib import Path

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
