"""Every study is a function, too: what it returns is what its command shows."""

from __future__ import annotations

import json

import pytest

import xbarsim
from xbarsim import Layout

pytestmark = pytest.mark.jit
pytest.importorskip("matplotlib")
LAYOUT = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=30, eval_last=2, n_max=9)
TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 30, "--seeds", 2, "--workers", 1, "-q", "--json")
SET = ("--set", "eval_last=2", "--set", "n_max=9")


def told(call, *arguments):
    code, out, err = call(*arguments, *TINY, *SET)
    assert code == 0, err
    found = json.loads(out)
    del found["out"]
    return found


def read_back(value):
    return json.loads(json.dumps(value))


def test_rules(call):
    found = xbarsim.compare(LAYOUT, ["b", "c"], seeds=2)
    assert read_back(found.as_dict()) == told(call, "compare", "--rules", "b,c")
    assert set(found.table.column("rule")) == {"b", "c"}
    assert len(found.figure().axes) == 4


def test_devices(call, tmp_path):
    names = ["lim2019-beta0", "lim2019-beta3"]
    found = xbarsim.compare_devices(LAYOUT, names, seeds=2)
    code, out, err = call("compare-devices", "--devices", ",".join(names), *TINY, "--set", "eval_last=2")
    assert code == 0, err
    assert read_back(found.as_dict())["rows"] == json.loads(out)["rows"]
    lines = (tmp_path / "devices" / "results.csv").read_text().splitlines()
    assert lines[0].split(",") == list(found.table.columns)
    assert len(lines) == 1 + len(found.table)
    assert found.figure().axes


def test_limits(call):
    found = xbarsim.limits(LAYOUT, seeds=2)
    assert read_back(found.as_dict()) == told(call, "limits")
    assert [t.get_text().partition("\n")[0] for t in found.figure().axes[0].get_yticklabels()] == [
        x.name for x in found.rankings[0].limits
    ]


def test_papers(call, tmp_path):
    found = xbarsim.reproduce(["fig6", "fig11"], dataset="two-pixels")
    code, out, err = call("reproduce", "fig6", "fig11", "--dataset", "two-pixels", "--json", "-q", "-o", "papers")
    assert code == 0, err
    assert read_back(found.as_dict())["figures"] == json.loads(out)["figures"]
    assert found.figure("fig11") is not found.figure()
    with pytest.raises(xbarsim.LayoutError, match="figure: unknown name 'fig99'"):
        found.figure("fig99")
    found.save_figures(tmp_path)
    assert {"fig6.png", "fig11.png"} <= {p.name for p in tmp_path.iterdir()}


def test_stopped_and_taken_up_again(tmp_path):
    asked = iter([False, True])
    with pytest.raises(xbarsim.Stopped, match="with the same folder it goes on"):
        xbarsim.sweep(LAYOUT, "beta=0,1,2", seeds=1, folder=tmp_path, stop=lambda: next(asked, True))
    kept = len(list((tmp_path / "runs").iterdir()))
    again, anew = (xbarsim.sweep(LAYOUT, "beta=0,1,2", seeds=1, folder=folder) for folder in (tmp_path, None))
    assert again.as_dict() == anew.as_dict()
    assert kept < len(list((tmp_path / "runs").iterdir())) == 3


@pytest.mark.parametrize("seeds", [0, [], [1, 1], [-1]])
def test_seeds_are_numbers_or_a_list(seeds):
    with pytest.raises(xbarsim.LayoutError, match="seeds"):
        xbarsim.sweep(LAYOUT, "beta=0", seeds=seeds)
