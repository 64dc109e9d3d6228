"""The command line, as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from xbarsim import Layout, Trace
from xbarsim.commands import main as cli
from xbarsim.describe.sections import HOMES

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT

QUICK = ["--layers", "2,2", "--dataset", "two-pixels", "--iterations", "6", "--eval-last", "2", "--n-max", "4"]
KEYS = [
    "accuracy", "accuracy_mean_last", "accuracy_min_last", "accuracy_max_last", "iterations", "pulses", "resets", "seconds",
    "seconds_per_iteration", "out", "dataset", "engine", "seed", "finished", "costs", "reads", "update_noise",
    "most_writes", "work",
]  # fmt: skip


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run a command in-process, in an empty folder; returns (code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["xbarsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return caught.value.code or 0, out, err

    return run


def refuses(call, *arguments, what):
    """The command fails with one clear line, and leaves nothing behind."""
    before = {p: (p.read_bytes() if p.is_file() else None) for p in sorted(os_walk("."))}
    code, out, err = call(*arguments)
    assert code == 2, (out, err)
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("xbarsim: ")
    assert what in err, err
    assert {p: (p.read_bytes() if p.is_file() else None) for p in sorted(os_walk("."))} == before


def os_walk(folder):
    from pathlib import Path

    return list(Path(folder).rglob("*"))


# ---------------------------------------------------------------------------------------------------------------------
# What works


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


def test_no_trace(call, tmp_path):
    code, out, _ = call("run", *QUICK, "--no-trace", "--json")
    assert code == 0
    assert json.loads(out)["out"] is None
    assert list(tmp_path.iterdir()) == []


def test_flags_override_the_layout_and_the_merge_is_saved(call, tmp_path):
    layout = Layout.of(layers=(2, 2), beta=1.0, n_max=4, dataset="two-pixels", iterations=3)
    (tmp_path / "my.toml").write_text(layout.to_toml())
    assert call("run", "my.toml", "--beta", 0.5, "--method", "a", "--epochs", 2)[0] == 0
    with Trace("run.h5") as trace:
        assert trace.layout == layout.replace(beta=0.5, method="a", epochs=2)
        assert trace.iterations_done == 4


@pytest.mark.parametrize("flag", ["beta", "beta-d", "alpha", "alpha-d", "g-min", "g-max", "v-read", "c"])
def test_flags_reach_the_layout(call, flag):
    value = {"g-min": 2e-7, "g-max": 2e-6, "alpha": 1e-7, "alpha-d": 1e-7}.get(flag, 1.5)
    extra = [x for x in QUICK if x not in ("--n-max", "4")] if flag == "alpha" else QUICK
    assert call("run", *extra, f"--{flag}", value)[0] == 0
    name = flag.replace("-", "_")
    with Trace("run.h5") as trace:
        sections = (trace.layout.device, trace.layout.array, trace.layout.neuron)
        assert value in [getattr(s, name, None) for s in sections]


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


def test_reads_that_do_not_converge(call):
    """During training, and in the first test; in one line, and no half-made file is left but what a stopped run leaves."""
    wires = ["--wire-resistance", "1e6", "--wire-sweeps", "2"]
    for more in ([], ["--eval-every", "0"]):
        code, out, err = call("run", *QUICK, *wires, *more, "--no-trace")
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert err.startswith("xbarsim: wires.wire_sweeps: expected a residual of 1e-06 after at most 2 sweeps, got")
        assert "allow more sweeps" in err


@pytest.mark.parametrize(("flag", "value"), [("learning-rate", 0.5), ("software-c", 2.5), ("initial-weight", 3.5)])
def test_a_software_run(call, flag, value):
    code, out, _ = call("run", *QUICK, "--rule", "software", f"--{flag}", value, "--json")
    assert code == 0
    result = json.loads(out)
    assert (result["engine"], result["pulses"], result["resets"]) == ("software", 0, 0)
    with Trace("run.h5") as trace:
        assert trace.is_software
        assert getattr(trace.layout.software, flag.replace("-", "_")) == value
        assert trace.weights(1, 6).shape == (3, 2)
    assert call("inspect", "run.h5")[0] == 0
    assert json.loads(call("inspect", "run.h5", "--json")[1])["keyframes"] == [0, 6]
    assert call("run", "--resume", "run.h5", "--rule", "software")[0] == 0
    for arguments in (["--synapse", "0,1"],):
        refuses(call, "inspect", "run.h5", "--layer", 1, *arguments, what="a software run")


def test_a_batch_run_counts_updates(call):
    arguments = ["--batch", 3, "--epochs", 5]
    quick = [x for x in QUICK if x not in ("--iterations", "6")]
    _, out, _ = call("run", *quick, *arguments, "--json")
    assert json.loads(out)["iterations"] == 4  # 10 samples
    assert call("run", "--resume", "run.h5", "--batch", 3)[0] == 0
    refuses(call, "run", "--resume", "run.h5", "--batch", 2, what="run.batch = 3, got 2")


def test_the_help_shows_the_defaults(call):
    """What an option's help calls its default is what the layout takes."""
    import typer.main

    parameters = typer.main.get_command(cli.app).commands["run"].params
    shown = {p.name: p.show_default for p in parameters if isinstance(p.show_default, str)}
    layout, seen = Layout.of(layers=(2, 2)), 0
    for name, text in shown.items():
        if name in HOMES and not text.startswith("as --") and name != "iterations":
            default = getattr(getattr(layout, HOMES[name]), name)
            if isinstance(default, bool):
                assert text == ("yes" if default else "no"), name
            else:
                assert text == default if isinstance(default, str) else float(text) == default, name
            seen += 1
    assert seen > 40


