"""What was typed in any spelling, what is told while it goes on, and what pictures say, in commands that train or read
many times.
"""

from __future__ import annotations

import json

import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.commands.devices import ways_of
from xbarsim.loop.pace import Pace
from xbarsim.show import progress

from ..cli import QUICK

pytestmark = pytest.mark.jit
SMALL = {"layers": (2, 2), "dataset": "two-pixels", "n_max": 9, "iterations": 6, "eval_last": 2}
STUDY = [
    "--layers",
    "2,2",
    "--dataset",
    "two-pixels",
    "--iterations",
    6,
    "--seeds",
    1,
    "--set",
    "eval_last=2",
    "--workers",
    1,
]


def test_a_trained_network_is_read_with_keys_in_every_spelling(call):
    assert call("run", *QUICK)[0] == 0
    said = []
    for given in (["--wire-resistance", 5], ["--wire_resistance_Ohm", 5], ["--set", "wires.wire-resistance=5"]):
        code, out, err = call("infer", "run.h5", *given, "--json")
        assert code == 0, err
        said.append(json.loads(out))
    assert said[0]["changed"] == {"wire_resistance_Ohm": 5.0}
    assert said[0] == said[1] == said[2]
    code, _, err = call("infer", "run.h5", "--set", "wire_resistence=5")
    assert code == 2
    assert "did you mean 'wire_resistance'" in err


def test_grids_and_limits_take_keys_in_every_spelling(call):
    said = []
    for key in ("g_max", "device.g-max_S"):
        code, out, err = call("sweep", "--over", f"{key}=1e-6, 2e-6", "--over", "beta=0", *STUDY, "--csv", "-q")
        assert code == 0, err
        said.append([line.rsplit(",", 3)[0] for line in out.splitlines()])  # without the time
    assert said[0] == said[1]
    code, out, err = call("limits", *STUDY, "--set", "variation.c2c=0.3", "--methods", "b, c", "--json", "-q")
    assert code == 0, err
    assert [r["method"] for r in json.loads(out)["rankings"]] == ["b", "c"]


@pytest.mark.parametrize("command", [["infer"], ["retention", "--times", "1"], ["transfer", "--sigma", "0.1"]])
def test_arrays_that_are_read_are_told_unless_quiet(call, command, monkeypatch):
    assert call("run", *QUICK)[0] == 0
    monkeypatch.setattr(progress, "LONG", 0.0)
    name, *rest = command
    draws = [] if name == "transfer" else ["--drift", 0.1, "--drift-sigma", 0.1]
    _, out, err = call(name, "run.h5", *rest, *draws, "--repeats", 4)
    assert " arrays; shorter with --repeats" in err
    _, again, err = call(name, "run.h5", *rest, *draws, "--repeats", 4, "--quiet")
    assert " arrays" not in err
    assert again == out


def test_every_array_is_told(tmp_path):
    path, seen = tmp_path / "run.h5", []
    xbarsim.run(Layout.of(**SMALL), out=path)
    xbarsim.infer(path, drift=0.1, drift_sigma=0.1, times=(1.0, 9.0), repeats=3, listener=lambda *n: seen.append(n))
    assert seen == [(n, 7) for n in range(8)]


def test_figures_of_functions_say_what_was_run():
    layout = Layout.of(**SMALL, c2c=0.1)
    spread = "noise and spread: c2c of a step 10 %, two-pixels, 6 iterations, one seed"
    assert f"{spread}; beta as on the axis" in xbarsim.sweep(layout, "beta=0,1", seeds=1).title
    assert f"{spread}; beta and n_max as shown" in xbarsim.sweep(layout, ["beta=0", "n_max=4,9"], seeds=1).title
    assert xbarsim.limits(layout, seeds=1, device_name="a/mine.toml").title.startswith(
        "What limits the device: 2-2, rule sign (method b), mine.toml: exponential device, beta"
    )
    assert "rule" not in xbarsim.compare(layout, "b,c", seeds=1).title
    assert "exponential" not in xbarsim.compare_devices(layout, ["lim2019-beta2"], seeds=1).title


def test_a_forecast_knows_the_points_of_the_curve_that_nobody_asked_for():
    pace = Pace(1.0, 10.0, 10.0)
    layout = Layout.of(layers=(2, 2), iterations=1200, eval_last=1)
    assert layout.run.eval_every is None
    assert pace.seconds(layout, 100, 0, 1200) == pace.seconds(layout.replace(eval_every=100), 100, 0, 1200)


def test_tables_of_sweeps_say_what_their_columns_are(call):
    for keys in (["beta", "--values", 0], ["--over", "beta=0", "--over", "n_max=9"]):
        assert "min to max: smallest and largest of these" in call("sweep", *keys, *STUDY, "-q")[1]


def test_what_shortens_a_study_is_what_was_given():
    assert ways_of(None, "fewer --rules", "") == ["--iterations", "fewer --rules"]
    assert ways_of(3) == ["--epochs"]
