"""``xbarsim fit`` as a user meets it."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from ..cli import refuses

pytest.importorskip("scipy")
EXAMPLES = Path(__file__).parents[2] / "data" / "examples"
pytestmark = [
    pytest.mark.jit,  # files and commands
    pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are in a checkout"),
]


@pytest.fixture
def at(call, tmp_path):
    """The command, in a folder with the example sequence."""
    shutil.copy(EXAMPLES / "sequence.csv", tmp_path / "measured.csv")
    return call


def test_measurement_to_device_file_and_picture(at, tmp_path):
    pytest.importorskip("matplotlib")
    code, out, err = at("fit", "measured.csv", "-o", "mydevice.toml", "--plot", "fit.png")
    assert code == 0, err
    assert "exponential law; 95 % intervals in brackets" in out
    assert "Conductance (µS) = conductance in uS" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fit.png", "measured.csv", "mydevice.toml"]
    assert (tmp_path / "fit.png").stat().st_size > 20_000
    read = tomllib.loads((tmp_path / "mydevice.toml").read_text())
    assert list(read) == ["source", "device", "variation"]
    d = read["device"]
    assert (d["model"], d["n_max"], d["n_max_d"]) == ("exponential", 64, 50)
    assert (d["beta"], d["beta_d"]) == (pytest.approx(2.0, abs=0.06), pytest.approx(3.0, abs=0.09))
    assert read["variation"]["c2c"] == pytest.approx(0.1, rel=0.2)
    assert read["source"]["file"] == "measured.csv"
    assert "AIC" in " ".join(read["source"])


def test_json_is_one_object_and_leaves_no_file(at, tmp_path):
    code, out, err = at("fit", "measured.csv", "--json", "--table", "--nodes", 5, "--quantiles", 3)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["device"]["model"] == "table"
    assert [len(found["device"]["jump_p_S"]), len(found["device"]["jump_d_S"][0])] == [5, 3]
    side = found["sides"]["potentiation"]
    assert side["beta"]["low"] < 2.0 < side["beta"]["high"]
    assert side["read_noise_S"]["value"] == pytest.approx(2e-9, rel=0.15)
    assert [p.name for p in tmp_path.iterdir()] == ["measured.csv"]


def test_tables_of_crosssim_become_a_device(call, tmp_path):
    files = [EXAMPLES / "dG_increasing.txt", EXAMPLES / "dG_decreasing.txt"]
    code, out, _ = call("fit", *files, "-o", "t.toml", "-q", "--nodes", 11, "--quantiles", 5)
    assert code == 0
    assert "jump_p_S 11 x 5" in out
    d = tomllib.loads((tmp_path / "t.toml").read_text())["device"]
    assert d["jump_p_S"][0][2] == pytest.approx(9e-7 * 0.0491354, rel=1e-4)
    assert d["jump_d_S"][-1][2] == pytest.approx(9e-7 * 0.1233648, rel=1e-4)
    refuses(call, "fit", files[0], what="got none of depression")
    refuses(call, "fit", *files, "--plot", "x.png", what="expected measured sweeps to draw")


def test_what_fit_writes_run_takes(call, tmp_path):
    """A table of a real device with steps below 0 at its end, four states, a geometric train: each is trained with."""
    head = "1st Row = Gbins, 2nd Row = CDF Points, 3rd row onward = dG matrix (rows = CDF, columns = Gbins)\n"
    head += "1e-6, 2e-6, 3e-6\n0, 1\n"
    (tmp_path / "dG_increasing.txt").write_text(head + "2e-7, 1e-7, -2e-7\n4e-7, 3e-7, 1e-7\n")
    (tmp_path / "dG_decreasing.txt").write_text(head + "-2e-7, -3e-7, -4e-7\n-1e-7, -1e-7, -2e-7\n")
    states = "".join(f"{k},LTP,{g}\n" for k, g in enumerate((1.1, 3.9, 7.1, 10.0)))
    (tmp_path / "few.csv").write_text("pulse,polarity,G (uS)\n" + states)
    geometric = "".join(f"{k},{1e-9 * 10 ** (k / 10):.5g}\n" for k in range(41))
    (tmp_path / "wide.csv").write_text("pulse,G (S)\n" + geometric)
    for files, told in (
        (["dG_increasing.txt", "dG_decreasing.txt"], "the range is cut from 1e-06 to 3e-06 S to"),
        (["few.csv"], "too few pulses for a law"),
        (["wide.csv"], "no depression was measured"),
    ):
        code, _, err = call("fit", *files, "-o", "d.toml", "--force")
        assert code == 0, err
        assert told in " ".join(err.split())
        assert "10 iterations of a tiny network" in err
        layout = ("--layers", "2,2", "--dataset", "two-pixels", "--iterations", 20, "--no-trace")
        code, _, err = call("run", "--device", "d.toml", *layout, "-q")
        assert code == 0, err


def test_what_does_not_train_is_not_written(at, tmp_path, monkeypatch):
    """Should a device pass all checks and fail in training, nothing is left behind."""
    from xbarsim import LayoutError
    from xbarsim.loop import simulate

    def refuse(layout, listener):
        assert layout.device.n_max == 64
        raise LayoutError("device: expected another, got this; choose another")

    monkeypatch.setattr(simulate, "run", refuse)
    refuses(
        at, "fit", "measured.csv", "-o", "d.toml", "--plot", "d.png", what="got one that does not, and none is written"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["measured.csv"]
    code, _, err = at("fit", "measured.csv")  # nothing to write, nothing to try
    assert code == 0, err
    assert "tiny network" not in err


def test_summary_says_what_it_saw(at):
    code, out, err = at("fit", "measured.csv")
    assert code == 0, err
    flat = " ".join(out.split())
    assert "trains x pulses; reads" in flat
    assert "the same of the written device" in flat


def test_existing_files_are_kept(at, tmp_path):
    for name, flag in (("d.toml", "-o"), ("d.png", "--plot")):
        (tmp_path / name).write_text("mine")
        refuses(at, "fit", "measured.csv", flag, name, what="is not overwritten")
        assert (tmp_path / name).read_text() == "mine"
    code, _, _ = at("fit", "measured.csv", "-o", "d.toml", "--force", "-q")
    assert code == 0
    assert "[device]" in (tmp_path / "d.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["none.csv"], "none.csv: expected a file of measurements"),
        (["measured.csv", "--law", "cubic"], "--law: unknown name 'cubic'"),
        (["measured.csv", "--range", "1e-7"], "--range: expected LOW,HIGH"),
        (["measured.csv", "--reverse", "up"], "--reverse: unknown name 'up'"),
        (["measured.csv", "--reverse", "both"], "--reverse: expected reads that say their polarity"),
        (["measured.csv", "--nodes", "1"], "--nodes: expected a whole number >= 2"),
        (["measured.csv", "--plot", "fit.bmp"], "expected a name that ends in"),
        (["measured.csv", "-o", "no/d.toml"], "its folder does not exist"),
        (["measured.csv", "--map", "conductance=7"], "expected one of the columns"),
    ],
)
def test_refused(at, arguments, what):
    refuses(at, "fit", *arguments, what=what)


@pytest.mark.parametrize(
    ("module", "what"), [("scipy.optimize", "SciPy"), ("emcee", "emcee"), ("openpyxl", "openpyxl")]
)
def test_missing_library_says_how_to_install(at, monkeypatch, module, what):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, module.split(".")[0], None)
    file = EXAMPLES / "columns.xlsx" if what == "openpyxl" else "measured.csv"
    refuses(at, "fit", file, what="pip install 'xbarsim[fit]'")
    refuses(at, "fit", file, what=what)


def test_help_reads_well(at):
    code, out, _ = at("fit", "--help")
    assert code == 0
    for panel in ("Reading the measurement", "Device", "Output"):
        assert panel in out
