"""Workers end with their parent, whatever ends it; what they have done comes back while they work."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.study import workers
from xbarsim.study.study import run_study
from xbarsim.study.tasks import Task

LINUX = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")


def in_c(_):
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
        workers._uncompiled, workers._warm_up = (lambda todo: [todo[0].layout]), in_c
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


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.once
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_worker_that_dies_ends_the_study_and_the_other_workers(tmp_path, tiny_data, monkeypatch):
    """The others ignore what would end them politely, and wait for work that never comes."""
    monkeypatch.setattr(workers, "_do", die)
    monkeypatch.setattr(workers, "_uncompiled", lambda _: [])
    tasks = [Task(Layout.of(layers=(6, 5, 3), n_max=6, dataset="tiny", iterations=9, seed=k)) for k in range(3)]
    with pytest.raises(xbarsim.XbarsimError, match="a worker process died"):
        run_study(tasks, tiny_data, tmp_path, workers=2)
