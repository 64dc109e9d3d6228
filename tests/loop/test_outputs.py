"""What becomes of the output of a run: killed in its last commit, moved, deleted, replaced, forced, extended."""

from __future__ import annotations

import os
import pathlib

import h5py
import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, OutputError, Trace, TraceError
from xbarsim.loop import running
from xbarsim.record.committed import CommittedFile
from xbarsim.record.journal import journal_path

FILES = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT

LAYOUT = Layout.of(
    layers=(2, 3, 2), dataset="two-pixels", iterations=3000, n_max=9, eval_last=1, eval_every=1000, snapshot_every=700
)
FLAGS = ["--layers", "2,3,2", "--dataset", "two-pixels", "--iterations", "3000", "--n-max", "9"]
FLAGS += ["--eval-last", "1", "--eval-every", "1000"]


class Killed(BaseException):
    """Stands for kill -9."""


def killed_in_last_commit(path, monkeypatch):
    """A run whose process died when the journal of its last commit was there."""
    real = CommittedFile._put_in

    def dies(self, writes):
        if any(b"finished" in data for _, data in writes):
            os.close(self._fd)  # all that the system does
            self._fd = -1
            raise Killed
        real(self, writes)

    monkeypatch.setattr(CommittedFile, "_put_in", dies)
    with pytest.raises(Killed):
        xbarsim.run(LAYOUT, out=path, commit_seconds=0.0)
    monkeypatch.undo()
    assert journal_path(path).exists()


