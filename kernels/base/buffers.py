"""Flat buffers that hold all layers of a network, views of one layer, and what is kept of a block of iterations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._jit import jit, slice_of
from .bits import pack_bits

GROUP = 1 << 18
"""Numbers of the events of an iteration begin here again in the next group: what moves between the arrays of a
layer."""


NOWHERE = 0xFFFFFFFF
"""Place of an event that belongs to no sample alone; else it is the sample's number in its batch times the positions at
which the layer's array is read, plus the position."""


class Geometry(NamedTuple):
    """Where each layer's array lies in the flat buffers; every field is (layers,) int64."""

    rows: np.ndarray  # the bias row included
    cols: np.ndarray
    stride: np.ndarray
    offset: np.ndarray  # of W
    offset_t: np.ndarray  # of what is kept by columns
    bias: np.ndarray  # 1 if the last row is a bias row


class Samples(NamedTuple):
    """A data set as lists of driven rows."""

    start: np.ndarray  # (samples + 1,) int64
    line: np.ndarray  # (driven,) int32
    volts: np.ndarray  # (driven,) float32, V
    label: np.ndarray  # (samples,) int64


class Events(NamedTuple):
    """Pulse events of one block: per layer, the iterations that pulsed, and their firing lines in packed bits."""

    count: np.ndarray  # type: ignore[assignment]  # (layers,) int64; hides tuple.count, which nobody needs here
    iteration: np.ndarray  # (layers, block) int64
    rows: np.ndarray  # (layers, block, bytes) uint8
    raised: np.ndarray  # (layers, block, bytes) uint8
    lowered: np.ndarray  # (layers, block, bytes) uint8
    place: np.ndarray  # (layers, block) uint32: sample and position, see `NOWHERE`; (layers, 0) if nobody asks
    here: np.ndarray  # (1,) uint32: of the next event


class Curves(NamedTuple):
    """What is kept of every iteration of a block."""

    loss: np.ndarray  # (block,) float32, nat
    wrong: np.ndarray  # (block,) uint16: misclassified samples
    pulses: np.ndarray  # (block,) int64
    resets: np.ndarray  # (block,) int64


class Lists(NamedTuple):
    """Lines of one pulse event."""

    firing: np.ndarray  # (width,) int32: rows
    up: np.ndarray  # (width,) int32: columns that raise W
    down: np.ndarray  # (width,) int32: columns that lower it


def make_lists(width: int) -> Lists:
    """`Lists` for lines of at most this number."""
    return Lists(np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32))


def widest(geometry: Any) -> int:
    """Room that holds the lines of any layer, bias row and padding included, and a sample of a network with maps."""
    lines = int(max(geometry.stride.max(), geometry.rows.max()))
    return max(lines, int(geometry.given[0]) if hasattr(geometry, "given") else 0) + 1


@slice_of
def layer_weights(w, geometry, layer):
    """View of one layer's W, (rows, stride), in the flat buffer of all."""
    a, r, s = geometry.offset[layer], geometry.rows[layer], geometry.stride[layer]
    return w[a : a + r * s].reshape((r, s))


@slice_of
def layer_line(w, geometry, layer):
    """View of one layer of what is kept as W is, (rows * stride,)."""
    a, r, s = geometry.offset[layer], geometry.rows[layer], geometry.stride[layer]
    return w[a : a + r * s]


@slice_of
def layer_columns(flat, geometry, layer):
    """(cols, rows) view of one layer of what is kept by columns."""
    a, r, c = geometry.offset_t[layer], geometry.rows[layer], geometry.cols[layer]
    return flat[a : a + r * c].reshape((c, r))


@jit
def copy_line(source, n, target):
    """Copy the first `n` entries. A loop compiles ten times sooner than an assignment of slices, which can raise
    errors.
    """
    for q in range(n):
        target[q] = source[q]


@jit
def record(events, layer, iteration, firing, n_firing, up, n_up, down, n_down):
    """Append a pulse event to the log of `layer`."""
    e = events.count[layer]
    events.iteration[layer, e] = iteration
    pack_bits(firing, n_firing, events.rows[layer, e])
    pack_bits(up, n_up, events.raised[layer, e])
    pack_bits(down, n_down, events.lowered[layer, e])
    if events.place.shape[1] > 0:
        events.place[layer, e] = events.here[0]
    events.count[layer] = e + 1
