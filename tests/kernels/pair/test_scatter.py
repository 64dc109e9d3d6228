"""Devices that scatter: every draw against its distribution, every pulse against the twin, every run against its own file."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from xbarsim.kernels import train
from xbarsim.kernels.base import noise
from xbarsim.kernels.base._jit import jit
from xbarsim.kernels.device import climbs, moves
from xbarsim.kernels.pair import pair, scatter

import xbarsim
from xbarsim import Layout, LayoutError, Trace
from xbarsim.arrays.drawn import draw_faults, draw_lives, draw_traits, draw_windows
from xbarsim.learn.network import NetworkState

from ... import naive
from ...conftest import JIT
from ...h5compare import assert_same
from ...record.test_trace import ITERATIONS, engine_states
from ..test_train import check_log, check_states, data, states_of, train_library
from . import naive_scatter

pytestmark = pytest.mark.jit

word = st.integers(0, 2**32 - 1)
RARE = 1.95  # of the Kolmogorov distribution: one draw in a thousand is farther off
SPAN = 9e-7

PLUGIN = """
import math

def step(s, up, z):
    a = 0.15 * math.exp(-1.5 * s) if up else -0.2 * math.exp(-1.0 * (1.0 - s))
    return a * (1.0 + 0.4 * z)

def exponential(s, up, z):
    if up:
        return {alpha!r} * math.exp(-2.0 * s)
    return -{alpha!r} * math.exp(-2.0 * (1.0 - s))

def nan(s, up, z):
    return math.nan

def wrong_way(s, up, z):
    return -0.1 if up else 0.1

def raises(s, up, z):
    return 1.0 / (s - 0.5)

def not_compiled(s, up, z):
    return eval("0.1") if up else -0.1

three = 3.0
"""
TABLE = {
    "model": "table",
    "jump_p": [[x * SPAN for x in row] for row in ([0.0, 0.1, 0.3], [0.02, 0.1, 0.12], [-0.01, 0.05, 0.1])],
    "jump_d": [[x * SPAN for x in row] for row in ([-0.02, 0.1, 0.12], [0.05, 0.15, 0.3])],
}  # fmt: skip
STEPS = {"n_max": 6, "beta": 2.0}
ALL = {
    **STEPS, "c2c": 0.3, "c2c_range": 0.02, "alpha_sigma": 0.3, "beta_sigma": 0.4, "g_min_sigma": 0.2, "g_max_sigma": 0.2, "sigma": 0.2,
    "stuck_at_g_min": 0.03, "stuck_at_g_max": 0.03, "stuck_anywhere": 0.05, "endurance": 60.0, "endurance_sigma": 0.5,
    "endurance_failure": "closing",
}  # fmt: skip
NOISES = {
    "c2c": {**STEPS, "c2c": 0.4},
    "range": {**STEPS, "c2c": 0.1, "c2c_range": 0.05},
    "soft": {**STEPS, "model": "soft-bounds", "c2c": 0.2, "beta_d": 1.0},
    "law": {**STEPS, "alpha_sigma": 0.3, "beta_sigma": 0.5},
    "law-soft": {**STEPS, "model": "soft-bounds", "beta_sigma": 0.5, "spread": "lognormal"},
    "window": {**STEPS, "g_min_sigma": 0.3, "g_max_sigma": 0.2, "c2c": 0.2},
    "stuck": {**STEPS, "stuck_at_g_min": 0.1, "stuck_at_g_max": 0.1, "stuck_anywhere": 0.2},
    "table": TABLE,
    "plugin": {"model": "plugin"},
    "worn-stuck": {**STEPS, "endurance": 30.0, "endurance_sigma": 0.7},
    "worn-min": {**STEPS, "endurance": 30.0, "endurance_sigma": 0.7, "endurance_failure": "min", "c2c": 0.2},
    "worn-max": {**STEPS, "endurance": 30.0, "endurance_sigma": 0.7, "endurance_failure": "max"},
    "worn-closing": {**STEPS, "endurance": 20.0, "endurance_failure": "closing", "endurance_closing": 0.7, "c2c": 0.2},
    "all": ALL,
}  # fmt: skip


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "mine.py"
    path.write_text(PLUGIN.format(alpha=xbarsim.Device(n_max=16, beta=2.0).alpha_p / SPAN))
    return path


def layout_of(noise_name, plugin, **kw):
    base = {
        "layers": (6, 5, 3), "c": 0.8, "hidden_dead_zone": 0.02, "output_dead_zone": 0.06, "initial_steps": 5, "seed": 3,
        "engine": "analog", "eval_last": 1,
    }  # fmt: skip
    values = dict(NOISES[noise_name]) if isinstance(noise_name, str) else dict(noise_name)
    if values.get("model") == "plugin":
        values["step"] = f"{plugin}:step"
    return Layout.of(**{**base, **values, **kw})


def fresh(layout):
    state = NetworkState(layout)
    state.initialise()
    return state


def law_of(state, plugin):
    """The twin's law, with the tables of replays that the kernel drew; those have tests of their own."""
    import runpy

    step = runpy.run_path(str(plugin))["step"] if state.layout.device.model == "plugin" else None
    law = naive.Law.of(state.layout, step)
    found = state.pairs.scatter.replays
    if len(found):
        law.replays = [None if t[0, 0] < 0 else (t[:, 0].tolist(), t[:, 1].tolist()) for t in found]
    return law


def twin_of(state, plugin):
    v, law, arrays = state.layout.variation, law_of(state, plugin), []
    for k in range(state.n_layers):
        own = state.layer(k).scatter

        def sides(name, own=own):
            return [np.swapaxes(getattr(own, f"{name}_{s}"), 0, 1).tolist() for s in ("plus", "minus")]

        arrays.append(
            naive_scatter.ScatterArray(
                state.nominal(k), state.window(k), law, state.layout.run.seed, k,
                stuck=sides("stuck") if v.stuck else None,
                factors=sides("traits") if v.alpha_sigma or v.beta_sigma else None,
                life=sides("life") if v.endurance else None,
                failure=v.endurance_failure, closing=v.endurance_closing,
            )
        )  # fmt: skip
    return naive_scatter.ScatterNetwork(
        state.layout, states_of(state), [state.window(k) for k in range(state.n_layers)], arrays
    )


# ---------------------------------------------------------------------------------------------------------------------
# Random numbers


@pytest.mark.parametrize(
    ("c0", "c1", "key", "answer"),
    [  # kat_vectors of Random123, philox2x32, 7 rounds
        (0, 0, 0, (0x257A3673, 0xCD26BE2A)),
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, (0xAB302C4D, 0x3DC9D239)),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, (0xBEDBBE6B, 0xE4C770B3)),
    ],
)
def test_philox2_gives_the_published_answers(c0, c1, key, answer):
    assert tuple(int(w) for w in noise.philox2(np.uint64(c0), np.uint64(c1), np.uint64(key))) == answer
    assert naive.philox2(c0, c1, key) == answer


@settings(deadline=None, derandomize=True, max_examples=300)
@given(c0=word, c1=st.one_of(word, st.just(2**32 - 1)), key=word)
def test_quick_draws_equal_the_twin(c0, c1, key):
    at = np.uint64(c0), np.uint64(c1), np.uint64(key)
    assert tuple(int(w) for w in noise.philox2(*at)) == naive.philox2(c0, c1, key)
    u = noise.quick_uniform(*at)
    assert u == naive.quick_uniform(c0, c1, key)
    assert 0 <= u < 1
    assert noise.quick_normal(*at) == pytest.approx(naive.quick_normal(c0, c1, key), rel=1e-11)


@jit
def many(kind, first, c1, key, out):
    for k in range(out.shape[0]):
        at = np.uint64(first + k)
        out[k] = noise.quick_normal(at, c1, key) if kind else noise.quick_uniform(at, c1, key)


def draws(kind, n, first=0, c1=77, key=123_456):
    out = np.empty(n)
    many(kind, first, np.uint64(c1), np.uint64(key), out)
    return out


