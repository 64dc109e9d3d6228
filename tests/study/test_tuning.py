"""``xbarsim tune`` for any rule: what is searched, who is asked, that it goes on from its records, and what it says."""

from __future__ import annotations

import csv
import itertools
import json

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, LayoutError
from xbarsim.commands.main import joined
from xbarsim.describe.rules.table import RULES
from xbarsim.describe.schemes import SCHEMES
from xbarsim.study import asking, tuning, workers
from xbarsim.study.asking import asker_of, way_of
from xbarsim.study.clock import Tick
from xbarsim.study.rounds import Rounds
from xbarsim.study.samples import Range
from xbarsim.study.space import in_words, space_of, usual
from xbarsim.study.tasks import Task
from xbarsim.study.tune import held_out
from xbarsim.study.tuned import Plan, Search, Setting, Tuned, accuracy_of, held_out_of, ranked, short, with_values

from ..cli import refuses

SPACE = {"c": Range(1.0, 10.0, log=True), "output_dead_zone": Range(0.0, 0.4), "method": ("a", "b", "c")}
BASE = Layout.of(layers=(6, 5, 3), n_max=32)
PLAN = Plan(budget=6, seeds=1, finalists=2, confirm=2, iterations=30, at_once=3, way="tpe")


# What is searched -----------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize("name", SCHEMES)
def test_every_rule_brings_keys_that_act_and_ranges_that_it_takes(name):
    layout = Layout.of(layers=(784, 20, 10), **SCHEMES[name])
    space = usual(layout)
    assert space
    for key, values in space.items():
        for value in (values.at(0.0), values.at(0.37), values.at(1.0)) if isinstance(values, Range) else values:
            assert layout.replace(**{key: value}) != layout


@pytest.mark.once
def test_what_is_searched_can_be_said():
    texts = [
        "softmax_scale=log:0.5:5",
        "output-dead-zone=lin:0:0.3",
        "neuron.c",
        "method=a,b",
        "hidden_dead_zone=0,0.1",
    ]
    space = space_of(BASE, texts)
    assert space["softmax_scale"] == Range(0.5, 5, log=True)
    assert space["c"] == usual(BASE)["c"]
    assert (space["method"], space["hidden_dead_zone"]) == (("a", "b"), (0, 0.1))
    words = in_words(space)
    assert words.endswith("c=log:1:30, method=a,b, hidden_dead_zone=0,0.1")
    parts = joined([*words.split(" ")])  # as a shell would give it back
    assert space_of(BASE, [part.rstrip(",") for part in words.split(", ")]) == space, parts


@pytest.mark.once
@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (["cc=1:2"], "--search: unknown key 'cc'; did you mean 'c2c'?"),
        (["beta=0:3"], "expected a key of [array], [neuron], [pulses]"),
        (["rule=sign,crus"], "got pulses.rule, for which a rule is tuned"),
        (["c=1:2", "c=2,3"], "expected every key once, got 'c' again"),
        (["input_threshold"], "--search input_threshold: expected values, as it has no usual range"),
        (["crus_rate=log:1:2"], "--search crus_rate: expected a key that acts here, got one that needs rule 'crus'"),
        (["c=3"], "--search c: expected a range, or two values or more, got '3'"),
        (["c=log:0:2"], "--search c=log:0:2: expected 0 < FROM < TO"),
        (["method=lin:0:2"], "'method' takes no numbers"),
    ],
)
def test_what_cannot_be_searched_is_refused(texts, what):
    with pytest.raises(LayoutError) as caught:
        space_of(BASE, texts)
    assert what in str(caught.value)


# Who is asked ---------------------------------------------------------------------------------------------------------


def play(way, rounds, budget, worth=lambda p: -abs(np.log(p["c"] / 3.0))):
    """Ask in rounds, and tell what a function says; all that was asked."""
    asker, asked = asker_of(way, SPACE, budget), []
    asker.begin({"c": 9.0, "output_dead_zone": 0.1, "method": "b"}, worth({"c": 9.0}))
    for n in rounds:
        points = asker.ask(n)
        asker.tell([worth(p) for p in points])
        asked += points
    return asked


@pytest.mark.once
@pytest.mark.parametrize("way", ["tpe", "lhs", "grid"])
def test_who_is_asked_again_says_the_same(way):
    asked = play(way, (4, 4, 4), 12)
    assert len(asked) == 12
    assert asked == play(way, (4, 4, 4), 12)
    assert {p["method"] for p in asked} <= set("abc")
    assert all(1.0 <= p["c"] <= 10.0 and 0.0 <= p["output_dead_zone"] <= 0.4 for p in asked)
    assert len({tuple(p.values()) for p in asked}) == 12


@pytest.mark.once
def test_more_budget_goes_on_where_less_ended():
    assert play("tpe", (4, 4, 2), 10)[:10] == play("tpe", (4, 4, 4, 4), 16)[:10]


