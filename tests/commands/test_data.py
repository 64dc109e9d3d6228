"""`xbarsim data`, and data sets that are not there."""

from __future__ import annotations

import json

import pytest

from xbarsim import Trace

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
        "digits",
        "two-pixels",
    }
