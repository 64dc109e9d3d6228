"""Replays of devices that scatter: drawn ones against pulsed ones, and where they stop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from xbarsim.kernels.device import climbs, moves

from xbarsim import Layout
from xbarsim.learn.sign import SignState

from ... import naive
from ..scattered import TABLE, N, column, law_of, layout_of, pulse_column

pytestmark = pytest.mark.jit
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
    state = SignState(layout_of(name, plugin, layers=(2, 2)))
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
    n=st.integers(2, 80),
    beta=st.floats(-3, 5),
    ka=st.floats(0.3, 3),
    kb=st.floats(0.3, 2),
    before=st.floats(0, 1),
    soft=st.booleans(),
)
def test_where_replays_stop(n, beta, ka, kb, before, soft):
    """By the closed form, by asking at every state, and by the twin."""
    layout = Layout.of(
        layers=(2, 2), n_max=n, beta=beta, model="soft-bounds" if soft else "exponential", c2c=0.0, alpha_sigma=0.1
    )
    sc = SignState(layout).pairs.scatter
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
    state = SignState(Layout.of(layers=(2, 2), n_max=20, beta=2.0, c2c=0.1))
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
    steep = SignState(Layout.of(layers=(2, 2), n_max=3, beta=5.0, c2c=0.1)).pairs.scatter
    assert (steep.stops == 2.0).any()