def test_an_unknown_dataset_falls_back_with_one_clear_line(call, monkeypatch, tmp_path):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("XBARSIM_DATA", raising=False)
    code, _, err = call(
        "run", "--layers", "784,10", "--iterations", 2, "--n-max", 2, "--eval-last", 1, "--eval-every", 0
    )
    assert code == 0
    assert "using the embedded digits" in err
    assert "xbarsim data fetch mnist" in err
    with Trace("run.h5") as trace:
        assert trace.layout.run.dataset == "digits"
    code, _, err = call(
        "run", "--layers", "784,10", "--iterations", 1, "--n-max", 2, "--eval-every", 0, "--force", "-q"
    )
    assert (code, err) == (0, "")


def test_a_wrong_xbarsim_data_is_named(call, monkeypatch, tmp_path):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XBARSIM_DATA", str(tmp_path / "typo"))
    _, _, err = call("run", "--layers", "784,10", "--iterations", 1, "--n-max", 2, "--eval-every", 0, "--no-trace")
    assert f"XBARSIM_DATA = {tmp_path / 'typo'} has no train-images-idx3-ubyte" in err


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


def test_a_terminal_without_unicode(call):
    call("run", *QUICK)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for arguments in (["inspect", "run.h5"], ["inspect", "run.h5", "--layer", "1"]):
        answer = subprocess.run(
            [sys.executable, "-m", "xbarsim", *arguments], capture_output=True, text=True, env=environment, check=False
        )
        assert (answer.returncode, answer.stderr) == (0, "")
        assert "#" in answer.stdout
        assert "?" not in answer.stdout


def test_without_arguments_the_help_is_shown(call):
    code, out, err = call()
    assert code == 2
    assert "Usage" in out + err
    assert "see 'xbarsim --help'" not in err


def test_resume_of_a_finished_run_tells_its_result(call):
    _, first, _ = call("run", *QUICK, "--json")
    code, again, err = call("run", "--resume", "run.h5", "--json")
    assert code == 0
    assert "finished already" in err
    same = ("accuracy", "accuracy_mean_last", "iterations", "pulses", "resets")
    assert [json.loads(first)[k] for k in same] == [json.loads(again)[k] for k in same]
    assert call("run", "--resume", "run.h5", *QUICK)[0] == 0  # the same configuration may be repeated


