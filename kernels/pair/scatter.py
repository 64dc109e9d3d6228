"""Devices that depart from the nominal one: every pulse a step of its own, every device its own law, some stuck, some
worn out.

What one pulse does is in `moves`, how a replay ends in `climbs`; here a pair is updated, and an array.

The pair methods are those of `pair`, with what a controller can know: it predicts the next step of a replay by the
device's mean step, and reads where the pair stands after each pulse. Replays end after `most` pulses at the latest.

A stuck device does not move, be it pulsed or reset. A device wears out after its own number of pulses and resets; from
the next update on it is stuck where it is, at Gmin or at Gmax, or its window closes around the middle as (life /
pulses) to a power.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import inlined, jit, view
from ..device.climbs import draw_replay, is_there, stop_at, stop_of
from ..device.law import ROUNDING, SNAP
from ..device.moves import (
    ALPHA_D,
    ALPHA_P,
    BETA_D,
    BETA_P,
    Law,
    Side,
    fall,
    mean_fall,
    mean_rise,
    rise,
    step_up,
    window_of,
    worn,
)
from .methods import METHOD_A, METHOD_B
from .weight import weight

SINGLE = -1
"""What an update does below the top, beside the methods."""

MOST = 65_535
"""No more pulses than this can be told apart in one update."""

_16, _LOW, _32 = np.uint64(16), np.uint64(0xFFFFFFFF), np.uint64(32)


class Scatter(NamedTuple):
    """What departs from the nominal device, of all layers, or of one (see `layer_scatter`)."""

    seed: np.uint64
    layer: int
    clock: np.ndarray  # (2,) int64, updated: iteration, and number of the event among those of this layer in it
    law: Law
    up: np.ndarray  # (nodes,) float64: mean potentiation step over s
    down: np.ndarray  # (nodes,) float64: mean depression step over s
    jump_up: np.ndarray  # (nodes, quantiles) float64; empty without a jump table
    jump_down: np.ndarray  # (nodes, quantiles) float64
    stops: np.ndarray  # (nodes,) float64: `stop_of` over the state where the replayed device stood
    replays: np.ndarray  # (levels + 1, quantiles, 2) float32: how far above its level a climb ends; its pulses
    windows: int  # 1: devices conduct x g + y
    faults: int  # 1: some devices are stuck
    spread: int  # 1: devices have factors on alpha and beta
    wears: int  # 1: devices wear out
    failure: int  # WEAR_...
    closing: float  # power with which a window closes
    traits_plus: np.ndarray  # (cols, rows, 4) float32
    traits_minus: np.ndarray  # (cols, rows, 4) float32
    stuck_plus: np.ndarray  # (cols, rows) uint8
    stuck_minus: np.ndarray  # (cols, rows) uint8
    life_plus: np.ndarray  # (cols, rows) float64: pulses and resets that a device bears
    life_minus: np.ndarray  # (cols, rows) float64
    left: np.ndarray  # (rows of the largest array,) int32: scratch
    issued: np.ndarray  # (4,) int64: scratch, pulses and resets of the pair that was looked at last
    one: np.ndarray  # (3, 1) int32: scratch, a row, a column, and none


def bytes_of(shape_t: tuple[int, ...]) -> int:
    """Memory that the arrays of a `Scatter` take for so many pairs."""
    return 2 * (4 * 4 + 1 + 8) * math.prod(shape_t)


@view
def layer_scatter(scatter, layer, a, b, shape):
    """Views of one layer, which has the places `a` to `b` of the flat buffers; None of None."""
    if scatter is None:
        return None
    s = scatter
    wide = (shape[0], shape[1], 4)
    return Scatter(
        s.seed,
        layer,
        s.clock,
        s.law,
        s.up,
        s.down,
        s.jump_up,
        s.jump_down,
        s.stops,
        s.replays,
        s.windows,
        s.faults,
        s.spread,
        s.wears,
        s.failure,
        s.closing,
        s.traits_plus[4 * a : 4 * b].reshape(wide),
        s.traits_minus[4 * a : 4 * b].reshape(wide),
        s.stuck_plus[a:b].reshape(shape),
        s.stuck_minus[a:b].reshape(shape),
        s.life_plus[a:b].reshape(shape),
        s.life_minus[a:b].reshape(shape),
        s.left,
        s.issued,
        s.one,
    )


@jit
def set_clock(scatter, iteration, number):
    """Say which event comes next; nothing without scatter."""
    if scatter is not None:
        scatter.clock[0] = iteration
        scatter.clock[1] = number


@inlined
def update_one(this, other, a, b, common, method, row, law, up, down, jump_up, jump_down, stops, replays):
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
    law, up, down, jump_up, jump_down, stops, replays : see `Scatter`

    Returns
    -------
    tuple
        (this, other, pulses on this, pulses on other, resets of this, resets of other)
    """
    place, one = row << _16, np.uint64(1)
    pulses_this = pulses_other = resets_this = resets_other = 0
    # float32 states: what is not below the top by more than their resolution is at it.
    full_this, full_other = a.top - ROUNDING / 8, b.top - ROUNDING / 8
    mode = SINGLE if this < full_this else method
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
        goal = stop_at(stops, before) if common else stop_of(before, b.ka_p, b.kb_p, law, up)
        resets_other = 1
    elif mode != SINGLE:
        pulses_other = 1
        if not b.fixed:
            other = fall(other, mean_fall(other, b.ka_d, b.kb_d, law, down), b, law, jump_down, place)
    if common and not side.fixed and METHOD_A <= mode <= METHOD_B and goal < 1.5:
        s, n = draw_replay(goal, side.c1, side.key, row, replays)
        n = max(n, 0)
    while not side.fixed and mode <= METHOD_B and n < law.most and s < goal:
        mean = mean_rise(s, side.ka_p, side.kb_p, law, up)
        if goal == 2.0 and is_there(s, mean, before, b.ka_p, b.kb_p, law, up):
            break
        s = rise(s, mean, side, law, jump_up, place)
        place += one
        n += 1
        if mode == SINGLE:
            break
    if mode == METHOD_B:
        other, pulses_other = s, n
    elif mode <= METHOD_A:
        this, pulses_this = s, max(n, 1) if mode == SINGLE else n
    if this >= full_this and other >= full_other:
        this = this if a.fixed else a.bottom
        other = other if b.fixed else b.bottom
        resets_this += 1
        resets_other += 1
    return this, other, pulses_this, pulses_other, resets_this, resets_other


