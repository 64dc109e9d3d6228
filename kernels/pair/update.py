"""One signed update of a differential pair, W = G+ - G-, by the pair methods a, b and c of Lim et al. (2019), or
one-sided.

Below Gmax an update is one potentiation pulse on the side that moves W the right way. When that side is full:

=======  ==========================================================================================================
method   what happens
=======  ==========================================================================================================
a        both sides are reset, then that side is pulsed until the pair reaches the target, the previous W plus one step
b        the other side is reset, then pulsed while W stays above (below) the previous W: it ends one step below
c        one depression pulse on the other side
=======  ==========================================================================================================

After every update, if both sides are at Gmax, both are reset. One-sided pairs are pulsed on that side whether it is
full or not, and nothing else happens in an update: see `refreshing`. Raising and lowering W are mirror images, so all
functions speak of `this` side (the one whose potentiation moves W the right way) and the `other`.

Readings of the paper made explicit: "one step" in method a is the device's step at Gmax, where the side stands, and
the target counts as reached within what float32 rounding can add up to (`device.ROUNDING`, 1e-5 of the range), so that
rounding cannot cost a pulse. A reset is counted when it is issued, also on a device that is at Gmin already: the pulse
generator does not know.

Device-to-device variation: a device may conduct G = x g + y, with x >= 0, g being the nominal conductance. Its range
and its steps scale alike, so pulses act on the nominal g, which is what an engine keeps; W is the difference of what
both sides conduct. Only method a compares currents of both sides, and so depends on x; "b" compares one device with
itself. What goes further (steps that scatter, stuck devices, ...) is in `scatter`.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..device.law import ROUNDING, depress, potentiate, step_up
from .methods import METHOD_A, METHOD_B, METHOD_C, METHOD_ONE_SIDED


@jit
def weight_of(this, other, x_this, x_other):
    """W of a pair, in S: the difference of what the two devices conduct."""
    return np.float64(x_this) * np.float64(this) - np.float64(x_other) * np.float64(other)


@jit
def replay_target(this, other, x_this, x_other, d):
    """W that method a replays to, in S: the present one plus one step, less what float32 steps can add up to."""
    slack = min(ROUNDING * (d.g_max - d.g_min), d.snap_p)
    return weight_of(this, other, x_this, x_other) + np.float64(x_this) * (step_up(this, d) - slack)


@jit
def update(this, other, x_this, x_other, method, d):
    """One update of a pair that pushes W towards `this` side.

    Parameters
    ----------
    this, other : float32, S
        Nominal conductances of the two sides.
    x_this, x_other : float32
        Scales of the two devices, >= 0.
    method : int
        ``METHOD_A``, ``METHOD_B``, ``METHOD_C`` or ``METHOD_ONE_SIDED``.
    d : Device

    Returns
    -------
    tuple
        (this, other, pulses on this, pulses on other, resets of this, resets of other)
    """
    top, bottom = np.float32(d.g_max), np.float32(d.g_min)
    pulses_this = pulses_other = resets_this = resets_other = 0
    if this < top or method == METHOD_ONE_SIDED:  # a full side is pulsed, too: nobody knows
        this = potentiate(this, d)
        pulses_this = 1
    elif method == METHOD_A:
        target = replay_target(this, other, x_this, x_other, d)
        this, other = bottom, bottom
        resets_this = resets_other = 1
        while weight_of(this, other, x_this, x_other) < target and this < top:
            this = potentiate(this, d)
            pulses_this += 1
    elif method == METHOD_B:
        before = other
        other = bottom
        resets_other = 1
        while True:
            after = potentiate(other, d)
            # "while G+ - (G- + dG) > W": W's other side did not move, so this compares G- alone
            if after >= before:
                break
            other = after
            pulses_other += 1
    else:
        other = depress(other, d)
        pulses_other = 1
    if method != METHOD_ONE_SIDED and this >= top and other >= top:
        this, other = bottom, bottom
        resets_this += 1
        resets_other += 1
    return this, other, pulses_this, pulses_other, resets_this, resets_other


@jit
def find_step(steps, g):
    """Number of the first stair that is not below `g`; the last one if all are.

    Parameters
    ----------
    steps : (n_max + 1,) float32, S, ascending
    g : float32 or float64, S
    """
    low, high = 0, steps.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if steps[middle] < g:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def update_known(this, other, x_this, x_other, method, d, steps):
    """`update`, with replays looked up instead of pulsed one by one: the same result, sooner.

    After a reset a deterministic device climbs its staircase, so where a replay ends is a search in it.

    Parameters
    ----------
    steps : (n_max + 1,) float32, S
        The staircase of the device; empty if it has none, and every pulse is computed.
    """
    top, bottom = np.float32(d.g_max), np.float32(d.g_min)
    if this < top or method >= METHOD_C or steps.shape[0] == 0:
        return update(this, other, x_this, x_other, method, d)
    if method == METHOD_A:
        target = replay_target(this, other, x_this, x_other, d)
        low, high = 0, steps.shape[0] - 1
        while low < high:
            middle = (low + high) // 2
            if weight_of(steps[middle], bottom, x_this, x_other) < target:
                low = middle + 1
            else:
                high = middle
        return steps[low], bottom, low, 0, 1, 1
    k = max(find_step(steps, other) - 1, 0)
    return this, steps[k], 0, k, 0, 1
