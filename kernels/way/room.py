"""Working memory of a sample's way through the network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import view
from ..base.buffers import Geometry, widest


class Room(NamedTuple):
    """Of all samples of a batch, each (batch, layers, width) unless said; or of one of them (see `room_of`)."""

    lines: np.ndarray  # int32: driven rows
    volts: np.ndarray  # float32, V
    n_lines: np.ndarray  # (batch, layers) int64
    currents: np.ndarray  # float32, A
    delta: np.ndarray  # float32
    gated: np.ndarray  # (width,) int32
    back_volts: np.ndarray  # (width,) float32, V
    back_currents: np.ndarray  # (width,) float32, A


def make_hardware_room(geometry: Geometry, batch: int, copies: int = 1) -> Room:
    """A `Room` for networks of this geometry, with places for so many arrays of a layer."""
    n, width = copies * len(geometry.rows), widest(geometry)
    return Room(
        np.empty((batch, n, width), np.int32),
        np.empty((batch, n, width), np.float32),
        np.empty((batch, n), np.int64),
        np.empty((batch, n, width), np.float32),
        np.empty((batch, n, width), np.float32),
        np.empty(width, np.int32),
        np.empty(width, np.float32),
        np.empty(width, np.float32),
    )


@view
def hardware_room_of(room, b):
    """Views of sample `b` of a batch."""
    return Room(
        room.lines[b],
        room.volts[b],
        room.n_lines[b],
        room.currents[b],
        room.delta[b],
        room.gated,
        room.back_volts,
        room.back_currents,
    )
