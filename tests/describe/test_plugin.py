"""Files are data: a user's code is run for who names it, and for nobody else."""

from __future__ import annotations

import pathlib
import zipfile

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, LayoutError, Trace, TraceError
from xbarsim.base.errors import SimulationError
from xbarsim.describe.plugin import Recorded

pytestmark = pytest.mark.jit  # files and commands

CODE = """
import pathlib
pathlib.Path({mark!r}).write_text("ran")
def step(s, up, z):
    return (0.05 + 0.01 * z) if up else -0.05
"""
RUN = ["run", "--layers", "2,2", "--dataset", "two-pixels", "--iterations", "30", "--eval-last", "1"]
WHAT_READS = [
    ["inspect", "run.h5"],
    ["inspect", "run.h5", "--json"],
    ["inspect", "run.h5", "--layer", "1"],
    ["inspect", "run.h5", "--layer", "1", "--iteration", "0"],
    ["plot", "run.h5", "--out", "run.png"],
    ["transfer", "run.h5", "--sigma", "0.5", "--repeats", "1"],
    ["retention", "run.h5", "--drift", "0.05", "--repeats", "1", "--times", "1"],
    ["spice", "--trace", "run.h5"],
    ["run", "--resume", "run.h5"],
]
WHAT_NEEDS_CODE = [
    ["inspect", "run.h5", "--layer", "1", "--iteration", "7"],
    ["inspect", "run.h5", "--layer", "1", "--synapse", "0,0"],
    ["run", "--resume", "run.h5", "--iterations", "40"],
]


@pytest.fixture
def trained(call, tmp_path, monkeypatch):
    """A finished run of a plug-in, whose code leaves a mark whenever it is run; returns whether it was."""
    monkeypatch.chdir(tmp_path)
    mark = tmp_path / "mark"
    pathlib.Path("mine.py").write_text(CODE.format(mark=str(mark)))
    code, _, err = call(*RUN, "--device", "mine.py:step", "--out", "run.h5")
    assert code == 0, err
    assert "runs the code of mine.py:step (SHA-256 " in err
    assert mark.exists()

    def ran():
        # What one process has run it need not run again: every command is to start anew.
        from xbarsim.describe import plugin

        for known in (plugin._loaded, plugin._sampled, plugin._address):
            known.cache_clear()
        was = mark.exists()
        mark.unlink(missing_ok=True)
        return was

    ran()
    return ran


@pytest.mark.parametrize("command", WHAT_READS, ids=" ".join)
def test_reading_a_run_file_runs_nothing(trained, call, command):
    code, _, err = call(*command)
    assert code == 0, err
    assert not trained()


@pytest.mark.parametrize("command", WHAT_NEEDS_CODE, ids=" ".join)
def test_what_needs_the_code_says_how_to_name_it(trained, call, command):
    code, _, err = call(*command)
    assert code == 2
    assert "--device" in err
    assert len(err.splitlines()) == 1
    assert not trained()
    pathlib.Path("mine.py").rename("elsewhere.py")  # the path may be another, if the code is the same
    code, _, err = call(*command, "--device", "elsewhere.py:step")
    assert code == 0, err
    assert "runs the code of elsewhere.py:step" in err
    assert trained()


def test_checking_and_showing_run_nothing(trained, call):
    pathlib.Path("mine.toml").write_text('[device]\nmodel = "plugin"\nstep = "mine.py:step"\n')
    text = (
        '[network]\nlayers = [2, 2]\n[run]\ndataset = "two-pixels"\n[device]\nmodel = "plugin"\nstep = "mine.py:step"\n'
    )
    pathlib.Path("layout.toml").write_text(text)
    for command in (["check", "layout.toml"], ["check", "layout.toml", "--json"]):
        code, out, _ = call(*command)
        assert code == 0
        assert "mine.py:step" in out
    for command in (["devices", "show", "mine.toml"], ["spice", "layout.toml"]):
        code, _, err = call(*command)
        assert (code, "mine.py:step" in err) == (2, True)
    assert Layout.from_toml("layout.toml").device.step == "mine.py:step"
    assert not trained()


def test_a_run_file_that_is_its_own_plugin_runs_nothing(trained, call):
    """A zip behind an HDF5 file is both, and Python's runpy runs the zip."""
    import h5py

    with h5py.File("run.h5", "r+") as file:
        text = file["entry/configuration/layout"][()].decode().replace("mine.py:step", "run.h5:step")
        del file["entry/configuration/layout"], file["entry"].attrs["crc32"]
        file["entry/configuration/layout"] = text
        file.attrs["format_version"] = 2  # of before there were checksums
    with zipfile.ZipFile("run.h5", "a") as archive:
        archive.writestr("__main__.py", pathlib.Path("mine.py").read_text())
    for command in WHAT_READS:
        call(*command)
        assert not trained(), command
    code, _, err = call("run", "--resume", "run.h5", "--iterations", "40", "--device", "run.h5:step")
    assert (code, "file.py:function" in err) == (2, True)
    assert not trained()


def test_changed_code_is_not_run(trained, call):
    text = pathlib.Path("mine.py").read_text()
    pathlib.Path("mine.py").write_text(text + "# another\n")
    code, _, err = call("inspect", "run.h5", "--layer", "1", "--iteration", "7", "--device", "mine.py:step")
    assert (code, "expected the plug-in it was made with" in err) == (2, True)
    code, _, err = call("run", "--resume", "run.h5", "--iterations", "40", "--device", "mine.py:step")
    assert code == 2, err
    assert not trained()
    layout = Layout.of(layers=(2, 2)).with_device("mine.py:step")
    pathlib.Path("mine.py").write_text(text + "# a third\n")  # after its hash was noted
    with pytest.raises(LayoutError, match="has changed since the layout was made"):
        layout.device.staircase()
    assert not trained()


