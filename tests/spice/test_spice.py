"""Netlists: ngspice agrees with xbarsim, files come back as they were, damaged ones are refused.

Machines without ngspice compare with its stored results, tests/golden; with it, ``python -m tests.test_spice`` writes them anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.resources
import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.way import neuron

import xbarsim
from xbarsim import Device, Layout, LayoutError, OutputError, Trace, XbarsimError, spice
from xbarsim.arrays.nodal import sensed
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.wires import Wires
from xbarsim.learn.network import reading_of
from xbarsim.spice import ArrayRead, NetlistError

from ..commands.test_cli import call, refuses  # noqa: F401 - a fixture

pytestmark = pytest.mark.jit  # nothing here is a kernel's own test, and netlists of trained runs take their time

GOLDEN = Path(__file__).parents[1] / "golden"
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
SHAPES = [(2, 2), (7, 4), pytest.param((32, 16), marks=pytest.mark.jit)]


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
            layers=layers, dataset=str(folder / "data.npz"), iterations=60, n_max=24, beta=2.0, eval_every=0, eval_last=1, seed=5
        )  # fmt: skip
        xbarsim.run(layout, out=folder / f"{name}.h5")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    train(folder)
    return folder


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


def dense(read):
    """The netlist's own circuit, solved densely: (node voltages and source currents) by name."""
    parts = list(spice.elements(read))
    fixed = {e.a: e for e in parts if e.name.startswith("v_")}
    resistors = [e for e in parts if not e.name.startswith("v_")]
    assert all(e.b == "0" for e in fixed.values())
    free = sorted({n for e in resistors for n in (e.a, e.b)} - set(fixed))
    number = {n: k for k, n in enumerate(free)}
    a, b = np.zeros((len(free), len(free))), np.zeros(len(free))
    for e in resistors:
        for n, m in ((e.a, e.b), (e.b, e.a)):
            if n in number:
                a[number[n], number[n]] += 1 / e.value
                if m in number:
                    a[number[n], number[m]] -= 1 / e.value
                else:
                    b[number[n]] += fixed[m].value / e.value
    v = {n: e.value for n, e in fixed.items()} | dict(zip(free, np.linalg.solve(a, b) if free else [], strict=True))
    values = {f"v({n})": x for n, x in v.items()} | {f"i({e.name})": 0.0 for e in fixed.values()}
    for e in resistors:
        for n, m in ((e.a, e.b), (e.b, e.a)):
            if n in fixed:
                values[f"i({fixed[n].name})"] += (v[m] - v[n]) / e.value
    return values


def assert_agree(found):
    assert found.terminals <= 1e-6
    assert found.sensed <= 1e-6
    assert found.nodes <= 1e-6
    assert found.agrees


# ---------------------------------------------------------------------------------------------------------------------
# The circuit


