"""``xbarsim compare``: the same samples for all rules, and what is counted on the way.

Tables, picture, what is refused, and that it goes on.
"""

from __future__ import annotations

import csv
import json

import h5py
import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.data_sets.order import SampleOrder
from xbarsim.learn.table import state_of
from xbarsim.loop import simulate
from xbarsim.loop.costs import Energy, Meter, has_devices, inputs_of
from xbarsim.study import energy_bs, rule_comparison, workers
from xbarsim.study.rule_choices import SCHEMES, choices_of, layouts_of, settings_of, style_of, untuned
from xbarsim.study.rule_comparison import common_accuracy, rule_of
from xbarsim.study.rule_tables import results

from ..cli import refuses

pytestmark = pytest.mark.jit
TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 60, "--set", "n_max=32", "--workers", 1, "-q")


def plan(rules, *settings, base=None, samples=60):
    choices = choices_of(rules)
    given = settings_of(settings, choices)
    base = Layout.of(layers=(6, 5, 3), iterations=120, eval_last=3, **given.common) if base is None else base
    return layouts_of(base, choices, given, samples)


# Which runs -----------------------------------------------------------------------------------------------------------


def test_layouts_differ_in_the_rule_alone():
    layouts = plan("a,c,lim-b,bs,software", "beta=2", "bs:bs_scale=3", "c:hidden_dead_zone=0.2")
    assert {n: (x.pulses.rule, x.pulses.method) for n, x in layouts.items() if n in "ac"} == {
        "a": ("sign", "a"),
        "c": ("sign", "c"),
    }
    assert (layouts["lim-b"].pulses.rule, layouts["lim-b"].crus.baseline) == ("crus", "lim-b")
    assert (layouts["bs"].bs.bs_digits, layouts["bs"].bs.bs_scale) == (2, 3.0)
    assert (layouts["a"].pulses.hidden_dead_zone, layouts["c"].pulses.hidden_dead_zone) == (None, 0.2)
    for layout in layouts.values():
        assert (layout.device.beta, layout.run.eval_every, layout.network.layers) == (2.0, 3, (6, 5, 3))
    assert plan("bs", "bs_digits=3")["bs"].bs.bs_digits == 3
    assert not has_devices(plan("bs", "bs:bs_digits=0")["bs"])
    assert plan("a", "eval_every=7")["a"].run.eval_every == 7


def test_settings_that_sense_come_from_the_most_alike_device_unless_given(tmp_path):
    assert plan("crus")["crus"].crus.theta_forward == 0.6
    abrupt = Layout.of(layers=(6, 3), n_max=64, beta=3.0, n_max_d=1, beta_d=0.0)
    assert plan("crus,lim-c", base=abrupt)["crus"].crus.theta_forward == 0.2
    assert plan("lim-c", base=abrupt)["lim-c"].crus.crus_rate == 1.23
    assert plan("crus", "theta_forward=0.3")["crus"].crus.theta_forward == 0.3
    file = tmp_path / "mine.toml"
    file.write_text(
        "[network]\nlayers = [2, 2]\n[device]\nbeta = 4.0\n[neuron]\nc = 7.0\n[crus]\ntheta_forward = 0.1\n"
    )
    chosen = plan(f"b,crus={file}", "crus:theta_reverse=0.05")["crus"]
    assert (chosen.crus.theta_forward, chosen.crus.theta_reverse, chosen.neuron.c) == (0.1, 0.05, 7.0)
    assert (chosen.device.beta, chosen.network.layers) == (Layout.of(layers=(2, 2)).device.beta, (6, 5, 3))
    own = Layout.of(layers=(6, 3), rule="crus", theta_forward=0.44)
    assert plan("crus", base=own)["crus"].crus.theta_forward == 0.44
    nothing = settings_of((), choices_of("b,crus"))
    assert untuned(abrupt, choices_of("b,crus,lim-a"), nothing) == []
    assert untuned(abrupt.replace(beta=1.0), choices_of("b,crus,lim-a"), nothing) == ["crus", "lim-a"]
    assert untuned(own, choices_of("b,crus"), nothing) == []


def test_a_rule_is_known_by_its_earlier_name_and_told(caplog):
    with caplog.at_level("INFO", "xbarsim"):
        assert [c.name for c in choices_of("b,binary")] == ["b", "bs"]
    assert "--rules binary: is called bs now" in caplog.text


