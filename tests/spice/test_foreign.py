"""A netlist can have ngspice run commands: only our own are run, unless somebody says that they trust it."""

from __future__ import annotations

import re
import stat

import numpy as np
import pytest

from xbarsim import spice
from xbarsim.describe.wires import Wires
from xbarsim.spice import ArrayRead, NetlistError

from .circuits import needs_ngspice

pytestmark = pytest.mark.jit  # files and programs: as all of this folder, once is enough

RUNS = ".control\nshell touch {0}\n.endc\n"
ADDED = {
    "a control block": lambda t: t.replace(".end\n", RUNS + ".end\n"),
    "a control block after the end": lambda t: t + RUNS,
    "a control block in capitals": lambda t: t.replace(".end\n", RUNS.upper() + ".end\n"),
    "a command in a comment": lambda t: t.replace("*\n", "*\n*# shell touch {0}\n", 1),
    "a command in a comment after the end": lambda t: t + "*# shell touch {0}\n",
    "an included file": lambda t: t.replace(".end\n", ".include {0}\n.end\n"),
    "a library": lambda t: t.replace(".end\n", ".lib {0} tt\n.end\n"),
    "a measurement": lambda t: t.replace(".end\n", ".meas dc x find v(d_dp0_sp0) at=0\n.end\n"),
    "a source that reads a file": lambda t: t.replace(".dc", "a1 %v([x]) filesrc\n.dc", 1),
    "a behavioural source": lambda t: t.replace(".dc", "b1 x 0 v=v(d_dp0_sp0)\n.dc", 1),
    "a resistor that goes on": lambda t: re.sub(r"(?m)^(rg_dp0_sp0 .*)$", r"\1\n+ tc=1", t),
    "a source that goes on": lambda t: re.sub(r"(?m)^(v_dp0 .*)$", r"\1\n+ pulse(0 1)", t),
    "a sweep of more points": lambda t: re.sub(r"(?m)^(\.dc \w+ \S+) \S+ 1$", r"\1 1.0 0.1", t),
    "something else printed": lambda t: t.replace("+ v(d_dp0_sp0)", "+ v(d_dp0_sp0)*{0}"),
    "a second netlist": lambda t: t + t,
    "another title": lambda t: t.replace("* xbarsim", "* other", 1),
}


@pytest.fixture
def own(tmp_path):
    """A netlist of ours, and a file that commands in it would make."""
    wires = Wires(wire_resistance=2.0, driver_resistance=5.0)
    read = ArrayRead(np.full((2, 2), 1e-6), np.full((2, 2), 2e-6), "split-both", wires, True, np.array([0.1, 0.2]))
    spice.save(read, tmp_path / "a.cir")
    return tmp_path / "a.cir", tmp_path / "made"


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """A program called ngspice that only leaves a file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ngspice"
    program.write_text(f"#!/bin/sh\n: >{tmp_path / 'started'}\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return tmp_path / "started"


@pytest.mark.parametrize("what", ADDED)
def test_what_we_did_not_write_is_not_run(own, watched, what):
    path, made = own
    text = path.read_text()
    changed = ADDED[what](text).replace("{0}", str(made))
    assert changed != text
    path.write_text(changed)
    for run in (spice.run_ngspice, spice.check_with_ngspice):
        with pytest.raises(NetlistError) as caught:
            run(path)
        assert str(caught.value).startswith(f"{path}")
        assert "\n" not in str(caught.value)
    with pytest.raises(NetlistError, match="with trusted=True alone"):
        spice.run_ngspice(path)
    with pytest.raises(NetlistError):
        spice.load(path)
    assert not watched.exists()
    with pytest.raises(NetlistError, match="it says"):  # the program that fails
        spice.run_ngspice(path, trusted=True)
    assert watched.exists()


@needs_ngspice
def test_commands_would_have_been_run(own):
    path, made = own
    path.write_text(ADDED["a control block"](path.read_text()).replace("{0}", str(made)))
    with pytest.raises(NetlistError, match=r"got '\.control'"):
        spice.run_ngspice(path)
    assert not made.exists()
    spice.run_ngspice(path, trusted=True)
    assert made.exists()


@needs_ngspice
def test_ours_gives_the_same_trusted_or_not(own):
    path, _ = own
    ours, trusted = spice.run_ngspice(path), spice.run_ngspice(path, trusted=True)
    assert ours.keys() == trusted.keys()
    for name, values in ours.items():
        np.testing.assert_array_equal(values, trusted[name])


def test_without_ngspice(own, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    for trusted in (False, True):
        with pytest.raises(NetlistError, match="apt-get install ngspice"):
            spice.run_ngspice(own[0], trusted=trusted)
    own[0].write_text("* other\n")
    with pytest.raises(NetlistError, match="trusted=True"):  # whoever has no ngspice learns of both, one at a time
        spice.run_ngspice(own[0])
