"""Pairs of devices that scatter.

Every pulse against the twin, draws that never repeat, and windows that are never left.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.pair import pairs, scatter, scattered_columns

from xbarsim import Layout

from ... import naive
from ...conftest import JIT
from ..scattered import ALL, METHODS, NOISES, SPAN, fresh, history, layout_of, twin_of, update
from ..states import array_of, conduct, counts_of, foresee
from ..test_train import check_log, check_states, data, states_of, train_library
from . import naive_scatter

# ---------------------------------------------------------------------------------------------------------------------
# Single steps


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
                        update(state, views, lines, rows, *args)
                        g = views.g_plus if raising else views.g_minus
                        for j in (0, 1):
                            for i in range(rows):
                                seen[seed, layer, iteration, number, raising, j, i] = float(g[j, i])
    assert len(set(seen.values())) > 0.998 * len(seen)  # float32 has few values


# ---------------------------------------------------------------------------------------------------------------------
# Whole trainings against the twin, pulse by pulse


FEW = {"fixed": {"c2c", "law", "stuck", "plugin"}, "one-sided": {"c2c", "stuck", "worn-min"}}
"""Methods whose devices move as those of the others do: what is looked at in every round."""

PLAIN = {(name, method) for method, names in FEW.items() for name in names}
"""Of these what is looked at without the compiler: others compile the most of it, tests/kernels/pair/test_refreshing.py
what is refreshed.
"""


def _marks(name, method):
    if (name, method) in PLAIN:
        return [pytest.mark.compiles]
    few = name in ("soft", "law-soft") or name not in FEW.get(method, NOISES)
    return [pytest.mark.jit, *([pytest.mark.slow] if few else [])]


@pytest.mark.parametrize(
    ("name", "method"),
    [pytest.param(n, m, marks=_marks(n, m)) for n in NOISES for m in METHODS],
)
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
        assert (sum(curves["resets"]) > 0) is (method not in ("fixed", "one-sided"))


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


@pytest.mark.jit
@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", NOISES)
def test_one_pair_equals_the_twin_and_is_foretold(name, method, plugin):
    """`loop.walk`; and `count_scattered` says beforehand what an update issues, and moves nothing."""
    state = fresh(layout_of(name, plugin, method=method, seed=12))
    twin = twin_of(state, plugin)
    views, d = state.layer(0), naive.Device.of(state.layout.device)
    rng = np.random.default_rng(4)
    n = 150 if JIT else 40
    for i, j, parts in ((0, 0, 1), (3, 4, 2), (6, 2, 3)):  # so many events in an iteration
        signs, sc = rng.choice([-1, 1, 1], n - n % parts), views.scatter
        before = [x.copy() for x in (views.g_plus, views.g_minus)]
        scatter.set_clock(sc, 7, 1)
        array = twin.arrays[0]
        naive.set_clock(array, 7, 1)
        foretold = 1, 0, 0, 0
        if method != "fixed":  # one pulse, whatever the draw makes of it
            foretold = scattered_columns.count_scattered(i, j, True, views, state.method, state.device, sc)
        assert foretold == naive.count_scattered(array, i, j, +1, method, d)
        np.testing.assert_array_equal(before, (views.g_plus, views.g_minus))
        this, pulses, resets = foresee(array_of(views, state.method, state.device, state.steps), i, j, True)
        assert (pulses, resets) == (foretold[0] + foretold[1], foretold[2] + foretold[3])
        assert this is (method in ("a", "b") and before[0][j, i] >= np.float32(d.g_max))
        walked = history(state, i, j, signs, per_iteration=parts)
        events = [(1 + q // parts, q % parts, int(sign)) for q, sign in enumerate(signs)]
        states = np.array(naive.walk_scattered(array, i, j, events, method, d), np.float32)
        np.testing.assert_array_equal(states[-1], (views.g_plus[j, i], views.g_minus[j, i]))
        x = [np.array([getattr(views, f"{a}_{side}")[j, i] for side in ("plus", "minus")]) for a in "xy"]
        np.testing.assert_array_equal(walked.T, x[0] * states[::parts] + x[1])
        own = array_of(views, state.method, state.device, state.steps)
        assert walked[:, -1].tolist() == [conduct(own, i, j, side) for side in (0, 1)]


@pytest.mark.jit
@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS[:3])
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
            scattered_columns.count_scattered(i, j, raising, views, state.method, state.device, views.scatter)
            for j in columns
            for i in lines
        ]
        args = (columns, cols, none, 0) if raising else (none, 0, columns, cols)
        issued = update(state, views, lines, len(lines), *args)
        assert issued == (sum(f[0] + f[1] for f in foretold), sum(f[2] + f[3] for f in foretold))
        np.testing.assert_array_equal(views.w[:, :cols], np.subtract(*state.conductance(0)))


@pytest.mark.jit
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
        other = pairs.layer_pairs(state.pairs, state.geometry, k).scatter
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


@pytest.mark.jit
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


# ---------------------------------------------------------------------------------------------------------------------
# Limits


@pytest.mark.jit
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
            issued.append(update(state, views, *args))
        ends.append((state.nominal(0), counts_of(state, 0), issued))
    (plain, counts, issued), (forced_g, forced_counts, forced_issued) = ends
    assert issued == forced_issued
    for name in vars(counts):
        np.testing.assert_array_equal(getattr(counts, name), getattr(forced_counts, name))
    np.testing.assert_allclose(np.array(forced_g), np.array(plain), rtol=0, atol=1e-6 * SPAN)


@pytest.mark.jit
@pytest.mark.parametrize(
    "values", [{}, pytest.param({"half_select_probability": 0.2, "batch": 2}, marks=pytest.mark.slow)], ids=str
)
@pytest.mark.parametrize("method", [m if m in "abc" else pytest.param(m, marks=pytest.mark.plain) for m in METHODS])
def test_stuck_devices_never_move(method, values, plugin):
    state = fresh(layout_of("stuck", plugin, method=method, **values))
    start = states_of(state)
    x, y = data(160, (6, 5, 3), np.uint8)
    train_library(state, x, y, (40,))
    moved = 0
    for k in range(2):
        own, (plus, minus) = state.layer(k).scatter, state.nominal(k)
        for stuck, before, after, pulses in (
            (own.stuck_plus.T, start[k][0], plus, counts_of(state, k).pulses_plus),
            (own.stuck_minus.T, start[k][1], minus, counts_of(state, k).pulses_minus),
        ):
            stuck = stuck != 0
            assert 0.1 < stuck.mean() < 0.8
            np.testing.assert_array_equal(before[stuck], after[stuck])
            moved += (before != after).sum()
            if method == "c" or (method == "fixed" and pulses.any()):
                assert pulses[stuck].sum() > 0
    assert moved > 20


@pytest.mark.jit
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
        update(state, views, row, 1, row, 1, none, 0)
        pulses.append((counts_of(state, 0).pulses_plus[0, 0], float(state.nominal(0)[0][0, 0])))
    assert pulses[0] == pulses[1] == (0, float(steps[0]))


# ---------------------------------------------------------------------------------------------------------------------
# Whatever happens


@pytest.mark.jit
@settings(deadline=None, derandomize=True, max_examples=120 if os.environ.get("XBARSIM_SLOW") else 30)
@given(
    n=st.integers(1, 30),
    beta=st.floats(-2, 4),
    method=st.sampled_from(METHODS),
    c2c=st.floats(0, 5),
    c2c_range=st.floats(0, 1),
    spread=st.sampled_from(["normal", "lognormal"]),
    sigma=st.floats(0, 3),
    endurance=st.sampled_from([0.0, 1.0, 7.0, 1e9]),
    failure=st.sampled_from(["stuck", "min", "max", "closing"]),
    stuck=st.floats(0, 0.3),
    windows=st.floats(0, 2),
    seed=st.integers(0, 2**31),
    g_min=st.sampled_from([0.0, 1e-7, 9.9e-7]),
)
def test_conductances_stay_in_their_window(
    n, beta, method, c2c, c2c_range, spread, sigma, endurance, failure, stuck, windows, seed, g_min
):
    layout = Layout.of(
        layers=(3, 2),
        n_max=n,
        beta=beta,
        method=method,
        c2c=c2c,
        c2c_range=c2c_range,
        spread=spread,
        alpha_sigma=sigma,
        beta_sigma=sigma / 3,
        endurance=endurance,
        endurance_failure=failure,
        stuck_anywhere=stuck,
        stuck_at_g_max=stuck,
        g_max_sigma=windows,
        g_min_sigma=windows,
        seed=seed,
        engine="analog",
        g_min=g_min,
    )
    state = fresh(layout)
    views, rng, d = state.layer(0), np.random.default_rng(seed), state.device
    low, high = np.float32(d.g_min), np.float32(d.g_max)
    for event in range(30):
        scatter.set_clock(views.scatter, event, 0)
        lines = np.flatnonzero(rng.random(4) < 0.8).astype(np.int32)
        signs = rng.choice([-1, 1], 2)
        up, down = (np.flatnonzero(signs == s).astype(np.int32) for s in (1, -1))
        args = lines, len(lines), up, len(up), down, len(down)
        pulses, resets = update(state, views, *args)
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
    c = counts_of(state, 0)
    assert max(int(p.max()) for p in (c.pulses_plus, c.pulses_minus)) <= 30 * max(most, 2)
