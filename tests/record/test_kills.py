"""A kill at every system call of every kind of commit: the file is the last commit or this one, whole, and so is a file
that is replaced; what is left is put in, or cleared away.
"""

from __future__ import annotations

import os

import h5py
import numpy as np
import pytest

from xbarsim.record.committed import CommittedFile
from xbarsim.record.journal import Identity, journal_path

CALLS = ("pwrite", "write", "ftruncate", "fdatasync", "fsync", "link", "replace", "unlink")


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs."""


class Run:
    """A file of growing arrays, which names itself as run files do."""

    def __init__(self, path, mode):
        self.path, self.file, self.commits = path, CommittedFile(path, mode), 0
        self.h5 = h5py.File(self.file, "w", libver=("v110", "v110"))
        self.h5.create_dataset("a", (0,), np.int64, maxshape=(None,), chunks=(64,), fletcher32=True)
        self.h5.create_dataset("file_id", data=np.bytes_(self.file.new_id), dtype="S32")
        self.h5.create_dataset("commits", data=np.int64(0))

    def step(self, n):
        self.h5["a"].resize(((n + 1) * 100,))
        self.h5["a"][n * 100 :] = n
        self.h5[f"group{n}"] = np.arange(n * 50)
        self.commits += 1
        self.h5["commits"][()] = self.commits
        self.h5.flush()

    def commit(self):
        places = [self.h5[name].id.get_offset() for name in ("file_id", "commits")]
        self.file.commit(Identity(self.file.new_id.encode(), *places, self.commits))

    def die(self):
        """All that the system does for a killed process."""
        os.close(self.file._fd)
        self.file._fd, self.file._temporary = -1, None
        self.file._pending = type(self.file._pending)()
        self.h5.id.close()


def read(path):
    """Number of whole steps in the file; fails if any of them is not whole."""
    source = CommittedFile(path, "r")
    with h5py.File(source, "r") as h5:
        done = int(h5["commits"][()])
        np.testing.assert_array_equal(h5["a"][:], np.repeat(np.arange(done), 100))
        for n in range(done):
            assert len(h5[f"group{n}"]) == n * 50
    source.abandon()
    return done


@pytest.fixture
def killed_at(monkeypatch):
    """Let the k-th system call of a function be its last, or know how many there are."""
    state = {"calls": 0, "limit": None}

    def counted(real):
        def call(*args, **kw):
            state["calls"] += 1
            if state["limit"] is not None and state["calls"] > state["limit"]:
                raise Killed
            return real(*args, **kw)

        return call

    for name in filter(lambda name: hasattr(os, name), CALLS):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))

    def run(function, limit):
        state.update(calls=0, limit=limit)
        try:
            function()
        except Killed:
            return False
        finally:
            state["limit"] = None
        return True

    return run


@pytest.fixture
def system(request):
    """What the system can do: "without a name", "beside it", or all that Windows has."""
    if request.param == "as Windows":
        request.getfixturevalue("windows")
    request.getfixturevalue("killed_at")  # counts the calls of that system
    return request.param


@pytest.mark.parametrize("system", ["without a name", "beside it", "as Windows"], indirect=True)
@pytest.mark.parametrize("kind", ["first", "replacing", "third", "last"])
def test_killed_at_every_system_call(tmp_path, monkeypatch, system, killed_at, kind):
    if system == "beside it":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    elif system == "as Windows":
        pass
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no files without names")
    states, k, completed = [], 0, False
    while not completed:
        folder = tmp_path / str(k)
        folder.mkdir()
        path = folder / "x.h5"
        if kind == "replacing":
            old = Run(path, "x")
            for n in range(5):
                old.step(n)
            old.commit()
            old.die()
        new = Run(path, "w" if kind == "replacing" else "x")
        before = 0 if kind in ("first", "replacing") else 2
        for n in range(before):
            new.step(n)
            new.commit()
        new.step(before)
        completed = killed_at(new.commit, k)
        new.die()
        states.append((read(path) if path.exists() else 0, journal_path(path).exists()))
        # Whoever comes next finds all in order: a writer that goes on, other tools, a new run of the same name.
        if path.exists():
            again = CommittedFile(path, "r+")
            assert not journal_path(path).exists()
            again.abandon()
            with h5py.File(path, "r") as plain:
                assert plain["commits"][()] == states[-1][0]
        kept = path.rename(folder / "kept.h5") if path.exists() else None
        fresh = Run(path, "x")
        fresh.step(0)
        fresh.commit()
        fresh.die()
        left = [name for name in os.listdir(folder) if name not in ("x.h5", "kept.h5")]
        assert not [name for name in left if not name.endswith(".journal.new")], left
        assert read(path) == 1
        assert kept is None or read(kept) == states[-1][0]
        k += 1
    done = [n for n, _ in states]
    first, last = (5, 1) if kind == "replacing" else (before, before + 1)
    assert done[0] == first
    assert done[-1] == last
    assert set(done) == {first, last}
    assert done == sorted(done, reverse=kind == "replacing")
    if before:
        assert any(journal for _, journal in states[:-1]), "no kill fell into the change in place"
        assert all(n == last for n, journal in states if journal)


def finished_but_for_its_journal(path, killed_at):
    """A file whose process died in its commit, when the journal was there."""
    for k in range(100):
        path.unlink(missing_ok=True)
        run = Run(path, "x")
        run.step(0)
        run.commit()
        run.step(1)
        killed_at(run.commit, k)
        run.die()
        if journal_path(path).exists():
            return
    raise AssertionError("no journal")


def test_the_journal_of_another_run_is_refused_and_not_written(tmp_path, killed_at):
    from xbarsim.base.errors import TraceError

    finished_but_for_its_journal(tmp_path / "a.h5", killed_at)
    other = Run(tmp_path / "b.h5", "x")
    for n in range(2):
        other.step(n)
        other.commit()
    other.die()
    before = (tmp_path / "b.h5").read_bytes()
    journal_path(tmp_path / "a.h5").rename(journal_path(tmp_path / "b.h5"))
    for mode in ("r", "r+"):
        with pytest.raises(TraceError, match=r"b\.h5\.journal: expected the journal of this file"):
            CommittedFile(tmp_path / "b.h5", mode)
    assert (tmp_path / "b.h5").read_bytes() == before


def test_the_journal_of_another_time_is_refused(tmp_path, killed_at):
    from xbarsim.base.errors import TraceError

    path = tmp_path / "a.h5"
    finished_but_for_its_journal(path, killed_at)
    old = journal_path(path).read_bytes()
    CommittedFile(path, "r+").abandon()
    file = CommittedFile(path, "r+")
    h5 = h5py.File(file, "r+")
    for n in (3, 4):
        h5["commits"][()] = n
        h5.flush()
        file.commit()
    file.abandon()
    h5.id.close()
    journal_path(path).write_bytes(old)
    with pytest.raises(TraceError, match="next commit, number 2, got one of another time"):
        CommittedFile(path, "r")


def _resigned(head, body):
    import struct
    import zlib

    return head + struct.pack("<I", zlib.crc32(body, zlib.crc32(head))) + body


@pytest.mark.parametrize("fault", ["offset", "length", "short", "empty", "flipped", "foreign size", "version 1 offset"])
def test_a_damaged_journal_is_one_clear_error(tmp_path, killed_at, fault):
    """Among them an offset of 2^60, in a journal whose checksum is right."""
    import struct
    import zlib

    from xbarsim.base.errors import TraceError

    path = tmp_path / "a.h5"
    finished_but_for_its_journal(path, killed_at)
    before, journal = path.read_bytes(), journal_path(path)
    raw = journal.read_bytes()
    head, body = raw[:80], raw[84:]
    if fault == "offset":
        raw = _resigned(head, struct.pack("<Q", 1 << 60) + body[8:])
    elif fault == "length":
        raw = _resigned(head, body[:8] + struct.pack("<Q", 1 << 60) + body[16:])
    elif fault == "short":
        raw = raw[:-3]
    elif fault == "empty":
        raw = b""
    elif fault == "flipped":
        raw = raw[:100] + bytes([raw[100] ^ 4]) + raw[101:]
    elif fault == "foreign size":
        raw = _resigned(head[:64] + struct.pack("<Q", 1 << 50) + head[72:], body)
    else:
        body = struct.pack("<QQ", 1 << 60, 4) + b"abcd"
        raw = struct.pack("<8sQI", b"XBARJRN1", len(body), zlib.crc32(body)) + body
    journal.write_bytes(raw)
    for mode in ("r", "r+"):
        with pytest.raises(TraceError, match=r"a\.h5\.journal.* move (the journal away|it)"):
            CommittedFile(path, mode)
    assert path.read_bytes() == before


def test_a_journal_of_version_1_is_put_in(tmp_path):
    """Files of before version 3 named nothing in their journals."""
    import struct
    import zlib

    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    body = struct.pack("<QQ", 2, 3) + b"abc"
    journal_path(path).write_bytes(struct.pack("<8sQI", b"XBARJRN1", len(body), zlib.crc32(body)) + body)
    CommittedFile(path, "r+").abandon()
    assert path.read_bytes() == b"01abc56789"
    assert not journal_path(path).exists()
