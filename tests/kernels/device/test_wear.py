"""Devices that wear out: where they stop, and how their windows close."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.circuit import gates
from xbarsim.kernels.device import moves
from xbarsim.kernels.pair import scatter

from xbarsim import Layout

from ... import naive
from ..scattered import SPAN, fresh, history, update
from ..states import array_of, counts_of, disturb

pytestmark = pytest.mark.jit


@pytest.mark.parametrize("failure", ["stuck", "min", "max"])
def test_a_worn_device_is_where_it_failed(failure):
    """Twelve pulses: from the thirteenth on it does nothing, but is counted."""
    layout = Layout.of(
        layers=(2, 2), n_max=40, beta=1.0, endurance=12.0, endurance_failure=failure, initial_steps=0, method="c"
    )
    state = fresh(layout)
    d, g = state.device, history(state, 0, 0, np.ones(30))
    steps = layout.device.staircase()
    np.testing.assert_allclose(g[0, :13], steps[:13], rtol=0, atol=1e-6 * SPAN)
    after = {"stuck": g[0, 12], "min": np.float32(d.g_min), "max": np.float32(d.g_max)}[failure]
    assert (g[0, 13:] == after).all()
    # A device at Gmax is full: then the other side is depressed, until it wears out, too.
    assert (g[1, : 25 if failure == "max" else 31] == steps[0]).all()
    assert counts_of(state, 0).pulses_plus[0, 0] == (13 if failure == "max" else 30) - (failure == "max")
    if failure != "max":  # else both are full in the end, and reset in vain
        assert counts_of(state, 0).resets_plus.sum() == 0


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_closing_windows_close(power):
    layout = Layout.of(
        layers=(2, 2),
        n_max=4,
        beta=0.0,
        endurance=10.0,
        endurance_failure="closing",
        endurance_closing=power,
        initial_steps=0,
    )
    state = fresh(layout)
    views, d = state.layer(0), state.device
    seen = 0
    for event in range(60):
        counts = counts_of(state, 0)
        pulses = counts.pulses_plus[0, 0] + counts.resets_plus[0, 0]
        scatter.set_clock(views.scatter, event, 0)
        one, none = np.zeros(1, np.int32), np.zeros(0, np.int32)
        up = event % 8 < 5
        args = (one, 1, none, 0) if up else (none, 0, one, 1)
        update(state, views, one, 1, *args)
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


@pytest.mark.slow
def test_worn_devices_are_not_disturbed():
    layout = Layout.of(
        layers=(3, 2), n_max=20, endurance=1.0, method="c", half_select_step=0.5, initial_steps=3, bias=False, batch=1
    )
    state = fresh(layout)
    views, own = state.layer(0), gates.layer_lines(state.lines, state.geometry, 0)
    views.pulses_plus[:, 0] = 1
    before = state.nominal(0)
    row, column_, none = np.array([0], np.int32), np.array([0], np.int32), np.zeros(0, np.int32)
    disturb(own, array_of(views, state.method, state.device, state.steps), 1, row, 1, column_, 1, none, 0)
    after = state.nominal(0)
    assert after[0][0, 1] == before[0][0, 1]  # worn, half-selected by its row
    assert after[0][1, 0] > before[0][1, 0]  # half-selected by its column
    assert after[1][0, 0] > before[1][0, 0]
