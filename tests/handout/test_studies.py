"""Pages of what studies leave; of device files, and of answers in JSON; and what there is no page of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.study.claims import claim

from ..cli import QUICK, refuses
from .reading import read

pytest.importorskip("matplotlib")
ROOT = Path(__file__).parents[2]
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
RUN = {"seed": 0, "accuracy_mean": 0.9, "accuracy_min": 0.8, "accuracy_max": 0.95, "accuracy": 0.9, "iterations": 60}
LAST = {"accuracy_mean_last": 0.9, "accuracy_min_last": 0.8, "accuracy_max_last": 0.95}
RESULT = {**RUN, **LAST, "seconds": 1.5, "pulses": 7, "resets": 1}
RECORD = {"result": RESULT, "curve": [], "transfers": [], "warnings": [EVIL]}

OF_ALL = {"file": EVIL, "iteration": 9}
AGED = {**OF_ALL, "accuracy_before": 0.9, "times": [1, 100.0], "accuracies": [[0.9, 0.8], [0.5, 0.3]]}
ELSEWHERE = {**OF_ALL, "changed": {"sense_bits": 6, EVIL: EVIL}, "own": 0.9, "times": [], "accuracies": [[0.8]]}
MOVED = {**OF_ALL, "sigma": 0.5, "write": "states", "accuracy_before": 0.9, "accuracies": [0.5, 0.25]}


def page_of(path):
    return read(xbarsim.report(path, path.parent / "page.html", force=True))


def table(path, rows):
    xbarsim.Table(rows).to_csv(path)


@pytest.fixture
def folder(tmp_path, tiny_data):
    made = tmp_path / f"study {EVIL.replace('/', '')}"
    base = Layout.of(layers=(6, 3), n_max=6, dataset="tiny", iterations=60, c2c=5.0)
    claim(made, "sweep", base, tiny_data, force=False, asks={"over": "beta"}, command=f"xbarsim sweep '{EVIL}'")
    (made / "runs").mkdir()
    for k in range(3):
        (made / "runs" / f"{k}.json").write_text(json.dumps(RECORD))
    (made / "runs" / "broken.json").write_text("[")
    return made


@pytest.mark.once
def test_a_sweep(folder):
    page = page_of(folder)
    assert "3 runs done, no result yet" in page.texts
    assert "has not come to its end" in page.text
    rows = [{"beta": b, **RUN, "seed": s, "accuracy_mean": 0.9 - 0.1 * b} for b in (0.0, 2.0) for s in (0, 1)]
    table(folder / "sweep.csv", rows)
    page = page_of(folder)
    for text in ("finished", "90.00 %", "70.00 %", "beta: 0.0", "2 seeds each", f"xbarsim sweep '{EVIL}'"):
        assert text in page.texts
    assert f"{EVIL} (3 runs)" in page.texts
    assert "1 records of runs are broken, and not counted here" in page.texts
    assert "variation.c2c = 5" in page.text
    assert page.of("src")[0].startswith("data:image/svg+xml;base64,")
    assert Layout.from_toml_text(page.code[-1]).network.layers == (6, 3)


@pytest.mark.once
@pytest.mark.parametrize("whole", [True, False])
def test_a_grid_and_points_that_are_none(folder, whole):
    points = [(b, n) for b in (0.0, 1.0) for n in (4, 9)]
    rows = [{"beta": b, "n_max": n, **RUN} for b, n in points[: None if whole else 3]]
    table(folder / "sweep.csv", rows)
    page = page_of(folder)
    assert len(page.of("src")) == whole
    assert ("Points were drawn at random" in page.text) != whole


@pytest.mark.once
def test_pictures_and_tables_that_a_study_left(folder, tmp_path):
    shutil.copy(ROOT / ".assets/rules.png", folder / "limits.png")
    (folder / "no.png").write_text(EVIL)
    (folder / "report.md").write_text(EVIL)
    table(
        folder / "limits.csv",
        [
            {"method": m, "departure": d, "size": size, "accuracy_without": a, "gained": gain, "gained_error": error}
            for m, d, size, a, gain, error in (
                ("b", "as it is", "", 0.8, 0.0, None),
                ("b", EVIL, "5", 0.9, 0.1, 0.01),
                ("c", "spread", "2", 0.9, 0.2, None),
            )
        ],
    )
    table(folder / "curves.csv", [{"x": k} for k in range(500)])
    page = page_of(folder)
    for text in (
        *("limits most, b", "+10.00 points without it", "80.00 %", "500 points of curves stand in curves.csv.", EVIL),
        *("the device as it is, b", "gains most, c; one seed: no verdict"),
    ):
        assert text in page.texts
    assert "no.png: is no PNG, and not in this page" in page.texts
    assert len(page.of("src")) == 1


@pytest.mark.once
@pytest.mark.parametrize("name", ["$\\frac$", "a\\ud800b", "1e999", "nan"])
def test_odd_values_are_no_end(folder, tmp_path, name):
    """Half a formula to Matplotlib, half a letter, numbers that are none."""
    path = tmp_path / "answer.json"
    found = json.dumps({**AGED, "file": "FILE"}).replace("FILE", name.replace("\\f", "\\\\f"))
    path.write_text(found)
    assert "40.00 %" in page_of(path).texts
    table(folder / "sweep.csv", [{"beta": value, **RUN} for value in (name, "0")])
    assert "finished" in page_of(folder).texts


@pytest.mark.once
def test_records_alone(folder):
    (folder / "study.json").unlink()
    assert "3" in page_of(folder).texts


@pytest.mark.once
@pytest.mark.parametrize(
    ("found", "says"), [(AGED, "40.00 %"), (ELSEWHERE, "80.00 %"), ({"transfers": [MOVED]}, "37.50 %")]
)
def test_answers(found, says, tmp_path):
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(found))
    page = page_of(path)
    assert says in page.texts
    assert any(EVIL in text for text in page.texts)
    assert len(page.of("src")) == 1
    for key in ("accuracies", "accuracy_before", "own"):
        one = found["transfers"][0] if "transfers" in found else found
        if key in one:
            before, one[key] = one[key], [[7.0]]
            path.write_text(json.dumps(found))
            with pytest.raises(xbarsim.DataError, match=r"expected what a command printed with --json, got "):
                page_of(path)
            one[key] = before


@pytest.mark.compiles
def test_a_fitted_device_and_its_measurement(tmp_path):
    device = tmp_path / "fit.toml"
    source = f'[source]\ntitle = "{EVIL}"\nfile = "mine.csv"\nwarnings = "a scatter"\n'
    device.write_text(f"{source}[device]\nn_max = 9\nbeta = 2.0\n[variation]\nc2c = 0.1\n")
    page = page_of(device)
    assert "mine.csv: does not lie beside this file, so its reads are not shown." in page.texts
    assert {EVIL, "a scatter", "xbarsim run --device fit.toml"} <= set(page.texts)
    states = xbarsim.Device(n_max=9, beta=2.0).staircase()
    curve = "\n".join(f"{n},{g}" for n, g in enumerate([*states, *states[::-1][1:]]))
    (tmp_path / "mine.csv").write_text("pulse,G (S)\n" + curve)
    assert len(page_of(device).of("src")) == len(page.of("src")) + 1


@pytest.mark.compiles
def test_folders_that_commands_left(call, tmp_path):
    few = [*QUICK, "--seeds", 1, "--workers", 1, "--quiet"]
    few = [word for word in few if word not in ("--n-max", "4", "--eval-last", "2")]
    how = ["--set", "n_max=4", "--set", "eval_last=2"]
    for command, folder in (
        (["sweep", "beta", "--values", "0,2", "--keep"], "a sweep"),
        (["compare", "--rules", "a,b", "--out"], "rules"),
    ):
        code, _, err = call(*command, folder, *few, *how)
        assert code == 0, err
        assert call("report", folder, "--force")[:2] == (0, "report.html\n")
        page = read(Path("report.html"))
        assert "finished" in page.texts
        assert page.of("src")
        named = f"'{folder}'" if " " in folder else folder
        assert any(line.startswith(f"xbarsim {command[0]}") and f" {named} " in line for line in page.code)


@pytest.mark.once
def test_what_there_is_no_page_of(call, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "odd.json").write_text('{"a": 1}')
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "broken.toml").write_text("a = ")
    (tmp_path / "other.toml").write_text("a = 1")
    (tmp_path / "layout.toml").write_text(Layout.of(layers=(2, 2)).to_toml())
    (tmp_path / "foreign.h5").write_bytes(b"\x89HDF\r\n\x1a\nand no more")
    (tmp_path / "there.html").write_text("kept")
    for name, what in (
        ("nothing.h5", "nothing.h5: expected a run file, the folder of a sweep (--keep), compare"),
        ("empty", "got a folder without study.json and without records of runs"),
        ("text.txt", "got something else; name one of these"),
        ("odd.json", "got JSON of another kind"),
        ("broken.json", "got something that is no JSON"),
        ("broken.toml", "expected TOML, got a syntax error"),
        ("other.toml", "got TOML without a section [device]"),
        ("layout.toml", "got a layout, of which nothing is run yet; xbarsim run layout.toml makes a run file"),
        ("foreign.h5", "foreign.h5: "),
    ):
        refuses(call, "report", name, what=what)
    refuses(call, "report", "empty", "-o", "page.pdf", what="page.pdf: expected a name that ends in .html or .htm")
    refuses(call, "report", "empty", "-o", "there.html", what="there.html: exists already and is not overwritten")
    refuses(call, "report", "empty", "-o", "no/page.html", what="its folder does not exist")


@pytest.mark.once
def test_whole_or_not_at_all(folder, tmp_path, monkeypatch):
    import xbarsim.api.reporting as reporting

    table(folder / "sweep.csv", [{"beta": 1.0, **RUN}])
    (tmp_path / "page.html").write_text("before")
    monkeypatch.setattr(reporting, "created", _full_disk)
    with pytest.raises(xbarsim.OutputError, match="cannot write it"):
        page_of(folder)
    assert (tmp_path / "page.html").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([folder.name, "page.html"])


def _full_disk(path, *, force):
    import contextlib

    from xbarsim.base import files

    @contextlib.contextmanager
    def half():
        with files.created(path, force=force) as stream:
            yield stream
            stream.flush()
            raise OSError(28, "No space left on device")

    return half()
