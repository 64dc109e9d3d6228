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


CURRENTS = "n,{a} (V),{b} (V),I (A)\n" + "".join(f"{k},{{x}},{{y}},{1e-7 * (1 + 0.1 * k):.4g}\n" for k in range(20))


@pytest.mark.parametrize(
    ("a", "b"), [("V_Puls", "V_Lese"), ("Vpulse", "Vread"), ("write voltage", "voltage"), ("voltage", "read voltage")]
)
def test_the_voltage_of_the_read_is_not_that_of_the_pulse(tmp_path, a, b):
    from .reading import read

    for first, second, x, y in ((a, b, 2.5, 0.1), (b, a, 0.1, 2.5)):
        found = read(tmp_path, CURRENTS.format(a=first, b=second, x=x, y=y))
        assert found.sweeps[0].g[0] == pytest.approx(1e-6)


def test_two_voltages_without_a_word_are_asked_back(tmp_path):
    from xbarsim import DataError

    from .reading import read

    with pytest.raises(DataError, match="expected one read voltage for the currents, got 'Voltage 1 "):
        read(tmp_path, CURRENTS.format(a="Voltage 1", b="Voltage 2", x=2.5, y=0.1))
    told = "; ".join(
        read(
            tmp_path, CURRENTS.replace("{b} (V),", "").replace("{{y}},", "").replace("{y},", "").format(a="V", x=2.5)
        ).understood
    )
    assert "is taken for the read voltage, from 2.5 to 2.5 V: if it is the pulse's" in told
