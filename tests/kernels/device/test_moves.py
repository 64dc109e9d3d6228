"""Single pulses of devices that scatter, and the laws that they follow without noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from xbarsim.kernels.device import climbs, moves

import xbarsim
from xbarsim import Layout
from xbarsim.learn.sign import SignState

from ... import naive
from ..scattered import METHODS, RARE, SPAN, TABLE, N, column, fresh, history, ks, law_of, pulse_column

# ---------------------------------------------------------------------------------------------------------------------
# Single steps


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
def test_pulses_of_one_replay_are_drawn_apart():
    """A climb of equal means: its steps must differ from one another."""
    law = Layout.of(layers=(2, 2), n_max=50, beta=0.0, c2c=0.5)
    sc = SignState(law).pairs.scatter
    side = moves.Side(False, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, np.uint64(5), np.uint64(6))
    steps = [moves.rise(0.5, 0.02, side, sc.law, sc.jump_up, np.uint64(k)) for k in range(40)]
    assert len(set(steps)) == 40


# ---------------------------------------------------------------------------------------------------------------------
# Limits


@pytest.mark.jit
def test_soft_bounds_climb_as_neurosim_says():
    """g_k = (1 - exp(-beta k / n)) / (1 - exp(-beta)), in the plain engine and in this one."""
    for n, beta in ((10, 2.0), (64, 0.7), (40, 5.0), (30, -1.5)):
        layout = Layout.of(layers=(2, 2), n_max=n, beta=beta, model="soft-bounds", initial_steps=0, endurance=1e18)
        k = np.arange(n + 1)
        climb = (1 - np.exp(-beta * k / n)) / (1 - np.exp(-beta))
        steps = layout.device.staircase().astype(float)
        np.testing.assert_allclose((steps - 1e-7) / SPAN, climb, atol=2e-6)
        state = fresh(layout)
        g_plus, _ = history(state, 0, 0, np.ones(n))
        np.testing.assert_allclose(g_plus, steps, rtol=0, atol=1e-6 * SPAN)
        sc = state.layer(0).scatter
        s = np.linspace(0, 1, 7)
        falls = [moves.mean_fall(x, 1.0, 1.0, sc.law, sc.down) for x in s]
        rises = [moves.mean_rise(1.0 - x, 1.0, 1.0, sc.law, sc.up) for x in s]
        np.testing.assert_allclose(falls, rises, rtol=1e-6)


@pytest.mark.jit
@pytest.mark.parametrize("model", ["exponential", "soft-bounds"])
def test_steps_of_extreme_devices_are_numbers(model):
    """A factor on beta may be anything, and a stop is looked for below the bottom, too: exp of thousands."""
    layout = Layout.of(layers=(2, 2), n_max=9, beta=-6.0, model=model, beta_sigma=10.0)
    sc = SignState(layout).pairs.scatter
    for kb in (40.0, 1e6, 1e17):
        for s in (-3.0, 0.0, 0.5, 1.0, 4.0):
            assert np.isfinite(moves.mean_rise(s, 1e-3, kb, sc.law, sc.up))
            assert np.isfinite(moves.mean_fall(s, 1e-3, kb, sc.law, sc.down))
        assert climbs.stop_of(0.5, 1.0, kb, sc.law, sc.up) <= 2.0


@pytest.mark.jit
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


@pytest.mark.compiles
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
            g = history(state, 1, 1, np.concatenate([np.ones(16), -np.ones(20), np.ones(9)]))
            histories.append(g)
            np.testing.assert_allclose(g[0, :17], layout.device.staircase()[:17], rtol=0, atol=1e-6 * SPAN)
    np.testing.assert_allclose(histories[1], histories[3], rtol=0, atol=2e-6 * SPAN)
