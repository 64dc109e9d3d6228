"""Twins of replays of devices that scatter: a device is reset and pulsed until it is there; see `tests/naive.py`."""

from __future__ import annotations

import math

import numpy as np

from ..base.naive import F
from ..base.naive_noise import random_bits
from ..base.naive_quick import philox2
from .naive_moves import NEAR, Part, look_up, rise

STREAM_CLIMB = 13


def is_there(s, before, part, law):
    """Whether the next stair is the one nearest to `before`."""
    one = s + part.mean(law, s)
    two = one + part.mean(law, one)
    return one >= before - NEAR or (one + two) / 2 > before


def stop_at(stops, before):
    place = before * (len(stops) - 1)
    neighbours = stops[min(int(place), len(stops) - 2) :][:2]
    return 2.0 if 2.0 in neighbours else look_up(stops, before)


def fill_replays(seed, law, climbs, levels, quantiles):
    """[level][quantile]: (how far above the level a climb ends, after how many pulses).

    None where not all climbs come.
    """
    found = [([], []) for _ in range(levels + 1)]
    for k in range(climbs):
        bits = random_bits(seed, STREAM_CLIMB, 0, 0, k)
        part, pulses = Part(0.0, stream=(bits // 2**32, bits % 2**32)), 0
        for level, (above, after) in enumerate(found):
            while part.s * levels < level and pulses < law.most:
                rise(part, law)
                pulses += 1
            if part.s * levels >= level:
                above.append(part.s - level / levels)
                after.append(pulses)
    probability = np.linspace(0, 1, quantiles)
    return [[np.quantile(x, probability) for x in level] if len(level[0]) == climbs else None for level in found]


def draw_replay(goal, part, replays):
    """(state, pulses) where a climb comes to the last level up to `goal`, or None."""
    if goal <= 0:
        return 0.0, 0
    if replays is None or replays[int(goal * (len(replays) - 1))] is None:
        return None
    level = int(goal * (len(replays) - 1))
    c1, key = part.stream
    words = philox2(part.row * 2**16, (c1 + 5) % 2**32, key ^ 0x5BD1E995)
    above, pulses = (of_singles(t, w / 2**32) for t, w in zip(replays[level], words, strict=True))
    return min(level / (len(replays) - 1) + above, 1.0), math.floor(pulses + 0.5)


def of_singles(quantiles, u):
    """Quantile `u` of a function that is given as float32."""
    x = u * (len(quantiles) - 1)
    low, high = (F(q) for q in quantiles[int(x) :][:2])
    return float(low) + (x - int(x)) * float(high - low)


def climb(part, goal, before, law):
    """Pulse a device that has been reset until it is there; returns the number of pulses."""
    pulses = 0
    if part.fixed:
        return 0
    if part.common and goal != 2.0:
        part.s, pulses = draw_replay(goal, part, law.replays) or (0.0, 0)
    while pulses < law.most and part.s < goal:
        if goal == 2.0 and is_there(part.s, before, part, law):
            break
        rise(part, law)
        pulses += 1
    return pulses
