"""A sweep in parts makes the table of one run; what is missing, twice or foreign is told."""

from __future__ import annotations

import shutil

import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.study.parts import Part

from ..cli import refuses

LAYOUT = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=5, eval_last=1)
TINY = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 5, "--seeds", 2, "--workers", 1, "-q")
ASK = ("sweep", "--over", "beta=0,1,2", "--over", "n_max=4,9", *TINY)


def without_times(table):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in table]


@pytest.mark.compiles
def test_parts_in_one_folder_or_in_several_make_the_table_of_one_run(call, tmp_path):
    whole = xbarsim.sweep(LAYOUT, ["beta=0,1,2", "n_max=4,9"], seeds=2)
    grid = ["beta=0,1,2", "n_max=4,9"]
    runs = [xbarsim.sweep_part(LAYOUT, grid, f"{k}/5", tmp_path / str(k), seeds=2) for k in range(1, 6)]
    assert [n for n, _ in runs] == [3, 3, 2, 2, 2]
    assert {of for _, of in runs} == {12}
    joined = xbarsim.join_sweep([tmp_path / str(k) for k in (3, 1, 2, 5, 4)])
    assert without_times(joined.table) == without_times(whole.table)
    assert joined.title == whole.title
    for k in (2, 1, 3):
        code, out, err = call(*ASK, "--part", f"{k}/3", "--keep", "parts")
        assert code == 0, err
        assert out.startswith(f"part {k} of 3: 4 of 12 runs are done")
    code, out, err = call("sweep", "--join", "parts", "--csv")
    assert code == 0, err
    assert out.splitlines()[0].split(",")[:3] == ["beta", "n_max", "seed"]
    assert len(out.splitlines()) == 13


@pytest.mark.compiles
def test_what_is_wrong_with_parts_is_told(call, tmp_path, caplog):
    for k in (1, 3):
        assert call(*ASK, "--part", f"{k}/3", "--keep", "parts")[0] == 0
    refuses(call, "sweep", "--join", "parts", what="expected 3 parts, got 2; missing: 2; run them with --part 2/3")
    assert call(*ASK, "--part", "2/3", "--keep", "more")[0] == 0
    shutil.copytree(tmp_path / "more", tmp_path / "twice")
    code, _, err = call("sweep", "--join", "parts", "more", "twice")
    assert code == 0
    assert "twice/part-2-of-3.json: the same part as more/part-2-of-3.json" in err
    other = ("sweep", "--over", "beta=0,1,2", "--over", "n_max=4,8", *TINY)
    assert call(*other, "--part", "2/3", "--keep", "other")[0] == 0
    refuses(call, "sweep", "--join", "parts", "other", what="expected parts of one sweep, got parts/part-1-of-3.json")
    record = next((tmp_path / "more" / "runs").glob("*.json"))
    record.write_text(record.read_text()[:50])
    refuses(call, "sweep", "--join", "parts", "more", what="expected the record of a run, got none that is whole")
    (tmp_path / "more" / "part-2-of-3.json").write_text("{}")
    refuses(call, "sweep", "--join", "parts", "more", what="expected a part of a sweep, got something else")
    (tmp_path / "empty").mkdir()
    refuses(call, "sweep", "--join", "empty", what="got none that is done")
    refuses(call, "sweep", "--join", "nowhere", what="expected a folder with parts of a sweep")
    refuses(call, "sweep", "--join", what="expected folders with parts, got none")
    refuses(call, "sweep", "--join", "parts", "--epochs", 2, what="which say what was run, got --epochs")
    refuses(call, *ASK, "--part", "1/3", what="--part: expected --keep FOLDER")


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/2/3", "a/b", "1.0/2"])
def test_parts_that_are_none(text):
    with pytest.raises(xbarsim.LayoutError, match="expected K/N"):
        Part.parse(text)


@pytest.mark.compiles
def test_joined_parts_do_not_replace_another_studys_table(call, tmp_path):
    tiny = TINY[:-5]
    assert (
        call("sweep", "beta", "--values", "1,3", *tiny, "--seeds", 1, "--workers", 1, "-q", "--keep", "other")[0] == 0
    )
    kept = (tmp_path / "other" / "sweep.csv").read_text()
    assert call(*ASK, "--part", "1/1", "--keep", "parts")[0] == 0
    refuses(call, "sweep", "--join", "parts", "--keep", "other", what="other: holds another study (sweep; over beta")
    assert (tmp_path / "other" / "sweep.csv").read_text() == kept
    assert call("sweep", "--join", "parts", "--keep", "parts")[0] == 0
    # Records that are not whole are not taken for done, and a part that was edited not for what was run.
    record = next((tmp_path / "parts" / "runs").glob("*.json"))
    record.write_text('{"result": {}, "curve": [], "transfers": []}')
    refuses(call, "sweep", "--join", "parts", what="expected the record of a run, got none that is whole")
    assert call(*ASK, "--part", "1/1", "--keep", "parts")[0] == 0
    assert call("sweep", "--join", "parts")[0] == 0
    file = tmp_path / "parts" / "part-1-of-1.json"
    file.write_text(file.read_text().replace('"seeds": [0, 1]', '"seeds": [0, 2]'))
    refuses(call, "sweep", "--join", "parts", what="part-1-of-1.json: expected a part of a sweep, got something else")
