"""Many reads at once are the same reads one by one, to the last bit: nominal and real devices, ideal and real wires."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Crossbar, Device, Layout, Wires
from xbarsim.arrays.aging import age as aged_by_retention

KINDS = {
    "nominal": {},
    "windows": {"sigma": 0.3, "g_min_sigma": 0.1, "g_max_sigma": 0.2},
    "noise": {"device_noise": 0.05},
    "drift": {"drift": 0.1, "drift_sigma": 0.05, "relax_time": 1e4, "relax_to": 0.5},
    "all": {"sigma": 0.3, "device_noise": 0.05, "drift": 0.1, "drift_sigma": 0.05},
}
N, ROWS, COLS = 7, 6, 5


def variation(**values):
    return Layout.of(layers=(2, 2), **values).variation


def array(kind, routing="split-both", wires=None, seed=3):
    rng = np.random.default_rng(0)
    sides = rng.uniform(1e-7, 1e-6, (2, ROWS, COLS)).astype(np.float32)
    return Crossbar.from_conductance(
        Device(), *sides, routing=routing, wires=wires, variation=variation(**KINDS[kind]), seed=seed
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("routing", ["split-both", "split-source", "split-drain"])
@pytest.mark.parametrize("wires", [None, Wires(wire_resistance=200.0)], ids=["ideal", "wires"])
def test_many_are_single_ones(kind, routing, wires):
    rng = np.random.default_rng(1)
    seconds = 3600.0 if "drift" in kind or kind == "all" else 0.0
    for way, driven in (("read_forward", ROWS), ("read_backward", COLS)):
        v = rng.uniform(-0.1, 0.1, (N, driven))
        many = getattr(array(kind, routing, wires), way)(v, seconds=seconds)
        alone = array(kind, routing, wires)
        one_by_one = [getattr(alone, way)(one, seconds=seconds) for one in v]
        for side in (0, 1):
            assert np.array_equal(many[side], np.stack([r[side] for r in one_by_one]))
        assert many.plus.shape == (N, {ROWS: COLS, COLS: ROWS}[driven])


def test_slow_twin_of_real_devices():
    """By hand: windows as drawn, aged as retention has it, and noise of the size that the kernels give a line."""
    xb, v = array("all"), np.full((4000, ROWS), 0.1)
    still = array("all")
    still._real._variation = variation(**{k: x for k, x in KINDS["all"].items() if k != "device_noise"})
    quiet = still.read_forward(v[:1], seconds=100.0)
    reads = xb.read_forward(v, seconds=100.0)
    for side in (0, 1):
        sd = 0.05 * 9e-7 * np.sqrt(ROWS * 0.01)
        assert np.allclose(reads[side].mean(axis=0), quiet[side][0], atol=5 * sd / np.sqrt(len(v)))
        assert np.allclose(reads[side].std(axis=0), sd, rtol=0.1)
    v0, nu = variation(**KINDS["all"]), np.zeros((ROWS, COLS)) + 0.1
    plain = array("all")
    plain._real._variation = variation(sigma=0.3, drift=0.1)
    by_hand = v[0] @ aged_by_retention(plain.g_plus, plain.device, variation(drift=0.1), 100.0, nu).astype(float)
    assert np.allclose(plain.read_forward(v[0], seconds=100.0).plus, by_hand, rtol=1e-12)
    assert v0.drift == 0.1


def test_windows_are_conducted_and_pulsed():
    xb = Crossbar(Device(n_max=9), (4, 3), variation=variation(sigma=0.3), seed=1)
    assert len(np.unique(xb.g_plus)) == 12
    assert np.array_equal(xb.weights, xb.g_plus - xb.g_minus)
    before = xb.g_plus
    xb.program(rows=[0, 1], columns=[2], signs=[+1])
    assert (xb.g_plus[:2, 2] > before[:2, 2]).all()
    assert np.allclose(xb.weights, xb.g_plus - xb.g_minus, rtol=1e-6)
    assert np.allclose(xb.read_forward([0.1] * 4).plus, 0.1 * xb.g_plus.astype(float).sum(axis=0))


def test_refused():
    with pytest.raises(xbarsim.LayoutError, match="got c2c, which acts on pulses"):
        Crossbar(Device(), (2, 2), variation=variation(c2c=0.3))
    xb = Crossbar(Device(), (4, 3))
    for v in (np.zeros((2, 3)), np.full((2, 4), np.nan), np.zeros((2, 2, 4)), np.zeros(3)):
        with pytest.raises(xbarsim.LayoutError, match=r"Crossbar\.read_forward: expected 4 finite voltages"):
            xb.read_forward(v)
    with pytest.raises(xbarsim.LayoutError, match=r"Crossbar\.seconds"):
        xb.read_forward(np.zeros(4), seconds=-1.0)
    assert xb.read_forward(np.zeros((0, 4))).plus.shape == (0, 3)
