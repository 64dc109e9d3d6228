"""Errors are one line, whatever they quote and whatever a path is."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.base.errors import (
    DataError,
    LayoutError,
    OutputError,
    SimulationError,
    Stopped,
    TraceError,
    XbarsimError,
    plain,
)
from xbarsim.base.files import created
from xbarsim.describe.device_files import load_device
from xbarsim.spice import NetlistError, load

pytestmark = pytest.mark.once

KINDS = (XbarsimError, LayoutError, DataError, TraceError, OutputError, SimulationError, Stopped, NetlistError)
LONG = "a" * 300  # longer than a name may be: the system does not even look for it
ENDS = ["\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\x00", "\x1b[2J", "\udc80"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_what_is_quoted_ends_no_line_and_commands_no_terminal(kind, end):
    error = kind(f"mine.csv: expected a number, got 'a{end}b'")
    for one in (error, pickle.loads(pickle.dumps(error))):
        assert type(one) is kind
        assert len(str(one).splitlines()) == 1
        assert str(one).isprintable()
        assert str(one).startswith("mine.csv: expected a number, got 'a\\")


def test_other_texts_are_left_as_they_are():
    assert plain("µS, 10 Ω ≠ 'é' – 日本 \\n") == "µS, 10 Ω ≠ 'é' – 日本 \\n"
    assert str(LayoutError("x: expected ½")) == "x: expected ½"


def test_the_same_for_warnings_of_the_command_line(call, monkeypatch):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    assert call("--version")[0] == 0
    assert warnings.formatwarning(UserWarning("labels 'a\u2028b'"), UserWarning, "x.py", 1) == (
        "xbarsim: labels 'a\\u2028b'\n"
    )


@pytest.mark.parametrize(
    "use",
    [
        lambda name: Layout.from_toml(f"{name}.toml"),
        lambda name: load_device(f"{name}.toml"),
        lambda name: Layout.of(layers=(2, 2)).with_device(f"{name}.py:step"),
        lambda name: xbarsim.load_dataset(name),
        lambda name: xbarsim.load_dataset(f"{name}.csv"),
        lambda name: Trace(name),
        lambda name: xbarsim.resume(name),
        lambda name: xbarsim.run(Layout.of(layers=(2, 2), dataset="two-pixels"), out=name),
        lambda name: xbarsim.run(Layout.of(layers=(2, 2), dataset="two-pixels"), out=f"{name}/run.h5"),
        lambda name: load(name),
    ],
)
def test_names_that_are_too_long_are_refused_in_one_line(use, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(XbarsimError, match="aaa"):
        use(LONG)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [LONG, f"{LONG}/x"])
def test_files_with_names_that_are_too_long_are_not_made(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="aaa"), created(Path(name), force=False) as stream:
        np.save(stream, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        ["compare", "-q", "--layers", "2,2", "--dataset", "two-pixels", "--out"],
        ["compare-devices", "--layers", "2,2", "--dataset", "two-pixels", "--out"],
        ["sweep", "beta", "--layers", "2,2", "--dataset", "two-pixels", "--values", "1", "--keep"],
        [
            "tune",
            "--held-out",
            "1",
            "--iterations",
            "2",
            "--window",
            "1",
            "--layers",
            "2,2",
            "--dataset",
            "two-pixels",
            "--out",
        ],
        ["reproduce", "--dataset", "two-pixels", "--out"],
        ["reference", "--write"],
        ["devices", "show", "lim2019-beta2", "--plot"],
        ["inspect"],
        ["plot"],
        ["transfer", "--sigma", "1"],
        ["retention"],
        ["run", "--layers", "2,2", "--dataset"],
        ["run", "--resume"],
        ["check"],
        ["read-netlist"],
        ["fit"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("ending", ["", ".png"])
def test_commands_say_which_name_it_is(call, command, ending):
    code, _, err = call(*command, LONG + ending)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "standard output" not in err
    if "reproduce" not in command:  # there the data do not fit
        assert "aaa" in err or "--out" in err
