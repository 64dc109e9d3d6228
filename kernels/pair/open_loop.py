"""Devices that are pulsed, reset and climbed one by one, open loop: nobody looks between the pulses. And pairs of which
both sides are rewritten in this way, so that one of them is at Gmin.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..device.law import depress, potentiate
from ..device.press import FALL, RESET, RISE, pressed
from .update import find_step
from .weight import weigh_pair

_0 = np.uint64(0)


@jit
def pulse_device(g, up, i, j, side, number, key, count, d, scatter):
    """Conductance (float32, S) after one pulse on the device at row `i`, column `j`.

    Parameters
    ----------
    g : float32, S
    up : bool
    side : int
        0: G+, 1: G-.
    number : int
        Which pulse of this event on this device.
    key : uint64
        32 bits, of the column's event.
    d : Device
    count : int
        Pulses and resets that the device had before.
    scatter : Scatter or None
    """
    if scatter is None:
        return potentiate(g, d) if up else depress(g, d)
    return pressed(g, RISE if up else FALL, i, j, side, number, key, count, d, scatter)


@jit
def reset_device(g, i, j, side, count, d, scatter):
    """Conductance after a reset: Gmin, unless the device is stuck or worn."""
    if scatter is None:
        return np.float32(d.g_min)
    return pressed(g, RESET, i, j, side, 0, _0, count, d, scatter)


@jit
def climb(g, pulses, i, j, side, key, count, d, steps, scatter):
    """Conductance after a reset and so many potentiation pulses, open loop."""
    g = reset_device(g, i, j, side, count, d, scatter)
    if scatter is None:
        return steps[min(pulses, steps.shape[0] - 1)]
    for k in range(pulses):
        g = pulse_device(g, True, i, j, side, k + 1, key, count + 1 + k, d, scatter)
    return g


@jit
def nearest_step(steps, g):
    """Number of the stair that is nearest to `g`; of two that are as near the upper one.

    Parameters
    ----------
    steps : (n_max + 1,) float32, S, ascending
    g : float64, S
    """
    k = find_step(steps, g)
    if k > 0 and g - np.float64(steps[k - 1]) < np.float64(steps[k]) - g:
        k -= 1
    return k


@jit
def rewrite_pair(i, j, a, b, key, pairs, d, steps, scatter):
    """Reset both sides of a pair, and climb one of them to the difference of `a` and `b`, by the nominal staircase.

    Parameters
    ----------
    i, j : int
        Row and column.
    a, b : float
        Where G+ and G- were read, parts of the range.
    key : uint64
        32 bits, of the column's draws; not looked at without scatter.
    pairs : Pairs of a layer, updated
    steps : (n_max + 1,) float32, S
        The nominal staircase.
    scatter : Scatter or None
        Of `pairs`.

    Returns
    -------
    pulses : int
        Of the climb; the resets are two.
    """
    k = nearest_step(steps, np.float64(d.g_min) + (d.g_max - d.g_min) * abs(a - b))
    had_plus = pairs.pulses_plus[j, i] + pairs.resets_plus[j, i]
    had_minus = pairs.pulses_minus[j, i] + pairs.resets_minus[j, i]
    if a >= b:
        pairs.g_plus[j, i] = climb(pairs.g_plus[j, i], k, i, j, 0, key, had_plus, d, steps, scatter)
        pairs.g_minus[j, i] = reset_device(pairs.g_minus[j, i], i, j, 1, had_minus, d, scatter)
        pairs.pulses_plus[j, i] += k
    else:
        pairs.g_minus[j, i] = climb(pairs.g_minus[j, i], k, i, j, 1, key, had_minus, d, steps, scatter)
        pairs.g_plus[j, i] = reset_device(pairs.g_plus[j, i], i, j, 0, had_plus, d, scatter)
        pairs.pulses_minus[j, i] += k
    pairs.resets_plus[j, i] += 1
    pairs.resets_minus[j, i] += 1
    weigh_pair(pairs, i, j)
    return k
