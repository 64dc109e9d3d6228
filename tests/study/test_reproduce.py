"""The paper's studies: what is run, what was published, and how the tables come about.

A study can be taken up again.
"""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.commands import main as cli
from xbarsim.study import paper, reproduction, workers
from xbarsim.study.figure import BASE, ITERATIONS, tasks_of
from xbarsim.study.papers import chosen
from xbarsim.study.study import run_study
from xbarsim.study.tasks import Off, Task

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT

PUBLISHED = {
    ("fig8", "method b"): {0: 95.36, 1: 95.59, 2: 94.80, 3: 93.71},
    ("fig9", "method b"): {32: 92.96, 64: 94.80, 128: 94.71},
    ("fig10", "method b"): {1: 94.80, 2: 95.64, 5: 95.70, 10: 80.42},
    ("fig12", "software"): {1: 93.83, 2: 96.19, 3: 91.84},
    ("fig12", "software, 3 epochs"): {3: 95.10},
    ("fig12", "method b, beta 0"): {1: 95.36, 2: 95.85, 3: 94.45},
    ("fig14", "on-chip"): {0: 94.92, 0.5: 94.81, 1: 94.01},
    ("fig14", "off-chip"): {0: 94.67, 0.5: 79.24, 1: 57.34},
}


@pytest.mark.parametrize(("figure", "series"), PUBLISHED)
def test_published_numbers_and_their_points(figure, series):
    """Every published number is in the table, and a point of the figure stands for it."""
    wanted = PUBLISHED[figure, series]
    table = paper.published(figure)
    assert {x: round(100 * a, 6) for (s, x), a in table.items() if s == series} == wanted
    points = {p.x for p in paper.FIGURES[figure].points if p.series == series}
    assert points >= set(wanted)


def test_no_published_number_is_left_out():
    for name, figure in paper.FIGURES.items():
        simulated = {(p.series, p.x) for p in figure.points}
        assert set(paper.published(name)) <= simulated, name


def test_a_figure_names_nothing_but_what_its_caption_names():
    """One set of defaults for all: calibrated values must not creep into single figures."""
    allowed = {"layers", "beta", "n_max", "method", "rule", "batch", "sigma"}
    for figure in paper.FIGURES.values():
        for point in figure.points:
            assert set(point.values) <= allowed, (figure.name, point)
            assert point.iterations == ITERATIONS * (3 if "epochs" in point.series else 1)


def test_points_that_share_a_run_share_its_task():
    figures = chosen(["all"])
    tasks = tasks_of(figures, [0, 1, 2], "mnist", 60_000)
    assert len({t.layout for t in tasks}) == len(tasks)
    base = Layout.of(**BASE, dataset="mnist", seed=1, iterations=60_000, eval_every=5000)
    (shared,) = (t for t in tasks if t.layout == base)  # of Fig. 7, 8, 9, 10, 12 and 14
    assert [off.sigma for off in shared.transfers] == [0.0, 0.5, 1.0]
    assert sum(len(t.transfers) for t in tasks) == 9
    software = [t for t in tasks if t.layout.pulses.rule == "software" and t.layout.run.seed == 0]
    assert sorted((len(t.layout.network.layers), t.layout.run.iterations) for t in software) == [
        (3, 60_000),
        (4, 60_000),
        (5, 60_000),
        (5, 180_000),
    ]


def test_choosing_figures():
    assert [f.name for f in chosen([])] == [f"fig{n}" for n in range(6, 15)]
    assert [f.name for f in chosen(["fig9", "fig9", "fig6"])] == ["fig9", "fig6"]
    assert {f.name for f in chosen(["sensitivity"])} == set(paper.SENSITIVITY)
    with pytest.raises(xbarsim.LayoutError, match="did you mean 'fig10'"):
        chosen(["figure10"])


@pytest.mark.parametrize("figure", [*paper.FIGURES.values(), *paper.SENSITIVITY.values()], ids=lambda f: f.name)
def test_every_point_is_a_valid_layout(figure):
    for point in figure.points:
        layout = point.layout(3, "mnist", 600)
        assert layout.run.seed == 3
        assert layout.run.iterations == round(point.iterations / 100)
    assert len({(p.series, p.x) for p in figure.points}) == len(figure.points)


# ---------------------------------------------------------------------------------------------------------------------
# Rows


def record(mean, least, most, transfers=()):
    result = {"accuracy_mean_last": mean, "accuracy_min_last": least, "accuracy_max_last": most}
    return {"result": result, "transfers": list(transfers)}


