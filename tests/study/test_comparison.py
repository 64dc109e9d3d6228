"""``xbarsim devices``, ``compare-devices`` and ``sweep``: tables, pictures, what is refused, and that studies go on."""

from __future__ import annotations

import csv
import json

import pytest
from xbarsim.kernels.base import _jit

import xbarsim
from xbarsim import Layout
from xbarsim.describe.device_files import presets
from xbarsim.learn.table import plan_of
from xbarsim.study import comparison, in_worker, workers
from xbarsim.study.comparison import Row, key_of, ranked, row_of, table_of, value_of, values_of, with_devices
from xbarsim.study.grid import grid
from xbarsim.study.tasks import Task

from ..cli import refuses

pytestmark = pytest.mark.jit
TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 40, "--seeds", 2, "--workers", 1, "-q")


def with_values(base, key, values):
    """The layout with each of the values of one key, as a sweep makes them."""
    return grid({key: values}).layouts(base)


def result(mean, seed=0, **values):
    return {
        "accuracy_mean_last": mean,
        "accuracy_min_last": mean - 0.1,
        "accuracy_max_last": mean + 0.05,
        "accuracy": mean,
        "iterations": 40,
        "pulses": 7,
        "resets": 1,
        "seconds": 0.12345,
        "engine": "ladder",
        "dataset": "tiny",
        "seed": seed,
    } | values


# Tables ---------------------------------------------------------------------------------------------------------------


def test_rows_are_means_over_seeds_and_extremes_of_all():
    row = row_of("x", [result(0.8), result(0.9, 1)])
    assert (row.mean, row.least, row.most, row.seeds) == (
        pytest.approx(0.85),
        pytest.approx(0.7),
        pytest.approx(0.95),
        (0.8, 0.9),
    )
    assert row.as_dict()["pulses"] == [7, 7]
    rows = [row_of("low", [result(0.5)]), row_of("high", [result(0.6)])]
    assert [r.name for r in ranked(rows)] == ["high", "low"]
    lines = list(csv.DictReader(table_of([row], [{"device": "x"}]).to_csv().splitlines()))
    assert [(x["device"], x["seed"], x["accuracy_mean"]) for x in lines] == [("x", "0", "0.8"), ("x", "1", "0.9")]


def test_values_are_numbers_or_names():
    assert [value_of(t) for t in ("3", " 0.5", "1e-3", "true", "a", "-2")] == [3, 0.5, 1e-3, True, "a", -2]
    assert values_of("method", None) == ("a", "b", "c")
    with pytest.raises(xbarsim.LayoutError, match="no usual ones"):
        values_of("c_current", None)


@pytest.mark.parametrize("key", comparison.VALUES)
def test_usual_values_make_layouts(key):
    layouts = with_values(Layout.of(layers=(6, 4, 3)), key_of(key), values_of(key, None))
    assert len(layouts) == len(comparison.VALUES[key]) > 1


def test_keys_are_attributes_with_or_without_unit():
    assert [key_of(k) for k in ("n-max", "wire_resistance_Ohm", "wire-resistance", "beta")] == [
        "n_max",
        "wire_resistance",
        "wire_resistance",
        "beta",
    ]
    for name, what in (
        ("drift", "see xbarsim retention"),
        ("layers", "a number or a name"),
        ("btea", "did you mean 'beta'"),
        ("seed", "a number"),
    ):
        with pytest.raises(xbarsim.LayoutError, match=what):
            key_of(name)


def test_devices_take_the_place_of_device_and_variation():
    base = Layout.of(layers=(4, 2), beta=1.0, sigma=0.3, method="c")
    layouts = with_devices(base, ["lim2019-beta3", "neurosim-pcmo"])
    assert layouts["lim2019-beta3"].device.beta == 3.0
    assert all(x.variation.sigma == 0.0 and x.pulses.method == "c" for x in layouts.values())
    with pytest.raises(xbarsim.LayoutError, match="lim2019-beta3 twice"):
        with_devices(base, ["lim2019-beta3", "lim2019-beta3"])
    with pytest.raises(xbarsim.LayoutError, match="did you mean 'lim2019-beta"):
        with_devices(base, ["lim2019-beta"])


def test_a_sweep_that_changes_nothing_is_refused():
    with pytest.raises(xbarsim.LayoutError, match="leave it out"):
        with_values(Layout.of(layers=(2, 2)).with_device("aihwkit-pcm"), "beta", (0, 1))
    assert len(with_values(Layout.of(layers=(2, 2)), "beta", (2,))) == 1


# Studies --------------------------------------------------------------------------------------------------------------


def kinds_of(layout):
    """What decides how long training takes, but for the circuits."""
    plan = plan_of(layout)
    return plan.rule, plan.array, plan.batch


