"""A sweep in parts: each does its share of the runs by itself, as a job of an array, and leaves a record of what it
was; put together they make the table that one run of all would have made.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..base.errors import LayoutError, OutputError
from ..base.files import is_folder, write_text
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..describe.settings import number_of
from .comparison import Row, row_of
from .grid import Design
from .samples import Sample
from .study import read_record, run_study
from .tasks import Task

_SHOWN = 6  # parts, or runs, that an error lists


@dataclass(frozen=True)
class Part:
    """So-and-so-many-th part of so many; the first is 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """From ``3/16``.

        >>> Part.parse("3/16")
        Part(number=3, of=16)
        """
        numbers = [number_of(part) for part in text.split("/")]
        whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
        if len(whole) != 2 or len(numbers) != 2 or not 1 <= whole[0] <= whole[1] <= 100_000:
            raise LayoutError(f"--part: expected K/N with K from 1 to N, got '{text}'; give for example 3/16")
        return cls(*whole)

    @property
    def file(self) -> str:
        """Name of what it leaves."""
        return f"part-{self.number}-of-{self.of}.json"


@dataclass(frozen=True)
class Joined:
    """A sweep that was put together: design, rows, and the layout that all runs have in common."""

    design: Design
    rows: tuple[Row, ...]
    base: Layout
    dataset: str
    seeds: tuple[int, ...]


def run_part(
    part: Part, design: Design, base: Layout, data: Dataset, folder: Path, *, seeds: Sequence[int], **more: Any
) -> tuple[int, int] | None:
    """Do a part of the runs of a sweep; returns how many it has, and all have, or None if it was stopped.

    Parameters
    ----------
    part : Part
    design : Design
    base : Layout
    data : Dataset
    folder : Path
        For the records and what the part was; parts may share one, and need not.
    seeds : sequence of int
    more :
        See `study.run_study`.
    """
    tasks = _tasks(design, base, seeds)
    every = list(dict.fromkeys(tasks))
    # The longest are dealt out first, so that all parts take about as long.
    dealt = sorted(every, key=lambda t: -t.cost(data))
    mine = dealt[part.number - 1 :: part.of]
    if mine and len(run_study(mine, data, folder, **more)) < len(mine):
        return None
    whole = {
        "version": __version__,
        "dataset": data.name,
        "dataset_sha256": data.sha256,
        "layout": base.replace(dataset=data.name).to_toml(),
        "design": _written(design),
        "seeds": list(seeds),
        "of": part.of,
        "keys": [task.key(data) for task in tasks],
    }
    own = {"part": part.number, "identity": _identity(whole), "done": [t.key(data) for t in mine]}
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / part.file, json.dumps({**own, "sweep": whole}) + "\n")
    return len(mine), len(every)


def _tasks(design: Design, base: Layout, seeds: Sequence[int]) -> list[Task]:
    return [Task(layout.replace(seed=seed)) for layout in design.layouts(base).values() for seed in seeds]


def _written(design: Design) -> dict[str, Any]:
    return {
        "values": {key: list(values) for key, values in design.values.items()},
        "points": [list(point.values()) for point in design.points],
        "sample": None if design.sample is None else dataclasses.asdict(design.sample),
    }


def _design(written: Mapping[str, Any]) -> Design:
    keys = list(written["values"])
    points = tuple(dict(zip(keys, values, strict=True)) for values in written["points"])
    sample = None if written["sample"] is None else Sample(**written["sample"])
    return Design({key: tuple(v) for key, v in written["values"].items()}, points, sample)


def join(folders: Sequence[Path]) -> Joined:
    """Put the parts of a sweep together.

    Parameters
    ----------
    folders : sequence of Path
        In which they are.

    Raises
    ------
    LayoutError
        If parts are missing, or are of different sweeps.
    OutputError
        If there are none, or a record is missing or broken.
    """
    if not folders:
        raise LayoutError("sweep --join: expected folders with parts of a sweep, got none; name at least one")
    parts = [(path, _part(path)) for folder in folders for path in _parts_in(folder)]
    first, one = parts[0]
    for path, part in parts:
        if part["identity"] != one["identity"]:
            raise LayoutError(
                f"sweep --join: expected parts of one sweep, got {first} ({_what(one)}) and {path} ({_what(part)}); "
                "leave one out"
            )
    there: dict[int, Path] = {}
    for path, part in parts:
        if part["part"] in there:
            note(f"{path}: the same part as {there[part['part']]}; the first is taken")
            continue
        there[part["part"]] = path
    of = one["sweep"]["of"]
    missing = [n for n in range(1, of + 1) if n not in there]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise LayoutError(
            f"sweep --join: expected {of} parts, got {len(there)}; missing: {', '.join(map(str, missing[:_SHOWN]))}"
            f"{more}; run them with --part {missing[0]}/{of}, or name the folders in which they are"
        )
    records = _records(dict(parts), there)
    whole = one["sweep"]
    design, seeds = _design(whole["design"]), whole["seeds"]
    results = [records[key]["result"] for key in whole["keys"]]
    base = Layout.from_toml_text(whole["layout"], recorded=True)
    rows = [
        row_of(name, results[k * len(seeds) : (k + 1) * len(seeds)])
        for k, name in enumerate(design.names)
    ]  # fmt: skip
    return Joined(design, tuple(rows), base, whole["dataset"], tuple(seeds))


def _records(parts: Mapping[Path, Mapping[str, Any]], there: Mapping[int, Path]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in there.values():
        for key in parts[path]["done"]:
            file = path.parent / "runs" / f"{key}.json"
            record = read_record(file)
            if record is None:
                raise OutputError(
                    f"{file}: expected the record of a run, got none that is whole; run its part again: "
                    f"--part {parts[path]['part']}/{parts[path]['sweep']['of']} --keep {path.parent}"
                )
            found[key] = record
    return found


def _parts_in(folder: Path) -> list[Path]:
    if not is_folder(folder):
        raise OutputError(f"{folder}: expected a folder with parts of a sweep, got none; check the path")
    numbers = {p: re.fullmatch(r"part-(\d+)-of-(\d+)", p.stem) for p in folder.glob("part-*-of-*.json")}
    found = sorted((p for p, n in numbers.items() if n), key=lambda p: int(p.stem.split("-")[1]))
    if not found:
        raise OutputError(
            f"{folder}: expected parts of a sweep, got none that is done; make them with: xbarsim sweep ... --part 1/4 "
            f"--keep {folder}"
        )
    return found


def _part(path: Path) -> dict[str, Any]:
    try:
        part: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = part["sweep"]
        fine = {"of", "keys", "design", "seeds", "layout", "dataset", "version"} <= whole.keys()
        # What was edited is not what was run.
        fine = fine and part["identity"] == _identity(whole)
        if fine and isinstance(part["part"], int) and isinstance(part["done"], list):
            return part
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise OutputError(f"{path}: expected a part of a sweep, got something else; remove it, or run the part again")


def _identity(whole: Mapping[str, Any]) -> str:
    """The same for all parts of one sweep, and for no other."""
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _what(part: Mapping[str, Any]) -> str:
    whole = part["sweep"]
    return (
        f"{' and '.join(whole['design']['values'])}, {len(whole['design']['points'])} points, {len(whole['seeds'])} "
        f"seeds, {whole['of']} parts, xbarsim {whole['version']}, layout "
        f"{hashlib.sha256(whole['layout'].encode()).hexdigest()[:8]}"
    )
