"""``xbarsim reproduce rules``: every rule on every device with settings of its own, what is said of it, its picture."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from xbarsim import Layout, LayoutError
from xbarsim.describe.schemes import SCHEMES
from xbarsim.describe.sections import HOMES
from xbarsim.loop.costs import Energy
from xbarsim.study import rules_by_device as study
from xbarsim.study import workers
from xbarsim.study.rules_by_device import Cell, RulesSheet, reproduce_rules
from xbarsim.study.rules_devices import DEVICES, RULES_COMPARED, WORDS, base_of, space_of
from xbarsim.study.rules_report import count
from xbarsim.study.tasks import Task, run_task
from xbarsim.study.tuned import Plan

from ..cli import refuses

PLAN = Plan(2, 1, 1, 0, 300, 4, "grid")


@pytest.mark.once
@pytest.mark.parametrize("rule", RULES_COMPARED)
def test_every_rule_goes_with_every_device(rule):
    for device in DEVICES:
        layout = base_of(rule, device, (784, 20, 10))
        for key, value in SCHEMES[rule].items():
            assert value == getattr(getattr(layout, HOMES[key]), key)
        space = space_of(rule, layout)
        assert space
        assert not set(space) & set(SCHEMES[rule])
    assert set(WORDS) == set(DEVICES)


@pytest.mark.compiles
@pytest.mark.parametrize("rule", [name for name in RULES_COMPARED if name != "software"])
def test_every_rule_tells_what_its_runs_cost(rule, tiny_data):
    """Of networks with a hidden layer, which is where sizes of layers can be mistaken for one another."""
    layout = base_of(rule, "8 states", (6, 5, 3)).replace(iterations=6, eval_every=3, eval_last=1, snapshot_every=0)
    record = run_task(Task(layout, costs=True), tiny_data)
    joules = sum(record["curves"][f"{name}_J"][-1] for name in Energy._fields)
    assert 0.0 < joules < 1e-6
    assert record["result"]["pulses"] >= 0


@pytest.mark.once
def test_devices_are_what_they_are_said_to_be():
    devices = {name: base_of("b", name, (6, 3)).device for name in DEVICES}
    soft = devices["soft bounds"]
    span = soft.g_max - soft.g_min
    # dw = 0.01 (1 - w) of a range of +-1 is 0.01 of what is left to the rail
    up = soft.steps_up()  # over the range, evenly
    left = np.linspace(1.0, 0.0, len(up))
    assert up[left > 0.2] == pytest.approx(0.01 * left[left > 0.2] * span, rel=7e-3)
    assert soft.steps_down()[::-1] == pytest.approx(up, rel=1e-6)
    assert devices["8 states"].n_max == 8
    assert (devices["abrupt LTD"].n_max, devices["abrupt LTD"].n_max_d) == (64, 1)
    assert base_of("b", "Ag:a-Si", (6, 3)).variation.c2c_range == 0.035


def cell(rule, device, *accuracies, **more):
    return Cell(rule, device, accuracies, **more)


def sheet(cells, seeds=3):
    rules = tuple(dict.fromkeys(c.rule for c in cells))
    devices = tuple(dict.fromkeys(c.device for c in cells))
    by = {(c.rule, c.device): c for c in cells}
    return RulesSheet(rules, devices, by, None, (6, 5, 3), PLAN, 1500, seeds, "tiny", "")


@pytest.mark.once
def test_what_cannot_be_told_from_the_best_is_as_good():
    cells = [
        cell("b", "ideal", 0.90, 0.92, 0.91),
        cell("c", "ideal", 0.895, 0.915, 0.90),
        cell("crus", "ideal", 0.80, 0.81, 0.80),
        cell("b", "8 states", 0.5),
        cell("c", "8 states", 0.6),
        cell("crus", "8 states", refused="no"),
    ]
    found = sheet(cells)
    assert [found.as_good(c) for c in cells] == [True, True, False, False, True, False]
    assert found.best("ideal").rule == "b"
    assert math.isnan(cells[-1].accuracy)


@pytest.mark.once
def test_counts_are_short():
    assert [count(x) for x in (123456.0, 0.5, 2e-13, 7.0)] == ["123 k", "500 m", "0.2 p", "7"]


@pytest.mark.compiles
def test_the_study_runs_draws_and_goes_on(tiny_data, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    from xbarsim.show.figures_poster import plot_poster

    how = {
        "rules": ("b", "crus", "software"),
        "devices": ("ideal", "8 states"),
        "layers": (6, 5, 3),
        "iterations": 60,
        "budget": 2,
        "seeds": (0, 1),
    }
    runs = tmp_path / "runs"
    assert reproduce_rules(tmp_path, tiny_data, **how, stop=lambda: len([*runs.glob("*.json")]) > 3) is None
    found = reproduce_rules(tmp_path, tiny_data, **how)
    assert (found.rules, found.devices) == (("b", "crus"), ("ideal", "8 states"))
    assert found.reference is not None
    assert math.isnan(found.reference.pulses)
    one = found.cells["b", "8 states"]
    assert len(one.accuracies) == 2
    assert one.pulses > 0 < one.energy
    assert one.writes > 0
    assert one.found >= one.own
    assert one.layout.device.n_max == 8
    rows = list(csv.DictReader((tmp_path / "rules.csv").read_text().splitlines()))
    assert [(r["rule"], r["device"]) for r in rows[:4]] == list(found.cells)
    assert float(rows[1]["accuracy"]) == pytest.approx(one.accuracy)
    page = (tmp_path / "rules.md").read_text()
    assert "60 of 20,000 iterations, on tiny instead of mnist: no verdict" in page
    assert f"{100 * one.accuracy:.2f} ±" in page
    assert Layout.from_toml(tmp_path / "layouts" / "b-8-states.toml") == one.layout
    monkeypatch.setattr(workers, "run_task", lambda *_: pytest.fail("done again"))
    assert reproduce_rules(tmp_path, tiny_data, **how).as_dict() == found.as_dict()
    figure = plot_poster(found, tmp_path / "poster.png", "")
    assert (tmp_path / "poster.png").stat().st_size > 20_000
    texts = {t.get_text() for t in figure.axes[0].texts}
    assert f"{100 * one.accuracy:.1f}" in texts


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("rules", "fig8"), "reproduce: expected 'rules' alone, got rules fig8"),
        (("rules", "--rules", "b,cruz"), "--rules: unknown name 'cruz'; did you mean 'crus'?"),
        (("rules", "--devices", "ideal,ideal"), "--devices: expected different ones, got ideal twice"),
        (("fig8", "--quick"), "--quick: expected it with 'rules' alone"),
        (("bs", "--budget", "3"), "--budget: expected it with 'rules' alone"),
        (("rules", "--budget", "0"), "--budget: expected a whole number >= 1"),
    ],
)
@pytest.mark.once
def test_refused(call, words, what):
    refuses(call, "reproduce", *words, "--dataset", "digits", what=what)


@pytest.mark.once
def test_names_are_checked():
    with pytest.raises(LayoutError, match="unknown name 'x'"):
        study.chosen(("x",), ("a", "b"), "--rules")
    assert study.chosen((), ("a", "b"), "--rules") == ("a", "b")
