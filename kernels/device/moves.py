"""One pulse on a device that departs from the nominal one.

The state of a device stays its nominal conductance g in S. Here it is taken as s = (g - Gmin) / (Gmax - Gmin), 0 to 1,
and steps as parts of that range. A pulse adds a step that is drawn anew (cycle-to-cycle)::

    ds = f(s) (1 + c2c z)    model; with a part c2c_range z' that does not depend on the step, z and z' standard normal
    ds = quantile u          jump table: of the steps that were measured at s, u uniform, linear in both directions
    ds = h(s, up, z)         plug-in: a user's function of s, the direction and z

f being the nominal law with the device's own factors on alpha and beta (device-to-device). The result is clipped to the
device's window. Draws depend on (seed, layer, side, iteration, event, row, column, number of the pulse), so that they
can be replayed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import call_step, inlined
from .law import look_up

LAW_EXPONENTIAL, LAW_SOFT_BOUNDS, LAW_TABLE, LAW_PLUGIN = 0, 1, 2, 3
WEAR_STUCK, WEAR_MIN, WEAR_MAX, WEAR_CLOSING = 0, 1, 2, 3

_MOST = 600.0
"""exp of 709 is the last that float64 holds: more is infinite in machine code, and an error in plain Python."""

ALPHA_P, ALPHA_D, BETA_P, BETA_D = 0, 1, 2, 3
"""Places in a device's traits: factors on the nominal parameters of potentiation (p) and depression (d)."""


class Law(NamedTuple):
    """Numbers that say how a device moves. No arrays: those would be counted in and out of every call."""

    law: int
    alpha_p: float  # first potentiation step, as part of the range
    beta_p: float
    alpha_d: float
    beta_d: float
    step: int  # address of a user's function, or 0
    jumps: int  # 1: steps are drawn from jump tables
    c2c: float  # relative to the step
    c2c_range: float  # relative to the range
    most: int  # pulses of one replay
    snap_p: float  # distance from the top that counts as being there, see `device`
    snap_d: float  # distance from the bottom that counts as being there


class Side(NamedTuple):
    """One device of a pair during an update."""

    fixed: bool  # stuck, or worn out
    bottom: float
    top: float
    pull: float  # what it conducts per state, in any unit
    ka_p: float  # its factors
    ka_d: float
    kb_p: float
    kb_d: float
    c1: np.uint64  # of its draws: see `noise.quick_normal`
    key: np.uint64


@inlined
def mean_rise(s, ka, kb, law, up):
    """Step that a potentiation pulse has on average at `s`, as part of the range.

    Parameters
    ----------
    s, ka, kb : float64
        State; the device's factors on alpha and beta.
    law : Law
    up : (nodes,) float64
        The nominal law.
    """
    if law.law == LAW_PLUGIN:
        return ka * call_step(law.step, s, 1, 0.0)
    if kb == 1.0 or law.law == LAW_TABLE:
        return ka * look_up(up, s)
    if law.law == LAW_EXPONENTIAL:
        return ka * law.alpha_p * math.exp(min(-law.beta_p * kb * s, _MOST))
    return ka * law.alpha_p * (1.0 - (1.0 - math.exp(min(-law.beta_p * kb, _MOST))) * s)


@inlined
def mean_fall(s, ka, kb, law, down):
    """The same for a depression pulse, > 0 if the state falls."""
    if law.law == LAW_PLUGIN:
        return -ka * call_step(law.step, s, 0, 0.0)
    if kb == 1.0 or law.law == LAW_TABLE:
        return ka * look_up(down, s)
    if law.law == LAW_EXPONENTIAL:
        return ka * law.alpha_d * math.exp(min(-law.beta_d * kb * (1.0 - s), _MOST))
    return ka * law.alpha_d * (1.0 - (1.0 - math.exp(min(-law.beta_d * kb, _MOST))) * (1.0 - s))


@inlined
def jump(table, s, u):
    """Quantile `u` of the steps at `s`: bilinear in a (nodes, quantiles) table on equal intervals of [0, 1]."""
    x = min(max(s, 0.0), 1.0) * (table.shape[0] - 1)
    i = min(int(x), table.shape[0] - 2)
    fx = x - i
    if table.shape[1] == 1:
        return table[i, 0] + fx * (table[i + 1, 0] - table[i, 0])
    y = u * (table.shape[1] - 1)
    k = min(int(y), table.shape[1] - 2)
    fy = y - k
    low = table[i, k] + fy * (table[i, k + 1] - table[i, k])
    high = table[i + 1, k] + fy * (table[i + 1, k + 1] - table[i + 1, k])
    return low + fx * (high - low)


@inlined
def noisy(mean, law, z):
    """A step whose mean is `mean`, drawn by the standard normal number `z`."""
    if law.c2c_range > 0.0:
        # Two independent normal deviates add up to one.
        return mean + math.sqrt(law.c2c * law.c2c * mean * mean + law.c2c_range * law.c2c_range) * z
    return mean * (1.0 + law.c2c * z)


@inlined
def step_up(s, mean, ka, law, jump_up, place, c1, key):
    """Step of a potentiation pulse at `s`, drawn; see `rise`."""
    if law.jumps:
        return ka * jump(jump_up, s, noise.quick_uniform(place, c1, key))
    if law.law == LAW_PLUGIN:
        return ka * call_step(law.step, s, 1, noise.quick_normal(place, c1, key))
    if law.c2c == 0.0 and law.c2c_range == 0.0:
        return mean
    return noisy(mean, law, noise.quick_normal(place, c1, key))


@inlined
def rise(s, mean, side, law, jump_up, place):
    """State after a potentiation pulse at `s`.

    Parameters
    ----------
    s, mean : float64
        `mean` is `mean_rise` at `s`.
    side : Side
    law : Law
    jump_up : (nodes, quantiles) float64
    place : uint64
        Row and number of the pulse: of the draw, see `noise.quick_normal`.
    """
    new = s + step_up(s, mean, side.ka_p, law, jump_up, place, side.c1, side.key)
    return side.top if new > side.top - law.snap_p else max(new, side.bottom)


@inlined
def fall(s, mean, side, law, jump_down, place):
    """State after a depression pulse at `s`."""
    if law.jumps:
        step = side.ka_d * jump(jump_down, s, noise.quick_uniform(place, side.c1, side.key))
    elif law.law == LAW_PLUGIN:
        step = -side.ka_d * call_step(law.step, s, 0, noise.quick_normal(place, side.c1, side.key))
    elif law.c2c == 0.0 and law.c2c_range == 0.0:
        step = mean
    else:
        step = noisy(mean, law, noise.quick_normal(place, side.c1, side.key))
    new = s - step
    return side.bottom if new < side.bottom + law.snap_d else min(new, side.top)


@inlined
def window_of(pulses, life, failure, closing):
    """What a device that bears `life` pulses can still do after `pulses` of them: (bottom, top, worn out)."""
    if pulses < life:
        return 0.0, 1.0, False
    if failure == WEAR_CLOSING:
        half = 0.5 * (life / pulses) ** closing if pulses > 0 else 0.0
        return 0.5 - half, 0.5 + half, False
    return 0.0, 1.0, True


@inlined
def worn(s, failure):
    """Where a worn-out device is."""
    if failure == WEAR_MIN:
        return 0.0
    return 1.0 if failure == WEAR_MAX else s
