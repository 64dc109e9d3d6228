"""`xbarsim spice` and `xbarsim read-netlist`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from xbarsim import Layout, OutputError, Trace, spice
from xbarsim.describe.wires import Wires

from ..cli import refuses
from .circuits import block, needs_ngspice

pytestmark = pytest.mark.jit  # nothing here is a kernel's own test, and netlists of trained runs take their time
TINY = Layout.of(layers=(2, 2), dataset="two-pixels", n_max=4, wire_resistance=3.0, driver_resistance=10.0, seed=2)


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY.to_toml())


def test_spice_writes_a_netlist(call, tiny):
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


def test_spice_takes_a_run(call, runs):
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
def test_run_compares(call, runs, way, layer):
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
def test_run_tells_a_difference(call, tiny, monkeypatch):
    monkeypatch.setattr("xbarsim.spice.agreement.TOLERANCE", 0.0)
    code, out, err = call("spice", "tiny.toml", "--run")
    assert code == 1
    assert "largest difference" in out
    assert len(err.splitlines()) == 1
    assert "expected ngspice and xbarsim to agree" in err


def test_run_without_ngspice(call, tiny, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    refuses(call, "spice", "tiny.toml", "--run", what="apt-get install ngspice")


def test_run_with_a_broken_ngspice(call, tiny, monkeypatch, tmp_path):
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


def test_spice_refuses(call, tiny, tmp_path):
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


def test_a_link_stays_a_link(call, tiny, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "link.cir").symlink_to(tmp_path / "store" / "real.cir")
    for force in ([], ["--force"]):
        assert call("spice", "tiny.toml", "-o", "link.cir", *force)[0] == 0
    assert (tmp_path / "link.cir").is_symlink()
    assert [p.name for p in (tmp_path / "store").iterdir()] == ["real.cir"]


def test_read_netlist(call, tiny):
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
def test_help(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0
    assert "Usage" in out
