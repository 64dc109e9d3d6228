"""Sweeps as questions: ranges, points that are drawn, and which key moves the accuracy."""

from __future__ import annotations

import csv
import itertools
import json
import math

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.study.comparison import row_of
from xbarsim.study.effects import effects_of
from xbarsim.study.grid import over
from xbarsim.study.samples import Sample, range_of

from ..cli import refuses

TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 5, "--workers", 1)
BASE = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, eval_last=1, n_max=9)


def rows_of(design, function, seeds=2):
    """Rows whose accuracy is a function of the point."""
    rows = []
    for point in design.points:
        value = function(point)
        last = {f"accuracy_{name}_last": value for name in ("mean", "min", "max")}
        rest = dict.fromkeys(("accuracy", "iterations", "pulses", "resets", "seconds", "engine", "dataset", "seed"), 0)
        rows.append(row_of("", [{**last, **rest}] * seeds))
    return rows


# Ranges ---------------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_ranges_have_their_ends_and_the_digits_that_are_shown():
    assert over(["beta=lin:0:1:11"]).values["beta"] == tuple(k / 10 for k in range(11))
    found = over(["c2c=log:1e-4:1e-1:7"]).values["c2c"]
    assert found[::2] == (1e-4, 1e-3, 1e-2, 1e-1)
    assert [f"{x:g}" for x in found] == [str(x) if x >= 1e-4 else f"{x:g}" for x in found]
    assert over(["beta=0,lin:1:2:3,7"]).values["beta"] == (0, 1.0, 1.5, 2.0, 7)


@pytest.mark.once
def test_integers_stay_integers_and_fewer_are_told(caplog):
    with caplog.at_level("INFO", "xbarsim"):
        values = over(["n_max=log:4:6:5"]).values["n_max"]
    assert values == (4, 5, 6)
    assert all(type(v) is int for v in values)
    assert "n_max: 5 values between 4 and 6 are 3 integers" in caplog.text
    u = np.linspace(0.0, 1.0, 4001)
    counts = np.unique([range_of("n_max", "1:4").at(x) for x in u], return_counts=True)
    assert counts[0].tolist() == [1, 2, 3, 4]
    assert np.ptp(counts[1]) <= 2, "the ends are as likely as the others"


@pytest.mark.once
@pytest.mark.parametrize(
    ("texts", "sample", "what"),
    [
        (["beta=lin:0:1"], None, "expected how many values, got a range alone"),
        (["beta=lin:1:0:3"], None, "expected FROM < TO, got 1 and 0"),
        (["beta=log:0:1:3"], None, "expected 0 < FROM < TO"),
        (["beta=cos:0:1:3"], None, "expected lin:FROM:TO:COUNT or log"),
        (["beta=lin:0:x:3"], None, "got other parts"),
        (["beta=lin:0:1:1"], None, "a count of 2 to 100,000, got 1"),
        (["n_max=lin:1.5:9:3"], None, "expected integers, which 'n_max' takes"),
        (["method=lin:0:1:3"], None, "'method' takes no numbers"),
        (["beta=0:4"], "lsh:8", "did you mean 'lhs'"),
        (["beta=0:4"], "sobol:9", "power of 2 with sobol, .* got 9; give for example sobol:16"),
        (["beta=0:4"], "lhs", "expected lhs:COUNT"),
        (["beta=lin:0:4:5"], "lhs:8", "expected a range without a count"),
        (["beta=0,1"], "lhs:8", "expected a key with a range, got lists alone"),
        (["beta=0:4", "beta=1"], "lhs:8", "every key once"),
        (["n_max=4:9", "alpha=1e-8:1e-7"], "lhs:8", "expected either n_max or alpha, got both"),
    ],
)
def test_refused(texts, sample, what):
    with pytest.raises(xbarsim.LayoutError, match=what):
        over(texts, sample)


# Points that are drawn ------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_a_latin_hypercube_has_one_point_in_every_part_of_every_range():
    design = over(["beta=0:4", "c2c=log:0.01:1", "method=b,c"], "lhs:16")
    beta = np.array([point["beta"] for point in design.points])
    c2c = np.array([point["c2c"] for point in design.points])
    assert sorted(np.floor(beta / 4 * 16)) == list(range(16))
    assert sorted(np.floor((np.log10(c2c) + 2) / 2 * 16)) == list(range(16))
    assert sorted(point["method"] for point in design.points) == ["b"] * 8 + ["c"] * 8
    assert over(["beta=0:4", "c2c=log:0.01:1", "method=b,c"], "lhs:16") == design, "the same every time"
    assert over(["beta=0:4", "c2c=log:0.01:1", "method=b,c"], "lhs:16:1") != design


@pytest.mark.once
def test_points_that_come_twice_are_kept():
    design = over(["n_max=4:6"], "sobol:8")
    assert len(design.layouts(BASE)) == len(design.points) == 8
    assert len(set(design.layouts(BASE).values())) == 3


