"""Layouts, data, seeds and folders as callers give them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..base import checks
from ..base.arguments import Check, function, instance, optional, path, several, whole
from ..base.errors import LayoutError, OutputError, Stopped
from ..base.files import is_folder, is_there
from ..base.notes import say
from ..data_sets.data_set import DATASET, Dataset
from ..data_sets.load import load_dataset
from ..describe.layout import Layout
from ..study.clock import Tick

LAYOUT = instance(Layout, "a Layout or the path of a layout file", "build one with xbarsim.Layout.of(...)", path)
STUDY: dict[str, Check] = {
    "layout": LAYOUT,
    "seeds": several(whole, "seeds", alone=True),
    "workers": instance(str, "a whole number, or where a scheduler is", "give 4, or 'tcp://host:8786'", whole),
    "folder": optional(path),
    "dataset": DATASET,
    "listener": function,
    "stop": function,
}
"""What studies take, whatever they study."""

Listener = Callable[[Tick], None]
Stop = Callable[[], bool]


def silent(tick: Tick) -> None:
    """A listener that says nothing, unless kernels are compiled, which takes long."""
    if tick.phase == "compiling" and tick.compiling[0] == 1:
        say(f"Compiling the simulation for this machine, once: {tick.compiling[1]} times 5 to 40 s ...")


def never() -> bool:
    """A `stop` that never asks for it."""
    return False


def layout_of(given: Layout | str | Path) -> Layout:
    """A layout, or the one of a file."""
    return given if isinstance(given, Layout) else Layout.from_toml(given)


def data_of(layout: Layout, given: Dataset | None) -> Dataset:
    """The data set that is given, or the layout's; it has to fit the layers."""
    data = given if given is not None else load_dataset(layout.run.dataset)
    data.check_fits(layout.network.layers)
    return data


def seeds_of(given: int | Sequence[int]) -> Sequence[int]:
    """Seeds 0, 1, ... of a number of them, or those that are listed."""
    if isinstance(given, int):
        return range(checks.integer("--seeds", given, least=1, most=1000))
    if not given or len(set(given)) < len(given):
        raise LayoutError(f"seeds: expected different ones, got {list(given)}; correct the list")
    return [checks.integer("seeds", seed, least=0, most=2**63 - 1) for seed in given]


def workers_of(given: int | str) -> int | str:
    """A number of worker processes, or where the scheduler of a cluster is."""
    if isinstance(given, str):
        if not given.strip():
            raise LayoutError("--scheduler: expected an address such as tcp://host:8786, or a file, got nothing")
        return given.strip()
    return checks.integer("--workers", given, least=1, most=1024)


@contextlib.contextmanager
def folder_of(given: str | Path | None) -> Iterator[Path]:
    """The folder that keeps a record of every run; without one, one that is gone afterwards."""
    if given is not None:
        path = Path(given)
        if is_there(path) and not is_folder(path):
            raise OutputError(f"{path}: expected a folder, got a file; choose another")
        yield path
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def stopped() -> Stopped:
    """What is raised where `stop` ended a study."""
    return Stopped("study: stopped before all runs were done; with the same folder it goes on where it was")
