"""Replays of devices whose steps scatter: climbs from Gmin that end where the state first comes to some level.

For devices of the common law most of a climb is drawn at once: how far above the level it ends, and after how many
pulses, are quantile functions, each drawn by itself, tabulated for a ladder of levels from some thousand climbs of
which every pulse is drawn (`fill_replays`). From the last level of that ladder on it goes on pulse by pulse. Devices
with a law or a window of their own, and those without noise, climb pulse by pulse from Gmin on. A test compares both.
"""

from __future__ import annotations

import numpy as np

from ..base import noise
from ..base._jit import allocates, inlined, jit
from .law import ROUNDING
from .moves import Side, mean_rise, rise

_5, _16, _LOW, _32 = np.uint64(5), np.uint64(16), np.uint64(0xFFFFFFFF), np.uint64(32)
_OTHER = np.uint64(0x5BD1E995)  # sets the draws of whole replays apart from those of pulses
_UNIT = 1.0 / 4294967296.0


@allocates
def fill_replays(seed, law, up, jump_up, climbs, replays):
    """Quantiles of where climbs from Gmin end, and after how many pulses, for all levels.

    Parameters
    ----------
    climbs : int
        Number of climbs, of which every pulse is drawn.
    replays : (levels + 1, quantiles, 2) float32, updated
        For ``level / levels`` on equal intervals of probability, 0 to 1. A level that a climb does not come to in
        `law.most` pulses has -1 for all.
    """
    levels, quantiles = replays.shape[0] - 1, replays.shape[1]
    above, after = np.full((levels + 1, climbs), np.float32(-1.0)), np.zeros((levels + 1, climbs), np.float32)
    for k in range(climbs):
        bits = noise.random_bits(seed, noise.STREAM_CLIMB, 0, 0, k)
        side = Side(False, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, bits >> _32, bits & _LOW)
        s, level, place = 0.0, 0, np.uint64(0)
        for pulse in range(law.most + 1):
            while level <= levels and s * levels >= level:
                above[level, k], after[level, k] = s - level / levels, pulse
                level += 1
            if level > levels or pulse == law.most:
                break
            s = rise(s, mean_rise(s, 1.0, 1.0, law, up), side, law, jump_up, place)
            place += np.uint64(1)
    for level in range(levels + 1):
        a, n = np.sort(above[level]), np.sort(after[level])
        for q in range(quantiles):
            x = (climbs - 1) * (q / (quantiles - 1))
            i = min(np.int64(x), climbs - 2)
            replays[level, q, 0] = a[i] + (x - i) * (a[i + 1] - a[i]) if a[0] >= 0.0 else -1.0
            replays[level, q, 1] = n[i] + (x - i) * (n[i + 1] - n[i])


@inlined
def draw_replay(goal, c1, key, row, replays):
    """Where a climb from Gmin to `goal` first comes to the last level below: (state, pulses); -1 pulses if it has to be
    climbed.

    A climb that is still below `goal` there goes on pulse by pulse, so that it ends where it would have ended, whatever
    the levels.

    Parameters
    ----------
    goal : float64
    c1, key, row : uint64
    replays : see `Scatter`
    """
    if goal <= 0.0:
        return 0.0, 0
    levels = replays.shape[0] - 1
    level = np.int64(goal * levels)
    if levels < 0 or replays[level, 0, 0] < 0.0:
        return 0.0, -1
    a, b = noise.philox2(row << _16, (c1 + _5) & _LOW, key ^ _OTHER)
    x = np.float64(a) * _UNIT * (replays.shape[1] - 1)
    y = np.float64(b) * _UNIT * (replays.shape[1] - 1)
    i, k = np.int64(x), np.int64(y)
    above = replays[level, i, 0] + (x - i) * (replays[level, i + 1, 0] - replays[level, i, 0])
    pulses = replays[level, k, 1] + (y - k) * (replays[level, k + 1, 1] - replays[level, k, 1])
    return min(level / levels + above, 1.0), np.int64(pulses + 0.5)


@inlined
def is_there(s, mean, before, ka, kb, law, up):
    """Whether a replay of method b ends at `s`: its next stair is the one nearest to where the device stood.

    Parameters
    ----------
    s, mean, before : float64
        `mean` is `mean_rise` at `s`.

    Notes
    -----
    On equal stairs this is the rule of the paper, "while G+ - (G- + dG) > W": one stair below. But a climb that
    scatters does not meet the stairs of the one before. Stopping at the last one below would then move W by half a step
    on average, and raise it by less than it is lowered; the nearest one moves it by one step.
    """
    after = s + mean
    if after >= before - ROUNDING / 8:
        return True
    return after + 0.5 * mean_rise(after, ka, kb, law, up) > before


@inlined
def stop_of(before, ka, kb, law, up):
    """State from which on `is_there` holds, for laws whose next steps are much alike; 2 for others, which have to be
    asked.
    """
    m = mean_rise(before, ka, kb, law, up)
    stop = before - 1.5 * m
    for _ in range(2):
        m1 = mean_rise(stop, ka, kb, law, up)
        stop = before - m1 - 0.5 * mean_rise(stop + m1, ka, kb, law, up)
    return stop if 0.8 * m < m1 < 1.25 * m else 2.0


@jit
def fill_stops(law, up, stops):
    """`stop_of` of the common law on equal intervals of the state: `stops` is (nodes,) float64, updated."""
    for k in range(stops.shape[0]):
        stops[k] = stop_of(k / (stops.shape[0] - 1), 1.0, 1.0, law, up)


@inlined
def stop_at(stops, before):
    """`stop_of` by its table, linear between nodes; 2 next to a node that has 2."""
    x = min(max(before, 0.0), 1.0) * (stops.shape[0] - 1)
    k = min(int(x), stops.shape[0] - 2)
    low, high = stops[k], stops[k + 1]
    return 2.0 if low > 1.0 or high > 1.0 else low + (x - k) * (high - low)
