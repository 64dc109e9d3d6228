"""One-sided pairs: what raises or lowers W are potentiation pulses alone, so that both sides only rise; now and then
all are read, and where both sides are high the pair is reset and its difference written onto one side.

The condition, and its thresholds, are those of aihwkit's OneSidedUnitCell: the larger side is above an upper, the
smaller one above a lower part of the range. Where it departs: what is read is what the devices conduct, without noise
or resolution; a device is written to the nearest stair of the nominal law, pulse by pulse, and not by pulse trains.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import jit
from ..device.law import ROUNDING
from .counts import pack
from .open_loop import nearest_step, rewrite_pair
from .weight import conducted, weight

_LOW = np.uint64(0xFFFFFFFF)


class Refresh(NamedTuple):
    """When pairs are refreshed, and which."""

    every: int  # samples
    batch: int  # samples of an update
    upper: float  # part of the range: the larger side is above it
    lower: float  # the smaller side is above it
    low: float  # S: Gmin of the nominal device
    span: float  # S: Gmax - Gmin


@jit
def is_due(limits, at):
    """Whether pairs are refreshed after update `at`: a multiple of so many samples is in it."""
    return at * limits.batch // limits.every > (at - 1) * limits.batch // limits.every


@jit
def is_high(a, b, limits):
    """Whether a pair is refreshed whose sides are at `a` and `b`, parts of the range.

    A side at a threshold is not above it, whatever its float32 steps add up to.
    """
    return max(a, b) > limits.upper + ROUNDING and min(a, b) > limits.lower + ROUNDING


@jit
def refresh_key(seed, layer, at, column):
    """32 bits (uint64) of the draws of a column's refresh after update `at`."""
    return noise.random_bits(seed, noise.STREAM_REFRESH + 16 * layer, at, 0, column) & _LOW


@jit
def refresh_floats(pairs, limits, at, rows, cols, d, steps, scatter):
    """Refresh pairs whose conductances are floats; see `table.refresh`.

    Parameters
    ----------
    pairs : Pairs of a layer, updated
    d : Device
    steps : (n_max + 1,) float32, S
        The nominal staircase.
    scatter : Scatter or None
        Of `pairs`.
    """
    pulses, resets = 0, 0
    for j in range(cols[0], cols[1]):
        key = np.uint64(0) if scatter is None else refresh_key(scatter.seed, scatter.layer, at, j)
        for i in range(rows[0], rows[1]):
            a = (np.float64(conducted(pairs, i, j, 0)) - limits.low) / limits.span
            b = (np.float64(conducted(pairs, i, j, 1)) - limits.low) / limits.span
            if is_high(a, b, limits):
                pulses += rewrite_pair(i, j, a, b, key, pairs, d, steps, scatter)
                resets += 2
    return pulses, resets


@jit
def refresh_numbered(w, state, tally, windows, plus, minus, limits, rows, cols):
    """Refresh pairs that are step numbers; see `table.refresh`.

    Parameters
    ----------
    w : (rows, stride) float32, S, updated
    state, tally : (cols, rows) uint16 and uint64, updated
    windows : (x+, x-, y+, y-), each (cols, rows) float32; or None
    plus, minus : (states,) float32, S
        Of `ladder.Tables`.
    """
    n = np.int64(math.sqrt(plus.shape[0]) + 0.5)
    pulses, resets, one, zero = 0, 0, np.float32(1.0), np.float32(0.0)
    for j in range(cols[0], cols[1]):
        for i in range(rows[0], rows[1]):
            x_plus = x_minus = one
            y_plus = y_minus = zero
            if windows is not None:
                x_plus, x_minus, y_plus, y_minus = (
                    windows[0][j, i],
                    windows[1][j, i],
                    windows[2][j, i],
                    windows[3][j, i],
                )
            old = state[j, i]
            a = (np.float64(x_plus * plus[old] + y_plus) - limits.low) / limits.span
            b = (np.float64(x_minus * minus[old] + y_minus) - limits.low) / limits.span
            if not is_high(a, b, limits):
                continue
            # The first n states have G+ at Gmin and G- on its stairs.
            k = nearest_step(minus[:n], limits.low + limits.span * abs(a - b))
            new = k * n if a >= b else k
            state[j, i] = np.uint16(new)
            tally[j, i] += pack(k, 0, 1, 1) if a >= b else pack(0, k, 1, 1)
            w[i, j] = weight(plus[new], minus[new], x_plus, x_minus, y_plus, y_minus)
            pulses += k
            resets += 2
    return pulses, resets
