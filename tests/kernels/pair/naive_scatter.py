"""Slow and obvious twins of the kernels for devices that scatter, written from the physics; see `naive`.

Names are those of the kernels. A state runs from 0 (Gmin) to 1 (Gmax). A device that is being pulsed is a `Part`; what all have in common
is a `Law`; an array of them is a `ScatterArray`, which knows by which iteration and event it is pulsed.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ... import naive as base

STREAM_TRAIT, STREAM_PULSE, STREAM_CLIMB = 11, 12, 13
NEAR = 1.25e-6  # states that float32 conductances cannot tell apart

# ---------------------------------------------------------------------------------------------------------------------
# Random numbers


def philox2(c0, c1, key):
    """Philox2x32-7 with Python's integers."""
    for n in range(7):
        high, low = divmod(0xD256D193 * c0, 2**32)
        c0, c1 = high ^ c1 ^ (key + n * 0x9E3779B9) % 2**32, low
    return c0, c1


def quick_uniform(c0, c1, key):
    high, low = philox2(c0, c1 % 2**32, key)
    return (high * 2**32 + low) // 2**11 / 2**53


def bell(x):
    return math.exp(-x * x / 2)


def strips():
    """Right edges of 256 strips of one area under the bell, the tail counted as part of the first; start of the tail as published."""
    start = 3.6541528853610088
    area = start * bell(start) + math.sqrt(math.pi / 2) * math.erfc(start / math.sqrt(2))
    edges = [area / bell(start), start]
    while len(edges) < 256:
        edges.append(math.sqrt(-2 * math.log(area / edges[-1] + bell(edges[-1]))))
    return [*edges, 0.0]


EDGES = strips()


def quick_normal(c0, c1, key):
    while True:
        high, low = philox2(c0, c1 % 2**32, key)
        bits = high * 2**32 + low
        strip, sign = bits % 256, -1 if bits // 256 % 2 else 1
        x = bits // 512 / 2**55 * EDGES[strip]
        if x < EDGES[strip + 1]:
            return sign * x
        if strip == 0:
            return sign * tail(c0, c1 + 1, key)
        below, above = bell(EDGES[strip]), bell(EDGES[strip + 1])
        if below + quick_uniform(c0, c1 + 1, key) * (above - below) < bell(x):
            return sign * x
        c1 += 2


def tail(c0, c1, key):
    """A normal number beyond the last edge: exponential ones, thinned out."""
    while True:
        c1 += 2
        beyond = -math.log(1 - quick_uniform(c0, c1, key)) / EDGES[1]
        if -2 * math.log(1 - quick_uniform(c0, c1 + 1, key)) > beyond**2:
            return EDGES[1] + beyond


def trait_stream(layer, side, quantity):
    return STREAM_TRAIT + 2**4 * quantity + 2**8 * side + 2**9 * layer


def factor(seed, stream, draw, row, column, sigma, lognormal):
    for attempt in range(2**16):
        x = sigma * base.normal(seed, stream, draw + 2**16 * attempt, row, column)
        if lognormal:
            return math.exp(x)
        if 1 + x >= 0:
            return 1 + x
    raise AssertionError


def fill_factors(seed, stream, draw, sigma, lognormal, rows, cols):
    return [[factor(seed, stream, draw, i, j, sigma, lognormal) for j in range(cols)] for i in range(rows)]


def fill_uniform(seed, stream, draw, rows, cols):
    return [[base.uniform(seed, stream, draw, i, j) for j in range(cols)] for i in range(rows)]


# ---------------------------------------------------------------------------------------------------------------------
# Laws


def look_up(table, s):
    """Of a function given on equal intervals of [0, 1]."""
    return float(np.interp(s, np.linspace(0, 1, len(table)), table))


def fine(table, s):
    """The same, sooner: `np.interp` goes through all nodes."""
    x = min(max(s, 0.0), 1.0) * (len(table) - 1)
    k = min(int(x), len(table) - 2)
    return (k + 1 - x) * table[k] + (x - k) * table[k + 1]