@pytest.mark.jit
def test_the_tail_equals_the_twin():
    z = draws(1, 400_000)
    far = np.flatnonzero(np.abs(z) > naive.EDGES[1])
    assert len(far) > 50
    for k in far:
        assert z[k] == pytest.approx(naive.quick_normal(int(k), 77, 123_456), rel=1e-11)
    beyond = np.abs(z[far])
    tail = stats.norm.sf(beyond) / stats.norm.sf(naive.EDGES[1])
    assert stats.kstest(tail, "uniform").pvalue > 1e-3
    assert naive.EDGES[-2] > 0.1  # the strips close at the peak
    np.testing.assert_allclose(noise._EDGE, naive.EDGES, rtol=1e-9)
    np.testing.assert_allclose(noise._HEIGHT, [naive.bell(x) for x in naive.EDGES], rtol=1e-9)


@pytest.mark.jit
@pytest.mark.parametrize(("c1", "key"), [(77, 123_456), (0, 0), (2**32 - 1, 2**32 - 1)])
def test_quick_draws_have_their_distributions(c1, key):
    n = 400_000
    u, z = draws(0, n, 0, c1, key), draws(1, n, 0, c1, key)
    for x, cdf in ((u, stats.uniform.cdf), (z, stats.norm.cdf)):
        assert stats.kstest(x, cdf).statistic < RARE / math.sqrt(n)
    for power, mean, var in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10_170)):
        assert abs((z**power).mean() - mean) < 4 * math.sqrt(var / n)
    for beyond in (2.0, 3.0, 3.6541528853610088, 4.0):
        p = 2 * stats.norm.sf(beyond)
        assert abs((np.abs(z) > beyond).sum() - n * p) < 4 * math.sqrt(n * p)
    for x in (u - 0.5, z, z**2 - 1, np.sign(z)):
        for lag in (1, 2, 3, 256, 65_536):
            assert abs(np.corrcoef(x[:-lag], x[lag:])[0, 1]) < 4.5 / math.sqrt(n - lag)
    for other in (draws(1, n, 0, (c1 + 1) % 2**32, key), draws(1, n, 0, c1, (key + 1) % 2**32)):
        assert abs(np.corrcoef(z, other)[0, 1]) < 4.5 / math.sqrt(n)
        assert abs(np.corrcoef(z**2, other**2)[0, 1]) < 4.5 / math.sqrt(n)


@pytest.mark.parametrize("lognormal", [False, True])
def test_traits_equal_the_twin(lognormal):
    for layer, side, quantity in ((0, 0, 0), (1, 0, 3), (2, 1, 8)):
        stream = noise.trait_stream(layer, side, quantity)
        assert stream == naive.trait_stream(layer, side, quantity)
        out = np.empty((3, 4))
        for draw in (0, 5):
            noise.fill_factors(np.uint64(9), stream, draw, 0.9, lognormal, out)
            np.testing.assert_allclose(out, naive.fill_factors(9, stream, draw, 0.9, lognormal, 3, 4), rtol=1e-12)
            noise.fill_uniform(np.uint64(9), stream, draw, out)
            assert out.tolist() == naive.fill_uniform(9, stream, draw, 3, 4)
    streams = {noise.trait_stream(a, b, c) for a in range(5) for b in range(2) for c in range(16)}
    assert len(streams) == 160
    assert {x % 16 for x in streams} == {noise.STREAM_TRAIT}
    assert len({getattr(noise, name) for name in dir(noise) if name.startswith("STREAM_")}) == len(
        [name for name in dir(noise) if name.startswith("STREAM_")]
    )


# ---------------------------------------------------------------------------------------------------------------------
# What is drawn once for every device

SHAPE = (200, 150)


def ks(x, cdf):
    """Kolmogorov's distance in units in which `RARE` is rare."""
    x = np.asarray(x, np.float64).ravel()
    return stats.kstest(x, cdf).statistic * math.sqrt(x.size)


@pytest.mark.jit
@pytest.mark.parametrize("spread", ["normal", "lognormal"])
@pytest.mark.parametrize("sigma", [0.2, 0.8])
def test_laws_of_devices_have_their_distributions(spread, sigma):
    layout = Layout.of(layers=(2, 2), alpha_sigma=sigma, beta_sigma=sigma / 2, spread=spread)
    seen = []
    for k, side in ((0, 0), (0, 1), (1, 0)):
        traits = draw_traits(layout, k, side, SHAPE, 7)
        assert traits.shape == (*SHAPE, 4)
        for q, s in (
            (moves.ALPHA_P, sigma),
            (moves.ALPHA_D, sigma),
            (moves.BETA_P, sigma / 2),
            (moves.BETA_D, sigma / 2),
        ):
            cdf = stats.lognorm(s).cdf if spread == "lognormal" else stats.truncnorm(-1 / s, np.inf, 1, s).cdf
            assert ks(traits[..., q], cdf) < RARE
            seen.append(traits[..., q].ravel())
    assert np.abs(np.corrcoef(seen) - np.eye(12)).max() < 5 / math.sqrt(SHAPE[0] * SHAPE[1])
    none = draw_traits(layout.replace(alpha_sigma=0.0), 0, 0, SHAPE, 7)
    assert (none[..., [moves.ALPHA_P, moves.ALPHA_D]] == 1).all()


@pytest.mark.jit
@pytest.mark.parametrize("spread", ["normal", "lognormal"])
def test_windows_have_their_distributions(spread):
    layout = Layout.of(layers=(2, 2), g_min_sigma=0.3, g_max_sigma=0.15, spread=spread, n_max=16)
    d = layout.device
    w = draw_windows(layout, 0, SHAPE, 11)
    sides = []
    for x, y in ((w.x_plus, w.y_plus), (w.x_minus, w.y_minus)):
        low, high = x * np.float64(d.g_min) + y, x * np.float64(d.g_max) + y
        for values, s, at in ((low, 0.3, d.g_min), (high, 0.15, d.g_max)):
            cdf = stats.lognorm(s).cdf if spread == "lognormal" else stats.truncnorm(-1 / s, np.inf, 1, s).cdf
            assert ks(values / at, cdf) < RARE
            sides.append(values.ravel())
        assert (high - low).min() > 0.0499 * d.span
    assert np.abs(np.corrcoef(sides) - np.eye(4)).max() < 5 / math.sqrt(SHAPE[0] * SHAPE[1])
    wide = draw_windows(layout.replace(g_min_sigma=10.0, g_max_sigma=2.0), 0, SHAPE, 11)
    np.testing.assert_allclose(wide.x_plus.min(), 0.05, rtol=1e-5)
    scaled = draw_windows(layout.replace(sigma=0.4), 0, SHAPE, 11)
    scales = draw_windows(layout.replace(sigma=0.4, g_min_sigma=0.0, g_max_sigma=0.0), 0, SHAPE, 11)
    np.testing.assert_allclose(scaled.x_plus, scales.x_plus * w.x_plus, rtol=1e-6)
    np.testing.assert_allclose(scaled.y_plus, scales.x_plus * w.y_plus, rtol=1e-5, atol=1e-13)
    assert not scales.y_plus.any()
    assert not scales.y_minus.any()


@pytest.mark.jit
def test_stuck_devices_have_their_distributions():
    layout = Layout.of(layers=(2, 2), stuck_at_g_min=0.1, stuck_at_g_max=0.2, stuck_anywhere=0.3)
    d, n = layout.device, SHAPE[0] * SHAPE[1]
    f = draw_faults(layout, 0, SHAPE, 5)
    assert not np.array_equal(f.stuck_plus, f.stuck_minus)
    for stuck, at in ((f.stuck_plus, f.at_plus), (f.stuck_minus, f.at_minus)):
        s = (at.astype(float) - d.g_min) / d.span
        low, high = stuck & (at == np.float32(d.g_min)), stuck & (at == np.float32(d.g_max))
        between = stuck & ~low & ~high
        for found, p in ((low, 0.1), (high, 0.2), (between, 0.3), (stuck, 0.6)):
            assert abs(found.sum() - n * p) < 4 * math.sqrt(n * p * (1 - p))
        assert ks(s[between], "uniform") < RARE
    one = draw_faults(layout.replace(stuck_at_g_min=0.0, stuck_at_g_max=0.0, stuck_anywhere=1.0), 0, SHAPE, 5)
    assert one.stuck_plus.all()


