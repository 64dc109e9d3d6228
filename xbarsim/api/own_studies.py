"""Studies that `reproduce` runs by themselves: what each takes, and where it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..base import checks
from ..base.errors import LayoutError
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..data_sets.load import load_dataset
from . import reproducing_bs as one
from . import reproducing_rules as other
from . import reproducing_target as third


@dataclass(frozen=True)
class OwnStudy:
    """A study of its own.

    Attributes
    ----------
    takes : tuple of str
        Options that it takes besides those of all studies.
    asked : function
        What of its options makes it another study.
    check : function
        Refuses options, and data that do not fit, before anything is run.
    reproduce : function
        Runs it.
    ways : tuple of str
        What would shorten it.
    images : bool
        Whether it looks at a data set.
    """

    takes: tuple[str, ...]
    asked: Callable[[Mapping[str, Any]], dict[str, Any]]
    check: Callable[[Dataset, Mapping[str, Any]], None]
    reproduce: Callable[..., Any]
    ways: tuple[str, ...]
    images: bool


ALONE: dict[str, OwnStudy] = {
    study.NAME: OwnStudy(study.TAKES, study.asked, study.check, study.reproduce_alone, study.WAYS, study.IMAGES)
    for study in (one, other, third)
}
"""By name."""

DEFAULTS: dict[str, Any] = {
    "iterations": None,
    "epochs": 20,
    "deep": False,
    "budget": None,
    "quick": False,
    "rules": (),
    "devices": (),
}
"""Options that studies may take, and what they are where they are not given."""


def own_of(names: Sequence[str]) -> OwnStudy | None:
    """The study of its own that is named, if one is; it has to be alone."""
    found = [name for name in names if name in ALONE]
    if found and len(names) > 1:
        raise LayoutError(
            f"reproduce: expected '{found[0]}' alone, got {' '.join(names)}; run it as a command of its own"
        )
    return ALONE[found[0]] if found else None


def data_for(own: OwnStudy | None, dataset: Dataset | str) -> Dataset:
    """The data set that a study was given; one that ships, which it does not look at, where it takes none."""
    if own is None or own.images:
        return load_dataset(dataset) if isinstance(dataset, str) else dataset
    if not isinstance(dataset, str) or dataset != "auto":
        note("dataset: given, and does nothing here: inputs of this study are drawn; leave it out")
    return load_dataset("digits")


def check_options(own: OwnStudy | None, options: Mapping[str, Any]) -> None:
    """Refuse options that would be ignored, and numbers that are none."""
    takes = ("iterations",) if own is None else own.takes
    for name in ("budget", "quick", "rules", "devices"):
        if options[name] != DEFAULTS[name] and name not in takes:
            whose = next(n for n, study in ALONE.items() if name in study.takes)
            raise LayoutError(f"--{name}: expected it with '{whose}' alone, got it with another study; leave it out")
    if options["iterations"] is not None:
        checks.integer("--iterations", options["iterations"], least=1, most=2**31)
    checks.integer("--epochs", options["epochs"], least=1, most=10_000)
    if options["budget"] is not None:
        checks.integer("--budget", options["budget"], least=1, most=10_000)