@FILES
def test_a_run_killed_in_its_last_commit_is_put_in(call, tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    killed_in_last_commit(path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("inspect", "run.h5", "--json")
    assert (code, '"status": "finished"' in out) == (0, True)  # read through the journal, and left as it is
    assert journal_path(path).exists()
    code, _, err = call("run", "--resume", "run.h5")
    assert code == 0, err
    assert "put in the last commit" in err
    assert "finished already" in err
    assert not journal_path(path).exists()
    with h5py.File(path, "r") as file:  # and other tools open it
        assert file["entry/status"][()] == b"finished"
        assert len(file["entry/training/loss"]) == 3000


@FILES
def test_the_journal_beside_another_run_is_one_error(call, tmp_path, monkeypatch):
    killed_in_last_commit(tmp_path / "a.h5", monkeypatch)
    # Beside a file that is longer: a shorter one is told by its length alone.
    longer = LAYOUT.replace(seed=3, layers=(2, 9, 9, 2))
    xbarsim.run(longer, out=tmp_path / "b.h5", commit_seconds=0.0)
    before = (tmp_path / "b.h5").read_bytes()
    journal_path(tmp_path / "a.h5").rename(journal_path(tmp_path / "b.h5"))
    monkeypatch.chdir(tmp_path)
    for command in (["inspect", "b.h5"], ["run", "--resume", "b.h5"], ["run", *FLAGS, "--out", "b.h5", "--force"]):
        code, _, err = call(*command)
        assert code == 2
        assert "expected the journal of this file, got that of another run" in err
        assert len(err.splitlines()) == 1
        assert (tmp_path / "b.h5").read_bytes() == before


@FILES
def test_a_journal_without_its_run_is_not_written_over(call, tmp_path, monkeypatch):
    killed_in_last_commit(tmp_path / "a.h5", monkeypatch)
    (tmp_path / "a.h5").rename(tmp_path / "best.h5")
    journal = journal_path(tmp_path / "a.h5").read_bytes()
    monkeypatch.chdir(tmp_path)
    code, _, err = call("run", *FLAGS, "--out", "a.h5")
    assert (code, "a.h5.journal is left of a run that is not there" in err) == (2, True)
    assert journal_path(tmp_path / "a.h5").read_bytes() == journal
    assert not (tmp_path / "a.h5").exists()
    journal_path(tmp_path / "a.h5").rename(journal_path(tmp_path / "best.h5"))
    assert xbarsim.resume(tmp_path / "best.h5").iterations == 3000


@FILES
@pytest.mark.parametrize("what", ["deleted", "moved", "replaced"])
def test_output_that_goes_while_it_is_written_is_noticed(tmp_path, what):
    path, done = tmp_path / "run.h5", []

    def stop():
        if len(done) == 1:
            if what == "deleted":
                path.unlink()
            else:
                path.rename(tmp_path / "best.h5")
            if what == "replaced":
                path.write_bytes(b"somebody else's")
        done.append(1)
        return False

    with pytest.raises(OutputError, match=r"(deleted or moved|replaced) meanwhile; the run ends here"):
        xbarsim.run(LAYOUT, out=path, stop=stop, commit_seconds=0.0)
    left = sorted(os.listdir(tmp_path))
    assert left == {"deleted": [], "moved": ["best.h5"], "replaced": ["best.h5", "run.h5"]}[what]
    if what == "replaced":
        assert path.read_bytes() == b"somebody else's"
    if what != "deleted":  # what was committed before is there, and goes on
        assert xbarsim.resume(tmp_path / "best.h5").iterations == 3000


@FILES
@pytest.mark.parametrize("end", ["killed before data", "fails", "data"])
def test_force_keeps_the_old_run_until_there_is_data(tmp_path, end):
    path = tmp_path / "run.h5"
    xbarsim.run(LAYOUT, out=path)
    old = path.read_bytes()
    new = LAYOUT.replace(seed=9)
    if end == "killed before data":

        def dies():
            raise Killed

        with pytest.raises(Killed):
            xbarsim.run(new, out=path, force=True, stop=dies, commit_seconds=0.0)
    elif end == "fails":
        other = xbarsim.load_dataset("digits")
        with pytest.raises(xbarsim.DataError):
            xbarsim.run(new, out=path, force=True, dataset=other)
    else:
        seen = []

        def watch():
            seen.append(path.read_bytes() == old)
            return False

        xbarsim.run(new, out=path, force=True, stop=watch, commit_seconds=0.0)
        assert seen[0]
        assert not seen[-1]
    assert (path.read_bytes() == old) == (end != "data")
    assert os.listdir(tmp_path) == ["run.h5"]


@FILES
def test_force_puts_in_the_journal_of_the_old_run_first(tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    killed_in_last_commit(path, monkeypatch)

    def dies():
        raise Killed

    with pytest.raises(Killed):
        xbarsim.run(LAYOUT.replace(seed=9), out=path, force=True, stop=dies)
    assert os.listdir(tmp_path) == ["run.h5"]
    with h5py.File(path, "r") as file:
        assert file["entry/status"][()] == b"finished"


@FILES
@pytest.mark.parametrize("length", [239, 241, 242, 255])
def test_long_names_work_or_fail_at_the_start(tmp_path, length):
    path = tmp_path / ("x" * (length - 3) + ".h5")
    if length <= 241:
        xbarsim.run(LAYOUT, out=path, commit_seconds=0.0)
        assert os.listdir(tmp_path) == [path.name]
        return
    with pytest.raises(OutputError, match="expected a file name of at most 241 bytes"):
        xbarsim.run(LAYOUT, out=path, stop=lambda: pytest.fail("it began"))
    assert os.listdir(tmp_path) == []


@pytest.mark.compiles  # nine kinds of networks
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"rule": "crus"},
        {"rule": "bs"},
        {"batch": 3},
        {"sigma": 0.3, "method": "c"},
        {"account": True},
        {"c2c": 0.2, "endurance": 500.0, "method": "c"},
        {"rule": "software"},
        {"rule": "software", "learning_rate_end": 0.01},  # a schedule, which stays that of the old length
    ],
    ids=str,
)
def test_a_run_that_is_given_more_iterations_goes_on_to_the_same_bits(tmp_path, values):
    layout = LAYOUT.replace(iterations=900, eval_every=100, **values)
    xbarsim.run(layout, out=tmp_path / "run.h5")
    result = xbarsim.resume(tmp_path / "run.h5", iterations=1400)
    assert (result.iterations, result.finished) == (1400, True)
    schedule = {"schedule": 900} if layout.rule.falls(layout) else {}
    whole = xbarsim.run(layout.replace(iterations=1400, **schedule), out=tmp_path / "whole.h5")
    assert (result.pulses, result.resets) == (whole.pulses, whole.resets)
    with Trace(tmp_path / "run.h5") as a, Trace(tmp_path / "whole.h5") as b:
        assert a.layout == b.layout
        assert a.finished
        for name, values_of in a.curves.items():
            np.testing.assert_array_equal(values_of, b.curves[name])
        for layer in (1, 2):
            for n in (700, 1400):
                np.testing.assert_array_equal(a.weights(layer, n), b.weights(layer, n))
            if a.state.replays:
                np.testing.assert_array_equal(a.weights(layer, 1111), b.weights(layer, 1111))
            if layout.rule.pairs:
                for name, counts in a.counts(layer).items():
                    np.testing.assert_array_equal(counts, b.counts(layer)[name])