@pytest.mark.jit
def test_lives_have_their_distribution():
    layout = Layout.of(layers=(2, 2), endurance=1e4, endurance_sigma=0.6)
    lives = [draw_lives(layout, k, side, SHAPE, 5) for k, side in ((0, 0), (0, 1), (1, 0))]
    for x in lives:
        assert ks(x, stats.lognorm(0.6, scale=1e4).cdf) < RARE
    assert abs(np.corrcoef(lives[0].ravel(), lives[1].ravel())[0, 1]) < 0.03
    assert (draw_lives(layout.replace(endurance_sigma=0.0), 0, 0, (3, 3), 5) == 1e4).all()


# ---------------------------------------------------------------------------------------------------------------------
# Single steps

N = 20_000


def pulse_column(state, iteration, s_plus, s_minus, raise_w=True, replays=True):
    """One event on a column of `N` pairs that all stand alike: (states of G+, of G-, pulses, resets), counted from here."""
    views, d = state.layer(0), state.device
    span = d.g_max - d.g_min
    views.g_plus[:], views.g_minus[:] = np.float32(d.g_min + s_plus * span), np.float32(d.g_min + s_minus * span)
    state.clear_counts(0)
    if not replays:
        views = views._replace(scatter=views.scatter._replace(replays=np.empty((0, 0, 2), np.float32)))
    scatter.set_clock(views.scatter, iteration, 0)
    n = views.g_plus.shape[1]
    lines, column, none = np.arange(n, dtype=np.int32), np.zeros(1, np.int32), np.zeros(0, np.int32)
    up, down = (column, none) if raise_w else (none, column)
    issued = pair.update_analog(lines, n, up, len(up), down, len(down), views, state.method, d, state.ladder.steps)
    counts = state.counts(0)
    pulses = counts.pulses_plus[:, 0] + counts.pulses_minus[:, 0]
    resets = counts.resets_plus[:, 0] + counts.resets_minus[:, 0]
    assert issued == (pulses.sum(), resets.sum())
    return (*((g[0].astype(np.float64) - d.g_min) / span for g in (views.g_plus, views.g_minus)), pulses, resets)


def column(values, plugin, n=N):
    return fresh(layout_of(values, plugin, layers=(n, 2), bias=False))


def piecewise(quantiles):
    """Distribution function of a quantile function that is linear between its points."""
    return lambda x: np.interp(x, quantiles, np.linspace(0, 1, len(quantiles)))


FINE = {"n_max": 100, "beta": 1.0, "n_max_d": 120, "beta_d": 2.0, "method": "c"}
STEP_CASES = {
    "relative": {**FINE, "c2c": 0.6},
    "range": {**FINE, "c2c_range": 0.02},
    "both": {**FINE, "c2c": 0.8, "c2c_range": 0.01},
    "soft": {**FINE, "model": "soft-bounds", "c2c": 0.6},
    "table": {**TABLE, "method": "c"},
    "plugin": {"model": "plugin", "method": "c"},
}


@pytest.mark.jit
@pytest.mark.parametrize("name", STEP_CASES)
def test_steps_have_their_distribution(name, plugin):
    """Up, and down by method c at a full side, at several states."""
    state = column(STEP_CASES[name], plugin)
    device, v = state.layout.device, state.layout.variation
    law = law_of(state, plugin)
    seen = []
    for it, s in enumerate((0.35, 0.4999, 0.62), start=1):
        up, same, pulses, _ = pulse_column(state, it, s, 0.2)
        assert (pulses == 1).all()
        assert np.ptp(same) == 0
        full, down, pulses, _ = pulse_column(state, it, 1.0, s)
        assert (pulses == 1).all()
        assert (full == 1).all()
        for steps, rising, mean in ((up - s, True, law.up(s)), (s - down, False, law.down(s))):
            if name == "table":
                t = law.jump_up if rising else law.jump_down
                quantiles = [naive.look_up([row[q] for row in t], s) for q in range(3)]
                cdf = piecewise(quantiles)
            elif name == "plugin":
                cdf = stats.norm(mean, 0.4 * mean).cdf
            else:
                cdf = stats.norm(mean, math.hypot(v.c2c * mean, v.c2c_range)).cdf
            assert ks(steps, cdf) < RARE, (s, rising)
            seen.append(steps)
    assert np.abs(np.corrcoef(seen) - np.eye(6)).max() < 5 / math.sqrt(N)
    assert np.abs(np.corrcoef(seen[0][1:], seen[0][:-1])[0, 1]) < 5 / math.sqrt(N)
    assert device.model == state.layout.device.model


@pytest.mark.jit
def test_no_two_draws_are_the_same():
    """Other iterations, events, layers, sides, columns, seeds: other steps."""
    seen = {}
    for seed in (1, 2):
        state = fresh(Layout.of(layers=(30, 2, 2), bias=False, c2c=0.5, method="c", engine="analog", seed=seed))
        for layer in (0, 1):
            views, rows = state.layer(layer), state.shape(layer)[0]
            for iteration in (1, 2):
                for number in (0, 1):
                    for raising in (True, False):
                        views.g_plus[:] = views.g_minus[:] = np.float32(3e-7)
                        scatter.set_clock(views.scatter, iteration, number)
                        lines, both, none = (
                            np.arange(rows, dtype=np.int32),
                            np.arange(2, dtype=np.int32),
                            np.zeros(0, np.int32),
                        )
                        args = (both, 2, none, 0) if raising else (none, 0, both, 2)
                        pair.update_analog(lines, rows, *args, views, state.method, state.device, state.ladder.steps)
                        g = views.g_plus if raising else views.g_minus
                        for j in (0, 1):
                            for i in range(rows):
                                seen[seed, layer, iteration, number, raising, j, i] = float(g[j, i])
    assert len(set(seen.values())) > 0.998 * len(seen)  # float32 has few values


def test_pulses_of_one_replay_are_drawn_apart():
    """A climb of equal means: its steps must differ from one another."""
    law = Layout.of(layers=(2, 2), n_max=50, beta=0.0, c2c=0.5)
    sc = NetworkState(law).pairs.scatter
    side = moves.Side(False, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, np.uint64(5), np.uint64(6))
    steps = [moves.rise(0.5, 0.02, side, sc.law, sc.jump_up, np.uint64(k)) for k in range(40)]
    assert len(set(steps)) == 40


# ---------------------------------------------------------------------------------------------------------------------
# Replays

GOALS = (0.02, 0.15, 0.4, 0.66, 0.9, 0.985)


@pytest.mark.jit
@pytest.mark.parametrize("method", ["a", "b"])
@pytest.mark.parametrize(
    "values",
    [
        *({"n_max": 64, "beta": 2.0, "c2c": c} for c in (0.01, 0.1, 0.5)),
        {"n_max": 16, "beta": 0.0, "c2c": 0.05},
        {"n_max": 40, "beta": 4.0, "c2c": 0.3, "c2c_range": 0.004},
        {"n_max": 200, "beta": 1.0, "c2c": 0.2},
        {"n_max": 64, "beta": 2.0, "model": "soft-bounds", "c2c": 0.3},
        TABLE,
        {"model": "plugin"},
    ],
    ids=lambda v: "-".join(f"{k}{x}" for k, x in v.items() if not isinstance(x, list)),
)
def test_drawn_replays_are_distributed_as_those_pulsed(method, values, plugin):
    """Where they end, to 3 % of probability; how many pulses they take, on average, to a hundredth.

    The number of pulses is drawn apart from the end, and so scatters by up to a pulse more.
    """
    state = column({**values, "method": method}, plugin)
    assert len(state.pairs.scatter.replays)
    side = 0 if method == "a" else 1
    for it, s in enumerate(GOALS, start=1):
        drawn = pulse_column(state, it, 1.0, s)
        pulsed, again = (pulse_column(state, it + n, 1.0, s, replays=False) for n in (0, 1000))
        assert (drawn[3] == pulsed[3]).mean() > 0.95
        chance = stats.ks_2samp(pulsed[side], again[side]).statistic
        assert stats.ks_2samp(drawn[side], pulsed[side]).statistic < 0.03 + chance, s
        mean, other = drawn[2].mean(), pulsed[2].mean()
        assert abs(mean - other) < 0.01 * other + 5 * pulsed[2].std() / math.sqrt(N) + 0.02
        assert abs(drawn[2].std() - pulsed[2].std()) < 0.05 * pulsed[2].std() + 0.9
        assert drawn[2].max() <= state.pairs.scatter.law.most


