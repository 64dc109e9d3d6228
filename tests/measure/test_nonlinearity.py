"""NeuroSim's label and ours: printed values, the mirror image, and how far a match is off."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xbarsim
from xbarsim import LayoutError
from xbarsim.describe.laws import normalised_alpha
from xbarsim.measure import nonlinearity as nl

pytestmark = pytest.mark.jit  # plain Python: once is enough


def distance(x, g):
    """Naive label: largest distance to the diagonal in units of 0.07."""
    return np.abs(g - x).max() / math.sqrt(2) / 0.07


@pytest.mark.parametrize("u", [0.01, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0])
def test_label_is_the_distance_from_the_diagonal(u):
    x = np.linspace(0, 1, 200_001)
    assert nl.label_of_u(u) == pytest.approx(distance(x, nl.curve_soft(u, 200_000)), rel=1e-6)
    mirrored = np.log1p(np.expm1(u) * x) / u  # the exponential law's curve in the limit of many pulses
    assert nl.label_of_u(u) == pytest.approx(distance(x, mirrored), rel=1e-6)


def test_label_is_smooth_where_the_series_takes_over():
    assert nl.label_of_u(1.0001e-3) == pytest.approx(nl.label_of_u(0.9999e-3), rel=1e-3)


@given(st.floats(-10.0, 10.0))
def test_labels_come_back(label):
    assert nl.label_of_u(nl.u_of_label(label)) == pytest.approx(label, abs=1e-9)


def test_labels_beyond_any_curve_are_refused():
    with pytest.raises(LayoutError, match=r"between -10.1 and 10.1, got 11"):
        nl.u_of_label(11.0)
    with pytest.raises(LayoutError, match="least-squares"):
        nl.match_of(1.0, 10, method="eye")


@pytest.mark.parametrize("n", [32, 64, 128])
@pytest.mark.parametrize("beta", [1.0, 2.0, 3.0])
def test_discrete_label_exceeds_the_continuous_one_by_a_few_percent(beta, n):
    g = nl.curve_exponential(beta, n)
    ratio = distance(np.linspace(0, 1, n + 1), g) / nl.label_of_u(beta)
    assert 1.002 < ratio < 1.055


# Labels and pulses of Chen and Yu (2019), Ag:a-Si; the errors are those of an independent calculation.
@pytest.mark.parametrize(
    ("label", "n", "beta", "a", "rmse"), [(2.4, 97, 2.0033, 0.03266, 0.021), (4.88, 100, 4.9924, 0.28433, 0.089)]
)
def test_published_device(label, n, beta, a, rmse):
    kept = nl.match_of(label, n, method="label")
    assert (kept.beta, kept.a) == (pytest.approx(beta, abs=1e-4), pytest.approx(a, abs=1e-5))
    assert kept.rmse == pytest.approx(rmse, abs=6e-4)
    best = nl.match_of(label, n)
    assert best.rmse < kept.rmse
    assert best.beta < kept.beta
    nearby = [nl.curve_exponential(best.beta + shift, n) - nl.curve_soft(beta, n) for shift in (-0.01, 0.01)]
    assert all(np.sqrt((off**2).mean()) > best.rmse for off in nearby)


def test_least_squares_match_of_a_strong_depression():
    assert nl.match_of(4.88, 100).beta == pytest.approx(4.035, abs=0.01)
    assert nl.match_of(-1.0, 50).beta < 0


def test_linear_is_the_same_in_both():
    match = nl.match_of(0.0, 40)
    assert (match.beta, match.rmse) == (pytest.approx(0.0, abs=1e-4), pytest.approx(0.0, abs=1e-6))
    assert nl.a_of_u(0.0, 40) == math.inf
    assert nl.a_of_u(2.0, 40) == 20.0


@given(st.integers(1, 300), st.floats(-3.0, 6.0))
def test_pulses_needed_inverts_alpha(n, beta):
    needed = nl.pulses_needed(normalised_alpha(n, beta), beta)
    assert needed == pytest.approx(n, abs=1e-3) or needed <= n  # a first step of the whole range needs no second


def test_many_pulses_are_counted_by_the_continuous_curve():
    assert nl.pulses_needed(9.99e-5, 2.0) == pytest.approx(nl.pulses_needed(1.001e-4, 2.0) * 1.001 / 0.999, rel=1e-4)
    assert nl.pulses_needed(1e-12, 0.0) == math.inf
    assert nl.pulses_needed(0.0, 1.0) == math.inf


def test_it_is_at_hand_where_the_package_is():
    assert xbarsim.nonlinearity.match_of is nl.match_of