def test_a_layout_from_a_run_file_stays_one(trained):
    import pickle

    with Trace("run.h5") as trace:
        layout = trace.layout
    for same in (layout, layout.replace(beta_d=None, seed=4), pickle.loads(pickle.dumps(layout))):
        assert isinstance(same.device.step, Recorded)
        with pytest.raises(LayoutError, match="whose code is not run"):
            xbarsim.run(same)
    assert not trained()
    xbarsim.run(layout.with_device("mine.py:step").replace(iterations=5))
    assert trained()


def test_keyframes_are_the_same_without_the_code(trained):
    with Trace("run.h5") as data, Trace("run.h5", device="mine.py:step") as named:
        for n in (0, 30):
            for a, b in zip(data.conductance(1, n), named.conductance(1, n), strict=True):
                np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(data.weights(1, n), named.weights(1, n))
        with pytest.raises(TraceError, match=r"keyframe \(0, 30\)"):
            data.conductance(1, 3)


def test_a_resumed_run_of_a_plugin_goes_on_to_the_same_bits(trained, call):
    code, _, err = call("run", "--resume", "run.h5", "--iterations", "50", "--device", "mine.py:step")
    assert code == 0, err
    call(*RUN, "--iterations", "50", "--device", "mine.py:step", "--out", "whole.h5")
    with Trace("run.h5", device="mine.py:step") as a, Trace("whole.h5", device="mine.py:step") as b:
        for n in (7, 30, 41, 50):
            for x, y in zip(a.conductance(1, n), b.conductance(1, n), strict=True):
                np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import sys; sys.exit(3)", "raises SystemExit: 3"),
        ("raise BaseException('no')", "raises BaseException: no"),
        ("def step(s, up, z):\n raise SystemExit", "raises SystemExit"),
        ("def step(s, up, z):\n return 's'", "raises ValueError"),
        ("def step(s):\n return 0.1", "raises TypeError"),
        ("def other(s, up, z):\n return 0.1", "no function 'step'"),
        ("def step(:", "raises SyntaxError"),
        ("def step(s, up, z):\n return (1 - s) / 64 if up else -s / 64", "let the law end beyond the rail"),
        ("def step(s, up, z):\n return -0.1", "> 0 on potentiation"),
        (
            "def step(s, up, z):\n return (0.02 if up else -0.02) if z == 0.0 else float('nan')",
            "for every noise z, got nan",
        ),
    ],
)
def test_plugins_that_do_not_work_are_told_so_in_their_own_terms(call, tmp_path, monkeypatch, body, said):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("bad.py").write_text(body + "\n")
    code, _, err = call(*RUN, "--device", "bad.py:step", "--out", "run.h5")
    assert code == 2
    assert said in err
    assert "alpha_S" not in err
    assert "Traceback" not in err
    assert not pathlib.Path("run.h5").exists()


def test_only_one_place_runs_code():
    """No other file of the project runs a file, a text or a pickle as code."""
    import re

    root = pathlib.Path(xbarsim.__file__).parent
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(
            r"\brunpy\b|\bexec\(|\beval\(|\bpickle\b|allow_pickle=True|importlib\.util\.(spec|module)_from",
            path.read_text(),
        )
    }
    assert found == {"describe/plugin.py"}


MANY_PULSES = {"softmax_scale": 0.01, "output_dead_zone": 0.0}


def test_a_law_that_turns_to_nan_ends_the_run(tmp_path):
    (tmp_path / "rare.py").write_text(
        "def step(s, up, z):\n return float('nan') if 1.0 < z < 1.2 and s > 0.3 else 0.05 if up else -0.05\n"
    )
    layout = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=500, eval_last=1, **MANY_PULSES)
    with pytest.raises(SimulationError, match=r"iteration \d+: expected finite conductances.*layer 1.*rare\.py:step"):
        xbarsim.run(layout.with_device(f"{tmp_path}/rare.py:step"), out=tmp_path / "run.h5")
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.iterations_done < 500
        assert np.isfinite(trace.conductance(1, 0)[0]).all()


@pytest.mark.parametrize(
    ("rare", "said"),
    [
        ("return float('inf')", "expected finite conductances"),
        ("raise ValueError('no')", r"expected .*rare\.py:step to return a number.*, it raised ValueError: no"),
    ],
)
def test_a_law_that_fails_seldom_ends_the_run(tmp_path, rare, said):
    """Machine code cannot stop for an exception, and infinity would end at a rail."""
    (tmp_path / "rare.py").write_text(
        f"def step(s, up, z):\n if 1.0 < z < 1.2 and s > 0.3:\n  {rare}\n return 0.05 if up else -0.05\n"
    )
    # Method c is the one that tries no replays before it begins.
    for method, errors in (("b", (SimulationError, LayoutError)), ("c", SimulationError)):
        layout = Layout.of(
            layers=(2, 2), dataset="two-pixels", iterations=500, eval_last=1, method=method, **MANY_PULSES
        )
        with pytest.raises(errors, match=said):
            xbarsim.run(layout.with_device(f"{tmp_path}/rare.py:step"))
