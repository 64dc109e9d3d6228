"""Pulses on pairs whose conductances are known from sensing only: the conditional reverse update scheme (CRUS), a
reconstruction.

An event on an array is an outer product (Gokmen and Vlasov, Front. Neurosci. 10, 333, 2016, with streams of one bit):
row i fires with probability a_i, column j with min(1, rate |delta_j|). At a crossing comes a forward or a reverse
pulse, as the condition says of the levels last sensed, thinned out as `crus_rule.acceptance` says. The rows and the
raised and lowered columns, with (seed, layer, iteration), determine all that follows: thinning, cycle-to-cycle
variation and sensing noise are counter-based. So a run is replayed from its packed bits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...device.law import depress, potentiate
from ...device.moves import Side, fall, mean_fall, mean_rise, rise
from ...device.press import FALL, RISE, pressed
from ...pair.lasting import settle_pair
from ...pair.weight import weight
from .rule import USE_EVENT, column_hash, event_keys, line_hash, sense_deviates, sense_level

CRUS, LIM_A, LIM_B, LIM_C, REFRESH = range(5)

_1, _16 = np.uint64(1), np.uint64(16)


class Scheme(NamedTuple):
    """What is chosen for a run."""

    mode: int
    mirror: bool
    top: int  # highest sensed level
    sigma: float  # sensing noise, part of the range
    period: int  # iterations between sensings
    seed: np.uint64
    rate: np.ndarray  # (layers,) float64: column probability per |delta|
    decay: float  # rates fall by exp(-decay) over the run
    total: int  # iterations of the run
    # lim: sensed level (part of the range) from which a side counts as full; refresh: the larger side's threshold
    full: float
    lower: float  # refresh: the smaller side's threshold
    quantiles: np.ndarray  # (4096,) float32: of the standard normal, at (k + 1/2) / 4096
    rule: np.ndarray  # (levels**2,) uint64: see `crus_rule.fill_rule`
    steps: np.ndarray  # (n_max + 1,) float32, S: the staircase


@jit
def _moved(g, up, i, side, key, d, law, up_law, down_law, jump_up, jump_down):
    """`press.pressed` for devices that have one law in common."""
    span = d.g_max - d.g_min
    s = (np.float64(g) - d.g_min) / span
    own = Side(False, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, np.uint64(side) << _16, key)
    place = np.uint64(i) << _16
    if up:
        s = rise(s, mean_rise(s, 1.0, 1.0, law, up_law), own, law, jump_up, place)
    else:
        s = fall(s, mean_fall(s, 1.0, 1.0, law, down_law), own, law, jump_down, place)
    return np.float32(d.g_min + s * span)


@jit
def sense_pairs(layer, now, rows, cols, pairs, codes, scheme, d):
    """Sense the pairs of some rows and columns, each a (first, past the last); after `now` updates.

    Parameters
    ----------
    pairs : Pairs of the layer
    codes : (cols, rows) uint16, updated
        ``level of first * (top + 1) + level of second``; first is G+, in the mirrored form the level of 1 - G-.
    """
    levels, scale = scheme.top + 1, 1.0 / (d.g_max - d.g_min)
    for j in range(cols[0], cols[1]):
        g_plus, g_minus = pairs.g_plus[j], pairs.g_minus[j]
        x_plus, x_minus, y_plus, y_minus = pairs.x_plus[j], pairs.x_minus[j], pairs.y_plus[j], pairs.y_minus[j]
        for i in range(rows[0], rows[1]):
            za, zb = sense_deviates(scheme.seed, layer, now, i, j, scheme.quantiles)
            a = (np.float64(x_plus[i] * g_plus[i] + y_plus[i]) - d.g_min) * scale
            b = (np.float64(x_minus[i] * g_minus[i] + y_minus[i]) - d.g_min) * scale
            if scheme.mirror:
                a, b = b, a
            first = sense_level(a, za, scheme.mirror, scheme.top, scheme.sigma)
            second = sense_level(b, zb, scheme.mirror, scheme.top, scheme.sigma)
            codes[j, i] = np.uint16(first * levels + second)


@jit
def update_crus(layer, iteration, number, firing, n, up, n_up, down, n_down, pairs, codes, scheme, d, scatter):
    """One event on one array; returns the pulses issued.

    Parameters
    ----------
    iteration, number : int
        Number of updates, this one included, and of the event among those of the layer in it.
    firing, up, down : int32
        The first `n`, `n_up`, `n_down` entries: firing rows, columns that raise W, columns that lower W.
    pairs : Pairs of the layer, updated
    codes : (cols, rows) uint16
        Levels last sensed, see `sense_pairs`.
    scatter : Scatter or None
        Of `pairs`.
    """
    _, _, key = event_keys(scheme.seed, layer, USE_EVENT, iteration, number)
    levels, rule, mirror, pulses = np.uint64(scheme.top + 1), scheme.rule, scheme.mirror, 0
    if scatter is not None:
        law, up_law, down_law, jump_up, jump_down = (
            scatter.law,
            scatter.up,
            scatter.down,
            scatter.jump_up,
            scatter.jump_down,
        )
        common = scatter.faults == 0 and scatter.spread == 0 and scatter.wears == 0
    for u in range(n_up + n_down):
        raising = u < n_up
        j = np.uint64(up[u] if raising else down[u - n_up])
        column = column_hash(key, j)
        own, w = codes[j], pairs.w[:, j]
        g_plus, g_minus = pairs.g_plus[j], pairs.g_minus[j]
        x_plus, x_minus, y_plus, y_minus = pairs.x_plus[j], pairs.x_minus[j], pairs.y_plus[j], pairs.y_minus[j]
        pulsed_plus, pulsed_minus = pairs.pulses_plus[j], pairs.pulses_minus[j]
        for q in range(n):
            i = np.uint64(firing[q])
            s = np.uint64(own[i])
            if not raising:  # exchange the levels
                high = s // levels
                s = (s - high * levels) * levels + high
            entry = rule[s]
            if line_hash(column, i) >= entry >> _1:
                continue
            reverse = (entry & _1) == _1
            # Forward, plain: potentiate this device; reverse: depress the other. Mirrored: the other way round.
            on_plus, rises = (raising != mirror) != reverse, reverse == mirror
            g = g_plus[i] if on_plus else g_minus[i]
            if scatter is None:
                g = potentiate(g, d) if rises else depress(g, d)
            else:
                side = 0 if on_plus else 1
                if common:
                    g = _moved(g, rises, i, side, column, d, law, up_law, down_law, jump_up, jump_down)
                else:
                    count = pulsed_plus[i] if on_plus else pulsed_minus[i]  # nothing is ever reset
                    g = pressed(g, RISE if rises else FALL, i, j, side, 0, column, count, d, scatter)
            if on_plus:
                g_plus[i] = g
                pulsed_plus[i] += 1
            else:
                g_minus[i] = g
                pulsed_minus[i] += 1
            pulses += 1
            settle_pair(scatter, pairs, i, j, on_plus, not on_plus)
            w[i] = weight(g_plus[i], g_minus[i], x_plus[i], x_minus[i], y_plus[i], y_minus[i])
    return pulses


@jit
def expect_crossing(i, j, raising, key, codes, scheme):
    """Side of the device that an event of `update_crus` pulses at a crossing, 0: G+, 1: G-; or -1 for none. `key`: of
    the event's draws.
    """
    levels = np.uint64(scheme.top + 1)
    s = np.uint64(codes[j, i])
    if not raising:
        high = s // levels
        s = (s - high * levels) * levels + high
    entry = scheme.rule[s]
    if line_hash(column_hash(key, j), i) >= entry >> _1:
        return -1
    reverse = (entry & _1) == _1
    return 0 if (raising != scheme.mirror) != reverse else 1
