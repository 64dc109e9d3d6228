"""Netlists come back as they were; damaged ones are refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xbarsim import LayoutError, XbarsimError, spice
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.wires import Wires
from xbarsim.spice import ArrayRead, NetlistError

from .circuits import WIRES, block

pytestmark = pytest.mark.jit  # nothing here is a kernel's own test, and netlists of trained runs take their time


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(data):
    import io

    rows, cols = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    ohm = st.one_of(st.just(0.0), st.floats(1e-3, 1e6))
    wires = Wires(
        wire_resistance=data.draw(ohm),
        wire_resistance_s=data.draw(st.one_of(st.none(), ohm)),
        driver_resistance=data.draw(ohm),
        sense_resistance=data.draw(ohm),
        double_sided=data.draw(st.booleans()),
        tile_rows=data.draw(st.integers(0, 3)),
        tile_columns=data.draw(st.integers(0, 3)),
        wire_tolerance=1e-7,
    )
    forward = data.draw(st.booleans())
    conductance = st.one_of(st.just(0.0), st.floats(float(np.float32(1e-9)), 1.0, width=32))
    plus, minus = (
        np.array(data.draw(st.lists(conductance, min_size=rows * cols, max_size=rows * cols))).reshape(rows, cols)
        for _ in range(2)
    )
    n = rows if forward else cols
    volts = np.array(data.draw(st.lists(st.floats(-10, 10), min_size=n, max_size=n)))
    origin = {"layer": 2, "trace": "läuf.h5", "sigma": 0.5}
    read = ArrayRead(plus, minus, data.draw(st.sampled_from(list(ROUTINGS))), wires, forward, volts, origin)
    stream = io.StringIO()
    spice.write(read, stream)
    again = spice.parse(stream.getvalue())
    assert (again.routing, again.wires, again.forward, dict(again.origin)) == (read.routing, wires, forward, origin)
    for name in ("g_plus", "g_minus", "volts"):
        one, other = getattr(read, name), getattr(again, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("value", ['"a\\nb"', '"a\\u2028b"', "[1, 2]", "{a = 1}", "1979-05-27", "true", "nan"])
def test_an_origin_that_is_no_number_or_line_is_refused(value):
    import io

    read = ArrayRead(np.ones((1, 1)), np.ones((1, 1)), "split-both", Wires(), True, np.ones(1), {"layer": 1})
    stream = io.StringIO()
    spice.write(read, stream)
    text = stream.getvalue()
    assert spice.parse(text).origin == {"layer": 1}
    with pytest.raises(NetlistError, match=r"^here: netlist\.origin"):
        spice.parse(text.replace("*: layer = 1", f"*: layer = {value}"), where="here")
    with pytest.raises(LayoutError, match="origin"):
        ArrayRead(np.ones((1, 1)), np.ones((1, 1)), "split-both", Wires(), True, np.ones(1), {"trace": "a\u2028b.h5"})


def test_a_changed_device_is_read(runs, tmp_path):
    read = block(runs, (2, 2), "split-drain", True, WIRES["all"])
    spice.save(read, tmp_path / "a.cir")
    text = re.sub(r"^(rg_dm1_s0 \w+ \w+) .*", r"\1 2E6", (tmp_path / "a.cir").read_text(), flags=re.MULTILINE)
    again = spice.parse(text)
    assert again.g_minus[1, 0] == np.float32(5e-7)
    np.testing.assert_array_equal(again.g_plus, read.g_plus)
    text = re.sub(r"^rg_dm1_s0 .*\n", "", text, flags=re.MULTILINE)
    with pytest.raises(NetlistError, match="expected 8 devices, got 7"):
        spice.parse(text)
    assert spice.parse(text.replace("devices = 8", "devices = 7")).g_minus[1, 0] == 0


DAMAGE = {
    "cut short": (lambda t: t[: t.index(".print")], "expected .end"),
    "cut within a line": (lambda t: t[: t.index("rg_dp1_sp1") + 12], "resistor or source"),
    "cut in the comments": (lambda t: t[:900] + ".end\n", "expected"),
    "an element is missing": (lambda t: re.sub(r"(?m)^rd_dp1_sp1 .*\n", "", t), "element 'rd_dp1_sp1"),
    "a source is missing": (lambda t: re.sub(r"(?m)^v_sp1 .*\n", "", t), "element 'v_sp1"),
    "a device is missing": (lambda t: re.sub(r"(?m)^rg_dp1_sp1 .*\n", "", t), "devices"),
    "a device too much": (lambda t: t.replace("v_dp0 ", "rg_dp9_sp9 a b 1.0\nv_dp0 ", 1), "no element 'rg_dp9_sp9'"),
    "an element twice": (lambda t: t.replace("v_dp0 ", "v_dp0 a 0 1.0\nv_dp0 ", 1), "line"),
    "another wire": (lambda t: re.sub(r"(?m)^(rd_dp1_sp1 \w+ \w+) .*", r"\1 7.0", t), "only devices"),
    "other nodes": (lambda t: re.sub(r"(?m)^rg_dp1_sp1 \w+", "rg_dp1_sp1 d_dp0_sp0", t), "only devices"),
    "a sensing end that is driven": (lambda t: re.sub(r"(?m)^(v_sp1 \w+ 0) .*", r"\1 0.1", t), "only devices"),
    "a suffix": (lambda t: re.sub(r"(?m)^(rg_dp1_sp1 \w+ \w+) .*", r"\1 2meg", t), "plain number"),
    "a negative resistance": (lambda t: re.sub(r"(?m)^(rg_dp1_sp1 \w+ \w+) .*", r"\1 -2e6", t), "above 0"),
    "not a number": (lambda t: re.sub(r"(?m)^(rg_dp1_sp1 \w+ \w+) .*", r"\1 nan", t), "finite"),
    "beyond float32": (lambda t: re.sub(r"(?m)^(rg_dp1_sp1 \w+ \w+) .*", r"\1 1e-300", t), "float32"),
    "a diode": (lambda t: t.replace(".dc", "d1 a b model\n.dc", 1), "resistor or source"),
    "a line of rubbish": (lambda t: t.replace(".dc", "r1 a b\n.dc", 1), "resistor or source"),
    "rows that are not there": (lambda t: t.replace("rows = 2", "rows = 3"), "expected"),
    "rows without end": (lambda t: t.replace("rows = 2", "rows = 60000"), "pairs"),
    "rows that are no number": (lambda t: t.replace("rows = 2", "rows = true"), "rows"),
    "an unknown routing": (lambda t: t.replace('"split-both"', '"split-bath"'), "split-both"),
    "a wrong wire": (lambda t: t.replace("wire_resistance_Ohm = 5.0", "wire_resistance_Ohm = -5.0"), "wire_resistance"),
    "an unknown wire": (lambda t: t.replace("*: double_sided", "*: double_sighted"), "double_sided"),
    "comments that are no TOML": (lambda t: t.replace("*: devices =", "*: devices"), "TOML"),
    "no format": (lambda t: t.replace("*: format =", "*: farmat ="), "format"),
    "a later version": (lambda t: t.replace("format_version = 1", "format_version = 3"), "version 1 to 2, got 3"),
    "another file": (lambda t: "* RC filter\nr1 a 0 1\n.end\n", "another file"),
    "an empty file": (lambda t: "", "another file"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_are_refused(runs, tmp_path, damage):
    spice.save(block(runs, (2, 2), "split-both", True, WIRES["all"]), tmp_path / "a.cir")
    change, what = DAMAGE[damage]
    text = (tmp_path / "a.cir").read_text()
    changed = change(text)
    assert changed != text
    (tmp_path / "a.cir").write_text(changed)
    with pytest.raises(NetlistError, match=re.escape(what)) as caught:
        spice.load(tmp_path / "a.cir")
    assert str(caught.value).startswith(f"{tmp_path / 'a.cir'}")
    assert isinstance(caught.value, XbarsimError)


@given(where=st.integers(0, 10**6), byte=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_is_harmless(where, byte):
    """A damaged file is refused, or read as an array of the same size; nothing else happens."""
    text = bytearray(_SMALL)
    text[where % len(text)] = byte
    try:
        read = spice.parse(bytes(text).decode("utf-8", "replace"))
    except XbarsimError:
        return
    assert read.g_plus.shape == (2, 2)


def _small():
    import io

    g = np.array([[1e-7, 2e-7], [3e-7, 4e-7]])
    stream = io.StringIO()
    spice.write(ArrayRead(g, g.T, "split-source", WIRES["ends"], True, np.array([0.1, 0.0])), stream)
    return stream.getvalue().encode()


_SMALL = _small()


def test_wrong_arrays_are_refused():
    g, v = np.ones((2, 3)), np.ones(2)
    ArrayRead(g, g, "split-both", Wires(), True, v)
    for change in (
        {"g_minus": np.ones((3, 2))},
        {"g_plus": np.ones(3)},
        {"g_plus": -g},
        {"g_minus": g * np.nan},
        {"routing": "none"},
        {"volts": np.ones(3)},
        {"volts": np.array([1, np.inf])},
        {"forward": False},
    ):
        with pytest.raises(LayoutError):
            ArrayRead(
                **{
                    "g_plus": g,
                    "g_minus": g,
                    "routing": "split-both",
                    "wires": Wires(),
                    "forward": True,
                    "volts": v,
                    **change,
                }
            )
