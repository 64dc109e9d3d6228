"""The likelihood of reads: exact where the law is linear, and right over gaps, repeats and rails."""

from __future__ import annotations

import math

import numpy as np
import pytest
from xbarsim.kernels.reads import filter as fast

from . import naive

pytestmark = pytest.mark.jit  # loops over every pulse
INF = math.inf


@pytest.mark.parametrize(
    ("exponential", "p", "s"),
    [(True, math.log(0.02), 2.0), (True, math.log(0.002), -3.0), (True, math.log(0.01), 0.0), (False, 0.03, 0.02)],
)
@pytest.mark.parametrize("pulses", [1, 2, 7, 40])
def test_several_pulses_in_one_step(exponential, p, s, pulses):
    found = fast.advance(exponential, 0.1, p, s, float(pulses))
    expected = naive.advance(exponential, 0.1, p, s, pulses)
    # The law itself for one pulse; of more, a state linear in itself exactly, the exponential law to second order.
    assert found[0] == pytest.approx(expected[0], rel=1e-12 if pulses == 1 or not exponential else 2e-3)
    assert found[1] == pytest.approx(expected[1], rel=1e-4 if pulses == 1 else 5e-3, abs=1e-8)
    assert found[2] == pytest.approx(expected[2], rel=1e-12)


def test_steps_that_run_away_stay_numbers():
    for x in (0.0, 5.0, 50.0):
        found = fast.advance(True, x, math.log(0.1), -8.0, 30.0)
        assert all(math.isfinite(v) for v in found)
        assert found[0] <= fast.MOST_STEP


def test_curves_at_pulse_numbers_with_gaps_and_a_rail():
    sets = np.array([[0.0, math.log(0.05), 2.0, INF], [0.1, math.log(0.05), 2.0, 0.5]])
    pulses = np.array([0.0, 1.0, 2.0, 5.0, 20.0, 50.0])
    out = np.empty((2, 6))
    fast.curves(True, sets, pulses, 1000, out)
    assert out == pytest.approx(np.array(naive.curves(True, sets, pulses)), rel=1e-12)
    assert out[1, -1] == 0.5
    fast.curves(True, sets, pulses, 5, out)  # several pulses in one step
    assert out == pytest.approx(np.array(naive.curves(True, sets, pulses)), rel=1e-3)


def test_likelihood_is_that_of_a_joint_normal_distribution():
    """Gaps, reads that are means of several, trains that lack some: nothing is taken as one pulse that is more."""
    rng = np.random.default_rng(15)
    pulses = np.array([0.0, 1.0, 2.0, 5.0, 9.0, 10.0, 30.0])
    y = rng.standard_normal((3, 7))
    y[1, 3] = y[2, 0] = np.nan
    counts = rng.integers(1, 5, (3, 7)).astype(float)
    sets = np.array([[0.3, 0.1, 0.02, 0.05, 0.1], [0.0, 0.0, 0.3, 0.01, 0.03]])
    theta = np.column_stack([sets, np.zeros(2), np.full(2, INF)])
    out = np.empty((2, 3))
    for most in (1000, 3):
        fast.log_likelihood(False, False, theta, y, counts, pulses, most, out)
        assert out == pytest.approx(np.array(naive.log_likelihood(sets, y, counts, pulses)), rel=1e-9)


@pytest.mark.parametrize("rail", [-1.0, 0.2, 0.5, 0.52, 0.8, 3.0])
def test_a_normal_state_at_a_rail(rail):
    found, expected = fast.clipped(0.5, 0.01, rail), naive.clipped(0.5, 0.01, rail)
    assert found[0] == pytest.approx(expected[0], abs=1e-6)
    assert found[1] == pytest.approx(expected[1], abs=1e-6)
    assert fast.clipped(0.5, 0.0, rail)[0] == min(0.5, rail)