@pytest.mark.parametrize("name", ["c2c", "range", "table", "plugin"])
def test_tables_of_replays_equal_the_twin(name, plugin):
    state = NetworkState(layout_of(name, plugin, layers=(2, 2)))
    sc, law = state.pairs.scatter, law_of(state, plugin)
    for levels, number, quantiles in ((8, 30, 5), (3, 7, 2)):
        out = np.empty((levels + 1, quantiles, 2), np.float32)
        climbs.fill_replays(np.uint64(9), sc.law, sc.up, sc.jump_up, number, out)
        for got, want in zip(out, naive.fill_replays(9, law, number, levels, quantiles), strict=True):
            np.testing.assert_allclose(got, np.transpose(want), atol=2e-7)
        short = sc.law._replace(most=2)
        climbs.fill_replays(np.uint64(9), short, sc.up, sc.jump_up, number, out)
        law.most, most = 2, law.most
        want = naive.fill_replays(9, law, number, levels, quantiles)
        law.most = most
        assert [bool(t[0, 0] < 0) for t in out] == [w is None for w in want]
        assert want[-1] is None
    assert [draw is None for draw in (naive.draw_replay(0.5, naive.Part(0.0), None),)] == [True]
    empty = np.empty((0, 0, 2), np.float32)
    assert climbs.draw_replay(0.5, np.uint64(1), np.uint64(2), np.uint64(3), empty)[1] == -1
    assert climbs.draw_replay(-0.5, np.uint64(1), np.uint64(2), np.uint64(3), sc.replays) == (0.0, 0)
    for goal in (0.001, 0.3, 0.77, 1.0):
        for row in range(40):
            part = naive.Part(0.0, row, (2**32 - 3, 12_345))
            got = climbs.draw_replay(goal, np.uint64(2**32 - 3), np.uint64(12_345), np.uint64(row), sc.replays)
            s, pulses = naive.draw_replay(goal, part, law.replays)
            assert got[1] == pulses
            assert got[0] == pytest.approx(s, rel=1e-14)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    n=st.integers(2, 80), beta=st.floats(-3, 5), ka=st.floats(0.3, 3), kb=st.floats(0.3, 2), before=st.floats(0, 1),
    soft=st.booleans(),
)  # fmt: skip
def test_where_replays_stop(n, beta, ka, kb, before, soft):
    """By the closed form, by asking at every state, and by the twin."""
    layout = Layout.of(
        layers=(2, 2), n_max=n, beta=beta, model="soft-bounds" if soft else "exponential", c2c=0.0, alpha_sigma=0.1
    )
    sc = NetworkState(layout).pairs.scatter
    law = naive.Law.of(layout)
    part = naive.Part(0.0, factors=(ka, 1.0, kb, 1.0))
    for s in (0.0, before, 1.0):
        for k in (1.0, kb):
            mean, other = moves.mean_rise(s, ka, k, sc.law, sc.up), moves.mean_fall(s, ka, k, sc.law, sc.down)
            assert mean == pytest.approx(naive.mean_rise(s, ka, k, law), rel=1e-5)
            assert other == pytest.approx(naive.mean_fall(s, ka, k, law), rel=1e-5)
            assert mean > 0
            assert other > 0
    stop = climbs.stop_of(before, ka, kb, sc.law, sc.up)
    # Below the bottom all stops are the same: no pulse.
    expected = max(naive.stop_of(before, part, law), 0.0)
    assert max(stop, 0.0) == pytest.approx(expected, rel=1e-4, abs=1e-5) or 2.0 in (stop, expected)

    def there(s):
        got = climbs.is_there(s, moves.mean_rise(s, ka, kb, sc.law, sc.up), before, ka, kb, sc.law, sc.up)
        want = naive.is_there(s, before, part, law)
        if got != want:  # a rounding
            near = s + part.mean(law, s)
            assert min(abs(near - before + 1.25e-6), abs(near + part.mean(law, near) / 2 - before)) < 1e-6
        return got

    assert there(before)
    if stop < 1.5:
        step = part.mean(law, before)
        assert there(stop + 0.05 * step)
        if stop > 0.05 * step:
            assert not there(stop - 0.05 * step)


def test_stops_are_tabulated():
    state = NetworkState(Layout.of(layers=(2, 2), n_max=20, beta=2.0, c2c=0.1))
    sc = state.pairs.scatter
    law = naive.Law.of(state.layout)
    np.testing.assert_allclose(sc.stops, law.stops, rtol=1e-5, atol=1e-7)
    for before in np.linspace(0, 1, 201):
        stop = climbs.stop_at(sc.stops, before)
        assert stop == pytest.approx(naive.stop_at(law.stops, before), abs=1e-6)
        assert stop == pytest.approx(climbs.stop_of(before, 1.0, 1.0, sc.law, sc.up), abs=1e-6)
    stops = np.array([0.1, 2.0, 0.3, 0.4])
    assert [climbs.stop_at(stops, x) for x in (0.0, 0.2, 0.5, 0.9, 1.0, 1.5, -1.0)] == pytest.approx(
        [2.0, 2.0, 2.0, 0.37, 0.4, 0.4, 2.0]
    )
    steep = NetworkState(Layout.of(layers=(2, 2), n_max=3, beta=5.0, c2c=0.1)).pairs.scatter
    assert (steep.stops == 2.0).any()


# ---------------------------------------------------------------------------------------------------------------------
# Whole trainings against the twin, pulse by pulse