def test_rules_have_colours_and_strokes_of_their_own():
    styles = [style_of(name) for name in SCHEMES]
    assert len(set(styles)) == len(styles)
    assert style_of("b") == ("#D55E00", "-")


def test_software_has_no_devices_to_differ():
    layouts = plan("c,software", "c2c=0.1", "sigma=0.2")
    assert (layouts["c"].variation.c2c, layouts["software"].variation.any) == (0.1, False)


@pytest.mark.plain
@pytest.mark.parametrize("rule", SCHEMES)
def test_all_rules_see_the_same_samples(rule, tiny_data, monkeypatch):
    seen, take = [], SampleOrder.take
    monkeypatch.setattr(SampleOrder, "take", lambda *a: seen.append(take(*a)) or seen[-1])
    layout = plan(rule, "n_max=32")[rule].replace(seed=5)
    xbarsim.run(layout, dataset=tiny_data)
    monkeypatch.undo()
    np.testing.assert_array_equal(np.concatenate(seen), SampleOrder(5, len(tiny_data.y_train)).take(0, 120))


# What is counted ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["a", "b", "c", "crus"])
def test_most_writes_are_those_of_the_counters(rule, tiny_data, tmp_path):
    path = tmp_path / "run.h5"
    result = xbarsim.run(plan(rule, "n_max=32", "un_window=40")[rule], out=path, dataset=tiny_data)
    with Trace(path) as trace:
        counts = [trace.counts(k) for k in (1, 2)]
        most = max((c[f"pulses_{s}"].astype(int) + c[f"resets_{s}"]).max() for c in counts for s in ("plus", "minus"))
        writes = trace.most_writes
        pulses = np.cumsum(trace.curves["pulses"], dtype=int)
    assert result.most_writes == most == writes[-1] > 0
    assert writes[0] == 0
    assert (np.diff(writes) >= 0).all()
    assert [p.most_writes for p in result.checkpoints] == writes.tolist()
    assert [p.pulses for p in result.checkpoints[1:]] == [pulses[p.iteration - 1] for p in result.checkpoints[1:]]
    assert result.as_dict()["most_writes"] == most


def test_a_resumed_run_has_the_same_series(tiny_data, tmp_path):
    layout = plan("c", "n_max=32")["c"]
    whole = xbarsim.run(layout, out=tmp_path / "whole.h5", dataset=tiny_data)
    for name in ("new", "old"):
        path = tmp_path / f"{name}.h5"
        ticks = iter([False] * 20 + [True] * 5)
        assert not xbarsim.run(layout, out=path, dataset=tiny_data, stop=lambda ticks=ticks: next(ticks)).finished
        if name == "old":  # of a version that did not keep them
            with h5py.File(path, "r+") as file:
                del file["entry/accuracy/most_writes"]
        resumed = xbarsim.resume(path, dataset=tiny_data)
        again = xbarsim.resume(path, dataset=tiny_data)  # finished: read from the file
        assert resumed.most_writes == whole.most_writes
        assert [p[:4] for p in again.checkpoints] == [p[:4] for p in whole.checkpoints]
        if name == "new":
            assert resumed.checkpoints == again.checkpoints == whole.checkpoints
        else:
            assert again.most_writes is None


def test_energies_follow_their_constants(tiny_data):
    base = plan("c", "n_max=32")["c"]

    def energy(**values):
        layout = base.replace(**values)
        meter = Meter(layout, tiny_data)
        result = xbarsim.run(layout, dataset=tiny_data, watch=meter)
        assert len(meter.energy) == len(result.checkpoints)
        totals = np.array(meter.energy)
        assert (totals[0] == 0.0).all() or result.checkpoints[0].iteration > 0
        assert (np.diff(totals, axis=0) >= 0.0).all()
        return meter.energy[-1], result

    first, result = energy()
    assert first.pulses == pytest.approx(9e-15 * result.pulses)
    assert first.total == pytest.approx(sum(first))
    assert energy(pulse_voltage=6.0)[0].pulses == pytest.approx(4.0 * first.pulses)
    assert energy(read_width=2e-7)[0].reads == pytest.approx(2.0 * first.reads)
    assert energy(eval_every=0)[0].reads == pytest.approx(first.reads, rel=0.2)  # no look at the start