def test_kinds_of_training_and_their_cost(tiny_data):
    of = {name: Layout.of(layers=(6, 3)).with_device(name) for name in ("lim2019-beta2", "neurosim-pcmo")}
    assert kinds_of(of["lim2019-beta2"]) == ("sign", "ladder", "online")
    assert kinds_of(of["neurosim-pcmo"]) == ("sign", "scattered", "online")
    assert kinds_of(of["lim2019-beta2"].replace(c2c=0.1, batch=2)) == ("sign", "scattered", "signs")
    assert kinds_of(of["neurosim-pcmo"].replace(c2c_range=0.0)) == ("sign", "ladder", "online")
    assert kinds_of(Layout.of(layers=(6, 3), rule="software"))[0] == "software"
    cost = {name: Task(layout).cost(tiny_data) for name, layout in of.items()}
    assert cost["neurosim-pcmo"] > cost["lim2019-beta2"]
    in_c = [Task(of[n].replace(method="c")).cost(tiny_data) for n in of]
    assert cost["lim2019-beta2"] < in_c[0] < in_c[1] < cost["neurosim-pcmo"]


@pytest.mark.jit
def test_a_kind_is_noted_once_it_is_compiled(monkeypatch, tmp_path):
    monkeypatch.setattr(_jit, "CACHE_FOLDER", tmp_path)
    tasks = [Task(Layout.of(layers=(6, 3))), Task(Layout.of(layers=(6, 3), method="c")), Task(Layout.of(layers=(6, 2)))]
    small = workers._uncompiled(tasks)
    assert sorted((plan_of(layout).array, layout.network.layers) for layout in small) == [
        ("analog", (2, 2)),
        ("ladder", (2, 2)),
    ]
    for layout in small:
        in_worker.warm_up(None, layout)
    assert workers._uncompiled(tasks) == []
    assert len(list(tmp_path.glob("*.compiled"))) == 2


@pytest.mark.jit
def test_runs_are_kept_and_not_done_again(tmp_path, tiny_data, monkeypatch):
    base = Layout.of(layers=(6, 3), iterations=60, n_max=8, eval_last=5)
    layouts = with_values(base, "beta", (0, 1))
    rows = comparison.run_all(layouts, tiny_data, tmp_path, seeds=(0, 1))
    assert [r.name for r in rows] == ["0", "1"]
    assert rows[0].records[1]["seed"] == 1
    monkeypatch.setattr(workers, "run_task", lambda *_: pytest.fail("done again"))
    assert comparison.run_all(layouts, tiny_data, tmp_path, seeds=(0, 1)) == rows
    assert comparison.run_all(with_values(base, "beta", (2,)), tiny_data, tmp_path, stop=lambda: True) is None
    direct = xbarsim.run(layouts["1"].replace(seed=1), dataset=tiny_data)
    assert rows[1].seeds[1] == direct.accuracy_mean_last


# Commands -------------------------------------------------------------------------------------------------------------


@pytest.mark.jit
def test_list_of_devices(call):
    code, out, _ = call("devices")
    assert code == 0
    for name in presets():
        assert name in out
    code, out, _ = call("devices", "--json")
    listed = {d["name"]: d for d in json.loads(out)["devices"]}
    assert list(listed) == list(presets())
    assert listed["neurosim-epiram"]["states"] == 64
    assert listed["neurosim-epiram"]["on_off"] == pytest.approx(50.2, rel=1e-4)
    assert listed["aihwkit-pcm"]["beta"] is None
    assert all(d["source"]["where"] for d in listed.values())


@pytest.mark.jit
def test_show_one_with_a_picture(call, tmp_path):
    pytest.importorskip("matplotlib")
    code, out, err = call("devices", "show", "neurosim-hzo-fefet", "--plot", "fefet.png")
    assert code == 0, err
    assert "10.1109/MDAT.2018.2890229" in out
    assert "1.42 / -1.18" in out
    assert "952.2 nS, 52.19 % of the range: steps up and down are equal there, 60.51 nS" in " ".join(out.split())
    assert (tmp_path / "fefet.png").stat().st_size > 30_000
    refuses(call, "devices", "show", "neurosim-hzo-fefet", "--plot", "fefet.png", what="is not overwritten")
    (tmp_path / "mine.toml").write_text("[device]\nn_max = 9\n")
    code, out, _ = call("devices", "show", "mine.toml", "--json")
    assert (json.loads(out)["states"], json.loads(out)["source"]) == (9, {})
    assert (json.loads(out)["symmetry_S"], json.loads(out)["symmetry"]) == (pytest.approx(5.5e-7), "point")
    (tmp_path / "mine.py").write_text("def step(s, up, z):\n    return (0.1 if up else -0.1) * (1 + 0.1 * z)\n")
    code, out, err = call("devices", "show", "mine.py:step", "--plot", "mine.png")
    assert code == 0, err
    assert "plugin" in out
    assert (tmp_path / "mine.png").exists()


