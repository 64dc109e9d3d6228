"""Working memory of binary-stochastic learning."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.buffers import Geometry, widest


class BitsRoom(NamedTuple):
    """Of all images of a batch, with that as the first axis where said; or of one of them (see `room_of`)."""

    lines: np.ndarray  # (batch, layers, width) int32: rows that fire
    volts: (
        np.ndarray
    )  # (batch, layers, width) float32, in units of the read voltage: 1, but in inference by expectation
    n_lines: np.ndarray  # (batch, layers) int64
    currents: np.ndarray  # (batch, layers, width) float32, in units of W: column reads
    up: np.ndarray  # (batch, layers, width) int32: columns whose error raises W
    down: np.ndarray  # (batch, layers, width) int32
    n_up: np.ndarray  # (batch, layers) int64
    n_down: np.ndarray  # (batch, layers) int64
    cumulated: np.ndarray  # (batch, width) float64: see `bits.cumulate_softmax`
    gated: np.ndarray  # (width,) int32
    back_currents: np.ndarray  # (width,) float32, in units of W: row reads
    words: np.ndarray  # (width + 16,) uint32: random bits
    scratch: np.ndarray  # (width,) float32
    driven: np.ndarray  # (width,) float64, V: scratch
    sensed: np.ndarray  # (width,) float64, A: scratch


def make_room(geometry: Geometry, batch: int) -> BitsRoom:
    """A `BitsRoom` for networks of this geometry."""
    n, width = len(geometry.rows), widest(geometry) + 16
    return BitsRoom(
        np.empty((batch, n, width), np.int32),
        np.ones((batch, n, width), np.float32),
        np.zeros((batch, n), np.int64),
        np.empty((batch, n, width), np.float32),
        np.empty((batch, n, width), np.int32),
        np.empty((batch, n, width), np.int32),
        np.zeros((batch, n), np.int64),
        np.zeros((batch, n), np.int64),
        np.empty((batch, width), np.float64),
        np.empty(width, np.int32),
        np.empty(width, np.float32),
        np.empty(width + 16, np.uint32),
        np.zeros(width, np.float32),
        np.zeros(width),
        np.zeros(width),
    )


def room_of(rule, room, b):
    """The part of one image; see `rules.table.room_of`."""
    return BitsRoom(
        room.lines[b],
        room.volts[b],
        room.n_lines[b],
        room.currents[b],
        room.up[b],
        room.down[b],
        room.n_up[b],
        room.n_down[b],
        room.cumulated[b],
        room.gated,
        room.back_currents,
        room.words,
        room.scratch,
        room.driven,
        room.sensed,
    )
