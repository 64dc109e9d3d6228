"""What departs from the nominal device: steps that scatter, laws of their own, devices that are stuck or worn out.

What one pulse does is in `device.moves`, how a replay ends in `device.climbs`; a pair is updated in `scattered_pair`,
an array in `scattered_columns`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import jit, view
from ..device.moves import Law
from .lasting import Lasting, layer_lasting

MOST = 65_535
"""No more pulses than this can be told apart in one update."""

_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


class Scatter(NamedTuple):
    """What departs from the nominal device, of all layers, or of one (see `layer_scatter`)."""

    seed: np.uint64
    layer: int
    clock: np.ndarray  # (2,) int64, updated: iteration, and number of the event among those of this layer in it
    law: Law
    up: np.ndarray  # (nodes,) float64: mean potentiation step over s
    down: np.ndarray  # (nodes,) float64: mean depression step over s
    jump_up: np.ndarray  # (nodes, quantiles) float64; empty without a jump table
    jump_down: np.ndarray  # (nodes, quantiles) float64
    stops: np.ndarray  # (nodes,) float64: `stop_of` over the state where the replayed device stood
    replays: np.ndarray  # (levels + 1, quantiles, 2) float32: how far above its level a climb ends; its pulses
    windows: int  # 1: devices conduct x g + y, with y their own or noise of writing
    faults: int  # 1: some devices are stuck
    spread: int  # 1: devices have factors on alpha and beta
    wears: int  # 1: devices wear out
    failure: int  # WEAR_...
    closing: float  # power with which a window closes
    traits_plus: np.ndarray  # (cols, rows, 4) float32
    traits_minus: np.ndarray  # (cols, rows, 4) float32
    stuck_plus: np.ndarray  # (cols, rows) uint8
    stuck_minus: np.ndarray  # (cols, rows) uint8
    life_plus: np.ndarray  # (cols, rows) float64: pulses and resets that a device bears
    life_minus: np.ndarray  # (cols, rows) float64
    left: np.ndarray  # (rows of the largest array,) int32: scratch
    issued: np.ndarray  # (4,) int64: scratch, pulses and resets of the pair that was looked at last
    one: np.ndarray  # (3, 1) int32: scratch, a row, a column, and none
    lasting: Lasting | None = None  # noise of writing that stays


def bytes_of(shape_t: tuple[int, ...], lasting: bool = False) -> int:
    """Memory that the arrays of a `Scatter` take for so many pairs, with noise of writing or without."""
    return 2 * (4 * 4 + 1 + 8 + 8 * lasting) * math.prod(shape_t)


@view
def layer_scatter(scatter, layer, a, b, shape):
    """Views of one layer, which has the places `a` to `b` of the flat buffers; None of None."""
    if scatter is None:
        return None
    s = scatter
    wide = (shape[0], shape[1], 4)
    return Scatter(
        s.seed,
        layer,
        s.clock,
        s.law,
        s.up,
        s.down,
        s.jump_up,
        s.jump_down,
        s.stops,
        s.replays,
        s.windows,
        s.faults,
        s.spread,
        s.wears,
        s.failure,
        s.closing,
        s.traits_plus[4 * a : 4 * b].reshape(wide),
        s.traits_minus[4 * a : 4 * b].reshape(wide),
        s.stuck_plus[a:b].reshape(shape),
        s.stuck_minus[a:b].reshape(shape),
        s.life_plus[a:b].reshape(shape),
        s.life_minus[a:b].reshape(shape),
        s.left,
        s.issued,
        s.one,
        layer_lasting(s.lasting, a, b, shape),
    )


@jit
def set_clock(scatter, iteration, number):
    """Say which event comes next; nothing without scatter."""
    if scatter is not None:
        scatter.clock[0] = iteration
        scatter.clock[1] = number


@jit
def column_stream(column, side, sc):
    """(c1, key) of the draws of one column's devices in the present event."""
    stream = noise.STREAM_PULSE + 16 * (2 * sc.layer + side) + (sc.clock[1] << 12)
    bits = noise.random_bits(sc.seed, stream, sc.clock[0], 0, column)
    return bits >> _32, bits & _LOW
