"""A sample's way through drivers and sense circuits that are not ideal, against the twin."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from xbarsim.kernels.path import dense
from xbarsim.kernels.way import room as ways

from xbarsim.data_sets.load import to_samples
from xbarsim.learn.evaluators import HardwareEvaluator, RealEvaluator

from ... import naive
from ...conftest import JIT
from ..test_batch import unpacked
from ..test_train import data, layout_of, states_of, train_library
from .wirings import compare, fresh, twin_of

pytestmark = pytest.mark.usefixtures("one_thread")


def test_defaults_run_the_ideal_path():
    state = fresh(layout_of("auto", {"layers": (6, 5, 3)}))
    assert not state.real
    assert isinstance(state.evaluator(to_samples(*data(3, (6, 5, 3), np.uint8), 0.1)), HardwareEvaluator)
    for key, value in {
        "gain_sigma": 0.1,
        "offset_sigma": 0.1,
        "read_noise": 0.1,
        "sense_range": 3.0,
        "driver_bits": 8,
    }.items():
        state = fresh(layout_of("auto", {"layers": (6, 5, 3), key: value}))
        assert state.real
        assert not state._board.wired
        assert isinstance(state.evaluator(to_samples(*data(3, (6, 5, 3), np.uint8), 0.1)), RealEvaluator)


def forced_through_circuits(layout):
    """A state of an ideal layout whose reads go through drivers and sense circuits all the same."""
    state = fresh(layout)
    assert state.plan.circuit == "ideal"
    state.real, state.plan = True, dataclasses.replace(state.plan, circuit="sensed")
    return state


@pytest.mark.parametrize(
    ("engine", "kw"),
    [
        ("ladder", {"layers": (6, 5, 3)}),
        ("analog", {"layers": (6, 5, 4, 3), "method": "c"}),
        pytest.param("ladder", {"layers": (6, 18, 3), "sigma": 0.4, "bias": False}, marks=pytest.mark.compiles),
        ("ladder", {"layers": (6, 3), "method": "a"}),
        *(
            pytest.param(*case, marks=pytest.mark.compiles)
            for case in (
                ("ladder", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "signs"}),
                ("ladder", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "deferred"}),
                ("analog", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "products", "method": "c"}),
                ("ladder", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "lines"}),
            )
        ),
    ],
    ids=str,
)
def test_ideal_circuits_change_nothing(engine, kw):
    layout = layout_of(engine, {"n_max": 9, **kw})
    x, y = data(160 if JIT else 60, layout.network.layers, np.uint8)
    tests = to_samples(*data(30, layout.network.layers, np.uint8, seed=1), 0.1)
    answers = []
    for forced in (False, True):
        state = forced_through_circuits(layout) if forced else fresh(layout)
        log, curves = train_library(state, x, y, (1, 9))
        evaluator = state.evaluator(tests)
        assert isinstance(evaluator, RealEvaluator if forced else HardwareEvaluator)
        events = [[(e[0], unpacked(e)) for e in layer] for layer in log]
        answers.append((events, curves, states_of(state), evaluator.accuracy(), evaluator.winners.tolist()))
    np.testing.assert_equal(answers[1], answers[0])
    assert all(answers[0][0])


@pytest.mark.compiles
def test_errors_inside_the_dead_zone_are_summed_by_the_rule_lines():
    """Errors of a batch that only together leave the dead zone, on the ideal path and through ideal circuits."""
    values = {
        "layers": (6, 5, 3),
        "n_max": 30,
        "batch": 8,
        "batch_rule": "lines",
        "hidden_dead_zone": 1.5,
        "output_dead_zone": 0.01,
    }
    layout = layout_of("ladder", values)
    x, y = data(160, (6, 5, 3), np.uint8)
    y[:] = 1
    answers = []
    for forced in (False, True):
        state = forced_through_circuits(layout) if forced else fresh(layout)
        answers.append([[(e[0], unpacked(e)) for e in layer] for layer in train_library(state, x, y, (20,))[0]])
    twin = naive.Network(layout, states_of(fresh(layout)))
    records = naive.train_batches(twin, x, y.tolist(), 8, "lines")
    want = [[(t, e) for t, r in enumerate(records, start=1) for e in r.events.get(k, [])] for k in range(2)]
    assert answers[1] == want
    assert want[0]
    assert answers[0] == want


CIRCUITS = [
    {"gain_sigma": 0.2, "offset_sigma": 0.3},
    {"read_noise": 0.2},
    {"device_noise": 0.2},
    {"device_noise": 0.1, "read_noise": 0.1, "gain_sigma": 0.1, "layers": (6, 5, 4, 3)},
    {"sense_range": 1.5},
    {"sense_range": 2.9, "sense_bits": 5},
    {"driver_bits": 3},
    {
        "gain_sigma": 0.1,
        "read_noise": 0.1,
        "sense_range": 2.0,
        "sense_bits": 6,
        "driver_bits": 4,
        "layers": (6, 5, 4, 3),
    },
    {"read_noise": 0.1, "offset_sigma": 0.1, "batch": 3, "batch_rule": "signs"},
    pytest.param(
        {"read_noise": 0.1, "driver_bits": 2, "batch": 3, "batch_rule": "products", "method": "c", "engine": "analog"},
        marks=pytest.mark.compiles,
    ),
    pytest.param(
        {"read_noise": 0.1, "gain_sigma": 0.1, "wire_resistance": 500.0, "routing": "split-source"},
        marks=pytest.mark.jit,
    ),
    pytest.param(
        {
            "offset_sigma": 0.1,
            "driver_bits": 5,
            "wire_resistance": 500.0,
            "tile_rows": 3,
            "batch": 2,
            "batch_rule": "deferred",
        },
        marks=pytest.mark.compiles,
    ),
]


@pytest.mark.parametrize("kw", CIRCUITS, ids=str)
def test_training_equals_the_twin(kw):
    values = {"layers": (6, 5, 3), "n_max": 9, **kw}
    layout = layout_of(values.pop("engine", "ladder"), values)
    # Quantised errors may be at a comparator's threshold only by chance; ideal wires are exact to the last bit.
    _, _, log, _ = compare(layout, (90 if JIT else 30) if layout.wires.ideal else (60 if JIT else 8), closest=1e-5)
    assert all(log)


@pytest.mark.parametrize("kw", CIRCUITS, ids=str)
def test_classes_equal_the_twin(kw):
    values = {"layers": (6, 5, 3), "n_max": 9, "initial_steps": 9, **kw}
    layout = layout_of(values.pop("engine", "ladder"), values)
    state = fresh(layout)
    x, y = data(40, layout.network.layers, np.uint8, seed=8)
    state.iteration = 12
    twin = twin_of(state)
    twin.iteration = 12
    evaluator = state.evaluator(to_samples(x, y, 0.1))
    want = naive.classify_real(twin, x)
    assert evaluator.accuracy() == np.mean(np.array(want) == y)
    assert evaluator.winners.tolist() == want
    # What is asked twice is answered alike; later reads have other noise.
    assert evaluator.accuracy() == evaluator.accuracy()
    state.iteration = twin.iteration = 13
    evaluator.accuracy()
    assert evaluator.winners.tolist() == naive.classify_real(twin, x)


def room_after(state, samples, k, iteration=0, number=0):
    room = ways.hardware_room_of(ways.make_hardware_room(state.geometry, 1), 0)
    kinds, way = (state.rule, state.array, state.circuit, state.lines), (iteration, number)
    dense.go_up(*kinds, k, *way, samples, state.geometry, room)
    loss, wrong = dense.go_down(*kinds, samples.label[k], *way, state.geometry, room)
    return room, loss, wrong


def test_a_mismatched_neuron_has_a_mismatched_derivative():
    """The output of a neuron and the gate of its error see one and the same sensed current."""
    layout = layout_of(
        "ladder", {"layers": (9, 14, 3), "n_max": 9, "initial_steps": 9, "gain_sigma": 0.5, "offset_sigma": 0.5}
    )
    state = fresh(layout)
    x, y = data(25, (9, 14, 3), np.uint8)
    samples, c = to_samples(x, y, 0.1), float(state.reading.c[0])
    plus, minus = state.conductance(0)
    differ = {True: 0, False: 0}
    for k in range(25):
        room, _, _ = room_after(state, samples, k)
        raw = np.append(x[k] / 255 * 0.1, 0.1) @ (plus.astype(float) - minus)
        current = state.sense.gain[0, 0, :14] * (raw + state.sense.offset[0, 0, :14])
        np.testing.assert_allclose(room.currents[0, :14], current, rtol=0, atol=1e-6 * np.abs(current).max())
        inside = np.abs(current) < c
        np.testing.assert_array_equal(room.delta[0, :14] != 0, inside)
        driven = dict(zip(room.lines[1, : room.n_lines[1]].tolist(), room.volts[1].tolist(), strict=False))
        for j in range(14):
            partly = 0 < driven.get(j, 0) < np.float32(0.1)
            assert partly == inside[j]
            assert driven.get(j, 0.0) == pytest.approx(np.clip(0.5 + current[j] / (2 * c), 0, 1) * 0.1, abs=1e-7)
            if (abs(raw[j]) < c) != inside[j]:
                differ[bool(inside[j])] += 1
    assert min(differ.values()) > 3  # thresholds were shifted both ways


def test_gain_and_offset_are_the_same_in_training_and_test():
    layout = layout_of(
        "ladder", {"layers": (6, 4), "n_max": 9, "initial_steps": 9, "gain_sigma": 0.8, "offset_sigma": 0.5}
    )
    state = fresh(layout)
    x, y = data(40, (6, 4), np.uint8)
    samples = to_samples(x, y, 0.1)
    evaluator = state.evaluator(samples)
    accuracy = evaluator.accuracy()
    rooms = [room_after(state, samples, k, iteration=k, number=3) for k in range(40)]
    assert evaluator.winners.tolist() == [int(np.argmax(room.currents[0, :4])) for room, _, _ in rooms]
    assert accuracy == np.mean([not wrong for _, _, wrong in rooms])
    assert len(set(evaluator.winners.tolist())) > 1


def test_what_noise_depends_on():
    layout = layout_of("ladder", {"layers": (6, 5, 3), "n_max": 9, "initial_steps": 9, "read_noise": 0.3})
    state = fresh(layout)
    x, y = data(2, (6, 5, 3), np.uint8)
    x[1], y[1] = x[0], y[0]
    samples = to_samples(x, y, 0.1)
    base, *others = (room_after(state, samples, *key)[0] for key in ((0, 4, 2), (0, 5, 2), (0, 4, 3), (1, 4, 2)))
    for layer, n in ((0, 5), (1, 3)):
        for other in others[:2]:  # another iteration, another place in the batch
            assert not (base.currents[layer, :n] == other.currents[layer, :n]).any()
        np.testing.assert_array_equal(base.currents[layer, :n], others[2].currents[layer, :n])
    passed = (base.delta[0, :5] != 0) & (others[0].delta[0, :5] != 0)
    assert (base.delta[0, :5] != others[0].delta[0, :5])[passed].all()
    np.testing.assert_array_equal(base.delta[0, :5], others[2].delta[0, :5])


def test_blocks_and_batches_have_their_own_noise():
    x, y = data(48, (6, 5, 3), np.uint8)
    for kw in ({}, {"batch": 4}):
        layout = layout_of("ladder", {"layers": (6, 5, 3), "n_max": 9, "read_noise": 0.3, **kw})
        answers = []
        for blocks, first in (((100,), 0), ((1, 3), 0), ((100,), 1000)):
            log, curves = train_library(fresh(layout), x, y, blocks, iteration=first)
            answers.append(([[(e[0] - first, unpacked(e)) for e in layer] for layer in log], curves))
        assert answers[1] == answers[0]  # blocks do not matter
        assert answers[2] != answers[0]  # the iteration does


def test_levels_of_sensed_currents_and_of_driven_voltages():
    layout = layout_of(
        "ladder",
        {"layers": (9, 14, 3), "n_max": 9, "initial_steps": 9, "sense_range": 2.0, "sense_bits": 4, "driver_bits": 2},
    )
    state, clean = fresh(layout), fresh(layout.replace(sense_range=1e6, sense_bits=0))
    x, y = data(25, (9, 14, 3), np.uint8)
    samples, unit = to_samples(x, y, 0.1), layout.device.span * 0.1
    seen, volts = set(), set()
    for k in range(25):
        room, rough = (room_after(s, samples, k)[0] for s in (state, clean))
        got, want = room.currents[0, :14] / unit, np.clip(rough.currents[0, :14] / unit, -2, 2)
        assert np.abs(got - want).max() <= 0.5 * 2 / 7 + 1e-5
        seen |= {round(float(v) * 7 / 2, 3) for v in got}
        for layer in (0, 1):
            volts |= {round(float(v) / 0.1 * 3, 4) for v in room.volts[layer, : room.n_lines[layer]]}
    assert seen <= set(range(-7, 8))
    assert len(seen) > 6
    assert volts <= {0.0, 1.0, 2.0, 3.0}
    assert {1.0, 2.0, 3.0} <= volts
