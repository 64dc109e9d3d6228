"""Machine code is compiled once, by whichever process wants it first, and no cache is a reason not to run."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from xbarsim.kernels.base import _cache, _inner, _jit

pytestmark = pytest.mark.jit

FILL = """
import numpy as np
from xbarsim.kernels.base import noise
noise.fill_steps(np.uint64(1), noise.STREAM_STATE_PLUS, 0, 5, np.empty((2, 3), np.int64))
print(sum(noise.fill_steps.stats.cache_hits.values()), sum(noise.fill_steps.stats.cache_misses.values()))
"""

KERNEL = "def double(x):\n    return 2.0 * x\n"


@pytest.fixture
def double(tmp_path, monkeypatch):
    """A kernel that nobody has compiled."""
    (tmp_path / "own_kernel.py").write_text(KERNEL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_kernel

    yield _jit.jit(own_kernel.double)
    del sys.modules["own_kernel"]


def test_numba_is_made_as_is_assumed():
    assert "pipeline_class" in _inner.INNER


def test_processes_that_start_together_compile_once(tmp_path):
    environment = {**os.environ, "XBARSIM_CACHE": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", FILL], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    found = [tuple(map(int, process.communicate()[0].split())) for process in both]
    assert sorted(found) == [(0, 1), (1, 0)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that are forked are those of POSIX")
def test_a_lock_is_not_kept_by_children():
    with _jit._one_at_a_time("children"):
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
    try:
        process = subprocess.run(
            [sys.executable, "-c", "from xbarsim.kernels.base import _jit\nwith _jit._one_at_a_time('children'): pass"],
            timeout=30,
            check=False,
        )
        assert process.returncode == 0
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(_jit, "_PATIENCE", 0.2)
    with _jit._one_at_a_time("suspended"), _jit._one_at_a_time("suspended"):
        pass


def test_a_full_disk_costs_the_cache_only(double, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    _cache.tell_once.cache_clear()
    monkeypatch.setattr(double._cache, "save_overload", full)
    with pytest.warns(UserWarning, match=r"cannot keep them \(No space left on device\)"):
        assert double(2.0) == 4.0
    assert double(3) == 6.0


def test_a_folder_that_is_gone_costs_the_mark_only(tmp_path, monkeypatch):
    monkeypatch.setattr(_jit, "CACHE_FOLDER", tmp_path / "gone")
    _jit.note_compiled("train", 1.0)
    assert not _jit.is_compiled("train", 1.0)


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x80\x05"], ids=["empty", "garbage", "cut"])
def test_a_damaged_cache_costs_the_cache_only(tmp_path, damage):
    """What another process has left broken is compiled anew, and told."""
    environment = {**os.environ, "XBARSIM_CACHE": str(tmp_path)}
    code = "from xbarsim import Device; print(len(Device(n_max=9).staircase()))"
    run = [sys.executable, "-c", code]
    first = subprocess.run(run, capture_output=True, text=True, env=environment, check=True)
    files = list(tmp_path.rglob("*.nbi"))
    assert files, "this test needs a kernel that is compiled"
    for file in files:
        file.write_bytes(damage)
    again = subprocess.run(run, capture_output=True, text=True, env=environment, check=False)
    assert (again.returncode, again.stdout) == (0, first.stdout), again.stderr
    assert "expected compiled kernels, got a damaged file" in again.stderr
