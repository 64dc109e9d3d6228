"""Twins of digits on pairs of devices, and of their carries; see `tests/naive.py`.

A pair of devices is two conductances, a weight a list of pairs, the highest digit first. `z_of(place, c1, key)` stands
for `noise.quick_normal`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...kernels.base.naive import F
from ...kernels.base.naive_noise import random_bits
from ...kernels.device.naive import depress, potentiate, step_down, step_up


@dataclass
class Rules:
    """Device (`naive.Device`) and number system."""

    device: Any
    scale: float = 4.0
    base: float = 8.0
    threshold: float = 0.0  # S
    c2c: float = 0.0
    c2c_range: float = 0.0  # S
    most: int = 256
    z_of: Any = None

    @property
    def noisy(self):
        return self.c2c > 0 or self.c2c_range > 0


def mean_up(g, rules):
    return step_up(float(g), rules.device)


def mean_down(g, rules):
    return step_down(float(g), rules.device)


def noisy_step(mean, draw, rules):
    z = rules.z_of(*draw)
    if rules.c2c_range > 0:
        return mean + math.sqrt(rules.c2c**2 * mean**2 + rules.c2c_range**2) * z
    return mean * (1 + rules.c2c * z)


def risen(g, draw, rules):
    d = rules.device
    if not rules.noisy:
        return F(potentiate(float(g), d))
    return F(min(max(float(g) + noisy_step(mean_up(g, rules), draw, rules), d.g_min), d.g_max))


def fallen(g, draw, rules):
    d = rules.device
    if not rules.noisy:
        return F(depress(float(g), d))
    return F(min(max(float(g) - noisy_step(mean_down(g, rules), draw, rules), d.g_min), d.g_max))


def pulse_pair(this, other, draw, rules):
    if this < F(rules.device.g_max):
        return risen(this, draw, rules), other
    return this, fallen(other, draw, rules)


def digit_unit(digit, rules):
    d = rules.device
    unit = F(rules.scale / (d.g_max - d.g_min))
    for _ in range(digit):
        unit = unit / F(rules.base)
    return unit


def weigh(pairs, rules):
    """W of a weight's pairs, without the lowest digit."""
    high = F(0)
    for k, (plus, minus) in enumerate(pairs[:-1]):
        high = high + digit_unit(k, rules) * (F(plus) - F(minus))
    return high


def weight_of(pairs, rules):
    plus, minus = pairs[-1]
    return weigh(pairs, rules) + digit_unit(len(pairs) - 1, rules) * (F(plus) - F(minus))


def weigh_all(weights, rules):
    """weights: rows of columns of pairs."""
    return [[weight_of(pairs, rules) for pairs in row] for row in weights]


def key_of(*coordinates):
    bits = random_bits(*map(int, coordinates))
    return np.uint64(bits // 2**32), np.uint64(bits % 2**32)


def step_cells(firing, up, down, seed, stream, iteration, number, rules, weights):
    for i in firing:
        for j in [*up, *down]:
            draw = np.uint64(i * 2**16), *key_of(seed, stream, iteration, number, j)
            plus, minus = weights[i][j][-1]
            if j in up:
                plus, minus = pulse_pair(plus, minus, draw, rules)
            else:
                minus, plus = pulse_pair(minus, plus, draw, rules)
            weights[i][j][-1] = plus, minus


sweep_cells = step_cells


def carry_pair(high, low, key, rules):
    """Carry of the pair `low` into the pair `high`: returns both, pulses, resets."""
    d = rules.device
    v = float(low[0]) - float(low[1])
    if not abs(v) > rules.threshold:
        return high, low, 0, 0
    this, other = high if v > 0 else high[::-1]
    start, moved, pulses = float(this) - float(other), 0.0, 0
    while pulses < rules.most and (this < F(d.g_max) or other > F(d.g_min)):
        worth = mean_up(this, rules) if this < F(d.g_max) else mean_down(other, rules)
        if abs(v) - rules.base * moved <= 0.5 * rules.base * worth:
            break
        this, other = pulse_pair(this, other, (np.uint64(pulses), *key), rules)
        moved = (float(this) - float(other)) - start
        pulses += 1
    high = (this, other) if v > 0 else (other, this)
    if moved == 0:
        return high, low, pulses, 0
    rest = v - math.copysign(1.0, v) * rules.base * moved
    g, last = F(d.g_min), pulses + rules.most
    while pulses < last:
        gap = d.g_min + abs(rest) - float(g)
        if abs(gap) <= 0.5 * mean_up(g, rules) or (gap > 0 and g >= F(d.g_max)):
            break
        g = (risen if gap > 0 else fallen)(g, (np.uint64(pulses), *key), rules)
        pulses += 1
    return high, (g, F(d.g_min)) if rest > 0 else (F(d.g_min), g), pulses, 2


def carry(digit, seed, stream, iteration, rules, weights):
    total = [0, 0, 0]
    for i, row in enumerate(weights):
        for j, pairs in enumerate(row):
            key = key_of(seed, stream, iteration, digit * 2**20 + i, j)
            if abs(float(pairs[digit][0]) - float(pairs[digit][1])) > rules.threshold:
                pairs[digit - 1], pairs[digit], pulses, resets = carry_pair(pairs[digit - 1], pairs[digit], key, rules)
                total = [total[0] + 1, total[1] + pulses, total[2] + resets]
    return tuple(total)
