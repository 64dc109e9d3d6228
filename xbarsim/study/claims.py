"""Whose a folder is: a study leaves its name in the folder of its tables, and another does not write over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .._version import __version__
from ..base.errors import OutputError
from ..base.files import write_text
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..describe.words import in_words

NAME = "study.json"


class Claimed(NamedTuple):
    """What stands in a study's folder about it; "" for what an earlier version did not write."""

    what: str
    command: str
    layout: str
    """TOML of what all runs have in common; "" if there is no such thing."""
    dataset: str
    sha256: str
    version: str


def claim(
    folder: Path,
    study: str,
    base: Layout | None,
    data: Dataset,
    *,
    force: bool,
    asks: Mapping[str, Any] | None = None,
    command: str = "",
) -> None:
    """Take a folder for a study, or raise if it is another's, unless `force`.

    The same study is one with the same layout and data that asks the same; more seeds are no other one.

    Parameters
    ----------
    folder : Path
    study : str
        Name of the command.
    base : Layout, optional
        What all runs have in common, if there is such a thing.
    data : Dataset
    force : bool
    asks : mapping, optional
        What else makes it another study; goes into words, too.
    command : str
        By which it can be made again; kept, and compared with nothing.

    Raises
    ------
    OutputError
    """
    asked = {key: value for key, value in (asks or {}).items() if value}
    words = [study, *(f"{key} {value}" for key, value in asked.items())]
    if base is not None:
        words.append(in_words(base.replace(seed=0), dataset=data.name).removesuffix(", seed 0"))
    text = base.replace(seed=0, dataset=data.name).to_toml() if base is not None else ""
    identity = hashlib.sha256(json.dumps([study, text, data.sha256, asked]).encode()).hexdigest()
    more = {"command": command, "layout": text, "dataset": data.name, "dataset_sha256": data.sha256}
    claim_named(folder, "; ".join(words), identity, force=force, **more)


def claim_named(folder: Path, what: str, identity: str, *, force: bool, **more: str) -> None:
    """`claim` for a study whose name in words and identity are known; `more` is kept, too."""
    path = folder / NAME
    try:
        before = _read(path)
    except OutputError:
        if not force:
            raise
        before = None
    if before is not None and before["identity"] != identity and not force:
        raise OutputError(
            f"{folder}: holds another study ({before['what']}), whose tables would be replaced; choose another folder, "
            "or add --force"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot make this folder ({error.strerror}); choose another") from None
    told = {"what": what, "identity": identity, "xbarsim_version": __version__, **more}
    write_text(path, json.dumps(told, indent=1) + "\n")


def claimed(folder: Path) -> Claimed | None:
    """What a folder's study is; None where none has taken it, or where its word is damaged, which is told."""
    try:
        found = _read(folder / NAME)
    except OutputError as error:
        note(f"{error}; what the study was is not told")
        return None
    if found is None:
        return None
    more = (str(found.get(key, "")) for key in ("command", "layout", "dataset", "dataset_sha256", "xbarsim_version"))
    return Claimed(found["what"], *more)


def _read(path: Path) -> dict[str, Any] | None:
    """What stands in a folder about its study; None if there is nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {**found, **{key: str(found[key]) for key in ("what", "identity")}}
    except FileNotFoundError:
        return None
    except OSError as error:
        why = f"cannot read it ({error.strerror or error})"
    except (ValueError, KeyError, TypeError):
        why = "got something else"
    raise OutputError(
        f"{path}: expected what a study says of its folder, {why}; if the folder is that of this study delete the file "
        "and its tables go on, else choose another folder, or add --force"
    )