@needs_ngspice
@pytest.mark.parametrize("wires", WIRES.values(), ids=WIRES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_ngspice_agrees(runs, tmp_path, shape, wires):
    for routing, forward in itertools.product(ROUTINGS, (True, False)):
        read = block(runs, shape, routing, forward, wires)
        spice.save(read, tmp_path / "a.cir", force=True)
        assert_agree(spice.check_with_ngspice(tmp_path / "a.cir"))


@pytest.mark.parametrize("wires", WIRES.values(), ids=WIRES)
@pytest.mark.parametrize("routing", ROUTINGS)
def test_a_dense_solution_of_the_netlist_agrees(runs, routing, wires):
    for shape, forward in itertools.product(((1, 1), (2, 2), (7, 4)), (True, False)):
        read = block(runs, shape, routing, forward, wires)
        found = spice.compare(read, read.solve(), spice.solutions_of(read, dense(read)))
        assert max(found.terminals, found.sensed, found.nodes) <= 1e-8


def test_the_sensed_currents_of_ideal_wires_are_sums(runs):
    for routing, forward in itertools.product(ROUTINGS, (True, False)):
        read = block(runs, (7, 4), routing, forward, Wires())
        plus, minus = read.sensed(spice.solutions_of(read, dense(read)))
        w = read.g_plus.astype(np.float64) - read.g_minus
        np.testing.assert_allclose(plus - minus, read.volts @ w if forward else w @ read.volts, rtol=1e-9, atol=1e-20)


@pytest.mark.parametrize("routing", ROUTINGS)
def test_devices_that_do_not_conduct(runs, tmp_path, routing):
    for wires in WIRES.values():
        read = block(runs, (7, 4), routing, True, wires)
        dead = dataclasses.replace(read, g_plus=np.zeros((7, 4)), g_minus=read.g_minus * (np.arange(4) != 2))
        size = spice.save(dead, tmp_path / "a.cir", force=True)
        assert size.devices == 21
        assert_agree(spice.compare(dead, dead.solve(), spice.solutions_of(dead, dense(dead))))
        again = spice.load(tmp_path / "a.cir")
        np.testing.assert_array_equal(again.g_plus, dead.g_plus)
        np.testing.assert_array_equal(again.g_minus, dead.g_minus)
        if shutil.which("ngspice"):
            assert_agree(spice.check_with_ngspice(tmp_path / "a.cir"))


def test_what_has_no_resistance_is_not_written(runs):
    parts = list(spice.elements(block(runs, (2, 2), "split-both", True, Wires())))
    assert {e.name[:2] for e in parts} == {"v_", "rg"}
    assert {n for e in parts for n in (e.a, e.b)} == {"0"} | {
        f"{k}_{k}{s}{n}" for k in "ds" for s in "pm" for n in "01"
    }
    for wires in WIRES.values():
        assert all(
            e.value > 0 for e in spice.elements(block(runs, (7, 4), "split-both", True, wires)) if e.name[0] == "r"
        )


def test_a_netlist_has_only_what_both_programs_know(runs, tmp_path):
    """ngspice and Xyce differ in .op, .control, .options and unit suffixes."""
    for wires in WIRES.values():
        spice.save(block(runs, (7, 4), "split-source", True, wires), tmp_path / "a.cir", force=True)
        lines = (tmp_path / "a.cir").read_text().splitlines()
        assert lines[0].startswith("* ")
        assert lines[-1] == ".end"
        assert {line.split()[0] for line in lines if line[0] == "."} == {".dc", ".print", ".end"}
        for line in lines:
            assert re.fullmatch(
                r"\*.*|[rv]\w+ \w+ \w+ [-+.e\d]+|\.dc v_\w+ ([-+.e\d]+) \1 1|\.print dc|\+ [iv]\(\w+\)|\.end", line
            ), line
        names = [line.split()[0] for line in lines if line[0] in "rv"]
        assert len(set(names)) == len(names)


def test_differences_are_seen(runs):
    read = block(runs, (7, 4), "split-both", True, WIRES["all"])
    ours, values = read.solve(), dense(read)
    for name, change in (("i(v_sp1)", 1 + 2e-6), ("v(d_dp1_sp1)", 1 + 1e-4), ("i(v_dm6)", 1 - 2e-6)):
        wrong = spice.compare(read, ours, spice.solutions_of(read, {**values, name: values[name] * change}))
        assert not wrong.agrees
    with pytest.raises(NetlistError, match=r"i\(v_sp1\)"):
        spice.solutions_of(read, {k: v for k, v in values.items() if k != "i(v_sp1)"})


# ---------------------------------------------------------------------------------------------------------------------
# Stored results


def golden_reads(folder):
    """Name and read of every stored netlist."""
    for routing, forward in itertools.product(ROUTINGS, (True, False)):
        way = "forward" if forward else "backward"
        yield f"2x2-{routing}-{way}", block(folder, (2, 2), routing, forward, Wires())
        yield f"7x4-{routing}-{way}-wires", block(folder, (7, 4), routing, forward, WIRES["all"])
    yield "7x4-split-both-forward-double", block(folder, (7, 4), "split-both", True, WIRES["double"])
    yield "7x4-split-source-backward-tiles", block(folder, (7, 4), "split-source", False, WIRES["tiles"])
    yield "32x16-split-source-forward-wires", block(folder, (32, 16), "split-source", True, WIRES["all"])


def stored(name, digest):
    """Numbers of a file of tests/golden by name, each an array; it was made from a netlist with this digest."""
    lines = (GOLDEN / f"{name}.txt").read_text().splitlines()
    assert lines[0].startswith("# ngspice-")
    assert lines[1] == f"# SHA-256 of the netlist: {digest}", (
        "made from another netlist: run python -m tests.test_spice"
    )
    return {line.split()[0]: np.array(line.split()[1:], float) for line in lines if line[0] != "#"}


def digest_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


NAMES = sorted(p.stem for p in GOLDEN.glob("*x*.cir"))


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.jit] if n[:2] == "32" else []) for n in NAMES])
def test_stored_results_agree(name):
    path = GOLDEN / f"{name}.cir"
    read = spice.load(path)
    values = {key: float(x[0]) for key, x in stored(name, digest_of(path.read_text())).items()}
    assert_agree(spice.compare(read, read.solve(), spice.solutions_of(read, values)))


