"""Fixed references: where they are, what is clipped of them, and the states that weights start from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from xbarsim.kernels.base import noise

from xbarsim import Device, Layout, LayoutError
from xbarsim.arrays.references import conducting, reach_of
from xbarsim.arrays.symmetry import symmetry, symmetry_point, zero_point
from xbarsim.base import notes
from xbarsim.learn.gradient import step_of
from xbarsim.learn.sign import SignState
from xbarsim.learn.table import state_of

from .. import naive
from ..kernels.device.naive import Device as NaiveDevice
from ..kernels.scattered import twin_of

UNIT = {"g_min": 0.0, "g_max": 1.0}


def table(up, down, **more):
    return Device(
        **{**UNIT, "model": "table", "jump_p": tuple((x,) for x in up), "jump_d": tuple((x,) for x in down)} | more
    )


def fresh(**values):
    layout = Layout.of(**{"layers": (40, 30), "method": "fixed", "initial_steps": 0, "seed": 5, **values})
    state = SignState(layout)
    with notes.collected() as told:
        state.initialise()
    return state, told


def bisected(device):
    """The symmetry point of a device of the exponential law, by halving: between Gmin and Gmax."""
    a, b = math.log(device.alpha_p), math.log(device.alpha_depression)
    low, high = 0.0, 1.0
    for _ in range(60):
        s = (low + high) / 2
        low, high = (s, high) if a - device.beta * s > b - device.beta_depression * (1 - s) else (low, s)
    return device.g_min + s * (device.g_max - device.g_min)


@pytest.mark.parametrize(
    "values", [{"beta": 2.0}, {"beta": 3.0, "beta_d": 1.0}, {"beta": 1.0, "n_max": 40, "n_max_d": 50}]
)
def test_steps_up_and_down_are_equal_there(values):
    device = Device(**{"n_max": 64, **values})
    found = symmetry_point(device)
    assert found == pytest.approx(bisected(device), rel=1e-6)
    d = NaiveDevice.of(device)
    assert naive.step_up(found, d) == pytest.approx(naive.step_down(found, d), rel=1e-3)


@pytest.mark.parametrize(
    ("up", "down", "where"),
    [
        ((0.2, 0.1), (0.05, 0.2), 0.6),  # 0.2 - 0.1 s = 0.05 + 0.15 s
        ((0.1, 0.1), (0.1, 0.1), 0.5),  # everywhere
        ((0.2, 0.2), (0.1, 0.1), 0.5),  # nowhere
        ((0.2, 0.1, 0.05), (0.1, 0.1), 0.5),
        ((0.1, 0.2), (0.2, 0.15), 2 / 3),  # the only one, though pulses lead away from it
        ((0.1, 0.3, 0.1, 0.1), (0.2, 0.2, 0.2, 0.2), 0.5),  # pulses lead to it; away from 1/6
        ((0.3, 0.1, 0.1, 0.1, 0.05), (0.1, 0.1, 0.1, 0.1, 0.2), 0.5),  # from 1/4 to 3/4
    ],
)
def test_of_tables(up, down, where):
    assert symmetry_point(table(up, down)) == pytest.approx(where, abs=1e-9)


def test_a_law_that_favours_one_direction_has_none():
    assert symmetry_point(Device(**UNIT, n_max=10, n_max_d=1000, beta=0.5)) == 0.5
    assert symmetry_point(Device(**UNIT, n_max=10, n_max_d=20, beta=0.0)) == 0.5


def test_pulses_from_there_to_the_rails():
    assert reach_of(Device(**UNIT, n_max=8, beta=0.0), 0.5, 100) == (4, 4)
    assert reach_of(Device(**UNIT, n_max=8, beta=0.0), 0.5, 3) == (3, 3)
    assert reach_of(Device(**UNIT, n_max=8, beta=0.0), 0.25, 100) == (2, 6)
    # 0.5 at 1/8 a pulse up and 1/4 down
    assert reach_of(Device(**UNIT, n_max=8, n_max_d=4, beta=0.0), 0.5, 100) == (2, 4)


def test_nominal_references_are_in_the_middle_and_weights_start_around_it():
    state, told = fresh(n_max=8, beta=0.0, initial_steps=3, **UNIT)
    g_plus, g_minus = state.nominal(0)
    assert (g_minus == np.float32(0.5)).all()
    steps = np.rint((g_plus - g_minus) * 8).astype(int)
    assert np.abs((g_plus - g_minus) * 8 - steps).max() < 1e-5
    count = np.bincount(steps.ravel() + 3)
    assert len(count) == 7
    expected = steps.size / 7
    assert ((count - expected) ** 2 / expected).sum() < 22.5  # chi square, 6 degrees of freedom, 0.1 %
    assert told == []
    wide, _ = fresh(n_max=8, beta=0.0, initial_steps=8, **UNIT)
    assert set(np.rint((wide.nominal(0)[0]) * 8).astype(int).ravel()) == set(range(9))  # not beyond the rails


def test_the_start_is_walked_by_the_law():
    """From the symmetry point by single pulses: the twin."""
    state, _ = fresh(n_max=12, beta=2.0, initial_steps=5, layers=(8, 6))
    device = state.layout.device
    d, middle = NaiveDevice.of(device), naive.single(symmetry_point(device))
    reachable = [naive.lead_away(middle, n, d) for n in range(-5, 6)]
    g_plus, g_minus = state.nominal(0)
    assert set(g_minus.ravel().tolist()) == {middle}
    assert set(g_plus.ravel().tolist()) <= set(reachable)
    assert len(set(g_plus.ravel().tolist())) > 6


def test_spread_is_drawn_by_counter_and_clipped_in_words():
    state, told = fresh(n_max=64, beta=0.0, reference_sigma=0.2, **UNIT)
    g_minus = state.nominal(0)[1]
    z = (g_minus - 0.5) / (0.2 * 0.5)
    stream = noise.trait_stream(0, 1, 10)
    for i, j in ((0, 0), (3, 7), (40, 29)):
        assert z[i, j] == pytest.approx(naive.normal(5, stream, 0, i, j), rel=1e-5)
    assert abs(z.std() - 1.0) < 0.06
    assert told == []
    other, told = fresh(n_max=64, beta=0.0, reference_sigma=0.8, **UNIT)
    g = other.nominal(0)[1]
    clipped = int(((g == 0.0) | (g == 1.0)).sum())
    assert clipped > 100
    assert told == [
        f"array 1: {clipped:,} of 1,230 references would have to be outside of the range of their devices, and are at "
        "its end instead"
    ]
    again, _ = fresh(n_max=64, beta=0.0, reference_sigma=0.8, **UNIT)
    np.testing.assert_array_equal(again.nominal(0)[1], g)


@pytest.mark.jit
def test_windows_of_two_devices_are_an_offset_of_middle_and_none_of_symmetry():
    values = {"n_max": 200, "beta": 1.0, "sigma": 0.1, "g_min_sigma": 0.1}
    middle, _ = fresh(**values)
    plus, minus = middle.conductance(0)
    assert np.abs(plus - minus).mean() > 0.03 * middle.layout.device.span
    found, told = fresh(**values, reference="symmetry", zero_shift_pulses=2000)
    plus, minus = found.conductance(0)
    # Steps of 1/200 of the range: a device at its symmetry point goes up and down by one.
    off = np.abs(plus - minus) > 0.01 * found.layout.device.span
    assert off.mean() < 0.01
    assert len(told) == (1 if off.any() else 0)


@pytest.mark.jit
def test_a_device_is_led_to_its_own_symmetry_point():
    """Of linear laws with factors of their own: where 1 - s up equals s down, that is, a_up / (a_up + a_down)."""
    soft = {"model": "table", "jump_p": ((0.0101,), (0.0001,)), "jump_d": ((0.0001,), (0.0101,))}
    state, _ = fresh(**UNIT, **soft, alpha_sigma=0.3, reference="symmetry", zero_shift_pulses=3000)
    up, down = (state.layer(0).scatter.traits_plus[:, :, q].T.astype(float) for q in (0, 1))
    # A step is k (1.01 - s) 0.01 up, and k (0.01 + s) 0.01 down; pulses in turn stop half a step off.
    expected = (1.01 * up - 0.01 * down) / (up + down)
    g_minus = state.nominal(0)[1]
    assert np.abs(expected - 0.5).max() > 0.1
    np.testing.assert_allclose(g_minus, np.clip(expected, 0.0, 1.0), atol=0.01)
    # With noise of every pulse it is led about that point; "exact" knows no such noise.
    noisy = {**UNIT, **soft, "alpha_sigma": 0.3, "c2c": 2.0, "zero_shift_pulses": 3000}
    np.testing.assert_array_equal(fresh(**noisy, reference="exact")[0].nominal(0)[1], g_minus)
    about = fresh(**noisy, reference="symmetry")[0].nominal(0)[1] - np.clip(expected, 0.0, 1.0)
    # Relaxing by 0.02 of the way in two pulses, each with a step of 0.005 (1 + 2 z).
    assert 0.02 < np.std(about) < 0.15


def test_the_search_equals_the_twin_and_leaves_no_trace(plugin):
    values = {
        "layers": (5, 4), "n_max": 12, "beta": 1.0, "c2c": 0.3, "sigma": 0.2, "alpha_sigma": 0.2, "stuck_anywhere": 0.2,
        "endurance": 10.0, "reference": "symmetry", "zero_shift_pulses": 61,
    }  # fmt: skip
    state, _ = fresh(**values)
    # The twin pulses devices that do not wear out, from the middle, but for those that are stuck.
    young, _ = fresh(**{**values, "endurance": 0.0, "reference": "middle"})
    twin, d = twin_of(young, plugin).arrays[0], NaiveDevice.of(state.layout.device)
    naive.shift(twin, 61, d)
    np.testing.assert_array_equal(state.nominal(0)[0], np.array(twin.plus, np.float32))
    assert sum(map(sum, twin.pulses_plus)) == 61 * 6 * 4
    assert state.most_writes() == 0
    window, own = state.window(0), state.layer(0).scatter
    wanted = conducting(np.array(twin.plus, np.float32), window)
    minus, free = state.nominal(0)[1], own.stuck_minus.T == 0
    np.testing.assert_allclose(minus[free], np.clip(wanted, 0.0 + d.g_min, d.g_max)[free], rtol=1e-6)
    assert not free.all()


def test_a_dead_reference_is_at_the_end_of_its_range():
    state, _ = fresh(sigma=0.1)
    window = state.window(0)._replace(x_minus=np.zeros((41, 30), np.float32))
    assert (conducting(np.full((41, 30), 1e-6, np.float32), window) == 0.0).all()


def test_the_largest_weight_is_half_of_the_range():
    assert Layout.of(layers=(4, 2), **UNIT, method="fixed").weight_range == 0.5
    assert Layout.of(layers=(4, 2), **UNIT, method="b").weight_range == 1.0
    assert Layout.of(layers=(4, 2), **UNIT, method="fixed", rule="crus").weight_range == 1.0


@pytest.mark.parametrize("rule", ["tiki-taka", "agad"])
def test_all_arrays_of_a_layer_find_their_references(rule):
    """Rules of a fast and a slow array: each array its own, and nothing is counted."""
    layout = Layout.of(
        layers=(6, 5, 3), rule=rule, reference="symmetry", zero_shift_pulses=20, alpha_sigma=0.2, n_max=20, beta=2.0
    )
    state = state_of(layout)
    state.initialise()
    for k in range(2):
        slow, fast = state.conductances(k)
        assert not np.array_equal(slow[1], fast[1])
        np.testing.assert_allclose(fast[0], fast[1], rtol=1e-6)  # the fast array starts at 0
        assert all(not count.values.any() for count in state.counts(k).values())


@pytest.mark.once
@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ({"n_max": 64, "beta": 2.0}, "point"),
        ({"n_max": 64, "beta": 0.0}, "alike"),
        ({"n_max": 64, "beta": 0.0, "n_max_d": 32, "beta_d": 0.0}, "nowhere"),
        ({"n_max": 64, "beta": 1.0, "n_max_d": 1, "beta_d": 0.0}, "nowhere"),
        ({"n_max": 64, "beta": -2.0}, "repels"),
        ({"model": "table", "jump_p": ((0.2,), (0.1,)), "jump_d": ((0.05,), (0.2,))}, "point"),
        ({"model": "table", "jump_p": ((0.1,), (0.2,)), "jump_d": ((0.2,), (0.05,))}, "repels"),
        ({"model": "table", "jump_p": ((0.1,), (0.2,)), "jump_d": ((0.1,), (0.2,))}, "alike"),
        ({"model": "table", "jump_p": ((0.1,), (0.2,)), "jump_d": ((0.3,), (0.4,))}, "nowhere"),
    ],
)
def test_where_steps_are_equal_and_whether_pulses_lead_there(device, kind):
    """By pulses: up and down in turn from either side, as small steps of the law in plain Python."""
    device = Device(g_min=0.0, g_max=1.0, **device)
    found = symmetry(device)
    assert found.kind == kind

    def step(s, up):
        if device.model == "table":
            a, b = (x[0] for x in (device.jump_p if up else device.jump_d))
            return a + (b - a) * s
        alpha, beta = (device.alpha_p, device.beta) if up else (device.alpha_depression, device.beta_depression)
        return alpha * math.exp(-beta * (s if up else 1.0 - s))

    excess = [step(s / 200, True) - step(s / 200, False) for s in range(201)]
    if kind in ("point", "repels"):
        assert step(found.g, True) == pytest.approx(step(found.g, False), rel=1e-6)
        nearby = step(found.g + 0.01, True) - step(found.g + 0.01, False)
        assert (nearby < 0.0) == (kind == "point")  # above it pulses in turn lead down to it
    else:
        assert found.g == 0.5
        assert all(x == pytest.approx(0.0, abs=1e-12) for x in excess) == (kind == "alike")
        assert kind == "alike" or min(excess[1:-1]) > 0.0 or max(excess[1:-1]) < 0.0


def test_slow_arrays_may_have_a_spread_of_their_own():
    def spreads(**given):
        state = state_of(
            Layout.of(
                layers=(6, 5, 3), rule="ttv2", method="fixed", n_max=64, beta=2.0, reference_sigma=0.2, **given, **UNIT
            )
        )
        state.initialise()
        every = [[state.nominal(state.number_of(k, q))[1] for k in range(2)] for q in range(2)]
        return [np.concatenate([g.ravel() for g in arrays]) for arrays in every]

    slow, fast = spreads()
    alone, same = spreads(slow_reference_sigma=0.0)
    assert (alone == np.float32(0.5)).all()  # the symmetry point
    np.testing.assert_array_equal(same, fast)
    twice, _ = spreads(slow_reference_sigma=0.1)
    np.testing.assert_allclose(twice - 0.5, (slow - 0.5) / 2.0, atol=1e-6)
    assert slow.std() == pytest.approx(0.1, rel=0.3)  # 0.2 of half of the range


ASYMMETRIC = {"n_max": 40, "n_max_d": 80, "beta": 2.0, "reference": "conductance", **UNIT}
"""Steps are equal at 0.67 of the range."""


@pytest.mark.parametrize("given", [{}, {"reference_g": 0.6}])
def test_references_may_conduct_what_is_given(given):
    """Beside devices of all windows, and G+ starts from there by pulses up and down."""
    state, told = fresh(**ASYMMETRIC, **given, g_max_sigma=0.1, sigma=0.05, initial_steps=1)
    level = given.get("reference_g", 0.5)
    plus, minus = state.conductance(0)
    np.testing.assert_allclose(minus, level, rtol=1e-6)
    assert told == []
    g_plus, _ = state.nominal(0)
    x_plus = state.window(0).x_plus
    d, rest = NaiveDevice.of(state.layout.device), naive.single(level / float(x_plus[3, 7]))
    reachable = [naive.lead_away(rest, n, d) for n in (-1, 0, 1)]
    assert min(abs(g_plus[3, 7] - g) for g in reachable) < 1e-6
    assert plus.min() < level < plus.max()


def test_what_a_window_leaves_out_is_at_its_end():
    state, told = fresh(**ASYMMETRIC, reference_g=0.9, g_max_sigma=0.2)
    plus, minus = state.conductance(0)
    top = state.window(0)
    short = top.x_minus < 0.9
    assert 100 < short.sum() < 700
    np.testing.assert_allclose(minus, np.minimum(top.x_minus, 0.9), rtol=1e-6)
    np.testing.assert_allclose(plus, np.minimum(top.x_plus, 0.9), rtol=1e-6)
    assert len(told) == 1
    assert f"{int(short.sum()):,} of 1,230 references" in told[0]


def test_steps_of_a_rule_are_those_where_w_is_0():
    """Of a law by hand, up and down: 0.5 is no point of symmetry."""
    asked = {**ASYMMETRIC, "layers": (3, 2), "rule": "stochastic", "method": "fixed"}
    layout = Layout.of(**asked)
    d = layout.device
    assert zero_point(layout) == 0.5
    assert zero_point(layout.replace(reference="middle")) == symmetry_point(d) > 0.6
    up, down = d.alpha_p * math.exp(-2.0 * 0.5), d.alpha_depression * math.exp(-2.0 * 0.5)
    assert step_of(layout) == pytest.approx((up + down) / 2.0 / 0.5, rel=1e-3)
    state = state_of(layout)
    state.initialise()
    np.testing.assert_allclose(state.weight_matrix(0), 0.5 * state.initial_weights(0), atol=1e-6)


def test_a_conductance_of_another_device_is_refused():
    with pytest.raises(LayoutError, match=r"array\.reference_g_S: expected a conductance of the device, 0 to 1 S, got"):
        Layout.of(layers=(2, 2), **ASYMMETRIC, method="fixed", reference_g=2.0)
