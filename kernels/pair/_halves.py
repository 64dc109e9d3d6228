"""One side of a column's pairs, of devices that scatter: what arrays of pairs and of single devices have in common."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import inlined, jit, view
from ..device.moves import ALPHA_D, ALPHA_P, BETA_D, BETA_P, WEAR_CLOSING, Side, window_of, worn
from .scatter import column_stream


class Half(NamedTuple):
    """The devices on one side of a column's pairs."""

    g: np.ndarray  # (rows,) float32, S
    x: np.ndarray  # (rows,) float32: they conduct x times as much
    traits: np.ndarray  # (rows, 4) float32
    stuck: np.ndarray  # (rows,) uint8
    life: np.ndarray  # (rows,) float64
    pulses: np.ndarray  # (rows,) int64
    resets: np.ndarray  # (rows,) int64
    c1: int  # of the stream of draws, see `column_stream`
    key: int


@view
def half_plus(pairs, sc, j):
    """G+ of column `j`."""
    c1, key = column_stream(j, 0, sc)
    pulses, resets = pairs.pulses_plus[j], pairs.resets_plus[j]
    g, x, traits = pairs.g_plus[j], pairs.x_plus[j], sc.traits_plus[j]
    return Half(g, x, traits, sc.stuck_plus[j], sc.life_plus[j], pulses, resets, c1, key)


@view
def half_minus(pairs, sc, j):
    """G- of column `j`."""
    c1, key = column_stream(j, 1, sc)
    pulses, resets = pairs.pulses_minus[j], pairs.resets_minus[j]
    g, x, traits = pairs.g_minus[j], pairs.x_minus[j], sc.traits_minus[j]
    return Half(g, x, traits, sc.stuck_minus[j], sc.life_minus[j], pulses, resets, c1, key)


@inlined
def side_at(i, half, sc):
    """The device of row `i` as a pulse finds it."""
    # Only what matters is read: memory is what limits an update.
    ka_p = ka_d = kb_p = kb_d = 1.0
    if sc.spread:
        ka_p, ka_d = np.float64(half.traits[i, ALPHA_P]), np.float64(half.traits[i, ALPHA_D])
        kb_p, kb_d = np.float64(half.traits[i, BETA_P]), np.float64(half.traits[i, BETA_D])
    fixed = sc.faults != 0 and half.stuck[i] != 0
    pull = np.float64(half.x[i]) if sc.windows else 1.0
    return Side(fixed, 0.0, 1.0, pull, ka_p, ka_d, kb_p, kb_d, half.c1, half.key)


@inlined
def aged(s, side, i, half, sc):
    """State and side of a device that may be worn."""
    bottom, top, out = window_of(half.pulses[i] + half.resets[i], half.life[i], sc.failure, sc.closing)
    s = min(max(s, bottom), top)
    if out and not side.fixed:
        s = worn(s, sc.failure)
    fixed = side.fixed or out
    return s, Side(fixed, bottom, top, side.pull, side.ka_p, side.ka_d, side.kb_p, side.kb_d, side.c1, side.key)


@inlined
def put_back(i, g, pulses, resets, half, sc):
    """What an update made of a device, unless it is stuck."""
    if sc.faults == 0 or half.stuck[i] == 0:
        half.g[i] = np.float32(g)
    half.pulses[i] += pulses
    if resets > 0:
        half.resets[i] += resets


@jit
def is_out(pairs, i, j, side):
    """Whether the device of a side at row `i`, column `j` is stuck, or worn out and stuck since."""
    p, scatter = pairs, pairs.scatter
    if scatter.wears and scatter.failure != WEAR_CLOSING:
        if side:
            worn_out = p.pulses_minus[j, i] + p.resets_minus[j, i] >= scatter.life_minus[j, i]
        else:
            worn_out = p.pulses_plus[j, i] + p.resets_plus[j, i] >= scatter.life_plus[j, i]
        if worn_out:
            return True
    return scatter.stuck_minus[j, i] != 0 if side else scatter.stuck_plus[j, i] != 0