def test_a_link_stays_a_link(call, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "link.h5").symlink_to(tmp_path / "store" / "real.h5")
    assert call("run", *QUICK, "--out", "link.h5")[0] == 0
    assert call("run", *QUICK, "--out", "link.h5", "--force", "--seed", 2)[0] == 0
    assert (tmp_path / "link.h5").is_symlink()
    with Trace("link.h5") as trace:
        assert trace.layout.run.seed == 2
    assert [p.name for p in (tmp_path / "store").iterdir()] == ["real.h5"]


def test_force_replaces(call):
    call("run", *QUICK)
    assert call("run", *QUICK, "--seed", 5, "--force")[0] == 0
    with Trace("run.h5") as trace:
        assert trace.layout.run.seed == 5


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
    lines = call("inspect", "run.h5", "--layer", 1, "--synapse", "0,1", "--csv")[1].splitlines()
    info = json.loads(call("inspect", "run.h5", "--layer", 1, "--synapse", "0,1", "--json")[1])
    with Trace("run.h5") as trace:
        h = trace.synapse(1, 0, 1)
    assert lines[0] == "iteration,g_plus_S,g_minus_S"
    np.testing.assert_array_equal(np.array([line.split(",")[1] for line in lines[1:]], np.float32), h.g_plus)
    assert info["iteration"][0] == 0
    assert info["updates"] == len(info["iteration"]) - 1


def test_plot(call, tmp_path):
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    call("run", *QUICK)
    assert call("plot", "run.h5")[0] == 0
    picture = imread("run.png")
    assert picture.shape[0] > 800
    assert picture.shape[1] > 800
    assert picture.std() > 0.05
    assert b"two-pixels" in (tmp_path / "run.png").read_bytes()  # its provenance
    for suffix in ("svg", "pdf"):
        assert call("plot", "run.h5", "-o", f"x.{suffix}")[0] == 0
        (tmp_path / f"x.{suffix}").unlink()
    refuses(call, "plot", "run.h5", what="exists already")
    assert call("plot", "run.h5", "--force", "--synapse", "0,1")[0] == 0
    refuses(call, "plot", "run.h5", "-o", "x.docx", what=".png, .pdf, .svg")
    refuses(call, "plot", "run.h5", "-o", "none/x.png", what="its folder does not exist")
    refuses(call, "plot", "run.h5", "-o", "y.png", "--layer", 2, what="layer")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.h5", "run.png"]


def test_plot_of_a_run_that_has_just_begun(call):
    import xbarsim

    pytest.importorskip("matplotlib")
    lay = Layout.of(layers=(2, 2), dataset="two-pixels", n_max=4, eval_every=0)
    xbarsim.run(lay, out="run.h5", stop=lambda: True)
    assert call("inspect", "run.h5")[0] == 0
    assert call("plot", "run.h5")[0] == 0


def test_check(call):
    import importlib.resources

    folder = importlib.resources.files("xbarsim.netlists")
    for path in folder.iterdir():
        if path.name.endswith(".toml"):
            code, out, err = call("check", path)
            assert (code, err) == (0, "")
            assert "pairs" in out
            devices = json.loads(call("check", path, "--json")[1])["devices"]
            assert (devices > 0) is (path.name != "bs-784-200-10.toml")  # ideal steps have no devices


def test_data_list(call, tmp_path, monkeypatch):
    long = tmp_path / ("a-folder-with-a-long-name-" * 6)
    monkeypatch.setattr("xbarsim.show.views_layout.mnist_folder", lambda: long)
    code, out, _ = call("data", "list")
    assert code == 0
    assert "CC BY 4.0" in out
    assert str(long) in out
    assert {d["name"] for d in json.loads(call("data", "list", "--json")[1])["datasets"]} == {
        "mnist",
        "digits",
        "two-pixels",
    }


