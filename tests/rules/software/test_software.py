"""The software reference: against back-propagation in float64, and as runs with files."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from xbarsim.kernels.base import buffers
from xbarsim.kernels.rules.software import descent, follow

import xbarsim
from xbarsim import Layout, Trace, TraceError
from xbarsim.data_sets.load import to_samples
from xbarsim.data_sets.order import SampleOrder
from xbarsim.learn.software import SoftwareState

from ... import naive
from ...h5compare import assert_same
from ...kernels.test_train import data
from ...record.test_trace import layout as run_layout

LAYERS = [(6, 3), (6, 7, 3), (6, 5, 20, 4)]


def state_of(layers, **kw):
    values = {"rule": "software", "learning_rate": 0.3, "software_c": 0.8, "initial_weight": 2.0, "seed": 3}
    state = SoftwareState(Layout.of(layers=layers, **{**values, **kw}))
    state.initialise()
    return state


def twin_of(state):
    weights = [state.layer_weights(k).copy() for k in range(state.n_layers)]
    c = state.layout.software.software_c
    slope = {"one": 1.0, "1/2c": 1 / (2 * c)}[state.layout.software.slope]
    return naive.Software(weights, state.layout.array.bias, c, slope)


def inputs(n, layers, seed=0):
    """Samples for the kernels, and the same as float64."""
    x, y = data(n, layers, np.float32, seed)
    return to_samples(x, y, 1.0), x.astype(np.float64), y


@pytest.mark.parametrize("slope", ["one", "1/2c"])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layers", LAYERS)
def test_training_equals_back_propagation(layers, bias, batch, slope):
    state = state_of(layers, bias=bias, batch=batch, slope=slope, learning_rate=0.3 if slope == "1/2c" else 0.1)
    twin, start = twin_of(state), state.weights.copy()
    updates = 300
    samples, x, y = inputs(updates * batch, layers)
    events, curves = state.new_buffers()
    losses, wrongs = naive.train_software(twin, x, y, batch, state.layout.software.learning_rate)
    got, done = {"loss": [], "wrong": []}, 0
    for n in (1, 100, 199):
        state.train(done, np.arange(done * batch, (done + n) * batch), samples, events, curves)
        done += n
        for name in got:
            got[name] += getattr(curves, name)[:n].tolist()
        assert not curves.pulses[:n].any()
        assert not curves.resets[:n].any()
    for k in range(state.n_layers):
        np.testing.assert_allclose(state.layer_weights(k), twin.weights[k], rtol=1e-3, atol=2e-4)
        assert (
            np.abs(state.layer_weights(k) - buffers.layer_weights(start, state.geometry, k)[:, : layers[k + 1]]).max()
            > 0.05
        )
        assert not buffers.layer_weights(state.weights, state.geometry, k)[:, layers[k + 1] :].any()
    np.testing.assert_allclose(got["loss"], losses, rtol=2e-3, atol=2e-4)
    assert got["wrong"] == wrongs
    assert np.mean(losses[-50:]) < np.mean(losses[:50])


@pytest.mark.parametrize("layers", LAYERS)
def test_a_step_goes_down_the_numerical_gradient(layers):
    state = state_of(layers, learning_rate=1.0, batch=2, slope="1/2c")
    twin = twin_of(state)
    before = state.weights.copy()
    samples, x, y = inputs(2, layers, seed=5)
    events, curves = state.new_buffers()
    state.train(0, np.arange(2), samples, events, curves)
    checked = 0
    for k, w in enumerate(twin.weights):
        moved = buffers.layer_weights(before, state.geometry, k)[:, : layers[k + 1]] - state.layer_weights(k)
        for i in range(w.shape[0]):
            for j in range(w.shape[1]):
                losses = []
                for change in (1e-5, -1e-5):
                    w[i, j] += change
                    losses.append(np.mean([twin.loss(*pair) for pair in zip(x, y, strict=True)]))
                    w[i, j] -= change
                assert moved[i, j] == pytest.approx((losses[0] - losses[1]) / 2e-5, abs=2e-6)
                checked += abs(moved[i, j]) > 1e-3
    assert checked > 10


def test_descend_equals_the_twin():
    rng = np.random.default_rng(0)
    rows, cols, stride = 7, 5, 16
    for _ in range(20):
        w = rng.normal(size=(rows, stride)).astype(np.float32)
        volts = np.where(rng.random(rows) < 0.5, rng.random(rows), 0).astype(np.float32)
        delta = rng.normal(size=stride).astype(np.float32)
        lines = np.flatnonzero(volts).astype(np.int32)
        padded = np.append(lines, np.int32(3)), np.append(volts[lines], np.float32(9))
        rate, old = np.float32(rng.random()), w.copy()
        want = naive.descend(volts, delta[:cols], rate, [row[:cols] for row in w])
        descent.descend(*padded, len(lines), delta, cols, rate, w)
        assert w[:, :cols].tolist() == [[float(x) for x in row] for row in want]
        np.testing.assert_array_equal(w[:, cols:], old[:, cols:])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("layers", LAYERS)
def test_evaluator_equals_a_plain_forward_pass(layers, bias):
    state = state_of(layers, bias=bias, initial_weight=1.5)
    samples, x, y = inputs(200, layers, seed=2)
    x[5] = 0  # a sample that drives nothing
    samples, seen = to_samples(x.astype(np.float32), y, 1.0), set()
    for seed in range(20):
        state.layout = state.layout.replace(seed=seed)
        state.initialise()
        twin = twin_of(state)
        answers = np.array([twin.classify(sample) for sample in x])
        accuracy = state.evaluator(samples).accuracy()
        assert accuracy == np.mean(answers == y)
        seen |= {accuracy} if len(set(answers.tolist())) > 1 else set()
    assert len(seen) > 2


@pytest.mark.parametrize(("batch", "bias"), [(1, True), (1, False), (3, True)])
@pytest.mark.parametrize("layers", LAYERS)
def test_evaluator_follows_steps(layers, bias, batch):
    """Between short blocks the first layer's currents are brought up to date; it is read again after a long one."""
    state = state_of(layers, bias=bias, batch=batch, learning_rate=1.0)
    samples, _, _ = inputs(80 * batch, layers)
    tests, x, y = inputs(60, layers, seed=1)
    x[5] = 0
    tests = to_samples(x.astype(np.float32), y, 1.0)
    evaluator, seldom = state.evaluator(tests), state.evaluator(tests)
    evaluator.accuracy(), seldom.accuracy()
    buffers, done, seen = state.new_buffers(), 0, set()
    for n in (1, 1, 3, 1, 5, 0, 1, 20, 1, 2, 40, 5):
        state.train(done, np.arange(done * batch, (done + n) * batch), samples, *buffers)
        done += n
        for e in (evaluator, seldom):
            e.note(buffers[0])
        whole, twin = state.evaluator(tests), twin_of(state)
        accuracy = whole.accuracy()
        assert accuracy == np.mean([twin.classify(sample) == label for sample, label in zip(x, y, strict=True)])
        assert evaluator.accuracy() == accuracy
        np.testing.assert_allclose(evaluator._currents, whole._currents, atol=2e-5)
        assert evaluator.accuracy() == accuracy  # asked twice
        seen.add(accuracy)
    assert seldom.accuracy() == accuracy
    assert len(seen) > 3


