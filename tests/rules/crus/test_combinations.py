"""CRUS and its rivals with what other rules have, too: batches, pulse lines, devices that wear out, files.

Every combination trains, is replayed bit for bit, and goes on where it was stopped.
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

N = 60
LIM = {"crus_rate": 1.5, "full_level": 0.7}
REFRESH = {"baseline": "refresh", "crus_rate": 1.5, "full_level": 0.55, "lower_level": 0.3}
MIRRORED = {"n_max": 1, "beta": 0.0, "n_max_d": 16, "beta_d": 3.0, "theta_forward": 0.2, "mirrored": True}
SCATTERED = {"c2c": 0.3, "sigma": 0.2, "stuck_anywhere": 0.05}
WEAR = {"c2c": 0.3, "endurance": 6.0, "endurance_sigma": 0.5, "endurance_failure": "closing"}

KINDS = {
    "lines": {"batch": 3, "batch_rule": "lines"},
    "deferred": {"batch": 3, "batch_rule": "deferred"},
    "signs": {**MIRRORED, "batch": 3, "batch_rule": "signs"},
    "products": {**SCATTERED, "batch": 3, "batch_rule": "products"},
    "update noise, deferred": {"un_window": 10, "batch": 3, "batch_rule": "deferred"},
    "pulse lines": {"account": True},
    "pulse lines, signs": {**SCATTERED, "account": True, "batch": 3, "batch_rule": "signs"},
    "disturb": {"half_select_step": 0.02, "half_select_probability": 0.02},
    "disturb, products": {**SCATTERED, "half_select_step": 0.02, "batch": 3, "batch_rule": "products"},
    "lim-a, lines": {**LIM, "baseline": "lim-a", "batch": 3, "batch_rule": "lines"},
    "lim-b, deferred": {**LIM, "baseline": "lim-b", "batch": 3, "batch_rule": "deferred"},
    "lim-c, signs": {**LIM, "baseline": "lim-c", "batch": 3, "batch_rule": "signs"},
    "lim-a, pulse lines": {**LIM, "baseline": "lim-a", "account": True},
    "lim-b, wear": {**LIM, **WEAR, "baseline": "lim-b"},
    "lim-a, wear, disturb": {**LIM, **WEAR, "baseline": "lim-a", "half_select_step": 0.02},
    "refresh, products": {**REFRESH, "batch": 3, "batch_rule": "products"},
    "refresh, pulse lines": {**REFRESH, "account": True},
    "refresh, wear": {**REFRESH, **WEAR},
    "refresh, disturb": {**REFRESH, "half_select_step": 0.02},
    "wires, deferred": {"wire_resistance": 50.0, "batch": 2, "batch_rule": "deferred"},
}


def layout_of(kind, **values):
    base = {"layers": (6, 5, 3), "rule": "crus", "iterations": N, "eval_every": 15, "eval_last": 3, "seed": 5}
    base |= {"n_max": 16, "snapshot_every": 25, "sense_every": 7, "un_window": 0, "crus_rate": 0.2, "c": 3.0}
    return Layout.of(**{**base, "compensate_floor": 0.02, **KINDS[kind], **values})


@pytest.mark.parametrize("kind", KINDS)
def test_every_iteration_can_be_had(tmp_path, tiny_data, kind):
    layout = layout_of(kind)
    state = state_of(layout)
    state.initialise()
    samples = to_samples(tiny_data.x_train, tiny_data.y_train, layout.array.v_read)
    order, batch = SampleOrder(layout.run.seed, len(tiny_data.y_train)), layout.run.batch
    events, curves = state.new_buffers()
    held, pulses, resets = [[state.conductance(k) for k in range(2)]], [], []
    for n in range(N):
        state.train(n, order.take(n * batch, batch), samples, events, curves)
        held.append([state.conductance(k) for k in range(2)])
        pulses.append(int(curves.pulses[0]))
        resets.append(int(curves.resets[0]))
    result = xbarsim.run(layout, out=tmp_path / "run.h5", dataset=tiny_data)
    assert (result.pulses, result.resets) == (sum(pulses), sum(resets))
    assert result.pulses > 30
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.curves["pulses"].tolist() == pulses
        assert trace.curves["resets"].tolist() == resets
        for n in (0, 1, 24, 25, 26, 41, N):
            for k in (1, 2):
                for mine, theirs in zip(trace.conductance(k, n), held[n][k - 1], strict=True):
                    np.testing.assert_array_equal(mine, theirs)
        for k, i, j in ((1, 2, 3), (1, 6, 0), (2, 1, 2)):
            history = trace.synapse(k, i, j)
            for side, values in enumerate((history.g_plus, history.g_minus)):
                np.testing.assert_array_equal(values, [h[k - 1][side][i, j] for h in held])
        for k in (1, 2):
            kept, counts = trace.counts(k), state.counts(k - 1)
            assert set(kept) == set(counts)
            for name, count in counts.items():
                np.testing.assert_array_equal(kept[name], count.values)
        counted = [count.values.sum() for k in (0, 1) for name, count in state.counts(k).items() if "half" not in name]
        assert sum(counted) == result.pulses + result.resets
        if layout.gates.active:
            for k in (0, 1):  # what reads take is that of the moment
                plus, minus = state.conductance(k)
                np.testing.assert_array_equal(state.layer_gates(k).total[:, : plus.shape[1]], plus + minus)
            assert trace.energy["write_energy"].any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_is_the_same(tmp_path, tiny_data, kind):
    layout = layout_of(kind, crus_decay=0.5)
    whole = xbarsim.run(layout, out=tmp_path / "whole.h5", dataset=tiny_data)
    seen = []
    first = xbarsim.run(
        layout,
        out=tmp_path / "parts.h5",
        dataset=tiny_data,
        listener=seen.append,
        stop=lambda: seen[-1].iteration >= 33,
    )
    assert not first.finished
    resumed = xbarsim.resume(tmp_path / "parts.h5", dataset=tiny_data)
    assert resumed.accuracy_curve == whole.accuracy_curve
    assert (resumed.pulses, resumed.resets) == (whole.pulses, whole.resets)
    assert_same(tmp_path / "whole.h5", tmp_path / "parts.h5")
