"""Studies on the workers of a Dask scheduler: the same bits as here, also where a worker dies half-way."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim.study import cluster, in_worker, workers
from xbarsim.study.study import run_study
from xbarsim.study.tasks import Task

from ..cli import refuses
from .test_workers import curves, tasks_of

pytestmark = [pytest.mark.once, pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")]

_do = in_worker.do


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """A scheduler and two workers on the loopback, each a process; gives the scheduler's file, and the workers."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def start(*arguments):
        with (folder / "log").open("a") as log:
            command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard", "--scheduler-file", str(file)]
            return subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)

    alone = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(folder))
    processes = [start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show")]
    processes += [start("worker", *alone) for _ in range(2)]
    yield file, processes[1:]
    for process in processes:
        process.kill()
        process.wait()


def slowly(place, task, keep):
    """The task, which takes half a second at least; a worker sees no file of whoever asks."""
    time.sleep(0.5)
    return _do(place, task, None if keep is None else in_worker.Keep(keep.path, Path("/nowhere")))


def test_a_worker_is_killed_half_way_and_the_study_ends_with_the_same_bits(dask, tmp_path, tiny_data, monkeypatch):
    file, processes = dask
    tasks = tasks_of(8)
    here = run_study(tasks, tiny_data, tmp_path / "here", workers=1, keep_runs=True)
    monkeypatch.setattr(in_worker, "do", slowly)
    most = []

    def told(tick):
        most.append(tick.workers)
        if tick.done == 3 and max(most) == 2:
            processes[0].kill()  # in the middle of a run

    # Stopped when six are done, and taken up again.
    done = []
    some = run_study(
        tasks,
        tiny_data,
        tmp_path / "there",
        workers=str(file),
        keep_runs=tmp_path / "kept",
        listener=lambda tick: (told(tick), done.append(tick.done)),
        stop=lambda: bool(done) and done[-1] >= 6,
        trials=True,
    )
    assert 6 <= len(some) < 8
    assert processes[0].wait(10) == -9, "the test tests something"
    monkeypatch.setattr(in_worker, "do", _do)
    there = run_study(tasks, tiny_data, tmp_path / "there", workers=str(file), keep_runs=tmp_path / "kept")
    assert curves(there) == curves(here)
    for task, record in there.items():
        assert record["result"]["pulses"] == here[task]["result"]["pulses"]
        with xbarsim.Trace(record["result"]["out"]) as a, xbarsim.Trace(here[task]["result"]["out"]) as b:
            assert np.array_equal(a.conductance(1, 9), b.conductance(1, 9))
    assert {p.name for p in (tmp_path / "kept").iterdir()} == {f"{t.key(tiny_data)}.h5" for t in tasks}


def test_the_command_takes_a_scheduler_and_keeps_run_files(dask, call, tmp_path):
    ask = ("sweep", "beta", "--values", "0,2", "--layers", "2,2", "--dataset", "two-pixels", "--iterations", 5)
    here = call(*ask, "--seeds", 1, "--workers", 1, "-q", "--csv")[1].splitlines()
    code, out, err = call(*ask, "--seeds", 1, "--scheduler", dask[0], "-q", "--csv", "--keep-runs", "h5")
    assert code == 0, err
    there = out.splitlines()
    assert [x.split(",")[:7] for x in there[1:]] == [x.split(",")[:7] for x in here[1:]]
    kept = [x.split(",")[-1] for x in there[1:]]
    assert there[0].endswith(",run_file")
    assert {str(p) for p in (tmp_path / "h5").iterdir()} == set(kept)
    refuses(call, *ask, "--scheduler", dask[0], "--workers", 2, what="--scheduler: expected no --workers beside it")
    refuses(call, *ask, "--scheduler", "", what="--scheduler: expected an address")


def where(place, *_):
    """Where a worker works."""
    del place
    raise xbarsim.XbarsimError(f"here: {Path.cwd()}")


def other_version(place, *_):
    """What a worker of another version comes to."""
    return cluster.far(_do, None, (), place.data, ("0.0", "other"), "")


def missing(*_):
    """What a worker comes to that lacks a package."""
    raise ModuleNotFoundError("No module named 'xbarsim'")


@pytest.mark.parametrize(
    ("do", "what"),
    [
        (where, "here: .*test_what_is_wrong"),
        (other_version, r"a worker: expected xbarsim 0\.0 \(kernels other\).*; install the same there"),
        (missing, "expected a scheduler and workers with the same packages as here, but: No module named 'xbarsim'"),
    ],
)
def test_what_is_wrong_there_is_told_in_a_line(dask, tmp_path, tiny_data, monkeypatch, do, what):
    monkeypatch.setattr(in_worker, "do", do)
    monkeypatch.chdir(tmp_path)  # workers are elsewhere
    with pytest.raises(xbarsim.XbarsimError, match=what):
        run_study(tasks_of(1), tiny_data, tmp_path, workers=str(dask[0]))


def test_no_scheduler_is_told_in_a_line(tmp_path, tiny_data, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "PATIENCE", 0.3)
    for where, what in (
        ("tcp://127.0.0.1:9", "expected a Dask scheduler at tcp://127.0.0.1:9, got no answer"),
        (str(tmp_path / "no.json"), "or a scheduler's file, got .*no.json', which is not there"),
    ):
        with pytest.raises(xbarsim.XbarsimError, match=what):
            run_study(tasks_of(1), tiny_data, tmp_path, workers=where)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(xbarsim.XbarsimError, match=r"pip install 'xbarsim\[cluster\]'"):
        run_study(tasks_of(1), tiny_data, tmp_path, workers="tcp://127.0.0.1:9")


class Scripted:
    """An executor whose calls end as the script says; a number is so many workers that died."""

    far, slots = True, 2

    def __init__(self, script):
        self.script, self.begun = script, []

    def submit(self, function, *_arguments, number=None, at=None):
        del number, at
        from concurrent.futures import Future

        future, seed = Future(), function()
        self.begun.append(seed)
        answer = self.script[seed].pop(0)
        if isinstance(answer, int):
            future.set_exception(RuntimeError(str(answer)))
        else:
            future.set_result(answer)
        return future

    def deaths(self, error):
        return int(str(error))


def test_who_may_be_innocent_of_deaths_is_tried_alone():
    """A scheduler counts a worker's death against all that it had."""
    executor = Scripted({0: [4, "fine"], 1: [4, 4], 2: ["fine"], 3: [1, 1, "fine"]})
    calls = [workers.Call(task, functools.partial(int, k), ()) for k, task in enumerate(tasks_of(4))]
    found = {task.layout.run.seed: answer for task, answer in workers.shared(executor, calls, lambda: False)}
    assert found == {0: "fine", 1: workers.GivenUp(4), 2: "fine", 3: "fine"}
    assert sorted(executor.begun[-2:]) == [0, 1], "when all others are done"


def test_a_task_goes_over_the_wire_as_it_is():
    cloudpickle = pytest.importorskip("cloudpickle")
    task = tasks_of(1)[0]
    assert cloudpickle.loads(cloudpickle.dumps(task)) == task
    assert isinstance(task, Task)