def test_rows_are_means_over_seeds_and_extremes_of_all():
    figure = paper.FIGURES["fig9"]
    (point,) = (p for p in figure.points if p.x == 32)
    done = [(record(0.90, 0.85, 0.93), None), (record(0.92, 0.89, 0.94), None)]
    row = reproduction._row(figure, point, done)
    assert (row.mean, row.least, row.most, row.runs) == (pytest.approx(0.91), 0.85, 0.94, 2)
    assert row.difference == pytest.approx(0.91 - 0.9296)
    assert row.missed
    assert reproduction.cells(row) == ("method b", "32", "92.96", "91.00", "85.00 to 94.00", "-1.96 *")
    close = reproduction._row(figure, point, [(record(0.9340, 0.9, 0.94), None)])
    assert not close.missed
    assert reproduction.cells(close)[-1] == "+0.44"


def test_rows_of_transfers_take_the_transferred_network():
    figure = paper.FIGURES["fig14"]
    (point,) = (p for p in figure.points if p.series == "off-chip" and p.x == 0.5)
    off = {"mean": 0.8, "min": 0.7, "max": 0.85, "accuracies": [0.7, 0.85, 0.85]}
    row = reproduction._row(figure, point, [(record(0.95, 0.94, 0.96), off)])
    assert (row.mean, row.least, row.most, row.published) == (0.8, 0.7, 0.85, 0.7924)


def test_orderings_tell_right_from_wrong():
    good = {
        (f"method {m}", x): 0.95 - x * slope for m, slope in (("b", 0.001), ("c", 0.02), ("a", 0.1)) for x in range(4)
    }
    assert all(o.holds(good) for o in paper.ORDERINGS["fig8"])
    swapped = {(f"method {({'a': 'b', 'b': 'a'}).get(s[-1], s[-1])}", x): v for (s, x), v in good.items()}
    assert sum(o.holds(swapped) for o in paper.ORDERINGS["fig8"]) <= 3
    for name, orderings in paper.ORDERINGS.items():
        flat = dict.fromkeys(((p.series, p.x) for p in paper.FIGURES[name].points), 0.5)
        assert not all(o.holds(flat) for o in orderings), name


# ---------------------------------------------------------------------------------------------------------------------
# Studies


def tiny(**kw):
    return Task(Layout.of(layers=(6, 5, 3), n_max=6, dataset="tiny", eval_last=3, **{"iterations": 60, **kw}))


@pytest.fixture
def tasks():
    return [
        tiny(seed=1),
        tiny(seed=2, method="c"),
        tiny(batch=3, iterations=20),
        tiny(rule="software"),
        Task(tiny(sigma=0.0).layout, (Off(sigma=0.5, repeats=3), Off(sigma=0.0, repeats=1))),
    ]


def comparable(records):
    """Records without times."""
    drop = ("seconds", "seconds_per_iteration")
    return {t: {**r, "result": {k: v for k, v in r["result"].items() if k not in drop}} for t, r in records.items()}


def test_a_study_stopped_goes_on_where_it_was(tiny_data, tasks, tmp_path):
    seen = []
    asked = iter([False] * 20 + [True] * 100)
    part = run_study(tasks, tiny_data, tmp_path / "a", workers=1, listener=seen.append, stop=lambda: next(asked))
    assert 0 < len(part) < len(tasks)
    assert not list((tmp_path / "a").rglob("*.part"))
    again = []
    whole = run_study(tasks, tiny_data, tmp_path / "a", workers=1, listener=again.append)
    assert again[0].kept == again[0].done == len(part)
    assert again[-1].done == again[-1].total == len(tasks)
    assert again[-1].cost_done == pytest.approx(again[-1].cost_total)
    fresh = run_study(tasks, tiny_data, tmp_path / "b", workers=1)
    assert comparable(whole) == comparable(fresh)
    untouched = []
    run_study(tasks, tiny_data, tmp_path / "a", workers=1, listener=untouched.append)
    assert [(t.done, t.kept) for t in untouched] == [(len(tasks), len(tasks))]


@pytest.mark.jit
def test_worker_processes_do_the_same(tiny_data, tasks, tmp_path):
    alone = run_study(tasks, tiny_data, tmp_path / "a", workers=1)
    together = run_study(tasks, tiny_data, tmp_path / "b", workers=2)
    assert comparable(alone) == comparable(together)


