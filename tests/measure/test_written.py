"""What is written runs, describes its reads, or says that it does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xbarsim import DataError
from xbarsim.measure.fit import fit
from xbarsim.measure.measurement import Measurement
from xbarsim.measure.nonlinearity import curve_exponential, curve_soft
from xbarsim.measure.restate import made
from xbarsim.measure.table import cut
from xbarsim.measure.trains import Sweep

pytest.importorskip("scipy")
pytest.importorskip("emcee")
pytestmark = pytest.mark.jit

LOW, HIGH = 1e-6, 1e-5


def of(*curves, noise=0.0, seed=0, side=1):
    rng = np.random.default_rng(seed)
    return Measurement(
        [Sweep(LOW + (HIGH - LOW) * (np.asarray(x) + noise * rng.standard_normal(len(x))), side) for x in curves]
    )


@pytest.mark.parametrize("ratio", [1e3, 1e5])
@pytest.mark.parametrize("rises", [True, False])
def test_geometric_trains_are_soft_bounds_of_any_ratio(ratio, rises):
    """Each pulse adds the same percentage, or takes it: subthreshold devices, floating gates."""
    g = 1e-9 * ratio ** np.linspace(0.0, 1.0, 41)
    found = fit(Measurement([Sweep(g if rises else g[::-1], 1 if rises else -1)]))
    s = found.sides[1 if rises else -1]
    first = abs(g[1] - g[0]) if rises else abs(g[-1] - g[-2])
    assert found.law == "soft-bounds"
    assert s.values["alpha_S"].value == pytest.approx(first, rel=0.01)
    assert s.values["beta"].value == pytest.approx(math.log(ratio) * (-1 if rises else 1), rel=1e-3)
    assert found.variation["c2c"] < 1e-3
    assert s.redrawn.r2 > 0.999
    made(found.device)


def test_a_train_that_saturates_early_has_a_rail():
    """Half of the reads lie on the plateau, within noise: none is left out, and the rail is where they lie."""
    x = np.minimum(curve_exponential(2.0, 25), 1.0)
    x = np.concatenate([x, np.ones(35)])
    for seed in range(2):
        found = fit(of(x, noise=0.03, seed=seed), law="exponential")
        s = found.sides[1]
        assert len(s.law.reads.pulses) == 61
        assert "saturates" in " ".join(found.warnings)
        assert s.values["g_end_S"].value == pytest.approx(HIGH, rel=0.02)
        assert s.values["n_max"].value == pytest.approx(25, abs=5)
        assert all(math.isfinite(v) for v in found.device.values() if isinstance(v, float))
        made(found.device)


def test_a_bend_that_is_not_determined_is_said():
    """All in the first pulse: any large beta will do."""
    found = fit(of(np.concatenate([[0.0], np.ones(30)]), noise=0.01), law="exponential")
    assert "bound of what a fit looks for" in " ".join(found.warnings) or "abrupt" in " ".join(found.warnings)
    steep = fit(of(np.concatenate([np.zeros(30), [1.0]]), noise=0.0), law="soft-bounds")
    assert "the bend (beta or u) is at the bound" in " ".join(steep.warnings)


def test_laws_are_compared_on_the_same_reads():
    found = fit(of(curve_exponential(4.0, 60), noise=0.02, seed=1))
    s = found.sides[1]
    assert len(s.law.reads.pulses) == 61
    assert np.isfinite(s.law.reads.y).all()
    again = fit(of(curve_exponential(4.0, 60), noise=0.02, seed=1), law="linear").sides[1]
    assert again.law.reads.y.tolist() == s.law.reads.y.tolist()
    assert again.aic == pytest.approx(s.aic)


def test_the_written_device_is_redrawn():
    good = fit(of(curve_exponential(3.0, 50), noise=0.01)).sides[1].redrawn
    assert good.r2 > 0.99
    assert not good.poor
    # Depression begins far above where potentiation ends: the one range of a device fits neither.
    up, down = curve_exponential(3.0, 50), 1.0 - curve_exponential(3.0, 50)
    both = of(up, noise=0.002)
    both.sweeps += of(3.0 + 2.0 * down, noise=0.002, side=-1).sweeps
    found = fit(both)
    assert found.sides[-1].redrawn.poor
    assert "written device describes its reads worse than a straight line" in " ".join(found.warnings)
    assert found.source["depression_written_device_R2"] == pytest.approx(found.sides[-1].redrawn.r2, abs=1e-6)


def test_steps_too_small_for_conductances_are_cut_off():
    """Soft bounds whose last step is e^-12 of the first: below what float32 resolves."""
    found = fit(of(curve_soft(14.0, 50)), law="soft-bounds")
    assert "the range is cut" in " ".join(found.warnings)
    assert found.device["g_max_S"] < HIGH
    assert found.device["g_max_S"] == pytest.approx(HIGH, rel=0.01)
    assert found.sides[1].redrawn.r2 > 0.999
    made(found.device)


def test_range_that_conductances_do_not_resolve_is_refused():
    g = 1e-5 * (1.0 + 1e-4 * curve_exponential(2.0, 40))
    with pytest.raises(DataError, match="a range of a thousandth of Gmax or more"):
        fit(Measurement([Sweep(g, 1)]))


def test_jump_then_creep_runs():
    g = np.concatenate([[4.5e-7, 4.97e-7], 5.01e-7 + 4e-8 * (1 - np.exp(-np.arange(20) / 8))])
    for law in ("auto", "soft-bounds"):
        made(fit(Measurement([Sweep(g, 1)]), law=law).device)


def test_few_states_are_a_table():
    states = np.array([0.0, 0.3, 0.65, 1.0])
    made_of = of(*(states for _ in range(5)), noise=0.01)
    made_of.sweeps += [Sweep(s.g[::-1].copy(), -1) for s in made_of.sweeps]
    found = fit(made_of)
    device = made(found.device)
    assert device.model == "table"
    stairs = device.staircase()
    assert len(stairs) == 4
    mean = np.mean([s.g for s in made_of.of(1)], axis=0)
    assert stairs == pytest.approx(mean, rel=0.02)
    assert "Not known: how steps scatter" in " ".join(found.warnings)
    with pytest.raises(DataError, match="leave --law out"):
        fit(made_of, law="soft-bounds")
    with pytest.raises(DataError, match="three states of potentiation or more, got 2"):
        fit(of([0.0, 1.0]))
    with pytest.raises(DataError, match="rise with every pulse"):
        fit(of(*(np.array([0.0, 0.5, 0.4, 1.0]) for _ in range(3)), noise=0.01))


def test_tables_are_cut_to_where_they_move():
    up = np.array([[2.0, 4.0], [1.0, 3.0], [-2.0, 1.0]])
    down = np.array([[-1.0, 0.5], [1.0, 2.0], [2.0, 3.0]])
    with pytest.raises(DataError, match="over a part of the range"):
        cut(1.0, 3.0, up, down)
    low, high, p, _, told = cut(1.0, 3.0, up, down + 1.0)
    assert (low, high) == (1.0, 2.0)
    assert p[-1] == pytest.approx([1.0, 3.0])
    assert "by 50 %" in told
    assert cut(1.0, 3.0, up + 1.0, down + 1.0)[4] == ""
