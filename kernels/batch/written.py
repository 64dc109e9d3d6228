"""Samples are added up pair by pair, in turn; after them what that is worth is written, an event at a time
(`rules.table.write`).
"""

from __future__ import annotations

from typing import NamedTuple

from ..base.buffers import record
from ..rules.table import absorb, write
from .event import event
from .online import replay_events
from .whole import keep

__all__ = ["Written", "keep", "release", "replay_events"]


class Written(NamedTuple):
    """Samples per update."""

    size: int


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Add up the samples, and pulse the layer; see `table.release`."""
    for s in range(batch.size):
        rows, volts, n = kept.rows[s], kept.volts[s], kept.n_rows[s]
        absorb(rule, array, geometry, layer, place + s, batch.size, rows, volts, n, kept.error[s])
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
