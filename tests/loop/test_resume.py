"""Interrupted runs: stop, SIGINT, SIGTERM, real kill -9 and a full disk.

The resumed file equals the uninterrupted one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace, TraceError

from ..h5compare import assert_same
from ..record.test_trace import layout

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT

COMMAND = [sys.executable, "-m", "xbarsim", "run"]
BIG = [
    "--layers",
    "784,60,10",
    "--dataset",
    "digits",
    "--iterations",
    "16000",
    "--eval-every",
    "500",
    "--eval-last",
    "5",
    "--snapshot-every",
    "2000",
    "--commit-every",
    "0",
    "--seed",
    "3",
]


def spawn(arguments, **kw):
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)


def wait_for_iteration(process, path, iteration):
    """Watch the file being written, with nothing but h5py, until it has come so far."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        if path.exists():
            try:
                with h5py.File(path, "r") as file:
                    if file["entry/iterations_done"][()] >= iteration:
                        return
            except (OSError, KeyError):
                pass  # a commit was under way
        time.sleep(0.01)
    pytest.fail("the run did not get there")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.h5"
    lay = Layout.of(
        layers=(784, 60, 10),
        dataset="digits",
        iterations=16_000,
        eval_every=500,
        eval_last=5,
        snapshot_every=2000,
        seed=3,
    )
    xbarsim.run(lay, out=path)
    return path


