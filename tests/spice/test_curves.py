"""Netlists of devices that are not ohmic: ngspice agrees, and they are read back."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest

from xbarsim import Layout, spice
from xbarsim.arrays.nodal import sheets_of, solve
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.iv import IV
from xbarsim.describe.wires import Wires
from xbarsim.spice import ArrayRead, NetlistError

from ..kernels.circuit import naive_curve
from ..kernels.circuit.naive_wires import Wire
from .circuits import WIRES, assert_agree, needs_ngspice

CURVES = {
    "steep": IV(iv="sinh", iv_scale=0.02),
    "sinh": IV(iv="sinh", iv_scale=0.05),
    "table": IV(iv="table", iv_points=((0.02, 0.5), (0.05, 2.0), (0.08, 4.5), (0.1, 7.0))),
}


def read_of(iv, wires, routing="split-both", forward=True, shape=(7, 4)):
    rng = np.random.default_rng([forward, *shape])
    plus, minus = rng.uniform(1e-7, 1e-5, (2, *shape)).astype(np.float32)
    volts = rng.uniform(-0.1, 0.1, shape[0 if forward else 1])
    return ArrayRead(plus, minus, routing, wires, forward, volts, {"layer": 1}, iv, 0.1)


@needs_ngspice
@pytest.mark.jit
@pytest.mark.parametrize("wires", ["none", "all", "double", "tiles"])
@pytest.mark.parametrize("iv", CURVES)
def test_ngspice_agrees(tmp_path, iv, wires):
    ways = itertools.product(ROUTINGS, (True, False)) if iv == "sinh" else [("split-source", True)]
    for routing, forward in ways:
        spice.save(read_of(CURVES[iv], WIRES[wires], routing, forward), tmp_path / "a.cir", force=True)
        assert_agree(spice.check_with_ngspice(tmp_path / "a.cir"))


@pytest.mark.parametrize("iv", CURVES)
def test_our_solution_equals_the_dense_twin(iv):
    read = read_of(CURVES[iv], Wires(wire_resistance=300.0, driver_resistance=50.0), shape=(5, 4))
    ours, sheet = read.solve()[0], read.sheets[0]
    want = naive_curve.solve_tile(sheet.g, *read.drives(sheet), Wire.of(read.wires), naive_curve.Curve(CURVES[iv], 0.1))
    np.testing.assert_allclose(ours.out_s, want.out_s, rtol=0, atol=1e-9 * np.abs(want.out_s).max())
    np.testing.assert_allclose(ours.v_d, want.v_d, rtol=0, atol=1e-10)


def test_a_curve_that_is_nearly_straight_is_ohmic():
    g, volts = np.full((3, 2), 1e-5, np.float32), np.array([0.1, 0.02, 0.0])
    wires = Wires(wire_resistance=500.0, wire_tolerance=1e-11)
    sheet = sheets_of(g, g, "split-both")[0]
    bent = solve(sheet, wires, volts, forward=True, iv=IV(iv="sinh", iv_scale=1e3), v_read=0.1)
    np.testing.assert_allclose(bent.out_s, solve(sheet, wires, volts, forward=True).out_s, rtol=1e-8)


def text_of(read):
    stream = io.StringIO()
    spice.write(read, stream)
    return stream.getvalue()


@pytest.mark.parametrize("iv", [*CURVES, "ohmic"])
def test_netlists_are_read_back(iv):
    read = read_of(CURVES.get(iv, IV()), WIRES["tiles"], "split-drain", False)
    again = spice.parse(text_of(read))
    np.testing.assert_allclose(again.g_plus, read.g_plus, rtol=1e-7)
    np.testing.assert_array_equal(again.volts, read.volts)
    assert again.iv == read.iv
    assert again.v_read == (0.1 if iv != "ohmic" else 1.0)
    assert f"format_version = {1 if iv == 'ohmic' else 2}" in text_of(read)  # earlier versions read what is ohmic


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (".func iv(x) {0.1*sinh", ".func iv(x) {0.2*sinh", "before the elements, as the comments have it"),
        (".options reltol=1e-10", ".options reltol=1e-2", "before the elements"),
        (".options", ".include", "expected a resistor or source"),
        ("i={iv(v(", "i={system(v(", "expected a plain number"),
        ("*: iv_scale_V = 0.05", "*: iv_scale_V = 0.001", "iv.iv_scale_V: expected at least a 10th"),
        ('*: iv = "sinh"', '*: iv = "cosh"', "iv.iv: unknown name 'cosh'"),
        ('*: iv = "sinh"', '*: iv = "ohmic"', "expected no statements"),
        ('*: iv = "sinh"', '*: iv = "table"\n*: iv_points = "/etc/passwd"', "iv: expected a section"),
    ],
)
def test_what_was_changed_is_refused(old, new, says):
    text = text_of(read_of(CURVES["sinh"], WIRES["all"]))
    assert old in text
    with pytest.raises(NetlistError) as error:
        spice.parse(text.replace(old, new))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@needs_ngspice
@pytest.mark.jit
def test_the_command_runs_what_it_writes(tmp_path, call):
    path = tmp_path / "layout.toml"
    layout = Layout.of(layers=(2, 2), dataset="two-pixels", iv="sinh", iv_scale=0.04, wire_resistance=900.0)
    path.write_text(layout.to_toml())
    code, out, err = call("spice", str(path), "-o", str(tmp_path / "a.cir"), "--run", "--json")
    assert code == 0, (out, err)
    assert "sinh(" in (tmp_path / "a.cir").read_text()