@pytest.mark.once
def test_what_was_found_is_heeded():
    """Of eighty settings the later half lies nearer to the best c, 9, than half of where draws lie."""

    def away(asked):
        return np.mean([abs(np.log(p["c"] / 9.0)) for p in asked[40:]])

    def worth(p):
        return -abs(np.log(p["c"] / 9.0))

    assert away(play("tpe", (4,) * 20, 80, worth)) < 0.5 * away(play("lhs", (4,) * 20, 80, worth))


@pytest.mark.once
def test_a_grid_has_as_many_values_as_the_budget_allows():
    points = asker_of("grid", SPACE, 12).ask(99)
    assert len(points) == 12
    assert {p["method"] for p in points} == {"a", "b"}
    assert asker_of("grid", SPACE, 1).ask(3) == [{"c": 3.16228, "output_dead_zone": 0.2, "method": "a"}]


@pytest.mark.once
def test_without_optuna_a_hypercube_without_scipy_a_grid(monkeypatch, caplog):
    gone: set[str] = set()
    monkeypatch.setattr(asking.importlib.util, "find_spec", lambda name: None if name in gone else object())
    assert way_of("auto") == "tpe"
    gone.add("optuna")
    assert way_of("auto") == "lhs"
    with pytest.raises(xbarsim.XbarsimError, match=r"--how tpe: expected optuna, found none; install it: pip"):
        way_of("tpe")
    gone.add("scipy")
    assert (way_of("auto"), way_of("grid")) == ("grid", "grid")


# Rounds ---------------------------------------------------------------------------------------------------------------


@pytest.mark.compiles
def test_rounds_are_told_as_one_study(tiny_data, tmp_path):
    tasks = [Task(short(BASE.replace(seed=s), 20)) for s in range(5)]

    def go():
        ticks: list[Tick] = []
        rounds = Rounds(
            tmp_path, [(4, 1.0), (1, 5.0)], workers=1, listener=ticks.append, stop=lambda: False, trials=False
        )
        assert len(rounds.run(tasks[:2], tiny_data)) == 2
        assert len(rounds.run(tasks[2:4], tiny_data)) == 2
        assert list(rounds.run(tasks[4:], tiny_data, 5.0)) == tasks[4:]
        rounds.end()
        return ticks

    ticks = go()
    assert {t.total for t in ticks} == {5}
    assert [t.done for t in ticks] == sorted(t.done for t in ticks)
    assert all(a.cost_done <= b.cost_done for a, b in itertools.pairwise(ticks))
    assert (ticks[-1].done, ticks[-1].cost_done, ticks[-1].cost_total) == (5, 9.0, 9.0)
    again = go()
    assert [(t.done, t.kept) for t in again] == [(5, 5)]  # all was there already


# The search -----------------------------------------------------------------------------------------------------------


def search(data, folder, plan=PLAN, **more):
    return tuning.tune_rule(Search(BASE, SPACE), data, folder, plan, samples=30, **more)


@pytest.mark.jit
def test_a_search_that_was_stopped_goes_on_from_its_records(tiny_data, tmp_path, monkeypatch):
    whole = search(tiny_data, tmp_path / "whole")
    assert [s.number for s in whole.settings] == list(range(7))
    assert sorted(len(s.accuracies) for s in whole.settings) == [1] * 5 + [3, 3]
    assert len(whole.found.accuracies) == 3
    assert whole.found == ranked([s for s in whole.settings if len(s.accuracies) > 1])[0]
    assert len(whole.again) == len(whole.before) == 2
    runs = tmp_path / "cut" / "runs"
    assert search(tiny_data, tmp_path / "cut", stop=lambda: len([*runs.glob("*.json")]) > 4) is None
    assert 0 < len([*runs.glob("*.json")]) < 12
    assert search(tiny_data, tmp_path / "cut") == whole
    monkeypatch.setattr(workers, "run_task", lambda *_: pytest.fail("done again"))
    assert search(tiny_data, tmp_path / "cut") == whole


@pytest.mark.jit
def test_the_test_samples_do_not_matter(tiny_data, tmp_path):
    from dataclasses import replace

    other = replace(tiny_data, x_test=255 - tiny_data.x_test)
    one = Plan(2, 1, 1, 1, 20, 2, "lhs")
    assert search(tiny_data, tmp_path / "a", one) == search(other, tmp_path / "b", one)


@pytest.mark.jit
def test_a_setting_counts_by_its_last_evaluations(tiny_data, tmp_path):
    plan = Plan(1, 2, 1, 0, 30, 1, "grid")
    found = search(tiny_data, tmp_path, plan)
    for setting in found.settings:
        for seed, accuracy in enumerate(setting.accuracies):
            layout = with_values(BASE, setting.values).replace(
                iterations=30, eval_every=3, eval_last=0, seed=seed, snapshot_every=0
            )
            result = xbarsim.run(layout, dataset=held_out(tiny_data, 30))
            curve = dict(result.accuracy_curve)
            assert accuracy == pytest.approx(np.mean([curve[24], curve[27], curve[30]]))
    assert (found.again, found.gain_error) == ((), None)
    assert found.gain == pytest.approx(found.found.accuracy - found.own.accuracy)


