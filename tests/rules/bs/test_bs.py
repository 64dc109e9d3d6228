"""Binary-stochastic learning: the loop, its replay, and its evaluation against their twins."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.pair.weights import Weights
from xbarsim.kernels.rules.bs import ideal

from xbarsim.data_sets.load import to_samples

from ... import naive
from .cases import assert_equal, classify_expected, classify_sampled, learners, problem, train_blocks

pytestmark = pytest.mark.jit


@pytest.mark.jit
@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "bs_slope": "and",
            "bs_output": "bits",
            "bs_dead_zone": 0.8,
            "bs_inner_dead_zone": 0.0,
            "bs_reads": 1,
            "bs_draws": 1,
        },
        {"bs_slope": "window", "bs_input": "threshold", "bs_reads": 4, "bs_draws": 1, "bias": False, "bs_reach": 0.6},
        {"bs_digits": 1, "bs_reads": 1},
        {"bs_digits": 2},
        {"bs_digits": 3, "c2c": 0.3, "bs_reads": 1},
        {"bs_digits": 2, "beta": 1.0, "c2c": 0.2, "c2c_range": 0.01, "bs_draws": 1},
    ],
    ids=lambda v: "-".join(v) or "defaults",
)
def test_the_loop_and_its_replay(values):
    state, slow = learners(**values)
    start = [state.frame(k) for k in range(3)]
    x, y = problem()
    naive.train_binary(slow, x, y)
    got, kept, loss, wrong, pulses = train_blocks(state, to_samples(x, y.astype(np.int64), 1.0), (1, 16, 23))
    assert sorted(got, key=lambda e: (e[1], e[0])) == sorted(
        ((a, b, *map(list, c)) for a, b, *c in slow.log), key=lambda e: (e[1], e[0])
    )
    assert len(got) > 30
    np.testing.assert_allclose(loss, [c[0] for c in slow.curves], rtol=1e-4, atol=1e-5)
    assert wrong == [c[1] for c in slow.curves]
    work = state.work_done()
    assert sum(work["events"]) == len(got)
    assert sum(work["pulses"]) == sum(len(r) * (len(u) + len(d)) for _, _, r, u, d in got)
    assert pulses == sum(work["pulses"]) + sum(work["carry_pulses"])
    for k in range(3):
        if state.digits:
            assert_equal(state.layer_digits(k), slow.weights[k], slow.rules, state.shape(k)[1])
        else:
            assert np.array_equal(state.layer_weights(k), np.array(slow.weights[k], np.float32))
    # Replay from the events alone, in parts.
    again, _ = learners(**values)
    for k in range(3):
        again.set_frame(k, start[k])
        again.begin_replay(k, 0)
        columns = [np.array(v) for v in zip(*kept[k], strict=True)]
        cut = int(np.searchsorted(columns[0], 20))
        again.replay(k, *(v[:cut] for v in columns))
        again.replay(k, *(v[cut:] for v in columns))
        again.end_replay(k, 40)
        for a, b in zip(again.frame(k), state.frame(k), strict=True):
            assert np.array_equal(a, b)
        assert np.array_equal(again.layer_weights(k), state.layer_weights(k))


@pytest.mark.jit
@pytest.mark.parametrize("values", [{}, {"bs_digits": 2, "c2c": 0.3}])
def test_blocks_do_not_matter(values):
    x, y = problem()
    samples = to_samples(x, y.astype(np.int64), 1.0)
    ends = []
    for blocks in ((40,), (1,) * 40, (13, 27)):
        state, _ = learners(**values)
        train_blocks(state, samples, blocks)
        ends.append([state.frame(k) for k in range(3)])
    for other in ends[1:]:
        for a, b in zip(ends[0], other, strict=True):
            assert all(np.array_equal(u, v) for u, v in zip(a, b, strict=True))


def test_steps_fall():
    state, slow = learners(bs_step=0.5, bs_step_end=0.1)
    array = state.array
    steps = [ideal.step_at(n, array.step, array.step_end, array.schedule) for n in (0, 20, 40, 1000)]
    np.testing.assert_allclose(steps, [0.5, 0.5 * 0.1**0.5, 0.05, 0.05], rtol=1e-6)
    assert steps == [naive.step_at(n, slow) for n in (0, 20, 40, 1000)]


def test_inference_equals_the_twins():
    state, slow = learners()
    x, y = problem(25)
    samples = to_samples(x, y.astype(np.int64), 1.0)
    currents = np.array([state.layer_weights(0)[:-1].T @ row + state.layer_weights(0)[-1] for row in x], np.float32)
    kinds = samples, state.geometry, state.temperature, Weights(state.weights)
    winners = classify_expected(*kinds, currents)
    weights = [state.layer_weights(k) for k in range(3)]
    expected = naive.classify_expected(weights, state.temperature, x)
    assert winners.tolist() == expected
    assert state.evaluator(samples).accuracy() == np.mean(winners == y)
    winners = classify_sampled(11, 3, *kinds)
    assert winners.tolist() == naive.classify_sampled(slow, 3, x)
    winners = classify_sampled(11, 4000, *kinds)
    assert np.mean(winners == np.array(expected)) > 0.7  # many passes come near the expectation


@pytest.mark.parametrize("values", [{"bs_input": "threshold"}, {}])
def test_evaluator_reads_only_what_changed(values):
    state, _ = learners(**values)
    x, y = problem(25)
    evaluator = state.evaluator(to_samples(x, y.astype(np.int64), 1.0))
    train_x, train_y = problem(40, seed=9)
    events, curves = state.new_buffers()
    for at in range(5):
        state.train(at, np.array([at]), to_samples(train_x, train_y.astype(np.int64), 1.0), events, curves)
        evaluator.note(events)
        seen = x > 0.5 if values else x
        slow = naive.classify_expected(
            [state.layer_weights(k) for k in range(3)], state.temperature, seen.astype(np.float32)
        )
        assert evaluator.accuracy() == np.mean(np.array(slow) == y)
