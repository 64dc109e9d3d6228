"""What one types is understood: spellings, lists, names that are taken, help of two lengths, completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer.main

from xbarsim import Layout, Trace, load_dataset
from xbarsim.commands import main as cli
from xbarsim.commands.groups import GROUPS
from xbarsim.commands.main import joined
from xbarsim.data_sets.activity import activity_of
from xbarsim.describe.defaults import settle

from ..cli import QUICK, refuses

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT


def layout_of(call, *arguments):
    """The layout that `check` builds."""
    code, out, err = call("check", *arguments, "--json")
    assert code == 0, err
    return Layout.from_toml_text(json.loads(out)["layout"])


def test_check_takes_the_flags_of_run(call):
    plain = Layout.of(layers=(784, 20, 10), beta=3.0, g_max=2e-6, dataset="digits")
    settled = settle(plain, activity_of(load_dataset("digits")))
    spellings = (
        ["--g-max", "2e-6"],
        ["--g_max", "2e-6"],
        ["--g-max-S", "2e-6"],
        ["--device.g_max_S", "2e-6"],
        ["--set", "g_max_S=2e-6"],
        ["--set", "device.g-max=2e-6"],
    )
    for given in spellings:
        assert layout_of(call, "--layers", "784,20,10", "--beta", 3, "--dataset", "digits", *given) == settled
    assert layout_of(call, "--set", "layers=784, 9, 10", "--dataset", "digits").network.layers == (784, 9, 10)
    refuses(call, "check", what="check: expected a layout file or --layers")
    refuses(call, "check", "--layers", "2,2", "--set", "betta=1", what="did you mean 'beta'?")
    refuses(call, "check", "--layers", "2,2", "--array.beta", 1, what="No such option: --array.beta")
    preset = layout_of(call, "--layers", "784,10", "--dataset", "digits", "--device", "lim2019-beta3", "--n-max", 32)
    assert (preset.device.beta, preset.device.n_max) == (3.0, 32)


def test_run_takes_settings_and_flags(call):
    assert call("run", *QUICK, "--set", "v_read_V=0.2", "--beta", 3)[0] == 0
    with Trace("run.h5") as trace:
        assert (trace.layout.array.v_read, trace.layout.device.beta) == (0.2, 3.0)


def test_lists_may_have_spaces(call):
    assert joined(["--values", "-1,", "-2", "--layers", "4,", "2", "x,"]) == [
        "--values",
        "-1,-2",
        "--layers",
        "4,2",
        "x,",
    ]
    assert joined(["--layers", "4,", "--beta", "1"]) == ["--layers", "4,", "--beta", "1"]
    assert layout_of(call, "--layers", "784,", "20,", "10", "--dataset", "digits").network.layers == (784, 20, 10)
    call("run", *QUICK)
    code, out, _ = call("transfer", "run.h5", "--sigma", "0,", "0.5", "--repeats", 1, "--json")
    assert (code, [t["sigma"] for t in json.loads(out)["transfers"]]) == (0, [0.0, 0.5])
    refuses(call, "transfer", "run.h5", "--sigma", "0,x", what="--sigma: expected numbers, got '0,x'")
    refuses(call, "reproduce", "fig8,", "fig5", what="unknown figure 'fig5'")


def test_a_name_that_is_taken_gets_a_number(call, tmp_path):
    quick = [*QUICK, "--json"]
    assert [json.loads(call("run", *quick)[1])["out"] for _ in range(3)] == ["run.h5", "run-2.h5", "run-3.h5"]
    assert "run.h5 exists already; this run goes into run-4.h5" in call("run", *QUICK)[2]
    assert json.loads(call("run", *quick, "--force")[1])["out"] == "run.h5"
    refuses(call, "run", *QUICK, "--out", "run.h5", what="exists already and is not overwritten")


def test_a_relative_path_is_recorded_whole(call, tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.random((8, 4)).astype(np.float32), np.arange(8) % 2
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    arguments = ["--layers", "4,2", "--dataset", "mine.npz", "--iterations", 6, "--eval-last", 1, "--n-max", 4]
    assert call("run", *arguments)[0] == 0
    with Trace("run.h5") as trace:
        assert Path(trace.layout.run.dataset) == tmp_path / "mine.npz"
    assert call("run", "--resume", "run.h5", *arguments)[0] == 0  # the same again, in other words
    (tmp_path / "below").mkdir()
    os.chdir(tmp_path / "below")
    assert call("run", "--resume", "../run.h5", "--iterations", 8)[0] == 0


def test_outputs_without_a_class_are_told(call):
    with pytest.warns(UserWarning, match="has 2 classes, so that 1 of 3 outputs are never right"):
        call("run", *QUICK, "--layers", "2,3")


def test_help_shows_what_one_needs(call):
    short, whole = call("run", "--help")[1], call("run", "--help-all")[1]
    for flag in ("--layers", "--rule", "--beta-d", "--dataset", "--out", "--set", "--help-all"):
        assert flag in short
    assert "--gate-capacitance" not in short
    assert "--gate-capacitance" in whole
    assert "more options: xbarsim run --help-all" in short
    assert len(short.splitlines()) < 75 < len(whole.splitlines())
    assert "--gate-capacitance" not in call("check", "--help")[1]
    assert call("run", "--help")[1] == short  # what was left out once is back


def test_commands_are_grouped(call):
    commands = typer.main.get_command(cli.app).commands
    grouped = [name for names in GROUPS.values() for name in names]
    assert set(commands) <= set(grouped)
    assert len(set(grouped)) == len(grouped)
    out = call("--help")[1]
    places = [out.index(title) for title in GROUPS]
    assert places == sorted(places)
    assert out.index("  run ") < out.index("  compare ") < out.index("  reproduce ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    environment = {
        "COMP_WORDS": "xbarsim retent",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "xbarsim retent",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }

    def ask(what):
        command = [
            sys.executable,
            "-c",
            "from xbarsim.commands.main import main; import sys; sys.argv[0] = 'xbarsim'; main()",
        ]
        answer = subprocess.run(
            command,
            env={**os.environ, **environment, "_XBARSIM_COMPLETE": what},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    assert "_XBARSIM_COMPLETE=complete_" in ask(f"source_{shell}")
    assert "retention" in ask(f"complete_{shell}")


def test_a_new_device_is_valid_and_trains(call, tmp_path):
    assert call("devices", "new", "mine")[0] == 0
    text = (tmp_path / "mine.toml").read_text()
    assert "# beta_d = 2.0" in text
    assert layout_of(call, *QUICK, "--device", "mine.toml") == layout_of(call, *QUICK)
    every = "\n".join(line.removeprefix("# ") for line in text.splitlines() if "alpha" not in line)
    (tmp_path / "all.toml").write_text(every[every.index("[source]") :])
    assert call("check", "--layers", "784,10", "--dataset", "digits", "--device", "all.toml")[0] == 0
    assert call("run", *QUICK, "--device", "mine.toml")[0] == 0
    refuses(call, "devices", "new", "mine", what="mine.toml: exists already")
    refuses(call, "devices", "new", "lim2019-beta2", what="which ships; choose another")


def test_the_name_of_a_family_of_rules(call):
    refuses(
        call,
        "compare",
        "--rules",
        "b,sign",
        what="schemes of rule 'sign', got the name of the rule; give a, b, c, fixed or one-sided",
    )
