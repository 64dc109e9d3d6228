"""Batch rule `signs`: one pulse per pair whose signs, +1 or -1 wherever a firing row met a firing column, do not add up
to 0.

The log has the firing lines of every sample, from which a replay nets them again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.bits import unpack_bits
from ..base.buffers import record
from ..rules.table import passes
from .kept import keep_fired, samples_of, sort_columns
from .netted import pulse_signs, separate


class Signs(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


def keep(batch, rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember a sample; see `table.keep`."""
    keep_fired(rule, geometry, layer, b, now, number, room, kept, lists)


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Pulse a layer; see `table.release`."""
    before = events.count[layer]
    for s in range(samples_of(batch)):
        n_up, n_down = sort_columns(kept.error[s], geometry.cols[layer], lists)
        if n_up + n_down and kept.n_rows[s]:
            events.here[0] = s
            record(events, layer, now, kept.rows[s], kept.n_rows[s], lists.up, n_up, lists.down, n_down)
    if events.count[layer] == before:
        return 0, 0
    pulses, resets = pulse_signs(
        rule, array, lines, geometry, layer, now, numbers[layer], samples_of(batch), kept, lists
    )
    numbers[layer] += 1
    if passes(rule) > 1:
        separate(layer, now, lists, events)
    return pulses, resets


def replay_events(batch, rule, array, lines, geometry, layer, at, rows, raised, lowered, first, last, kept, lists):
    """Net the events of an iteration again, group by group; see `table.replay_events`."""
    pulses, resets, size, number = 0, 0, 0, 0
    for e in range(first, last):
        n = unpack_bits(rows[e], kept.rows[size])
        kept.n_rows[size] = n
        kept.error[size, :] = np.float32(0.0)
        for q in range(unpack_bits(raised[e], lists.up)):
            kept.error[size, lists.up[q]] = np.float32(-1.0)
        for q in range(unpack_bits(lowered[e], lists.down)):
            kept.error[size, lists.down[q]] = np.float32(1.0)
        if n:
            size += 1
        if e + 1 == last or n == 0:
            a, b = pulse_signs(rule, array, lines, geometry, layer, at, number, size, kept, lists)
            pulses += a
            resets += b
            size = 0
            number += 1
    return pulses, resets


def several(batch, positions):
    """Of an array that is read at so many positions; see `table.several`."""
    return Signs(batch.size, positions)