def test_stored_results_are_there():
    assert len(NAMES) == 15
    assert {p.stem for p in GOLDEN.glob("*.txt")} == {*NAMES, "synapse-pulses", "pair-2x2-step"}


@needs_ngspice
@pytest.mark.parametrize("name", NAMES)
def test_stored_results_are_what_ngspice_gives(name):
    path = GOLDEN / f"{name}.cir"
    values = stored(name, digest_of(path.read_text()))
    for key, x in spice.run_ngspice(path).items():
        if key != "v(v-sweep)":
            np.testing.assert_allclose(x, values[key], rtol=1e-6, atol=1e-18 if key[0] == "i" else 1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# Reading back


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(data):
    import io

    rows, cols = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    ohm = st.one_of(st.just(0.0), st.floats(1e-3, 1e6))
    wires = Wires(
        wire_resistance=data.draw(ohm), wire_resistance_s=data.draw(st.one_of(st.none(), ohm)), driver_resistance=data.draw(ohm),
        sense_resistance=data.draw(ohm), double_sided=data.draw(st.booleans()), tile_rows=data.draw(st.integers(0, 3)),
        tile_columns=data.draw(st.integers(0, 3)), wire_tolerance=1e-7,
    )  # fmt: skip
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
    "a later version": (lambda t: t.replace("format_version = 1", "format_version = 2"), "version 1, got 2"),
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
        {"g_minus": np.ones((3, 2))}, {"g_plus": np.ones(3)}, {"g_plus": -g}, {"g_minus": g * np.nan}, {"routing": "none"},
        {"volts": np.ones(3)}, {"volts": np.array([1, np.inf])}, {"forward": False},
    ):  # fmt: skip
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


# ---------------------------------------------------------------------------------------------------------------------
# What is driven


def test_reads_get_what_training_gives_them(runs):
    """With ideal wires, each layer's voltages are those of a plain forward and backward pass."""
    with Trace(runs / "two.h5") as trace:
        layout = trace.layout.replace(c=0.5)  # so that some neurons are beyond their linear range
        w = [trace.weights(k, 60).astype(np.float64) for k in (1, 2)]
        data = np.load(runs / "data.npz")
        settings = reading_of(layout)
        c, gain, unit = float(settings.c[0]), settings.softmax_gain, float(settings.span) * 0.1
        for sample in (0, 7, 31):
            got = [
                spice.read_of(layout, trace=trace, layer=layer, forward=forward, sample=sample)
                for layer, forward in ((1, True), (2, True), (2, False), (1, False))
            ]
            v1 = np.append(data["x_test"][sample] / 255 * 0.1, 0.1)
            hidden = v1 @ w[0]
            v2 = np.append(np.clip(0.5 + hidden / (2 * c), 0, 1) * 0.1, 0.1)
            p = np.exp(gain * (v2 @ w[1] - np.max(v2 @ w[1])))
            delta = p / p.sum() - (np.arange(16) == data["y_test"][sample])
            below = (w[1] @ delta * 0.1)[:5] / unit * (np.abs(hidden) < c)
            for read, want in zip(got, (v1, v2, delta * 0.1, below * 0.1), strict=True):
                np.testing.assert_allclose(read.volts, want, rtol=1e-4, atol=1e-8)
                assert read.origin["sample"] == sample
            np.testing.assert_array_equal(got[2].g_plus, trace.conductance(2, 60)[0])
    assert 0 < np.sum(np.abs(hidden) < c) < 5


