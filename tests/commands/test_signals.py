"""Signals before the first iteration: nothing is to be lost, so the program ends, also from deep in the compiler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not hasattr(signal, "set_wakeup_fd") or os.name == "nt", reason="signals of POSIX"),
]

# What takes long is one call of C, as the compiler's are: Python's own handlers wait for its end.
CHILD = """
import ctypes, sys, threading, os, signal, time
from xbarsim.commands.app import stoppable
from xbarsim.loop.results import Progress
with stoppable() as stop:
    tell = stop.listener(lambda _: None)
    tell(Progress({phase!r}))
    print("ready", flush=True)
    {wait}
print("asked", stop.asked(), flush=True)
"""
IN_C = "ctypes.CDLL(None).usleep.__call__(90_000_000)"
IN_PYTHON = "\n    ".join(["for _ in range(900):", "    time.sleep(0.1)", "    if stop.asked(): break"])


def end_of(phase, wait, signum):
    """(exit code, output, errors) of a child that gets a signal."""
    code = CHILD.format(phase=phase, wait=wait)
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signum)
    out, err = child.communicate(timeout=80)  # less than it would wait by itself
    return child.returncode, out, err


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("wait", [IN_C, IN_PYTHON], ids=["in C", "in Python"])
@pytest.mark.parametrize("phase", ["compiling", "replaying"])
def test_a_signal_before_the_first_iteration_ends_the_program(phase, wait, signum):
    code, out, err = end_of(phase, wait, signum)
    assert code == 128 + signum
    assert out == ""
    assert err == "xbarsim: interrupted before it trained; nothing was written\n"


def test_a_signal_during_training_is_remembered():
    code, out, err = end_of("training", IN_PYTHON, signal.SIGTERM)
    assert (code, out, err) == (0, "asked True\n", "")


ENDING = """
import os, pathlib, signal, sys
from xbarsim.commands.app import app, ending

@app.command()
def closes(out: pathlib.Path) -> None:
    with ending(None, out):
        os.kill(os.getpid(), signal.SIGTERM)
        (out / "written").touch()
    raise AssertionError

app(["closes", sys.argv[1]])
"""


def test_what_a_study_came_to_is_written_before_a_signal_ends_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ENDING, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 128 + signal.SIGTERM
    assert (tmp_path / "written").exists()
    assert "Interrupted when all runs were done; what they came to is in" in done.stderr
