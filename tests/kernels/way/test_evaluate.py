"""Test accuracy: reading only the pulsed columns again gives what reading everything gives."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels import evaluate
from xbarsim.kernels.circuit.ideal import Ideal
from xbarsim.kernels.circuit.silent import Silent
from xbarsim.kernels.pair.weights import Weights
from xbarsim.kernels.rules.table import new_room
from xbarsim.kernels.way.hardware import Neurons

from xbarsim.data_sets.load import to_samples
from xbarsim.learn.evaluators import HardwareEvaluator as Evaluator
from xbarsim.learn.sign import SignState

from ... import naive
from ..test_train import data, layout_of, states_of


def currents_of(state, samples, columns=None):
    """First-array currents, by the kernel; columns that are not listed stay nan."""
    cols = state.shape(0)[1]
    out = np.full((len(samples.label), cols), np.nan, np.float32)
    listed = np.arange(cols) if columns is None else np.asarray(columns, np.int64)
    shape = int(state.geometry.rows[0]), len(listed)
    room = lists, packed, line = evaluate.first_scratch(*shape)
    assert ((lists[0].shape, lists[1].shape), packed.shape, line.shape) == naive.first_scratch(*shape)
    evaluate.first_layer(samples, state.geometry, np.float32(state.reading.v_read), state.weights, listed, *room, out)
    return out


@pytest.mark.parametrize("layers", [(6, 3), (6, 5, 3), (6, 18, 3), (6, 5, 17, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_classes_equal_the_twin(layers, bias):
    values = {"layers": layers, "bias": bias, "n_max": 9, "initial_steps": 9, "c": 0.3, "seed": 3}
    state = SignState(layout_of("auto", values))
    state.initialise()
    x, y = data(150, layers, np.uint8, seed=8)
    x[3] = 0
    samples = to_samples(x, y, 0.1)
    network = naive.Network(state.layout, states_of(state))
    currents = currents_of(state, samples)
    assert currents.tolist() == [[float(i) for i in row] for row in naive.first_layer(network, x)]
    for known in (currents, None):  # the first array's currents are at hand, or it is read
        winners = np.full(150, -1, np.int64)
        kinds = Neurons(state.reading), Weights(state.weights), Ideal(0), Silent(0)
        room = new_room(kinds[0], state.geometry, 1)
        evaluate.classify(0, samples, state.geometry, *kinds, room, 0, known, winners)
        assert winners.tolist() == naive.classify(network, x)
    assert len(set(winners.tolist())) > 1
    assert Evaluator(state, samples).accuracy() == network.accuracy(x, y)


@pytest.mark.parametrize("columns", [[0], [2, 5], [17], [0, 3, 16, 17], list(range(17)), []])
def test_only_the_listed_columns_are_read(columns):
    state = SignState(layout_of("auto", {"layers": (7, 18, 3), "n_max": 9}))
    state.initialise()
    samples = to_samples(*data(5, (7, 18, 3), np.uint8), 0.1)
    every, some = currents_of(state, samples), currents_of(state, samples, columns)
    np.testing.assert_array_equal(some[:, columns], every[:, columns])
    assert np.isnan(np.delete(some, columns, axis=1)).all()


def test_the_best_equals_the_twin():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = rng.integers(-3, 4, 7).astype(np.float32)
        for n in (1, 4, 7):
            assert evaluate.best_of(values, n) == naive.best_of(values[:n])


def test_the_first_of_equal_outputs_wins():
    state = SignState(layout_of("auto", {"layers": (3, 4), "initial_steps": 0}))
    state.initialise()
    samples = to_samples(np.full((3, 3), 9, np.uint8), np.array([0, 1, 0]), 0.1)
    assert Evaluator(state, samples).accuracy() == 2 / 3


@pytest.mark.parametrize("layers", [(6, 3), (6, 20, 3), (6, 5, 5, 3)])
@pytest.mark.parametrize("method", ["a", "b", "c"])
def test_incremental_accuracy_is_the_full_one(layers, method):
    # Wide dead zones: many iterations pulse few columns, some none, so that currents are kept from block to block.
    values = {"layers": layers, "method": method, "n_max": 9, "output_dead_zone": 0.35, "hidden_dead_zone": 0.25}
    state = SignState(layout_of("auto", values))
    state.initialise()
    x, y = data(240, layers, np.uint8)
    tests = to_samples(*data(40, layers, np.uint8, seed=1), 0.1)
    samples = to_samples(x, y, 0.1)
    events, curves = state.new_buffers()
    evaluator = Evaluator(state, tests)
    kept = Evaluator(state, tests)  # asked now and then: it must remember all blocks in between
    seen, partly, done = {evaluator.accuracy()}, 0, 0
    kept.accuracy()
    blocks = [1, 1, 2, 3, 5, 1, 8, 1, 1, 13] * 7
    for number, n in enumerate(blocks):
        n = min(n, 240 - done)
        state.train(done, np.arange(done, done + n), samples, events, curves)
        done += n
        evaluator.note(events)
        kept.note(events)
        fired = np.unpackbits(events.raised[0, : events.count[0]] | events.lowered[0, : events.count[0]], axis=1)
        partly += 0 < fired.any(axis=0).sum() < layers[1]
        full = Evaluator(state, tests).accuracy()
        seen.add(full)
        assert evaluator.accuracy() == full
        assert evaluator.accuracy() == full  # asked twice
        if number % 9 == 8:
            assert kept.accuracy() == full
            np.testing.assert_array_equal(kept._currents, currents_of(state, tests))
        np.testing.assert_array_equal(evaluator._currents, currents_of(state, tests))
        if done == 240:
            break
    assert len(seen) > 2
    assert partly > 3
    naive_network = naive.Network(state.layout, states_of(state))
    assert full == naive_network.accuracy(*data(40, layers, np.uint8, seed=1))
