"""What limits a device: departures are switched off one by one, and ranked by what that gains."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.study import workers
from xbarsim.study.comparison import row_of
from xbarsim.study.departures import DEPARTURES, STATES, departures_of, pulses_of
from xbarsim.study.limits import Change, Limit, Ranking, plan_limits, run_limits

from ..cli import refuses

BY_NAME = {d.name: d for d in DEPARTURES}
EVERYTHING = {
    "beta": 2.0,
    "beta_d": 4.0,
    "n_max": 40,
    "n_max_d": 60,
    "sigma": 0.1,
    "g_max_sigma": 0.1,
    "alpha_sigma": 0.1,
    "c2c": 0.3,
    "c2c_range": 0.01,
    "write_noise": 0.03,
    "device_noise": 0.02,
    "stuck_at_g_min": 0.02,
    "endurance": 1e4,
    "method": "c",
}
TABLE = {
    "model": "table",
    "jump_p": ((1e-7, 3e-7), (5e-8, 1e-7)),
    "jump_d": ((5e-8, 1e-7), (1e-7, 3e-7)),
    "method": "c",
}
SOFT = {**EVERYTHING, "model": "soft-bounds"}
TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 10, "--seeds", 1, "--workers", 1, "-q")


def of(**values):
    return Layout.of(layers=(6, 4, 3), **values)


def names(layout):
    return [d.name for d in departures_of(layout)]


def test_everything_that_a_device_has_is_there():
    assert names(of(**EVERYTHING)) == list(BY_NAME)
    assert names(of(**TABLE)) == [
        "nonlinearity of potentiation",
        "nonlinearity of depression",
        "number of states",
        "cycle-to-cycle noise",
    ]
    assert names(of(beta=0.0, n_max=STATES)) == []


@pytest.mark.parametrize("values", [EVERYTHING, TABLE, SOFT], ids=["law", "table", "soft"])
@pytest.mark.parametrize("name", BY_NAME)
def test_off_is_off_and_nothing_else_is(name, values):
    layout, d = of(**values), BY_NAME[name]
    if not d.size(layout):
        pytest.skip("this device has none of it")
    without = d.without(layout)
    assert d.size(without) == ""
    assert [x for x in BY_NAME.values() if x.size(layout) and not x.size(without)] == [d]
    counts = pulses_of(layout.device)
    if name == "number of states":
        assert pulses_of(without.device) == pytest.approx((STATES, STATES), abs=2)
    else:
        assert pulses_of(without.device) == pytest.approx(counts, abs=1)
    assert without.device.span == pytest.approx(layout.device.span)
    assert without.pulses == layout.pulses
    assert without.network == layout.network


def test_a_device_by_its_first_step_keeps_its_pulses():
    layout = of(alpha=4e-8, beta=1.5)
    linear = BY_NAME["nonlinearity of potentiation"].without(layout)
    assert pulses_of(linear.device) == pulses_of(layout.device)
    assert linear.device.beta == 0.0
    assert linear.device.beta_depression == 1.5


def test_the_ideal_device_has_nothing_left():
    for values in (EVERYTHING, TABLE):
        plan = plan_limits(of(**values))
        method = values["method"]
        assert [d.name for d in departures_of(plan.layouts[method, "ideal"])] == []
        for d in plan.departures[method]:
            only = plan.layouts[method, f"only {d.name}"]
            assert names(only) in ([d.name], [])  # the on/off ratio alone does not act
        assert plan.runs == len(set(plan.layouts.values()))


def test_what_cannot_act_is_not_run_and_told():
    plan = plan_limits(of(beta=2.0, method="b"))
    assert "nonlinearity of depression" not in [d.name for d in plan.departures["b"]]
    told = " ".join(plan.notes)
    assert "pair method b gives no depression pulse" in told
    assert "Gmin drops out of it" in told
    wired = plan_limits(of(beta=2.0, method="c", wire_resistance=2.0))
    assert "on/off ratio" in [d.name for d in wired.departures["c"]]


@pytest.mark.parametrize(
    ("values", "methods", "what"),
    [
        ({"rule": "software"}, (), "expected a rule with devices, got 'software'"),
        ({"rule": "crus"}, ("a",), "which has no pair methods"),
        ({}, ("a", "d"), "expected some of a, b, c, fixed, one-sided, got 'd'"),
        ({"beta": 0.0, "n_max": 250}, (), "without any departure that acts"),
    ],
)
def test_refused(values, methods, what):
    with pytest.raises(xbarsim.LayoutError, match=what):
        plan_limits(of(**values), methods)


def test_a_plug_ins_law_stays(plugin):
    layout = of(sigma=0.2).with_device(f"{plugin}:step").replace(device_noise=0.1)
    plan = plan_limits(layout)
    assert [d.name for d in plan.departures["b"]] == ["read noise"]
    assert "the plug-in's own law stays as it is" in " ".join(plan.notes)


def test_changes_are_paired_by_seed():
    change = Change.between((0.9, 0.8, 0.7), (0.6, 0.6, 0.4))
    assert change.mean == pytest.approx(0.8 / 3)
    assert change.error == pytest.approx(np.std([0.3, 0.2, 0.3], ddof=1) / np.sqrt(3))
    assert Change.between((0.5,), (0.4,)).error is None


def test_ranking_by_what_is_gained(monkeypatch, tmp_path, tiny_data):
    """Accuracies that are known: the twin of the bookkeeping."""
    plan = plan_limits(of(beta=2.0, n_max=40, c2c=0.3, method="c"))

    def known(layouts, *_args, seeds, **_more):
        rows = []
        for layout in layouts.values():
            d, v = layout.device, layout.variation
            lost = (
                0.1 * (d.beta > 0) + 0.2 * (d.beta_depression > 0) + 0.05 * (pulses_of(d)[0] < 250) + 0.4 * (v.c2c > 0)
            )
            result = {"accuracy_mean_last": 0.9 - lost, "accuracy_min_last": 0, "accuracy_max_last": 1}
            rows.append(row_of("x", [result for _ in seeds]))
        return rows

    monkeypatch.setattr("xbarsim.study.limits.run_all", known)
    found = run_limits(plan, tiny_data, tmp_path, seeds=(0, 1))
    (ranking,) = found.rankings
    assert [(x.name, round(x.gained.mean, 6), round(x.lost.mean, 6)) for x in ranking.limits] == [
        ("cycle-to-cycle noise", 0.4, 0.4),
        ("nonlinearity of depression", 0.2, 0.2),
        ("nonlinearity of potentiation", 0.1, 0.1),
        ("number of states", 0.05, 0.05),
    ]
    assert ranking.gap.mean == pytest.approx(0.75)
    assert found.runs == 2 * 10
    assert ranking.verdict == "cycle-to-cycle noise (c2c 0.3) limits it most: 40.00 points more without it"
    assert found.table.column("departure")[:2] == ["as it is", "ideal device"]


@pytest.mark.compiles
def test_command(call, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    command = ("limits", *TINY, "--set", "beta=3", "--set", "n_max=9", "--methods", "b,c", "-o", "out")
    code, out, err = call(*command, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert [r["method"] for r in found["rankings"]] == ["b", "c"]
    gains = [x["gained"]["mean"] for x in found["rankings"][1]["limits"]]
    assert gains == sorted(gains, reverse=True)
    assert found["runs"] == len(list((tmp_path / "out" / "runs").iterdir()))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["limits.csv", "limits.png", "runs", "study.json"]
    monkeypatch.setattr(workers, "run_task", lambda *_: pytest.fail("done again"))
    code, out, _ = call(*command)
    assert code == 0
    assert "number of states" in out
    assert "pair method b gives no depression pulse" in out
    lines = list(csv.DictReader((tmp_path / "out" / "limits.csv").read_text().splitlines()))
    assert {line["method"] for line in lines} == {"b", "c"}
    refuses(call, "limits", *TINY, "--methods", "x", what="--methods: expected some of a, b, c")


def test_one_seed_gives_no_verdict():
    """A gain of one run cannot be told from the scatter of runs."""
    limit = Limit("noise", "c2c 0.3", "0", None, None, Change.between((0.6,), (0.5,)), Change.between((0.5,), (0.5,)))
    ranking = Ranking("b", None, None, (limit,))
    assert ranking.verdict.startswith(
        "no verdict: one seed cannot tell a gain from scatter; noise (c2c 0.3) gains most"
    )
