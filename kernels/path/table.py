"""Stages of a sample's way, by the type of the geometry.

Numbers of reads and draws are those of the sample's way, plus so many *ways* (samples times passes) for every position
that comes before: so what a rule tells from the number of a way it can tell at every position.
"""

from __future__ import annotations

from typing import Any

from ..base.buffers import Geometry
from ..base.mapped import Mapped
from ..base.stage import stage
from . import dense, mapped
from .memory import make_memory

PATHS = {Geometry: dense, Mapped: mapped}


def new_memory(geometry: Any, batch: int, *, lines: bool = True) -> Any:
    """What is kept of every position of so many samples; 0 where each array is read once."""
    return make_memory(geometry, batch, lines=lines) if isinstance(geometry, Mapped) else 0


@stage(PATHS)
def up(geometry, rule, array, circuit, lines, k, now, number, ways, b, samples, room, memory):
    """Drive the rows of sample `k` and read all layers forward.

    Parameters
    ----------
    now, number : int
        Updates done, and the number of the way after them.
    ways : int
        Ways of all samples of this update, or of all test samples.
    b : int
        Number of the sample in the batch.
    """


@stage(PATHS)
def down(geometry, rule, array, circuit, lines, label, now, number, ways, b, room, memory):
    """The output's error, and those of all layers below; returns (loss, misclassified)."""
    return 0.0, False


@stage(PATHS)
def remember(geometry, batch, rule, b, now, number, ways, room, memory, kept, lists):
    """Take note of a sample's way, for the record, and remember what pulses will need of it."""


@stage(PATHS)
def let_go(geometry, batch, rule, own, lines, layer, at, numbers, place, room, mine, lists, events):
    """`batch.table.release` of a layer."""
    return 0, 0