@jit
def column_stream(column, side, sc):
    """(c1, key) of the draws of one column's devices in the present event."""
    stream = noise.STREAM_PULSE + 16 * (2 * sc.layer + side) + (sc.clock[1] << 12)
    bits = noise.random_bits(sc.seed, stream, sc.clock[0], 0, column)
    return bits >> _32, bits & _LOW


@inlined
def _side(i, stuck, traits, x, windows, faults, spread, stream):
    # Only what matters is read: memory is what limits an update.
    ka_p = ka_d = kb_p = kb_d = 1.0
    if spread:
        ka_p, ka_d = np.float64(traits[i, ALPHA_P]), np.float64(traits[i, ALPHA_D])
        kb_p, kb_d = np.float64(traits[i, BETA_P]), np.float64(traits[i, BETA_D])
    fixed = faults != 0 and stuck[i] != 0
    pull = np.float64(x[i]) if windows else 1.0
    return Side(fixed, 0.0, 1.0, pull, ka_p, ka_d, kb_p, kb_d, stream[0], stream[1])


@inlined
def _aged(s, side, pulses, life, failure, closing):
    """State and side of a device that may be worn."""
    bottom, top, out = window_of(pulses, life, failure, closing)
    s = min(max(s, bottom), top)
    if out and not side.fixed:
        s = worn(s, failure)
    fixed = side.fixed or out
    return s, Side(fixed, bottom, top, side.pull, side.ka_p, side.ka_d, side.kb_p, side.kb_d, side.c1, side.key)


