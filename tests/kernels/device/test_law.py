"""One pulse on one device: exact alphas, the staircase, rails, and the naive twin."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.device import law as device

from xbarsim import Device, LayoutError
from xbarsim.describe.laws import normalised_alpha

from ... import naive

EXACT_ALPHAS = {
    (1.0, 64): 0.0266388531468,
    (2.0, 32): 0.0967146197366,
    (2.0, 64): 0.0491354053776,
    (2.0, 128): 0.0247623835959,
    (3.0, 32): 0.189233294758,
    (3.0, 64): 0.0970497283608,
    (3.0, 128): 0.0491168103072,
    (5.0, 64): 0.43339037088,
    (10.0, 64): 0.997105950287,
}


def devices():
    """Devices over the ranges that layouts use."""
    return st.builds(
        lambda g_min, ratio, n, beta, n_d, beta_d: Device(
            g_min=g_min, g_max=(g_min or 1e-7) * ratio, n_max=n, beta=beta, n_max_d=n_d, beta_d=beta_d
        ),
        st.sampled_from([0.0, 1e-9, 1e-7, 3e-5]),
        st.floats(2.0, 50.0),
        st.integers(1, 128),
        st.floats(0.0, 3.0),
        st.integers(1, 128),
        st.floats(0.0, 3.0),
    )


@pytest.mark.parametrize(("beta", "n"), EXACT_ALPHAS)
def test_alpha_is_the_exact_one(beta, n):
    alpha = normalised_alpha(n, beta)
    assert alpha == pytest.approx(EXACT_ALPHAS[beta, n], rel=2e-12)
    assert alpha == pytest.approx(naive.normalised_alpha(n, beta), rel=1e-14)
    d = Device(g_min=1e-7, g_max=1e-6, n_max=n, beta=beta)
    assert d.alpha_p == pytest.approx(9e-7 * EXACT_ALPHAS[beta, n], rel=2e-12)
    assert len(d.staircase()) == n + 1


@pytest.mark.parametrize("n", [1, 2, 3, 10, 64, 255, 1024])
def test_alpha_without_nonlinearity_is_range_over_n(n):
    assert normalised_alpha(n, 0.0) == 1 / n
    d = Device(g_min=1e-7, g_max=1e-6, n_max=n, beta=0.0)
    assert d.alpha_p == pytest.approx(9e-7 / n, rel=1e-15)
    steps = d.staircase()
    assert len(steps) == n + 1
    np.testing.assert_allclose(np.diff(steps.astype(float)), 9e-7 / n, rtol=1e-3 * max(1, n / 64))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(n=st.integers(1, 200), beta=st.floats(0.01, 6.0))
def test_alpha_takes_n_pulses_and_no_fewer(n, beta):
    alpha = normalised_alpha(n, beta)
    assert naive.end_of(alpha, beta, n) == pytest.approx(1.0, abs=1e-12)
    assert naive.end_of(alpha, beta, n - 1) < 1.0
    assert naive.end_of(alpha * (1 - 1e-9), beta, n) < 1.0


@settings(deadline=None, derandomize=True, max_examples=60)
@given(description=devices())
def test_staircase_takes_exactly_n_max_pulses_and_equals_the_twin(description):
    steps = description.staircase()
    assert len(steps) == description.n_max + 1
    assert steps[0] == np.float32(description.g_min)
    assert steps[-1] == np.float32(description.g_max)
    assert np.all(np.diff(steps) > 0)
    assert steps.dtype == np.float32
    assert steps.tolist() == naive.staircase(naive.Device.of(description))


@settings(deadline=None, derandomize=True, max_examples=100)
@given(description=devices(), fraction=st.floats(0.0, 1.0))
def test_one_pulse_equals_the_twin(description, fraction):
    k, d = description.kernel(), naive.Device.of(description)
    g = np.float32(k.g_min + fraction * (k.g_max - k.g_min))
    g = min(max(g, np.float32(k.g_min)), np.float32(k.g_max))
    assert device.step_up(g, k) == naive.step_up(float(g), d)
    assert device.step_down(g, k) == naive.step_down(float(g), d)
    assert float(device.potentiate(g, k)) == naive.potentiate(float(g), d)
    assert float(device.depress(g, k)) == naive.depress(float(g), d)
    assert device.step_up(g, k) > 0
    assert device.step_down(g, k) > 0
    assert g < device.potentiate(g, k) <= np.float32(k.g_max) or g == device.potentiate(g, k) == np.float32(k.g_max)
    assert g > device.depress(g, k) >= np.float32(k.g_min) or g == device.depress(g, k) == np.float32(k.g_min)


def test_steps_are_the_published_equations():
    description = Device(g_min=1e-7, g_max=1e-6, n_max=64, beta=2.0, n_max_d=32, beta_d=3.0)
    k = description.kernel()
    low, high, middle = np.float32(1e-7), np.float32(1e-6), np.float32(5.5e-7)
    assert device.step_up(low, k) == pytest.approx(9e-7 * EXACT_ALPHAS[2.0, 64], rel=1e-6)
    assert device.step_up(high, k) == pytest.approx(9e-7 * EXACT_ALPHAS[2.0, 64] * math.exp(-2), rel=1e-6)
    assert device.step_up(middle, k) == pytest.approx(9e-7 * EXACT_ALPHAS[2.0, 64] * math.exp(-1), rel=1e-6)
    assert device.step_down(high, k) == pytest.approx(9e-7 * EXACT_ALPHAS[3.0, 32], rel=1e-6)
    assert device.step_down(low, k) == pytest.approx(9e-7 * EXACT_ALPHAS[3.0, 32] * math.exp(-3), rel=1e-6)
    assert device.step_down(middle, k) == pytest.approx(9e-7 * EXACT_ALPHAS[3.0, 32] * math.exp(-1.5), rel=1e-6)


@pytest.mark.parametrize("beta", [0.0, 1.0, 3.0])
def test_depression_mirrors_potentiation(beta):
    # Exactly representable rails, so that the mirror is exact but for one rounding.
    description = Device(g_min=0.0, g_max=1.0, n_max=40, beta=beta)
    k = description.kernel()
    g, pulses = np.float32(1.0), 0
    for up in description.staircase()[1:]:
        g = device.depress(g, k)
        pulses += 1
        assert float(g) == pytest.approx(1.0 - float(up), abs=1e-6)
    assert g == 0.0
    assert pulses == 40


@pytest.mark.parametrize("side", ["top", "bottom"])
def test_a_pulse_that_ends_within_a_twentieth_of_a_step_of_a_rail_is_at_the_rail(side):
    k = Device(g_min=0.0, g_max=1.0, alpha=0.125, beta=0.0).kernel()
    for miss, snaps in ((0.00624, True), (0.00626, False), (0.0, True), (-0.01, True)):
        if side == "top":
            end = device.potentiate(np.float32(1.0 - 0.125 - miss), k)
            assert bool(end == 1.0) is snaps
            assert snaps or float(end) == pytest.approx(1.0 - miss, abs=1e-7)
        else:
            end = device.depress(np.float32(0.125 + miss), k)
            assert bool(end == 0.0) is snaps
            assert snaps or float(end) == pytest.approx(miss, abs=1e-7)


def test_an_alpha_that_does_not_divide_the_range_is_clipped_at_the_rail():
    steps = Device(g_min=0.0, g_max=1.0, alpha=0.3, beta=0.0).staircase()
    np.testing.assert_allclose(steps, [0, 0.3, 0.6, 0.9, 1.0], rtol=1e-6)


def test_pulses_at_a_rail_do_nothing():
    description = Device(n_max=7, beta=3.0)
    k = description.kernel()
    assert device.potentiate(np.float32(k.g_max), k) == np.float32(k.g_max)
    assert device.depress(np.float32(k.g_min), k) == np.float32(k.g_min)


def test_staircase_says_when_it_does_not_end():
    k = Device(n_max=10, beta=1.0).kernel()
    assert device.staircase(k, np.empty(11, np.float32)) == 10
    assert device.staircase(k, np.empty(10, np.float32)) == -1
    stuck = k._replace(alpha_p=1e-18, snap_p=0.0)
    assert device.staircase(stuck, np.empty(100, np.float32)) == -1


def test_depression_is_as_potentiation_unless_told():
    d = Device(n_max=64, beta=2.0)
    assert (d.alpha_depression, d.beta_depression) == (d.alpha_p, 2.0)
    d = Device(n_max=64, beta=2.0, beta_d=3.0)
    assert d.alpha_depression == pytest.approx(d.span * EXACT_ALPHAS[3.0, 64], rel=2e-12)
    d = Device(n_max=64, beta=2.0, alpha_d=5e-8)
    assert d.alpha_depression == 5e-8


def test_steps_that_float32_cannot_resolve_are_refused():
    with pytest.raises(LayoutError, match="smallest step"):
        Device(n_max=64, beta=30.0)
    with pytest.raises(LayoutError, match="n_max_d"):
        Device(n_max_d=4, alpha_d=1e-8)


@given(devices(), st.booleans())
@settings(max_examples=15, deadline=None)
def test_follow_pulses_as_often_as_it_is_told(d, up):
    kernel, twin = d.kernel(), naive.Device.of(d)
    begin = np.float32(d.g_min if up else d.g_max)
    pulses = np.array([0, 1, 2, 7, 40])
    out = np.empty(5, np.float32)
    device.follow(begin, up, pulses, kernel, out)
    if d.n_max < 200:  # of longer ones alpha gives way to rounding
        assert out.tolist() == pytest.approx(naive.follow(float(begin), up, pulses.tolist(), twin), rel=2e-6)
