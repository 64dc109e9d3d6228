"""Binary-stochastic learning: kernels against their twins bit for bit, expectations, carries, the loop, its replay, and the benchmark.

Statistical bounds are five standard errors, and all draws are seeded.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from xbarsim.kernels import train
from xbarsim.kernels.base import noise
from xbarsim.kernels.rules import backprop
from xbarsim.kernels.rules.bs import bits as binary
from xbarsim.kernels.rules.bs import carry
from xbarsim.kernels.rules.bs import infer as binary_infer
from xbarsim.kernels.rules.bs import loop as binary_train

from xbarsim import Device, Layout, LayoutError
from xbarsim.data_sets.load import to_samples
from xbarsim.learn.bs import BinaryState
from xbarsim.learn.software import SoftwareState

from ... import naive
from . import naive as twin

pytestmark = pytest.mark.jit

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


# ---------------------------------------------------------------------------------------------------------------------
# Twins


@pytest.mark.parametrize("coordinates", [(0, 1, 0, 0, 5), (2**63 - 11, 31, 2**32 - 1, 7, 64), (5, 12, 60_000, 3, 201)])
def test_random_words(coordinates):
    n = coordinates[-1]
    words = np.zeros(4 * ((n + 7) // 8), np.uint32)
    noise.fill_words(np.uint64(coordinates[0]), *coordinates[1:], words)
    assert words.view(np.uint16)[:n].tolist() == twin.draws_of(*coordinates)


def test_streams_differ_from_all_others():
    streams = {noise.bits_stream(layer, use) for layer in range(20) for use in range(8)}
    assert len(streams) == 160
    assert noise.bits_stream(3, 2) == twin.bits_stream(3, 2)
    names = [v for k, v in vars(noise).items() if k.startswith("STREAM_")]
    assert len(set(names)) == len(names)
    assert max(names) < 16


def test_tables():
    for table, values in zip(T, twin.build_tables(), strict=True):
        np.testing.assert_allclose(table, values, rtol=3e-7, atol=1e-9)
    assert abs(np.mean(T.logistic)) < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_inputs(seed):
    x = RNG(seed).choice([0, 0.1, 0.5, 0.50390625, 0.9, 1.0], 90).astype(np.float32)
    lines = np.flatnonzero(x).astype(np.int32)
    out, d = ints(90), drawn(90, seed)
    n = binary.binarise_inputs(lines, x[lines], len(lines), d, out)
    assert out[:n].tolist() == twin.binarise_inputs(x.tolist(), d.tolist())
    n = binary.threshold_inputs(lines, x[lines], len(lines), out)
    assert out[:n].tolist() == twin.threshold_inputs(x.tolist())


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_neurons(temperature):
    n = 203
    z = (2 * RNG(1).standard_normal(n)).astype(np.float32)
    z[:3] = 0, -0.0, 50
    t, d, out = np.float32(temperature), drawn(2 * n, 5), ints(n)
    for run, slow in (
        (lambda: binary.compare(z, n, t, d, T.logistic, out), lambda: twin.compare(z, t, d.tolist())),
        (lambda: binary.slope_norm(z, n, t, d, T.width, out), lambda: twin.slope_norm(z, t, d.tolist())),
        (
            lambda: binary.slope_and(z, n, t, d, T.logistic, out),
            lambda: twin.slope_and(z, t, d.tolist()[: 2 * n]),
        ),
        (
            lambda: binary.slope_window(z, n, t, np.float32(1.5), d, T.logistic, out),
            lambda: twin.slope_window(z, t, 1.5, d.tolist()),
        ),
    ):
        m = run()
        assert out[:m].tolist() == slow()


@pytest.mark.parametrize("seed", range(6))
def test_output_errors(seed):
    rng, n = RNG(seed), 10
    z, label = (2 * rng.standard_normal(n)).astype(np.float32), int(rng.integers(n))
    up, down, d = ints(n), ints(n), drawn(n, seed)
    c = np.empty(n)
    assert binary.cumulate_softmax(z, n, 0.7, c) == z.max()
    np.testing.assert_allclose(c, twin.cumulate_softmax(z, 0.7), rtol=1e-14)
    word = int(d[0]) * 65536 + int(d[1])
    a, b = binary.class_error(c, n, np.uint32(word), label, up, down)
    assert (up[:a].tolist(), down[:b].tolist()) == twin.class_error(z, 0.7, word, label)
    a, b = binary.bits_error(z, n, np.float32(0.7), d, T.logistic, label, up, down)
    assert (up[:a].tolist(), down[:b].tolist()) == twin.bits_error(z, 0.7, d.tolist(), label)


@pytest.mark.parametrize("seed", range(4))
def test_sign_errors(seed):
    rng = RNG(seed)
    w = np.round(rng.standard_normal((30, 16)), 1).astype(np.float32)
    columns = rng.permutation(16).astype(np.int32)
    up, down = np.sort(columns[: seed + 1]), np.sort(columns[8 : 9 + seed])
    w[3, up], w[3, down] = 1, 1  # an exact zero
    gated = np.append(np.int32(3), np.flatnonzero(rng.random(30) < 0.6)).astype(np.int32)
    a, b = ints(31), ints(31)
    for dead in (0.0, 0.7, 3.0):
        d = drawn(40, seed)
        n, m = binary.sign_errors(
            w, up, len(up), down, len(down), gated, len(gated), np.float32(dead), d, a, b
        )  # fmt: skip
        slow = twin.sign_errors(w, up, down, gated.tolist(), dead, d[: len(gated)].tolist())
        assert (a[:n].tolist(), b[:m].tolist()) == slow


def test_reads_and_ideal_steps():
    rng = RNG(0)
    w = np.clip(rng.standard_normal((40, 16)), -1.5, 1.5).astype(np.float32)
    for n in (0, 1, 8, 21):
        lines, out = np.sort(rng.permutation(40)[:n]).astype(np.int32), np.empty(16, np.float32)
        binary.forward_bits(lines, n, w, out)
        assert out.tolist() == [float(v) for v in twin.forward_bits(lines, w)]
        slow = w.copy()
        up, down = np.array([1, 5], np.int32), np.array([0, 15], np.int32)
        binary.step_ideal(
            lines, n, up, 2, down, 2, np.float32(0.3), np.float32(1.5), np.empty((1, 16), np.float32), w
        )  # fmt: skip
        twin.step_ideal(lines, up, down, 0.3, 1.5, slow)
        assert np.array_equal(w, slow)


# ---------------------------------------------------------------------------------------------------------------------
# Devices and carries


def cells_of(description, base=8.0, c2c=0.0, c2c_range=0.0, threshold=None):
    """The kernels' and the twin's idea of the same number system, of weights up to 4."""
    span, n = description.span, len(description.staircase()) - 1
    threshold = base * span / n if threshold is None else threshold * span
    linear = description.beta == 0 and description.beta_depression == 0
    cells = carry.Cells(
        np.float32(4.0 / span), np.float32(base), threshold, c2c, c2c_range * span, 256, int(linear),
        int(c2c > 0 or c2c_range > 0),
    )  # fmt: skip
    rules = twin.Rules(
        naive.Device.of(description), 4.0, base, threshold, c2c, c2c_range * span, 256, noise.quick_normal
    )
    return cells, rules


def random_digits(rng, description, cells, n_digits, rows=12, cols=5, stride=16, fill=1.0):
    steps = description.staircase()
    most = round(fill * (len(steps) - 1))
    g = [np.zeros((n_digits, rows, stride), np.float32) for _ in range(2)]
    for side in g:
        side[:, :, :cols] = steps[rng.integers(0, most + 1, (n_digits, rows, cols))]
    digits = carry.Digits(np.zeros((rows, stride), np.float32), np.zeros((rows, stride), np.float32), *g)
    carry.weigh_all(cols, cells, digits)
    return digits


def lists_of(digits, cols):
    k, rows = digits.plus.shape[:2]
    return [
        [[(digits.plus[q, i, j], digits.minus[q, i, j]) for q in range(k)] for j in range(cols)] for i in range(rows)
    ]


def assert_equal(digits, weights, rules, cols):
    assert lists_of(digits, cols) == weights
    slow = np.array(twin.weigh_all(weights, rules), np.float64)
    np.testing.assert_allclose(digits.w[:, :cols], slow, rtol=1e-5, atol=1e-6)
    assert not digits.w[:, cols:].any()


@pytest.mark.parametrize("n_digits", [1, 2, 3])
@pytest.mark.parametrize("c2c", [(0.0, 0.0), (0.3, 0.0), (0.2, 0.01)])
@pytest.mark.parametrize("beta", [0.0, 2.0])
def test_device_steps_and_carries(n_digits, c2c, beta):
    rng, description = RNG(n_digits), Device(n_max=64, beta=beta)
    cells, rules = cells_of(description, 8.0, *c2c)
    d, k = random_digits(rng, description, cells, n_digits), description.kernel()
    slow, keys = lists_of(d, 5), np.zeros((2, 16), np.uint64)
    carried = 0
    for at in range(1, 15):
        firing = np.flatnonzero(rng.random(12) < 0.5).astype(np.int32)
        up, down = np.array([0, 3], np.int32), np.array([1, 2, 4][: at % 4], np.int32)
        lists = firing, len(firing), up, 2, down, len(down)
        carry.step_cells(*lists, np.uint64(3), 14, at, 1, k, cells, keys, d)
        twin.step_cells(firing.tolist(), up.tolist(), down.tolist(), 3, 14, at, 1, rules, slow)
        for q in range(n_digits - 1, 0, -1):
            if at % 5 ** (n_digits - q) == 0:
                got = carry.carry(q, 5, np.uint64(3), 15, at, k, cells, d)
                assert got == twin.carry(q, 3, 15, at, rules, slow)
                carried += got[0]
        assert_equal(d, slow, rules, 5)
    assert carried > 10 or n_digits == 1


def test_sweeping_rows_equals_pulsing_pairs():
    description = Device(n_max=64, beta=0.0)
    cells, _ = cells_of(description)
    a = random_digits(RNG(2), description, cells, 2, cols=16)
    a.plus[1, :, :4], a.minus[1, :, 2:6] = np.float32(description.g_max), np.float32(description.g_max)
    carry.weigh_all(16, cells, a)
    b = carry.Digits(*(v.copy() for v in a))
    firing, k = np.array([0, 3, 11], np.int32), description.kernel()
    up, down = np.array([0, 1, 3, 5, 9], np.int32), np.array([2, 4, 8, 15], np.int32)
    carry.sweep_cells(firing, 3, up, 5, down, 4, k, cells, a)
    one_by_one = cells._replace(linear=0)
    args = np.uint64(0), 0, 1, 0, k, one_by_one, np.zeros((2, 16), np.uint64), b
    carry.step_cells(firing, 3, up, 5, down, 4, *args)
    for x, y in zip(a, b, strict=True):
        assert np.array_equal(x, y)


def total(digits, rules, cols):
    """W of every weight, float64."""
    v = (digits.plus.astype(np.float64) - digits.minus)[:, :, :cols]
    span = rules.device.g_max - rules.device.g_min
    return sum(rules.scale / span * rules.base**-k * v[k] for k in range(len(v)))


@pytest.mark.parametrize("c2c", [0.0, 0.3])
@pytest.mark.parametrize(("base", "beta"), [(4.0, 0.0), (16.0, 0.0), (4.0, 3.0), (16.0, 1.0)])
@pytest.mark.parametrize("state", ["anywhere", "near the rails", "high digit full"])
def test_a_carry_conserves_the_weight(state, base, c2c, beta):
    description = Device(n_max=64, beta=beta)
    cells, rules = cells_of(description, base, c2c)
    rng, cols = RNG(1), 16
    d = random_digits(rng, description, cells, 2, rows=100, cols=cols)
    steps = description.staircase()
    if state == "near the rails":
        for g in (d.plus, d.minus):
            g[:] = rng.choice(steps[[0, 1, 63, 64]], g.shape)
    if state == "high digit full":
        d.plus[0], d.minus[0] = steps[64], steps[0]
    carry.weigh_all(cols, cells, d)
    before, v = total(d, rules, cols), (d.plus[1].astype(np.float64) - d.minus[1])
    carries, pulses, resets = carry.carry(1, cols, np.uint64(5), 15, 100, description.kernel(), cells, d)
    after = total(d, rules, cols)
    # In steps of the lowest digit at Gmin, which are its largest.
    change = (after - before) / (rules.scale / base * description.alpha_p / description.span)
    assert carries == np.count_nonzero(np.abs(v) > cells.threshold) > 50
    assert np.max(np.abs(change)) <= 0.5 + 2e-3
    assert abs(change.mean()) < 5 * change.std() / math.sqrt(change.size) + 0.02
    if beta == 0 and c2c == 0:
        assert np.max(np.abs(change)) < 2e-3  # on equal stairs it is exact
    # What was carried has room again, unless the higher digit had none.
    left, high = np.abs(d.plus[1] - d.minus[1]), np.abs(d.plus[0] - d.minus[0])
    room = high < 0.999 * description.span
    if beta == 0 and c2c == 0:
        assert np.all(left[room] <= cells.threshold * 1.001)
    assert pulses > 0
    assert resets % 2 == 0
    np.testing.assert_allclose(d.w[:, :cols], after, atol=2e-5)


# ---------------------------------------------------------------------------------------------------------------------
# Expectations


def test_mean_of_input_bits():
    n = 200_000
    for x in (0.0, 1 / 255, 0.25, 254 / 255, 1.0):
        hits = binary.binarise_inputs(np.zeros(n, np.int32), np.full(n, x, np.float32), n, drawn(n), ints(n))
        close(hits / n, x, n)
        assert x not in (0.0, 1.0) or hits == n * x


@pytest.mark.parametrize("z", [-3.0, -0.4, 0.0, 1.0, 2.5])
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_means_of_neurons_and_derivatives(z, temperature):
    n, t = 200_000, np.float32(temperature)
    values, d, out = np.full(n, z, np.float32), drawn(2 * n), ints(n)
    s = sigma(z / temperature)
    close(binary.compare(values, n, t, d, T.logistic, out) / n, s, n)
    close(binary.slope_norm(values, n, t, d, T.width, out) / n, 4 * s * (1 - s), n)
    close(binary.slope_and(values, n, t, d, T.logistic, out) / n, s * (1 - s), n)
    window = sigma(z / temperature + 1.5) - sigma(z / temperature - 1.5)
    close(binary.slope_window(values, n, t, np.float32(1.5), d, T.logistic, out) / n, window, n)


def test_means_of_output_errors():
    n, t, label = 40_000, 0.8, 2
    z = np.array([0.3, -1.0, 0.5, 1.2], np.float32)
    p, c = np.exp(z / t) / np.exp(z / t).sum(), np.empty(4)
    binary.cumulate_softmax(z, 4, t, c)
    up, down, d = ints(4), ints(4), drawn(8 * n)
    classes, bits = np.zeros(4), np.zeros(4)
    for k in range(n):
        a, b = binary.class_error(c, 4, d.view(np.uint32)[k], label, up, down)
        classes[up[:a]] += 1
        classes[down[:b]] -= 1
        a, b = binary.bits_error(z, 4, np.float32(t), d[4 * k : 4 * k + 4], T.logistic, label, up, down)
        bits[up[:a]] += 1
        bits[down[:b]] -= 1
    target = np.eye(4)[label]
    close(np.abs(classes / n), np.abs(target - p), n)
    close(np.abs(bits / n), np.abs(target - sigma(z / t)), n)


def test_mean_of_a_sign_with_a_random_dead_zone():
    n = 100_000
    w, gated = np.full((n, 1), 0.6, np.float32), np.arange(n, dtype=np.int32)
    one, none, above, below = np.zeros(1, np.int32), np.zeros(0, np.int32), ints(n), ints(n)
    for dead, mean in ((2.0, 0.3), (0.7, 0.6 / 0.7), (0.5, 1.0), (0.0, 1.0)):
        a, b = binary.sign_errors(w, one, 1, none, 0, gated, n, np.float32(dead), drawn(n), above, below)
        assert b == 0
        close(a / n, mean, n)
        a, b = binary.sign_errors(w, none, 0, one, 1, gated, n, np.float32(dead), drawn(n), above, below)
        assert a == 0
        close(b / n, mean, n)


# ---------------------------------------------------------------------------------------------------------------------
# The loop


def problem(n=40, inputs=30, classes=4, seed=3):
    rng = RNG(seed)
    x = (rng.random((n, inputs)) * (rng.random((n, inputs)) < 0.6)).astype(np.float32)
    return x, rng.integers(0, classes, n)


LAYERS = (30, 9, 8, 4)


def learners(seed=11, **values):
    """A state, and its twin."""
    layout = Layout.of(**{
        "layers": LAYERS, "rule": "bs", "seed": seed, "iterations": 40, "bs_initial_weight": 3.0, "bs_step": 0.05,
        "bs_slope_temperature": 1.5, "beta": 0.0, "bs_base": 8.0, "bs_carry_every": 7, "bs_carry_ratio": 3, **values,
    })  # fmt: skip
    state = BinaryState(layout)
    state.initialise()
    bs = layout.bs
    rules = cells_of(layout.device, bs.bs_base, layout.variation.c2c, layout.variation.c2c_range)[1]
    rules.most = state.cells.most
    weights = [
        lists_of(state.layer_digits(k), state.shape(k)[1]) if bs.bs_digits else state.layer(k).copy()
        for k in range(state.n_layers)
    ]
    m = state.learning
    slow = twin.Learner(
        seed, LAYERS, weights, m.temperature, m.slope_temperature, m.dead_zone, m.step, m.step_end, m.schedule, float(m.reach),
        m.slope, m.window, m.inputs, m.outputs, m.reads, m.draws, tuple(bs.periods), rules, layout.array.bias,
    )  # fmt: skip
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


@pytest.mark.jit
@pytest.mark.parametrize("values", [
    {},
    {"bs_slope": "and", "bs_output": "bits", "bs_dead_zone": 0.8, "bs_inner_dead_zone": 0.0, "bs_reads": 1, "bs_draws": 1},
    {"bs_slope": "window", "bs_input": "threshold", "bs_reads": 4, "bs_draws": 1, "bias": False, "bs_reach": 0.6},
    {"bs_digits": 1, "bs_reads": 1},
    {"bs_digits": 2},
    {"bs_digits": 3, "c2c": 0.3, "bs_reads": 1},
    {"bs_digits": 2, "beta": 1.0, "c2c": 0.2, "c2c_range": 0.01, "bs_draws": 1},
], ids=lambda v: "-".join(v) or "defaults")  # fmt: skip
def test_the_loop_and_its_replay(values):
    state, slow = learners(**values)
    start = [state.frame(k) for k in range(3)]
    x, y = problem()
    twin.train_binary(slow, x, y)
    got, kept, loss, wrong, pulses = train_blocks(state, to_samples(x, y.astype(np.int64), 1.0), (1, 16, 23))
    assert sorted(got, key=lambda e: (e[1], e[0])) == sorted(
        ((a, b, *map(list, c)) for a, b, *c in slow.log), key=lambda e: (e[1], e[0])
    )
    assert len(got) > 30
    np.testing.assert_allclose(loss, [c[0] for c in slow.curves], rtol=1e-4, atol=1e-5)
    assert wrong == [c[1] for c in slow.curves]
    work = state.work_done()
    assert sum(work["events"]) == len(got)
    assert sum(work["pulses"]) == sum(len(r) * (len(u) + len(d)) for _, _, r, u, d in got)
    assert pulses == sum(work["pulses"]) + sum(work["carry_pulses"])
    for k in range(3):
        if state.digits:
            assert_equal(state.layer_digits(k), slow.weights[k], slow.rules, state.shape(k)[1])
        else:
            assert np.array_equal(state.layer(k), np.array(slow.weights[k], np.float32))
    # Replay from the events alone, in parts.
    again, _ = learners(**values)
    for k in range(3):
        again.set_frame(k, start[k])
        again.begin_replay(k, 0)
        columns = [np.array(v) for v in zip(*kept[k], strict=True)]
        cut = int(np.searchsorted(columns[0], 20))
        again.replay(k, *(v[:cut] for v in columns))
        again.replay(k, *(v[cut:] for v in columns))
        again.end_replay(k, 40)
        for a, b in zip(again.frame(k), state.frame(k), strict=True):
            assert np.array_equal(a, b)
        assert np.array_equal(again.layer(k), state.layer(k))


@pytest.mark.jit
@pytest.mark.parametrize("values", [{}, {"bs_digits": 2, "c2c": 0.3}])
def test_blocks_do_not_matter(values):
    x, y = problem()
    samples = to_samples(x, y.astype(np.int64), 1.0)
    ends = []
    for blocks in ((40,), (1,) * 40, (13, 27)):
        state, _ = learners(**values)
        train_blocks(state, samples, blocks)
        ends.append([state.frame(k) for k in range(3)])
    for other in ends[1:]:
        for a, b in zip(ends[0], other, strict=True):
            assert all(np.array_equal(u, v) for u, v in zip(a, b, strict=True))


def test_steps_fall():
    state, slow = learners(bs_step=0.5, bs_step_end=0.1)
    steps = [binary_train.step_at(n, state.learning) for n in (0, 20, 40, 1000)]
    np.testing.assert_allclose(steps, [0.5, 0.5 * 0.1**0.5, 0.05, 0.05], rtol=1e-6)
    assert steps == [twin.step_at(n, slow) for n in (0, 20, 40, 1000)]


def test_inference_equals_the_twins():
    state, slow = learners()
    x, y = problem(25)
    samples = to_samples(x, y.astype(np.int64), 1.0)
    winners = np.empty(25, np.int64)
    currents = np.array([state.layer(0)[:-1].T @ row + state.layer(0)[-1] for row in x], np.float32)
    binary_infer.classify_expected(currents, state.geometry, state.temperature, state.weights, winners)
    weights = [state.layer(k) for k in range(3)]
    expected = twin.classify_expected(weights, state.temperature, x)
    assert winners.tolist() == expected
    assert state.evaluator(samples).accuracy() == np.mean(winners == y)
    seed = np.uint64(11)
    args = samples, state.geometry, state.temperature, 0, state.tables, state.weights, winners
    binary_infer.classify_sampled(seed, 3, *args)
    assert winners.tolist() == twin.classify_sampled(slow, 3, x)
    binary_infer.classify_sampled(seed, 4000, *args)
    assert np.mean(winners == np.array(expected)) > 0.7  # many passes come near the expectation


@pytest.mark.parametrize("values", [{"bs_input": "threshold"}, {}])
def test_evaluator_reads_only_what_changed(values):
    state, _ = learners(**values)
    x, y = problem(25)
    evaluator = state.evaluator(to_samples(x, y.astype(np.int64), 1.0))
    train_x, train_y = problem(40, seed=9)
    events, curves = state.new_buffers()
    for at in range(5):
        state.train(at, np.array([at]), to_samples(train_x, train_y.astype(np.int64), 1.0), events, curves)
        evaluator.note(events)
        seen = x > 0.5 if values else x
        slow = twin.classify_expected([state.layer(k) for k in range(3)], state.temperature, seen.astype(np.float32))
        assert evaluator.accuracy() == np.mean(np.array(slow) == y)


# ---------------------------------------------------------------------------------------------------------------------
# The benchmark, and what does not go together


@pytest.mark.parametrize("activation", ["sigmoid", "hard-sigmoid"])
def test_the_benchmark_is_back_propagation(activation):
    layers, (x, y) = (12, 7, 6, 3), problem(30, 12, 3, 1)
    state = SoftwareState(Layout.of(
        layers=layers, rule="software", activation=activation, learning_rate=0.2, learning_rate_end=0.3, schedule=20, software_c=1.5,
        initial_weight=2.0,
    ))  # fmt: skip
    state.initialise()
    weights = [state.layer(k).astype(np.float64) for k in range(3)]
    events, curves = state.new_buffers()
    samples = to_samples(x, y.astype(np.int64), 1.0)
    losses, wrongs = [], []
    for a, b in ((0, 1), (1, 17), (17, 30)):
        state.train(a, np.arange(a, b), samples, events, curves)
        losses += curves.loss[: b - a].tolist()
        wrongs += curves.wrong[: b - a].tolist()
    slow = twin.backprop(weights, x, y, activation, 1.5, 0.2, 0.3, 20)
    np.testing.assert_allclose(losses, [c[0] for c in slow], rtol=2e-3, atol=1e-5)
    assert wrongs == [c[1] for c in slow]
    for k in range(3):
        np.testing.assert_allclose(state.layer(k), weights[k], rtol=2e-3, atol=2e-5)
        assert not train.layer_weights(state.weights, state.geometry, k)[:, layers[k + 1] :].any()
    assert backprop.rate_at(10, 0.2, 0.3, 20) == pytest.approx(twin.rate_at(10, 0.2, 0.3, 20))
    h = [np.append(v, 1.0) for v in x]
    for k in range(3):
        z = [v @ state.layer(k) for v in h]
        h = [np.append(sigma(v) if activation == "sigmoid" else np.clip(0.5 + v / 3, 0, 1), 1.0) for v in z]
    assert state.evaluator(samples).accuracy() == np.mean(np.argmax(z, axis=1) == y)


@pytest.mark.parametrize(("values", "text"), [
    ({"batch": 2}, "run.batch: expected 1 with rule 'bs', got 2"),
    ({"wire_resistance": 1.0}, "wires: expected nothing of the kind"),
    ({"account": True}, "gates: expected nothing"),
    ({"read_noise": 0.1}, "sense: expected nothing of the kind"),
    ({"engine": "analog"}, "run.engine: expected nothing of the kind"),
    ({"c2c": 0.1}, "variation: expected nothing of the kind"),
    ({"bs_slope": "sigmoid"}, "bs.bs_slope: unknown name"),
    ({"bs_digits": 7}, "bs.bs_digits: expected a whole number <= 6"),
    ({"bs_reads": 100, "bs_draws": 100}, "bs.bs_draws: expected bs_reads"),
    ({"bs_temperature": 0.0}, "bs.bs_temperature: expected a number >= 1e-06"),
    ({"activation": "sigmoid", "rule": "software", "batch": 2}, "run.batch: expected 1 with activation"),
])  # fmt: skip
def test_what_does_not_go_together_is_told(values, text):
    with pytest.raises(LayoutError) as error:
        Layout.of(**{"layers": (6, 3), "rule": "bs", **values})
    assert str(error.value).startswith(text)
    assert "\n" not in str(error.value)


def test_a_carry_that_never_comes_is_told():
    with pytest.raises(LayoutError, match=r"bs\.bs_carry_threshold: expected a threshold that a digit can reach"):
        BinaryState(Layout.of(layers=(6, 3), rule="bs", bs_digits=2, n_max=8))