METHODS = ["a", "b", "c"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", NOISES)
def test_training_equals_the_twin(name, method, plugin):
    state = fresh(layout_of(name, plugin, method=method))
    twin = twin_of(state, plugin)
    n = 120 if JIT else 40
    x, y = data(n, state.layout.network.layers, np.uint8)
    log, curves = train_library(state, x, y, blocks=(1, 50, 7))
    records = naive.train_block(twin, x, y.tolist())
    check_log(log, records, state)
    check_states(state, twin.arrays)
    for field in ("pulses", "resets", "wrong"):
        assert curves[field] == [getattr(r, field) for r in records]
    replayed = fresh(state.layout)
    for k in range(state.n_layers):
        replayed.replay(k, *(np.array([event[f] for event in log[k]]) for f in range(4)))
        np.testing.assert_array_equal(replayed.nominal(k), state.nominal(k))
    check_states(replayed, twin.arrays)
    if method != "c" and JIT:
        assert sum(curves["resets"]) > 0


@pytest.mark.jit
@pytest.mark.slow
@pytest.mark.parametrize("rule", ["deferred", "lines", "signs", "products"])
@pytest.mark.parametrize(("name", "method"), [("all", "b"), ("c2c", "a"), ("worn-stuck", "c"), ("all", "a")])
def test_batches_equal_the_twin(name, method, rule, plugin):
    state = fresh(layout_of(name, plugin, method=method, batch=3, batch_rule=rule))
    twin = twin_of(state, plugin)
    x, y = data(120, state.layout.network.layers, np.uint8)
    log, curves = train_library(state, x, y, blocks=(7, 2))
    records = [twin.train_batch(x[k : k + 3], y[k : k + 3].tolist(), rule) for k in range(0, 120, 3)]
    check_states(state, twin.arrays)
    for field in ("pulses", "resets"):
        assert curves[field] == [getattr(r, field) for r in records]
    replayed = fresh(state.layout)
    for k in range(state.n_layers):
        replayed.replay(k, *(np.array([event[f] for event in log[k]]) for f in range(4)))
        np.testing.assert_array_equal(replayed.nominal(k), state.nominal(k))


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", NOISES)
def test_one_pair_equals_the_twin_and_is_foretold(name, method, plugin):
    """`walk_scattered`; and `count_scattered` says beforehand what an update issues, and moves nothing."""
    state = fresh(layout_of(name, plugin, method=method, seed=12))
    twin = twin_of(state, plugin)
    views, d = state.layer(0), naive.Device.of(state.layout.device)
    rng = np.random.default_rng(4)
    n = 150 if JIT else 40
    for i, j in ((0, 0), (3, 4), (6, 2)):
        sign = np.concatenate([[0], rng.choice([-1, 1, 1], n)]).astype(np.int8)
        iteration, number = np.arange(n + 1) // 2, np.arange(n + 1) % 2
        g_plus, g_minus = np.empty(n + 1, np.float32), np.empty(n + 1, np.float32)
        sc = views.scatter
        before = [x.copy() for x in (views.g_plus, views.g_minus)]
        scatter.set_clock(sc, 7, 1)
        array = twin.arrays[0]
        naive.set_clock(array, 7, 1)
        foretold = scatter.count_scattered(i, j, True, views, state.method, state.device, sc)
        assert foretold == naive.count_scattered(array, i, j, +1, method, d)
        np.testing.assert_array_equal(before, (views.g_plus, views.g_minus))
        scatter.walk_scattered(iteration, number, sign, i, j, views, state.method, state.device, sc, g_plus, g_minus)
        events = list(zip(iteration[1:].tolist(), number[1:].tolist(), sign[1:].tolist(), strict=True))
        states = naive.walk_scattered(array, i, j, events, method, d)
        np.testing.assert_array_equal(np.transpose(states), [g_plus, g_minus])
        assert (views.g_plus[j, i], views.g_minus[j, i]) == (g_plus[-1], g_minus[-1])


@pytest.mark.jit
@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", NOISES)
def test_counts_are_foretold(name, method, plugin):
    """The quick way through a column and the careful one are the same."""
    state = fresh(
        layout_of(name, plugin, method=method, layers=(20, 5), n_max=None if name in ("table", "plugin") else 6)
    )
    views, rng = state.layer(0), np.random.default_rng(1)
    rows, cols = state.shape(0)
    for event in range(60):
        scatter.set_clock(views.scatter, event, event % 3)
        raising = bool(event % 3)
        lines, none = np.flatnonzero(rng.random(rows) < 0.7).astype(np.int32), np.zeros(0, np.int32)
        columns = np.arange(cols, dtype=np.int32)
        foretold = [
            scatter.count_scattered(i, j, raising, views, state.method, state.device, views.scatter)
            for j in columns
            for i in lines
        ]
        args = (columns, cols, none, 0) if raising else (none, 0, columns, cols)
        issued = pair.update_analog(lines, len(lines), *args, views, state.method, state.device, state.ladder.steps)
        assert issued == (sum(f[0] + f[1] for f in foretold), sum(f[2] + f[3] for f in foretold))
        np.testing.assert_array_equal(views.w[:, :cols], np.subtract(*state.conductance(0)))


def test_layers_have_devices_of_their_own():
    state = fresh(Layout.of(layers=(3, 4, 2), **ALL))
    names = ("traits", "stuck", "life")
    for k in range(2):
        own = state.layer(k).scatter
        assert own.layer == k
        rows, cols = state.shape(k)
        for name in names:
            for side in ("plus", "minus"):
                assert getattr(own, f"{name}_{side}").shape[:2] == (cols, rows)
                getattr(own, f"{name}_{side}")[:] = k + 1
    for name in names:
        assert all(getattr(state.pairs.scatter, f"{name}_{side}").all() for side in ("plus", "minus"))
    for k in range(2):
        other = train.layer_pairs(state.pairs, state.geometry, k).scatter
        assert other.layer == k
        for name in names:
            assert all((getattr(other, f"{name}_{side}") == k + 1).all() for side in ("plus", "minus"))
    s = state.pairs.scatter
    assert (
        scatter.bytes_of((23,))
        == naive_scatter.bytes_of(23)
        == sum(getattr(s, f"{name}_{side}").nbytes for name in names for side in ("plus", "minus"))
        * 23
        // sum(r * c for r, c in (state.shape(0), state.shape(1)))
    )
    assert scatter.layer_scatter(None, 0, 0, 1, (1, 1)) is None
    scatter.set_clock(None, 1, 2)
    scatter.set_clock(s, 5, 6)
    assert s.clock.tolist() == [5, 6]
    for layer in (0, 3):
        for side in (0, 1):
            got = scatter.column_stream(8, side, state.layer(0).scatter._replace(layer=layer))
            assert tuple(int(x) for x in got) == naive.column_stream(state.layout.run.seed, layer, side, 8, 5, 6)


# ---------------------------------------------------------------------------------------------------------------------
# Run files

RUN = {
    "n_max": 6,
    "iterations": ITERATIONS,
    "eval_every": 50,
    "eval_last": 2,
    "snapshot_every": 40,
    "c": 0.8,
    "seed": 4,
}
FILES = [
    ("c2c", "a", {}), ("c2c", "b", {}), ("range", "c", {}), ("soft", "b", {}), ("law", "a", {}), ("law", "c", {}), ("window", "a", {}),
    ("stuck", "b", {}), ("stuck", "a", {}), ("table", "a", {}), ("table", "c", {}), ("plugin", "b", {}), ("worn-stuck", "b", {}),
    ("worn-min", "a", {}), ("worn-max", "c", {}), ("worn-closing", "b", {}), ("worn-closing", "c", {}), ("all", "a", {}),
    ("all", "b", {}), ("all", "c", {}),
    ("all", "b", {"batch": 3, "batch_rule": "deferred"}), ("c2c", "b", {"batch": 3, "batch_rule": "deferred"}),
    ("all", "a", {"batch": 3, "batch_rule": "signs"}), ("all", "c", {"batch": 3, "batch_rule": "lines"}),
    ("all", "b", {"batch": 3, "batch_rule": "products"}), ("worn-stuck", "b", {"batch": 3, "batch_rule": "deferred"}),
    ("all", "b", {"account": True}), ("c2c", "a", {"half_select_step": 0.1}), ("all", "b", {"half_select_probability": 0.1}),
    ("worn-stuck", "b", {"half_select_step": 0.1, "account": True}),
    ("all", "b", {"half_select_step": 0.05, "batch": 3, "batch_rule": "deferred"}),
    ("all", "a", {"half_select_step": 0.05, "batch": 3, "batch_rule": "signs", "account": True}),
]  # fmt: skip


def file_layout(name, method, kw, plugin):
    run = {k: x for k, x in RUN.items() if k != "n_max" or name not in ("table", "plugin")}
    return layout_of(name, plugin, **run, method=method, **kw)


@pytest.mark.jit
@pytest.mark.parametrize(
    ("name", "method", "kw"),
    # Batches and pulse lines of such devices take minutes to compile.
    [pytest.param(*case, marks=pytest.mark.slow) if case[2] else case for case in FILES],
    ids=str,
)
def test_runs_replay_and_resume_exactly(tmp_path, tiny_data, plugin, name, method, kw):
    lay = file_layout(name, method, kw, plugin)
    xbarsim.run(lay, out=tmp_path / "whole.h5", dataset=tiny_data)
    held, counts = engine_states(lay, tiny_data)
    with Trace(tmp_path / "whole.h5") as trace:
        assert trace.layout == lay
        for k, (rows, cols) in enumerate(trace.shapes, start=1):
            for n in (0, 1, 39, 40, 41, 77, 79, 120, 133, ITERATIONS, 5):  # backwards at the end
                np.testing.assert_array_equal(trace.conductance(k, n), held[n][k - 1])
            assert not np.array_equal(held[0][k - 1], held[-1][k - 1])
            for i, j in {(0, 0), (rows - 1, cols - 1), (rows // 2, 1), (1, cols // 2)}:
                h = trace.synapse(k, i, j)
                np.testing.assert_array_equal(h.g_plus, [s[k - 1][0][i, j] for s in held])
                np.testing.assert_array_equal(h.g_minus, [s[k - 1][1][i, j] for s in held])
            for what, values in trace.counts(k).items():
                if hasattr(counts[k - 1], what):
                    np.testing.assert_array_equal(values, getattr(counts[k - 1], what))
    path, ticks = tmp_path / "run.h5", iter(range(1000))
    result = xbarsim.run(lay, out=path, dataset=tiny_data, stop=lambda: next(ticks) >= 1, commit_seconds=0.0)
    stops = 0
    while not result.finished:
        stops += 1
        ticks = iter(range(1000))
        result = xbarsim.resume(path, dataset=tiny_data, stop=lambda n=stops, t=ticks: next(t) >= n, commit_seconds=0.0)
    assert stops
    assert_same(path, tmp_path / "whole.h5")


@pytest.mark.parametrize("name", ["all", "c2c", "worn-closing"])
def test_blocks_do_not_matter(name, plugin):
    x, y = data(90, (6, 5, 3), np.uint8)
    results = []
    for blocks in ((90,), (1,), (13, 40)):
        state = fresh(layout_of(name, plugin, method="b"))
        log, curves = train_library(state, x, y, blocks, iteration=1000)
        results.append((states_of(state), [[e[0] for e in layer] for layer in log], curves))
    for states, iterations, curves in results[1:]:
        np.testing.assert_equal(states, results[0][0])
        assert (iterations, curves) == results[0][1:]


@pytest.mark.jit
def test_a_file_keeps_what_was_drawn(tmp_path, tiny_data, plugin):
    import h5py

    lay = file_layout("all", "b", {}, plugin)
    xbarsim.run(lay, out=tmp_path / "run.h5", dataset=tiny_data)
    state = fresh(lay)
    with h5py.File(tmp_path / "run.h5", "r", locking=False) as file, Trace(tmp_path / "run.h5") as trace:
        for k in (1, 2):
            fixed = state.fixed(k - 1)
            assert len(fixed) == 4 + 8 + 2 + 2
            for key, values in fixed.items():
                np.testing.assert_array_equal(file[f"entry/layer_{k}/{key}"][:], values)
                assert values.shape == state.shape(k - 1)
            for got, want in zip(
                trace.window(k), draw_windows(lay, k - 1, state.shape(k - 1), lay.run.seed), strict=True
            ):
                np.testing.assert_array_equal(got, want)
            faults = draw_faults(lay, k - 1, state.shape(k - 1), lay.run.seed)
            for side, stuck, at in (
                ("plus", faults.stuck_plus, faults.at_plus),
                ("minus", faults.stuck_minus, faults.at_minus),
            ):
                np.testing.assert_array_equal(fixed[f"stuck_{side}"], stuck)
                start = file[f"entry/layer_{k}/g_{side}"][:]
                for frame in start:
                    np.testing.assert_array_equal(frame[stuck], at[stuck])


# ---------------------------------------------------------------------------------------------------------------------
# Limits


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_beta", [(8, 2.0), (64, 0.0), (64, 2.0), (64, 5.0), (255, 1.0), (1000, 2.0)], ids=str)
@pytest.mark.parametrize("forced", [{"stuck_anywhere": 1e-12}, {"endurance": 1e18}], ids=str)
def test_without_noise_it_is_the_plain_engine(method, n_beta, forced):
    (n, beta), shape = n_beta, (5, 6)
    events = (4 * n if JIT else 12) + 100
    ends = []
    for extra in ({}, forced):
        values = {"n_max": n, "beta": beta, "method": method, "engine": "analog", "initial_steps": n, "seed": 3}
        state = fresh(Layout.of(layers=shape, **values, **extra))
        assert (state.pairs.scatter is None) is (not extra)
        rng, views, issued = np.random.default_rng(0), state.layer(0), []
        for e in range(events):
            lines = np.flatnonzero(rng.random(6) < 0.7).astype(np.int32)
            signs = rng.choice([-1, 0, 1], 6, p=[0.15, 0.1, 0.75])
            up, down = (np.flatnonzero(signs == s).astype(np.int32) for s in (1, -1))
            scatter.set_clock(views.scatter, e, 0)
            args = lines, len(lines), up, len(up), down, len(down)
            issued.append(pair.update_analog(*args, views, state.method, state.device, state.ladder.steps))
        ends.append((state.nominal(0), state.counts(0), issued))
    (plain, counts, issued), (forced_g, forced_counts, forced_issued) = ends
    assert issued == forced_issued
    for name in vars(counts):
        np.testing.assert_array_equal(getattr(counts, name), getattr(forced_counts, name))
    np.testing.assert_allclose(np.array(forced_g), np.array(plain), rtol=0, atol=1e-6 * SPAN)


@pytest.mark.jit
@pytest.mark.parametrize("dataset", ["two-pixels", "digits"])
@pytest.mark.parametrize("method", METHODS)
def test_runs_without_noise_are_plain_runs(dataset, method):
    layers = (2, 2) if dataset == "two-pixels" else (784, 10)
    lay = Layout.of(layers=layers, dataset=dataset, iterations=150, method=method, eval_last=2, engine="analog")
    plain, forced = xbarsim.run(lay).as_dict(), xbarsim.run(lay.replace(endurance=1e18)).as_dict()
    for key in ("accuracy", "accuracy_mean_last", "pulses", "resets"):
        assert plain[key] == forced[key]


def test_soft_bounds_climb_as_neurosim_says():
    """g_k = (1 - exp(-beta k / n)) / (1 - exp(-beta)), in the plain engine and in this one."""
    for n, beta in ((10, 2.0), (64, 0.7), (40, 5.0), (30, -1.5)):
        layout = Layout.of(layers=(2, 2), n_max=n, beta=beta, model="soft-bounds", initial_steps=0, endurance=1e18)
        k = np.arange(n + 1)
        climb = (1 - np.exp(-beta * k / n)) / (1 - np.exp(-beta))
        steps = layout.device.staircase().astype(float)
        np.testing.assert_allclose((steps - 1e-7) / SPAN, climb, atol=2e-6)
        state = fresh(layout)
        views, sign = state.layer(0), np.concatenate([[0], np.ones(n)]).astype(np.int8)
        g_plus, g_minus = np.empty(n + 1, np.float32), np.empty(n + 1, np.float32)
        at = np.zeros(n + 1, np.int64)
        scatter.walk_scattered(at, at, sign, 0, 0, views, state.method, state.device, views.scatter, g_plus, g_minus)
        np.testing.assert_allclose(g_plus, steps, rtol=0, atol=1e-6 * SPAN)
        sc = views.scatter
        s = np.linspace(0, 1, 7)
        falls = [moves.mean_fall(x, 1.0, 1.0, sc.law, sc.down) for x in s]
        rises = [moves.mean_rise(1.0 - x, 1.0, 1.0, sc.law, sc.up) for x in s]
        np.testing.assert_allclose(falls, rises, rtol=1e-6)


@pytest.mark.parametrize("nodes", [5, 33, 257])
def test_a_table_of_one_quantile_is_the_law_it_was_sampled_from(nodes):
    law = xbarsim.Device(n_max=20, beta=2.0)
    s = np.linspace(0, 1, nodes)
    up = law.alpha_p * np.exp(-2.0 * s)
    table = xbarsim.Device(model="table", jump_p=[[x] for x in up], jump_d=[[x] for x in up[::-1]])
    assert table.deterministic
    off = 20 * (2.0 / (nodes - 1)) ** 2 / 8  # a chord's sag at each of twenty steps
    a, b = law.staircase().astype(float), table.staircase().astype(float)
    k = min(len(a), len(b)) - 1
    np.testing.assert_allclose(a[:k], b[:k], rtol=0, atol=off * law.alpha_p)
    for extra in ({}, {"endurance": 1e18}):
        state = fresh(
            Layout.of(layers=(2, 2), model="table", jump_p=table.jump_p, jump_d=table.jump_d, initial_steps=0, **extra)
        )
        assert (state.pairs.scatter is None) is (not extra)


def test_a_plugin_that_is_a_built_in_law_climbs_its_staircase(plugin):
    built_in, own = (
        Layout.of(layers=(2, 2), endurance=1e18, initial_steps=0, **v)
        for v in ({"n_max": 16, "beta": 2.0}, {"model": "plugin", "step": f"{plugin}:exponential"})
    )
    np.testing.assert_allclose(own.device.staircase(), built_in.device.staircase(), rtol=0, atol=1e-6 * SPAN)
    histories = []
    for layout in (built_in, own):
        for method in METHODS[::2]:
            state = fresh(layout.replace(method=method))
            views = state.layer(0)
            sign = np.concatenate([[0], np.ones(16), -np.ones(20), np.ones(9)]).astype(np.int8)
            at = np.arange(len(sign))
            g = np.empty((2, len(sign)), np.float32)
            scatter.walk_scattered(at, 0 * at, sign, 1, 1, views, state.method, state.device, views.scatter, *g)
            histories.append(g)
            np.testing.assert_allclose(g[0, :17], layout.device.staircase()[:17], rtol=0, atol=1e-6 * SPAN)
    np.testing.assert_allclose(histories[1], histories[3], rtol=0, atol=2e-6 * SPAN)


@pytest.mark.parametrize(
    "values", [{}, pytest.param({"half_select_probability": 0.2, "batch": 2}, marks=pytest.mark.slow)], ids=str
)
@pytest.mark.parametrize("method", METHODS)
def test_stuck_devices_never_move(method, values, plugin):
    state = fresh(layout_of("stuck", plugin, method=method, **values))
    start = states_of(state)
    x, y = data(160, (6, 5, 3), np.uint8)
    train_library(state, x, y, (40,))
    moved = 0
    for k in range(2):
        own, (plus, minus) = state.layer(k).scatter, state.nominal(k)
        for stuck, before, after, pulses in (
            (own.stuck_plus.T, start[k][0], plus, state.counts(k).pulses_plus),
            (own.stuck_minus.T, start[k][1], minus, state.counts(k).pulses_minus),
        ):
            stuck = stuck != 0
            assert 0.1 < stuck.mean() < 0.8
            np.testing.assert_array_equal(before[stuck], after[stuck])
            moved += (before != after).sum()
            if method == "c":
                assert pulses[stuck].sum() > 0
    assert moved > 20


@pytest.mark.parametrize("failure", ["stuck", "min", "max"])
def test_a_worn_device_is_where_it_failed(failure):
    """Twelve pulses: from the thirteenth on it does nothing, but is counted."""
    layout = Layout.of(
        layers=(2, 2), n_max=40, beta=1.0, endurance=12.0, endurance_failure=failure, initial_steps=0, method="c"
    )
    state = fresh(layout)
    views, d = state.layer(0), state.device
    sign = np.concatenate([[0], np.ones(30)]).astype(np.int8)
    at, g = np.arange(31), np.empty((2, 31), np.float32)
    scatter.walk_scattered(at, 0 * at, sign, 0, 0, views, state.method, d, views.scatter, *g)
    steps = layout.device.staircase()
    np.testing.assert_allclose(g[0, :13], steps[:13], rtol=0, atol=1e-6 * SPAN)
    after = {"stuck": g[0, 12], "min": np.float32(d.g_min), "max": np.float32(d.g_max)}[failure]
    assert (g[0, 13:] == after).all()
    # A device at Gmax is full: then the other side is depressed, until it wears out, too.
    assert (g[1, : 25 if failure == "max" else 31] == steps[0]).all()
    assert state.counts(0).pulses_plus[0, 0] == (13 if failure == "max" else 30) - (failure == "max")
    if failure != "max":  # else both are full in the end, and reset in vain
        assert state.counts(0).resets_plus.sum() == 0


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_closing_windows_close(power):
    layout = Layout.of(
        layers=(2, 2), n_max=4, beta=0.0, endurance=10.0, endurance_failure="closing", endurance_closing=power, initial_steps=0,
    )  # fmt: skip
    state = fresh(layout)
    views, d = state.layer(0), state.device
    seen = 0
    for event in range(60):
        counts = state.counts(0)
        pulses = counts.pulses_plus[0, 0] + counts.resets_plus[0, 0]
        scatter.set_clock(views.scatter, event, 0)
        one, none = np.zeros(1, np.int32), np.zeros(0, np.int32)
        up = event % 8 < 5
        args = (one, 1, none, 0) if up else (none, 0, one, 1)
        pair.update_analog(one, 1, *args, views, state.method, d, state.ladder.steps)
        half = 0.5 * min((10.0 / pulses) ** power, 1.0) if pulses else 0.5
        s = (float(state.nominal(0)[0][0, 0]) - d.g_min) / (d.g_max - d.g_min)
        assert 0.5 - half - 1e-6 <= s <= 0.5 + half + 1e-6
        seen += half < 0.4
        for p in (0, 5, 10, 11, 25, 400):
            for failure, word_ in enumerate(("stuck", "min", "max", "closing")):
                assert moves.window_of(p, 10.0, failure, power) == pytest.approx(naive.window_of(p, 10.0, word_, power))
    assert seen > 15
    assert (
        moves.window_of(0, 0.0, moves.WEAR_CLOSING, power)[:2]
        == naive.window_of(0, 0.0, "closing", power)[:2]
        == (0.5, 0.5)
    )
    for failure, word_ in enumerate(("stuck", "min", "max")):
        assert moves.worn(0.3, failure) == naive.worn(0.3, word_)


def test_a_dead_device_is_not_climbed():
    """Method a at a side that conducts nothing: W is where it should be at once, as in the plain engine."""
    pulses = []
    for extra in ({}, {"endurance": 1e18}):
        layout = Layout.of(layers=(2, 2), n_max=8, method="a", sigma=0.1, engine="analog", **extra)
        state = fresh(layout)
        zero, one = np.zeros((3, 2), np.float32), np.ones((3, 2), np.float32)
        state.set_window(0, state.window(0)._replace(x_plus=zero, x_minus=one))
        steps = layout.device.staircase()
        state.set_nominal(0, np.full((3, 2), steps[-1]), np.full((3, 2), steps[4]))
        views, row, none = state.layer(0), np.zeros(1, np.int32), np.zeros(0, np.int32)
        pair.update_analog(row, 1, row, 1, none, 0, views, state.method, state.device, state.ladder.steps)
        pulses.append((state.counts(0).pulses_plus[0, 0], float(state.nominal(0)[0][0, 0])))
    assert pulses[0] == pulses[1] == (0, float(steps[0]))


@pytest.mark.slow
def test_worn_devices_are_not_disturbed():
    layout = Layout.of(
        layers=(3, 2), n_max=20, endurance=1.0, method="c", half_select_step=0.5, initial_steps=3, bias=False, batch=1
    )
    state = fresh(layout)
    views, own = state.layer(0), state.layer_gates(0)
    state.fresh_gates()
    views.pulses_plus[:, 0] = 1
    before = state.nominal(0)
    from xbarsim.kernels.circuit import gates

    row, column_, none = np.array([0], np.int32), np.array([0], np.int32), np.zeros(0, np.int32)
    gates.disturb(1, row, 1, column_, 1, none, 0, state.device, views, own)
    after = state.nominal(0)
    assert after[0][0, 1] == before[0][0, 1]  # worn, half-selected by its row
    assert after[0][1, 0] > before[0][1, 0]  # half-selected by its column
    assert after[1][0, 0] > before[1][0, 0]


# ---------------------------------------------------------------------------------------------------------------------
# Whatever happens


@settings(deadline=None, derandomize=True, max_examples=120 if os.environ.get("XBARSIM_SLOW") else 30)
@given(
    n=st.integers(1, 30), beta=st.floats(-2, 4), method=st.sampled_from("abc"), c2c=st.floats(0, 5), c2c_range=st.floats(0, 1),
    spread=st.sampled_from(["normal", "lognormal"]), sigma=st.floats(0, 3), endurance=st.sampled_from([0.0, 1.0, 7.0, 1e9]),
    failure=st.sampled_from(["stuck", "min", "max", "closing"]), stuck=st.floats(0, 0.3), windows=st.floats(0, 2),
    seed=st.integers(0, 2**31), g_min=st.sampled_from([0.0, 1e-7, 9.9e-7]),
)  # fmt: skip
def test_conductances_stay_in_their_window(
    n, beta, method, c2c, c2c_range, spread, sigma, endurance, failure, stuck, windows, seed, g_min
):
    layout = Layout.of(
        layers=(3, 2), n_max=n, beta=beta, method=method, c2c=c2c, c2c_range=c2c_range, spread=spread, alpha_sigma=sigma, beta_sigma=sigma / 3,
        endurance=endurance, endurance_failure=failure, stuck_anywhere=stuck, stuck_at_g_max=stuck, g_max_sigma=windows, g_min_sigma=windows,
        seed=seed, engine="analog", g_min=g_min,
    )  # fmt: skip
    state = fresh(layout)
    views, rng, d = state.layer(0), np.random.default_rng(seed), state.device
    low, high = np.float32(d.g_min), np.float32(d.g_max)
    for event in range(30):
        scatter.set_clock(views.scatter, event, 0)
        lines = np.flatnonzero(rng.random(4) < 0.8).astype(np.int32)
        signs = rng.choice([-1, 1], 2)
        up, down = (np.flatnonzero(signs == s).astype(np.int32) for s in (1, -1))
        args = lines, len(lines), up, len(up), down, len(down)
        pulses, resets = pair.update_analog(*args, views, state.method, d, state.ladder.steps)
        assert pulses >= 0
        assert resets >= 0
        for g in (views.g_plus, views.g_minus):
            assert (g >= low).all()
            assert (g <= high).all()
        w = views.w[:, :2]
        np.testing.assert_array_equal(w, np.subtract(*state.conductance(0)))
        # Both conductances are rounded as Gmax is, and in a narrow window that shows.
        rounding = np.finfo(np.float32).eps * d.g_max
        assert np.abs(w).max() <= float(state.reading.reach) * float(state.reading.span) + rounding
        for g in state.conductance(0):
            assert (g >= -1e-12).all()
    most = 20 * (len(state.steps) - 1) + 2
    c = state.counts(0)
    assert max(int(p.max()) for p in (c.pulses_plus, c.pulses_minus)) <= 30 * max(most, 2)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


def one_line(message):
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"jump_p": [[1e-8]], "jump_d": [[1e-8], [1e-8]]}, "device.jump_p_S: expected two or more rows"),
        ({"jump_p": "steep", "jump_d": [[1e-8], [1e-8]]}, "device.jump_p_S: expected two or more rows"),
        ({"jump_p": [[1e-8], ["x"]], "jump_d": [[1e-8], [1e-8]]}, "something that is no number"),
        ({"jump_p": [[1e-8], [1e-8]], "jump_d": [[1e-8, 2e-8], [1e-8]]}, "device.jump_d_S: .* got rows of 2, 1"),
        ({"jump_p": [[], []], "jump_d": [[1e-8], [1e-8]]}, "device.jump_p_S: .* got rows of 0, 0"),
        ({"jump_p": [[math.nan], [1e-8]], "jump_d": [[1e-8], [1e-8]]}, "not finite"),
        ({"jump_p": [[2e-8, 1e-8], [1e-8, 2e-8]], "jump_d": [[1e-8], [1e-8]]}, "another order"),
        ({"jump_p": [[-3e-8, 1e-8], [1e-8, 2e-8]], "jump_d": [[1e-8], [1e-8]]}, "device.jump_p_S: expected mean steps > 0"),
        ({"jump_p": [[1e-8], [1e-8]], "jump_d": [[-1e-8], [1e-8]]}, "device.jump_d_S: expected mean steps > 0"),
        ({"jump_p": [[1e-8], [1e-8]]}, "device.jump_d: expected one with model 'table'"),
        ({"jump_p": [[1e-8], [1e-8]], "jump_d": [[1e-8], [1e-8]], "n_max": 5}, "device.n_max: expected nothing with model 'table'"),
        ({"jump_p": [[1e-8], [1e-8]], "jump_d": [[1e-8], [1e-8]], "step": "a.py:b"}, "device.step: expected nothing"),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(values, message):
    with pytest.raises(LayoutError, match=message) as error:
        Layout.of(layers=(2, 2), model="table", **values)
    one_line(str(error.value))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("", "expected file.py:function"),
        ("no such", "expected file.py:function"),
        ("missing", "the file has no function 'missing'"),
        ("three", "the file has no function 'three'"),
        ("nan", "> 0 on potentiation between the rails"),
        ("wrong_way", "> 0 on potentiation between the rails"),
        ("raises", "it raises ZeroDivisionError"),
    ],
)
def test_bad_plugins_are_refused(plugin, function, message):
    with pytest.raises(LayoutError, match=message) as error:
        Layout.of(layers=(2, 2), model="plugin", step=f"{plugin}:{function}")
    one_line(str(error.value))