@pytest.mark.parametrize(
    "command", [[], ["run"], ["inspect"], ["plot"], ["check"], ["data"], ["data", "list"], ["data", "fetch"]]
)
def test_help(call, command):
    code, out, _ = call(*command, "--help")
    assert code == 0
    assert "Usage" in out


def test_the_command_line_starts_without_heavy_imports():
    code = "import sys, xbarsim.commands.main; print([m for m in ('numpy', 'numba', 'h5py', 'matplotlib', 'rich', 'pooch') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_module_and_version():
    answer = subprocess.check_output([sys.executable, "-m", "xbarsim", "--version"], text=True)
    assert answer.startswith("xbarsim 0.")


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["run"], "--layers"),
        (["run", "--layers", "784"], "two or more sizes"),
        (["run", "--layers", "784,x,10"], "784,200,10"),
        (["run", "--layers", ""], "784,200,10"),
        (["run", *QUICK, "--beta", "-21"], "device.beta: expected a number >= -20"),
        (["run", *QUICK, "--beta", "nan"], "finite"),
        (["run", *QUICK, "--beta", "two"], "--beta"),
        (["run", *QUICK, "--n-max", "0"], "device.n_max"),
        (["run", *QUICK, "--n-max", "1.5"], "--n-max"),
        (["run", *QUICK, "--g-min", "1"], "g_min_S"),
        (["run", *QUICK, "--method", "d"], "known: a, b, c"),
        (["run", *QUICK, "--betta", "1"], "--beta"),
        (["run", *QUICK, "--iterations", "0"], "run.iterations"),
        (["run", *QUICK, "--epochs", "1"], "either iterations or epochs"),
        (["run", *QUICK, "--engine", "ladder", "--method", "c"], "method c"),
        (["run", *QUICK, "--commit-every", "-1"], "--commit-every"),
        (["run", *QUICK, "--batch", "0"], "run.batch: expected a whole number >= 1, got 0"),
        (["run", *QUICK, "--batch", "4001"], "run.batch: expected a whole number <= 4000"),
        (["run", *QUICK, "--batch", "2.5"], "--batch"),
        (["run", *QUICK, "--batch-rule", "sign"], "did you mean 'signs'"),
        (["run", *QUICK, "--batch-rule", "sum"], "pulses.batch_rule: unknown name 'sum'"),
        (["run", *QUICK, "--rule", "softwar"], "did you mean 'software'"),
        (["run", *QUICK, "--rule", "software", "--sigma", "0.1"], "variation: expected nothing with rule 'software'"),
        (["run", *QUICK, "--rule", "software", "--engine", "ladder"], "run.engine: expected 'auto' with rule 'software'"),
        (["run", *QUICK, "--sigma", "-0.1"], "variation.sigma: expected a number >= 0"),
        (["run", *QUICK, "--sigma", "101"], "variation.sigma: expected a number <= 100"),
        (["run", *QUICK, "--sigma", "nan"], "finite"),
        (["run", *QUICK, "--sigma", "much"], "--sigma"),
        (["run", *QUICK, "--sigma-negative", "clip"], "variation.sigma_negative: unknown name 'clip'"),
        (["run", *QUICK, "--sigma-per", "row"], "variation.sigma_per: unknown name 'row'"),
        (["run", *QUICK, "--sigma", "0.1", "--method", "a", "--engine", "ladder"], "method a on devices with variation"),
        (["run", *QUICK, "--learning-rate", "0"], "software.learning_rate"),
        (["run", *QUICK, "--software-c", "-1"], "software.software_c"),
        (["run", *QUICK, "--initial-weight", "inf"], "software.initial_weight"),
        (["run", *QUICK, "--initial-fan-in", "-1"], "array.initial_fan_in"),
        (["run", *QUICK, "--dead-zone-exponent", "11"], "pulses.dead_zone_exponent"),
        (["run", *QUICK, "--wire-resistance", "-1"], "wires.wire_resistance_Ohm: expected a number >= 0, got -1"),
        (["run", *QUICK, "--wire-resistance", "nan"], "finite"),
        (["run", *QUICK, "--wire-resistance", "low"], "--wire-resistance"),
        (["run", *QUICK, "--wire-resistance-s", "1e13"], "wires.wire_resistance_s_Ohm: expected a number <= 1e"),
        (["run", *QUICK, "--driver-resistance", "-2"], "wires.driver_resistance_Ohm"),
        (["run", *QUICK, "--sense-resistance", "inf"], "wires.sense_resistance_Ohm"),
        (["run", *QUICK, "--tile-rows", "-1"], "wires.tile_rows: expected a whole number >= 0"),
        (["run", *QUICK, "--tile-columns", "2.5"], "--tile-columns"),
        (["run", *QUICK, "--circuit", "exakt"], "array.circuit: unknown name 'exakt'; did you mean 'exact'"),
        (["run", *QUICK, "--wire-tolerance", "0"], "wires.wire_tolerance: expected a number >= 1e-12"),
        (["run", *QUICK, "--wire-sweeps", "0"], "wires.wire_sweeps: expected a whole number >= 1"),
        (["run", *QUICK, "--gain-sigma", "-0.1"], "sense.gain_sigma"),
        (["run", *QUICK, "--offset-sigma", "nan"], "sense.offset_sigma"),
        (["run", *QUICK, "--read-noise", "-1"], "sense.read_noise: expected a number >= 0"),
        (["run", *QUICK, "--sense-bits", "8"], "sense.sense_range: expected a range > 0 with sense_bits = 8"),
        (["run", *QUICK, "--sense-bits", "1", "--sense-range", "3"], "sense.sense_bits: expected 0 or at least 2"),
        (["run", *QUICK, "--driver-bits", "33"], "sense.driver_bits: expected a whole number <= 32"),
        (["run", *QUICK, "--out", "none/run.h5"], "its folder does not exist"),
        (["run", *QUICK, "--out", "."], "got a folder"),
        (["run", *QUICK, "--out", "/proc/run.h5"], "cannot write there"),
        (["run", *QUICK, "--out", "/dev/null", "--force"], "got a device"),
        (["run", *QUICK, "--out", "x.h5", "--no-trace"], "leave one out"),
        (["run", "--layers", "3,2", "--dataset", "two-pixels"], "expected 2 inputs"),
        (["run", *QUICK, "--dataset", "minst"], "did you mean 'mnist'"),
        (["run", "none.toml"], "found nothing"),
        (["run", "--resume", "none.h5"], "found nothing"),
        (["run", "--resume", "none.h5", "--force"], "--resume alone"),
        (["run", *QUICK[2:], "--layers", "60000,60000", "--dataset", "two-pixels"], "expected 2 inputs"),
        (["check", "none.toml"], "found nothing"),
        (["inspect", "none.h5"], "found nothing"),
        (["inspect", "none.h5", "--json", "--csv"], "leave one out"),
        (["inspect", "none.h5", "--iteration", "3"], "add --layer"),
        (["inspect", "none.h5", "--layer", "1", "--synapse", "3"], "found nothing"),
        (["plot", "none.h5"], "found nothing"),
        (["data", "fetch", "minst"], "did you mean 'mnist'"),
        (["frobnicate"], "frobnicate"),
    ],
    ids=lambda x: " ".join(x)[-40:] if isinstance(x, list) else "",
)  # fmt: skip
def test_bad_calls(call, arguments, what):
    refuses(call, *arguments, what=what)