@pytest.mark.jit
def test_kill_9_at_several_moments(tmp_path, uninterrupted):
    path = tmp_path / "run.h5"
    arguments = [*BIG, "--out", str(path)]
    reached = []
    for moment in (0, 2_000, 5_555, 11_000):
        process = spawn(arguments)
        wait_for_iteration(process, path, moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        with h5py.File(path, "r") as file:  # opens, with a plain reader
            reached.append(int(file["entry/iterations_done"][()]))
            assert len(file["entry/training/loss"]) == reached[-1]
        with Trace(path) as trace:
            assert not trace.finished
            trace.conductance(1, trace.iterations_done)
        arguments = ["--resume", str(path), "--commit-every", "0"]
    assert reached == sorted(reached)
    assert reached[-1] < 16_000
    result = xbarsim.resume(path)
    assert result.finished
    assert_same(path, uninterrupted)
    assert os.listdir(tmp_path) == ["run.h5"]


@pytest.mark.jit
@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_run_with_a_whole_file(tmp_path, uninterrupted, signum, code):
    path = tmp_path / "run.h5"
    process = spawn([*BIG, "--out", str(path)])
    wait_for_iteration(process, path, 2_000)
    process.send_signal(signum)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert f"xbarsim run --resume {path}" in err
    assert "Traceback" not in err
    with Trace(path) as trace:
        assert trace.status == "interrupted"
    xbarsim.resume(path)
    assert_same(path, uninterrupted)


@pytest.mark.jit
def test_a_run_that_is_being_written_is_left_alone(tmp_path, call):
    """By a second run, with and without --force, and by a resume; a reader is welcome."""
    path = tmp_path / "run.h5"
    process = spawn([*BIG, "--out", str(path), "--iterations", "4000000"])
    wait_for_iteration(process, path, 1_000)
    other = ["--layers", "2,2", "--dataset", "two-pixels", "--iterations", "5", "--out", str(path)]
    for arguments, what in (
        (other, "exists already"),
        ([*other, "--force"], "another xbarsim process is writing it"),
        (["--resume", str(path)], "another xbarsim process is writing it"),
    ):
        code, out, err = call("run", *arguments)
        assert (code, out) == (2, "")
        assert what in err
        assert len(err.splitlines()) == 1
    with Trace(path) as trace:
        first = trace.iterations_done
        time.sleep(0.3)
        trace.conductance(1, first)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    with Trace(path) as trace:
        assert trace.iterations_done > first
        assert trace.layout.network.layers == (784, 60, 10)


def test_two_runs_that_begin_together_do_not_replace_each_other(tmp_path, tiny_data):
    from xbarsim import OutputError

    path = tmp_path / "run.h5"
    meanwhile = []

    def other_run(tick):
        if tick.phase == "compiling" and not meanwhile:
            meanwhile.append(True)
            path.write_bytes(b"the other run")

    with pytest.raises(OutputError, match="another run has made this file meanwhile"):
        xbarsim.run(layout(), out=path, dataset=tiny_data, listener=other_run)
    assert path.read_bytes() == b"the other run"
    assert os.listdir(tmp_path) == ["run.h5"]


@pytest.mark.jit
def test_full_disk(tmp_path, uninterrupted):
    resource = pytest.importorskip("resource")
    path = tmp_path / "run.h5"
    limit = uninterrupted.stat().st_size * 4 // 5  # the structure alone takes half
    process = spawn(
        [*BIG, "--out", str(path)], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert out == ""
    assert [line for line in err.splitlines() if line.startswith("xbarsim: ")] == err.strip().splitlines()[-1:]
    assert "cannot write (File too large)" in err
    with Trace(path) as trace:
        assert 0 < trace.iterations_done < 16_000
    xbarsim.resume(path)
    assert_same(path, uninterrupted)


CONFIGURATIONS = [
    {},
    {"method": "c"},
    {"engine": "analog"},
    {"snapshot_every": 0},
    {"batch": 3, "batch_rule": "lines"},
    {"batch": 3, "batch_rule": "deferred"},
    {"batch": 4, "batch_rule": "signs"},
    {"batch": 4, "batch_rule": "products", "method": "c"},
    {"sigma": 0.4},
    {"sigma": 0.8, "method": "a"},
    pytest.param(
        {"sigma": 0.4, "sigma_negative": "redraw", "sigma_per": "pair", "method": "c", "batch": 2},
        marks=pytest.mark.compiles,
    ),
    {"rule": "software"},
    {"rule": "software", "batch": 4},
    {"read_noise": 0.3, "gain_sigma": 0.1, "offset_sigma": 0.1, "sense_range": 4.0, "sense_bits": 7, "driver_bits": 5},
    {"read_noise": 0.3, "batch": 3},
    pytest.param({"wire_resistance": 2000.0, "routing": "split-source", "tile_rows": 3}, marks=pytest.mark.jit),
    pytest.param({"wire_resistance": 500.0, "read_noise": 0.1, "batch": 2, "sigma": 0.3}, marks=pytest.mark.compiles),
]


@pytest.mark.parametrize("commit_seconds", [1.0, 0.0])
@pytest.mark.parametrize("kw", CONFIGURATIONS, ids=str)
def test_stopped_and_resumed_many_times(tmp_path, tiny_data, kw, commit_seconds):
    lay = layout(**kw)
    xbarsim.run(lay, out=tmp_path / "whole.h5", dataset=tiny_data)
    path = tmp_path / "run.h5"

    def after(n):
        ticks = iter(range(1000))
        return lambda: next(ticks) >= n

    result = xbarsim.run(lay, out=path, dataset=tiny_data, stop=after(1), commit_seconds=commit_seconds)
    # Float weights go on from keyframes only: a run that is stopped before the next one gets nowhere.
    stops, most = 0, 12 if lay.pulses.rule == "software" else 4
    while not result.finished:
        stops += 1
        result = xbarsim.resume(path, dataset=tiny_data, stop=after(stops % most), commit_seconds=commit_seconds)
        assert stops < 100
    assert stops >= 3
    reference = xbarsim.resume(tmp_path / "whole.h5", dataset=tiny_data)
    for field in (
        "accuracy",
        "accuracy_mean_last",
        "accuracy_min_last",
        "accuracy_max_last",
        "pulses",
        "resets",
        "iterations",
    ):
        assert getattr(result, field) == getattr(reference, field)
    assert_same(path, tmp_path / "whole.h5")


def test_resuming_with_other_data_is_refused(tmp_path, tiny_data):
    from xbarsim.data_sets.data_set import build

    path = tmp_path / "run.h5"
    xbarsim.run(layout(), out=path, dataset=tiny_data, stop=lambda: True)
    before = path.read_bytes()
    other = build("tiny", tiny_data.x_train[::-1], tiny_data.y_train[::-1], tiny_data.x_test, tiny_data.y_test, "tests")
    with pytest.raises(TraceError, match="SHA-256"):
        xbarsim.resume(path, dataset=other)
    assert path.read_bytes() == before


def test_a_file_that_does_not_replay_is_refused(tmp_path, tiny_data):
    path = tmp_path / "run.h5"
    ticks = iter(range(100))
    xbarsim.run(layout(), out=path, dataset=tiny_data, stop=lambda: next(ticks) > 5)
    with h5py.File(path, "r+") as file:
        events = file["entry/events/layer_1"]
        # The last event of a keyframe's iterations: no later pulse can make up for it.
        last = np.searchsorted(events["iteration"][:], file["entry/layer_1/iteration"][-1], "right") - 1
        events["raised"][last] = events["raised"][last] ^ 1
    with pytest.raises(TraceError, match="does not replay to its keyframe"):
        xbarsim.resume(path, dataset=tiny_data)