def test_a_plugin_file_that_is_missing_or_wrong_is_refused(tmp_path):
    with pytest.raises(LayoutError, match=r"cannot read .*nowhere.py") as error:
        Layout.of(layers=(2, 2), model="plugin", step=f"{tmp_path}/nowhere.py:step")
    one_line(str(error.value))
    for text, message in (
        ("def step(:\n", "the file raises SyntaxError"),
        ("import nothing_of_that_name\n", "raises ModuleNotFoundError"),
    ):
        path = tmp_path / f"{len(text)}.py"
        path.write_text(text)
        with pytest.raises(LayoutError, match=message) as error:
            Layout.of(layers=(2, 2), model="plugin", step=f"{path}:step")
        one_line(str(error.value))
    with pytest.raises(LayoutError, match=r"device.step: expected one with model 'plugin'"):
        Layout.of(layers=(2, 2), model="plugin")
    with pytest.raises(LayoutError, match=r"device.step: expected nothing with model 'exponential'"):
        Layout.of(layers=(2, 2), step="a.py:b")


@pytest.mark.jit
def test_a_plugin_that_cannot_be_compiled_is_refused(plugin):
    layout = Layout.of(layers=(2, 2), model="plugin", step=f"{plugin}:not_compiled")
    with pytest.raises(LayoutError, match="expected a function that Numba can compile") as error:
        NetworkState(layout)
    one_line(str(error.value))
    assert len(str(error.value)) < 700


