"""The command line, as a user meets it: help, versions, terminals, and calls that no command takes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from xbarsim import Layout
from xbarsim.commands import main as cli
from xbarsim.describe.sections import HOMES, KEYS

from ..cli import QUICK, refuses

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT


# ---------------------------------------------------------------------------------------------------------------------
# What works


def test_the_help_shows_the_defaults(call):
    """What an option's help calls its default is what the layout takes."""
    import typer.main

    parameters = typer.main.get_command(cli.app).commands["run"].params
    shown = {p.name: p.show_default for p in parameters if isinstance(p.show_default, str)}
    layout, seen = Layout.of(layers=(2, 2)), 0
    for name, text in shown.items():
        if name in HOMES and not text.startswith("as --") and name != "iterations":
            default = getattr(getattr(layout, HOMES[name]), name)
            if KEYS[name].derived:
                assert (text, default) == ("follows from the network", None), name
            elif isinstance(default, bool):
                assert text == ("yes" if default else "no"), name
            else:
                assert text == default if isinstance(default, str) else float(text) == default, name
            seen += 1
    assert seen > 40


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


@pytest.mark.parametrize(
    "command", [[], ["run"], ["inspect"], ["plot"], ["check"], ["data"], ["data", "list"], ["data", "fetch"]]
)
def test_help(call, command):
    code, out, _ = call(*command, "--help")
    assert code == 0
    assert "Usage" in out


def test_the_command_line_starts_without_heavy_imports():
    heavy = ("numpy", "numba", "h5py", "matplotlib", "rich", "pooch")
    code = f"import sys, xbarsim.commands.main; print([m for m in {heavy} if m in sys.modules])"
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
        (["run", "--layers", "784,x,10"], "28x28x1"),
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
        (
            ["run", *QUICK, "--rule", "software", "--engine", "ladder"],
            "run.engine: expected 'auto' with rule 'software'",
        ),
        (["run", *QUICK, "--sigma", "-0.1"], "variation.sigma: expected a number >= 0"),
        (["run", *QUICK, "--sigma", "101"], "variation.sigma: expected a number <= 100"),
        (["run", *QUICK, "--sigma", "nan"], "finite"),
        (["run", *QUICK, "--sigma", "much"], "--sigma"),
        (["run", *QUICK, "--sigma-negative", "clip"], "variation.sigma_negative: unknown name 'clip'"),
        (["run", *QUICK, "--sigma-per", "row"], "variation.sigma_per: unknown name 'row'"),
        (
            ["run", *QUICK, "--sigma", "0.1", "--method", "a", "--engine", "ladder"],
            "method a on devices with variation",
        ),
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
)
def test_bad_calls(call, arguments, what):
    refuses(call, *arguments, what=what)
