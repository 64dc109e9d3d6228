"""Twins of pairs and arrays of devices that scatter; see `tests/naive.py` and `device/naive_moves.py`.

An array is a `ScatterArray`, which knows by which iteration and event it is pulsed.
"""

from __future__ import annotations

import copy

from ..base.naive import single
from ..base.naive_noise import random_bits
from ..device.naive_climbs import climb, stop_at
from ..device.naive_moves import NEAR, Part, age, fall, rise, stop_of
from ..naive_train import Network
from .naive import Array

STREAM_PULSE = 12


def update_one(this, other, method, law):
    """One update of a pair of `Part`; they are moved. Returns (pulses on this, on other, resets of this, of other)."""
    pulses, resets = [0, 0], [0, 0]
    common = this.common and other.common
    this.common = other.common = common
    if method == "one-sided":
        rise(this, law)
        return 1, 0, 0, 0
    if not this.full:
        rise(this, law)
        pulses[0] = 1
    elif method == "a":
        step = this.mean(law)
        target = this.pull * (this.s + step - min(1e-5, step / 20)) - other.pull * other.s
        this.reset()
        other.reset()
        resets = [1, 1]
        goal = (target + other.pull * other.s) / this.pull if this.pull else 0.0
        pulses[0] = climb(this, min(goal, this.top - NEAR), None, law)
    elif method == "b":
        before = other.s
        goal = stop_at(law.stops, before) if common else stop_of(before, other, law)
        other.reset()
        resets[1] = 1
        pulses[1] = climb(other, goal, before, law)
    else:
        fall(other, law)
        pulses[1] = 1
    if this.full and other.full:
        this.reset()
        other.reset()
        resets = [n + 1 for n in resets]
    return (*pulses, *resets)


def column_stream(seed, layer, side, column, iteration, number):
    bits = random_bits(seed, STREAM_PULSE + 16 * (2 * layer + side) + 2**12 * number, iteration, 0, column)
    return bits // 2**32, bits % 2**32


class ScatterArray(Array):
    """An array that knows by which event it is pulsed: its `clock`.

    `stuck`, `life` and `factors` are pairs (plus, minus) of lists of rows, or None.
    """

    def __init__(
        self, states, window, law, seed, layer, stuck=None, factors=None, life=None, failure="stuck", closing=1.0
    ):
        super().__init__(*states, *window)
        self.law, self.seed, self.layer, self.clock, self.numbered = law, seed, layer, (0, 0), False
        self.stuck, self.factors, self.life, self.failure, self.closing = stuck, factors, life, failure, closing

    def part(self, i, j, side, d):
        """The device of side 0 (plus) or 1 (minus), as it stands."""
        name = ("plus", "minus")[side]
        get = lambda what: getattr(self, f"{what}{name}")[i][j]  # noqa: E731
        part = Part(
            (get("") - d.g_min) / (d.g_max - d.g_min), i, column_stream(self.seed, self.layer, side, j, *self.clock)
        )
        part.pull = get("x_")
        part.fixed = bool(self.stuck and self.stuck[side][i][j])
        if self.factors:
            part.factors, part.common = tuple(self.factors[side][i][j]), False
        if self.life:
            age(part, get("pulses_") + get("resets_"), self.life[side][i][j], self.failure, self.closing)
        return part

    def update(self, i, j, sign, method, d):
        """(pulses on the raised side, on the other, resets likewise); the pair moves."""
        if method == "fixed":
            part = self.part(i, j, 0, d)
            (rise if sign > 0 else fall)(part, self.law)
            self.pulses_plus[i][j] += 1
            if not (self.stuck and self.stuck[0][i][j]):
                self.plus[i][j] = single(d.g_min + part.s * (d.g_max - d.g_min))
            return 1, 0, 0, 0
        parts = [self.part(i, j, side, d) for side in (0, 1)]
        order = (0, 1) if sign > 0 else (1, 0)
        counts = update_one(parts[order[0]], parts[order[1]], method, self.law)
        for side, pulses, resets in zip(order, counts[:2], counts[2:], strict=True):
            name = ("plus", "minus")[side]
            getattr(self, f"pulses_{name}")[i][j] += pulses
            getattr(self, f"resets_{name}")[i][j] += resets
            touched = self.life or pulses or resets
            if touched and not (self.stuck and self.stuck[side][i][j]):
                getattr(self, name)[i][j] = single(d.g_min + parts[side].s * (d.g_max - d.g_min))
        return counts

    def pulse(self, rows, up, down, method, d):
        counts = [self.update(i, j, +1 if j in up else -1, method, d) for j in [*up, *down] for i in rows]
        if self.numbered:
            self.clock = self.clock[0], self.clock[1] + 1
        return sum(c[0] + c[1] for c in counts), sum(c[2] + c[3] for c in counts)


def bytes_of(pairs):
    """Two devices: four factors, whether it is stuck, and its life."""
    return pairs * 2 * (4 * 4 + 1 + 8)


def layer_scatter(arrays, layer):
    return arrays[layer]


def set_clock(array, iteration, number):
    array.clock = iteration, number


def update_scattered(rows, up, down, array, method, d):
    return array.pulse(rows, up, down, method, d)


def update_single_scattered(rows, up, down, array, d):
    return array.pulse(rows, up, down, "fixed", d)


def count_scattered(array, i, j, sign, method, d):
    """What an update would issue."""
    return copy.deepcopy(array).update(i, j, sign, method, d)


def walk_scattered(array, i, j, events, method, d):
    """States of one pair, the first included; `events` are (iteration, number, sign)."""
    states = [(array.plus[i][j], array.minus[i][j])]
    for iteration, number, sign in events:
        array.clock = iteration, number
        array.update(i, j, sign, method, d)
        states.append((array.plus[i][j], array.minus[i][j]))
    return states


class ScatterNetwork(Network):
    """A network of such arrays. Events of a batch are numbered where the rule is `deferred`."""

    def __init__(self, layout, states, windows, arrays):
        super().__init__(layout, states, windows)
        self.arrays, self.iteration = arrays, 0

    def train(self, x, label):
        self.iteration += 1
        for array in self.arrays:
            array.clock = self.iteration, 0
        return super().train(x, label)

    def train_batch(self, xs, labels, rule):
        self.iteration += 1
        for array in self.arrays:
            array.clock, array.numbered = (self.iteration, 0), rule == "deferred"
        return super().train_batch(xs, labels, rule)
