"""Curves that need no training, against the equations and the naive pair."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import Device
from xbarsim.study import curves

from .. import naive


@pytest.mark.parametrize("beta", [0.0, 1.0, 3.0])
def test_a_pulse_curve_goes_up_and_down_by_the_equations(beta):
    device = Device(n_max=20, beta=beta, n_max_d=13, beta_d=1.5)
    pulses, g = curves.pulse_curve(device)
    d = naive.Device.of(device)
    expected = naive.staircase(d)
    while expected[-1] > d.g_min:
        expected.append(naive.depress(expected[-1], d))
    assert g.tolist() == expected
    assert pulses.tolist() == list(range(20 + 13 + 1))
    assert g[20] == np.float32(device.g_max)
    assert g[0] == g[-1] == np.float32(device.g_min)


def test_nonlinearity_curves_are_normalised_and_mirror_images():
    found = curves.nonlinearity_curves(Device(n_max=64))
    assert list(found) == ["beta 0", "beta 1", "beta 2", "beta 3"]
    for name, (pulses, g) in found.items():
        assert (g.min(), g.max(), len(pulses)) == (pytest.approx(0, abs=1e-6), pytest.approx(1, abs=1e-6), 129)
        # Depression is potentiation upside down.
        np.testing.assert_allclose(g[64:], 1 - g[:65], atol=2e-3, err_msg=name)
    half = [g[32] for _, g in found.values()]
    assert half == sorted(half)  # the more nonlinear, the earlier the rise
    assert half[0] == pytest.approx(0.5, abs=1e-6)


def test_scaled_curves_are_multiples_of_the_nominal_one():
    found = curves.scaled_curves(Device(n_max=16, beta=2.0), sigma=0.25)
    nominal = found["X = 1"][1]
    assert nominal.max() == pytest.approx(1)
    for name, x in (("X = 1 + 3 sigma", 1.75), ("X = 1 - 3 sigma", 0.25), ("X = 1 + 1 sigma", 1.25)):
        np.testing.assert_allclose(found[name][1], x * nominal, rtol=1e-6)
    assert len(found) == 7


@pytest.mark.parametrize("method", "abc")
@pytest.mark.parametrize("beta", [0.0, 2.0])
def test_steps_of_one_update_equal_the_naive_pair(method, beta):
    device = Device(g_min=1e-7, g_max=1e-6, n_max=24, beta=beta)
    d = naive.Device.of(device)
    w, up, down = curves.update_steps(device, method)
    for k, minus in enumerate(naive.staircase(d)[:-1]):
        for sign, changes in ((+1, up), (-1, down)):
            plus, other, *_ = naive.signed_update(d.g_max, minus, sign, method, d)
            assert changes[k] * device.span == pytest.approx((plus - other) - (d.g_max - minus), abs=2e-13)
        assert w[k] * device.span == pytest.approx(d.g_max - minus, abs=1e-13)
    assert (np.diff(w) < 0).all()


def test_what_the_paper_says_of_the_steps():
    """Fig. 11: at a full side b moves W by one stair of the staircase, up and down alike; a and c do not."""
    device = Device(n_max=64, beta=2.0)
    stairs = np.diff(device.staircase().astype(float)) / device.span
    up, down = {}, {}
    for method in "abc":
        _, up[method], down[method] = curves.update_steps(device, method)
        np.testing.assert_allclose(-down[method], stairs, rtol=1e-3)  # lowering W pulses G-, whatever the method
    # Raising W takes G- one stair down, which is what lowering had put on: the two undo each other.
    np.testing.assert_allclose(up["b"][1:], stairs[:-1], rtol=1e-3)
    # a overshoots by up to the largest stair, where G+ is steep; c depresses by the wrong one's size.
    assert up["a"].max() > 3 * stairs[-1]
    assert np.abs(up["c"][1:] - stairs[:-1]).max() > 0.5 * stairs[0]
