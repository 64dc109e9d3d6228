"""Runs of devices that scatter: they replay and resume exactly, and keep what was drawn."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.arrays.drawn import draw_faults, draw_windows

from ..h5compare import assert_same
from ..kernels.scattered import METHODS, fresh, layout_of
from ..record.test_trace import ITERATIONS, engine_states

RUN = {
    "n_max": 6,
    "iterations": ITERATIONS,
    "eval_every": 50,
    "eval_last": 2,
    "snapshot_every": 40,
    "c": 0.8,
    "seed": 4,
}
AGAIN = [
    ("c2c", "a", {}),
    ("c2c", "b", {}),
    ("soft", "b", {}),
    ("table", "a", {}),
    ("worn-closing", "b", {}),
    ("all", "a", {}),
    ("all", "b", {}),
    ("worn-min", "a", {}),
]
FILES = [
    ("c2c", "a", {}),
    ("c2c", "b", {}),
    ("range", "c", {}),
    ("soft", "b", {}),
    ("law", "a", {}),
    ("law", "c", {}),
    ("window", "a", {}),
    ("stuck", "b", {}),
    ("stuck", "a", {}),
    ("table", "a", {}),
    ("table", "c", {}),
    ("plugin", "b", {}),
    ("worn-stuck", "b", {}),
    ("worn-min", "a", {}),
    ("worn-max", "c", {}),
    ("worn-closing", "b", {}),
    ("worn-closing", "c", {}),
    ("all", "a", {}),
    ("all", "b", {}),
    ("all", "c", {}),
    ("all", "b", {"batch": 3, "batch_rule": "deferred"}),
    ("c2c", "b", {"batch": 3, "batch_rule": "deferred"}),
    ("all", "a", {"batch": 3, "batch_rule": "signs"}),
    ("all", "c", {"batch": 3, "batch_rule": "lines"}),
    ("all", "b", {"batch": 3, "batch_rule": "products"}),
    ("worn-stuck", "b", {"batch": 3, "batch_rule": "deferred"}),
    ("all", "b", {"account": True}),
    ("c2c", "a", {"half_select_step": 0.1}),
    ("all", "b", {"half_select_probability": 0.1}),
    ("worn-stuck", "b", {"half_select_step": 0.1, "account": True}),
    ("all", "b", {"half_select_step": 0.05, "batch": 3, "batch_rule": "deferred"}),
    ("all", "a", {"half_select_step": 0.05, "batch": 3, "batch_rule": "signs", "account": True}),
]


def file_layout(name, method, kw, plugin):
    run = {k: x for k, x in RUN.items() if k != "n_max" or name not in ("table", "plugin")}
    return layout_of(name, plugin, **run, method=method, **kw)


@pytest.mark.jit
@pytest.mark.parametrize(
    ("name", "method", "kw"),
    # Batches and pulse lines of such devices take minutes to compile; every kind is compiled once, with one method.
    [
        pytest.param(*case, marks=[pytest.mark.slow] * bool(case[2]) + [pytest.mark.compiles] * (case in AGAIN))
        for case in FILES
    ],
    ids=str,
)
def test_runs_replay_and_resume_exactly(tmp_path, tiny_data, plugin, name, method, kw):
    lay = file_layout(name, method, kw, plugin)
    xbarsim.run(lay, out=tmp_path / "whole.h5", dataset=tiny_data)
    held, counts = engine_states(lay, tiny_data)
    device = lay.device.step
    with Trace(tmp_path / "whole.h5", device=device) as trace:
        assert trace.layout == lay
        for k, (rows, cols) in enumerate(trace.shapes, start=1):
            for n in (0, 1, 39, 40, 41, 77, 79, 120, 133, ITERATIONS, 5):  # backwards at the end
                np.testing.assert_array_equal(trace.conductance(k, n), held[n][k - 1])
            assert not np.array_equal(held[0][k - 1], held[-1][k - 1])
            for i, j in {(0, 0), (rows - 1, cols - 1), (rows // 2, 1), (1, cols // 2)}:
                h = trace.synapse(k, i, j)
                np.testing.assert_array_equal(h.g_plus, [s[k - 1][0][i, j] for s in held])
                np.testing.assert_array_equal(h.g_minus, [s[k - 1][1][i, j] for s in held])
            for what, values in trace.counts(k).items():
                if hasattr(counts[k - 1], what):
                    np.testing.assert_array_equal(values, getattr(counts[k - 1], what))
    path, ticks = tmp_path / "run.h5", iter(range(1000))
    result = xbarsim.run(lay, out=path, dataset=tiny_data, stop=lambda: next(ticks) >= 1, commit_seconds=0.0)
    stops = 0
    while not result.finished:
        stops += 1
        ticks = iter(range(1000))
        stop = lambda n=stops, t=ticks: next(t) >= n  # noqa: E731
        result = xbarsim.resume(path, dataset=tiny_data, device=device, stop=stop, commit_seconds=0.0)
    assert stops
    assert_same(path, tmp_path / "whole.h5")


@pytest.mark.jit
def test_a_file_keeps_what_was_drawn(tmp_path, tiny_data, plugin):
    import h5py

    lay = file_layout("all", "b", {}, plugin)
    xbarsim.run(lay, out=tmp_path / "run.h5", dataset=tiny_data)
    state = fresh(lay)
    with h5py.File(tmp_path / "run.h5", "r", locking=False) as file, Trace(tmp_path / "run.h5") as trace:
        for k in (1, 2):
            fixed = state.fixed(k - 1)
            assert len(fixed) == 4 + 8 + 2 + 2
            for key, values in fixed.items():
                np.testing.assert_array_equal(file[f"entry/layer_{k}/{key}"][:], values)
                assert values.shape == state.shape(k - 1)
            for got, want in zip(
                trace.window(k), draw_windows(lay, k - 1, state.shape(k - 1), lay.run.seed), strict=True
            ):
                np.testing.assert_array_equal(got, want)
            faults = draw_faults(lay, k - 1, state.shape(k - 1), lay.run.seed)
            for side, stuck, at in (
                ("plus", faults.stuck_plus, faults.at_plus),
                ("minus", faults.stuck_minus, faults.at_minus),
            ):
                np.testing.assert_array_equal(fixed[f"stuck_{side}"], stuck)
                start = file[f"entry/layer_{k}/g_{side}"][:]
                for frame in start:
                    np.testing.assert_array_equal(frame[stuck], at[stuck])


@pytest.mark.jit
@pytest.mark.parametrize(
    ("dataset", "method"),
    [
        *(pytest.param(d, m, marks=pytest.mark.jit) for d in ("two-pixels", "digits") for m in METHODS[:-1]),
        pytest.param("two-pixels", METHODS[-1], marks=pytest.mark.compiles),
        pytest.param("digits", METHODS[-1], marks=[pytest.mark.jit, pytest.mark.slow]),
    ],
)
def test_runs_without_noise_are_plain_runs(dataset, method):
    layers = (2, 2) if dataset == "two-pixels" else (784, 10)
    lay = Layout.of(layers=layers, dataset=dataset, iterations=150, method=method, eval_last=2, engine="analog")
    plain, forced = xbarsim.run(lay).as_dict(), xbarsim.run(lay.replace(endurance=1e18)).as_dict()
    for key in ("accuracy", "accuracy_mean_last", "pulses", "resets"):
        assert plain[key] == forced[key]