@pytest.mark.once
def test_saltelli_crosses_two_samples():
    design = over(["beta=0:4", "c2c=0:1", "device_noise=0:1"], "saltelli:4")
    values = np.array([list(point.values()) for point in design.points]).reshape(5, 4, 3)
    a, b, *crossed = values
    for i, j in itertools.product(range(3), range(3)):
        assert (crossed[i][:, j] == (b if i == j else a)[:, j]).all()


# Effects --------------------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_sobol_indices_of_a_function_whose_indices_are_known():
    """Ishigami's, a = 7, b = 0.1."""
    pi = f"{-math.pi}:{math.pi}"
    design = over([f"beta={pi}", f"c2c={pi}", f"device_noise={pi}"], "saltelli:1024")

    def ishigami(p):
        return math.sin(p["beta"]) * (1 + 0.1 * p["device_noise"] ** 4) + 7 * math.sin(p["c2c"]) ** 2

    found = effects_of(design, rows_of(design, ishigami))
    known = {"beta": (0.3139, 0.5576), "c2c": (0.4424, 0.4424), "device_noise": (0.0, 0.2437)}
    for e in found.of:
        truth = known[e.key][e.measure == "total"]
        assert e.value == pytest.approx(truth, abs=0.08)
        assert e.low < truth < e.high
    assert found.of[0].key == "beta"
    assert "Saltelli et al. (2010)" in found.estimator


@pytest.mark.once
def test_rank_correlations_and_what_has_none():
    design = over(["beta=0:4", "n_max=8:64", "method=b,c"], "lhs:32")
    found = effects_of(design, rows_of(design, lambda p: 0.9 - 0.1 * p["beta"] + 1e-4 * p["n_max"], seeds=1))
    first, second = found.of
    assert (first.key, second.key) == ("beta", "n_max")
    assert first.value < -0.99
    assert second.low < 0.0 < second.high, "nobody can tell"
    assert any("method: names have no order" in text for text in found.notes)
    assert any("one seed" in text for text in found.notes)
    same = effects_of(design, rows_of(design, lambda _: 0.5))
    assert same.of == ()
    assert effects_of(over(["beta=0,1"]), rows_of(over(["beta=0,1"]), lambda p: p["beta"])) is None


@pytest.mark.compiles
def test_command_table_and_picture(call, tmp_path):
    pytest.importorskip("matplotlib")
    ask = ("sweep", "--over", "beta=0:4", "--over", "n_max=log:4:40", "--sample", "lhs:6", *TINY, "--seeds", 1)
    code, out, err = call(*ask, "--json", "-q", "-o", "e.png", "--keep", "kept")
    assert code == 0, err
    told = json.loads(out)
    assert {e["key"] for e in told["effects"]} <= {"beta", "n_max"}
    with (tmp_path / "kept" / "sweep.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 6
    assert (tmp_path / "e.png").exists()
    assert call(*ask, "--json", "-q", "--keep", "kept")[1] == out.replace('"e.png"', "null")
    refuses(call, "sweep", "--over", "n_max=4,9", *TINY, "--keep", "kept", what="holds another study (sweep; over beta")
    assert call("sweep", "--over", "n_max=4,9", *TINY, "-q", "--keep", "kept", "--force")[0] == 0


@pytest.mark.once
def test_no_scipy_is_told_in_a_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy.stats", None)
    with pytest.raises(xbarsim.XbarsimError, match=r"expected SciPy, found none.*xbarsim\[fit\]"):
        Sample.of("lhs:4").points({"beta": range_of("beta", "0:1")})


@pytest.mark.once
def test_pictures_of_one_seed_say_so():
    pytest.importorskip("matplotlib")
    from xbarsim.show.figures_devices import plot_sweep
    from xbarsim.show.figures_grid import plot_design

    for texts in (["beta=0,1"], ["beta=0,1", "n_max=4,9"], ["beta=0,1", "n_max=4,9", "method=b,c"]):
        design = over(texts)
        for seeds in (1, 2):
            rows = rows_of(design, lambda p: 0.1 * p["beta"], seeds)
            if len(texts) == 1:
                figure = plot_sweep(rows, (0, 1), "beta", None, "title")
            else:
                figure = plot_design(design, rows, None, "title")
            assert ("no verdict" in figure.get_supxlabel()) == (seeds == 1)


@pytest.mark.once
def test_parquet_has_what_the_table_has(tmp_path, monkeypatch):
    table = xbarsim.Table([{"beta": 0.5, "method": "a", "x": None}, {"beta": 2, "method": "b", "x": True}])
    try:
        import pyarrow.parquet
    except ImportError:
        pass
    else:
        table.to_parquet(tmp_path / "t.parquet")
        assert pyarrow.parquet.read_table(tmp_path / "t.parquet").to_pylist() == list(table)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(xbarsim.XbarsimError, match=r"pip install 'xbarsim\[parquet\]'"):
        table.to_parquet(tmp_path / "t.parquet")