def test_sensing_is_counted(tiny_data):
    layout = plan("crus", "n_max=32", "sense_every=50", "crus_rate=0")["crus"]  # conductances that stay as they are
    meter = Meter(layout, tiny_data)
    state = []
    xbarsim.run(layout, dataset=tiny_data, watch=lambda p, s: (meter(p, s), state.append(s)))
    whole = sum(float(g.sum()) for k in (0, 1) for g in state[0].conductance(k))
    assert meter.energy[-1].sensing == pytest.approx(
        3 * 0.1**2 * whole * 1e-7, rel=1e-5
    )  # before updates 0, 50 and 100


@pytest.mark.plain
def test_reads_of_bs_are_those_of_its_own_energy_model(tiny_data):
    layout = plan("bs", "n_max=32", "bs_carry_every=40")["bs"]
    meter = Meter(layout, tiny_data)
    result = xbarsim.run(layout, dataset=tiny_data, watch=meter)
    bs = layout.bs
    run = energy_bs.Run(layout.network.layers, 120, bs.bs_reads, bs.bs_draws, 2, 40, result.work)
    parts = energy_bs.binary_stochastic(run, energy_bs.values(v_read=0.1, t_read=1e-7, g_factor=1.0))
    assert meter.energy[-1].reads == pytest.approx(120 * parts["array reads"], rel=0.25)  # it takes final conductances
    assert meter.energy[-1].sensing > 0.0


def test_digits_of_any_device_are_read_as_they_conduct(tiny_data):
    def powers(**values):
        state = state_of(plan("bs", "n_max=32")["bs"].replace(**values))
        state.initialise()
        return state.usage(0, inputs_of(tiny_data)).read_power

    nominal = powers()
    np.testing.assert_allclose(powers(engine="analog"), nominal, rtol=1e-6)
    assert 0.01 < np.abs(powers(sigma=0.3) / nominal - 1.0).max() < 0.3


# Tables ---------------------------------------------------------------------------------------------------------------


def record(seed, accuracies, *, writes=5, pulses=100):
    n = len(accuracies)
    curves = {
        "iteration": list(range(n)),
        "accuracy": accuracies,
        "pulses": np.linspace(0, pulses, n).tolist(),
        "resets": [0] * n,
        "most_writes": np.linspace(0, writes, n).tolist(),
        **{f"{e}_J": [1e-9 * k for k in range(n)] for e in Energy._fields},
    }
    result = {
        "accuracy": accuracies[-1],
        "accuracy_mean_last": accuracies[-1],
        "accuracy_min_last": 0.1,
        "accuracy_max_last": 0.9,
        "seed": seed,
        "iterations": n - 1,
        "pulses": pulses,
        "resets": 0,
        "most_writes": writes,
        "seconds": 1.0,
        "engine": "e",
        "dataset": "d",
    }
    return {"result": result, "curves": curves}


def test_curves_are_means_of_windows_and_of_seeds():
    layout = Layout.of(layers=(2, 2), eval_every=1)
    rule = rule_of("b", layout, [record(0, [0.1, 0.4, 0.9, 0.5, 0.6]), record(1, [0.1, 0.6, 0.7, 0.5, 0.8])])
    np.testing.assert_allclose(rule.curves.trend[0], [0.1, 0.4, 0.6, 2.0 / 3.0, 0.6])
    np.testing.assert_allclose(rule.curves.mean().trend, [0.1, 0.5, 0.6, 2.0 / 3.0, 0.7])
    assert common_accuracy([rule], 0.1) == pytest.approx(0.7)
    assert common_accuracy([rule], 0.68) is None
    at = rule.at(0.6)
    assert (at.iteration, at.pulses, at.writes) == (2, 50.0, 2.5)
    assert at.energy == pytest.approx(8e-9)
    assert rule.at(0.71) is None


def test_writes_that_nobody_counted_are_no_number():
    layout = Layout.of(layers=(2, 2), eval_every=1)
    rule = rule_of("b", layout, [record(0, [0.1, 0.8], writes=0)])
    assert np.isnan(rule.curves.writes).all()
    assert ",100,0,," in results([rule]).to_csv()


# The command ----------------------------------------------------------------------------------------------------------


