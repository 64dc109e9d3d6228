"""What is drawn once for every device: laws, windows, faults, lives, each against its distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from xbarsim.kernels.device import moves
from xbarsim.kernels.device.law import step_down, step_up

from xbarsim import Layout
from xbarsim.arrays.drawn import draw_faults, draw_lives, draw_traits, draw_windows

from ..kernels.scattered import RARE, ks

pytestmark = pytest.mark.jit
SHAPE = (200, 150)


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
@pytest.mark.parametrize("law", ["soft bounds", "constant"])
def test_steps_may_be_kept_where_windows_differ(law):
    """Against `SoftBoundsDevice` and `ConstantStepDevice` of aihwkit with bounds of their own: w + dw (1 - w / w_max),
    w - dw (1 - w / w_min), or w + dw, w - dw.
    """
    soft = {
        "model": "table",
        "jump_p": ((1.6e-9,), (1e-15,)),
        "jump_d": ((1e-15,), (2.666666667e-9,)),
    }  # alike at 1.375
    values = soft if law == "soft bounds" else {"n_max": 1000, "beta": 0.0}
    layout = Layout.of(
        layers=(2, 2), method="fixed", g_min=1e-6, g_max=2e-6, g_min_sigma=0.1, g_max_sigma=0.05, **values,
        window_steps="kept",
    )  # fmt: skip
    d, window = layout.device, draw_windows(layout, 0, (40, 30), 3)
    kernel, traits = d.kernel(), draw_traits(layout, 0, 0, (40, 30), 3)
    zero = 1.375e-6 if law == "soft bounds" else 1.5e-6
    x, y = window.x_plus.astype(float), window.y_plus.astype(float)
    low, high = x * d.g_min + y, x * d.g_max + y
    own = (zero - low) / (high - low)
    inside = (own > 0.01) & (own < 0.99)
    assert inside.mean() > 0.99
    dw = float(step_up(np.float32(zero), kernel))
    assert dw == pytest.approx(1e-9, rel=1e-3)
    for s in (0.1, 0.5, 0.8):
        g = low + s * (high - low)
        nominal = np.float32(d.g_min + s * d.span)
        up = x * traits[..., moves.ALPHA_P] * step_up(nominal, kernel)
        down = x * traits[..., moves.ALPHA_D] * step_down(nominal, kernel)
        if law == "constant":
            asked = dw, dw
        else:
            asked = dw * (high - g) / (high - zero), dw * (g - low) / (zero - low)
        for found, wanted in zip((up, down), asked, strict=True):
            np.testing.assert_allclose(found[inside], np.broadcast_to(wanted, x.shape)[inside], rtol=2e-4)
    stretched = draw_traits(layout.replace(window_steps="stretched"), 0, 0, (40, 30), 3)
    assert (stretched == 1.0).all()
    for g in (1e-6, 1.005e-6, 1.5e-6, 2e-6):  # without a spread it is the plain device, wherever W is 0
        alike = layout.replace(reference="conductance", reference_g=g, g_min_sigma=0.0, g_max_sigma=1e-9)
        np.testing.assert_allclose(draw_traits(alike, 0, 0, (40, 30), 3), 1.0, rtol=1e-5)


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
