"""Sweeps over several keys: points, tables, pictures, what is refused; and their twin in Python."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Table
from xbarsim.study.comparison import row_of
from xbarsim.study.grid import Design, grid, over, tidy

from ..cli import refuses

TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 40, "--seeds", 2, "--workers", 1, "-q")
BASE = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=40, eval_last=2, n_max=9)


def test_points_are_all_combinations():
    design = over(["beta=0,1.5", "n-max=4,9,30", "method"])
    assert design.keys == ("beta", "n_max", "method")
    assert len(design.points) == 2 * 3 * 3
    layouts = design.layouts(BASE)
    for point, layout in zip(design.points, layouts.values(), strict=True):
        assert (layout.device.beta, layout.device.n_max, layout.pulses.method) == tuple(point.values())


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: over(["beta=0", "beta=1"]), "got 'beta' twice"),
        (lambda: over(["n_max=4", "alpha=1e-8"]), "expected either n_max or alpha, got both"),
        (lambda: over(["beta=0,0"]), "expected different values, got 0 twice"),
        (lambda: over(["btea=1"]), "did you mean 'beta'"),
        (lambda: over([f"{k}={','.join(map(str, range(1, 60)))}" for k in ("n_max", "batch", "c")]), "at most 100,000"),
        (lambda: over(["beta=-30", "n_max=4"]).layouts(BASE), "sweep at beta -30, n_max 4: device.beta"),
        (lambda: over(["beta=0,1", "n_max=4"]).layouts(BASE.with_device("aihwkit-pcm")), "expected nothing with model"),
    ],
)
def test_refused(make, what):
    with pytest.raises(xbarsim.LayoutError, match=what):
        make()


def test_other_designs_run_the_same_way():
    """Not a grid: whoever chooses points otherwise makes a design of them."""
    design = Design({"beta": (0.1, 0.7), "c2c": (0.2, 0.3)}, ({"beta": 0.1, "c2c": 0.3}, {"beta": 0.7, "c2c": 0.2}))
    assert [x.variation.c2c for x in design.layouts(BASE).values()] == [0.3, 0.2]


@pytest.mark.jit
def test_one_code_for_command_and_function(call, tmp_path):
    pytest.importorskip("matplotlib")
    code, out, err = call("sweep", "--over", "beta=0,3", "--over", "n_max=4,9", *TINY, "-o", "g.png", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["by"] == ["beta", "n_max"]
    assert [p.name for p in tmp_path.iterdir()] == ["g.png"]
    layout = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=40)
    found = xbarsim.sweep(layout, {"beta": (0, 3), "n_max": (4, 9)}, seeds=2)
    assert found.as_dict()["rows"] == told["rows"]
    code, out, _ = call("sweep", "--over", "beta=0,3", "--over", "n_max=4,9", *TINY, "--csv")
    lines = list(csv.DictReader(out.splitlines()))
    assert [(x["beta"], x["n_max"], x["seed"]) for x in lines][:3] == [
        ("0", "4", "0"),
        ("0", "4", "1"),
        ("0", "9", "0"),
    ]
    assert [float(x["accuracy_mean"]) for x in lines] == found.table.column("accuracy_mean")
    code, out, _ = call("sweep", "--over", "beta=0,3", *TINY, "--json")
    assert json.loads(out)["by"] == "beta"
    assert json.loads(out) == json.loads(call("sweep", "beta", "--values", "0,3", *TINY, "--json")[1])


def fake(design):
    results = [
        {
            "accuracy_mean_last": 0.5 + 0.01 * k,
            "accuracy_min_last": 0.4,
            "accuracy_max_last": 0.9,
            **dict.fromkeys(("accuracy", "iterations", "pulses", "resets", "seconds", "engine", "dataset", "seed"), 0),
        }
        for k in range(len(design.points))
    ]
    return [row_of(str(k), [r, r]) for k, r in enumerate(results)]


def test_heat_map_has_every_point_in_its_place():
    pytest.importorskip("matplotlib")
    import matplotlib.pyplot as plt

    from xbarsim.show.figures_grid import plot_design

    before = plt.get_fignums()
    design = over(["beta=0,1,2", "n_max=16,32"])
    figure = plot_design(design, fake(design), None, "title")
    image = figure.axes[0].images[0].get_array()
    assert np.allclose(image, 100 * (0.5 + 0.01 * np.arange(6).reshape(3, 2)))
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["0", "1", "2"]
    three = over(["beta=0,1", "n_max=16,32", "method=b,c"])
    panels = plot_design(three, fake(three), None, "title").axes
    assert [ax.get_title() for ax in panels] == ["method b", "method c"]
    assert np.allclose(panels[1].lines[0].get_ydata(), [51.0, 55.0])  # n_max 16, method c: points 1 and 5
    assert plt.get_fignums() == before


def test_tables(tmp_path):
    design = grid({"beta": (0.0, 2.0)})
    table = tidy(design, fake(design))
    assert len(table) == 4
    assert table.as_dict()["beta"] == [0.0, 0.0, 2.0, 2.0]
    text = table.to_csv(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == text
    assert table[:2].columns == table.columns
    assert table == Table(list(table))
    try:
        import pandas  # noqa: F401
    except ImportError:
        with pytest.raises(xbarsim.XbarsimError, match="expected pandas"):
            table.to_pandas()
    else:
        assert list(table.to_pandas()["beta"]) == table.column("beta")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([], "expected either a key or --over, got neither"),
        (["beta", "--over", "n_max=4"], "got both"),
        (["--over", "beta=1", "--values", "1"], "--values: expected none with --over"),
        (["--over", "beta=x,y"], "device.beta"),
        (["--over", "beta=0,1", "-o", "x.bmp"], "expected a name that ends in"),
    ],
)
def test_refused_commands(call, arguments, what):
    refuses(call, "sweep", *arguments, *TINY, what=what)
