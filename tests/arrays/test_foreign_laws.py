"""Device laws of another simulator, pulse by pulse: one device beside a fixed reference does what aihwkit's does.

The numbers are in tests/golden/aihwkit/laws.json, with their source. Every law is a table of steps over the state here.
Conductances are float32, whose rounding adds up over a few pulses to less than `CLOSE`.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from xbarsim import Crossbar, Device
from xbarsim.arrays.symmetry import symmetry_point

LAWS = json.loads((Path(__file__).parents[1] / "golden" / "aihwkit" / "laws.json").read_text())["laws"]
CLOSE = 1e-6
NODES = 2001  # of laws that are not linear in w: h^2 / 8 times their curvature, which is below 0.1, is 1.3e-8
CUT = 0.05
"""Part of the range that is left out at both ends where steps fade to nothing: such a bound is never reached, and a
device that ends there would have no last step."""


def constant(w, p):
    # Only the smaller side shrinks.
    return p["dw"], p["dw"] * (1.0 - p["up_down"])


def linear(w, p):
    up, down = p["dw"], p["dw"] * (1.0 - p.get("up_down", 0.0))
    return up * (1.0 - p["gamma_up"] * w / p["w_max"]), down * (1.0 - p["gamma_down"] * w / p["w_min"])


def exponential(w, p):
    z = 2.0 * p["a"] * w / (p["w_max"] - p["w_min"]) + p["b"]
    up = 1.0 - p["A_up"] * math.exp(p["gamma_up"] * z)
    return p["dw"] * up, p["dw"] * (1.0 - p["A_down"] * math.exp(-p["gamma_down"] * z))


def power(w, p):
    span = p["w_max"] - p["w_min"]
    return p["dw"] * ((p["w_max"] - w) / span) ** p["gamma"], p["dw"] * ((w - p["w_min"]) / span) ** p["gamma"]


def piecewise(w, p):
    where = np.linspace(p["w_min"], p["w_max"], len(p["up"]))
    return p["dw"] * np.interp(w, where, p["up"]), p["dw"] * np.interp(w, where, p["down"])


STEPS = {"constant": constant, "linear": linear, "exponential": exponential, "power": power, "piecewise": piecewise}
HOW_MANY = {"constant": 2, "linear": 2, "piecewise": 3}


class Cell:
    """A device of 0 to 1 S for weights from `low` to `high`."""

    def __init__(self, p):
        law, span = STEPS[p["law"]], p["w_max"] - p["w_min"]
        fades = min(law(p["w_max"], p)[0], law(p["w_min"], p)[1]) <= 1e-3 * p["dw"]
        self.low, self.high = p["w_min"] + CUT * span * fades, p["w_max"] - CUT * span * fades
        steps = [law(w, p) for w in np.linspace(self.low, self.high, HOW_MANY.get(p["law"], NODES))]
        up, down = ([(step / self.span,) for step in side] for side in zip(*steps, strict=True))
        self.device = Device(model="table", g_min=0.0, g_max=1.0, jump_p=up, jump_d=down)

    @property
    def span(self):
        return self.high - self.low

    def state(self, w):
        return (min(max(w, self.low), self.high) - self.low) / self.span

    def weights(self, start, signs):
        """Weights after 0, 1, 2, ... pulses."""
        zero = [[self.state(0.0)]]
        xb = Crossbar.from_conductance(self.device, [[self.state(start)]], zero, method="fixed")
        found = [xb.weights[0, 0]]
        for sign in signs:
            xb.program([0], [0], [sign])
            found.append(xb.weights[0, 0])
        assert xb.g_minus.tolist() == np.array(zero, np.float32).tolist()
        return np.array(found, np.float64) * self.span


@pytest.mark.parametrize("name", LAWS)
def test_pulse_by_pulse(name):
    law = LAWS[name]
    cell = Cell(law["parameters"])
    n = len(law["up"]) - 1
    assert n == 6
    np.testing.assert_allclose(cell.weights(0.0, [+1] * n), law["up"], rtol=0, atol=CLOSE)
    np.testing.assert_allclose(cell.weights(0.0, [-1] * n), law["down"], rtol=0, atol=CLOSE)
    np.testing.assert_allclose(cell.weights(0.3, [+1, -1] * 3), law["in_turn"], rtol=0, atol=CLOSE)


def test_zero_is_the_symmetry_point_of_the_reference_law():
    """So the reference that a run takes by itself is the w = 0 of these numbers."""
    cell = Cell(LAWS["soft-bounds reference"]["parameters"])
    assert symmetry_point(cell.device) == pytest.approx(cell.state(0.0), abs=1e-12)
    xb = Crossbar(cell.device, (1, 1), method="fixed")
    assert xb.g_plus[0, 0] == xb.g_minus[0, 0] == np.float32(cell.state(0.0))
    other = Cell(LAWS["soft-bounds, asymmetric"]["parameters"])
    # 0.1 (1 - w) = 0.09 (1 + 2 w)
    assert symmetry_point(other.device) == pytest.approx(other.state(1.0 / 28.0), abs=1e-9)
