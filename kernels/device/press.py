"""One pulse, or one reset, of one device that departs from the nominal one in whatever way: what rules call that pulse
devices one by one.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from .moves import ALPHA_D, ALPHA_P, BETA_D, BETA_P, Side, fall, mean_fall, mean_rise, rise, window_of, worn

RESET, RISE, FALL = 0, 1, 2

_16 = np.uint64(16)


@jit
def pressed(g, kind, i, j, side, number, key, count, d, scatter):
    """Conductance, float32, S, after a pulse, or after a reset, of the device at row `i`, column `j`.

    Parameters
    ----------
    g : float32, S
    kind : int
        ``RESET``, or a potentiation (``RISE``) or depression pulse (``FALL``).
    side : int
        0: G+, 1: G-.
    number : int
        Which pulse it is of those with the same `key`: of its draw.
    key : uint64
        32 bits.
    count : int
        Pulses and resets that the device had before.
    d : Device
    scatter : Scatter of the array
    """
    stuck = scatter.stuck_minus if side else scatter.stuck_plus
    if scatter.faults != 0 and stuck[j, i] != 0:
        return g
    span = d.g_max - d.g_min
    s, bottom, top, gone = (np.float64(g) - d.g_min) / span, 0.0, 1.0, False
    if scatter.wears != 0:
        life = scatter.life_minus[j, i] if side else scatter.life_plus[j, i]
        bottom, top, gone = window_of(count, life, scatter.failure, scatter.closing)
        s = min(max(s, bottom), top)
    if gone:
        return np.float32(d.g_min + worn(s, scatter.failure) * span)
    if kind == RESET:
        return np.float32(d.g_min + bottom * span)
    ka, kb, up = 1.0, 1.0, kind == RISE
    if scatter.spread != 0:
        traits = scatter.traits_minus if side else scatter.traits_plus
        ka = np.float64(traits[j, i, ALPHA_P if up else ALPHA_D])
        kb = np.float64(traits[j, i, BETA_P if up else BETA_D])
    own = Side(False, bottom, top, 1.0, ka, ka, kb, kb, np.uint64(side) << _16, key)
    place = (np.uint64(i) << _16) + np.uint64(number)
    if up:
        s = rise(s, mean_rise(s, ka, kb, scatter.law, scatter.up), own, scatter.law, scatter.jump_up, place)
    else:
        s = fall(s, mean_fall(s, ka, kb, scatter.law, scatter.down), own, scatter.law, scatter.jump_down, place)
    return np.float32(d.g_min + s * span)
