"""`xbarsim run`: what it writes, tells and refuses; flags that reach the layout."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from xbarsim import Layout, Trace

from ..cli import KEYS, QUICK, refuses

# ---------------------------------------------------------------------------------------------------------------------
# What works


@pytest.mark.jit
def test_run_writes_run_h5_and_tells(call, tmp_path):
    code, out, _ = call("run", *QUICK)
    assert code == 0
    assert "test accuracy" in out
    assert "run.h5" in out
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]
    with Trace("run.h5") as trace:
        assert trace.layout.device.n_max == 4
        assert trace.provenance["command_line"] == " ".join(["xbarsim", "run", *QUICK])
        assert trace.finished


@pytest.mark.jit
def test_run_json_is_one_object(call):
    code, out, _ = call("run", *QUICK, "--json", "--out", "x.h5", "--seed", 9)
    assert code == 0
    result = json.loads(out)
    assert list(result) == KEYS
    assert 0 <= result["accuracy_min_last"] <= result["accuracy_mean_last"] <= result["accuracy_max_last"] <= 1
    assert (result["iterations"], result["out"], result["seed"]) == (6, "x.h5", 9)
    assert (result["dataset"], result["engine"], result["finished"]) == ("two-pixels", "ladder", True)
    with Trace("x.h5") as trace:
        assert result["pulses"] == trace.curves["pulses"].sum()


@pytest.mark.jit
def test_no_trace(call, tmp_path):
    code, out, _ = call("run", *QUICK, "--no-trace", "--json")
    assert code == 0
    assert json.loads(out)["out"] is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.jit
def test_flags_override_the_layout_and_the_merge_is_saved(call, tmp_path):
    layout = Layout.of(layers=(2, 2), beta=1.0, n_max=4, dataset="two-pixels", iterations=3)
    (tmp_path / "my.toml").write_text(layout.to_toml())
    assert call("run", "my.toml", "--beta", 0.5, "--method", "a", "--epochs", 2)[0] == 0
    with Trace("run.h5") as trace:
        follows = dict.fromkeys(trace.derived)
        assert trace.layout.replace(**follows) == layout.replace(beta=0.5, method="a", epochs=2, eval_every=1)
        assert trace.iterations_done == 4


@pytest.mark.jit
@pytest.mark.parametrize("flag", ["beta", "beta-d", "alpha", "alpha-d", "g-min", "g-max", "v-read", "c"])
def test_flags_reach_the_layout(call, flag):
    value = {"g-min": 2e-7, "g-max": 2e-6, "alpha": 1e-7, "alpha-d": 1e-7}.get(flag, 1.5)
    extra = [x for x in QUICK if x not in ("--n-max", "4")] if flag == "alpha" else QUICK
    assert call("run", *extra, f"--{flag}", value)[0] == 0
    name = flag.replace("-", "_")
    with Trace("run.h5") as trace:
        sections = (trace.layout.device, trace.layout.array, trace.layout.neuron)
        assert value in [getattr(s, name, None) for s in sections]


@pytest.mark.compiles
def test_flags_of_circuits_that_go_together(call):
    assert call("run", *QUICK, "--sense-range", 8, "--sense-bits", 7, "--double-sided", "--wire-resistance", 3)[0] == 0
    with Trace("run.h5") as trace:
        sense, wires = trace.layout.sense, trace.layout.wires
        assert (sense.sense_range, sense.sense_bits) == (8.0, 7)
        assert (wires.double_sided, wires.wire_resistance) == (True, 3.0)
    assert call("run", "--resume", "run.h5", "--sense-bits", 7)[0] == 0
    refuses(call, "run", "--resume", "run.h5", "--sense-bits", 6, what="sense.sense_bits = 7, got 6")
    refuses(call, "run", "--resume", "run.h5", "--wire-resistance", 4, what="wires.wire_resistance_Ohm = 3.0, got 4.0")
    (layout := Layout.of(layers=(2, 2), double_sided=True)).to_toml()
    with open("my.toml", "w") as file:
        file.write(layout.to_toml())
    assert call("run", "my.toml", *QUICK, "--force", "--no-double-sided")[0] == 0
    with Trace("run.h5") as trace:
        assert trace.layout.wires.double_sided is False


@pytest.mark.jit
def test_reads_that_do_not_converge(call):
    """During training, and in the first test.

    It is told in one line, and no half-made file is left but what a stopped run leaves.
    """
    wires = ["--wire-resistance", "1e6", "--wire-sweeps", "2"]
    for more in ([], ["--eval-every", "0"]):
        code, out, err = call("run", *QUICK, *wires, *more, "--no-trace")
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert err.startswith("xbarsim: wires.wire_sweeps: expected a residual of 1e-06 after at most 2 sweeps, got")
        assert "allow more sweeps" in err


@pytest.mark.jit
@pytest.mark.parametrize(("flag", "value"), [("learning-rate", 0.5), ("software-c", 2.5), ("initial-weight", 3.5)])
def test_a_software_run(call, flag, value):
    code, out, _ = call("run", *QUICK, "--rule", "software", f"--{flag}", value, "--json")
    assert code == 0
    result = json.loads(out)
    assert (result["engine"], result["pulses"], result["resets"]) == ("software", 0, 0)
    with Trace("run.h5") as trace:
        assert not trace.state.has_devices
        assert getattr(trace.layout.software, flag.replace("-", "_")) == value
        assert trace.weights(1, 6).shape == (3, 2)
    assert call("inspect", "run.h5")[0] == 0
    assert json.loads(call("inspect", "run.h5", "--json")[1])["keyframes"] == [0, 6]
    assert call("run", "--resume", "run.h5", "--rule", "software")[0] == 0
    for arguments in (["--synapse", "0,1"],):
        refuses(call, "inspect", "run.h5", "--layer", 1, *arguments, what="a software run")


@pytest.mark.jit
def test_a_batch_run_counts_updates(call):
    arguments = ["--batch", 3, "--epochs", 5]
    quick = [x for x in QUICK if x not in ("--iterations", "6")]
    _, out, _ = call("run", *quick, *arguments, "--json")
    assert json.loads(out)["iterations"] == 4  # 10 samples
    assert call("run", "--resume", "run.h5", "--batch", 3)[0] == 0
    refuses(call, "run", "--resume", "run.h5", "--batch", 2, what="run.batch = 3, got 2")


@pytest.mark.jit
def test_output_that_cannot_be_written(call):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    call("run", *QUICK)
    for arguments in (["inspect", "run.h5"], ["inspect", "run.h5", "--json"], ["--help"]):
        with open("/dev/full", "w") as full:
            answer = subprocess.run(
                [sys.executable, "-m", "xbarsim", *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert answer.returncode == 2
        assert answer.stderr.splitlines() == [
            "xbarsim: standard output: cannot write (No space left on device); free space or redirect it elsewhere"
        ]


@pytest.mark.jit
def test_resume_of_a_finished_run_tells_its_result(call):
    _, first, _ = call("run", *QUICK, "--json")
    code, again, err = call("run", "--resume", "run.h5", "--json")
    assert code == 0
    assert "finished already" in err
    same = ("accuracy", "accuracy_mean_last", "iterations", "pulses", "resets")
    assert [json.loads(first)[k] for k in same] == [json.loads(again)[k] for k in same]
    assert call("run", "--resume", "run.h5", *QUICK)[0] == 0  # the same configuration may be repeated


@pytest.mark.jit
def test_a_link_stays_a_link(call, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "link.h5").symlink_to(tmp_path / "store" / "real.h5")
    assert call("run", *QUICK, "--out", "link.h5")[0] == 0
    assert call("run", *QUICK, "--out", "link.h5", "--force", "--seed", 2)[0] == 0
    assert (tmp_path / "link.h5").is_symlink()
    with Trace("link.h5") as trace:
        assert trace.layout.run.seed == 2
    assert [p.name for p in (tmp_path / "store").iterdir()] == ["real.h5"]


@pytest.mark.jit
def test_force_replaces(call):
    call("run", *QUICK)
    assert call("run", *QUICK, "--seed", 5, "--force")[0] == 0
    with Trace("run.h5") as trace:
        assert trace.layout.run.seed == 5


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


@pytest.mark.jit
def test_layers_that_do_not_fit_memory(call, tmp_path):
    x = np.zeros((2, 60_000), np.uint8)
    np.savez(tmp_path / "wide.npz", x_train=x, y_train=[0, 1], x_test=x, y_test=[0, 1])
    refuses(call, "run", "--layers", "60000,60000,60000,2", "--dataset", "wide.npz", what="GiB of memory")


@pytest.mark.jit
def test_an_existing_file_is_kept(call, tmp_path):
    (tmp_path / "run.h5").write_bytes(b"precious")
    refuses(call, "run", *QUICK, "--out", "run.h5", what="exists already and is not overwritten")
    # Even with --force it survives everything that goes wrong before the new run has begun.
    refuses(call, "run", *QUICK, "--force", "--dataset", "none", what="found none")
    refuses(call, "run", *QUICK, "--force", "--layers", "3,2", what="expected 2 inputs")


@pytest.mark.jit
def test_resume_with_another_configuration(call, tmp_path):
    call("run", *QUICK)
    refuses(call, "run", "--resume", "run.h5", "--beta", 1, what="device.beta = 2.0, got 1.0")
    (tmp_path / "my.toml").write_text(Layout.of(layers=(2, 3)).to_toml())
    refuses(call, "run", "my.toml", "--resume", "run.h5", what="network.layers = (2, 2), got (2, 3)")
