"""The analog engine for devices that depart from the nominal law; their pulses are in `scattered_columns`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..device.law import Device
from ._halves import is_out
from .methods import METHOD_C
from .pairs import Pairs, layer_pairs
from .refreshing import refresh_floats
from .scatter import set_clock
from .scattered_columns import count_scattered, update_scattered
from .weight import conducted


class Scattered(NamedTuple):
    """Pairs of devices that scatter; of all layers flat, or of one."""

    w: np.ndarray  # (rows, stride) float32, S: `Pairs.w`
    pairs: Pairs  # with `Pairs.scatter`
    method: int
    device: Device
    steps: np.ndarray  # (n_max + 1,) float32, S: the staircase of the nominal device; empty if it has none


def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers."""
    pairs = layer_pairs(array.pairs, geometry, layer)
    return Scattered(pairs.w, pairs, array.method, array.device, array.steps)


def at_clock(array, iteration, number):
    """Say which event comes next: noise of pulses depends on it."""
    set_clock(array.pairs.scatter, iteration, number)


def pulse(array, firing, n, up, n_up, down, n_down):
    """Pulse every pair where a firing row meets a firing column; see `table.pulse`."""
    p = array.pairs
    return update_scattered(firing, n, up, n_up, down, n_down, p, array.method, array.device, p.scatter)


def conduct(array, i, j, side):
    """What a device conducts, float32, S."""
    return conducted(array.pairs, i, j, side)


def foresee(array, i, j, raising):
    """What an update of a pair would issue; see `table.foresee`."""
    p = array.pairs
    pa, pb, ra, rb = count_scattered(i, j, raising, p, array.method, array.device, p.scatter)
    this = p.g_plus[j, i] if raising else p.g_minus[j, i]
    replays = array.method < METHOD_C and this >= np.float32(array.device.g_max)
    return replays, pa + pb, ra + rb


def is_stuck(array, i, j, side):
    """Whether a device does not move, be it pulsed or disturbed."""
    return is_out(array.pairs, i, j, side)


def refresh(array, limits, at, rows, cols):
    """Write pairs with both sides high anew; see `table.refresh`."""
    p = array.pairs
    return refresh_floats(p, limits, at, rows, cols, array.device, array.steps, p.scatter)
