"""``xbarsim reproduce target``: rules program a matrix beside references that are wrong."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from xbarsim import Layout, LayoutError, reproduce
from xbarsim.study import target as study
from xbarsim.study.target import Case, TargetSheet, cases_of, judged, program, reproduce_target

from ..cli import refuses


def case(rule, sigma, **changed):
    return Case(**{"rule": rule, "states": 25, "sigma": sigma, "seed": 0, "updates": 1000, "size": 3, **changed})


@pytest.mark.compiles
def test_an_estimated_reference_makes_up_for_wrong_ones():
    agad, ttv2 = ([program(case(rule, sigma)) for sigma in (0.0, 0.5)] for rule in ("agad", "ttv2"))
    assert max(*agad, *ttv2) < 0.1  # the matrix, of 0.25, is there
    assert agad[1] < 1.1 * agad[0]
    assert ttv2[1] > 1.2 * ttv2[0]


def sheet_of(error):
    cases = cases_of((0, 1), 100, 3)
    return TargetSheet({c: error(c) for c in cases}, 100, 3, ())


@pytest.mark.once
def test_statements_are_judged_by_errors():
    rises = {"stochastic": 6.0, "tiki-taka": 9.0, "ttv2": 9.0, "c-ttv2": 2.0, "agad": 1.0}
    as_said = sheet_of(lambda c: 0.01 * (rises[c.rule] if c.sigma == 0.5 else 1.0))
    assert all(holds for _, holds in judged(as_said))
    assert len(as_said.of("agad", 200, 0.5)) == 2
    flat = sheet_of(lambda c: 0.01)
    assert [holds for _, holds in judged(flat)] == [True, False, False, False]


@pytest.mark.once
def test_only_the_array_of_the_gradients_has_wrong_references():
    layout = study.layout_of(case("agad", 0.3))
    assert layout.array.reference_sigma == 0.3
    assert layout.pulses.method == "fixed"
    assert isinstance(layout, Layout)
    assert np.abs(study.wanted_of(case("agad", 0.3, size=20))).max() <= study.MOST


@pytest.mark.once
def test_a_study_goes_on_and_reports(tmp_path, monkeypatch):
    asked, ticks = [], []
    monkeypatch.setattr(study, "program", lambda c: asked.append(c) or 0.01 + c.sigma)
    stops = iter([False] * 7 + [True])
    assert reproduce_target(tmp_path, seeds=(0,), updates=50, size=3, stop=lambda: next(stops)) is None
    assert len(asked) == 7
    sheet = reproduce_target(tmp_path, seeds=(0,), updates=50, size=3, listener=ticks.append)
    total = len(cases_of((0,), 50, 3))
    assert len(asked) == len(set(asked)) == total
    assert (ticks[0].done, ticks[0].kept, ticks[-1].done) == (7, 7, total)
    lines = list(csv.DictReader((tmp_path / "target.csv").read_text().splitlines()))
    assert len(lines) == total
    assert sheet.short_of == "50 of 20,000 updates, 3 of 20 rows"
    assert sheet.verdicts[0].startswith("no verdict")
    page = (tmp_path / "target.md").read_text()
    assert "| agad |" in page
    assert [p["error"] for p in sheet.points if p["rule"] == "agad" and p["sigma_r"] == 0.5] == [0.51]


@pytest.mark.once
def test_the_command_leaves_a_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "program", lambda c: 0.01 + c.sigma + 0.001 * c.seed)
    found = reproduce("target", folder=tmp_path, dataset="digits", seeds=2, iterations=50)
    assert len(found.table) == len(study.RULES) * 14
    assert found.figure() is not None
    assert (tmp_path / "target.md").exists()
    with pytest.raises(LayoutError, match="budget"):
        reproduce("target", folder=tmp_path, dataset="digits", budget=3)


@pytest.mark.once
def test_it_stands_alone(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refuses(call, "reproduce", "target", "fig6", what="alone")
    monkeypatch.setattr(study, "program", lambda c: 0.01 + c.sigma)
    for given in ((), ("--dataset", "digits")):
        err = call("reproduce", "target", "--quick", "--workers", "1", "-o", f"t{len(given)}", *given)[2]
        assert err.count("dataset: given") == len(given) // 2, "once, where one was given"
