"""Which sample, and which position of a map, pulse events are of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..describe.layout import Layout
from ..kernels.base.buffers import NOWHERE
from .checked import Checked


class Places(NamedTuple):
    """Of pulse events, each (events,) int64; -1 where an event is of several."""

    sample: np.ndarray  # number in the batch
    row: np.ndarray  # of the map that the layer gives
    column: np.ndarray


def places_of(file: Checked, name: str, events: int, part: slice, layout: Layout, k: int) -> Places:
    """Of some of the `events` of layer `k` (0 is the first): from a data set, or where there is none from the layout.

    Where an array is read once in an update there is one place, which need not be kept.
    """
    into, batch = layout.network.arrays[k].into, layout.run.batch
    positions = into.height * into.width
    if not file.has(name):
        n = len(range(*part.indices(events)))
        none, one = np.full(n, -1), np.zeros(n, np.int64)
        return Places(none if batch > 1 else one, *((none, none) if positions > 1 else (one, one)))
    place = file.array(name, "u", (events,), part).astype(np.int64)
    lost = place >= NOWHERE
    if (place[~lost] >= batch * positions).any():
        file.damaged(name, f"places below {batch * positions:,}", f"{place[~lost].max():,}")
    sample, position = np.divmod(place, positions)
    return Places(*(np.where(lost, -1, x) for x in (sample, *np.divmod(position, into.width))))
