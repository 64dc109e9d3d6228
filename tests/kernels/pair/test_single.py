"""One device per weight beside a fixed reference: by hand, at the rails, and beside a pair that is never full."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.device import law
from xbarsim.kernels.pair import shifting, single, weight
from xbarsim.kernels.pair.table import ARRAYS

from xbarsim import Crossbar, Device, Layout
from xbarsim.learn.sign import SignState

from ... import naive
from ..states import array_of, conduct, counts_of, foresee, layer_of

EIGHT = Device(g_min=0.0, g_max=1.0, n_max=8, beta=0.0)


def test_by_hand():
    """In eighths: the reference stays, G+ goes one step up or down."""
    xb = Crossbar.from_conductance(EIGHT, [[0.5, 0.5], [0.25, 1.0]], [[0.5, 0.25], [0.5, 0.5]], method="fixed")
    assert xb.program([0, 1], [0], [+1]) == (2, 2, 0)
    assert xb.g_plus.tolist() == [[0.625, 0.5], [0.375, 1.0]]
    assert xb.program([1, 0], [0, 1], [-1, -1]) == (4, 4, 0)
    assert xb.g_plus.tolist() == [[0.5, 0.375], [0.25, 0.875]]
    assert xb.g_minus.tolist() == [[0.5, 0.25], [0.5, 0.5]]
    assert xb.weights.tolist() == [[0.0, 0.125], [-0.25, 0.375]]
    assert xb.counts["pulses_plus"].tolist() == [[2, 1], [2, 1]]
    assert not any(xb.counts[name].any() for name in ("pulses_minus", "resets_plus", "resets_minus"))


@pytest.mark.parametrize(("sign", "rail"), [(+1, 1.0), (-1, 0.0)])
def test_at_a_rail_a_pulse_is_counted_and_moves_nothing(sign, rail):
    xb = Crossbar(EIGHT, (1, 1), method="fixed")
    assert xb.g_plus.tolist() == xb.g_minus.tolist() == [[0.5]]
    for _ in range(7):
        assert xb.program([0], [0], [sign]) == (1, 1, 0)
    assert xb.g_plus.tolist() == [[rail]]
    assert xb.weights.tolist() == [[sign * 0.5]]
    assert xb.counts["pulses_plus"].tolist() == [[7]]


def test_what_raises_and_what_lowers_are_two_laws():
    """Up 4 steps, down 2: not mirror images, as they are for a pair."""
    device = Device(g_min=0.0, g_max=1.0, n_max=4, n_max_d=2, beta=0.0)
    xb = Crossbar.from_conductance(device, [[0.25, 0.75]], [[0.5, 0.5]], method="fixed")
    xb.program([0], [0, 1], [+1, -1])
    assert xb.g_plus.tolist() == [[0.5, 0.25]]


@pytest.mark.parametrize("values", [{}, {"sigma": 0.3}, {"c2c": 0.3}, {"stuck_anywhere": 0.3}], ids=str)
def test_what_an_update_will_issue_and_where(values):
    layout = Layout.of(layers=(3, 2), method="fixed", **values)
    state = SignState(layout)
    state.initialise()
    assert state.plan.array == ("single" if set(values) <= {"sigma"} else "single scattered")
    array = layer_of(state, 0)
    for raising in (True, False):
        for g in (state.device.g_min, state.device.g_max):
            state.layer(0).g_plus[:] = np.float32(g)
            assert foresee(array, 0, 0, raising) == (False, 1, 0)
        assert ARRAYS[type(array)].side_of(array, raising) == 0
    plus, minus = state.conductance(0)
    assert [conduct(array, 1, 1, side) for side in (0, 1)] == [plus[1, 1], minus[1, 1]]


def test_it_is_a_pair_of_method_c_while_only_w_rises():
    """Potentiation of G+ below Gmax is what every pair method does, too."""
    ends = []
    for method in ("c", "fixed"):
        xb = Crossbar.from_conductance(Device(n_max=30, beta=2.0), [[1e-7, 2e-7]], [[2e-7, 3e-7]], method=method)
        for _ in range(20):
            xb.program([0], [0, 1], [+1, +1])
        ends.append((xb.g_plus.tolist(), xb.weights.tolist(), xb.counts["pulses_plus"].tolist()))
    assert ends[0] == ends[1]


def test_kernels_equal_their_twins():
    layout = Layout.of(layers=(6, 5), bias=False, n_max=7, beta=1.5, method="fixed", sigma=0.3, initial_steps=3)
    state = SignState(layout)
    state.initialise()
    d, array = naive.Device.of(layout.device), naive.Array(*state.nominal(0), *state.window(0))
    views, rng = state.layer(0), np.random.default_rng(1)
    for _ in range(40):
        rows = np.flatnonzero(rng.random(6) < 0.6).astype(np.int32)
        signs = rng.choice([-1, 0, 1], 5)
        up, down = (np.flatnonzero(signs == s).astype(np.int32) for s in (1, -1))
        lines = rows, len(rows), up, len(up), down, len(down)
        issued = single.update_single(*lines, views, state.device, 1)
        assert issued == naive.update_single(rows.tolist(), up.tolist(), down.tolist(), array, d)
        for (i, j), w in naive.weigh_columns(array, range(6), range(5)).items():
            assert views.w[i, j] == w
    assert counts_of(state, 0).pulses_plus.tolist() == array.pulses_plus
    views.w[:] = 0
    weight.weigh_columns(*lines, views, 1)
    fired = {(i, j) for i in rows.tolist() for j in [*up.tolist(), *down.tolist()]}
    assert {(i, j) for i, j in zip(*map(list, np.nonzero(views.w)), strict=True)} <= fired
    for (i, j), w in naive.weigh_columns(array, rows.tolist(), [*up.tolist(), *down.tolist()]).items():
        assert views.w[i, j] == w
    g = np.full((3, 3), 3e-7, np.float32)
    away = np.arange(-4, 5).reshape(3, 3)
    shifting.lead_away(g, away, state.device)
    assert g.tolist() == [[naive.lead_away(naive.single(3e-7), int(n), d) for n in row] for row in away]
    assert type(array_of(views, 3, state.device, state.steps)) is single.Single


TWO_NODES = {"model": "table", "jump_p": ((3e-8,), (1e-9,)), "jump_d": ((1e-9,), (5e-8,))}


@pytest.mark.parametrize(
    "device", [TWO_NODES, {"n_max": 30, "beta": 0.0}, {"model": "soft-bounds", "beta": 3.0}], ids=str
)
def test_steps_that_are_linear_in_g_are_the_same_bits_several_at_a_time(device):
    state = SignState(Layout.of(layers=(40, 2), method="fixed", initial_steps=9, **device))
    state.initialise()
    d, views, rng = state.device, state.layer(0), np.random.default_rng(2)
    assert d.beta_p == 0.0 or len(d.up) == 2
    for _ in range(60):
        rows = np.flatnonzero(rng.random(41) < 0.6).astype(np.int32)
        up, down = (np.array([j], np.int32) for j in rng.permutation(2))
        expected = {
            int(up[0]): [law.potentiate(g, d) for g in views.g_plus[up[0]][rows]],
            int(down[0]): [law.depress(g, d) for g in views.g_plus[down[0]][rows]],
        }
        assert single.update_single(rows, len(rows), up, 1, down, 1, views, d, 0) == (2 * len(rows), 0)
        for j, g in expected.items():
            assert views.g_plus[j][rows].tolist() == g
            np.testing.assert_array_equal(views.w[:, j], views.g_plus[j] - views.g_minus[j])