@dataclass
class Law:
    """Steps are parts of the range. `up` and `down` are functions of the state: the common device's mean steps."""

    model: str
    alpha_p: float
    beta_p: float
    alpha_d: float
    beta_d: float
    up: Callable
    down: Callable
    snap_p: float
    snap_d: float
    step: Callable | None = None
    jump_up: list | None = None
    jump_down: list | None = None
    c2c: float = 0.0
    c2c_range: float = 0.0
    most: int = 65_535
    stops: list = field(default_factory=list)
    replays: list | None = None

    @classmethod
    def of(cls, layout, step=None):
        """From a layout's numbers; `step` is a plug-in's function."""
        d, v, span = layout.device, layout.variation, layout.device.span
        law = cls(
            d.model, d.alpha_p / span, d.beta, d.alpha_depression / span, d.beta_depression, None, None, 0.0, 0.0, step,
            c2c=v.c2c, c2c_range=v.c2c_range,
        )  # fmt: skip
        if d.model == "table":
            law.up, law.down = (averages([[x / span for x in row] for row in t]) for t in (d.jump_p, d.jump_d))
            if any(len(t[0]) > 1 for t in (d.jump_p, d.jump_d)):
                law.jump_up, law.jump_down = ([[x / span for x in row] for row in t] for t in (d.jump_p, d.jump_d))
        elif d.model == "plugin":
            law.up, law.down = (lambda s: step(s, 1, 0.0)), (lambda s: -step(s, 0, 0.0))
        else:
            law.up, law.down = (lambda s: of_model(law, s, 1.0)), (lambda s: of_model(law, 1.0 - s, 1.0, down=True))
        grid = np.linspace(0, 1, 4097)
        if d.model == "exponential":  # what all have in common is sampled finely, and linear in between
            samples = [[f(float(x)) for x in grid] for f in (law.up, law.down)]
            law.up, law.down = (lambda s, t=t: fine(t, s) for t in samples)
        law.snap_p, law.snap_d = (min(x for x in map(f, grid) if x > 0) / 20 for f in (law.up, law.down))
        law.most = min(20 * (len(d.staircase()) - 1), 65_535)
        law.stops = fill_stops(law, 4097)
        return law


def averages(table):
    """Mean of every row's distribution, whose quantiles are given: area under its quantile function."""
    rows = [[a + b for a, b in itertools.pairwise(row)] or [2 * row[0]] for row in table]
    heights = [sum(row) / len(row) / 2 for row in rows]
    return lambda s: look_up(heights, s)


def of_model(law, way, factor_beta, down=False):
    """Step after `way` of the range has been gone."""
    alpha, beta = (law.alpha_d, law.beta_d) if down else (law.alpha_p, law.beta_p)
    if law.model == "exponential":
        return alpha * math.exp(-beta * factor_beta * way)
    return alpha * (1 - way) + alpha * math.exp(-beta * factor_beta) * way


def mean_rise(s, ka, kb, law):
    if law.model == "plugin":
        return ka * law.step(s, 1, 0.0)
    if law.model == "table" or kb == 1:
        return ka * law.up(s)
    return ka * of_model(law, s, kb)


def mean_fall(s, ka, kb, law):
    if law.model == "plugin":
        return -ka * law.step(s, 0, 0.0)
    if law.model == "table" or kb == 1:
        return ka * law.down(s)
    return ka * of_model(law, 1 - s, kb, down=True)


def jump(table, s, u):
    return look_up([look_up(row, u) for row in table], s)


def noisy(mean, law, z):
    """A step of this mean, with two independent deviations, drawn as one."""
    return mean + z * (math.hypot(law.c2c * mean, law.c2c_range) if law.c2c_range else law.c2c * mean)


@dataclass
class Part:
    """One device of a pair that is being pulsed."""

    s: float
    row: int = 0
    stream: tuple = (0, 0)  # c1 and key of its draws
    fixed: bool = False
    bottom: float = 0.0
    top: float = 1.0
    pull: float = 1.0  # what it conducts per state
    factors: tuple = (1.0, 1.0, 1.0, 1.0)  # on alpha up and down, beta up and down
    common: bool = True
    drawn: int = 0  # pulses that have been drawn in this update

    @property
    def full(self):
        return self.s >= self.top - NEAR

    def mean(self, law, s=None):
        return mean_rise(self.s if s is None else s, self.factors[0], self.factors[2], law)

    def draw(self, kind):
        place = self.row * 2**16 + self.drawn
        self.drawn += 1
        return kind(place, *self.stream)

    def reset(self):
        if not self.fixed:
            self.s = self.bottom


def step_up(part, law, up, mean):
    """Upwards or downwards, > 0 in the right direction."""
    factor_alpha = part.factors[0 if up else 1]
    if law.jump_up is not None:
        return factor_alpha * jump(law.jump_up if up else law.jump_down, part.s, part.draw(quick_uniform))
    if law.model == "plugin":
        return factor_alpha * law.step(part.s, int(up), part.draw(quick_normal)) * (1 if up else -1)
    if law.c2c == law.c2c_range == 0:
        part.drawn += 1
        return mean
    return noisy(mean, law, part.draw(quick_normal))