def test_layers_that_do_not_fit_memory(call, tmp_path):
    x = np.zeros((2, 60_000), np.uint8)
    np.savez(tmp_path / "wide.npz", x_train=x, y_train=[0, 1], x_test=x, y_test=[0, 1])
    refuses(call, "run", "--layers", "60000,60000,60000,2", "--dataset", "wide.npz", what="GiB of memory")


def test_an_existing_file_is_kept(call, tmp_path):
    (tmp_path / "run.h5").write_bytes(b"precious")
    refuses(call, "run", *QUICK, what="exists already and is not overwritten")
    # Even with --force it survives everything that goes wrong before the new run has begun.
    refuses(call, "run", *QUICK, "--force", "--dataset", "none", what="found none")
    refuses(call, "run", *QUICK, "--force", "--layers", "3,2", what="expected 2 inputs")


def test_resume_with_another_configuration(call, tmp_path):
    call("run", *QUICK)
    refuses(call, "run", "--resume", "run.h5", "--beta", 1, what="device.beta = 2.0, got 1.0")
    (tmp_path / "my.toml").write_text(Layout.of(layers=(2, 3)).to_toml())
    refuses(call, "run", "my.toml", "--resume", "run.h5", what="network.layers = (2, 2), got (2, 3)")


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


garbage = st.sampled_from(
    ["", "x", "nan", "inf", "-1", "0", "1", "2", "1e400", "1e-320", "3.5", "-0.0", "9" * 30, "a,b", "--", "é"]
)
numbers = st.integers(-3, 70).map(str) | st.floats().map(repr)
names = {
    "method": "abc", "engine": ["auto", "ladder", "analog"], "dataset": ["two-pixels", "digits", "."],
    "routing": ["split-both", "split-drain"], "batch-rule": ["lines", "deferred", "signs", "products"],
    "rule": ["sign", "software"], "sigma-negative": ["zero", "reflect", "redraw"], "sigma-per": ["device", "pair"],
    "batch": ["1", "2", "3", "40", "4000"], "circuit": ["auto", "ideal", "exact"], "layers": ["2,2", "2,3,2", "2,0", "2,2,2,2", "3,2"],
}  # fmt: skip
FLAGS = [
    "beta", "beta-d", "n-max", "n-max-d", "alpha", "alpha-d", "g-min", "g-max", "v-read", "initial-steps", "c", "softmax-scale",
    "output-dead-zone", "hidden-dead-zone", "input-threshold", "epochs", "seed", "eval-every", "eval-last", "snapshot-every",
    "commit-every", "sigma", "initial-fan-in", "dead-zone-exponent", "learning-rate", "software-c", "initial-weight", "inner-c",
    "wire-resistance", "wire-resistance-s", "driver-resistance", "sense-resistance", "tile-rows", "tile-columns", "gain-sigma",
    "offset-sigma", "read-noise", "sense-range", "sense-bits", "driver-bits", "wire-tolerance", *names,
]  # fmt: skip