def test_follow_steps_equals_the_twin():
    rng = np.random.default_rng(0)
    x, tests = (np.where(rng.random((n, 8)) < 0.5, 0, rng.random((n, 8))).astype(np.float32) for n in (9, 7))
    x[4] = tests[2] = tests[:, 7] = 0
    x[8, 7] = 0.5  # a row that no test sample drives
    order = np.array([4, 8, 0, 0, 3])
    delta = rng.normal(size=(6, 5)).astype(np.float32)
    for bias in (0, 1):
        currents = rng.normal(size=(7, 4)).astype(np.float32)
        want = naive.follow_steps(x[order], delta[:, :4], 0.3, bias, tests, currents)
        trained, tested = (to_samples(part, np.zeros(len(part), np.int64), 1.0) for part in (x, tests))
        follow.follow_steps(order, np.float32(0.3), delta, bias, trained, tested, currents)
        np.testing.assert_allclose(currents, want, rtol=1e-5, atol=1e-5)


def test_initial_weights_equal_the_twin():
    state = state_of((5, 20, 3), seed=2**40 + 1, initial_weight=1.5)
    for k, (rows, cols, fan_in) in enumerate([(6, 20, 5), (21, 3, 20)]):
        width = 1.5 / fan_in**0.5
        assert state.layer_weights(k).tolist() == naive.fill_weights(2**40 + 1, k, width, rows, cols)
        assert np.abs(state.layer_weights(k)).max() <= width
        assert not buffers.layer_weights(state.weights, state.geometry, k)[:, cols:].any()
    state.set_frame(1, (np.full((21, 3), 7.0),))
    assert (state.layer_weights(1) == 7).all()
    assert np.abs(state.layer_weights(0)).max() < 1


def test_blocks_do_not_matter():
    results = []
    for blocks in ((24,), (1,), (5, 2)):
        state = state_of((6, 5, 3), batch=3)
        samples, _, _ = inputs(72, (6, 5, 3))
        events, curves = state.new_buffers()
        done, k, losses = 0, 0, []
        while done < 24:
            n = min(blocks[k % len(blocks)], 24 - done)
            state.train(done, np.arange(3 * done, 3 * (done + n)), samples, events, curves)
            losses += curves.loss[:n].tolist()
            done, k = done + n, k + 1
        results.append((losses, state.weights.tolist()))
    assert results[0] == results[1] == results[2]


# ---------------------------------------------------------------------------------------------------------------------
# Runs and their files


def soft(**kw):
    return run_layout(**{"rule": "software", "learning_rate": 0.5, **kw})


