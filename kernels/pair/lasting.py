"""Noise of writing that stays: what a device conducts about the state that its pulses have moved it to, drawn anew by
each event that writes it.

Two numbers belong to such a device. Its state, the nominal g, is what pulses move, and what keyframes hold. What it
conducts, and every read finds, is::

    G = max(x g + y + sigma z, 0)        x, y: its window; sigma in S, whatever the window

with z standard normal. This is `write_noise_std` of the devices of IBM's aihwkit (`PulsedDevice`: weights that are read
are hidden ones plus a noise that is drawn after every update of a device). z is drawn by (seed, layer, side, row,
column, pulses and resets that the device had so far), so nothing is kept of it: whoever knows the counts knows z. The
sum y + sigma z stands where y does in `Pairs`, so that all that reads a device need not know of it.

A stuck device has no such noise; one that wears out and stays where it is keeps that of its last write.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import jit, view
from ..device.moves import WEAR_CLOSING

LASTING = 17
"""Quantity of a side's devices, with a stream of its own, beside those of arrays/drawn.py."""

_LOW, _32, _0 = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(0)


class Lasting(NamedTuple):
    """Noise of writing, of all layers, or of one; None where there is none."""

    sigma: float  # S
    both: int  # 1: of G-, too; 0: G- is a reference
    draw: int  # which time the array is written by other means than training: another one draws anew
    own_plus: np.ndarray  # (cols, rows) float32, S: y of the window, without noise
    own_minus: np.ndarray  # (cols, rows) float32, S
    first_plus: (
        np.ndarray
    )  # (cols, rows) float32, S: y with the noise of the write before the first one that is counted
    first_minus: np.ndarray  # (cols, rows) float32, S


@view
def layer_lasting(lasting, a, b, shape):
    """Views of one layer, which has the places `a` to `b` of the flat buffers; None of None."""
    if lasting is None:
        return None
    return Lasting(
        lasting.sigma,
        lasting.both,
        lasting.draw,
        lasting.own_plus[a:b].reshape(shape),
        lasting.own_minus[a:b].reshape(shape),
        lasting.first_plus[a:b].reshape(shape),
        lasting.first_minus[a:b].reshape(shape),
    )


@jit
def written_offset(lasting, scatter, i, j, side, count):
    """y + sigma z of a device after so many pulses and resets, float32, S.

    Parameters
    ----------
    lasting : Lasting of a layer
    scatter : Scatter of the layer
    i, j, side, count : int64
        Row, column, 0 or 1 for G+ or G-, and pulses and resets, more than 0.
    """
    own = lasting.own_minus[j, i] if side else lasting.own_plus[j, i]
    # The draw is beside the row, of which no array has more than 2**16.
    row = i + (lasting.draw << 16)
    bits = noise.random_bits(scatter.seed, noise.trait_stream(scatter.layer, side, LASTING), count, row, j)
    z = noise.quick_normal(_0, bits >> _32, bits & _LOW)
    return np.float32(np.float64(own) + lasting.sigma * z)


@jit
def _settled(lasting, scatter, i, j, side, count, x, g, y):
    """`settled` of arrays that scatter."""
    # Numba leaves out what follows where there is no such noise.
    if lasting is None:
        return y
    if (side == 1 and lasting.both == 0) or (
        scatter.faults != 0 and (scatter.stuck_minus[j, i] if side else scatter.stuck_plus[j, i]) != 0
    ):
        return lasting.own_minus[j, i] if side else lasting.own_plus[j, i]
    if scatter.wears != 0 and scatter.failure != WEAR_CLOSING:
        life = scatter.life_minus[j, i] if side else scatter.life_plus[j, i]
        if count >= life:
            count = np.int64(math.ceil(life))
    if count == 0:
        offset = lasting.first_minus[j, i] if side else lasting.first_plus[j, i]
    else:
        offset = written_offset(lasting, scatter, i, j, side, count)
    floor = x * g
    return offset if offset > -floor else -floor


@jit
def settled(scatter, i, j, side, count, x, g, y):
    """What stands for y of a device in `Pairs` after so many pulses and resets: with its noise, float32, S.

    Parameters
    ----------
    scatter : Scatter of a layer, or None
    i, j, side, count : int64
        See `written_offset`; `count` may be 0.
    x, g, y : float32
        Of the device: its scale, its state, and its y as it is, which stays where there is no noise.
    """
    if scatter is None:
        return y
    return _settled(scatter.lasting, scatter, i, j, side, count, x, g, y)


@jit
def _settle_pair(lasting, pairs, i, j, plus, minus):
    if lasting is None:
        return
    p, scatter = pairs, pairs.scatter
    if plus:
        count = p.pulses_plus[j, i] + p.resets_plus[j, i]
        p.y_plus[j, i] = _settled(
            lasting, scatter, i, j, np.int64(0), count, p.x_plus[j, i], p.g_plus[j, i], p.y_plus[j, i]
        )
    if minus:
        count = p.pulses_minus[j, i] + p.resets_minus[j, i]
        p.y_minus[j, i] = _settled(
            lasting, scatter, i, j, np.int64(1), count, p.x_minus[j, i], p.g_minus[j, i], p.y_minus[j, i]
        )


@jit
def settle_pair(scatter, pairs, i, j, plus, minus):
    """Bring what a pair conducts up to its counts and states, of G+ and of G- if asked for.

    Parameters
    ----------
    scatter : Scatter or None
        Of `pairs`.
    pairs : Pairs of a layer, `y_plus` and `y_minus` updated
    """
    if scatter is None:
        return
    _settle_pair(scatter.lasting, pairs, np.int64(i), np.int64(j), plus, minus)


@jit
def _settle_columns(lasting, pairs, lines, n_lines, columns, n_columns):
    if lasting is None:
        return
    for u in range(n_columns):
        for q in range(n_lines):
            _settle_pair(lasting, pairs, np.int64(lines[q]), np.int64(columns[u]), True, lasting.both != 0)


@jit
def settle_columns(scatter, pairs, lines, n_lines, columns, n_columns):
    """`settle_pair` wherever one of the first `n_lines` rows meets one of the first `n_columns` columns."""
    if scatter is None:
        return
    _settle_columns(scatter.lasting, pairs, lines, n_lines, columns, n_columns)


@jit
def settle_all(pairs):
    """`settle_pair` of all pairs of a layer with such noise."""
    cols, rows = pairs.g_plus.shape
    for j in range(cols):
        for i in range(rows):
            _settle_pair(pairs.scatter.lasting, pairs, i, j, True, True)


@jit
def draw_first(scatter):
    """Draw what the devices of a layer were written with before the first pulse that is counted: ``first_plus`` and
    ``first_minus`` are updated.
    """
    lasting, none = scatter.lasting, np.int64(0)
    cols, rows = lasting.own_plus.shape
    for j in range(cols):
        for i in range(rows):
            lasting.first_plus[j, i] = written_offset(lasting, scatter, i, j, none, none)
            lasting.first_minus[j, i] = written_offset(lasting, scatter, i, j, none + 1, none)
