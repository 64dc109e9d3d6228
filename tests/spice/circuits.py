"""Reads of trained arrays, in every kind of circuit."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.describe.wires import Wires
from xbarsim.spice import ArrayRead

needs_ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not here; its stored results are compared with instead"
)
WIRES = {
    "none": Wires(),
    "ends": Wires(driver_resistance=200.0, sense_resistance=50.0),
    "wires": Wires(wire_resistance=2.5),
    "all": Wires(wire_resistance=5.0, wire_resistance_s=2.0, driver_resistance=200.0, sense_resistance=50.0),
    "one-sided-D": Wires(wire_resistance=20.0, wire_resistance_s=0.0, sense_resistance=5.0),
    "double": Wires(wire_resistance=50.0, driver_resistance=100.0, double_sided=True),
    "double-ends": Wires(driver_resistance=100.0, sense_resistance=10.0, double_sided=True),
    "tiles": Wires(wire_resistance=5.0, driver_resistance=200.0, tile_rows=3, tile_columns=2),
}


def train(folder):
    """A run of 31-5-16, whose arrays are 32 x 5 and 6 x 16 pairs, and one of 31-16: 32 x 16 pairs."""
    rng = np.random.default_rng(3)
    y = rng.integers(0, 16, 200)
    x = np.where(rng.random((200, 31)) < 0.3, rng.integers(1, 256, (200, 31)), 0)
    x[np.arange(200), y] = 255
    x = x.astype(np.uint8)
    np.savez(folder / "data.npz", x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])
    for name, layers in (("one", (31, 16)), ("two", (31, 5, 16))):
        layout = Layout.of(
            layers=layers,
            dataset=str(folder / "data.npz"),
            iterations=60,
            n_max=24,
            beta=2.0,
            eval_every=0,
            eval_last=1,
            seed=5,
        )
        xbarsim.run(layout, out=folder / f"{name}.h5")


def block(folder, shape, routing, forward, wires, seed=0):
    """A read of the upper left pairs of the trained array, with voltages of both signs backward."""
    with Trace(folder / "one.h5") as trace:
        plus, minus = trace.conductance(1, 60)
    rng = np.random.default_rng([seed, forward, *shape])
    volts = rng.random(shape[0]) * 0.1 * (rng.random(shape[0]) < 0.7) if forward else rng.normal(0, 0.05, shape[1])
    if forward:
        volts[0] = 0.1
    part = (slice(shape[0]), slice(shape[1]))
    return ArrayRead(plus[part], minus[part], routing, wires, forward, volts, {"layer": 1, "iteration": 60})


def assert_agree(found):
    assert found.terminals <= 1e-6
    assert found.sensed <= 1e-6
    assert found.nodes <= 1e-6
    assert found.agrees
