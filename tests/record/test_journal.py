"""Commits are all or nothing, whatever moment the process dies at."""

from __future__ import annotations

import errno
import os

import h5py
import numpy as np
import pytest

from xbarsim.base.errors import OutputError, TraceError
from xbarsim.record.committed import CommittedFile
from xbarsim.record.journal import journal_path


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


def start(path):
    file = CommittedFile(path, "w")
    h5 = h5py.File(file, "w", libver="earliest")
    h5.create_dataset("a", (0,), np.int64, maxshape=(None,), chunks=(64,))
    h5.create_dataset("done", data=0)
    h5.flush()
    file.commit()
    return file, h5


def step(h5, n):
    h5["a"].resize(((n + 1) * 100,))
    h5["a"][n * 100 :] = n
    h5[f"group{n}"] = np.arange(n * 50)
    h5["done"][()] = n + 1
    h5.flush()


def read(path):
    """Number of whole steps in the file; fails if any of them is not whole."""
    source = CommittedFile(path, "r")
    with h5py.File(source, "r") as h5:
        done = int(h5["done"][()])
        np.testing.assert_array_equal(h5["a"][:], np.repeat(np.arange(done), 100))
        for n in range(done):
            assert len(h5[f"group{n}"]) == n * 50
    source.abandon()
    return done


def test_plain_readers_see_whole_commits(tmp_path):
    path = tmp_path / "x.h5"
    file, h5 = start(path)
    for n in range(5):
        step(h5, n)
        with h5py.File(path, "r", locking=False) as reader:
            assert reader["done"][()] == n  # not committed yet
        file.commit()
        with h5py.File(path, "r", locking=False) as reader:
            assert reader["done"][()] == n + 1
    file.abandon()
    assert os.listdir(tmp_path) == ["x.h5"]


def test_full_disk_leaves_the_last_commit(tmp_path, monkeypatch):
    path = tmp_path / "x.h5"
    file, h5 = start(path)
    step(h5, 0)
    file.commit()
    step(h5, 1)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OutputError, match=r"x\.h5: cannot write \(No space left on device\)"):
        file.commit()
    monkeypatch.undo()
    file.abandon()
    assert read(path) == 1


def test_replacing_keeps_the_old_file_until_the_first_commit(tmp_path):
    path = tmp_path / "x.h5"
    path.write_bytes(b"precious")
    file = CommittedFile(path, "w")
    file.write(b"new")
    assert path.read_bytes() == b"precious"
    file.abandon()
    assert path.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["x.h5"]
    file = CommittedFile(path, "w")
    file.write(b"new")
    file.commit()
    file.abandon()
    assert path.read_bytes() == b"new"


def test_reads_lay_pending_writes_over_the_disk(tmp_path):
    rng = np.random.default_rng(0)
    file = CommittedFile(tmp_path / "x", "w")
    model = bytearray()
    for n in range(300):
        offset, size = int(rng.integers(0, 500)), int(rng.integers(1, 80))
        data = rng.integers(0, 256, size).astype(np.uint8).tobytes()
        if len(model) < offset + size:
            model.extend(bytes(offset + size - len(model)))
        model[offset : offset + size] = data
        file.seek(offset)
        file.write(data)
        if n % 17 == 0:
            file.commit()
            assert (tmp_path / "x").read_bytes() == bytes(model)
        file.seek(0)
        got = bytearray(len(model))
        assert file.readinto(got) == len(model)
        assert got == model
    file.abandon()


def test_one_writer_at_a_time(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "x.h5"
    file, _ = start(path)
    code = (
        "import sys, pathlib; from xbarsim.record.committed import CommittedFile; "
        "CommittedFile(pathlib.Path(sys.argv[1]), 'r+')"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert "another xbarsim process is writing it" in answer.stderr
    file.abandon()


def test_what_killed_processes_left_is_removed_if_it_is_nobodys(tmp_path):
    """Their id is in their name; what has another is somebody's own."""
    token = "0123abcd"
    (tmp_path / f".x.h5.{token}.new").write_bytes(b"\x89HDF\r\n\x1a\n" + token.encode() + bytes(100))
    (tmp_path / ".x.h5.ffffffff.new").write_bytes(b"")  # killed before the first write
    kept = {".x.h5.89abcdef.new": b"mine", f".y.h5.{token}.new": b"another's", ".x.h5.notes.new": b""}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
    file, h5 = start(tmp_path / "x.h5")
    step(h5, 0)
    file.commit()
    file.abandon()
    assert read(tmp_path / "x.h5") == 1
    assert sorted(os.listdir(tmp_path)) == sorted(["x.h5", *kept])


@pytest.fixture
def two_names(tmp_path):
    """A run whose process was killed when the file had its name, and had not yet lost the one from before."""
    path = tmp_path / "x.h5"
    file, h5 = start(path)
    step(h5, 0)
    file.commit()
    file.abandon()
    os.link(path, tmp_path / ".x.h5.new")
    return path


def test_a_second_name_goes_when_the_run_goes_on(two_names):
    file = CommittedFile(two_names, "r+")
    assert os.listdir(two_names.parent) == ["x.h5"]
    file.abandon()
    assert read(two_names) == 1


def test_a_run_that_was_moved_is_not_emptied_by_its_second_name(two_names):
    best = two_names.rename(two_names.with_name("best.h5"))
    before = best.read_bytes()
    file, h5 = start(two_names)
    step(h5, 0)
    step(h5, 1)
    file.commit()
    file.abandon()
    assert best.read_bytes() == before
    assert (read(best), read(two_names)) == (1, 2)
    assert sorted(os.listdir(best.parent)) == ["best.h5", "x.h5"]


def test_files_of_others_are_left_alone(tmp_path):
    journal_path(tmp_path / "x.h5").write_bytes(b"my own notes")
    (tmp_path / "x.h5.part").write_bytes(b"mine too")
    with pytest.raises(OutputError, match=r"x\.h5\.journal beside it is not xbarsim's"):
        CommittedFile(tmp_path / "x.h5", "w")
    assert journal_path(tmp_path / "x.h5").read_bytes() == b"my own notes"
    journal_path(tmp_path / "x.h5").unlink()
    file, h5 = start(tmp_path / "x.h5")
    step(h5, 0)
    file.commit()
    file.abandon()
    assert (tmp_path / "x.h5.part").read_bytes() == b"mine too"


def test_missing_file(tmp_path):
    with pytest.raises(TraceError, match="cannot open"):
        CommittedFile(tmp_path / "none.h5", "r")
