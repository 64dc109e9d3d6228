"""Devices that are written one by one equal their twins, to the bit; counted pulses are the law's inverse."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from xbarsim.kernels.circuit import verify
from xbarsim.kernels.device.law import depress, potentiate

from xbarsim import Device

from ... import naive
from ..scattered import ALL, fresh, layout_of, twin_of
from . import naive_verify

NOISE = {"read_noise": 0.02, "device_noise": 0.01, "gain_sigma": 0.05, "offset_sigma": 0.02}


def writing(state, side, **more):
    d, sense = state.device, state.sense
    cols = state.array_shape(0)[1]
    values = {
        "seed": np.uint64(state.layout.run.seed),
        "layer": 0,
        "side": side,
        "draw": 2,
        "erased": 1,
        "tolerance": 0.02 * (d.g_max - d.g_min),
        "most": 30,
        "v_read": state.layout.array.v_read,
        "noise": sense.noise,
        "device": sense.device,
        "limit": sense.limit,
        "levels": sense.levels,
        "gain": sense.gain[0, 0, :cols].copy(),
        "offset": sense.offset[0, 0, :cols].copy(),
    }
    return verify.Writing(**{**values, **more})


@pytest.mark.parametrize("erased", [1, 0])
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ({"n_max": 9, "beta": 1.0}, {}),
        ({"n_max": 9, "beta": 1.0, "sigma": 0.3}, NOISE),
        pytest.param("c2c", {}, marks=pytest.mark.compiles),
        pytest.param("stuck", {}, marks=pytest.mark.compiles),
        pytest.param("table", NOISE, marks=pytest.mark.compiles),
        pytest.param("plugin", {}, marks=pytest.mark.compiles),
        pytest.param("worn-closing", {}, marks=pytest.mark.compiles),
        pytest.param({**ALL, "write_noise": 0.1}, NOISE, marks=pytest.mark.compiles),
    ],
)
def test_writes_equal_the_twin(name, more, erased, plugin):
    layout = layout_of(name, plugin, method="c", **more)
    d = naive.Device.of(layout.device)
    low, high = layout.device.g_min, layout.device.g_max
    # The twin of the nominal law knows no tables: pulses that a law is counted by, from where a device is, are.
    for closed in (True, False) if erased or layout.device.model == "exponential" else (True,):
        state = fresh(layout)
        if state.pairs.scatter is None:
            array = naive.Array(*state.nominal(0), *state.window(0))
        else:
            array = twin_of(state, plugin).arrays[0]
        views, steps = state.layer(0), [float(g) for g in state.steps]
        rng = np.random.default_rng(5)
        for side, suffix in enumerate(("plus", "minus")):
            how = writing(state, side, erased=erased, limit=layout.device.g_max * layout.array.v_read, levels=255.0)
            twin = SimpleNamespace(**{**how._asdict(), "seed": layout.run.seed})
            target = rng.uniform(low, high, views.g_plus.shape).astype(np.float32)
            buffers = [getattr(views, f"{part}_{suffix}") for part in ("g", "x", "y", "pulses", "resets")]
            if closed:
                reads, there = np.zeros(target.shape, np.int64), np.zeros(target.shape, np.uint8)
                verify.write_verify(how, target, *buffers, state.device, views.scatter, reads, there)
                found = naive_verify.write_verify(twin, target.T, array, d)
                assert [reads.T.tolist(), there.T.tolist()] == list(found)
                assert there.sum() > 0
            else:
                verify.write_open(how, target, *buffers, state.device, state.steps, views.scatter)
                naive_verify.write_open(twin, target.T, array, d, steps)
            np.testing.assert_array_equal(buffers[0].T, getattr(array, suffix))
            np.testing.assert_array_equal(buffers[2].T, getattr(array, f"y_{suffix}"))
            assert buffers[3].T.tolist() == getattr(array, f"pulses_{suffix}")
            assert buffers[4].T.tolist() == getattr(array, f"resets_{suffix}")


@pytest.mark.parametrize("beta", [0.0, 2.0, 5.0])
def test_counted_pulses_invert_the_law(beta):
    """From any stair so many pulses up lead to where so many pulses up lead; down likewise."""
    device = Device(n_max=20, beta=beta)
    d, steps = device.kernel(), device.staircase()
    for first in range(0, 21, 4):
        g, up = steps[first], 0
        for up in range(20 - first + 1):
            assert verify.count_pulses(steps[first], g, 1000, d) == up
            g = np.float32(potentiate(g, d))
        g = steps[first]
        for down in range(8):
            if g == np.float32(d.g_min):
                break
            assert verify.count_pulses(steps[first], g, 1000, d) == -down
            g = np.float32(depress(g, d))
    assert verify.count_pulses(steps[0], steps[-1], 7, d) == 7
    assert naive_verify.count_pulses(steps[0], steps[-1], 7, naive.Device.of(device)) == 7
