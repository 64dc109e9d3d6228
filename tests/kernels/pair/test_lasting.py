"""Noise of writing that stays: its law, trainings against the twin, and what a run file tells of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import xbarsim
from xbarsim import Layout, Trace

from ... import naive
from ..scattered import RARE, STEPS, fresh, ks, layout_of, twin_of, update
from ..test_train import check_log, check_states, data, train_library

WRITES = {**STEPS, "write_noise": 0.2}
CASES = {
    "c": {"method": "c", "c2c": 0.2, "g_min_sigma": 0.3},
    "b": {"method": "b", "stuck_anywhere": 0.2},
    "fixed": {"method": "fixed", "endurance": 8.0},
    "one-sided": {"method": "one-sided", "endurance": 20.0, "endurance_failure": "closing"},
}


@pytest.mark.compiles
@pytest.mark.parametrize("name", CASES)
def test_training_equals_the_twin(name, plugin):
    state = fresh(layout_of(WRITES, plugin, **CASES[name]))
    twin = twin_of(state, plugin)
    x, y = data(30, state.layout.network.layers, np.uint8)
    log, curves = train_library(state, x, y, blocks=(1, 20, 7))
    check_log(log, naive.train_block(twin, x, y.tolist()), state)
    check_states(state, twin.arrays)
    assert sum(curves["pulses"]) > 100
    assert not np.array_equal(state.conductance(0)[0], state.nominal(0)[0])
    assert min(float(g.min()) for g in state.conductance(0)) >= 0.0
    again = fresh(state.layout)
    for k in range(state.n_layers):
        again.replay(k, *(np.array([event[f] for event in log[k]]) for f in range(4)))
    check_states(again, twin.arrays)


def pulsed(state, columns):
    """Raise all rows of some columns by a pulse."""
    rows = np.arange(state.array_shape(0)[0], dtype=np.int32)
    cols, none = np.asarray(columns, np.int32), np.zeros(0, np.int32)
    update(state, state.layer(0), rows, len(rows), cols, len(cols), none, 0)


@pytest.mark.compiles
def test_reads_of_equal_states_have_their_spread_and_stay_until_the_next_write():
    layout = Layout.of(
        layers=(90, 16), bias=False, n_max=50, beta=0.0, g_min=1e-6, g_max=2e-6, write_noise=0.06, method="c",
        initial_fan_in=0.0, initial_steps=0, seed=4,
    )  # fmt: skip
    state = fresh(layout)
    noise = lambda: [(g - n) / layout.device.span for g, n in zip(state.conductance(0), state.nominal(0), strict=True)]  # noqa: E731
    assert len(np.unique(state.nominal(0)[0])) == 1
    before = noise()
    for side in before:
        assert ks(side, stats.norm(0.0, 0.06).cdf) < RARE
    assert abs(np.corrcoef(before[0].ravel(), before[1].ravel())[0, 1]) < 0.1
    pulsed(state, range(8))
    assert len(np.unique(state.nominal(0)[0])) == 2
    after = noise()
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old[:, 8:], new[:, 8:])
    assert ks(after[0][:, :8], stats.norm(0.0, 0.06).cdf) < RARE
    assert abs(np.corrcoef(before[0][:, :8].ravel(), after[0][:, :8].ravel())[0, 1]) < 0.13
    # float32 next to 1 uS: the other side was not written.
    np.testing.assert_array_equal(before[1], after[1])


@pytest.mark.compiles
def test_a_run_file_tells_what_was_read_and_what_pulses_move(tmp_path):
    layout = Layout.of(
        layers=(2, 4, 2), dataset="two-pixels", iterations=40, n_max=9, write_noise=0.1, method="c", eval_every=20,
        snapshot_every=10,
    )  # fmt: skip
    whole, parts = tmp_path / "whole.h5", tmp_path / "parts.h5"
    xbarsim.run(layout, out=whole)
    ticks = iter([False, True])
    xbarsim.run(layout, out=parts, stop=lambda: next(ticks))
    xbarsim.resume(parts)
    with Trace(whole) as trace, Trace(parts) as other:
        history = trace.synapse(1, 1, 2)
        for n in (0, 13, 40):
            read, states = trace.conductance(1, n), trace.frame(1, n)
            assert (read[0][1, 2], read[1][1, 2]) == (history.g_plus[n], history.g_minus[n])
            assert 0.02 < np.std((read[0] - states[0]) / layout.device.span) < 0.3
            for a, b in zip(read, other.conductance(1, n), strict=True):
                np.testing.assert_array_equal(a, b)
    found = xbarsim.program(whole, how="write-verify", tolerance=0.02, out=tmp_path / "written.h5").found
    (first, *_) = found.sides
    with Trace(tmp_path / "written.h5") as trace:
        np.testing.assert_allclose(trace.conductance(1, 0)[0], first.found, rtol=1e-6)
    assert np.abs(first.found - first.target)[first.there].max() < 0.021 * layout.device.span
