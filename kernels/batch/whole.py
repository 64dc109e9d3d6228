"""Samples are remembered whole, with all errors and inputs, and taken in turn: rules without lines that fire."""

from __future__ import annotations

from typing import NamedTuple

from ..base.buffers import copy_line
from ..rules.table import absorb, errors_of
from .kept import samples_of


class Whole(NamedTuple):
    """Samples per update."""

    size: int
    positions: int = 1  # of each sample at which the array is read: each is a sample to it


def keep(batch, rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember a sample; see `table.keep`."""
    n = room.n_lines[layer]
    kept.n_rows[b] = n
    copy_line(room.lines[layer], n, kept.rows[b])
    copy_line(room.volts[layer], n, kept.volts[b])
    errors_of(rule, layer, geometry, room, kept.error[b])


def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """Take the samples in turn; see `table.release`."""
    for s in range(samples_of(batch)):
        driven, volts, n = kept.rows[s], kept.volts[s], kept.n_rows[s]
        at, p = place + s // batch.positions, s % batch.positions
        absorb(rule, array, geometry, layer, at, p, batch.size, driven, volts, n, kept.error[s])
    return 0, 0


def several(batch, positions):
    """Of an array that is read at so many positions; see `table.several`."""
    return Whole(batch.size, positions)
