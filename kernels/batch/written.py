"""Samples are added up pair by pair, in turn; after them what that is worth is written, an event at a time
(`rules.table.write`).
"""

from __future__ import annotations

from typing import NamedTuple

from ..base.buffers import record
from ..rules.table import absorb, write
from .event import event
from .kept import samples_of
from .online import replay_events
from .whole import keep

__all__ = ["Written", "keep", "release", "replay_events", "several"]


class Written(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Add up the samples, and pulse the layer; see `table.release`."""
    for s in range(samples_of(batch)):
        rows, volts, n = kept.rows[s], kept.volts[s], kept.n_rows[s]
        at, p = place + s // batch.positions, s % batch.positions
        absorb(rule, array, geometry, layer, at, p, batch.size, rows, volts, n, kept.error[s])
    pulses, resets, step, more = 0, 0, 0, True
    while more:
        n, n_up, n_down, more = write(rule, geometry, layer, now, step, lists)
        step += 1
        if n > 0:
            number, firing, up, down = numbers[layer], lists.firing, lists.up, lists.down
            a, b = event(rule, array, lines, geometry, layer, now, number, firing, n, up, n_up, down, n_down)
            record(events, layer, now, firing, n, up, n_up, down, n_down)
            numbers[layer] += 1
            pulses += a
            resets += b
    return pulses, resets


def several(batch, positions):
    """Of an array that is read at so many positions; see `table.several`."""
    return Written(batch.size, positions)
