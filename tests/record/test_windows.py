"""The branches for Windows, run on a system that has what Windows has and no more (see conftest)."""

from __future__ import annotations

import errno
import os
import signal

import numpy as np
import pytest
from xbarsim.kernels.base import _lock

from xbarsim import Layout, OutputError, Trace, resume, run
from xbarsim.base import signals
from xbarsim.record import descriptors
from xbarsim.record.committed import CommittedFile

LAYOUT = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=60, n_max=9, eval_last=2)
pytestmark = pytest.mark.jit  # files; the kernels' own tests run with and without the JIT


def states(path):
    with Trace(path) as trace:
        return [np.concatenate(trace.conductance(1, n)) for n in (0, 30, 60)]


def test_a_run_is_the_same(tmp_path, request):
    run(LAYOUT, out=tmp_path / "here.h5")
    here = states(tmp_path / "here.h5")
    kernel32 = request.getfixturevalue("windows")
    run(LAYOUT, out=tmp_path / "there.h5")
    np.testing.assert_array_equal(states(tmp_path / "there.h5"), here)
    run(LAYOUT, out=tmp_path / "there.h5", force=True)  # in the place of a file that is there
    np.testing.assert_array_equal(states(tmp_path / "there.h5"), here)
    assert any(path.endswith(".new") and creation == 1 for path, _, _, creation in kernel32.asked)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["here.h5", "there.h5"]


def test_a_stopped_run_goes_on(tmp_path, windows):
    path, asked = tmp_path / "run.h5", iter([False])
    stopped = run(LAYOUT.replace(eval_every=20), out=path, stop=lambda: next(asked, True), commit_seconds=0.0)
    assert not stopped.finished
    assert resume(path).finished
    run(LAYOUT, out=tmp_path / "whole.h5")
    np.testing.assert_array_equal(states(path), states(tmp_path / "whole.h5"))


def test_one_writer_at_a_time(tmp_path, windows):
    path = tmp_path / "run.h5"
    run(LAYOUT, out=path)
    first = CommittedFile(path, "r+")
    with pytest.raises(Exception, match="another xbarsim process is writing it"):
        CommittedFile(path, "r+")
    with pytest.raises(OutputError, match="another xbarsim process is writing it"):
        run(LAYOUT, out=path, force=True)
    assert states(path)  # readers are not kept out
    first.abandon()
    CommittedFile(path, "r+").abandon()


def test_what_cannot_be_opened_says_why(tmp_path, windows):
    with pytest.raises(FileNotFoundError) as caught:
        descriptors.open_file(tmp_path / "nothing", os.O_RDWR)
    assert caught.value.filename == str(tmp_path / "nothing")
    (tmp_path / "there").write_bytes(b"")
    with pytest.raises(FileExistsError):
        descriptors.open_file(tmp_path / "there", os.O_RDWR | os.O_CREAT | os.O_EXCL)


def test_locks_of_the_compiler(tmp_path, windows):
    with (tmp_path / "x.lock").open("w") as mine, (tmp_path / "x.lock").open("w") as other:
        _lock.hold(mine.fileno())
        assert os.lseek(mine.fileno(), 0, os.SEEK_CUR) == 0
        with pytest.raises(BlockingIOError):
            _lock.hold(other.fileno())
        _lock.let_go(mine.fileno())
        _lock.hold(other.fileno())


@pytest.mark.parametrize("times", [3, 10**9])
def test_a_file_that_somebody_reads_is_waited_for(monkeypatch, windows, times):
    monkeypatch.setattr(descriptors, "_PATIENCE", 0.05)
    calls = []

    def do():
        calls.append(None)
        if len(calls) <= times:
            raise PermissionError(errno.EACCES, "in use")

    if times == 3:
        descriptors.patiently(do)
        assert len(calls) == 4
    else:
        with pytest.raises(PermissionError):
            descriptors.patiently(do)
        assert len(calls) > 1
    monkeypatch.setattr(descriptors, "WINDOWS", False)
    calls.clear()
    with pytest.raises(PermissionError):  # elsewhere it means what it says
        descriptors.patiently(do)
    assert len(calls) == 1


def test_workers_that_start_ignore_ctrl_c(monkeypatch, windows):
    monkeypatch.delattr(signal, "pthread_sigmask")
    with signals.kept_back():
        assert windows.asked == [(None, True)]
    assert windows.asked == [(None, True), (None, False)]


def test_a_disk_that_keeps_things_to_itself_is_told(monkeypatch, tmp_path):
    """macOS: what fsync brings to the disk may still be in its memory."""
    fcntl, asked = pytest.importorskip("fcntl"), []
    monkeypatch.delattr(os, "fdatasync", raising=False)
    monkeypatch.setattr(descriptors.sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda fd, what: asked.append(what))
    descriptors.sync(0)
    assert asked == [51]