@pytest.mark.jit
@settings(
    deadline=None, derandomize=True, max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@example(flags={"n-max": "4096", "beta": "0"})
@example(flags={"g-min": "0.9999", "g-max": "1"})
@example(flags={"v-read": "1e-6", "c": "1e-6", "g-max": "1e-29", "g-min": "0"})
@example(flags={"v-read": "1e6", "g-max": "1e6", "softmax-scale": "1e9"})
@given(
    flags=st.lists(st.sampled_from(FLAGS), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries(
            {f: garbage | numbers | st.sampled_from(list(names.get(f, ["1"]))) for f in chosen}
        )
    )
)
def test_any_flags_run_or_are_refused_in_one_line(call, tmp_path, flags):
    defaults = {"layers": "2,2", "dataset": "two-pixels", "n-max": "5"}
    if "alpha" in flags:
        del defaults["n-max"]
    merged = {**defaults, **flags}
    arguments = [f"--{name}={value}" for name, value in merged.items()]
    if "epochs" not in flags:
        arguments.append("--iterations=3")
    elif merged["epochs"].isdigit() and len(merged["epochs"]) > 2:
        return
    code, out, err = call("run", *arguments, "--json", "-q")
    assert code in (0, 2), (code, err)
    if code == 0:
        assert list(json.loads(out)) == KEYS
        assert err == ""
        (tmp_path / "run.h5").unlink()
    else:
        assert out == ""
        assert len(err.splitlines()) == 1
    assert os.listdir(tmp_path) == []
