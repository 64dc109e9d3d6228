"""Slow and obvious twins of the kernels of binary-stochastic learning, written from the equations; see `naive`.

Names are those of the kernels; arguments are lists instead of buffers, results lists instead of lengths. A pair of devices is two conductances, a
weight a list of pairs, the highest digit first. `z_of(place, c1, key)` stands for `noise.quick_normal`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ... import naive as base

F = np.float32


# ---------------------------------------------------------------------------------------------------------------------
# Random numbers


def bits_stream(layer, use):
    return 15 + 16 * (8 * layer + use)


def fill_words(seed, stream, iteration, index, n):
    """The first n 32-bit words of a coordinate."""
    out = []
    while len(out) < n:
        out += base.philox((iteration, len(out) // 4, index, stream), (seed % 2**32, seed // 2**32))
    return out[:n]


def draws_of(seed, stream, iteration, index, n):
    """The first n draws of 16 bits: the low half of a word first."""
    out = []
    for w in fill_words(seed, stream, iteration, index, (n + 1) // 2):
        out += [w % 65536, w // 65536]
    return out[:n]


def logistic(draw):
    u = (draw // 16 + 0.5) / 4096
    return F(math.log(u / (1 - u)))


def width(draw):
    u = (draw // 16 + 0.5) / 4096
    return F(2 * math.acosh(1 / math.sqrt(u)))


def build_tables():
    return [logistic(d) for d in range(0, 65536, 16)], [width(d) for d in range(0, 65536, 16)]


# ---------------------------------------------------------------------------------------------------------------------
# Bits, signs, reads, ideal steps


def binarise_inputs(x, draws):
    """x: dense inputs, 0 to 1; a draw for each input that is not 0, in order."""
    fired, it = [], iter(draws)
    for i, value in enumerate(x):
        if value > 0 and (next(it) + 0.5) / 65536 < value:
            fired.append(i)
    return fired


def threshold_inputs(x):
    return [i for i, value in enumerate(x) if value > 0.5]


def compare(z, temperature, draws):
    return [j for j in range(len(z)) if F(z[j]) + F(temperature) * logistic(draws[j]) > 0]


def slope_norm(z, temperature, draws):
    return [j for j in range(len(z)) if abs(F(z[j])) <= F(temperature) * width(draws[j])]


def slope_and(z, temperature, draws):
    b = compare(z, temperature, draws[0::2])
    c = compare(z, temperature, draws[1::2])
    return [j for j in b if j not in c]


def slope_window(z, temperature, window, draws):
    return [j for j in range(len(z)) if abs(F(z[j]) + F(temperature) * logistic(draws[j])) < F(temperature) * F(window)]


def cumulate_softmax(z, temperature):
    out, total = [], 0.0
    for v in z:
        total += math.exp((float(v) - float(max(z))) / temperature)
        out.append(total)
    return out


def class_error(z, temperature, word, label):
    sums = cumulate_softmax(z, temperature)
    mark = (word + 0.5) / 2**32 * sums[-1]
    y = next((k for k, c in enumerate(sums) if c > mark), len(sums) - 1)
    return ([], []) if y == label else ([label], [y])


def bits_error(z, temperature, draws, label):
    y = compare(z, temperature, draws)
    return [label] if label not in y else [], [k for k in y if k != label]


def sign_errors(w, up, down, gated, dead_zone, draws):
    """w: rows of float32."""
    above, below = [], []
    for i, draw in zip(gated, draws, strict=True):
        s = F(0)
        for k in up:
            s = s + F(w[i][k])
        for k in down:
            s = s - F(w[i][k])
        threshold = F(dead_zone) * F((draw + 0.5) / 65536)
        if s > threshold:
            above.append(i)
        if s < -threshold:
            below.append(i)
    return above, below


def forward_bits(lines, w):
    out = [F(0)] * len(w[0])
    for i in lines:
        out = [a + F(b) for a, b in zip(out, w[i], strict=True)]
    return out


def step_ideal(firing, up, down, step, reach, w):
    for i in firing:
        for j in up:
            w[i][j] = min(F(w[i][j]) + F(step), F(reach))
        for j in down:
            w[i][j] = max(F(w[i][j]) - F(step), -F(reach))


# ---------------------------------------------------------------------------------------------------------------------
# Devices and carries


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
    return base.step_up(float(g), rules.device)


def mean_down(g, rules):
    return base.step_down(float(g), rules.device)


def noisy_step(mean, draw, rules):
    z = rules.z_of(*draw)
    if rules.c2c_range > 0:
        return mean + math.sqrt(rules.c2c**2 * mean**2 + rules.c2c_range**2) * z
    return mean * (1 + rules.c2c * z)


def risen(g, draw, rules):
    d = rules.device
    if not rules.noisy:
        return F(base.potentiate(float(g), d))
    return F(min(max(float(g) + noisy_step(mean_up(g, rules), draw, rules), d.g_min), d.g_max))


def fallen(g, draw, rules):
    d = rules.device
    if not rules.noisy:
        return F(base.depress(float(g), d))
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
    bits = base.random_bits(*map(int, coordinates))
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


# ---------------------------------------------------------------------------------------------------------------------
# The loop


@dataclass
class Learner:
    """A network and how it learns; `weights` is per layer rows of columns of float32, or of pairs of devices where there are periods."""

    seed: int
    layers: tuple
    weights: list
    temperature: list
    slope_temperature: list
    dead_zone: list
    step: float = 0.05
    step_end: float = 1.0
    schedule: int = 1
    reach: float = 1e30
    slope: int = 0
    window: float = 1.0
    inputs: int = 0
    outputs: int = 0
    reads: int = 1
    draws: int = 1
    period: tuple = ()
    rules: Any = None
    bias: bool = True
    log: list = field(default_factory=list)  # (layer, iteration, rows, raised, lowered)
    curves: list = field(default_factory=list)  # (loss, wrong)


def layer_digits(learner, layer):
    return learner.weights[layer]


def dense(learner, layer):
    return weigh_all(learner.weights[layer], learner.rules) if learner.period else learner.weights[layer]


def step_at(iteration, learner):
    part = min(iteration / learner.schedule, 1.0)
    return F(learner.step * math.exp(math.log(learner.step_end) * part))


def sample_forward(learner, use, at, index, x):
    """(rows that fire in each layer, reads of each layer)."""
    n = int(np.count_nonzero(x))
    if learner.inputs == 0:
        lines = binarise_inputs(x, draws_of(learner.seed, bits_stream(0, use), at, index, n))
    else:
        lines = threshold_inputs(x)
    fired, reads = [], []
    for layer, inputs in enumerate(learner.layers[:-1]):
        fired.append([*lines, inputs] if learner.bias else lines)
        z = forward_bits(fired[-1], dense(learner, layer))
        reads.append(z)
        draws = draws_of(learner.seed, bits_stream(layer + 1, use), at, index, len(z))
        lines = compare(z, learner.temperature[layer], draws)
    return fired, reads


def sample_slopes(learner, at, index, layer, z):
    d = draws_of(learner.seed, bits_stream(layer, 1), at, index, 2 * len(z))
    t = learner.slope_temperature[layer]
    kinds = (
        lambda: slope_norm(z, t, d),
        lambda: slope_and(z, t, d),
        lambda: slope_window(z, t, learner.window, d),
    )
    return kinds[learner.slope]()


def pulse_binary(learner, layer, at, number, rows, up, down):
    w = learner.weights[layer]
    if learner.period:
        step_cells(rows, up, down, learner.seed, bits_stream(layer, 4), at, number, learner.rules, w)
    else:
        step_ideal(rows, up, down, step_at(at - 1, learner), learner.reach, w)


def carry_due(learner, layer, at):
    for k in range(len(learner.period) - 1, 0, -1):
        if learner.period[k] and at % learner.period[k] == 0:
            carry(k, learner.seed, bits_stream(layer, 5), at, learner.rules, learner.weights[layer])


def train_binary(learner, xs, labels):
    for n, (x, label) in enumerate(zip(xs, labels, strict=True)):
        at, last, numbers = n + 1, len(learner.layers) - 2, {}
        for s in range(learner.reads * learner.draws):
            if s % learner.draws == 0:
                fired, z = sample_forward(learner, 0, at, s, x)
            t = learner.temperature[last]
            if s == 0:
                p = [math.exp((float(v) - float(max(z[last]))) / t) for v in z[last]]
                learner.curves.append((-math.log(p[label] / sum(p)), int(np.argmax(z[last])) != label))
            if learner.outputs == 0:
                word = fill_words(learner.seed, bits_stream(last, 3), at, s, 1)[0]
                errors = {last: class_error(z[last], float(t), word, label)}
            else:
                d = draws_of(learner.seed, bits_stream(last, 3), at, s, len(z[last]))
                errors = {last: bits_error(z[last], t, d, label)}
            for layer in range(last, 0, -1):
                gated = sample_slopes(learner, at, s, layer - 1, z[layer - 1])
                d = draws_of(learner.seed, bits_stream(layer - 1, 2), at, s, len(gated))
                errors[layer - 1] = sign_errors(
                    dense(learner, layer), *errors[layer], gated, learner.dead_zone[layer - 1], d
                )
            for layer, (up, down) in sorted(errors.items()):
                if (up or down) and fired[layer]:
                    number = numbers[layer] = numbers.get(layer, -1) + 1
                    pulse_binary(learner, layer, at, number, fired[layer], up, down)
                    learner.log.append((layer, at, fired[layer], up, down))
        for layer in range(last + 1):
            carry_due(learner, layer, at)


def replay_binary(learner, layer, events, until):
    """events: (iteration, rows, raised, lowered)."""
    for at in range(1, until + 1):
        now = [e for e in events if e[0] == at]
        for number, (_, rows, up, down) in enumerate(now):
            pulse_binary(learner, layer, at, number, rows, up, down)
        carry_due(learner, layer, at)


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def classify_expected(weights, temperature, xs, bias=True):
    """weights: per layer rows of columns."""
    winners = []
    for x in xs:
        a = [float(v) for v in x]
        for layer, w in enumerate(weights):
            a = [*a, 1.0] if bias else a
            z = [sum(a[i] * float(w[i][j]) for i in range(len(a))) for j in range(len(w[0]))]
            a = [sigmoid(v / float(temperature[layer])) for v in z]
        winners.append(int(np.argmax(z)))
    return winners


def classify_sampled(learner, passes, xs):
    winners = []
    for k, x in enumerate(xs):
        reads = [sample_forward(learner, 6, k, s, x)[1][-1] for s in range(passes)]
        votes = [sum(int(np.argmax(z)) == j for z in reads) for j in range(len(reads[0]))]
        total = [sum(float(z[j]) for z in reads) for j in range(len(votes))]
        winners.append(max(range(len(votes)), key=lambda j: (votes[j], total[j], -j)))
    return winners


# ---------------------------------------------------------------------------------------------------------------------
# The benchmark


def rate_at(iteration, rate, rate_end, schedule):
    return rate * rate_end ** min(iteration / schedule, 1)


def backprop(weights, xs, labels, activation, c, rate, rate_end, schedule, bias=True):
    """float64 throughout; weights: per layer (rows, cols) arrays, changed in place. Returns (loss, wrong) of every sample."""
    curves = []
    for n, (x, label) in enumerate(zip(xs, labels, strict=True)):
        a = [np.asarray(x, float)]
        for w in weights:
            a[-1] = np.append(a[-1], 1.0) if bias else a[-1]
            z = a[-1] @ w
            a.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.clip(0.5 + z / (2 * c), 0, 1))
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        curves.append((-math.log(p[label]), int(np.argmax(z)) != label))
        delta = p - np.eye(len(p))[label]
        for layer in range(len(weights) - 1, -1, -1):
            step = np.outer(a[layer], delta)
            if layer:
                h = a[layer][:-1] if bias else a[layer]
                slope = h * (1 - h) if activation == "sigmoid" else ((h > 0) & (h < 1)) / (2 * c)
                delta = (weights[layer][: len(h)] @ delta) * slope
            weights[layer] -= rate_at(n, rate, rate_end, schedule) * step
    return curves