@pytest.mark.jit
def test_compare_ranks_and_goes_on(call, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    command = ("compare-devices", *TINY, "--devices", "lim2019-beta0,lim2019-beta3,neurosim-3t1c", "-o", "out")
    code, out, err = call(*command, "--json")
    assert code == 0, err
    rows = json.loads(out)["rows"]
    assert {r["name"] for r in rows} == {"lim2019-beta0", "lim2019-beta3", "neurosim-3t1c"}
    assert [r["mean"] for r in rows] == sorted((r["mean"] for r in rows), reverse=True)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["ranking.png", "results.csv", "runs", "study.json"]
    table = (tmp_path / "out" / "results.csv").read_text()
    assert len(table.splitlines()) == 7
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 6
    monkeypatch.setattr(workers, "run_task", lambda *_: pytest.fail("done again"))
    code, out, _ = call(*command)
    assert code == 0
    assert "accuracy" in out
    assert (tmp_path / "out" / "results.csv").read_text() == table


@pytest.mark.jit
def test_sweep_draws_a_curve_or_prints_a_table(call, tmp_path):
    pytest.importorskip("matplotlib")
    code, out, err = call("sweep", "n-max", "--values", "4,9,30", *TINY, "-o", "n.png", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["by"], [r["name"] for r in found["rows"]]) == ("n_max", ["4", "9", "30"])
    assert [p.name for p in tmp_path.iterdir()] == ["n.png"]
    refuses(call, "sweep", "n-max", *TINY, "-o", "n.png", what="is not overwritten")
    code, out, _ = call("sweep", "method", *TINY, "--csv", "--keep", "kept", "--set", "n_max=7", "-o", "m.svg")
    assert code == 0
    assert [line.split(",")[0] for line in out.splitlines()] == ["method", "a", "a", "b", "b", "c", "c"]
    assert len(list((tmp_path / "kept" / "runs").iterdir())) == 6


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["devices", "show", "epiram"], "expected a preset, a device file (.toml) or file.py:function"),
        (["devices", "show", "none.toml"], "expected a device file, found nothing"),
        (["devices", "show", "lim2019-beta0", "--plot", "x.bmp"], "expected a name that ends in"),
        (["compare-devices", "--devices", "lim2019-beta0,lim2019-beta9"], "did you mean"),
        (["compare-devices", "--layers", "7,2", "--dataset", "digits"], "expected 784 inputs"),
        (["compare-devices", "--seeds", "0", "--dataset", "digits"], "--seeds: expected a whole number >= 1"),
        (["compare-devices", "--method", "d"], "unknown name 'd'"),
        (["compare-devices", "--json", "--csv"], "expected either --json or --csv"),
        (["sweep", "drift"], "see xbarsim retention"),
        (["sweep", "btea"], "did you mean 'beta'"),
        (["sweep", "beta", "--values", "1,1"], "1 twice"),
        (["sweep", "beta", "--values", "1,x"], "device.beta: expected a number, got 'x'"),
        (["sweep", "beta", "--set", "n_max"], "--set: expected KEY=VALUE"),
        (["sweep", "beta", "--set", "nmax=3"], "unknown key 'nmax'"),
        (["sweep", "beta", "-o", "x.bmp"], "expected a name that ends in"),
        (["sweep", "beta", "-o", "no/x.png"], "its folder does not exist"),
        (["sweep", "beta", "--iterations", "5", "--epochs", "1"], "iterations"),
    ],
)
def test_refused(call, arguments, what):
    refuses(call, *arguments, what=what)


def test_a_file_is_no_folder(call, tmp_path):
    (tmp_path / "out").write_text("mine")
    refuses(call, "compare-devices", "-o", "out", what="expected a folder, got a file")


def test_scales_of_a_sweep(tmp_path):
    """Zero has a place on a logarithmic axis, and names have one each."""
    pytest.importorskip("matplotlib")
    from xbarsim.show.figures_devices import plot_sweep

    rows = [Row(str(k), 0.9, 0.8, 0.95, (0.9, 0.88), ()) for k in range(4)]
    for number, values in enumerate(
        ((0.0, 1e-4, 1e-3, 1e-2), (16, 32, 64, 1024), ("a", "b", "c", "d"), (True, False, 2, 3))
    ):
        plot_sweep(rows, values, "key", tmp_path / f"{number}.png", "title")
        assert (tmp_path / f"{number}.png").stat().st_size > 10_000
