"""Arrays with wires in the training loop: whole runs against the dense twin."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import LayoutError
from xbarsim.data_sets.load import to_samples
from xbarsim.learn.evaluators import HardwareEvaluator, RealEvaluator

from ... import naive
from ..test_batch import unpacked
from ..test_train import data, states_of, train_library
from .wirings import ALL, compare, fresh, twin_of, wired_layout

pytestmark = pytest.mark.usefixtures("one_thread")


# ---------------------------------------------------------------------------------------------------------------------
# Training


RUNS = [
    ("ladder", {"method": "b"}),
    ("analog", {"method": "c", "routing": "split-source", "tile_rows": 3}),
    ("analog", {"method": "a", "routing": "split-drain", "double_sided": True, "layers": (6, 4, 5, 3)}),
    pytest.param(
        "ladder",
        {"method": "b", "sigma": 0.4, "routing": "split-source", "tile_columns": 3},
        marks=pytest.mark.compiles,
    ),
    ("ladder", {"method": "b", "bias": False, "driver_resistance": 0.0, "wire_resistance_s": 0.0, "layers": (6, 3)}),
    pytest.param(
        "ladder",
        {"method": "a", "batch": 3, "batch_rule": "signs", "routing": "split-drain", "tile_rows": 5},
        marks=pytest.mark.compiles,
    ),
    pytest.param("analog", {"method": "c", "batch": 3, "batch_rule": "products"}, marks=pytest.mark.compiles),
    pytest.param(
        "ladder",
        {"method": "b", "batch": 3, "batch_rule": "lines", "sense_resistance": 2000.0},
        marks=pytest.mark.compiles,
    ),
    pytest.param(
        "ladder",
        {"method": "b", "batch": 3, "batch_rule": "deferred", "routing": "split-source"},
        marks=pytest.mark.compiles,
    ),
]


@pytest.mark.parametrize(("engine", "kw"), RUNS, ids=str)
def test_training_equals_the_twin(engine, kw):
    from ...conftest import JIT

    _, _, log, _ = compare(wired_layout(engine, **kw), 90 if JIT else 12)
    assert all(log)


@pytest.mark.jit
@pytest.mark.parametrize("routing", ALL)
def test_wires_change_what_is_learned_and_tiny_ones_do_not(routing):
    x, y = data(150, (6, 5, 3), np.uint8)
    logs = []
    for ohm in (0.0, 1e-9, 1000.0):
        wires = {"wire_resistance": ohm, "wire_resistance_s": ohm, "driver_resistance": ohm, "sense_resistance": ohm}
        state = fresh(wired_layout(routing=routing, **wires))
        assert state.real is (ohm > 0)
        log, curves = train_library(state, x, y, (50,))
        logs.append(([[(e[0], unpacked(e)) for e in layer] for layer in log], curves["pulses"], states_of(state)))
    np.testing.assert_equal(logs[1], logs[0])
    assert logs[2][0] != logs[0][0]


@pytest.mark.parametrize("routing", ALL)
def test_exact_wires_without_resistance_are_ideal(routing):
    values = dict.fromkeys(("wire_resistance", "wire_resistance_s", "driver_resistance"), 0.0)
    x, y = data(24, (6, 5, 3), np.uint8)
    answers = []
    for circuit in ("auto", "exact", "ideal"):
        state = fresh(wired_layout(circuit=circuit, routing=routing, **values))
        assert bool(state._board.wired) is (circuit == "exact")
        log, _ = train_library(state, x, y, (5,))
        answers.append([[(e[0], unpacked(e)) for e in layer] for layer in log])
    assert answers[0] == answers[1] == answers[2]


def test_ideal_wires_on_demand():
    state = fresh(wired_layout(circuit="ideal"))
    assert not state.real
    assert not state._board.wired
    assert len(state._board.offset) == 0
    assert isinstance(state.evaluator(to_samples(*data(3, (6, 5, 3), np.uint8), 0.1)), HardwareEvaluator)


def test_a_training_that_does_not_converge_is_an_error():
    state = fresh(wired_layout(wire_resistance=50_000.0, wire_sweeps=2))
    with pytest.raises(
        LayoutError, match=r"^wires\.wire_sweeps: expected a residual of 1e-06 after at most 2 sweeps, got"
    ):
        train_library(state, *data(4, (6, 5, 3), np.uint8), (2,))
    state = fresh(wired_layout(wire_resistance=50_000.0, wire_sweeps=2))
    with pytest.raises(LayoutError, match="allow more sweeps"):
        state.transfer()


# ---------------------------------------------------------------------------------------------------------------------
# Test accuracy


@pytest.mark.parametrize("routing", ALL)
@pytest.mark.parametrize("layers", [(6, 3), (6, 5, 3), (6, 5, 4, 3)])
def test_classes_equal_the_twin(layers, routing):
    """The twin solves the whole circuit for every sample."""
    layout = wired_layout(routing=routing, layers=layers, c=0.3, initial_steps=9, tile_rows=4, wire_resistance=40_000.0)
    state = fresh(layout)
    x, y = data(40, layers, np.uint8, seed=8)
    evaluator = state.evaluator(to_samples(x, y, 0.1))
    assert isinstance(evaluator, RealEvaluator)
    want = naive.classify_real(twin_of(state), x)
    assert evaluator.accuracy() == np.mean(np.array(want) == y)
    assert evaluator.winners.tolist() == want
    assert len(set(want)) > 1
    change = np.abs(state.transfer() - state.weights).max()
    assert change > 0.02 * np.abs(state.weights).max()  # the wires matter


@pytest.mark.jit
def test_accuracy_follows_the_pulses():
    layout = wired_layout(output_dead_zone=0.35, hidden_dead_zone=0.25)
    state = fresh(layout)
    samples = to_samples(*data(60, (6, 5, 3), np.uint8), 0.1)
    tests = to_samples(*data(40, (6, 5, 3), np.uint8, seed=1), 0.1)
    events, curves = state.new_buffers()
    evaluator, seen = state.evaluator(tests), set()
    for t in range(60):
        state.train(t, np.arange(t, t + 1), samples, events, curves)
        evaluator.note(events)
        before = state.reads["reads"]
        seen.add(evaluator.accuracy())
        # Solved again only if something was pulsed.
        assert (state.reads["reads"] > before) is (t == 0 or bool(events.count.any()))
        assert evaluator.accuracy() == state.evaluator(tests).accuracy()
    assert len(seen) > 2
    state.set_nominal(0, *fresh(layout).nominal(0))
    evaluator.refresh()
    assert evaluator.accuracy() == state.evaluator(tests).accuracy()


def test_the_twins_of_the_parts_agree_with_each_other():
    """Reads one by one, and the way of a sample through the network."""
    layout = wired_layout()
    state = fresh(layout)
    twin = twin_of(state)
    x, y = data(1, (6, 5, 3), np.uint8)
    volts, deltas, _, _ = twin.pass_sample(x[0], int(y[0]))
    currents = twin.read_columns(0, volts[0])
    again = twin.propagate_error(1, deltas[1], currents)
    assert [float(a) for a in again] == [float(a) for a in deltas[0]]
