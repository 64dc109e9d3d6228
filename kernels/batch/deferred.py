"""Batch rule `deferred`: the firing lines of every sample are remembered, and pulsed in turn after all were read."""

from __future__ import annotations

from typing import NamedTuple

from ..base.buffers import record
from .event import event
from .kept import keep_fired, samples_of, sort_columns
from .online import replay_events

__all__ = ["Deferred", "keep", "release", "replay_events", "several"]


class Deferred(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


def keep(batch, rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember a sample; see `table.keep`."""
    keep_fired(rule, geometry, layer, b, now, number, room, kept, lists)


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer: one event per sample; see `table.release`."""
    pulses, resets = 0, 0
    for s in range(samples_of(batch)):
        n_up, n_down = sort_columns(kept.error[s], geometry.cols[layer], lists)
        firing, n = kept.rows[s], kept.n_rows[s]
        if n_up + n_down == 0 or n == 0:
            continue
        events.here[0] = s
        record(events, layer, now, firing, n, lists.up, n_up, lists.down, n_down)
        a, b = event(
            rule, array, lines, geometry, layer, now, numbers[layer], firing, n, lists.up, n_up, lists.down, n_down
        )
        numbers[layer] += 1
        pulses += a
        resets += b
    return pulses, resets


def several(batch, positions):
    """Of an array that is read at so many positions; see `table.several`."""
    return Deferred(batch.size, positions)