def test_wires_change_what_deeper_layers_get(runs):
    with Trace(runs / "two.h5") as trace:
        layout = trace.layout.replace(wire_resistance=1000.0)
        kw = {"trace": trace, "layer": 2, "iteration": 30}
        ideal, real = spice.read_of(trace.layout, **kw), spice.read_of(layout, **kw)
        off = spice.read_of(layout.replace(circuit="ideal"), **kw)
    assert np.any(ideal.volts != real.volts)
    np.testing.assert_array_equal(ideal.volts, off.volts)
    assert (real.wires.wire_resistance, off.wires.wire_resistance, real.origin["iteration"]) == (1000.0, 0.0, 30)


def test_initial_states_come_from_the_layout():
    layout = Layout.of(layers=(2, 2), dataset="two-pixels", n_max=8, seed=4, sigma=0.3)
    read = spice.read_of(layout, sample=1)
    np.testing.assert_allclose(read.volts, [0, 0.1, 0.1], rtol=1e-6)
    from xbarsim.learn.network import NetworkState

    state = NetworkState(layout)
    state.initialise()
    np.testing.assert_array_equal(read.g_plus, state.conductance(0)[0])
    assert np.any(read.g_plus != spice.read_of(layout.replace(seed=5)).g_plus)


def test_what_cannot_be_read_is_refused(runs):
    layout = Layout.of(layers=(2, 2), dataset="two-pixels")
    for kw, what in (
        ({"layer": 2}, "--layer"), ({"layer": 0}, "--layer"), ({"sample": 2}, "--sample"), ({"sample": -1}, "--sample"),
        ({"iteration": 3}, "--trace"),
    ):  # fmt: skip
        with pytest.raises(LayoutError, match=what):
            spice.read_of(layout, **kw)
    with pytest.raises(LayoutError, match="software"):
        spice.read_of(layout.replace(rule="software"))
    with Trace(runs / "one.h5") as trace:
        with pytest.raises(LayoutError, match="layers 2,2"):
            spice.read_of(layout, trace=trace)
        with pytest.raises(XbarsimError, match="iteration"):
            spice.read_of(trace.layout, trace=trace, iteration=61)


# ---------------------------------------------------------------------------------------------------------------------
# The command line


TINY = Layout.of(layers=(2, 2), dataset="two-pixels", n_max=4, wire_resistance=3.0, driver_resistance=10.0, seed=2)


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY.to_toml())


def test_spice_writes_a_netlist(call, tiny):  # noqa: F811
    code, out, err = call("spice", "tiny.toml")
    assert (code, err) == (0, "")
    assert "3 x 2 pairs, split-both" in out
    assert "forward read" in out
    assert Path("array.cir").read_text().startswith("* xbarsim netlist: forward read")
    code, out, _ = call("spice", "tiny.toml", "--read", "backward", "--sample", 1, "-o", "b.cir", "--json")
    info = json.loads(out)
    assert (info["out"], info["rows"], info["columns"], info["read"]) == ("b.cir", 3, 2, "backward")
    assert (info["devices"], info["differences"]) == (12, None)
    read = spice.load("b.cir")
    assert (read.forward, read.origin["sample"]) == (False, 1)
    assert sorted(p.name for p in Path().iterdir()) == ["array.cir", "b.cir", "tiny.toml"]


