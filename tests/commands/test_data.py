"""`xbarsim data`, and data sets that are not there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from xbarsim import Trace

from ..cli import refuses

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT


def test_an_unknown_dataset_falls_back_with_one_clear_line(call, monkeypatch, tmp_path):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("XBARSIM_DATA", raising=False)
    code, _, err = call(
        "run", "--layers", "784,10", "--iterations", 2, "--n-max", 2, "--eval-last", 1, "--eval-every", 0
    )
    assert code == 0
    assert "using the embedded digits" in err
    assert "xbarsim data fetch mnist" in err
    with Trace("run.h5") as trace:
        assert trace.layout.run.dataset == "digits"
    code, _, err = call(
        "run", "--layers", "784,10", "--iterations", 1, "--n-max", 2, "--eval-every", 0, "--force", "-q"
    )
    assert (code, err) == (0, "")


def test_a_wrong_xbarsim_data_is_named(call, monkeypatch, tmp_path):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XBARSIM_DATA", str(tmp_path / "typo"))
    _, _, err = call("run", "--layers", "784,10", "--iterations", 1, "--n-max", 2, "--eval-every", 0, "--no-trace")
    assert f"XBARSIM_DATA = {tmp_path / 'typo'} has no train-images-idx3-ubyte" in err


def test_data_list(call, tmp_path, monkeypatch):
    long = tmp_path / ("a-folder-with-a-long-name-" * 6)
    monkeypatch.setattr("xbarsim.show.views_layout.mnist_folder", lambda: long)
    code, out, _ = call("data", "list")
    assert code == 0
    assert "CC BY 4.0" in out
    assert str(long) in out
    assert {d["name"] for d in json.loads(call("data", "list", "--json")[1])["datasets"]} == {
        "mnist",
        "fashion-mnist",
        "digits",
        "two-pixels",
    }


QUICK = ["--dataset", "mine.npz", "--layers", "4,2", "--iterations", 4, "--n-max", 4, "--eval-last", 1]


def write_data(samples):
    x = np.arange(4 * samples).reshape(samples, 4).astype(np.uint8)
    y = np.arange(samples) % 2
    np.savez_compressed("mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)


def test_too_much_data_is_refused(call, monkeypatch):
    write_data(5000)
    Path("layout.toml").write_text('[network]\nlayers = [4, 2]\n[run]\ndataset = "mine.npz"\n')
    what = "mine.npz y_train: expected a data set of at most 50 kB, got one of 80 kB or more when expanded"
    refuses(call, "run", *QUICK, "--max-memory", "50k", what=what)
    refuses(call, "check", "layout.toml", "--max-memory", "50k", what=what)
    refuses(call, "run", *QUICK, "--max-memory", "much", what="--max-memory: expected GB, or a size with a unit")
    monkeypatch.setenv("XBARSIM_MAX_MEMORY", "50k")
    refuses(call, "run", *QUICK, what=what)
    code, _, err = call("run", *QUICK, "--max-memory", "1M", "-q")
    assert (code, err) == (0, "")
    refuses(call, "run", "--resume", "run.h5", what=what)
    assert call("run", "--resume", "run.h5", "--max-memory", "0.001", "-q")[::2] == (0, "")
    assert call("check", "layout.toml", "--max-memory", "1M")[0] == 0


def test_a_table_of_pixels(call):
    write_data(20)
    with np.load("mine.npz") as arrays:
        table = np.column_stack([arrays["y_train"], arrays["x_train"] * 3])
    np.savetxt("mine.csv", table, "%d", ",", header="label,a,b,c,d", comments="")
    with pytest.warns(UserWarning, match="every 6th sample of each class, 3 of 20, is kept for the test"):
        code, out, err = call("run", *QUICK, "--dataset", "mine.csv", "--json", "-q")
    assert (code, err) == (0, "")
    assert json.loads(out)["dataset"] == "mine"


def test_what_takes_long_is_told(call, monkeypatch):
    """Not measured: the clock is one that has run out at once."""

    class Clock:
        def __init__(self, seconds, then):
            assert seconds == 2.0
            self.start = then

        def cancel(self):
            pass

    write_data(20)
    monkeypatch.setattr("xbarsim.commands.app.threading.Timer", Clock)
    sweep = ["sweep", "beta", "--values", "1", "--seeds", 1, "--workers", 1, *QUICK[:6]]
    for arguments in (["run", *QUICK, "--no-trace"], sweep):
        _, _, err = call(*arguments)
        assert "Reading mine.npz ..." in err
        assert "Reading" not in call(*arguments, "--quiet")[2]
