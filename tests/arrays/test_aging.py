"""Laws of writing, drift and 1/f noise by state: a twin, published values, analytic moments, and aihwkit's model."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from xbarsim.kernels.base import noise

from xbarsim import Layout, LayoutError
from xbarsim.arrays import aging
from xbarsim.arrays.drawn import DRIFT, FLICKER, WRITE

from .. import naive
from . import naive_aging

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "aihwkit" / "pcm.json").read_text(encoding="utf-8"))
PCM = Layout.of(layers=(2, 2)).with_device("pcm-joshi2020")


def aged(layout, g, seed=0, draw=1, k=0):
    """Devices that were asked for `g`, (rows, cols), S, both sides alike."""
    written = [aging.write(layout, k, side, g, seed, draw) for side in (0, 1)]
    return written, aging.Aged(layout, k, (g, g), tuple(written), seed, draw)


def test_equals_the_twin_device_by_device():
    g = np.array([[0.0, 2e-7, 3e-6], [1.2e-5, 2.1e-5, 2.5e-5]], np.float32)
    written, devices = aged(PCM, g, seed=7, draw=2, k=1)
    for side in (0, 1):

        def z(quantity, seed, side=side):
            stream = noise.trait_stream(1, side, quantity)
            return naive.fill_deviates(seed, stream, 2, *g.shape)

        for t in (0.0, 1.0, 86_400.0):
            seed = aging.seed_at(7, t)
            for i, j in np.ndindex(g.shape):
                own = naive_aging.Pcm(float(g[i, j]), z(WRITE, 7)[i][j], z(DRIFT, 7)[i][j])
                assert written[side][i, j] == pytest.approx(own.written, rel=1e-6, abs=1e-13)
                assert devices.nu[side][i, j] == pytest.approx(own.nu, rel=1e-6)
                assert devices.at(t)[side][i, j] == pytest.approx(
                    own.at(t, z(FLICKER, seed)[i][j]), rel=1e-5, abs=1e-13
                )


def test_published_laws_at_points():
    x = np.array([1.0, 0.1, 0.01, 0.5])
    mean, sigma = aging.exponent_law(PCM.aging, x)
    np.testing.assert_allclose(mean, [0.049, 0.0244 + 0.0155 * math.log(10), 0.0244 + 0.0155 * math.log(100), 0.049])
    np.testing.assert_allclose(sigma, [0.008, 0.0125 * math.log(10) - 0.0059, 0.045, 0.008])
    assert aging.exponent_law(PCM.aging, np.array([1e-4]))[0] == 0.1
    np.testing.assert_allclose(25.0 * aging.write_law(PCM.aging, x[:2]), [1.05538, 0.448249], rtol=1e-5)
    # 1/f: 0.0088 at Gmax, and at most 0.2; at the first read 20 s after the pulse sqrt(ln(4e7)) = 4.184.
    law = aging.flicker_law(PCM.aging, np.array([1.0, 1e-6]), 20.0)
    np.testing.assert_allclose(law, [0.0088 * 4.183825, 0.2 * 4.183825], rtol=1e-5)


def test_one_over_f_noise_grows_as_the_root_of_the_logarithm_of_time():
    one = np.ones(1)
    t = np.array([1.0, 1e2, 1e4, 1e6])
    square = np.array([float(aging.flicker_law(PCM.aging, one, s)[0]) ** 2 for s in t])
    np.testing.assert_allclose(np.diff(square), 0.0088**2 * math.log(100.0), rtol=1e-5)
    assert aging.flicker_law(PCM.aging, one, 1e-7) == 0.0  # before a read is over


def test_mean_and_deviation_of_drift_are_those_of_a_lognormal_variable():
    """G = G0 exp(-nu L), nu ~ N(m, s): mean G0 exp(-m L + s^2 L^2 / 2), and so on, L = ln(1 + t / t0)."""
    n, m, s, t = 40_000, 0.06, 0.02, 3.15e7
    layout = Layout.of(layers=(2, 2), drift_law="by-state", nu_mean=m, nu_sigma=s, drift_clock="verified")
    layout = layout.replace(g_min=0.0, g_max=1e-5, drift_start=20.0)
    g = np.full((200, n // 200), 5e-6, np.float32)
    _, devices = aged(layout, g)
    found, by = devices.at(t)[0].astype(float) / 5e-6, math.log1p(t / 20.0)
    mean = math.exp(-m * by + 0.5 * (s * by) ** 2)
    deviation = mean * math.sqrt(math.expm1((s * by) ** 2))
    assert found.mean() == pytest.approx(mean, abs=5 * deviation / math.sqrt(n))
    assert found.std() == pytest.approx(deviation, rel=0.03)
    z = np.sort((-np.log(found).ravel() / by - m) / s)
    assert naive.ks_normal(z) < 1.63 / math.sqrt(n)


@pytest.mark.jit
@pytest.mark.parametrize("target", GOLDEN["targets"], ids=lambda t: f"{t['target']} uS")
def test_many_devices_are_those_of_aihwkit(target):
    n = 40_000
    written, devices = aged(PCM, np.full((200, n // 200), 1e-6 * target["target"], np.float32), seed=3)

    def same(found, expected):
        mean, sd = expected
        few = math.sqrt(1 / n + 1 / GOLDEN["devices"])
        assert found.mean() == pytest.approx(mean, abs=4.5 * sd * few)
        # Deviations of half normal and lognormal variables scatter more than those of normal ones.
        assert found.std() == pytest.approx(sd, rel=10 * few)

    same(1e6 * written[0].astype(float), target["written"])
    same(devices.nu[0], target["nu"])
    for name, t in GOLDEN["times_s"].items():
        same(1e6 * devices.at(t)[0].astype(float), target["aged"][name])


def test_times_do_not_depend_on_which_others_are_looked_at_and_draws_differ():
    g = np.full((3, 4), 1e-5, np.float32)
    _, devices = aged(PCM, g)
    hour = devices.at(3600.0)
    devices.at(1.0)
    np.testing.assert_array_equal(devices.at(3600.0), hour)
    for other in (aged(PCM, g, draw=2)[1], aged(PCM, g, seed=1)[1], aged(PCM, g, k=1)[1]):
        assert not np.array_equal(other.at(3600.0)[0], hour[0])
    assert not np.array_equal(hour[0], hour[1])


def test_without_its_keys_nothing_happens():
    layout, g = Layout.of(layers=(2, 2)), np.full((2, 2), 3e-7, np.float32)
    written, devices = aged(layout, g)
    assert written[0] is g
    np.testing.assert_array_equal(devices.at(1e9)[0], g)


def test_bad_keys():
    with pytest.raises(LayoutError, match=r"aging.nu_mean_least: expected at most nu_mean_most = 0.1, got 0.2"):
        Layout.of(layers=(2, 2), drift_law="by-state", nu_mean_least=0.2, nu_mean_most=0.1)
    with pytest.raises(LayoutError, match=r"aging.drift_law: unknown name .by-chance."):
        Layout.of(layers=(2, 2), drift_law="by-chance")