def test_spice_takes_a_run(call, runs):  # noqa: F811
    assert call("spice", "--trace", runs / "two.h5", "--layer", 2, "--iteration", 17, "--sample", 3)[0] == 0
    read = spice.load("array.cir")
    with Trace(runs / "two.h5") as trace:
        np.testing.assert_array_equal(read.g_plus, trace.conductance(2, 17)[0])
        np.testing.assert_array_equal(read.g_minus, trace.conductance(2, 17)[1])
        Path("wires.toml").write_text(trace.layout.replace(wire_resistance=2.0, routing="split-drain").to_toml())
    assert dict(read.origin) == {"layer": 2, "iteration": 17, "trace": "two.h5", "dataset": "data", "sample": 3}
    assert call("spice", "wires.toml", "--trace", runs / "two.h5", "--force")[0] == 0
    read = spice.load("array.cir")
    assert (read.routing, read.wires.wire_resistance, read.origin["iteration"]) == ("split-drain", 2.0, 60)


@needs_ngspice
@pytest.mark.parametrize("way", ["forward", "backward"])
@pytest.mark.parametrize("layer", [1, 2])
def test_run_compares(call, runs, way, layer):  # noqa: F811
    with Trace(runs / "two.h5") as trace:
        Path("wires.toml").write_text(trace.layout.replace(wire_resistance=5.0, sense_resistance=20.0).to_toml())
    arguments = ["spice", "wires.toml", "--trace", runs / "two.h5", "--layer", layer, "--read", way, "--run"]
    code, out, err = call(*arguments)
    assert (code, err) == (0, "")
    assert "sensed currents    largest difference" in out
    found = json.loads(call(*arguments, "--json", "--force")[1])["differences"]
    assert found["agrees"]
    assert max(found[k] for k in ("terminals", "sensed", "nodes_V")) <= 1e-6
    assert sorted(p.name for p in Path().iterdir()) == ["array.cir", "wires.toml"]


@needs_ngspice
def test_run_tells_a_difference(call, tiny, monkeypatch):  # noqa: F811
    monkeypatch.setattr("xbarsim.spice.agreement.TOLERANCE", 0.0)
    code, out, err = call("spice", "tiny.toml", "--run")
    assert code == 1
    assert "largest difference" in out
    assert len(err.splitlines()) == 1
    assert "expected ngspice and xbarsim to agree" in err


