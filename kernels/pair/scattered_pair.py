"""One update of a pair of devices that scatter.

The pair methods are those of `update`, with what a controller can know: it predicts the next step of a replay by the
device's mean step, and reads where the pair stands after each pulse. Replays end after `Law.most` pulses at the latest.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import inlined
from ..device.climbs import draw_replay, is_there, stop_at, stop_of
from ..device.law import ROUNDING, SNAP
from ..device.moves import fall, mean_fall, mean_rise, rise
from .methods import METHOD_A, METHOD_B, METHOD_ONE_SIDED

SINGLE = -1
"""What an update does below the top, beside the methods."""

_16 = np.uint64(16)


@inlined
def update_one(this, other, a, b, common, method, row, sc):
    """One update of a pair that pushes W towards `this` side: `pair.update` for devices that scatter.

    Parameters
    ----------
    this, other : float64
        States, 0 to 1.
    a, b : Side
        Of this and of the other device.
    common : bool
        Whether both have the common law and window, so that a replay can be drawn at once.
    row : uint64
    sc : Scatter

    Returns
    -------
    tuple
        (this, other, pulses on this, pulses on other, resets of this, resets of other)
    """
    law, up, down = sc.law, sc.up, sc.down
    place, one = row << _16, np.uint64(1)
    pulses_this = pulses_other = resets_this = resets_other = 0
    # float32 states: what is not below the top by more than their resolution is at it.
    full_this, full_other = a.top - ROUNDING / 8, b.top - ROUNDING / 8
    mode = SINGLE if this < full_this or method == METHOD_ONE_SIDED else method
    # All rising is done in one loop: `s` is the state that rises, on side `side`.
    s, side, goal, before, n = this, a, 3.0, 0.0, 0
    if mode == METHOD_A:
        step = mean_rise(this, a.ka_p, a.kb_p, law, up)
        goal = a.pull * (this + step - min(ROUNDING, SNAP * step)) - b.pull * other
        resets_this = resets_other = 1
        other = other if b.fixed else b.bottom
        # From here on: the state at which this side is there.
        goal = min((goal + b.pull * other) / a.pull, full_this) if a.pull > 0.0 else a.bottom
        s = this if a.fixed else a.bottom
    elif mode == METHOD_B:
        before, s, side = other, other if b.fixed else b.bottom, b
        goal = stop_at(sc.stops, before) if common else stop_of(before, b.ka_p, b.kb_p, law, up)
        resets_other = 1
    elif mode != SINGLE:
        pulses_other = 1
        if not b.fixed:
            other = fall(other, mean_fall(other, b.ka_d, b.kb_d, law, down), b, law, sc.jump_down, place)
    if common and not side.fixed and METHOD_A <= mode <= METHOD_B and goal < 1.5:
        s, n = draw_replay(goal, side.c1, side.key, row, sc.replays)
        n = max(n, 0)
    while not side.fixed and mode <= METHOD_B and n < law.most and s < goal:
        mean = mean_rise(s, side.ka_p, side.kb_p, law, up)
        if goal == 2.0 and is_there(s, mean, before, b.ka_p, b.kb_p, law, up):
            break
        s = rise(s, mean, side, law, sc.jump_up, place)
        place += one
        n += 1
        if mode == SINGLE:
            break
    if mode == METHOD_B:
        other, pulses_other = s, n
    elif mode <= METHOD_A:
        this, pulses_this = s, max(n, 1) if mode == SINGLE else n
    if method != METHOD_ONE_SIDED and this >= full_this and other >= full_other:
        this = this if a.fixed else a.bottom
        other = other if b.fixed else b.bottom
        resets_this += 1
        resets_other += 1
    return this, other, pulses_this, pulses_other, resets_this, resets_other
