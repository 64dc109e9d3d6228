"""Batch rule `lines`: one event; columns whose summed error is outside the dead zone, and all rows that fired at least
once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..base.buffers import record
from ..rules.table import pick_sum
from .event import event
from .kept import keep_all, samples_of
from .online import replay_events

__all__ = ["Summed", "keep", "release", "replay_events", "several"]


class Summed(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


@jit
def unite_rows(batch, kept, n_rows, lists):
    """Rows that fired in at least one sample, ascending, in ``lists.firing``; returns their number."""
    total = kept.total
    for s in range(batch):
        for q in range(kept.n_rows[s]):
            total[np.uint64(kept.rows[s, q])] = np.float32(1.0)
    n = 0
    for i in range(n_rows):
        if total[i] > 0.0:
            lists.firing[n] = i
            n += 1
        total[i] = np.float32(0.0)
    return n


@jit
def sum_errors(batch, kept, n_cols):
    """Error of every column, summed over the batch, in ``kept.total``."""
    for j in range(n_cols):
        kept.total[j] = np.float32(0.0)
        for s in range(batch):
            kept.total[j] += kept.error[s, j]


def keep(batch, rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember a sample; see `table.keep`."""
    keep_all(rule, geometry, layer, b, now, number, room, kept, lists)


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer: one event; see `table.release`."""
    sum_errors(samples_of(batch), kept, geometry.cols[layer])
    n_up, n_down = pick_sum(rule, layer, now - 1, geometry, kept.total, lists)
    kept.total[:] = np.float32(0.0)
    if n_up + n_down == 0:
        return 0, 0
    n = unite_rows(samples_of(batch), kept, geometry.rows[layer], lists)
    if n == 0:
        return 0, 0
    record(events, layer, now, lists.firing, n, lists.up, n_up, lists.down, n_down)
    pulses, resets = event(
        rule, array, lines, geometry, layer, now, numbers[layer], lists.firing, n, lists.up, n_up, lists.down, n_down
    )
    numbers[layer] += 1
    return pulses, resets


def several(batch, positions):
    """Of an array that is read at so many positions; see `table.several`."""
    return Summed(batch.size, positions)