@jit
def _update_common(
    lines,
    n_lines,
    g_min,
    span,
    method,
    law,
    up,
    jump_up,
    stops,
    replays,
    g_a,
    g_b,
    pulses_a,
    pulses_b,
    resets_a,
    resets_b,
    stream_a,
    stream_b,
    left,
):
    """`_update_column` for what is common, and quickly: single pulses and drawn replays of devices that differ in
    nothing.

    Returns the pulses and resets issued, and the number of lines that are left over for `_update_column`, listed in
    `left`.
    """
    pulses, resets, n_left = 0, 0, 0
    scale, full = 1.0 / span, 1.0 - ROUNDING / 8
    c1, key = stream_a
    side_b = Side(False, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, stream_b[0], stream_b[1])
    for q in range(n_lines):
        i = np.uint64(lines[q])
        s = (np.float64(g_a[i]) - g_min) * scale
        if s < full:
            step = step_up(s, mean_rise(s, 1.0, 1.0, law, up), 1.0, law, jump_up, i << _16, c1, key)
            s = 1.0 if s + step > 1.0 - law.snap_p else max(s + step, 0.0)
            if s >= full and (np.float64(g_b[i]) - g_min) * scale >= full:
                left[n_left] = lines[q]
                n_left += 1
                continue
            g_a[i] = np.float32(g_min + s * span)
            pulses_a[i] += 1
            pulses += 1
            continue
        goal, n = 2.0, -1
        if method == METHOD_B:
            goal = stop_at(stops, (np.float64(g_b[i]) - g_min) * scale)
            if goal < 1.5:
                s, n = draw_replay(goal, side_b.c1, side_b.key, i, replays)
                place = i << _16
                while 0 <= n < law.most and s < goal:
                    s = rise(s, mean_rise(s, 1.0, 1.0, law, up), side_b, law, jump_up, place)
                    place += np.uint64(1)
                    n += 1
        if n < 0 or s >= full:
            left[n_left] = lines[q]
            n_left += 1
            continue
        g_b[i] = np.float32(g_min + s * span)
        pulses_b[i] += n
        resets_b[i] += 1
        pulses += n
        resets += 1
    return pulses, resets, n_left


@jit
def _update_column(
    lines,
    n_lines,
    g_min,
    span,
    method,
    law,
    up,
    down,
    jump_up,
    jump_down,
    stops,
    replays,
    windows,
    faults,
    spread,
    wears,
    failure,
    closing,
    store,
    g_a,
    g_b,
    x_a,
    x_b,
    traits_a,
    traits_b,
    stuck_a,
    stuck_b,
    life_a,
    life_b,
    pulses_a,
    pulses_b,
    resets_a,
    resets_b,
    stream_a,
    stream_b,
    issued,
):
    """Update one column's pairs towards side a; `issued` gets pulses and resets, (4,) int64: of the last pair."""
    pulses, resets = 0, 0
    scale = 1.0 / span
    for q in range(n_lines):
        i = np.uint64(lines[q])
        old_a, old_b = g_a[i], g_b[i]
        a = _side(i, stuck_a, traits_a, x_a, windows, faults, spread, stream_a)
        b = _side(i, stuck_b, traits_b, x_b, windows, faults, spread, stream_b)
        this, other = (np.float64(old_a) - g_min) * scale, (np.float64(old_b) - g_min) * scale
        common = not spread
        if wears:
            this, a = _aged(this, a, pulses_a[i] + resets_a[i], life_a[i], failure, closing)
            other, b = _aged(other, b, pulses_b[i] + resets_b[i], life_b[i], failure, closing)
            common = common and a.top == 1.0 and b.top == 1.0
        this, other, pa, pb, ra, rb = update_one(
            this, other, a, b, common, method, i, law, up, down, jump_up, jump_down, stops, replays
        )
        pulses += pa + pb
        resets += ra + rb
        if not store:
            issued[0], issued[1], issued[2], issued[3] = pa, pb, ra, rb
            continue
        # A side that nothing touched keeps its bits.
        if wears or pa + ra > 0:
            if faults == 0 or stuck_a[i] == 0:
                g_a[i] = np.float32(g_min + this * span)
            pulses_a[i] += pa
            if ra > 0:
                resets_a[i] += ra
        if wears or pb + rb > 0:
            if faults == 0 or stuck_b[i] == 0:
                g_b[i] = np.float32(g_min + other * span)
            pulses_b[i] += pb
            if rb > 0:
                resets_b[i] += rb
    return pulses, resets


