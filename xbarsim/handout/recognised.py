"""What a path is, and the page that is made of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from ..base.errors import LayoutError, TraceError, XbarsimError
from ..base.files import is_file, is_folder, is_there
from .blocks import WHAT, Page

_HDF5 = b"\x89HDF\r\n\x1a\n"
_MOST_BYTES = 64 << 20
"""Of a file of text: what these commands leave is far smaller."""


def page_of(path: Path) -> Page:
    """The page of whatever a path is.

    Raises
    ------
    XbarsimError
        If it is nothing that there is a page of, or is damaged.
    """
    if is_folder(path):
        from .of_study import study_page

        return study_page(path)
    if not is_there(path):
        raise TraceError(f"{path}: expected {WHAT}, found nothing; check the path")
    if not is_file(path):
        raise TraceError(f"{path}: expected {WHAT}, got a device or pipe; name a file or a folder")
    if _begins(path) == _HDF5 or path.suffix.lower() in (".h5", ".hdf5"):
        from .of_run import run_page

        return run_page(path)
    if path.suffix.lower() == ".toml":
        return _of_toml(path)
    if path.suffix.lower() == ".json" or _begins(path)[:1] == b"{":
        return _of_json(path)
    raise _unknown(path, "something else")


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_HDF5))
    except OSError as error:
        raise TraceError(f"{path}: cannot read it ({error.strerror}); check its rights") from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _unknown(path, f"a file of over {_MOST_BYTES >> 20} MB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TraceError(f"{path}: cannot read it ({error.strerror}); check its rights") from None
    except UnicodeDecodeError:
        raise _unknown(path, "something that is no text") from None


def _of_toml(path: Path) -> Page:
    from .of_device import device_page

    try:
        document = tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LayoutError(f"{path}: expected TOML, got a syntax error ({error}); correct that line") from None
    if "network" in document:
        raise LayoutError(
            f"{path}: expected {WHAT}, got a layout, of which nothing is run yet; xbarsim run {path} makes a run file"
        )
    if "device" not in document:
        raise _unknown(path, "TOML without a section [device]")
    return device_page(path, document)


def _of_json(path: Path) -> Page:
    from .of_answers import answers_page

    try:
        found: Any = json.loads(_text(path))
    except (ValueError, RecursionError):
        raise _unknown(path, "something that is no JSON") from None
    page = answers_page(path, found)
    if page is None:
        raise _unknown(path, "JSON of another kind")
    return page


def _unknown(path: Path, got: str) -> XbarsimError:
    return LayoutError(f"{path}: expected {WHAT}, got {got}; name one of these")
