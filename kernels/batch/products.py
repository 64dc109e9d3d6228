"""Batch rule `products`: one pulse per pair with the sign of the sum of error times input, over the samples in which
both fired.

The log has what was pulsed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import inlined
from ..base.bits import unpack_bits
from ..base.buffers import copy_line
from ..rules.table import passes, pick
from .event import event
from .kept import keep_errors, samples_of
from .netted import pulse_products, separate


class Products(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


@inlined
def keep_by_row(n_rows, layer, b, n, room, kept, lists):
    """Remember the `n` firing rows of sample `b`, and voltages of all rows: 0 where none fires."""
    kept.n_rows[b] = n
    if n == 0:
        return
    copy_line(lists.firing, n, kept.rows[b])
    volts, driven, given = kept.volts[b], room.lines[layer], room.volts[layer]
    for i in range(n_rows):
        volts[i] = np.float32(0.0)
    q = 0
    for k in range(n):
        while driven[q] != lists.firing[k]:
            q += 1
        volts[np.uint64(driven[q])] = given[q]


def keep(batch, rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember the lines of a sample that fire, with voltages row by row; see `table.keep`."""
    n, n_up, n_down = pick(rule, layer, now, number, geometry, room, lists)
    keep_by_row(geometry.rows[layer], layer, b, n, room, kept, lists)
    if n == 0:  # nobody looks at its errors; of most positions there is nothing to keep
        return
    keep_errors(rule, geometry, layer, b, n_up, n_down, room, kept, lists)


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer; see `table.release`."""
    before = events.count[layer]
    pulses, resets = pulse_products(
        rule, array, lines, geometry, layer, now, numbers[layer], samples_of(batch), kept, lists, events
    )
    if events.count[layer] == before:
        return 0, 0
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
