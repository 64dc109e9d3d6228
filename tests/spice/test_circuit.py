"""Netlists of arrays: ngspice agrees with xbarsim, and so does a dense solution."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil

import numpy as np
import pytest

from xbarsim import spice
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.wires import Wires
from xbarsim.spice import NetlistError

from .circuits import WIRES, assert_agree, block, needs_ngspice

pytestmark = pytest.mark.jit  # nothing here is a kernel's own test, and netlists of trained runs take their time
SHAPES = [(2, 2), (7, 4), pytest.param((32, 16), marks=pytest.mark.jit)]


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