@FILES
def test_more_iterations_by_the_command_line(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("run", *FLAGS, "--out", "run.h5")
    code, _, err = call("run", "--resume", "run.h5", "--iterations", "2000")
    assert (code, "expected at least the 3,000 iterations" in err) == (2, True)
    code, out, err = call("run", "--resume", "run.h5", "--iterations", "3500")
    assert (code, "at iteration 3,500" in out) == (0, True), err
    code, out, err = call("run", "--resume", "run.h5", "--iterations", "3500")
    assert (code, "finished already" in err) == (0, True)
    code, _, err = call("run", "--resume", "run.h5", "--iterations", "4000", "--seed", "4")
    assert (code, "run.seed" in err) == (2, True)


@FILES
def test_a_stopped_run_that_was_given_more_keeps_its_new_end(tmp_path):
    path, asked = tmp_path / "run.h5", iter([False, True])
    xbarsim.run(LAYOUT.replace(iterations=900), out=path)
    assert not xbarsim.resume(path, iterations=5000, stop=lambda: next(asked)).finished
    with Trace(path) as trace, pytest.raises(TraceError, match="--resume it first"):
        trace.counts(1)  # those of the earlier end are out of date
    assert xbarsim.resume(path).iterations == 5000


@FILES
def test_unnamed_files_leave_nothing_behind(tmp_path):
    """A process that dies before its first commit leaves no file at all, where the system can do that."""
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has no files without names")
    file = CommittedFile(pathlib.Path(tmp_path) / "x.h5", "x")
    file.write(b"abc")
    assert os.listdir(tmp_path) == []
    os.close(file._fd)
    file._fd = -1
    assert os.listdir(tmp_path) == []


@FILES
def test_a_stopped_run_tells_the_accuracy_where_it_stands():
    asked = iter([False, False, True])
    stopped = xbarsim.run(LAYOUT.replace(eval_every=0), stop=lambda: next(asked))
    assert 0 < stopped.iterations < 3000
    whole = xbarsim.run(LAYOUT.replace(iterations=stopped.iterations, eval_every=0))
    assert stopped.accuracy == stopped.accuracy_mean_last == whole.accuracy


@FILES
@pytest.mark.parametrize("rule", ["sign", "software"])
def test_a_test_that_is_timed_before_changes_nothing(rule, monkeypatch):
    layout = LAYOUT.replace(rule=rule, iterations=1000, eval_last=40, eval_every=0)
    monkeypatch.setattr(running, "_SHORT", 0.0)
    told = []
    timed = xbarsim.run(layout, listener=told.append)
    assert timed.checkpoints == xbarsim.run(layout).checkpoints
    assert told[2].pace.evaluation > 0.0
    assert told[2].tested is None, "before the first of the last"
