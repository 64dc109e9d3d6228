"""Device-to-device variation: X times the nominal conductance, in both engines, against the naive twin."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base import noise
from xbarsim.kernels.way import room as ways

from xbarsim import Layout, LayoutError
from xbarsim.arrays.drawn import Window, draw_scales
from xbarsim.learn.sign import SignState

from .. import naive
from ..kernels.states import read_back
from ..kernels.test_train import check_log, check_states, data, layout_of, scales_of, states_of, train_library

CASES = {
    # name: (engine, dtype, layout values)
    "1-b-ladder": ("ladder", np.uint8, {"layers": (6, 3), "method": "b", "sigma": 0.5}),
    "1-a": ("analog", np.uint8, {"layers": (6, 3), "method": "a", "sigma": 0.5, "beta": 3.0}),
    "1-b-dead": ("ladder", np.float32, {"layers": (6, 18), "method": "b", "sigma": 1.5, "bias": False}),
    "1-a-dead": ("analog", np.float32, {"layers": (6, 9), "method": "a", "sigma": 1.5}),
    "2-a": ("analog", np.uint8, {"layers": (6, 5, 3), "method": "a", "sigma": 0.3, "sigma_per": "pair"}),
    "2-b-ladder": ("ladder", np.uint8, {"layers": (6, 5, 3), "method": "b", "sigma": 0.8}),
    "2-b-analog": ("analog", np.uint8, {"layers": (6, 5, 3), "method": "b", "sigma": 0.8, "sigma_negative": "reflect"}),
    "2-c": ("analog", np.uint8, {"layers": (6, 5, 3), "method": "c", "sigma": 1.0}),
    "2-fixed": ("analog", np.uint8, {"layers": (6, 5, 3), "method": "fixed", "sigma": 0.5, "g_min_sigma": 0.2}),
    "2-fixed-alike": ("analog", np.float32, {"layers": (6, 5, 3), "method": "fixed", "reference_sigma": 0.1}),
    "3-a": ("analog", np.uint8, {"layers": (6, 5, 4, 3), "method": "a", "sigma": 0.6, "sigma_negative": "redraw"}),
    "3-b-ladder": ("ladder", np.float32, {"layers": (6, 4, 5, 3), "method": "b", "sigma": 0.4, "bias": False}),
    "3-c": ("analog", np.float32, {"layers": (6, 4, 4, 3), "method": "c", "sigma": 0.3}),
}


def window(x_plus, x_minus):
    """Scales alone."""
    return Window(x_plus, x_minus, np.zeros_like(x_plus), np.zeros_like(x_minus))


def fresh(layout):
    state = SignState(layout)
    state.initialise()
    return state


@pytest.mark.parametrize(
    "name", [n if "fixed" not in n else pytest.param(n, marks=pytest.mark.compiles) for n in CASES]
)
def test_training_equals_the_twin(name):
    engine, dtype, values = CASES[name]
    layout = layout_of(engine, {"n_max": 6, "beta": 2.0, **values})
    state = fresh(layout)
    assert state.engine == engine
    twin = naive.Network(layout, states_of(state), scales_of(state))
    if "dead" in name:
        dead = [sum(x == 0 for row in side for x in row) for side in (twin.arrays[0].x_plus, twin.arrays[0].x_minus)]
        assert min(dead) > 2
    check_states(state, twin.arrays)
    x, y = data(160, layout.network.layers, dtype)
    log, curves = train_library(state, x, y, blocks=(1, 50, 7))
    records = naive.train_block(twin, x, y.tolist())
    check_log(log, records, state)
    check_states(state, twin.arrays)
    for k, array in enumerate(twin.arrays):
        for got, want in zip(state.conductance(k), array.conducting, strict=True):
            assert got.dtype == np.float32
            assert got.tolist() == [[float(g) for g in row] for row in want]
    for name in ("pulses", "resets", "wrong"):
        assert curves[name] == [getattr(r, name) for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-5)
    replayed = fresh(layout)
    for k in range(state.n_layers):
        replayed.replay(k, *(np.array([event[f] for event in log[k]]) for f in range(4)))
    check_states(replayed, twin.arrays)
    assert all(log)
    assert sum(curves["resets"]) > 0 or layout.pulses.method in ("c", "fixed")


@pytest.mark.parametrize("layers", [(6, 4), (6, 9, 4), (6, 5, 5, 4)])
@pytest.mark.parametrize("sigma", [0.2, 1.2])
def test_both_engines_do_the_same(layers, sigma):
    x, y = data(200, layers, np.uint8)
    results = []
    for engine in ("ladder", "analog"):
        layout = layout_of(engine, {"layers": layers, "method": "b", "beta": 2.0, "n_max": 7, "sigma": sigma})
        state = fresh(layout)
        _, curves = train_library(state, x, y, blocks=(64,))
        results.append((state, curves))
    (one, one_curves), (two, two_curves) = results
    assert one.plan.array == "varied"
    assert two.plan.array == "analog"
    assert one_curves == two_curves
    assert sum(one_curves["resets"]) > 0
    for k in range(one.n_layers):
        np.testing.assert_array_equal(one.nominal(k), two.nominal(k))
        np.testing.assert_array_equal(one.conductance(k), two.conductance(k))
        np.testing.assert_array_equal(one.layer(k).w, two.layer(k).w)


@pytest.mark.parametrize("method", "abc")
def test_scales_of_one_are_no_variation(method):
    values = {"layers": (6, 5, 3), "method": method, "n_max": 6}
    x, y = data(150, (6, 5, 3), np.uint8)
    plain, varied = fresh(layout_of("auto", values)), SignState(layout_of("auto", {**values, "sigma": 0.5}))
    assert not plain.varied
    assert varied.varied
    for k in range(2):
        g = plain.nominal(k)
        for got, want in zip(plain.conductance(k), g, strict=True):
            np.testing.assert_array_equal(got, want)
        assert [float(x.max()) for x in plain.window(k)] == [float(x.min()) for x in plain.window(k)] == [1, 1, 0, 0]
        varied.set_window(k, window(np.ones(g[0].shape, np.float32), np.ones(g[0].shape, np.float32)))
        varied.set_nominal(k, *g)
    _, one = train_library(plain, x, y, (50,))
    _, two = train_library(varied, x, y, (50,))
    assert one == two
    np.testing.assert_equal(states_of(plain), states_of(varied))


def test_conductances_are_rounded_once():
    layout = Layout.of(layers=(20, 30), sigma=0.7, n_max=13, seed=4)
    state = fresh(layout)
    (g_plus, g_minus), (x_plus, x_minus), (c_plus, c_minus) = (
        state.nominal(0),
        state.window(0)[:2],
        state.conductance(0),
    )
    for c, x, g in ((c_plus, x_plus, g_plus), (c_minus, x_minus, g_minus)):
        assert c.dtype == np.float32
        np.testing.assert_array_equal(c, (x.astype(np.float64) * g.astype(np.float64)).astype(np.float32))
    np.testing.assert_array_equal(state.layer(0).w[:, :30], c_plus - c_minus)
    np.testing.assert_array_equal(state.frame(0), state.nominal(0))
    assert set(np.unique(g_plus)) <= set(layout.device.staircase())
    assert not np.array_equal(x_plus, x_minus)


def test_scales_are_drawn_per_device_or_per_pair():
    shape = (5, 4)
    for negative in ("zero", "reflect", "redraw"):
        layout = Layout.of(layers=(4, 4, 4), sigma=1.1, sigma_negative=negative, seed=9)
        for k in range(2):
            x_plus, x_minus = draw_scales(layout, k, shape, 9)
            assert x_plus.tolist() == naive.fill_scales(9, naive.STREAM_SCALE_PLUS, k, 0, 1.1, negative, *shape)
            assert x_minus.tolist() == naive.fill_scales(9, naive.STREAM_SCALE_MINUS, k, 0, 1.1, negative, *shape)
            pair_plus, pair_minus = draw_scales(layout.replace(sigma_per="pair"), k, shape, 9)
            np.testing.assert_array_equal(pair_plus, x_plus)
            np.testing.assert_array_equal(pair_minus, x_plus)
            assert not np.shares_memory(pair_plus, pair_minus)
            other, _ = draw_scales(layout, k, shape, 9, draw=1)
            assert other.tolist() == naive.fill_scales(9, naive.STREAM_SCALE_PLUS, k, 1, 1.1, negative, *shape)
            assert not np.array_equal(other, x_plus)
    state = fresh(layout)
    for k in range(2):
        np.testing.assert_array_equal(state.window(k)[:2], draw_scales(layout, k, state.shape(k), 9))
        assert not any(y.any() for y in state.window(k)[2:])
        assert state.fixed(k).keys() == {"scale_plus", "scale_minus"}
        np.testing.assert_array_equal(state.fixed(k)["scale_minus"], state.window(k).x_minus)
    assert fresh(Layout.of(layers=(2, 2))).fixed(0) == {}


def test_initial_states_do_not_depend_on_variation():
    one, two = (fresh(layout_of("auto", {"layers": (6, 5, 3), "sigma": s})) for s in (0.0, 0.9))
    np.testing.assert_equal(states_of(one), states_of(two))


# ---------------------------------------------------------------------------------------------------------------------
# The bound by which a backward read is skipped


def test_no_error_that_could_fire_is_skipped():
    """The largest possible weights of the largest device, on both outputs: the error just reaches what is allowed."""
    for top in (0.25, 1.0, 3.0, 7.5):
        layout = layout_of("ladder", {"layers": (2, 1, 2), "bias": False, "n_max": 8, "sigma": 0.1, "g_min": 0.0})
        state = SignState(layout)
        steps = layout.device.staircase()
        state.set_window(0, window(np.full((2, 1), top / 2, np.float32), np.full((2, 1), top / 3, np.float32)))
        low, high = np.zeros((1, 1), np.float32), np.full((1, 1), top, np.float32)
        state.set_window(1, window(np.hstack([high, low]), np.hstack([low, high])))
        full = np.full((1, 2), steps[-1])
        state.set_nominal(1, full, full)
        np.testing.assert_allclose(state.layer(1).w[0, :2], [top * steps[-1], -top * steps[-1]])
        d = np.float32(0.3)
        for zone in (0.5, 0.9, 0.99, 0.999):
            state.reading = state.reading._replace(dead_zone=np.array([zone * 2 * d * top, 0.1], np.float32))
            room = ways.hardware_room_of(ways.make_hardware_room(state.geometry, 1), 0)
            room.currents[0, 0] = 0.0
            room.delta[1, :2] = d, -d
            read_back(state.rule, state.array, state.circuit, state.lines, 1, 0, 0, state.geometry, room)
            assert room.delta[0, 0] == pytest.approx(2 * d * top, rel=1e-6)
            assert room.delta[0, 0] > state.reading.dead_zone[0]


@pytest.mark.parametrize("plus", [True, False])
def test_the_bound_covers_a_small_dynamic_range(plus):
    """Weights count in units of Gmax - Gmin, and a scale of 1.5 on one side alone leaves 1.5 Gmax - 0 Gmin."""
    layout = layout_of("ladder", {"layers": (2, 1, 2), "bias": False, "n_max": 8, "sigma": 0.1, "g_min": 9e-7})
    state = SignState(layout)
    one, zero, full = np.full((1, 2), 1.5, np.float32), np.zeros((1, 2), np.float32), np.full((1, 2), 1e-6, np.float32)
    small = np.full((2, 1), 0.5, np.float32)
    state.set_window(0, window(small, small))
    state.set_window(1, window(*((one, zero) if plus else (zero, one))))
    state.set_nominal(1, full, full)
    assert state.reading.reach >= 15
    assert (np.abs(state.layer(1).w[:, :2]) / state.reading.span <= state.reading.reach).all()


@pytest.mark.parametrize("method", "abc")
@pytest.mark.parametrize("batch", [1, pytest.param(3, marks=pytest.mark.compiles)])
def test_the_bound_changes_no_result(method, batch):
    values = {"layers": (6, 12, 3), "n_max": 6, "sigma": 1.0, "hidden_dead_zone": 1.0, "output_dead_zone": 0.05}
    values |= {"dead_zone_exponent": 0.0, "seed": 1, "batch": batch, "batch_rule": "deferred", "softmax_scale": 0.5}
    layout = layout_of("auto", {**values, "method": method})
    x, y = data(300, (6, 12, 3), np.uint8)
    results = []
    for reach in (None, 1e9, 0.0):
        state = fresh(layout)
        if reach is not None:
            state.reading = state.reading._replace(reach=np.float32(reach))
        log, curves = train_library(state, x, y, (100,))
        results.append((curves, [(k, e[0], [p.tolist() for p in e[1:]]) for k in range(2) for e in log[k]]))
    assert results[0] == results[1]
    assert any(k == 0 for k, *_ in results[0][1])
    assert results[0] != results[2]  # a bound does matter here


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


def test_method_a_with_variation_has_no_ladder():
    layout = Layout.of(layers=(2, 2), method="a", sigma=0.1)
    assert SignState(layout).engine == "analog"
    with pytest.raises(LayoutError, match="method a on devices with variation"):
        SignState(layout.replace(engine="ladder"))
    assert SignState(layout.replace(sigma=0.0, engine="ladder")).engine == "ladder"


def test_the_ladder_takes_stairs_only():
    state = fresh(Layout.of(layers=(2, 2), sigma=0.5, n_max=9))
    off = np.full((3, 2), np.float32(1.23e-7))
    with pytest.raises(LayoutError, match="on the device's staircase"):
        state.set_nominal(0, off, off)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sigma": -0.1}, "variation.sigma: expected a number >= 0"),
        ({"sigma": 101}, "variation.sigma: expected a number <= 100"),
        ({"sigma_negative": "clip"}, "variation.sigma_negative: unknown name 'clip'"),
        ({"sigma_per": "row"}, "variation.sigma_per: unknown name 'row'"),
        ({"rule": "software", "sigma": 0.1}, "variation: expected nothing with rule 'software'"),
        ({"rule": "software", "engine": "analog"}, "run.engine: expected 'auto' with rule 'software'"),
        ({"batch": 0}, "run.batch: expected a whole number >= 1"),
        ({"batch": 4001}, "run.batch: expected a whole number <= 4000"),
        ({"batch_rule": "sum"}, "pulses.batch_rule: unknown name 'sum'"),
        ({"learning_rate": 0.0}, "software.learning_rate"),
    ],
)
def test_bad_values(values, message):
    with pytest.raises(LayoutError, match=message):
        Layout.of(layers=(2, 2), **values)


def test_codes_follow_the_tables():
    from xbarsim.describe.variation import NEGATIVE_SCALES

    assert list(NEGATIVE_SCALES) == ["zero", "reflect", "redraw"]
    assert (noise.NEGATIVE_ZERO, noise.NEGATIVE_REFLECT, noise.NEGATIVE_REDRAW) == (0, 1, 2)
