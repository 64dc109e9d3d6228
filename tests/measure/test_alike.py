"""Different devices are not taken for noise in silence, nor noise for different devices."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim.measure.alike import keep_curves_of_their_own
from xbarsim.measure.fit import fit

from .test_fit import climb, measurement

pytest.importorskip("scipy")
pytestmark = pytest.mark.jit


def devices(rng, count, read, spread=0.15):
    """Trains of devices whose ranges and curvatures differ, without any scatter of steps."""
    return np.concatenate(
        [climb(rng, 1, 50, 2.0 + spread * 4 * z, read=read) * (1 + spread * z) for z in rng.standard_normal(count)]
    )


@pytest.mark.parametrize("read", [0.0, 0.004])
def test_devices_are_told(read):
    found = [keep_curves_of_their_own(devices(np.random.default_rng(seed), 3, read)) for seed in range(20)]
    assert np.mean(found) > 0.7


@pytest.mark.parametrize(
    "noise", [{"c2c": 0.3}, {"c2c": 0.3, "read": 0.01}, {"read": 0.02}, {"c2c_range": 0.005}], ids=str
)
@pytest.mark.parametrize("sweeps", [2, 3, 10])
def test_cycles_are_no_devices(noise, sweeps):
    rng = np.random.default_rng(7)
    found = [keep_curves_of_their_own(climb(rng, sweeps, 50, 2.0, **noise)) for _ in range(100)]
    assert np.mean(found) < 0.03


def test_a_fit_says_so():
    found = fit(measurement(devices(np.random.default_rng(3), 3, 0.004)))
    assert any("as different devices do" in w for w in found.warnings)
    named = fit(measurement(devices(np.random.default_rng(3), 3, 0.004), devices=["a", "b", "c"]))
    assert not any("as different devices do" in w for w in named.warnings)
