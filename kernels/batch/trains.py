"""Pulse trains: each sample's lines draw their trains, and every slot is an event; samples of a batch in turn.

After them comes what moves between the arrays of a layer, if it has several (`rules.arrays.transfer`): events of
another group, recorded behind an event without lines.
"""

from __future__ import annotations

from typing import NamedTuple

from ..base.bits import unpack_bits
from ..base.buffers import GROUP, record
from ..rules.table import cast, parts, slot
from .event import event
from .kept import samples_of
from .whole import keep

__all__ = ["InTrains", "keep", "release", "replay_events", "several"]


class InTrains(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer: an event for each slot of each sample; see `table.release`."""
    pulses, resets = 0, 0
    firing, up, down = lists.firing, lists.up, lists.down
    for s in range(samples_of(batch)):
        rows, volts, n, error = kept.rows[s], kept.volts[s], kept.n_rows[s], kept.error[s]
        for k in range(cast(rule, geometry, layer, now - 1, s, rows, volts, n, error)):
            for part in range(parts(rule)):
                m, n_up, n_down = slot(rule, geometry, layer, k, part, rows, n, error, lists)
                if m == 0 or n_up + n_down == 0:
                    continue
                number = numbers[layer]
                a, b = event(rule, array, lines, geometry, layer, now, number, firing, m, up, n_up, down, n_down)
                events.here[0] = s
                record(events, layer, now, firing, m, up, n_up, down, n_down)
                numbers[layer] += 1
                pulses += a
                resets += b
    return pulses, resets


def replay_events(batch, rule, array, lines, geometry, layer, at, rows, raised, lowered, first, last, kept, lists):
    """Events of an iteration, in turn; see `table.replay_events`."""
    pulses, resets, group = 0, 0, 0
    for e in range(first, last):
        n = unpack_bits(rows[e], lists.firing)
        if n == 0:
            group += GROUP
            continue
        n_up, n_down = unpack_bits(raised[e], lists.up), unpack_bits(lowered[e], lists.down)
        number = e - first + group
        a, b = event(
            rule, array, lines, geometry, layer, at, number, lists.firing, n, lists.up, n_up, lists.down, n_down
        )
        pulses += a
        resets += b
    return pulses, resets


def several(batch, positions):
    """Of an array that is read at so many positions; see `table.several`."""
    return InTrains(batch.size, positions)