def test_a_plugin_that_has_changed_is_refused(plugin):
    layout = Layout.of(layers=(2, 2), model="plugin", step=f"{plugin}:step")
    assert len(layout.device.step_sha256) == 64
    assert Layout.from_toml_text(layout.to_toml()) == layout
    text = layout.to_toml().replace(layout.device.step_sha256, "0" * 64)
    with pytest.raises(LayoutError, match=r"device.step: expected .* with SHA-256 000000000000") as error:
        Layout.from_toml_text(text)
    one_line(str(error.value))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"stuck_at_g_min": 0.5, "stuck_at_g_max": 0.4, "stuck_anywhere": 0.2},
            "expected fractions that add up to at most 1, got 1.1",
        ),
        ({"stuck_anywhere": 1.5}, "variation.stuck_anywhere: expected a number <= 1"),
        ({"c2c": -0.1}, "variation.c2c: expected a number >= 0"),
        ({"c2c_range": math.nan}, "variation.c2c_range: expected a finite number"),
        ({"spread": "uniform"}, "variation.spread: unknown name 'uniform'"),
        ({"endurance_failure": "explodes"}, "variation.endurance_failure: unknown name 'explodes'"),
        ({"rule": "software", "endurance": 5.0}, "variation: expected nothing with rule 'software'"),
        ({"c_current": 1e-3}, "neuron.c_current_A: expected 4.5e-09 to 9e-05 A"),
        ({"c_current": 1e-12}, "neuron.c_current_A: expected"),
        ({"c2c": 0.1, "engine": "ladder"}, "engine"),
    ],
)
def test_bad_values_are_refused(values, message):
    with pytest.raises(LayoutError, match=message) as error:
        NetworkState(Layout.of(layers=(2, 2), **values))
    one_line(str(error.value))
