"""What is remembered of the samples of a batch until the arrays are pulsed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import inlined, jit, view
from ..base.buffers import Geometry, widest
from ..rules.table import errors_of, pick, pick_rows


class Kept(NamedTuple):
    """Of all layers; or of one (see `one_kept`), without the first axis."""

    n_rows: np.ndarray  # (layers, batch) int64
    rows: np.ndarray  # (layers, batch, width) int32: firing rows, ascending
    volts: np.ndarray  # (layers, batch, width) float32, V: of the firing rows
    error: np.ndarray  # (layers, batch, width) float32: of the columns
    only: np.ndarray  # (width,) int64: scratch
    total: np.ndarray  # (width,) float32: scratch, 0 between uses
    other: np.ndarray  # (width,) int32: scratch


def make_all_kept(geometry: Geometry, batch: int) -> Kept:
    """Room for so many samples."""
    layers, width = len(geometry.rows), widest(geometry)
    return Kept(
        np.empty((layers, batch), np.int64),
        np.empty((layers, batch, width), np.int32),
        np.empty((layers, batch, width), np.float32),
        np.empty((layers, batch, width), np.float32),
        np.empty(width, np.int64),
        np.zeros(width, np.float32),
        np.empty(width, np.int32),
    )


@inlined
def samples_of(batch):
    """Samples that a layer of a batch is read for: every position of an array is one."""
    return batch.size * batch.positions


@view
def one_kept(kept, layer):
    """What is kept of one layer."""
    return Kept(
        kept.n_rows[layer], kept.rows[layer], kept.volts[layer], kept.error[layer], kept.only, kept.total, kept.other
    )


def part_of(kept, layer):
    """What is kept of one layer; see `table.part_of`."""
    return one_kept(kept, layer)


def make_one_kept(width: int, batch: int) -> Kept:
    """Room for so many samples of one layer."""
    return Kept(
        np.empty(batch, np.int64),
        np.empty((batch, width), np.int32),
        np.empty((batch, width), np.float32),
        np.empty((batch, width), np.float32),
        np.empty(width, np.int64),
        np.zeros(width, np.float32),
        np.empty(width, np.int32),
    )


@jit
def keep_rows(rule, layer, b, n, room, kept, lists):
    """Remember the `n` firing rows of sample `b`, and their voltages."""
    kept.n_rows[b] = n
    q = 0
    for k in range(n):
        while room.lines[layer, q] != lists.firing[k]:
            q += 1
        kept.rows[b, k] = lists.firing[k]
        kept.volts[b, k] = room.volts[layer, q]


@inlined
def keep_errors(rule, geometry, layer, b, n_up, n_down, room, kept, lists):
    """Remember the errors of the columns of sample `b` that fire; those of others are 0."""
    errors_of(rule, layer, geometry, room, kept.total)
    error, cols = kept.error[b], geometry.cols[layer]
    for j in range(cols):
        error[j] = np.float32(0.0)
    for k in range(n_up):
        error[np.uint64(lists.up[k])] = kept.total[np.uint64(lists.up[k])]
    for k in range(n_down):
        error[np.uint64(lists.down[k])] = kept.total[np.uint64(lists.down[k])]
    for j in range(cols):
        kept.total[j] = np.float32(0.0)


@jit
def keep_fired(rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember the lines of sample `b` that fire; errors of other columns are 0."""
    n, n_up, n_down = pick(rule, layer, now, number, geometry, room, lists)
    keep_rows(rule, layer, b, n, room, kept, lists)
    keep_errors(rule, geometry, layer, b, n_up, n_down, room, kept, lists)


@jit
def keep_all(rule, geometry, layer, b, now, number, room, kept, lists):
    """Remember the firing rows of sample `b`, and the errors of all columns."""
    n = pick_rows(rule, layer, now, number, geometry, room, lists)
    keep_rows(rule, layer, b, n, room, kept, lists)
    errors_of(rule, layer, geometry, room, kept.error[b])


@jit
def sort_columns(error, cols, lists):
    """Columns with an error below 0, which raise W, and above it, which lower it; returns their numbers."""
    n_up, n_down = 0, 0
    for j in range(cols):
        if error[j] < np.float32(0.0):
            lists.up[n_up] = j
            n_up += 1
        elif error[j] > np.float32(0.0):
            lists.down[n_down] = j
            n_down += 1
    return n_up, n_down
