"""Mini-batches: several samples are read with the same weights, then the array is pulsed once for all of them.

Lim et al. (2019), Fig. 10, do not say how pulses follow from a batch. What hardware can do depends on what it can
remember while the batch is read; four ways, from the least memory to the most. With one sample they are the online
rule.

============  =================================  =====================================================================
rule          remembered during a batch          pulses after the batch
============  =================================  =====================================================================
lines         a charge per column, a bit per     one event: columns whose summed error is outside the dead zone, and
              row                                all rows that fired at least once
deferred      the firing lines of every sample   one event per sample, in turn
signs         the same, or an up/down counter    one pulse per pair whose signs, +1 or -1 wherever a firing row met a
              per pair                           firing column, do not add up to 0
products      an analog sum per pair             one pulse per pair with the sign of the sum of error times input, over
                                                 the samples in which both fired
============  =================================  =====================================================================

A rule that goes several ways with a sample in an iteration (`rules.table.passes`) does so with all samples of the batch
together, and pulses after each.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..base.buffers import Geometry
from ..base.mapped import Mapped
from ..base.stage import stage
from . import deferred, kept, kept_maps, online, products, signs, summed, trains, whole, written
from .kept import Kept, make_all_kept, make_one_kept
from .kept_maps import KeptMaps, make_kept_maps

BATCHES: dict[type, ModuleType] = {
    online.Online: online,
    summed.Summed: summed,
    deferred.Deferred: deferred,
    signs.Signs: signs,
    products.Products: products,
    whole.Whole: whole,
    trains.InTrains: trains,
    written.Written: written,
}


KEPT = {Kept: kept, KeptMaps: kept_maps}


@stage(KEPT)
def part_of(kept, layer):
    """What is kept of one layer, as a `kept.Kept`."""
    return kept


@stage(BATCHES)
def layer_kept(batch, kept, layer):
    """What is remembered of one layer."""
    return part_of(kept, layer)


@stage(BATCHES)
def several(batch, positions):
    """The same batch for an array that is read at so many positions of each sample."""
    return batch


def new_kept(batch: Any, geometry: Geometry) -> Any:
    """Room for what is remembered of a batch; where nothing is, 0."""
    if not hasattr(BATCHES[type(batch)], "keep"):
        return 0
    return make_kept_maps(geometry, batch.size) if isinstance(geometry, Mapped) else make_all_kept(geometry, batch.size)


def new_replayed(batch: Any, width: int, most: int) -> Any:
    """Room for a layer's events of an iteration, at most so many."""
    return make_one_kept(width, most) if hasattr(BATCHES[type(batch)], "keep") else 0


@stage(BATCHES)
def keep(batch, rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember of a layer what pulses will need of sample `b` of the batch.

    Parameters
    ----------
    now, number : int
        Updates done, and the number of the sample's way after them.
    kept : Kept of the layer, updated
    lists : Lists, scratch
    """


@stage(BATCHES)
def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer after all samples of the batch were read; returns the pulses and resets issued.

    Parameters
    ----------
    now : int
        Updates, this one included.
    numbers : (layers,) int64, updated
        Of the next event of each layer in this iteration.
    place : int
        Number of the batch's first sample in the block.
    events : Events, updated
    """
    return 0, 0


@stage(BATCHES)
def replay_events(batch, rule, array, lines, geometry, layer, at, rows, raised, lowered, first, last, kept, lists):
    """Apply the recorded events ``first .. last - 1``, all those of iteration `at`, to a layer; returns the pulses and
    resets issued.

    Parameters
    ----------
    rows, raised, lowered : (events, bytes) uint8
        Firing rows, columns that raise W, columns that lower it, in packed bits.
    kept : Kept of one layer, scratch
        With room for ``last - first`` samples.
    """
    return 0, 0