def rise(part, law):
    if part.fixed:
        return
    new = part.s + step_up(part, law, True, part.mean(law))
    part.s = part.top if new > part.top - law.snap_p else max(new, part.bottom)


def fall(part, law):
    if part.fixed:
        return
    new = part.s - step_up(part, law, False, mean_fall(part.s, part.factors[1], part.factors[3], law))
    part.s = part.bottom if new < part.bottom + law.snap_d else min(new, part.top)


# ---------------------------------------------------------------------------------------------------------------------
# Wear


def window_of(pulses, life, failure, closing):
    """(bottom, top, whether it is worn out)"""
    if pulses < life or failure != "closing":
        return 0.0, 1.0, pulses >= life
    width = (life / pulses) ** closing if pulses else 0.0
    return (1 - width) / 2, (1 + width) / 2, False


def worn(s, failure):
    return {"stuck": s, "min": 0.0, "max": 1.0}[failure]


def age(part, pulses, life, failure, closing):
    part.bottom, part.top, out = window_of(pulses, life, failure, closing)
    part.s = min(max(part.s, part.bottom), part.top)
    part.common = part.common and part.top == 1.0
    if out and not part.fixed:
        part.s, part.fixed = worn(part.s, failure), True


# ---------------------------------------------------------------------------------------------------------------------
# Replays


def is_there(s, before, part, law):
    """Whether the next stair is the one nearest to `before`."""
    one = s + part.mean(law, s)
    two = one + part.mean(law, one)
    return one >= before - NEAR or (one + two) / 2 > before


def stop_of(before, part, law):
    """State whose next stair and the one after are as far from `before`, refined twice; 2 where steps change too much for that."""
    here = part.mean(law, before)
    stop = before - 1.5 * here
    for _ in range(2):
        first = part.mean(law, stop)
        stop = before - first - part.mean(law, stop + first) / 2
    return stop if 0.8 < first / here < 1.25 else 2.0


def fill_stops(law, nodes):
    return [stop_of(k / (nodes - 1), Part(0.0), law) for k in range(nodes)]


def stop_at(stops, before):
    place = before * (len(stops) - 1)
    neighbours = stops[min(int(place), len(stops) - 2) :][:2]
    return 2.0 if 2.0 in neighbours else look_up(stops, before)


def fill_replays(seed, law, climbs, levels, quantiles):
    """[level][quantile]: (how far above the level a climb ends, after how many pulses); None where not all climbs come."""
    found = [([], []) for _ in range(levels + 1)]
    for k in range(climbs):
        bits = base.random_bits(seed, STREAM_CLIMB, 0, 0, k)
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
    low, high = (base.F(q) for q in quantiles[int(x) :][:2])
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


def update_one(this, other, method, law):
    """One update of a pair of `Part`; they are moved. Returns (pulses on this, on other, resets of this, of other)."""
    pulses, resets = [0, 0], [0, 0]
    common = this.common and other.common
    this.common = other.common = common
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


# ---------------------------------------------------------------------------------------------------------------------
# Arrays


def column_stream(seed, layer, side, column, iteration, number):
    bits = base.random_bits(seed, STREAM_PULSE + 16 * (2 * layer + side) + 2**12 * number, iteration, 0, column)
    return bits // 2**32, bits % 2**32


class ScatterArray(base.Array):
    """`stuck`, `life` and `factors` are pairs (plus, minus) of lists of rows, or None; `clock` says by which event it is pulsed."""

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
        parts = [self.part(i, j, side, d) for side in (0, 1)]
        order = (0, 1) if sign > 0 else (1, 0)
        counts = update_one(parts[order[0]], parts[order[1]], method, self.law)
        for side, pulses, resets in zip(order, counts[:2], counts[2:], strict=True):
            name = ("plus", "minus")[side]
            getattr(self, f"pulses_{name}")[i][j] += pulses
            getattr(self, f"resets_{name}")[i][j] += resets
            touched = self.life or pulses or resets
            if touched and not (self.stuck and self.stuck[side][i][j]):
                getattr(self, name)[i][j] = base.single(d.g_min + parts[side].s * (d.g_max - d.g_min))
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


class ScatterNetwork(base.Network):
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