@pytest.mark.compiles
def test_a_setting_that_is_refused_is_told_and_left_out(tiny_data, tmp_path):
    base = Layout.of(layers=(6, 3), rule="crus", baseline="lim-c", n_max=32)
    space = {"initial_low": (0.3, 0.9), "crus_rate": (0.1, 1.0)}  # it starts at most at 0.6
    found = tuning.tune_rule(Search(base, space), tiny_data, tmp_path, Plan(4, 1, 1, 0, 20, 4, "grid"), samples=30)
    refused = [s for s in found.settings if s.refused]
    assert [s.values["initial_low"] for s in refused] == [0.9, 0.9]
    assert "expected a number >= initial_low" in refused[0].refused
    assert not found.found.refused


@pytest.mark.once
def test_the_best_of_a_search_is_judged_by_other_seeds():
    settings = tuple(Setting(k, {} if k == 0 else {"c": float(k)}, (a,)) for k, a in enumerate((0.8, 0.9, 0.7)))
    lucky = Tuned(Search(BASE, SPACE), settings, settings[1], (0.7, 0.72), (0.8, 0.82))
    assert lucky.gain == pytest.approx(-0.1)
    assert lucky.gain_error == pytest.approx(np.hypot(0.01, 0.01))
    assert (lucky.best.number, lucky.layout) == (0, BASE)
    better = Tuned(Search(BASE, SPACE), settings, settings[1], (0.9, 0.92), (0.8, 0.82))
    assert (better.best.number, better.layout) == (1, BASE.replace(c=1.0))


@pytest.mark.once
def test_a_sixth_is_held_out(tiny_data):
    assert held_out_of(tiny_data, None) == 15
    assert held_out_of(tiny_data, 7) == 7
    assert accuracy_of({"curve": [[0, 0.1], [10, 0.2], [20, 0.4], [30, 0.6]]}) == pytest.approx(0.4)
    assert {RULES[v["rule"]].tuned_by(Layout.of(layers=(2, 2), **v)) for v in SCHEMES.values()} == {"accuracy", "noise"}


# The command ----------------------------------------------------------------------------------------------------------

TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 30, "--held-out", 1, "--workers", 1, "-q")


@pytest.mark.jit
def test_the_command(call, tmp_path):
    pytest.importorskip("matplotlib")
    command = ("tune", *TINY, "--rule", "c", "--budget", 3, "--confirm", 1, "--set", "n_max=9")
    code, out, err = call(*command)
    assert code == 0, err
    assert "as it was" in out
    folder = tmp_path / "tune"
    assert {p.name for p in folder.iterdir()} == {"best.toml", "tune.csv", "tune.png", "runs", "study.json"}
    rows = list(csv.DictReader((folder / "tune.csv").read_text().splitlines()))
    assert [r["setting"] for r in rows] == ["0", "1", "2", "3"]
    assert float(rows[-1]["best_so_far"]) == max(float(r["accuracy"]) for r in rows)
    best = Layout.from_toml(folder / "best.toml")
    assert (best.pulses.rule, best.pulses.method, best.device.n_max) == ("sign", "c", 9)
    code, out, _ = call(*command, "--budget", 5, "--json")  # more of the same search
    assert code == 0
    found = json.loads(out)
    assert len(found["settings"]) == 6
    assert found["way"] == "tpe"
    code, out, err = call("report", "tune", "-o", "page.html")
    assert code == 0, err
    page = (tmp_path / "page.html").read_text()
    assert "best held-out accuracy" in page
    refuses(call, *command, "--iterations", 40, what="holds another study")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--rule", "bd"), "--rule: unknown rule 'bd'"),
        (("--by", "luck"), "--by: unknown figure 'luck'"),
        (("--rule", "b", "--forward", "0.1"), "--forward: expected nothing of --by noise with --by accuracy"),
        (("--rule", "crus", "--by", "noise", "--budget", "3"), "--budget: expected nothing of --by accuracy"),
        (("--rule", "b", "--budget", "0"), "--budget: expected a whole number >= 1"),
        (("--rule", "b", "--how", "luck"), "--how: unknown way 'luck'"),
        (("--rule", "b", "--search", "beta=1:2"), "expected a key of [array]"),
        (("--rule", "b", "--held-out", "99"), "--held-out: expected 1 to"),
    ],
)
@pytest.mark.once
def test_the_command_refuses_in_one_line(call, words, what):
    if "--by" not in words or "luck" not in words:
        words = ("--by", "accuracy", *words) if "--forward" in words else words
    refuses(call, "tune", "--layers", "2,2", "--dataset", "two-pixels", *words, what=what)
