"""The conditional reverse update scheme and its rivals.

Twins, what the rule promises, runs, traces and input errors.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from xbarsim.kernels.pair import analog, pairs
from xbarsim.kernels.rules.crus import pairs as crus_pairs
from xbarsim.kernels.rules.crus import rule as crus_rule
from xbarsim.kernels.rules.crus import sensed, update_noise

import xbarsim
from xbarsim import Layout, LayoutError, Trace, TraceError
from xbarsim.data_sets.load import to_samples
from xbarsim.data_sets.order import SampleOrder
from xbarsim.describe.defaults import settle
from xbarsim.describe.device import Device
from xbarsim.describe.rules.crus import BASELINES, Crus
from xbarsim.learn.crus import CrusState, quantiles, scheme_of
from xbarsim.learn.table import state_of

from ... import naive
from ...h5compare import assert_same
from ...kernels.states import counts_of
from . import naive as naive_crus

pytestmark = pytest.mark.jit

RNG = np.random.default_rng(3)
KINDS = {
    "beta 5": {"n_max": 16, "beta": 5.0, "theta_forward": 0.6, "theta_reverse": 0.4},
    "abrupt ltd": {"n_max": 16, "beta": 3.0, "n_max_d": 1, "beta_d": 0.0, "theta_forward": 0.2, "theta_reverse": 0.05},
    "abrupt ltp": {
        "n_max": 1,
        "beta": 0.0,
        "n_max_d": 16,
        "beta_d": 3.0,
        "theta_forward": 0.2,
        "theta_reverse": 0.05,
        "mirrored": True,
    },
    "a line": {
        "theta_forward": -1.0,
        "theta_reverse": -1.0,
        "line_forward": 0.5,
        "line_reverse": 1.0,
        "line_level": 0.6,
        "compensate": "forward",
    },
}
ITERATIONS = 60


def layout(**kw):
    base = {
        "layers": (6, 5, 3),
        "rule": "crus",
        "n_max": 16,
        "iterations": ITERATIONS,
        "seed": 5,
        "eval_every": 15,
        "eval_last": 3,
        "snapshot_every": 25,
        "sense_every": 7,
        "un_window": 10,
        "crus_rate": 0.2,
        "compensate_floor": 0.02,
        "c": 3.0,
    }
    return settle(Layout.of(**{**base, **kw}))


def descriptions():
    return [Device(**{k: v for k, v in KINDS[n].items() if k in ("n_max", "beta", "n_max_d", "beta_d")}) for n in KINDS]


# ---------------------------------------------------------------------------------------------------------------------
# Random numbers, sensing, the rule


def test_hashes_and_draws_equal_their_twins():
    for x, i in zip(RNG.integers(0, 2**32, 200), RNG.integers(0, 2000, 200), strict=True):
        assert int(crus_rule.hash32(np.uint64(x))) == naive.hash32(int(x))
        assert int(crus_rule.line_hash(np.uint64(x), i)) == naive.line_hash(int(x), int(i))
        assert int(crus_rule.column_hash(np.uint64(x), i)) == naive.column_hash(int(x), int(i))
    for use in (0, 1, 2):
        keys = crus_rule.event_keys(np.uint64(2**40 + 3), 2, use, 77, 0)
        assert tuple(map(int, keys)) == naive.event_keys(2**40 + 3, 2, use, 77)
    delta = (RNG.random(30) - 0.5).astype(np.float32)
    up, down = np.empty(30, np.int32), np.empty(30, np.int32)
    n, m = crus_rule.draw_columns(keys[1], delta, 30, 1.5, np.float32(0.05), up, down)
    assert (up[:n].tolist(), down[:m].tolist()) == naive.draw_columns(int(keys[1]), delta, 1.5, np.float32(0.05))
    volts = (RNG.random(30) * (RNG.random(30) < 0.6)).astype(np.float32)
    lines = np.flatnonzero(volts).astype(np.int32)
    n = crus_rule.draw_rows(keys[0], lines, volts[lines], len(lines), np.float32(0.9), up)
    assert up[:n].tolist() == naive.draw_rows(int(keys[0]), volts, np.float32(0.9))


def test_quantiles_are_those_of_the_standard_normal():
    assert quantiles().tolist() == [float(q) for q in naive.quantiles()]
    assert float(np.std(quantiles())) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_and_rule_equal_their_twins(kind):
    lay = layout(**KINDS[kind])
    scheme, d, s = scheme_of(lay), lay.device.kernel(), lay.crus
    twin = naive.CrusNetwork(lay, [])
    for level in (0, 3, 7):
        for reverse in (False, True):
            fast = crus_rule.expected_step(level, reverse, s.mirrored, 7, 0.05, d)
            assert fast == pytest.approx(
                naive.expected_step(level, reverse, s.mirrored, 7, 0.05, naive.Device.of(lay.device)), rel=1e-12
            )
    kinds = set()
    for (a, b), (accept, reverse) in twin.rule.items():
        entry = int(scheme.rule[8 * a + b])
        assert entry % 2 == reverse
        assert entry // 2 / 2**32 == pytest.approx(accept, abs=1e-9)
        kinds.add(reverse)
    assert kinds == {False, True}


def test_sensing_has_the_stated_mean_and_spread():
    state = state_of(layout(layers=(199, 200), level_bits=8, un_window=0))
    state.set_nominal(0, *(np.full((200, 200), 5.5e-7, np.float32) for _ in range(2)))
    views, codes = state.layer(0), state.layer_codes(0)
    crus_pairs.sense_pairs(0, 0, (0, 200), (0, 200), views, codes, state.scheme, state.device)
    for x in state.sensed(0):
        assert abs(x.mean() - 0.5) < 5 * 0.05 / 200
        assert x.std() == pytest.approx(math.hypot(0.05, 1 / 255 / math.sqrt(12)), rel=0.02)
    assert abs(np.corrcoef(state.sensed(0)[0].ravel(), state.sensed(0)[1].ravel())[0, 1]) < 0.025


def test_update_noise_equals_its_twin_and_its_meaning():
    x, y = (RNG.normal(size=(6, 16)).astype(np.float32) for _ in range(2))
    before, out = np.zeros_like(x), np.zeros(3)
    update_noise.window_moments(x, before, y, 5, out)
    assert tuple(out) == naive.window_moments(x[:, :5], before[:, :5], y[:, :5])
    assert update_noise.update_noise(out) == pytest.approx(naive.update_noise(tuple(out)), rel=1e-13)
    assert update_noise.nominal_noise(out, 0.3) == pytest.approx(naive.nominal_noise(tuple(out), 0.3), rel=1e-13)
    s = y[:, :5].astype(float)
    rest = RNG.normal(size=s.shape)
    rest -= s * (rest * s).sum() / (s * s).sum()  # what the fitted learning rate leaves
    change = 0.3 * s + rest
    m = np.array([(change**2).sum(), (s**2).sum(), (change * s).sum()])
    assert update_noise.update_noise(m) == pytest.approx((rest**2).sum() / (0.09 * (s**2).sum()))
    assert update_noise.nominal_noise(m, 0.3) == pytest.approx((rest**2).sum() / (0.09 * (s**2).sum()))
    assert update_noise.update_noise(np.zeros(3)) == pytest.approx(1e6 - 1)
    assert update_noise.nominal_noise(np.zeros(3), 0.3) == 1e6


# ---------------------------------------------------------------------------------------------------------------------
# What the rule promises


@pytest.mark.jit
@pytest.mark.parametrize("kind", ["beta 5", "abrupt ltd", "abrupt ltp"])
def test_mean_change_follows_the_gradient(kind):
    """E[dW_ij] = -eta a_i delta_j where conductances are as sensing believes them to be (uniform over the range)."""
    n, m, repeats, eta = 40, 30, 1500, 0.006
    more = {"n_max": 64} if kind != "abrupt ltp" else {"n_max_d": 64}
    lay = layout(
        **{**KINDS[kind], **more, "layers": (n, m), "bias": False, "compensate_floor": 0.003, "crus_rate": eta}
    )
    state = CrusState(lay)
    d, views, codes = state.device, state.layer(0), state.layer_codes(0)
    a, delta = np.linspace(0.1, 1.0, n).astype(np.float32), np.linspace(-0.45, 0.45, m).astype(np.float32)
    lines, total = np.arange(n, dtype=np.int32), np.zeros((n, m))
    up, down, rows = np.empty(m, np.int32), np.empty(m, np.int32), np.empty(n, np.int32)
    for t in range(1, repeats + 1):
        state.set_nominal(0, *((d.g_min + (d.g_max - d.g_min) * RNG.random((n, m))).astype(np.float32) for _ in "+-"))
        crus_pairs.sense_pairs(0, t, (0, n), (0, m), views, codes, state.scheme, d)
        before = views.w[:, :m].copy()
        row_key, column_key, _ = crus_rule.event_keys(state.scheme.seed, 0, 0, t, 0)
        n_up, n_down = crus_rule.draw_columns(column_key, delta, m, eta / 0.003, np.float32(0), up, down)
        n_rows = crus_rule.draw_rows(row_key, lines, a, n, np.float32(1), rows)
        crus_pairs.update_crus(0, t, 0, rows, n_rows, up, n_up, down, n_down, views, codes, state.scheme, d, None)
        total += (views.w[:, :m] - before) / (d.g_max - d.g_min)
    wanted = -eta * np.outer(a, delta)
    slope = (total / repeats * wanted).sum() / (wanted**2).sum()
    # Steps below the floor cannot be made up for: a few per cent are missing.
    assert 0.9 < slope < 1.05
    assert np.corrcoef((total / repeats).ravel(), wanted.ravel())[0, 1] > 0.75
    assert np.corrcoef(total.sum(0), wanted.sum(0))[0, 1] > 0.98


def test_a_mirrored_device_with_the_mirrored_rule_gives_mirrored_conductances():
    """Exactly, on devices whose conductances are exact in binary: linear steps one way, abrupt the other."""
    n, m = 24, 18
    common = {
        "layers": (n, m),
        "bias": False,
        "g_min": 0.0,
        "g_max": 1.0,
        "theta_forward": 0.2,
        "theta_reverse": 0.05,
        "un_window": 0,
    }
    plain = CrusState(layout(**common, n_max=64, beta=0.0, n_max_d=1, beta_d=0.0))
    other = CrusState(layout(**common, n_max=1, beta=0.0, n_max_d=64, beta_d=0.0, mirrored=True))
    np.testing.assert_array_equal(plain.scheme.rule, other.scheme.rule)
    p, q = ((RNG.integers(0, 65, (n, m)) / 64).astype(np.float32) for _ in range(2))
    plain.set_nominal(0, p, q)
    other.set_nominal(0, 1 - q, 1 - p)  # W = G+ - G- = h- - h+
    for t in range(1, 201):
        for state in (plain, other):
            own = analog.layer_of(state.array, state.geometry, 0)
            sensed.begin(state.rule, own, state.geometry, 0, t - 1, (0, n), (0, m))
        np.testing.assert_array_equal(plain.codes, other.codes)
        rows, cols = np.flatnonzero(RNG.random(n) < 0.5).astype(np.int32), RNG.permutation(m).astype(np.int32)
        for state in (plain, other):
            lists = rows, len(rows), cols[:4], 4, cols[4:8], 4
            own = state.layer(0), state.layer_codes(0), state.scheme, state.device, None
            crus_pairs.update_crus(0, t, 0, *lists, *own)
    plus, minus = plain.conductance(0)
    mirrored = other.conductance(0)
    np.testing.assert_array_equal(mirrored[1], 1 - plus)
    np.testing.assert_array_equal(mirrored[0], 1 - minus)
    assert not np.array_equal(plus, p)
    assert not np.array_equal(minus, q)
    np.testing.assert_array_equal(counts_of(plain, 0).pulses_plus, counts_of(other, 0).pulses_minus)


# ---------------------------------------------------------------------------------------------------------------------
# Whole networks against their twins, bit for bit

RUNS = [
    *KINDS.values(),
    {"baseline": "lim-a", "crus_rate": 1.5, "full_level": 0.7},
    {"baseline": "lim-b", "crus_rate": 1.5, "full_level": 0.7, "crus_decay": 1.0},
    {"baseline": "lim-c", "crus_rate": 1.5, "full_level": 0.7, "crus_output_dead_zone": 0.1},
    {"baseline": "refresh", "crus_rate": 1.5, "full_level": 0.55, "lower_level": 0.3, "sense_every": 4},
]


@pytest.mark.parametrize("kw", RUNS, ids=lambda kw: kw.get("baseline") or str(next(iter(kw.values()))))
def test_training_equals_its_twin(tiny_data, kw):
    n = 25
    lay = layout(**kw, iterations=n, un_window=5)
    state = state_of(lay)
    state.initialise()
    initial = [state.conductance(k) for k in range(2)]
    twin = naive.CrusNetwork(lay, initial)
    samples = to_samples(tiny_data.x_train, tiny_data.y_train, lay.array.v_read)
    events, curves = state.new_buffers()
    order = SampleOrder(lay.run.seed, len(tiny_data.y_train)).take(0, n)
    log, before, asked = [], [a.weights for a in twin.arrays], [np.zeros(a.shape, np.float32) for a in twin.arrays]
    pulses = 0
    for t, k in enumerate(order):
        state.train(t, order[t : t + 1], samples, events, curves)
        loss, wrong, p, r, fired, requests = twin.train(tiny_data.x_train[k], int(tiny_data.y_train[k]))
        pulses += p + r
        assert float(curves.loss[0]) == pytest.approx(loss, rel=1e-6)
        assert (int(curves.wrong[0]), int(curves.pulses[0]), int(curves.resets[0])) == (wrong, p, r)
        assert int(events.count.sum()) == len(fired)
        log += [(a, t + 1, *rest) for a, *rest in fired]
        for layer, (delta, volts) in enumerate(requests):
            naive.add_request(delta, volts, asked[layer])
        if (t + 1) % 5 == 0:
            rows = state.rows_of(1)["update_noise"]
            assert rows.iteration.tolist() == [t + 1]
            for layer, array in enumerate(twin.arrays):
                m = naive.window_moments(array.weights, before[layer], asked[layer])
                assert rows.columns["un"][0, layer] == pytest.approx(naive.update_noise(m), rel=1e-9)
            before, asked = [a.weights for a in twin.arrays], [np.zeros(a.shape, np.float32) for a in twin.arrays]
    assert pulses > 10
    for k, array in enumerate(twin.arrays):
        for mine, theirs in zip(state.conductance(k), (array.plus, array.minus), strict=True):
            np.testing.assert_array_equal(mine, np.array(theirs, np.float32))
        np.testing.assert_array_equal(state.layer(k).w[:, : state.shape(k)[1]], np.array(array.weights))
        counts = counts_of(state, k)
        for name in ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus"):
            np.testing.assert_array_equal(getattr(counts, name), getattr(array, name))
        levels = np.array([[twin.sensed[k][i, j] for j in range(array.shape[1])] for i in range(array.shape[0])])
        np.testing.assert_array_equal(np.stack(state.sensed(k), -1), (levels / twin.top).astype(np.float32))
        again = naive.CrusNetwork(lay, initial)
        naive.replay_crus(again, k, [event[1:] for event in log if event[0] == k], n)
        assert again.arrays[k].plus == array.plus
        one = naive.CrusNetwork(lay, initial)
        walked = naive.walk_crus(one, k, [event[1:] for event in log if event[0] == k], 2, 1, n)
        assert walked[-1] == (array.plus[2][1], array.minus[2][1])


@pytest.mark.jit
def test_cycle_to_cycle_variation_has_the_stated_spread():
    lay = layout(layers=(200, 50), bias=False, n_max=64, beta=0.0, c2c=0.3, compensate="none", theta_forward=2.0)
    state = CrusState(lay)
    g = np.full((200, 50), 5e-7, np.float32)
    state.set_nominal(0, g, g)
    rows, cols, none = np.arange(200, dtype=np.int32), np.arange(50, dtype=np.int32), np.zeros(1, np.int32)
    views = state.layer(0)
    own = views, state.layer_codes(0), state.scheme, state.device, views.scatter
    crus_pairs.update_crus(0, 1, 0, rows, 200, cols, 50, none, 0, *own)
    steps = (state.conductance(0)[0] - g) / state.device.alpha_p
    assert float(steps.mean()) == pytest.approx(1.0, abs=4 * 0.3 / 100)
    assert float(steps.std()) == pytest.approx(0.3, rel=0.04)
    np.testing.assert_array_equal(state.conductance(0)[1], g)


# ---------------------------------------------------------------------------------------------------------------------
# Files

RECORDED = [
    {},
    KINDS["abrupt ltp"],
    {"baseline": "lim-b", "crus_rate": 1.5, "full_level": 0.7},
    {"baseline": "refresh", "crus_rate": 1.5, "full_level": 0.55, "lower_level": 0.3},
    {"sigma": 0.3, "g_min_sigma": 0.2, "g_max_sigma": 0.2},
    pytest.param({"c2c": 0.3, "alpha_sigma": 0.2, "beta_sigma": 0.1, "stuck_anywhere": 0.1}, marks=pytest.mark.slow),
    pytest.param(
        {"c2c": 0.3, "endurance": 6.0, "endurance_sigma": 0.5, "endurance_failure": "closing"}, marks=pytest.mark.slow
    ),
    pytest.param({"baseline": "lim-a", "crus_rate": 1.5, "full_level": 0.7, "c2c": 0.2}, marks=pytest.mark.slow),
]


@pytest.mark.jit
@pytest.mark.parametrize("kw", RECORDED, ids=str)
def test_every_iteration_can_be_replayed(tmp_path, tiny_data, kw):
    lay = layout(**kw)
    state = state_of(lay)
    state.initialise()
    samples = to_samples(tiny_data.x_train, tiny_data.y_train, lay.array.v_read)
    events, curves = state.new_buffers()
    order = SampleOrder(lay.run.seed, len(tiny_data.y_train))
    held = [[state.conductance(k) for k in range(2)]]
    for n in range(ITERATIONS):
        state.train(n, order.take(n, 1), samples, events, curves)
        held.append([state.conductance(k) for k in range(2)])
    path = tmp_path / "run.h5"
    result = xbarsim.run(lay, out=path, dataset=tiny_data)
    assert result.pulses > 30
    with Trace(path) as trace:
        for n in (0, 1, 24, 25, 26, 41, ITERATIONS):
            for k in (1, 2):
                for mine, theirs in zip(trace.conductance(k, n), held[n][k - 1], strict=True):
                    np.testing.assert_array_equal(mine, theirs)
        for k, i, j in ((1, 2, 3), (1, 6, 0), (2, 1, 2)):
            history = trace.synapse(k, i, j)
            for side, values in enumerate((history.g_plus, history.g_minus)):
                np.testing.assert_array_equal(values, [h[k - 1][side][i, j] for h in held])
        noise = trace.update_noise
        assert noise["iteration"].tolist() == list(range(10, ITERATIONS + 1, 10))
        assert noise["un"].shape == noise["un_nominal"].shape == (6, 2)
        assert result.update_noise == pytest.approx(noise["un"].mean(0))
        counts = trace.counts(1)
        np.testing.assert_array_equal(counts["pulses_plus"], counts_of(state, 0).pulses_plus)


@pytest.mark.jit
@pytest.mark.parametrize("kw", RECORDED[:4], ids=str)
def test_a_resumed_run_equals_one_in_one_go(tmp_path, tiny_data, kw):
    lay = layout(**kw, crus_decay=0.5)
    whole, parts = tmp_path / "whole.h5", tmp_path / "parts.h5"
    a = xbarsim.run(lay, out=whole, dataset=tiny_data)
    asked = iter(range(100))
    first = xbarsim.run(lay, out=parts, dataset=tiny_data, stop=lambda: next(asked) == 7, commit_seconds=0.0)
    assert not first.finished
    assert first.iterations % 10 == 0  # what a window adds up is not kept
    assert 0 < first.iterations < ITERATIONS
    b = xbarsim.resume(parts, dataset=tiny_data)
    assert (b.accuracy_curve, b.update_noise, b.pulses) == (a.accuracy_curve, a.update_noise, a.pulses)
    assert_same(whole, parts)


@pytest.mark.jit
@pytest.mark.slow
def test_real_wires_and_circuits(tmp_path, tiny_data):
    lay = layout(wire_resistance=20.0, read_noise=0.02, iterations=20, eval_last=1)
    path = tmp_path / "run.h5"
    result = xbarsim.run(lay, out=path, dataset=tiny_data)
    assert result.reads["reads"] > 20
    with Trace(path) as trace:
        history = trace.synapse(1, 2, 3)
        assert trace.conductance(1, 13)[0][2, 3] == history.g_plus[13]
    assert xbarsim.run(lay.replace(wire_resistance=0.0), dataset=tiny_data).accuracy_curve is not None


@pytest.mark.jit
@pytest.mark.slow
def test_wires_without_resistance_change_nothing(tiny_data):
    a = xbarsim.run(layout(), dataset=tiny_data)
    b = xbarsim.run(layout(circuit="exact", wire_resistance=1e-9), dataset=tiny_data)
    assert a.pulses == b.pulses
    assert a.accuracy_curve == b.accuracy_curve


@pytest.mark.jit
def test_a_run_without_update_noise_says_so(tmp_path, tiny_data):
    path = tmp_path / "run.h5"
    assert xbarsim.run(layout(un_window=0), out=path, dataset=tiny_data).update_noise is None
    with Trace(path) as trace, pytest.raises(TraceError, match="expected a run that followed its update noise"):
        _ = trace.update_noise


# ---------------------------------------------------------------------------------------------------------------------
# Layouts


@pytest.mark.parametrize(
    ("kw", "match"),
    [
        ({"baseline": "lim"}, "crus.baseline: unknown name 'lim'"),
        ({"compensate": "all"}, "crus.compensate: unknown name 'all'"),
        ({"level_bits": 9}, "crus.level_bits: expected a whole number <= 8, got 9"),
        ({"sense_every": 0}, "crus.sense_every: expected a whole number >= 1, got 0"),
        (
            {"initial_low": 0.5, "initial_high": 0.4},
            "crus.initial_high: expected a number >= initial_low = 0.5, got 0.4",
        ),
        ({"compensate_floor": 0.0}, "crus.compensate_floor: expected a number >= 1e-09"),
        ({"baseline": "lim-b", "mirrored": True}, "crus.mirrored: expected false with baseline 'lim-b'"),
        ({"engine": "ladder"}, "rule crus, whose reverse pulses leave the staircase"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(kw, match):
    with pytest.raises(LayoutError, match=match) as caught:
        state_of(layout(**kw)) if "engine" in kw else layout(**kw)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["crus-beta5", "crus-abrupt-ltd", "crus-abrupt-ltp"])
def test_the_layouts_show_every_key(name):
    path = Path(__file__).parents[3] / "netlists" / f"{name}.toml"
    lay = Layout.from_toml(path)
    assert lay.pulses.rule == "crus"
    shown = set(tomllib.loads(path.read_text())["crus"])
    hidden = {"crus_output_rate", "full_level", "lower_level"}
    assert shown == {f.name for f in fields(Crus)} - hidden
    assert all(key in path.read_text() for key in hidden)


def test_every_baseline_has_its_number():
    numbers = [
        crus_pairs.CRUS,
        crus_pairs.LIM_A,
        crus_pairs.LIM_B,
        crus_pairs.LIM_C,
        crus_pairs.REFRESH,
    ]
    assert numbers == list(range(len(BASELINES)))
    assert naive_crus.EVENT == crus_rule.USE_EVENT
    assert pairs.empty_pairs((1, 1), (1, 1)).scatter is None


@pytest.mark.mnist
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"), [("crus-beta5", 0.915), ("crus-abrupt-ltd", 0.90), ("crus-abrupt-ltp", 0.90)]
)
def test_mnist_accuracy(name, least):
    lay = Layout.from_toml(Path(__file__).parents[3] / "netlists" / f"{name}.toml", eval_every=0, eval_last=20)
    assert xbarsim.run(lay).accuracy_mean_last > least
