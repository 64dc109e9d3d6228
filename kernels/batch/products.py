"""Batch rule `products`: one pulse per pair with the sign of the sum of error times input, over the samples in which
both fired.

The log has what was pulsed.
"""

from __future__ import annotations

from typing import NamedTuple

from ..base.bits import unpack_bits
from ..rules.table import passes
from .event import event
from .kept import keep_fired, samples_of
from .netted import pulse_netted, record_netted, separate


class Products(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


def keep(batch, rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember a sample; see `table.keep`."""
    keep_fired(rule, geometry, layer, b, now, number, room, kept, lists)


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer; see `table.release`."""
    before = events.count[layer]
    record_netted(layer, now, samples_of(batch), kept, geometry.rows[layer], geometry.cols[layer], lists, events)
    if events.count[layer] == before:
        return 0, 0
    pulses, resets = pulse_netted(
        rule, array, lines, geometry, layer, now, numbers[layer], samples_of(batch), True, kept, lists
    )
    numbers[layer] += 1
    if passes(rule) > 1:
        separate(layer, now, lists, events)
    return pulses, resets


def replay_events(batch, rule, array, lines, geometry, layer, at, rows, raised, lowered, first, last, kept, lists):
    """Events of an iteration, all of one group with the same number; see `table.replay_events`."""
    pulses, resets, number = 0, 0, 0
    for e in range(first, last):
        n = unpack_bits(rows[e], lists.firing)
        if n == 0:
            number += 1
            continue
        n_up, n_down = unpack_bits(raised[e], lists.up), unpack_bits(lowered[e], lists.down)
        a, b = event(
            rule, array, lines, geometry, layer, at, number, lists.firing, n, lists.up, n_up, lists.down, n_down
        )
        pulses += a
        resets += b
    return pulses, resets


def several(batch, positions):
    """Of an array that is read at so many positions; see `table.several`."""
    return Products(batch.size, positions)