@pytest.mark.parametrize("batch", [1, 4])
def test_a_run_keeps_its_weights_at_keyframes(tmp_path, tiny_data, batch):
    lay = soft(batch=batch)
    result = xbarsim.run(lay, out=tmp_path / "run.h5", dataset=tiny_data)
    assert result.engine == "software"
    assert result.pulses == result.resets == 0
    assert result.accuracy > 0.8
    state = SoftwareState(lay)
    state.initialise()
    samples = to_samples(tiny_data.x_train, tiny_data.y_train, 1.0)
    tests = to_samples(tiny_data.x_test, tiny_data.y_test, 1.0)
    events, curves = state.new_buffers()
    order = SampleOrder(lay.run.seed, 90)
    held, accuracy, losses = {0: [state.layer_weights(k).copy() for k in range(2)]}, {}, []
    for n in range(150):
        state.train(n, order.take(n * batch, batch), samples, events, curves)
        losses.append(curves.loss[0])
        held[n + 1] = [state.layer_weights(k).copy() for k in range(2)]
        accuracy[n + 1] = state.evaluator(tests).accuracy()
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.is_software
        assert trace.finished
        assert trace.keyframes(1).tolist() == [0, 40, 80, 120, 150]
        for n in trace.keyframes(1).tolist():
            for k in (1, 2):
                w = trace.weights(k, n)
                assert w.dtype == np.float32
                np.testing.assert_array_equal(w, held[n][k - 1])
        for n, a in zip(*trace.accuracy, strict=True):
            assert n == 0 or accuracy[n] == a
        np.testing.assert_array_equal(trace.curves["loss"], losses)
        for n in (1, 39, 149):
            with pytest.raises(TraceError, match=r"expected a keyframe .*0, 40, 80, 120, 150.*, got"):
                trace.weights(1, n)
        with pytest.raises(TraceError, match="iteration: expected a whole number <= 150"):
            trace.weights(1, 151)
        with pytest.raises(TraceError, match="layer: expected a whole number <= 2"):
            trace.weights(3, 0)
        for call in (lambda: trace.conductance(1, 0), lambda: trace.synapse(1, 0, 0)):
            with pytest.raises(TraceError, match="expected a run with devices, got a software run"):
                call()
    with h5py.File(tmp_path / "run.h5", "r") as file:
        assert file["entry/layer_1"].attrs["signal"] == "weight"
        assert file["entry/layer_1/weight"].shape == (5, 7, 5)
        assert "g_plus" not in file["entry/layer_1"]
        assert len(file["entry/events/layer_1/iteration"]) == 0
        assert "counts_1" not in file["entry"]


def test_an_interrupted_run_ends_at_a_keyframe(tmp_path, tiny_data):
    """Float weights do not follow from pulses: what came after the last commit is done again."""
    lay, path = soft(), tmp_path / "run.h5"
    xbarsim.run(lay, out=tmp_path / "whole.h5", dataset=tiny_data)
    reached = []
    for stop in (3, 2, 1, 2, 99):
        ticks = iter(range(100))
        arguments = {"dataset": tiny_data, "stop": lambda ticks=ticks, n=stop: next(ticks) >= n, "commit_seconds": 0.0}
        result = xbarsim.resume(path, **arguments) if reached else xbarsim.run(lay, out=path, **arguments)
        with Trace(path) as trace:
            reached.append(trace.iterations_done)
            assert result.iterations == trace.iterations_done
            assert len(trace.curves["loss"]) == trace.iterations_done
            assert trace.keyframes(2)[-1] == trace.iterations_done
            trace.weights(1, trace.iterations_done)
    assert reached == [40, 80, 80, 120, 150]
    assert_same(path, tmp_path / "whole.h5")


def test_a_run_without_a_file(tiny_data):
    assert xbarsim.run(soft(), dataset=tiny_data).accuracy > 0.8


@pytest.mark.jit
def test_a_resumed_run_finds_the_same_accuracies(tmp_path):
    """With so many test samples that some are on the edge."""
    from xbarsim.data_sets.data_set import build

    rng = np.random.default_rng(0)
    x, tests = (rng.random((n, 6)).astype(np.float32) for n in (200, 30_000))
    v = rng.normal(size=(6, 3))
    labels, answers = (((part - 0.5) @ v).argmax(axis=1) for part in (x, tests))
    many, path = build("many", x, labels, tests, answers, "tests"), tmp_path / "run.h5"
    values = {"layers": (6, 20, 3), "software_c": 2.0, "iterations": 400, "eval_every": 1, "eval_last": 1}
    lay = soft(**values, snapshot_every=100)
    xbarsim.run(lay, out=tmp_path / "whole.h5", dataset=many)
    ticks = iter(range(1000))
    assert xbarsim.run(lay, out=path, dataset=many, stop=lambda: next(ticks) >= 100).iterations == 100
    xbarsim.resume(path, dataset=many)
    assert_same(path, tmp_path / "whole.h5")
