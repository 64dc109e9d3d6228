"""`xbarsim tune --by noise`, and the study `xbarsim reproduce crus`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from xbarsim import DataError, Layout, LayoutError
from xbarsim.commands import main as cli
from xbarsim.learn.crus import CrusState, RivalState
from xbarsim.learn.mixed_precision import MixedPrecisionState
from xbarsim.learn.table import kind_of, plan_of
from xbarsim.study import crus as study_crus
from xbarsim.study import tune
from xbarsim.study.figure import tasks_of
from xbarsim.study.papers import chosen
from xbarsim.study.tasks import Task

pytestmark = pytest.mark.jit

ROOT = Path(__file__).parents[2]
BASE = {
    "layers": (6, 5, 3),
    "rule": "crus",
    "n_max": 16,
    "beta": 3.0,
    "un_window": 20,
    "seed": 3,
    "crus_rate": 0.1,
    "c": 3.0,
}


def test_the_test_samples_are_never_seen(tiny_data):
    part = tune.held_out(tiny_data, 30)
    np.testing.assert_array_equal(part.x_test, tiny_data.x_train[60:])
    np.testing.assert_array_equal(part.x_train, tiny_data.x_train[:60])
    assert part.sha256 != tiny_data.sha256
    for n in (0, 90):
        with pytest.raises(DataError, match=r"--held-out: expected 1 to 89 .*, got"):
            tune.held_out(tiny_data, n)


def test_the_grid_changes_thresholds_and_rates_alone():
    layout = Layout.of(**BASE, crus_output_rate=0.2)
    runs = tune.grid(layout, (0.2, 0.6), (0.4,), (0.5, 1.0), 100)
    assert [(r.crus.theta_forward, r.crus.crus_rate, r.crus.crus_output_rate) for r in runs] == [
        (0.2, 0.05, 0.1),
        (0.2, 0.1, 0.2),
        (0.6, 0.05, 0.1),
        (0.6, 0.1, 0.2),
    ]
    same = {"theta_forward": 0.6, "theta_reverse": 0.4, "crus_rate": 0.1, "crus_output_rate": 0.2}
    asked = layout.replace(iterations=100, eval_every=0, eval_last=1, snapshot_every=0)
    assert all(r.replace(**same) == asked for r in runs)
    for bad, match in (
        (layout.replace(rule="sign"), "tune: expected rule 'crus'"),
        (layout.replace(un_window=101), "crus.un_window: expected 1 to --iterations = 100"),
        (layout.replace(un_window=0), "crus.un_window: expected 1 to"),
    ):
        with pytest.raises(LayoutError, match=match):
            tune.grid(bad, (0.2,), (0.4,), (1.0,), 100)


@pytest.mark.jit
def test_the_least_noise_is_chosen_and_a_second_start_finds_the_records(tmp_path, tiny_data):
    layout, ticks = Layout.of(**BASE), []
    arguments = {"forward": (0.2, 0.6), "reverse": (0.1, 0.4), "factors": (0.5, 1.0), "iterations": 80, "samples": 30}
    tried = tune.tune(layout, tiny_data, tmp_path, **arguments)
    assert len(tried) == 8
    noise = [t.noise[0] for t in tried]
    assert noise == sorted(noise)
    assert len(set(noise)) > 4  # thresholds between the same levels are the same
    best = Layout.from_toml(tmp_path / "best.toml")
    chosen_ones = {
        "theta_forward": tried[0].theta_forward,
        "theta_reverse": tried[0].theta_reverse,
        "crus_rate": tried[0].rate,
    }
    assert best == layout.replace(**chosen_ones)
    with (tmp_path / "tune.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(r["update_noise_1"]) for r in rows] == noise
    again = tune.tune(layout, tiny_data, tmp_path, **arguments, listener=ticks.append)
    assert again == tried
    assert ticks[0].kept == 8
    assert tune.tune(layout, tiny_data, tmp_path / "x", **arguments, stop=lambda: True) is None


def test_rank_correlation():
    layout = Layout.of(**BASE)

    def tried(noise, accuracy):
        return [tune.Tried(layout, 0.0, 0.0, 1.0, (u,), a) for u, a in zip(noise, accuracy, strict=True)]

    assert tune.rank_correlation(tried([1, 2, 3, 9], [0.9, 0.8, 0.7, 0.1])) == pytest.approx(-1.0)
    assert tune.rank_correlation(tried([1, 1, 2], [0.1, 0.1, 0.5])) == pytest.approx(1.0)
    assert np.isnan(tune.rank_correlation(tried([1, 2], [0.1, 0.2])))
    assert np.isnan(tune.rank_correlation(tried([1, 2, 3], [0.5, 0.5, 0.5])))


def call(capsys, monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["xbarsim", *map(str, words)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code, *capsys.readouterr()


@pytest.mark.jit
def test_the_command(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    arguments = [
        "tune",
        "--layers",
        "2,2",
        "--dataset",
        "two-pixels",
        "--forward",
        "0.2,0.6",
        "--reverse",
        "0.1,0.4",
        "--factors",
        "1",
        "--iterations",
        60,
        "--window",
        20,
        "--held-out",
        1,
        "--workers",
        1,
        "-o",
        "t",
    ]
    code, out, err = call(capsys, monkeypatch, *arguments, "-q")
    assert code == 0, err
    assert "update noise, layer 1" in out
    assert "best.toml" in out
    assert {"best.toml", "map.png", "tune.csv", "runs", "study.json"} == {p.name for p in (tmp_path / "t").iterdir()}
    code, out, _ = call(capsys, monkeypatch, *arguments, "-q", "--json")
    assert code == 0
    assert set(json.loads(out)["settings"][0]) == {
        "theta_forward",
        "theta_reverse",
        "crus_rate",
        "update_noise",
        "accuracy",
    }


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "expected a layout file, --layers or --rule, got none of them"),
        (("--layers", "2,2", "--rule", "sign", "--by", "noise"), "tune: expected rule 'crus'"),
        (("--layers", "2,2", "--forward", "0.2;0.4"), "--forward: expected numbers with commas"),
        (("--layers", "2,2", "--factors", "0"), "--factors: expected numbers > 0"),
        (("--layers", "2,2", "--window", "0"), "--window: expected a whole number >= 1"),
        (("--rule", "crus", "--iterations", "10"), "crus.un_window: expected 1 to --iterations = 10"),
    ],
)
def test_the_command_refuses_in_one_line(tmp_path, monkeypatch, capsys, words, what):
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, monkeypatch, "tune", *words)
    assert (code, out) == (2, "")
    assert what in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------------------------------
# The study


@pytest.mark.parametrize("name", study_crus.DEVICES)
def test_the_layouts_are_those_of_the_study(name):
    file = (
        ROOT
        / "netlists"
        / f"crus-{name.replace(' ', '').replace('beta5', 'beta5').replace('abruptLT', 'abrupt-lt').lower()}.toml"
    )
    assert Layout.of(layers=(784, 200, 10), iterations=60_000, **study_crus.DEVICES[name]) == Layout.from_toml(file)


def test_the_study_is_a_group_of_reproduce():
    figures = chosen(["crus"])
    assert [f.name for f in figures] == ["crus-devices", "crus-rivals"]
    tasks = tasks_of(figures, [0, 1, 2], "mnist", 60_000)
    assert len(tasks) == 3 * (6 + 10)  # two points of CRUS are in both
    assert {(kind_of(t.layout), plan_of(t.layout).array) for t in tasks} == {
        (CrusState, "analog"),
        (CrusState, "scattered"),
        (RivalState, "analog"),
        (MixedPrecisionState, "ladder"),
    }
    assert isinstance(tasks[0], Task)
    means = {(p.series, p.x): 0.92 for f in figures for p in f.points}
    for f in figures:
        assert all(isinstance(o.holds(means), bool) for o in study_crus.ORDERINGS[f.name])
