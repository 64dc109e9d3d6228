"""How images drive the inputs."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim.data_sets.activity import activity_of
from xbarsim.data_sets.data_set import build

pytestmark = pytest.mark.once


def made(x):
    y = np.arange(len(x)) % 2
    return build("made", x, y, x[:2], y[:2], "test")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_means_of_all_samples(dtype):
    rng = np.random.default_rng(0)
    x = np.where(rng.random((400, 30)) < 0.3, rng.integers(1, 256, (400, 30)), 0).astype(np.uint8)
    exact = x / 255.0
    found = activity_of(made(x if dtype == np.uint8 else exact.astype(np.float32)))
    assert found.total == pytest.approx(exact.sum(axis=1).mean(), rel=1e-5)
    assert found.square == pytest.approx((exact**2).sum(axis=1).mean(), rel=1e-5)
    assert found.threshold == 0.0


def test_images_that_are_nowhere_dark_get_a_threshold_at_their_median():
    x = np.random.default_rng(1).integers(1, 256, (500, 20)).astype(np.uint8)
    assert activity_of(made(x)).threshold == pytest.approx(np.median(x) / 255, abs=1e-6)


def test_mostly_lit_binary_images_have_nothing_above_their_median():
    x = np.where(np.random.default_rng(2).random((500, 20)) < 0.7, 255, 0).astype(np.uint8)
    assert activity_of(made(x)).threshold == 0.0


@pytest.mark.parametrize("order", ["by class", "alternating"])
def test_samples_are_taken_from_everywhere(order):
    """Many samples whose kinds stand together, or alternate: a part stands for all."""
    bright = np.arange(60_000) < 30_000 if order == "by class" else np.arange(60_000) % 2 == 0
    x = np.where(bright[:, None], 200, 50).astype(np.uint8) * np.ones((1, 4), np.uint8)
    assert activity_of(made(x)).total == pytest.approx(4 * 125 / 255, rel=5e-3)
