"""One sample per update: pulses follow at once."""

from __future__ import annotations

from typing import NamedTuple

from ..base.bits import unpack_bits
from ..base.buffers import record
from ..rules.table import pick
from .event import event


class Online(NamedTuple):
    """Samples per update."""

    size: int  # 1
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


def layer_kept(batch, kept, layer):
    """Nothing is remembered; see `table.layer_kept`."""
    return 0


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer; see `table.release`."""
    n, n_up, n_down = pick(rule, layer, now - 1, numbers[layer], geometry, room, lists)
    if n == 0:
        return 0, 0
    pulses, resets = event(
        rule, array, lines, geometry, layer, now, numbers[layer], lists.firing, n, lists.up, n_up, lists.down, n_down
    )
    record(events, layer, now, lists.firing, n, lists.up, n_up, lists.down, n_down)
    numbers[layer] += 1
    return pulses, resets


def replay_events(batch, rule, array, lines, geometry, layer, at, rows, raised, lowered, first, last, kept, lists):
    """Events of an iteration, in turn; see `table.replay_events`."""
    pulses, resets = 0, 0
    for e in range(first, last):
        n = unpack_bits(rows[e], lists.firing)
        n_up, n_down = unpack_bits(raised[e], lists.up), unpack_bits(lowered[e], lists.down)
        a, b = event(
            rule, array, lines, geometry, layer, at, e - first, lists.firing, n, lists.up, n_up, lists.down, n_down
        )
        pulses += a
        resets += b
    return pulses, resets
