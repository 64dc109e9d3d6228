"""Requests are added up pair by pair, and a pair is pulsed when they are worth it; each column that is pulsed is an
event.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.buffers import record
from ..rules.table import gather
from .event import event
from .netted import separate
from .products import replay_events
from .whole import keep

__all__ = ["Gathered", "keep", "release", "replay_events"]


class Gathered(NamedTuple):
    """Samples per update."""

    size: int


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Take the samples in turn; see `table.release`."""
    pulses, resets = 0, 0
    some, no = np.int64(1), np.int64(0)
    for s in range(batch.size):
        before = events.count[layer]
        driven, volts, n = kept.rows[s], kept.volts[s], kept.n_rows[s]
        for j in range(geometry.cols[layer]):
            n_up, n_down = gather(
                rule,
                geometry,
                layer,
                j,
                place + s,
                batch.size,
                driven,
                volts,
                n,
                kept.error[s],
                lists.firing,
                kept.other,
            )
            lists.up[0] = j
            up, down = lists.up, lists.down
            number = numbers[layer]
            if n_up:
                a, b = event(rule, array, lines, geometry, layer, now, number, lists.firing, n_up, up, some, down, no)
                record(events, layer, now, lists.firing, n_up, up, some, down, no)
                pulses, resets = pulses + a, resets + b
            if n_down:
                a, b = event(rule, array, lines, geometry, layer, now, number, kept.other, n_down, down, no, up, some)
                record(events, layer, now, kept.other, n_down, down, no, up, some)
                pulses, resets = pulses + a, resets + b
        if batch.size > 1 and events.count[layer] > before:
            separate(layer, now, lists, events)
            numbers[layer] += 1
    return pulses, resets
