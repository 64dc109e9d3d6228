"""Problems, draws, cells and learners of rule `bs`, and their twins."""

from __future__ import annotations

import numpy as np
from xbarsim.kernels import evaluate
from xbarsim.kernels.base import noise
from xbarsim.kernels.circuit.ideal import Ideal
from xbarsim.kernels.circuit.silent import Silent
from xbarsim.kernels.rules.bs import bits as binary
from xbarsim.kernels.rules.bs import carry
from xbarsim.kernels.rules.bs.expected import Expected
from xbarsim.kernels.rules.bs.sampled import Sampled
from xbarsim.kernels.rules.table import new_room

from xbarsim import Layout
from xbarsim.learn.table import state_of

from ... import naive

T = binary.build_tables()
RNG = np.random.default_rng


def ints(n):
    return np.full(n + 1, -1, np.int32)


def drawn(n, iteration=0):
    words = np.zeros(4 * ((n + 7) // 8) + 1, np.uint32)
    noise.fill_words(np.uint64(7), 1, iteration, 0, n, words)
    return words.view(np.uint16)


def close(measured, expected, n):
    """Mean of n bits with this expectation; quantiles are multiples of 1/4096."""
    p = np.clip(expected, 1e-9, 1 - 1e-9)
    assert np.all(np.abs(measured - expected) < 5 * np.sqrt(p * (1 - p) / n) + 2e-4 + 5 / n), (measured, expected)


def sigma(x):
    return 1 / (1 + np.exp(-x))


def cells_of(description, base=8.0, c2c=0.0, c2c_range=0.0, threshold=None):
    """The kernels' and the twin's idea of the same number system, of weights up to 4."""
    span, n = description.span, len(description.staircase()) - 1
    threshold = base * span / n if threshold is None else threshold * span
    linear = description.beta == 0 and description.beta_depression == 0
    cells = carry.Cells(
        np.float32(4.0 / span),
        np.float32(base),
        threshold,
        c2c,
        c2c_range * span,
        256,
        int(linear),
        int(c2c > 0 or c2c_range > 0),
    )
    rules = naive.Rules(
        naive.Device.of(description), 4.0, base, threshold, c2c, c2c_range * span, 256, noise.quick_normal
    )
    return cells, rules


def lists_of(digits, cols):
    k, rows = digits.plus.shape[:2]
    return [
        [[(digits.plus[q, i, j], digits.minus[q, i, j]) for q in range(k)] for j in range(cols)] for i in range(rows)
    ]


def problem(n=40, inputs=30, classes=4, seed=3):
    rng = RNG(seed)
    x = (rng.random((n, inputs)) * (rng.random((n, inputs)) < 0.6)).astype(np.float32)
    return x, rng.integers(0, classes, n)


LAYERS = (30, 9, 8, 4)


def learners(seed=11, **values):
    """A state, and its twin."""
    layout = Layout.of(
        **{
            "layers": LAYERS,
            "rule": "bs",
            "seed": seed,
            "iterations": 40,
            "bs_initial_weight": 3.0,
            "bs_step": 0.05,
            "bs_slope_temperature": 1.5,
            "beta": 0.0,
            "bs_base": 8.0,
            "bs_carry_every": 7,
            "bs_carry_ratio": 3,
            **values,
        }
    )
    state = state_of(layout)
    state.initialise()
    bs = layout.bs
    rules = cells_of(layout.device, bs.bs_base, layout.variation.c2c, layout.variation.c2c_range)[1]
    rules.most = state.cells.most if state.digits else rules.most
    weights = [
        lists_of(state.layer_digits(k), state.shape(k)[1]) if bs.bs_digits else state.layer_weights(k).copy()
        for k in range(state.n_layers)
    ]
    m = state.learning
    slow = naive.Learner(
        seed,
        LAYERS,
        weights,
        m.temperature,
        m.slope_temperature,
        m.dead_zone,
        bs.bs_step,
        bs.bs_step_end,
        layout.run.schedule or layout.run.iterations,
        float(np.float32(bs.bs_reach or 1e30)),
        m.slope,
        m.window,
        m.inputs,
        m.outputs,
        m.reads,
        m.draws,
        tuple(bs.periods),
        rules,
        layout.array.bias,
    )
    return state, slow


def train_blocks(state, samples, blocks):
    events, curves = state.new_buffers()
    got, kept, done = [], [[] for _ in range(state.n_layers)], 0
    loss, wrong, pulses = [], [], 0
    for n in blocks:
        state.train(done, np.arange(done, done + n), samples, events, curves)
        done += n
        loss += curves.loss[:n].tolist()
        wrong += curves.wrong[:n].tolist()
        pulses += int(curves.pulses[:n].sum())
        for k in range(state.n_layers):
            for e in range(events.count[k]):
                fields = tuple(
                    np.array(p[k, e]) for p in (events.iteration, events.rows, events.raised, events.lowered)
                )
                kept[k].append(fields)
                lines = [np.flatnonzero(np.unpackbits(p, bitorder="little")).tolist() for p in fields[1:]]
                got.append((k, int(fields[0]), *lines))
    return got, kept, loss, wrong, pulses


def assert_equal(digits, weights, rules, cols):
    assert lists_of(digits, cols) == weights
    slow = np.array(naive.weigh_all(weights, rules), np.float64)
    np.testing.assert_allclose(digits.w[:, :cols], slow, rtol=1e-5, atol=1e-6)
    assert not digits.w[:, cols:].any()


def classify_expected(samples, geometry, temperature, array, known=None):
    """Class of every sample by expectation, from the known currents of the first array, if any."""
    rule, winners = Expected(temperature), np.empty(len(samples.label), np.int64)
    kinds, room = (rule, array, Ideal(0), Silent(0)), new_room(rule, geometry, 1)
    evaluate.classify(0, samples, geometry, *kinds, room, 0, known, winners)
    return winners


def classify_sampled(seed, passes, samples, geometry, temperature, array):
    """Class of every sample by the most frequent one of stochastic passes."""
    rule, winners = Sampled(np.uint64(seed), passes, temperature, 0, T), np.empty(len(samples.label), np.int64)
    kinds, room, classes = (rule, array, Ideal(0), Silent(0)), new_room(rule, geometry, 1), int(geometry.cols[-1])
    votes, total = np.zeros(classes, np.int64), np.zeros(classes)
    evaluate.poll(0, samples, geometry, *kinds, room, 0, votes, total, winners)
    return winners
