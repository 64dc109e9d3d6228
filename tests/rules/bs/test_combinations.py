"""Binary-stochastic learning with what other rules have, too: batches, pulse lines, counts, histories of pairs.

Every combination trains, learns, is replayed bit for bit, and goes on where it was stopped.
"""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.data_sets.load import to_samples
from xbarsim.data_sets.order import SampleOrder
from xbarsim.learn.table import state_of

from ...h5compare import assert_same

pytestmark = pytest.mark.compiles

DIGITS = {"bs_digits": 2, "beta": 1.0, "c2c": 0.3, "bs_base": 8.0, "bs_carry_every": 7}
ARRAYS = {**DIGITS, "sigma": 0.1, "stuck_at_g_min": 0.03}
N = 45

KINDS = {
    "ideal steps": {},
    "ideal steps, lines": {"batch": 3, "batch_rule": "lines"},
    "ideal steps, deferred": {"batch": 3, "batch_rule": "deferred"},
    "ideal steps, signs, passes": {"batch": 3, "batch_rule": "signs", "bs_reads": 2, "bs_draws": 2},
    "ideal steps, products, passes": {"batch": 3, "batch_rule": "products", "bs_reads": 1, "bs_draws": 3},
    "digits, lines": {**DIGITS, "batch": 3, "batch_rule": "lines"},
    "digits, deferred": {**DIGITS, "batch": 3, "batch_rule": "deferred"},
    "digits, signs": {**DIGITS, "batch": 2, "batch_rule": "signs"},
    "digits, products": {**DIGITS, "batch": 2, "batch_rule": "products"},
    "linear digits, deferred": {**DIGITS, "beta": 0.0, "c2c": 0.0, "batch": 3, "batch_rule": "deferred"},
    "arrays": ARRAYS,
    "arrays, lines": {**ARRAYS, "batch": 3, "batch_rule": "lines"},
    "arrays, deferred": {**ARRAYS, "batch": 3, "batch_rule": "deferred"},
    "arrays, signs": {**ARRAYS, "batch": 2, "batch_rule": "signs"},
    "arrays, products": {**ARRAYS, "batch": 2, "batch_rule": "products"},
    "pulse lines": {**ARRAYS, "account": True},
    "pulse lines, nominal": {**DIGITS, "account": True},
    "pulse lines, signs": {**ARRAYS, "account": True, "batch": 2, "batch_rule": "signs"},
    "disturb": {**ARRAYS, "half_select_step": 0.02},
    "disturb, deferred": {**ARRAYS, "half_select_probability": 0.02, "batch": 2, "batch_rule": "deferred"},
    "wires, products": {**ARRAYS, "wire_resistance": 50.0, "batch": 2, "batch_rule": "products"},
}


LONG = {"wires, products", "disturb", "disturb, deferred", "pulse lines, signs"}
"""The covering array of all combinations (tests/loop) has the like."""
SHORT = [pytest.param(kind, marks=[pytest.mark.slow] * (kind in LONG)) for kind in KINDS]


def layout_of(kind, **values):
    base = {"layers": (6, 5, 3), "rule": "bs", "iterations": N, "eval_every": 20, "eval_last": 5, "seed": 4}
    return Layout.of(**{**base, "snapshot_every": 25, "bs_step": 0.05, **KINDS[kind], **values})


def held(layout, data):
    """What the engine holds after each iteration, by calling it once per iteration; the state, pulses and resets."""
    state = state_of(layout)
    state.initialise()
    samples, order = to_samples(data.x_train, data.y_train, 1.0), SampleOrder(4, len(data.y_train))
    (events, curves), batch = state.new_buffers(), layout.run.batch
    frames, moved = [[state.frame(k) for k in range(2)]], np.zeros((N, 2), np.int64)
    for n in range(N):
        state.train(n, order.take(n * batch, batch), samples, events, curves)
        frames.append([state.frame(k) for k in range(2)])
        moved[n] = curves.pulses[0], curves.resets[0]
    return state, frames, moved


@pytest.mark.parametrize("kind", SHORT)
def test_every_iteration_can_be_had(tmp_path, tiny_data, kind):
    layout = layout_of(kind)
    result = xbarsim.run(layout, out=tmp_path / "run.h5", dataset=tiny_data)
    state, frames, moved = held(layout.replace(schedule=N), tiny_data)
    assert moved[:, 0].sum() > 225
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.curves["pulses"].tolist() == moved[:, 0].tolist()
        assert trace.curves["resets"].tolist() == moved[:, 1].tolist()
        for n in (0, 1, 6, 7, 8, 24, 25, 26, 33, N):
            for k in (1, 2):
                for mine, theirs in zip(trace.frame(k, n), frames[n][k - 1], strict=True):
                    np.testing.assert_array_equal(mine, theirs)
        if state.has_devices and "sigma" not in KINDS[kind]:
            for k, i, j in ((1, 2, 3), (1, 6, 0), (2, 1, 2)):
                for digit in range(2):
                    history = trace.synapse(k, i, j, digit)
                    for side, values in enumerate((history.g_plus, history.g_minus)):
                        np.testing.assert_array_equal(values, [f[k - 1][2 * digit + side][i, j] for f in frames])
        if layout.gates.active:
            for k in range(4):  # what reads take is that of the moment
                plus, minus = state.conductance(k)
                np.testing.assert_array_equal(state.layer_gates(k).total[:, : plus.shape[1]], plus + minus)
            assert (trace.energy["write_energy"] > 0).sum() > N // 2
        for k in (1, 2):
            counts = state.counts(k - 1)
            if counts:
                kept = trace.counts(k)
                assert set(kept) == set(counts)
                for name, count in counts.items():
                    np.testing.assert_array_equal(kept[name], count.values)
    assert result.pulses == moved[:, 0].sum()


@pytest.mark.parametrize("kind", SHORT)
def test_a_resumed_run_is_the_same(tmp_path, tiny_data, kind):
    layout = layout_of(kind)
    whole = xbarsim.run(layout, out=tmp_path / "whole.h5", dataset=tiny_data)
    seen = []
    first = xbarsim.run(
        layout,
        out=tmp_path / "parts.h5",
        dataset=tiny_data,
        listener=seen.append,
        stop=lambda: seen[-1].iteration >= 27,
    )
    assert not first.finished
    resumed = xbarsim.resume(tmp_path / "parts.h5", dataset=tiny_data)
    assert resumed.accuracy_curve == whole.accuracy_curve
    assert (resumed.pulses, resumed.resets) == (whole.pulses, whole.resets)
    assert_same(tmp_path / "whole.h5", tmp_path / "parts.h5")
