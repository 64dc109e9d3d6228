"""Twins of the conditional reverse update scheme: draws, sensing, the rule; see `tests/naive.py`."""

from __future__ import annotations

import math
from statistics import NormalDist

from ...kernels.base.naive import F
from ...kernels.base.naive_noise import philox, random_bits
from ...kernels.device.naive import step_down, step_up

EVENT, SENSE, REFRESH = 0, 1, 2


# ---------------------------------------------------------------------------------------------------------------------
# Random numbers


def crus_stream(layer, use):
    return 14 + 16 * (4 * layer + use)


def hash32(x):
    x = ((x ^ (x >> 16)) * 0x7FEB352D) % 2**32
    x = ((x ^ (x >> 15)) * 0x846CA68B) % 2**32
    return x ^ (x >> 16)


def line_hash(key, line):
    return hash32((key + line * 0x9E3779B9) % 2**32)


def column_hash(key, column):
    return hash32(line_hash(key, column) ^ 0x5BD1E995)


def event_keys(seed, layer, use, iteration, number=0):
    return philox((iteration, number, 0, crus_stream(layer, use)), (seed % 2**32, seed // 2**32))[:3]


def draw_columns(key, delta, rate, dead_zone):
    fired = [
        j for j, x in enumerate(delta) if abs(x) > dead_zone and line_hash(key, j) < rate * float(abs(x)) * 2.0**32
    ]
    return [j for j in fired if delta[j] < 0], [j for j in fired if delta[j] > 0]


def draw_rows(key, volts, v_read):
    """`volts` of all rows, those that are not driven too."""
    return [i for i, v in enumerate(volts) if line_hash(key, i) < float(v / v_read) * 2.0**32]


# ---------------------------------------------------------------------------------------------------------------------
# Sensing and the rule


def sense_level(x, z, mirror, top, sigma):
    x = 1.0 - x if mirror else x
    return max(0, min(top, math.floor((x + sigma * float(z)) * top + 0.5)))


def quantiles():
    return [F(NormalDist().inv_cdf((k + 0.5) / 4096)) for k in range(4096)]


def sense_deviates(seed, layer, iteration, row, column, table):
    bits = random_bits(seed, crus_stream(layer, SENSE), iteration, row, column)
    return table[bits >> 52], table[(bits >> 20) % 4096]


def is_reverse(s_this, s_other, condition):
    theta_this, theta_other, a, b, level = condition
    return s_this > theta_this and s_other > theta_other and a * s_this + b * s_other > level


def expected_step(level, reverse, mirror, top, sigma, d):
    """A weighted mean over all states that could have been sensed so."""
    span, n, spread = d.g_max - d.g_min, 2048, max(sigma, 1e-6)
    total = weight = 0.0
    for k in range(n):
        x = (k + 0.5) / n
        above = 1.0 if level == top else 0.5 * (1 + math.erf(((level + 0.5) / top - x) / spread / math.sqrt(2)))
        below = 0.0 if level == 0 else 0.5 * (1 + math.erf(((level - 0.5) / top - x) / spread / math.sqrt(2)))
        g = d.g_min + span * (1 - x if mirror else x)
        step = min(step_up(g, d), d.g_max - g) if reverse == mirror else min(step_down(g, d), g - d.g_min)
        total += (above - below) * step / span
        weight += above - below
    return total / weight


def acceptance(step, compensate, floor):
    return min(1.0, floor / step) if compensate and step > 0 else 1.0


def fill_rule(condition, forward, reverse, floor, mirror, top, sigma, d):
    """(acceptance, reverse) by (level of this, level of other)."""
    rule = {}
    for a in range(top + 1):
        for b in range(top + 1):
            back = is_reverse(a / top, b / top, condition)
            step = expected_step(b if back else a, back, mirror, top, sigma, d)
            rule[a, b] = acceptance(step, reverse if back else forward, floor), back
    return rule
