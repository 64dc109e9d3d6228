"""Reads that do not follow every pulse: their numbers count, repeats count as often as they were read."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xbarsim.describe.laws import normalised_alpha
from xbarsim.measure.fit import fit
from xbarsim.measure.measurement import Measurement
from xbarsim.measure.nonlinearity import curve_exponential
from xbarsim.measure.prepare import prepare
from xbarsim.measure.table import from_sweeps, increments
from xbarsim.measure.trains import Sweep

pytest.importorskip("scipy")
pytest.importorskip("emcee")
pytestmark = pytest.mark.jit

LOW, HIGH = 1e-6, 1e-5


def train(x, at=None, counts=None, side=1):
    """A sweep of states 0 to 1, read after the pulses of `at` only."""
    g = LOW + (HIGH - LOW) * np.asarray(x)
    if at is not None:
        gaps = np.full(len(g), np.nan)
        gaps[at] = g[at]
        g = gaps
    return Sweep(g if side > 0 else LOW + HIGH - g, side, counts=counts)


# Pulses of the train, those it was read after: every fifth, a logarithmic scale, uneven, rows missing.
GAPS = {
    "every fifth": (40, [*range(6), *range(10, 41, 5)]),
    "logarithmic": (1000, [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]),
    "uneven": (97, [0, 1, 3, 4, 8, 13, 15, 22, 30, 31, 45, 58, 60, 77, 90, 97]),
    "rows missing": (100, [*range(31), *range(60, 101)]),
}


@pytest.mark.parametrize("name", GAPS)
def test_pulse_numbers_count(name):
    n, at = GAPS[name]
    found = fit(Measurement([train(curve_exponential(2.0, n), at)]))
    s = found.sides[1]
    assert (found.law, s.pulses, s.reads) == ("exponential", n, len(at))
    assert found.device["n_max"] == n
    assert found.device["beta"] == pytest.approx(2.0, abs=0.01)
    assert found.variation["c2c"] == pytest.approx(0.0, abs=1e-3)
    assert s.values["alpha_S"].value == pytest.approx((HIGH - LOW) * normalised_alpha(n, 2.0), rel=0.01)
    assert s.redrawn.r2 > 0.9999


def test_trains_read_after_different_pulses():
    rng = np.random.default_rng(1)
    x = curve_exponential(2.0, 60)
    trains = [train(x + 0.01 * rng.standard_normal(61), list(range(k % 3, 61, 3))) for k in range(6)]
    found = fit(Measurement(trains))
    assert found.sides[1].reads == sum(len(range(k % 3, 61, 3)) for k in range(6))
    assert found.device["beta"] == pytest.approx(2.0, abs=0.2)
    assert found.device["n_max"] == 60


def test_many_sparse_reads_are_thinned_where_there_are_reads():
    x = curve_exponential(2.0, 4000)
    data = prepare(Measurement([train(x, list(range(0, 4001, 5)))]), 1)
    assert len(data.pulses) == 801
    assert np.isfinite(data.reads.y).all()
    assert set(data.reads.pulses) <= set(range(0, 4001, 5))
    assert data.reads.last == 4000


def test_a_mean_of_many_reads_says_more_than_one():
    """Every second state is the mean of 25 reads: read noise is that of one read, and the fit leans on the means."""
    rng = np.random.default_rng(2)
    counts = np.where(np.arange(61) % 2, 1, 25)
    rows = [curve_exponential(2.0, 60) + 0.05 * rng.standard_normal(61) / np.sqrt(counts) for _ in range(6)]
    told = fit(Measurement([train(x, counts=counts) for x in rows]), law="exponential").sides[1]
    untold = fit(Measurement([train(x) for x in rows]), law="exponential").sides[1]
    assert told.reads == 6 * counts.sum()
    assert told.values["read_noise_S"].value == pytest.approx(0.05 * (HIGH - LOW), rel=0.12)
    assert untold.values["read_noise_S"].value < 0.85 * told.values["read_noise_S"].value
    width = [s.values["beta"].high - s.values["beta"].low for s in (told, untold)]
    assert width[0] < 0.6 * width[1]


def test_scatter_of_repeated_reads_is_read_noise():
    """Three trains of few reads hardly tell their noises apart; a hundred repeated reads do."""
    rng = np.random.default_rng(3)
    counts = np.full(13, 5)
    rows = [curve_exponential(1.0, 12) + 0.02 * rng.standard_normal(13) / np.sqrt(5) for _ in range(3)]
    made = Measurement([train(x, counts=counts) for x in rows], repeats=0.02 * (HIGH - LOW))
    noise = fit(made, law="exponential").sides[1].values["read_noise_S"]
    assert noise.value == pytest.approx(0.02 * (HIGH - LOW), rel=0.06)
    assert (noise.high - noise.low) / noise.value < 0.35


def test_steps_between_reads_are_means_over_their_pulses():
    x = np.linspace(0.0, 1.0, 41)
    raw = np.array([x[[0, 1, 2, 10, 40]]])
    pulses = np.array([0.0, 1.0, 2.0, 10.0, 40.0])
    assert increments(raw, 1, 0.0, pulses)[1] == pytest.approx(np.full(4, 1 / 40))
    rng = np.random.default_rng(4)
    walks = np.cumsum(np.pad(0.02 * (1 + 0.5 * rng.standard_normal((200, 40))), ((0, 0), (1, 0))), axis=1)
    dense = from_sweeps(walks, 1, 0.1, 0.7, nodes=5, quantiles=5, read_noise=0.0)
    sparse = from_sweeps(walks[:, ::4], 1, 0.1, 0.7, nodes=5, quantiles=5, read_noise=0.0, pulses=np.arange(0, 41, 4))
    assert np.median(sparse.steps, axis=1) == pytest.approx(np.median(dense.steps, axis=1), rel=0.1)
    width = [np.mean(t.steps[:, 3] - t.steps[:, 1]) for t in (dense, sparse)]
    assert width[1] == pytest.approx(width[0], rel=0.25)
    assert "inferred" in " ".join(sparse.warnings)
    assert not dense.warnings


def test_what_was_not_read_at_first_is_said():
    g = LOW + (HIGH - LOW) * curve_exponential(2.0, 40)
    g[:3] = math.nan
    assert "nothing was read before pulse 3" in " ".join(fit(Measurement([Sweep(g, 1)])).warnings)
