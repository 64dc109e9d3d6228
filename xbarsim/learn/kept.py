"""What a state keeps in a file, and what it is asked for: names, units and rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import numpy as np

from ..kernels.base.buffers import Events


class Kept(NamedTuple):
    """Something that keyframes hold of every layer, (rows, cols) float32."""

    name: str
    units: str
    long_name: str
    replayed: bool = True  # whether it follows from the recorded events; else a run goes on from keyframes alone


class Series(NamedTuple):
    """Something that a run file keeps besides the curves: a group with a row per iteration, or per window."""

    name: str
    title: str
    columns: Mapping[str, tuple[str, str]]  # name -> units, long name; the first is plotted
    per_layer: bool  # whether a row has a number for each layer
    per_iteration: bool
    costs: bool = False  # whether sums over a run are its costs


class Vector(NamedTuple):
    """Something that a run file keeps of every line of a layer, or of every number that drives it: (samples, numbers)
    float32.
    """

    name: str
    units: str
    long_name: str
    numbers: tuple[int, ...]  # of each layer; 0: it is not kept of that one
    per_update: bool = False  # else per sample


class Rows(NamedTuple):
    """What the last block added to a series."""

    iteration: np.ndarray  # (rows,) int64: updates done
    columns: Mapping[str, np.ndarray]  # (rows,) or (rows, layers) float64


class Count(NamedTuple):
    """What is counted of every device of a layer, (rows, cols) int64."""

    values: np.ndarray
    long_name: str
    rare: bool = True  # whether 32 bits nearly always suffice


class Evaluator(Protocol):
    """Computes the test accuracy of a state, no more often than needed."""

    @property
    def winners(self) -> np.ndarray:
        """(samples,) int64: the class that each test sample was last taken for."""

    def note(self, events: Events) -> None:
        """Take note of a block's pulses."""

    def refresh(self) -> None:
        """The weights were changed by other means than pulses."""

    def accuracy(self) -> float:
        """Fraction of the test samples that are classified rightly now."""


def as_kept(names: Iterable[tuple[str, str, str]]) -> tuple[Kept, ...]:
    """`Kept` of (name, units, long name)."""
    return tuple(Kept(*each) for each in names)