def test_records_hold_what_a_run_gives(tiny_data, tasks, tmp_path):
    records = run_study(tasks, tiny_data, tmp_path, workers=1)
    result = xbarsim.run(tasks[0].layout, dataset=tiny_data)
    assert records[tasks[0]]["result"]["accuracy_mean_last"] == result.accuracy_mean_last
    assert records[tasks[0]]["curve"] == [list(p) for p in result.accuracy_curve]
    assert [i for i, _ in result.accuracy_curve] == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 58, 59, 60]
    first, second = records[tasks[-1]]["transfers"]
    assert (len(first["accuracies"]), second["accuracies"]) == (3, [second["accuracy_before"]])
    assert second["accuracy_before"] == records[tasks[-1]]["result"]["accuracy"]


def test_damaged_and_foreign_records_are_done_again(tiny_data, tasks, tmp_path):
    one = tasks[:1]
    run_study(one, tiny_data, tmp_path, workers=1)
    (path,) = (tmp_path / "runs").glob("*.json")
    whole = path.read_text()
    for text in ("", whole[: len(whole) // 2], "{}", "[]"):
        path.write_text(text)
        again = []
        run_study(one, tiny_data, tmp_path, workers=1, listener=again.append)
        assert again[0].kept == 0
        assert json.loads(path.read_text())["layout"] == json.loads(whole)["layout"]
    keys = {t.key(tiny_data) for t in (*tasks, tiny(seed=3), Task(tasks[0].layout, (Off(sigma=0.1),)))}
    assert len(keys) == len(tasks) + 2


def test_kept_runs_are_run_files(tiny_data, tasks, tmp_path):
    run_study(tasks[:1], tiny_data, tmp_path, workers=1)
    again = []
    records = run_study(tasks[:1], tiny_data, tmp_path, workers=1, keep_runs=True, listener=again.append)
    assert again[0].kept == 0  # the record alone is not enough
    with xbarsim.Trace(records[tasks[0]]["result"]["out"]) as trace:
        assert trace.finished
        open_then = dict.fromkeys(trace.derived)  # what followed, as the spacing of the curve did
        assert trace.layout.replace(**open_then) == tasks[0].layout.replace(eval_every=5)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tiny_data, tasks, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(xbarsim.OutputError, match="cannot make this folder"):
        run_study(tasks, tiny_data, tmp_path / "file", workers=1)


def test_the_cost_follows_the_work(tiny_data):
    base = tiny().cost(tiny_data)
    assert tiny(iterations=60_000).cost(tiny_data) > base
    assert tiny(iterations=60_000, method="c").cost(tiny_data) > tiny(iterations=60_000).cost(tiny_data)
    assert tiny(iterations=60_000, batch=5).cost(tiny_data) > 3 * tiny(iterations=60_000).cost(tiny_data) - 3


# ---------------------------------------------------------------------------------------------------------------------
# The command


def command(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["xbarsim", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code


@pytest.mark.jit
def test_reproduce_leaves_pictures_tables_and_raw_results(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    arguments = (
        "reproduce",
        "fig6",
        "fig7",
        "fig9",
        "fig11",
        "fig13",
        "fig14",
        "--dataset",
        "digits",
        "--iterations",
        100,
        "--seeds",
        2,
        "--workers",
        1,
        "-o",
        out,
        "--json",
    )
    assert command(monkeypatch, *arguments) == 0
    told = json.loads(capsys.readouterr().out)
    names = ["fig6", "fig7", "fig9", "fig11", "fig13", "fig14"]
    assert [f["figure"] for f in told["figures"]] == names
    for name in names:
        assert (out / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    fig14 = told["figures"][-1]
    assert {(r["series"], r["x"]): r["published"] for r in fig14["rows"]}["off-chip", 0.5] == 0.7924
    with (out / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * sum(len(f["rows"]) for f in told["figures"])
    b32 = [r for r in rows if r["figure"] == "fig9" and r["x"] == "32"]
    assert [r["seed"] for r in b32] == ["0", "1"]
    for key in ("mean", "min", "max"):
        assert all(0 <= float(r[f"accuracy_{key}"]) <= 1 for r in rows)
    mean = np.mean([float(r["accuracy_mean"]) for r in b32])
    assert {(r["series"], r["x"]): r["mean"] for r in told["figures"][2]["rows"]}["method b", 32] == pytest.approx(mean)
    report = (out / "report.md").read_text()
    assert "| method b | 32 | 92.96 |" in report
    short = "100 of 60,000 iterations, on digits instead of mnist"
    assert f"**{short}: no verdict.**" in report
    assert f"- no verdict ({short}): " in report
    assert "does not hold" not in report
    assert "holds" not in report
    assert " * |" not in report  # no miss is marked
    assert [f["short_of"] for f in told["figures"]] == [None, short, short, None, None, short]
    assert "![" in report
    with (out / "curves.csv").open() as stream:
        curves = list(csv.DictReader(stream))
    assert {r["figure"] for r in curves} == {"fig6", "fig7", "fig11", "fig13"}
    # The same again: nothing is run, the tables are the same.
    monkeypatch.setattr(workers, "run_task", None)
    assert command(monkeypatch, *arguments) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == told
    assert "are there already" in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reproduce", "fig5"], "unknown figure 'fig5'"),
        (["reproduce", "--seeds", "0"], "--seeds: expected a whole number >= 1"),
        (["reproduce", "--iterations", "0"], "--iterations: expected"),
        (["reproduce", "--workers", "0"], "--workers: expected"),
        (["reproduce", "--dataset", "two-pixels"], "expected 2 inputs"),
        (["reproduce", "--dataset", "nonsense"], "nonsense"),
        (["reproduce", "-o", "taken"], "expected a folder, got a file"),
        (["transfer", "missing.h5", "--sigma", "0.5"], "expected a run file, found nothing"),
        (["transfer", "taken", "--sigma", "0.5"], "expected a run file"),
        (["transfer", "run.h5"], "sigma"),
        (["transfer", "run.h5", "--sigma", "-1"], "variation.sigma: expected a number >= 0"),
        (["transfer", "run.h5", "--sigma", "1", "--repeats", "0"], "transfer.repeats: expected"),
        (["transfer", "run.h5", "--sigma", "1", "--write", "hope"], "transfer.write: unknown name 'hope'"),
        (["transfer", "run.h5", "--sigma", "1", "--sigma-negative", "hope"], "sigma_negative: unknown name"),
        (["transfer", "run.h5", "--sigma", "1", "--iteration", "999"], "iteration: expected a whole number <= 40"),
        (["transfer", "software.h5", "--sigma", "1"], "expected a run with devices"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("precious")
    layout = Layout.of(layers=(2, 2), n_max=4, iterations=40, dataset="two-pixels", eval_last=1)
    if arguments[1] == "run.h5":
        xbarsim.run(layout, out="run.h5")
    if arguments[1] == "software.h5":
        xbarsim.run(layout.replace(rule="software"), out="software.h5")
    before = sorted(p.name for p in tmp_path.iterdir())
    assert command(monkeypatch, *arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert (tmp_path / "taken").read_text() == "precious"


@pytest.mark.jit
def test_an_interrupted_study_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    from xbarsim.commands import app as cli_app

    asked = iter([False] * 4)
    monkeypatch.setattr(cli_app.Stop, "asked", lambda self: next(asked, True))
    arguments = (
        "reproduce",
        "fig9",
        "--dataset",
        "digits",
        "--iterations",
        200,
        "--seeds",
        1,
        "--workers",
        1,
        "-o",
        tmp_path,
    )
    assert command(monkeypatch, *arguments) == 130
    assert "the same command goes on from here" in capsys.readouterr().err
    assert not (tmp_path / "report.md").exists()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert command(monkeypatch, *arguments) == 0
    assert (tmp_path / "report.md").exists()


@pytest.mark.jit
def test_a_short_study_on_the_embedded_digits_finds_the_orderings(tmp_path):
    """A fifth of the length, 1,438 training samples. The margins are half of what was measured, or less."""
    figures = chosen(["fig8", "fig9", "fig14"])
    data = xbarsim.load_dataset("digits")
    sheets = reproduction.reproduce(figures, tmp_path, data, seeds=(0,), iterations=12_000, workers=1)
    m = {(r.figure, r.series, r.x): r.mean for s in sheets for r in s.rows}
    b, c, a = ([m["fig8", f"method {k}", x] for x in range(4)] for k in "bca")
    assert max(b[0], c[0], a[0]) - min(b[0], c[0], a[0]) < 0.015
    for x in (1, 2, 3):
        assert a[x] < min(b[x], c[x]) - 0.05
    assert a[0] - a[3] > 0.2 + max(b[0] - b[3], c[0] - c[3])  # a degrades most
    assert b[0] > b[3] + 0.005
    assert a[0] > a[1] > a[2] > a[3]
    assert 0.9 < m["fig8", "software", 0] < 0.97
    assert m["fig9", "method b", 32] < m["fig9", "method b", 64] - 0.01
    assert m["fig14", "on-chip", 0] - m["fig14", "on-chip", 1] < 0.08
    off = [m["fig14", "off-chip", s] for s in (0, 0.5, 1)]
    assert off[0] > off[1] + 0.04 > off[2] + 0.14
    assert m["fig14", "on-chip", 1] > off[2] + 0.3
