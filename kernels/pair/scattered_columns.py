"""Arrays of devices that scatter: the pairs of firing rows in one column after the other.

A stuck device does not move, be it pulsed or reset. A device wears out after its own number of pulses and resets; from
the next update on it is stuck where it is, at Gmin or at Gmax, or its window closes around the middle as (life /
pulses) to a power.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..device.climbs import draw_replay, stop_at
from ..device.law import ROUNDING
from ..device.moves import Side, mean_rise, rise, step_up
from ._halves import aged, half_minus, half_plus, put_back, side_at
from .methods import METHOD_B, METHOD_ONE_SIDED
from .scattered_pair import update_one
from .weight import weigh_columns

_16 = np.uint64(16)


@jit
def _update_common(lines, n_lines, g_min, span, method, a, b, sc):
    """`_update_column` for what is common, and quickly: single pulses and drawn replays of devices that differ in
    nothing.

    Returns the pulses and resets issued, and the number of lines that are left over for `_update_column`, listed in
    ``sc.left``.
    """
    pulses, resets, n_left, one_sided = 0, 0, 0, method == METHOD_ONE_SIDED
    law, left, scale, full = sc.law, sc.left, 1.0 / span, 1.0 - ROUNDING / 8
    side_b = Side(False, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, b.c1, b.key)
    for q in range(n_lines):
        i = np.uint64(lines[q])
        s = (np.float64(a.g[i]) - g_min) * scale
        if s < full or one_sided:
            step = step_up(s, mean_rise(s, 1.0, 1.0, law, sc.up), 1.0, law, sc.jump_up, i << _16, a.c1, a.key)
            s = 1.0 if s + step > 1.0 - law.snap_p else max(s + step, 0.0)
            if not one_sided and s >= full and (np.float64(b.g[i]) - g_min) * scale >= full:
                left[n_left] = lines[q]
                n_left += 1
                continue
            a.g[i] = np.float32(g_min + s * span)
            a.pulses[i] += 1
            pulses += 1
            continue
        goal, n = 2.0, -1
        if method == METHOD_B:
            goal = stop_at(sc.stops, (np.float64(b.g[i]) - g_min) * scale)
            if goal < 1.5:
                s, n = draw_replay(goal, b.c1, b.key, i, sc.replays)
                place = i << _16
                while 0 <= n < law.most and s < goal:
                    s = rise(s, mean_rise(s, 1.0, 1.0, law, sc.up), side_b, law, sc.jump_up, place)
                    place += np.uint64(1)
                    n += 1
        if n < 0 or s >= full:
            left[n_left] = lines[q]
            n_left += 1
            continue
        b.g[i] = np.float32(g_min + s * span)
        b.pulses[i] += n
        b.resets[i] += 1
        pulses += n
        resets += 1
    return pulses, resets, n_left


@jit
def _update_column(lines, n_lines, g_min, span, method, a, b, sc, store):
    """Update one column's pairs towards side a; ``sc.issued`` gets pulses and resets of the last pair, if nothing is to
    be stored.
    """
    pulses, resets = 0, 0
    scale, issued = 1.0 / span, sc.issued
    for q in range(n_lines):
        i = np.uint64(lines[q])
        side_a, side_b = side_at(i, a, sc), side_at(i, b, sc)
        this, other = (np.float64(a.g[i]) - g_min) * scale, (np.float64(b.g[i]) - g_min) * scale
        common = not sc.spread
        if sc.wears:
            this, side_a = aged(this, side_a, i, a, sc)
            other, side_b = aged(other, side_b, i, b, sc)
            common = common and side_a.top == 1.0 and side_b.top == 1.0
        this, other, pa, pb, ra, rb = update_one(this, other, side_a, side_b, common, method, i, sc)
        pulses += pa + pb
        resets += ra + rb
        if not store:
            issued[0], issued[1], issued[2], issued[3] = pa, pb, ra, rb
            continue
        # A side that nothing touched keeps its bits.
        if sc.wears or pa + ra > 0:
            put_back(i, g_min + this * span, pa, ra, a, sc)
        if sc.wears or pb + rb > 0:
            put_back(i, g_min + other * span, pb, rb, b, sc)
    return pulses, resets


@jit
def _update_columns(lines, n_lines, up, n_up, down, n_down, pairs, method, d, sc, store):
    pulses, resets = 0, 0
    span = d.g_max - d.g_min
    common = store and not (sc.faults or sc.spread or sc.wears)
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        plus, minus = half_plus(pairs, sc, j), half_minus(pairs, sc, j)
        # Lowering W is raising it with the sides exchanged.
        a, b = (plus, minus) if raising else (minus, plus)
        todo, n = lines, n_lines
        if common:
            p, r, n = _update_common(lines, n_lines, d.g_min, span, method, a, b, sc)
            pulses += p
            resets += r
            if n == 0:
                continue
            todo = sc.left
        p, r = _update_column(todo, n, d.g_min, span, method, a, b, sc, store)
        pulses += p
        resets += r
    return pulses, resets


@jit
def count_scattered(i, j, raising, pairs, method, d, sc):
    """What an update of the pair at row `i`, column `j` would issue: (pulses on the raised side, on the other, resets
    likewise).
    """
    if not (sc.faults or sc.spread or sc.wears):
        full = 1.0 - ROUNDING / 8
        plus = (np.float64(pairs.g_plus[j, i]) - d.g_min) / (d.g_max - d.g_min)
        minus = (np.float64(pairs.g_minus[j, i]) - d.g_min) / (d.g_max - d.g_min)
        if plus < full and minus < full:  # one pulse, whatever the draw makes of it
            return np.int64(1), np.int64(0), np.int64(0), np.int64(0)
    line, column, none, issued = sc.one[0], sc.one[1], sc.one[2], sc.issued
    line[0], column[0] = i, j
    if raising:
        _update_columns(line, 1, column, 1, none, 0, pairs, method, d, sc, False)
    else:
        _update_columns(line, 1, none, 0, column, 1, pairs, method, d, sc, False)
    return issued[0], issued[1], issued[2], issued[3]


@jit
def update_scattered(lines, n_lines, up, n_up, down, n_down, pairs, method, d, sc):
    """Pulse every pair where a firing row meets a firing column: `analog.update_analog` for devices that scatter."""
    pulses, resets = _update_columns(lines, n_lines, up, n_up, down, n_down, pairs, method, d, sc, True)
    weigh_columns(lines, n_lines, up, n_up, down, n_down, pairs, sc.windows)
    return pulses, resets
