"""Workers end with their parent, whatever ends it; what they have done comes back while they work."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.study import in_worker, workers
from xbarsim.study.study import run_study
from xbarsim.study.tasks import Task

LINUX = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")


def in_c(*_):
    """One call of C, as the compiler's are: it takes longer than the test waits."""
    ctypes.CDLL(None).usleep(90_000_000)


def main(folder, compiling):
    """What the killed process runs: a study of two long runs on two workers."""
    from xbarsim import load_dataset

    data = load_dataset("two-pixels")
    layouts = [Layout.of(layers=(2, 2), dataset="two-pixels", iterations=10**9, eval_every=0, seed=k) for k in (1, 2)]

    def told(tick):
        if tick.phase == ("compiling" if compiling else "training") and (compiling or tick.cost_done > 0.0):
            Path(folder, "there").touch()

    if compiling:
        workers._uncompiled, in_worker.warm_up = (lambda todo: [todo[0].layout]), in_c
    run_study([Task(layout) for layout in layouts], data, Path(folder), workers=2, listener=told)


def descendants(pid):
    """All processes that came of one, by their ids."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@LINUX
@pytest.mark.once
@pytest.mark.parametrize("pdeathsig", [True, False], ids=["told by Linux", "seen by a thread"])
@pytest.mark.parametrize("compiling", [True, False], ids=["compiling", "running"])
def test_workers_end_with_a_parent_that_is_killed(tmp_path, compiling, pdeathsig):
    """Also those in the compiler, and the process that keeps the books of shared memory."""
    code = f"from tests.study.test_workers import main; main({str(tmp_path)!r}, {compiling})"
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    script = tmp_path / "main.py"
    script.write_text(
        "import sys\n"
        + ("" if pdeathsig else "sys.platform = 'other'\n")  # a worker imports this file, too
        + f"if __name__ == '__main__':\n    {code}\n"
    )
    env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), env.get("PYTHONPATH", "")])
    parent = subprocess.Popen([sys.executable, str(script)], env=env, cwd=tmp_path)
    try:
        for _ in range(600):
            if (tmp_path / "there").exists():
                break
            assert parent.poll() is None
            time.sleep(0.1)
        time.sleep(1.0)  # into the middle of it
        children = descendants(parent.pid)
        assert len(children) >= (2 if compiling else 3), "a worker or two, and the resource tracker"
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    for _ in range(300):  # they get half a minute, and would take a minute and a half, or for ever
        left = {pid for pid in children if alive(pid)}
        if not left:
            break
        time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def begin(folder):
    """What the next killed process runs: a study whose data are more than a pipe takes."""
    import numpy as np

    from xbarsim.data_sets.data_set import build

    x, y = np.ones((20_000, 784), np.uint8), np.arange(20_000) % 3
    data = build("large", x, y, x[:9], y[:9], "tests")
    workers._uncompiled = lambda _: []
    tasks = [Task(Layout.of(layers=(784, 3), n_max=6, dataset="large", iterations=10**8, seed=k)) for k in (1, 2)]
    Path(folder, "there").touch()
    run_study(tasks, data, Path(folder), workers=2)


@LINUX
@pytest.mark.once
def test_nothing_is_said_by_workers_that_start_while_their_parent_is_killed(tmp_path):
    """They read what they start with from a pipe, and of much would find a part."""
    script = tmp_path / "main.py"
    script.write_text(
        "import sys\n"
        "if __name__ == '__main__':\n    from tests.study.test_workers import begin\n    begin(sys.argv[1])\n"
    )
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    with (tmp_path / "said").open("w") as said:
        parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=env, cwd=tmp_path, stderr=said)
    for _ in range(600):
        if (tmp_path / "there").exists() and len(descendants(parent.pid)) >= 3:  # a worker, and the resource tracker
            break
        time.sleep(0.01)
    time.sleep(0.2)  # a worker is there before its parent has written what it reads first, which Python does by itself
    children = descendants(parent.pid) - {parent.pid}
    parent.kill()
    parent.wait()
    for _ in range(300):
        if not any(alive(pid) for pid in children):
            break
        time.sleep(0.1)
    assert (tmp_path / "said").read_text() == ""


# A worker that dies ---------------------------------------------------------------------------------------------------

_do = in_worker.do


def do_or_die(place, task, keep, folder, deaths):
    """The task; but a worker that begins seed 1 dies, so many times, half a second later."""
    if task.layout.run.seed == 1 and len(list(Path(folder).glob("death-*"))) < deaths:
        Path(folder, f"death-{os.getpid()}").touch()
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    return _do(place, task, keep)


def dying(monkeypatch, folder, deaths):
    """Workers that die; they find the folder and the number in the function that goes to them."""
    folder.mkdir()
    monkeypatch.setattr(in_worker, "do", functools.partial(do_or_die, folder=folder, deaths=deaths))
    monkeypatch.setattr(workers, "_uncompiled", lambda _: [])


def tasks_of(n):
    return [Task(Layout.of(layers=(6, 5, 3), n_max=6, dataset="tiny", iterations=9, seed=k)) for k in range(n)]


def curves(records):
    return {task.layout.run.seed: record["curve"] for task, record in records.items()}


@pytest.mark.compiles
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_what_dies_with_a_worker_is_done_by_another(tmp_path, tiny_data, monkeypatch):
    tasks = tasks_of(4)
    alone = run_study(tasks, tiny_data, tmp_path / "alone", workers=1)
    dying(monkeypatch, tmp_path / "deaths", 2)
    found = run_study(tasks, tiny_data, tmp_path / "study", workers=2)
    assert len(list((tmp_path / "deaths").iterdir())) == 2, "the test tests something"
    assert curves(found) == curves(alone)


@pytest.mark.compiles
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_that_kills_its_workers_is_given_up_and_the_others_are_done(tmp_path, tiny_data, monkeypatch):
    tasks = tasks_of(4)
    with monkeypatch.context() as patch:
        dying(patch, tmp_path / "deaths", 99)
        with pytest.raises(xbarsim.XbarsimError, match=r"expected 4 runs, got 3; .*seed 1: given up, since 3 workers"):
            run_study(tasks, tiny_data, tmp_path / "study", workers=2)
    assert len(list((tmp_path / "deaths").iterdir())) == workers.MOST_DEATHS
    assert len(list((tmp_path / "study" / "runs").glob("*.json"))) == 3
    seen = []
    again = run_study(tasks, tiny_data, tmp_path / "study", workers=1, listener=seen.append)
    assert seen[0].kept == 3, "the same command tries it again, and it alone"
    assert len(again) == 4


@pytest.mark.compiles
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_what_a_sweep_has_done_is_kept_where_a_run_is_given_up(call, tmp_path, monkeypatch):
    dying(monkeypatch, tmp_path / "deaths", 99)
    ask = ("sweep", "n_max", "--values", 6, "--layers", "2,2", "--dataset", "two-pixels", "--iterations", 5)
    code, out, err = call(*ask, "--seeds", 2, "--workers", 2, "-q")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "what is done is kept, in sweep-kept, with --keep sweep-kept" in err
    assert len(list((tmp_path / "sweep-kept" / "runs").glob("*.json"))) == 1
    monkeypatch.setattr(in_worker, "do", _do)
    assert call(*ask, "--seeds", 2, "--workers", 2, "-q", "--keep", "sweep-kept")[0] == 0
