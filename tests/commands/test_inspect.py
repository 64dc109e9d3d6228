"""`xbarsim inspect`: a run, a layer, a synapse; broken files."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from xbarsim import Trace

from ..cli import QUICK, refuses

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT


# ---------------------------------------------------------------------------------------------------------------------
# What works


def test_inspect(call):
    call("run", *QUICK)
    code, out, _ = call("inspect", "run.h5")
    assert code == 0
    assert "finished, 6 iterations" in out
    assert "[device]" in out
    info = json.loads(call("inspect", "run.h5", "--json")[1])
    assert (info["iterations_done"], info["status"], info["layers"]) == (6, "finished", [{"rows": 3, "columns": 2}])
    lines = call("inspect", "run.h5", "--csv")[1].splitlines()
    assert lines[0] == "iteration,accuracy"
    assert lines[-1].startswith("6,")


def test_inspect_a_layer(call):
    call("run", *QUICK)
    code, out, _ = call("inspect", "run.h5", "--layer", 1, "--iteration", 3)
    assert code == 0
    assert "after 3 updates" in out
    info = json.loads(call("inspect", "run.h5", "--layer", 1, "--iteration", 3, "--json")[1])
    lines = call("inspect", "run.h5", "--layer", 1, "--iteration", 3, "--csv")[1].splitlines()
    with Trace("run.h5") as trace:
        plus, minus = trace.conductance(1, 3)
    assert info["statistics"]["g_plus"]["mean_S"] == pytest.approx(plus.mean())
    assert sum(info["histogram"]["g_plus"]) == plus.size
    table = np.array([line.split(",") for line in lines[1:]], float)
    np.testing.assert_array_equal(table[:, 2].astype(np.float32).reshape(plus.shape), plus)
    np.testing.assert_array_equal(table[:, 3].astype(np.float32).reshape(plus.shape), minus)


def test_inspect_a_synapse(call):
    call("run", *QUICK)
    code, out, _ = call("inspect", "run.h5", "--layer", 1, "--synapse", "0,1")
    assert code == 0
    assert "row 0, column 1" in out
    assert call("inspect", "run.h5", "--layer", 1, "--synapse", "0,1", "-o", "all.csv")[0] == 0
    lines = Path("all.csv").read_text().splitlines()
    info = json.loads(call("inspect", "run.h5", "--layer", 1, "--synapse", "0,1", "--json")[1])
    with Trace("run.h5") as trace:
        h = trace.synapse(1, 0, 1)
    assert lines[0] == "iteration,g_plus_S,g_minus_S"
    np.testing.assert_array_equal(np.array([line.split(",")[1] for line in lines[1:]], np.float32), h.g_plus)
    assert info["iteration"][0] == 0
    assert info["updates"] == len(info["iteration"]) - 1


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


def test_foreign_and_broken_files(call, tmp_path):
    call("run", *QUICK, "--out", "good.h5")
    whole = (tmp_path / "good.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "text.h5").write_text("hello")
    (tmp_path / "empty.h5").write_bytes(b"")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    for name in ("cut", "text", "empty", "other"):
        for arguments in (["inspect", f"{name}.h5"], ["run", "--resume", f"{name}.h5"], ["plot", f"{name}.h5"]):
            refuses(call, *arguments, what=f"{name}.h5: expected a run file")
    (tmp_path / "bad.toml").write_text("layers = ")
    refuses(call, "run", "bad.toml", what="syntax error")
    refuses(call, "check", "bad.toml", what="syntax error")
    (tmp_path / "x.npz").write_bytes(b"PK")
    refuses(call, "run", "--layers", "2,2", "--dataset", "x.npz", what="cannot read it")


def test_asking_a_run_for_what_it_does_not_hold(call):
    call("run", *QUICK)
    refuses(call, "inspect", "run.h5", "--layer", 2, what="layer: expected a whole number <= 1")
    refuses(call, "inspect", "run.h5", "--layer", 1, "--iteration", 7, what="iteration: expected a whole number <= 6")
    refuses(call, "inspect", "run.h5", "--layer", 1, "--synapse", "9,0", what="row: expected a whole number <= 2")
    refuses(call, "inspect", "run.h5", "--layer", 1, "--synapse", "a", what="300,17")


def test_a_damaged_chunk(call, tmp_path):
    call("run", *QUICK)
    with h5py.File("run.h5", "r") as file:
        info = file["entry/layer_1/g_plus"].id.get_chunk_info(0)
    raw = bytearray((tmp_path / "run.h5").read_bytes())
    raw[info.byte_offset : info.byte_offset + info.size] = b"\xff" * info.size
    (tmp_path / "run.h5").write_bytes(raw)
    refuses(call, "inspect", "run.h5", "--layer", 1, "--iteration", 1, what="damaged")
