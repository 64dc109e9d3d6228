"""Shared fixtures. Tests that need MNIST are skipped, visibly, where XBARSIM_DATA does not lead to it."""

from __future__ import annotations

import functools
import os
import sys

import numpy as np
import pytest

collect_ignore = ["trained/train.py", "trained/aihwkit_time.py"]
"""Programs of a study that need PyTorch, and aihwkit."""

JIT = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def pytest_collection_modifyitems(items):
    from xbarsim.data_sets.mnist import mnist_folder

    if mnist_folder() is None:
        skip = pytest.mark.skip(reason="MNIST is not at hand: set XBARSIM_DATA to a folder with its IDX files")
        for item in items:
            if "mnist" in item.keywords:
                item.add_marker(skip)
    if not os.environ.get("XBARSIM_SLOW"):
        skip = pytest.mark.skip(reason="takes minutes: set XBARSIM_SLOW=1")
        for item in items:
            if "slow" in item.keywords or (JIT and ("compiles" in item.keywords or "plain" in item.keywords)):
                item.add_marker(skip)
    if not JIT:
        slow, again = (
            pytest.mark.skip(reason=reason)
            for reason in ("too slow without the JIT compiler", "has no kernels: once is enough")
        )
        for item in items:
            if "jit" in item.keywords and "plain" not in item.keywords:
                item.add_marker(slow)
            if "once" in item.keywords or isinstance(item, pytest.DoctestItem):
                item.add_marker(again)


@pytest.fixture
def tiny_data():
    """A learnable data set of 6 inputs and 3 classes, 90 training and 30 test samples."""
    from xbarsim.data_sets.data_set import build

    rng = np.random.default_rng(7)

    def draw(n):
        y = rng.integers(0, 3, n)
        x = np.where(rng.random((n, 6)) < 0.25, rng.integers(1, 256, (n, 6)), 0)
        x[np.arange(n), 2 * y] = 255
        x[np.arange(n), 2 * y + 1] = 200
        return x.astype(np.uint8), y

    return build("tiny", *draw(90), *draw(30), "tests")


@pytest.fixture(scope="module")
def one_thread():
    """Dense twins solve many small systems; threads that wait for each other only slow that down."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(1):
        yield


@pytest.fixture(scope="session", autouse=True)
def commands_built_once():
    """Typer builds all commands anew in every call, which takes longer than most of them."""
    import typer.main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run a command in-process, in an empty folder; returns (code, stdout, stderr)."""
    from xbarsim.commands import main as cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["xbarsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return caught.value.code or 0, out, err

    return run


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """A file of plug-in device laws."""
    from xbarsim import Device

    from .kernels.scattered import PLUGIN, SPAN

    path = tmp_path_factory.mktemp("plugin") / "mine.py"
    path.write_text(PLUGIN.format(alpha=Device(n_max=16, beta=2.0).alpha_p / SPAN))
    return path
