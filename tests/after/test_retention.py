"""Retention: drift, relaxation, and the command."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base import noise

from xbarsim import Layout, LayoutError, Trace, retention, run
from xbarsim.arrays import aging

from .. import naive

pytestmark = pytest.mark.jit


def aged_of(g, layout, seconds, nu):
    """What a layout's devices conduct after some time."""
    return aging.age(g, layout.device, layout.variation, seconds, nu)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("aging") / "run.h5"
    run(Layout.of(layers=(784, 100, 10), dataset="digits", iterations=2500, eval_last=1), out=path)
    return path


def layout_of(**kw):
    return Layout.of(layers=(2, 2), g_min=1e-7, g_max=1e-6, **kw)


def test_conductances_drift_by_a_power_law():
    g, nu = np.array([[1e-7, 1e-6]], np.float32), np.array([[0.05, 0.1]])
    for t in (0.0, 1.0, 10.0, 1e6):
        aged = aged_of(g, layout_of(drift_start=10.0), t, nu)
        np.testing.assert_allclose(aged, g * (max(t, 10.0) / 10.0) ** -nu, rtol=1e-6)


def test_states_relax_by_a_stretched_exponential():
    g = np.array([[1e-7, 4e-7, 1e-6]], np.float32)
    lay = layout_of(relax_time=100.0, relax_exponent=0.5, relax_to=0.25)
    end = 1e-7 + 0.25 * 9e-7
    for t in (0.0, 25.0, 100.0, 1e12):
        expected = end + (g - end) * np.exp(-np.sqrt(t / 100.0))
        np.testing.assert_allclose(aged_of(g, lay, t, np.zeros((1, 3))), expected, rtol=1e-6)


def test_without_departures_time_does_nothing(trained):
    result = retention(trained, times=(1.0, 1e9))
    assert result.accuracies == ((result.accuracy_before,),) * 2
    with Trace(trained) as trace:
        assert result.accuracy_before == trace.accuracy[1][-1]


def test_a_common_factor_on_all_conductances_does_not_change_the_winner_of_one_layer():
    """Drift without spread scales all currents alike: what is read last is not changed, only hidden neurons are."""
    lay = layout_of(drift=0.1)
    g = np.random.default_rng(0).uniform(1e-7, 1e-6, (3, 4)).astype(np.float32)
    aged = aged_of(g, lay, 1e5, np.full((3, 4), 0.1))
    np.testing.assert_allclose(aged / g, aged[0, 0] / g[0, 0], rtol=1e-6)


def test_accuracy_falls_in_time_and_draws_differ(trained):
    result = retention(trained, times=(1.0, 1e3, 1e9), drift=0.1, drift_sigma=0.1, repeats=3)
    assert [len(a) for a in result.accuracies] == [3, 3, 3]
    assert result.accuracies[0] == (result.accuracy_before,) * 3
    assert max(result.accuracies[2]) < result.accuracy_before - 0.1
    assert len(set(result.accuracies[1])) > 1
    assert (
        retention(trained, times=(1e3,), drift=0.1, drift_sigma=0.1, repeats=1).accuracies[0]
        == result.accuracies[1][:1]
    )


def test_exponents_are_normal_and_belong_to_devices():
    lay = layout_of(drift=0.05, drift_sigma=0.02, seed=3)
    plus, minus = aging.exponents(lay.variation, 1, (60, 50), lay.run.seed, 0)
    for nu in (plus, minus):
        assert nu.mean() == pytest.approx(0.05, abs=4 * 0.02 / np.sqrt(3000))
        z = np.sort((nu.ravel() - 0.05) / 0.02)
        assert naive.ks_normal(z) < 1.63 / np.sqrt(len(z))  # 1 %
    assert not np.array_equal(plus, minus)
    assert not np.array_equal(plus, aging.exponents(lay.variation, 0, (60, 50), lay.run.seed, 0)[0])
    assert not np.array_equal(plus, aging.exponents(lay.variation, 1, (60, 50), lay.run.seed, 1)[0])


def test_fill_deviates_equals_the_twin():
    out = np.empty((3, 4))
    noise.fill_deviates(np.uint64(2**40 + 7), 555, 3, out)
    np.testing.assert_allclose(out, naive.fill_deviates(2**40 + 7, 555, 3, 3, 4), rtol=1e-12)


def test_bad_input(trained):
    with pytest.raises(LayoutError, match=r"retention.times: expected a number >= 0"):
        retention(trained, times=(-1.0,))
    with pytest.raises(LayoutError, match=r"retention.repeats"):
        retention(trained, times=(1.0,), repeats=0)
    with pytest.raises(LayoutError, match="got one of writing, and nothing is written here"):
        retention(trained, times=(1.0,), write_error=0.1)
    with pytest.raises(LayoutError, match="unknown key 'drfit'"):
        retention(trained, times=(1.0,), drfit=0.1)
