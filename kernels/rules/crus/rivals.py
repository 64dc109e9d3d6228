"""The schemes that CRUS is compared with, on the same events and under the same sensing.

=========  ========================================================================================================
scheme     what a crossing does, given the levels last sensed
=========  ========================================================================================================
lim a..c   the pair methods of Lim et al. (2019): "full" is a sensed level, resets and replays are open loop to
           sensed levels
refresh    a forward pulse; at a sensing, pairs with both sides high are reset and their sensed difference is
           written on one side, after the condition of aihwkit's OneSidedUnitCell
threshold  requests add up per pair in floating point; beyond a threshold a forward pulse, and it is subtracted (after
           Chang et al., arXiv 1712.05895); it needs a float per pair, and no sensing
=========  ========================================================================================================
"""

from __future__ import annotations

import numpy as np

from ...base._jit import jit
from ...device.law import step_up
from ...pair.open_loop import climb, pulse_device, reset_device, rewrite_pair
from ...pair.update import find_step
from ...pair.weight import weigh_pair
from .pairs import LIM_B, LIM_C, REFRESH
from .rule import USE_EVENT, USE_REFRESH, column_hash, event_keys


@jit
def _update_sensed(i, j, raising, column, pairs, codes, scheme, d, scatter):
    """One request on one pair by the methods of Lim et al. that know sensed levels only, or a forward pulse; (pulses,
    resets).
    """
    levels, top = scheme.top + 1, scheme.top
    side = 0 if raising else 1
    g_this, g_other = (pairs.g_plus, pairs.g_minus) if raising else (pairs.g_minus, pairs.g_plus)
    n_this, n_other = (pairs.pulses_plus, pairs.pulses_minus) if raising else (pairs.pulses_minus, pairs.pulses_plus)
    r_this, r_other = (pairs.resets_plus, pairs.resets_minus) if raising else (pairs.resets_minus, pairs.resets_plus)
    code = np.int64(codes[j, i])
    this, other = code // levels, code % levels
    if not raising:
        this, other = other, this
    pa, pb, ra, rb = 0, 0, 0, 0
    had_this, had_other = n_this[j, i] + r_this[j, i], n_other[j, i] + r_other[j, i]
    if scheme.mode == REFRESH or this < scheme.full * top:
        g_this[j, i] = pulse_device(g_this[j, i], True, i, j, side, 0, column, had_this, d, scatter)
        pa = 1
    elif scheme.mode == LIM_C:
        g_other[j, i] = pulse_device(g_other[j, i], False, i, j, 1 - side, 0, column, had_other, d, scatter)
        pb = 1
    elif scheme.mode == LIM_B:
        level = np.float64(d.g_min) + (d.g_max - d.g_min) * (other / top)
        pb, rb = max(find_step(scheme.steps, level) - 1, 0), 1
        g_other[j, i] = climb(g_other[j, i], pb, i, j, 1 - side, column, had_other, d, scheme.steps, scatter)
    else:
        at = np.float64(d.g_min) + (d.g_max - d.g_min) * (this / top)
        target = np.float64(d.g_min) + (d.g_max - d.g_min) * ((this - other) / top) + step_up(np.float32(at), d)
        pa, ra, rb = find_step(scheme.steps, target), 1, 1
        g_this[j, i] = climb(g_this[j, i], pa, i, j, side, column, had_this, d, scheme.steps, scatter)
        g_other[j, i] = reset_device(g_other[j, i], i, j, 1 - side, had_other, d, scatter)
    if scheme.mode != REFRESH and this == top and other == top:
        g_this[j, i] = reset_device(g_this[j, i], i, j, side, had_this + pa + ra, d, scatter)
        g_other[j, i] = reset_device(g_other[j, i], i, j, 1 - side, had_other + pb + rb, d, scatter)
        ra, rb = ra + 1, rb + 1
    n_this[j, i] += pa
    n_other[j, i] += pb
    r_this[j, i] += ra
    r_other[j, i] += rb
    weigh_pair(pairs, i, j)
    return pa + pb, ra + rb


@jit
def update_lim(layer, iteration, number, firing, n, up, n_up, down, n_down, pairs, codes, scheme, d, scatter):
    """One event by the methods a, b, c of Lim et al. (2019) that know sensed levels only; refresh: forward pulses
    alone.

    Returns the pulses and resets issued; arguments as `update_crus`. Replays are open loop to the sensed levels: method
    b climbs to one step below the other side's, method a to the sensed difference plus one step.
    """
    _, _, key = event_keys(scheme.seed, layer, USE_EVENT, iteration, number)
    pulses, resets = 0, 0
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        column = column_hash(key, j)
        for q in range(n):
            a, b = _update_sensed(firing[q], j, raising, column, pairs, codes, scheme, d, scatter)
            pulses += a
            resets += b
    return pulses, resets


@jit
def refresh_pairs(layer, now, rows, cols, pairs, codes, scheme, d, scatter):
    """One-sided refresh after a sensing: a pair with both sides high is reset, and the sensed difference written on one
    side, open loop.

    Arguments as `sense_pairs`; returns the pulses and resets issued.
    """
    levels, top = scheme.top + 1, scheme.top
    pulses, resets = 0, 0
    _, _, key = event_keys(scheme.seed, layer, USE_REFRESH, now, 0)
    for j in range(cols[0], cols[1]):
        for i in range(rows[0], rows[1]):
            code = np.int64(codes[j, i])
            a, b = (code // levels) / top, (code % levels) / top
            if max(a, b) <= scheme.full or min(a, b) <= scheme.lower:
                continue
            k = rewrite_pair(i, j, a, b, column_hash(key, j), pairs, d, scheme.steps, scatter)
            pulses += k
            resets += 2
    return pulses, resets


@jit
def expect_sensed(i, j, raising, codes, scheme, d):
    """What an event of `update_lim` does at a crossing: (side whose gate is pulsed, whether that is a replay, pulses,
    resets).
    """
    levels, top = scheme.top + 1, scheme.top
    side, code = 0 if raising else 1, np.int64(codes[j, i])
    this, other = code // levels, code % levels
    if not raising:
        this, other = other, this
    pulses, resets, replays, span = 1, 0, False, d.g_max - d.g_min
    if not (scheme.mode == REFRESH or this < scheme.full * top or scheme.mode == LIM_C):
        replays = True
        if scheme.mode == LIM_B:
            level = np.float64(d.g_min) + span * (other / top)
            pulses, resets = max(find_step(scheme.steps, level) - 1, 0), 1
        else:
            at = np.float64(d.g_min) + span * (this / top)
            target = np.float64(d.g_min) + span * ((this - other) / top) + step_up(np.float32(at), d)
            pulses, resets = find_step(scheme.steps, target), 2
    if scheme.mode != REFRESH and this == top and other == top:
        resets += 2
    return side, replays, pulses, resets