def test_run_without_ngspice(call, tiny, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PATH", "/nowhere")
    refuses(call, "spice", "tiny.toml", "--run", what="apt-get install ngspice")


def test_run_with_a_broken_ngspice(call, tiny, monkeypatch, tmp_path):  # noqa: F811
    folder = tmp_path / "bin"
    folder.mkdir()
    for script, what in (
        ("#!/bin/sh\necho 'Error: no such thing' >&2\nexit 1\n", "it says: Error: no such thing"),
        ("#!/bin/sh\nexit 0\n", "exit code 0"),
        ('#!/bin/sh\necho rubbish >"$4"\n', "results of ngspice"),
        ("no script", "cannot run it"),
    ):
        (folder / "ngspice").write_text(script)
        (folder / "ngspice").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        code, out, err = call("spice", "tiny.toml", "--run", "--force")
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert what in err


def test_spice_refuses(call, tiny, tmp_path):  # noqa: F811
    call("spice", "tiny.toml")
    (tmp_path / "broken.toml").write_text("[network]\nlayers = [2]\n")
    for arguments, what in (
        ([], "LAYOUT.toml or --trace"),
        (["none.toml"], "none.toml: expected a layout file"),
        (["broken.toml"], "two or more sizes"),
        (["--trace", "none.h5"], "none.h5: expected a run file"),
        (["--trace", "tiny.toml"], "expected a run file"),
        (["tiny.toml"], "exists already"),
        (["tiny.toml", "--force", "--read", "sideways"], "--read: unknown name 'sideways'"),
        (["tiny.toml", "--force", "--layer", "2"], "--layer"),
        (["tiny.toml", "--force", "--sample", "2"], "--sample: expected a whole number <= 1, got 2"),
        (["tiny.toml", "--force", "--iteration", "2"], "--trace"),
        (["tiny.toml", "-o", "none/a.cir"], "its folder does not exist"),
        (["tiny.toml", "-o", "."], "folder"),
        (["tiny.toml", "-o", "/dev/null", "--force"], "device"),
    ):
        refuses(call, "spice", *arguments, what=what)


def test_nothing_half_written_stays(runs, tmp_path, monkeypatch):
    read = block(runs, (2, 2), "split-both", True, Wires())
    (tmp_path / "a.cir").write_text("kept")

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xbarsim.spice.writer.metadata", fails)
    with pytest.raises(OutputError, match="No space left"):
        spice.save(read, tmp_path / "a.cir", force=True)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.cir", "kept")]


def test_a_link_stays_a_link(call, tiny, tmp_path):  # noqa: F811
    (tmp_path / "store").mkdir()
    (tmp_path / "link.cir").symlink_to(tmp_path / "store" / "real.cir")
    for force in ([], ["--force"]):
        assert call("spice", "tiny.toml", "-o", "link.cir", *force)[0] == 0
    assert (tmp_path / "link.cir").is_symlink()
    assert [p.name for p in (tmp_path / "store").iterdir()] == ["real.cir"]


def test_read_netlist(call, tiny):  # noqa: F811
    call("spice", "tiny.toml", "--read", "backward")
    code, out, err = call("read-netlist", "array.cir")
    assert (code, err) == (0, "")
    for what in ("3 x 2 pairs, split-both, layer 1", "2: 3 x 2, 3 x 2 devices", "wire_resistance 3 Ohm", "G+"):
        assert what in out
    code, out, _ = call("read-netlist", "array.cir", "--json", "-o", "g.npz")
    info, want = json.loads(out), spice.read_of(TINY, forward=False)
    assert (info["rows"], info["columns"], info["sheets"], info["read"]) == (3, 2, 2, "backward")
    assert info["wires"]["driver_resistance_Ohm"] == 10.0
    assert info["volts_V"] == want.volts.tolist()
    assert info["g_plus_S"] == [float(want.g_plus.min()), float(want.g_plus.max())]
    with np.load("g.npz") as archive:
        np.testing.assert_array_equal(archive["g_plus"], want.g_plus)
        np.testing.assert_array_equal(archive["g_minus"], want.g_minus)
    refuses(call, "read-netlist", "array.cir", "-o", "g.npz", what="exists already")
    refuses(call, "read-netlist", "none.cir", what="none.cir: expected a netlist, found nothing")
    refuses(call, "read-netlist", "tiny.toml", what="another file")
    refuses(call, "read-netlist", ".", what="cannot read it")
    Path("binary.cir").write_bytes(b"\xff\xfe\x00")
    refuses(call, "read-netlist", "binary.cir", what="another file")
    assert call("read-netlist", "array.cir", "-o", "g.npz", "--force")[0] == 0


@pytest.mark.parametrize("command", ["spice", "read-netlist"])
def test_help(call, command):  # noqa: F811
    code, out, _ = call(command, "--help")
    assert code == 0
    assert "Usage" in out


# ---------------------------------------------------------------------------------------------------------------------
# In time: the behavioural device, and one training step


NETLISTS = importlib.resources.files("xbarsim.netlists")
STEP = NETLISTS.joinpath("pair-2x2-step.cir").read_text()
PULSED = Device(g_min=1e-7, g_max=1e-6, n_max=20, beta=1.5, n_max_d=18, beta_d=2.5)
UP, DOWN = 16, 24


def pulse_netlist(device):
    """One device of the example, UP positive pulses, then DOWN negative ones; the times at which to look at it."""
    (subcircuit,) = re.findall(r"^\.subckt synapse.*?^\.ends synapse\n", STEP, re.MULTILINE | re.DOTALL)
    points, begin = [(0.0, 0.0)], 1e-6
    for k in range(UP + DOWN):
        v = 5 if k < UP else -5
        points += [(begin, 0), (begin + 1e-8, v), (begin + 1e-6, v), (begin + 1.01e-6, 0)]
        begin += 1.5e-6
    wave = "\n".join(f"+ {t:.9g} {v}" for t, v in points)
    alphas = f"alpha_p={device.alpha_p!r} alpha_d={device.alpha_depression!r}"
    betas = f"beta_p={device.beta!r} beta_d={device.beta_depression!r}"
    text = (
        f"* pulses\n{subcircuit}v_d d 0 0.1\nv_s s 0 0\nv_cg cg 0 pwl(\n{wave})\nx1 d s cg x synapse params: {alphas} {betas}\n"
        f".tran 1e-8 {begin!r} 0 1e-7 uic\n.print tran v(x) i(v_s)\n.end\n"
    )
    return text, 0.9e-6 + 1.5e-6 * np.arange(UP + DOWN + 1)


def recursion(d):
    """Conductances after each of these pulses, by equations (1) and (2), float64, S."""
    g = [d.g_min]
    for k in range(UP + DOWN):
        if k < UP:
            g.append(min(d.g_max, g[-1] + d.alpha_p * np.exp(-d.beta * (g[-1] - d.g_min) / d.span)))
        else:
            step = d.alpha_depression * np.exp(-d.beta_depression * (d.g_max - g[-1]) / d.span)
            g.append(max(d.g_min, g[-1] - step))
    return np.array(g)


def conductance_of(vectors, times):
    return np.interp(times, vectors["time"], vectors["i(v_s)"]) / 0.1


def check_pulses(g):
    want = recursion(PULSED)
    np.testing.assert_allclose(want[: UP + 1], PULSED.staircase()[: UP + 1], rtol=1e-6)
    for n in (1, 5, 16):
        assert g[n] == pytest.approx(want[n], rel=1e-3)
        assert g[UP + n] == pytest.approx(want[UP + n], rel=1e-3)
    np.testing.assert_allclose(g, want, rtol=1e-3)
    assert g[-1] == pytest.approx(PULSED.g_min, rel=1e-3)


@needs_ngspice
def test_the_device_follows_its_equations(tmp_path):
    text, times = pulse_netlist(PULSED)
    (tmp_path / "a.cir").write_text(text)
    check_pulses(conductance_of(spice.run_ngspice(tmp_path / "a.cir"), times))


@needs_ngspice
@pytest.mark.parametrize(
    "kw", [{"n_max": 16, "beta": 0.0}, {"n_max": 64, "beta": 3.0}, {"n_max": 2, "beta": 1.0}], ids=str
)
def test_other_devices_follow_their_equations(tmp_path, kw):
    device = Device(g_min=1e-7, g_max=1e-6, **kw)
    text, times = pulse_netlist(device)
    (tmp_path / "a.cir").write_text(text)
    g = conductance_of(spice.run_ngspice(tmp_path / "a.cir"), times)
    np.testing.assert_allclose(g, recursion(device), rtol=1e-3)


def test_stored_pulses_follow_the_equations():
    check_pulses(stored("synapse-pulses", digest_of(pulse_netlist(PULSED)[0]))["i(v_s)"] / 0.1)


MOMENTS = np.array([2.5e-6, 5.5e-6, 6.5e-6, 8.5e-6, 10.5e-6])  # forward, backward, before the pulses, after, forward


def check_step(at):
    """The three reads and the pulses of the example are those of xbarsim."""
    layout = Layout.from_toml_text(NETLISTS.joinpath("pair-2x2.toml").read_text(), method="c")
    device, wires = layout.device, Wires(wire_resistance=100.0)

    def states(moment):
        x = np.array([[[at[f"v(x{side}_{i}_{j})"][moment] for j in range(2)] for i in range(2)] for side in "pm"])
        return device.g_min + device.span * x

    steps = device.staircase()
    plus, minus = states(2)
    for g in (plus, minus):  # on the staircase
        assert np.min(np.abs(g[..., None] / steps - 1), axis=-1).max() < 1e-6
    plus, minus = (steps[np.argmin(np.abs(g[..., None] - steps), axis=-1)] for g in (plus, minus))

    def currents(moment, lines):
        return np.array([at[f"i(v_{line})"][moment] for line in lines])

    inputs = np.array([0.1, 0.0])
    forward = ArrayRead(plus, minus, "split-both", wires, True, inputs)
    ours = np.stack(forward.sensed(forward.solve()))
    np.testing.assert_allclose(currents(0, ("sp0", "sp1", "sm0", "sm1")), ours.ravel(), rtol=1e-5)
    delta = np.empty(2, np.float32)
    neuron.softmax_error((ours[0] - ours[1]).astype(np.float32), 2, reading_of(layout).softmax_gain, 0, delta)
    volts = np.array([at[f"v(t_sp{j})"][1] for j in range(2)])
    np.testing.assert_allclose(volts, 0.1 * delta, rtol=1e-4)
    backward = ArrayRead(plus, minus, "split-both", wires, False, volts)
    np.testing.assert_allclose(
        currents(1, ("dp0", "dp1", "dm0", "dm1")), np.stack(backward.sensed(backward.solve())).ravel(), rtol=1e-5
    )
    xb = xbarsim.Crossbar.from_conductance(device, plus, minus, method="c")
    issued = xb.program(rows=[0], columns=[0, 1], signs=-np.sign(delta).astype(int))
    assert issued.pulses == 2
    np.testing.assert_allclose(states(3), [xb.g_plus, xb.g_minus], rtol=1e-3)
    assert xb.g_plus[0, 0] > plus[0, 0]  # equation (1)
    assert xb.g_plus[0, 1] < plus[0, 1]  # equation (2)
    again = ArrayRead(xb.g_plus, xb.g_minus, "split-both", wires, True, inputs)
    solved = again.solve()
    assert len(solved) == 2
    np.testing.assert_allclose(
        currents(4, ("sp0", "sp1", "sm0", "sm1")), np.concatenate(sensed(solved, 2, forward=True)), rtol=1e-3
    )


def at_moments(vectors):
    return {
        k: np.interp(MOMENTS, vectors["time"], v) for k, v in vectors.items() if re.match(r"i\(v_[ds]|v\(x|v\(t_", k)
    }


@needs_ngspice
def test_the_step_is_that_of_xbarsim(tmp_path):
    (tmp_path / "step.cir").write_text(STEP)
    check_step(at_moments(spice.run_ngspice(tmp_path / "step.cir")))


@needs_ngspice
def test_the_step_prints_its_results(tmp_path):
    """As its first lines tell to run it."""
    (tmp_path / "step.cir").write_text(STEP)
    answer = subprocess.run(
        ["ngspice", "-n", "-b", "step.cir"], cwd=tmp_path, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )  # fmt: skip
    found = dict(re.findall(r"^(\w+) += +(\S+)$", answer.stdout, re.MULTILINE))
    assert len([k for k in found if k.startswith(("forward", "backward", "again", "xp_"))]) == 16
    assert "rror" not in answer.stderr


def test_the_stored_step_is_that_of_xbarsim():
    check_step(stored("pair-2x2-step", digest_of(STEP)))


# ---------------------------------------------------------------------------------------------------------------------


def write_golden():
    """Write tests/golden anew, with the ngspice that is here."""
    import tempfile

    said = subprocess.run(["ngspice", "--version"], capture_output=True, text=True, check=True).stdout
    (version,) = re.findall(r"ngspice-\S+", said)

    def keep(name, text, vectors):
        lines = [f"# {version}; written by: python -m tests.test_spice", f"# SHA-256 of the netlist: {digest_of(text)}"]
        lines += [" ".join([key, *(repr(float(x)) for x in np.atleast_1d(v))]) for key, v in vectors.items()]
        (GOLDEN / f"{name}.txt").write_text("\n".join(lines) + "\n")

    for path in GOLDEN.glob("*.[ct][ix][rt]"):
        path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder))
        for name, read in golden_reads(Path(folder)):
            path = GOLDEN / f"{name}.cir"
            spice.save(read, path)
            vectors = {k: v[-1] for k, v in spice.run_ngspice(path).items() if k != "v(v-sweep)"}
            keep(name, path.read_text(), vectors)
        path = Path(folder) / "a.cir"
        text, times = pulse_netlist(PULSED)
        path.write_text(text)
        vectors = spice.run_ngspice(path)
        keep("synapse-pulses", text, {"i(v_s)": np.interp(times, vectors["time"], vectors["i(v_s)"])})
        path.write_text(STEP)
        keep("pair-2x2-step", STEP, at_moments(spice.run_ngspice(path)))


if __name__ == "__main__":
    write_golden()
    sys.exit(0)