def test_compare_draws_and_goes_on(call, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    command = ("compare", "--rules", "a,c,crus,bs,software", *TINY, "--seeds", 2, "-o", "out")
    code, out, err = call(*command, "--json")
    assert code == 0, err
    found = {r["name"]: r for r in json.loads(out)["rules"]}
    assert list(found) == ["a", "c", "crus", "bs", "software"]
    assert found["c"]["pulses"] > 0.0 < found["c"]["energy_J"]
    assert found["software"]["pulses"] is None is found["software"]["energy_J"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "curves.csv",
        "results.csv",
        "rules.png",
        "runs",
        "study.json",
    ]
    assert (tmp_path / "out" / "rules.png").stat().st_size > 50_000
    results = list(csv.DictReader((tmp_path / "out" / "results.csv").read_text().splitlines()))
    curves = list(csv.DictReader((tmp_path / "out" / "curves.csv").read_text().splitlines()))
    assert [(r["rule"], r["seed"]) for r in results] == [(n, s) for n in found for s in "01"]
    for r in results:
        last = [c for c in curves if (c["rule"], c["seed"]) == (r["rule"], r["seed"])][-1]
        assert (last["iteration"], last["accuracy"], last["pulses"]) == ("60", r["accuracy"], r["pulses"])
        parts = [float(last[f"{e}_J"] or 0) for e in Energy._fields]
        assert sum(parts) == pytest.approx(float(r["energy_J"] or 0))
    monkeypatch.setattr(workers, "run_task", lambda *_: pytest.fail("done again"))
    code, out, _ = call(*command)
    assert code == 0
    assert "worst device's writes" in out
    assert "To reach" in out
    code, out, _ = call(*command, "--csv")
    assert out == (tmp_path / "out" / "results.csv").read_text()


def test_a_comparison_that_was_stopped_goes_on(tmp_path, tiny_data, monkeypatch):
    layouts = plan("b,c", "n_max=32")
    asked = iter([False, False, True, True])
    assert rule_comparison.run_rules(layouts, tiny_data, tmp_path, seeds=(0,), stop=lambda: next(asked, True)) is None
    rules = rule_comparison.run_rules(layouts, tiny_data, tmp_path, seeds=(0,))
    assert [r.name for r in rules] == ["b", "c"]
    assert rules[1].row.mean == simulate.run(layouts["c"].replace(seed=0), dataset=tiny_data).accuracy_mean_last


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--rules", "b,cruz"], "--rules: unknown rule 'cruz'; did you mean 'crus'?"),
        (["--rules", "b,c,b"], "b twice"),
        (["--rules", "b,"], "unknown rule ''"),
        (["--rules", "crus="], "expected a layout file after 'crus='"),
        (["--rules", "crus=none.toml"], "--rules crus: none.toml: expected a layout file, found nothing"),
        (
            ["--rules", "b,bs", "--set", "engine=ladder"],
            "--rules bs: run.engine: expected auto or analog with rule 'bs'",
        ),
        (["--rules", "b,bs", "--set", "bs:bs_base=1000"], "--rules bs: bs.bs_carry_threshold"),
        (
            ["--rules", "b,c", "--set", "crus:theta_forward=1"],
            "expected one of the rules that are compared, got 'crus'",
        ),
        (["--rules", "b,crus", "--set", "crus:theta_forwrd=1"], "did you mean 'theta_forward'"),
        (["--rules", "b,crus", "--set", "crus:beta=1"], "may differ from rule to rule"),
        (["--rules", "b,crus", "--set", "method=a"], "use --rules"),
        (["--set", "c"], "expected KEY=VALUE or RULE:KEY=VALUE"),
        (["--device", "lim2019-beta9"], "did you mean"),
        (["--json", "--csv"], "expected either --json or --csv"),
        (["--seeds", "0", "--dataset", "digits"], "--seeds: expected a whole number >= 1"),
        (["--layers", "7,2", "--dataset", "digits"], "expected 784 inputs"),
    ],
)
def test_refused(call, arguments, what):
    refuses(call, "compare", *arguments, what=what)


def test_a_file_is_no_folder(call, tmp_path):
    (tmp_path / "out").write_text("mine")
    refuses(call, "compare", "-o", "out", what="expected a folder, got a file")
