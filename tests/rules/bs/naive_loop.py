"""Twins of a network that learns with bits: training, replay, evaluation; see `tests/naive.py`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...kernels.base.naive import F
from .naive import (
    binarise_inputs,
    bits_error,
    bits_stream,
    class_error,
    compare,
    draws_of,
    fill_words,
    forward_bits,
    sign_errors,
    slope_and,
    slope_norm,
    slope_window,
    step_ideal,
    threshold_inputs,
)
from .naive_carry import carry, step_cells, weigh_all


@dataclass
class Learner:
    """A network and how it learns.

    `weights` is per layer rows of columns of float32, or of pairs of devices where there are periods.
    """

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