@jit
def _update_columns(lines, n_lines, up, n_up, down, n_down, pairs, method, d, sc, store, issued):
    pulses, resets = 0, 0
    span = d.g_max - d.g_min
    common = store and not (sc.faults or sc.spread or sc.wears)
    left = sc.left
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        # Lowering W is raising it with the sides exchanged.
        g_a, g_b = (pairs.g_plus[j], pairs.g_minus[j]) if raising else (pairs.g_minus[j], pairs.g_plus[j])
        x_a, x_b = (pairs.x_plus[j], pairs.x_minus[j]) if raising else (pairs.x_minus[j], pairs.x_plus[j])
        t_a, t_b = (sc.traits_plus[j], sc.traits_minus[j]) if raising else (sc.traits_minus[j], sc.traits_plus[j])
        s_a, s_b = (sc.stuck_plus[j], sc.stuck_minus[j]) if raising else (sc.stuck_minus[j], sc.stuck_plus[j])
        l_a, l_b = (sc.life_plus[j], sc.life_minus[j]) if raising else (sc.life_minus[j], sc.life_plus[j])
        plus, minus = pairs.pulses_plus[j], pairs.pulses_minus[j]
        p_a, p_b = (plus, minus) if raising else (minus, plus)
        plus, minus = pairs.resets_plus[j], pairs.resets_minus[j]
        r_a, r_b = (plus, minus) if raising else (minus, plus)
        stream_plus, stream_minus = column_stream(j, 0, sc), column_stream(j, 1, sc)
        stream_a, stream_b = (stream_plus, stream_minus) if raising else (stream_minus, stream_plus)
        todo, n = lines, n_lines
        if common:
            a, b, n = _update_common(
                lines,
                n_lines,
                d.g_min,
                span,
                method,
                sc.law,
                sc.up,
                sc.jump_up,
                sc.stops,
                sc.replays,
                g_a,
                g_b,
                p_a,
                p_b,
                r_a,
                r_b,
                stream_a,
                stream_b,
                left,
            )
            pulses += a
            resets += b
            if n == 0:
                continue
            todo = left
        a, b = _update_column(
            todo,
            n,
            d.g_min,
            span,
            method,
            sc.law,
            sc.up,
            sc.down,
            sc.jump_up,
            sc.jump_down,
            sc.stops,
            sc.replays,
            sc.windows,
            sc.faults,
            sc.spread,
            sc.wears,
            sc.failure,
            sc.closing,
            store,
            g_a,
            g_b,
            x_a,
            x_b,
            t_a,
            t_b,
            s_a,
            s_b,
            l_a,
            l_b,
            p_a,
            p_b,
            r_a,
            r_b,
            stream_a,
            stream_b,
            issued,
        )
        pulses += a
        resets += b
    return pulses, resets


@jit
def count_scattered(i, j, raising, pairs, method, d, sc):
    """What an update of the pair at row `i`, column `j` would issue: (pulses on the raised side, on the other, resets
    likewise).
    """
    line, column, none, issued = sc.one[0], sc.one[1], sc.one[2], sc.issued
    line[0], column[0] = i, j
    if raising:
        _update_columns(line, 1, column, 1, none, 0, pairs, method, d, sc, False, issued)
    else:
        _update_columns(line, 1, none, 0, column, 1, pairs, method, d, sc, False, issued)
    return issued[0], issued[1], issued[2], issued[3]


@jit
def update_scattered(lines, n_lines, up, n_up, down, n_down, pairs, method, d, sc):
    """Pulse every pair where a firing row meets a firing column: `pair.update_analog` for devices that scatter."""
    pulses, resets = _update_columns(lines, n_lines, up, n_up, down, n_down, pairs, method, d, sc, True, sc.issued)
    one, zero = np.float32(1.0), np.float32(0.0)
    for u in range(n_up + n_down):
        j = up[u] if u < n_up else down[u - n_up]
        g_plus, g_minus, column = pairs.g_plus[j], pairs.g_minus[j], pairs.w[:, j]
        if sc.windows == 0:
            for q in range(n_lines):
                i = np.uint64(lines[q])
                column[i] = weight(g_plus[i], g_minus[i], one, one, zero, zero)
            continue
        x_plus, x_minus, y_plus, y_minus = pairs.x_plus[j], pairs.x_minus[j], pairs.y_plus[j], pairs.y_minus[j]
        for q in range(n_lines):
            i = np.uint64(lines[q])
            column[i] = weight(g_plus[i], g_minus[i], x_plus[i], x_minus[i], y_plus[i], y_minus[i])
    return pulses, resets
