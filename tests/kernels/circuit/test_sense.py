"""Drivers and sense circuits: resolution, gain, offset, noise, clipping; drawn once or at every read."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels import train
from xbarsim.kernels.base import noise
from xbarsim.kernels.circuit import real, sense

import xbarsim
from xbarsim import Layout, LayoutError
from xbarsim.arrays.board import sense_of
from xbarsim.data_sets.load import load_dataset, to_samples
from xbarsim.learn.evaluators import Evaluator, RealEvaluator
from xbarsim.learn.network import NetworkState

from ... import naive
from ...conftest import JIT
from ..test_batch import unpacked
from ..test_train import data, layout_of, states_of, train_library
from .test_wired import compare, fresh, twin_of

pytestmark = pytest.mark.usefixtures("one_thread")

law = settings(deadline=None, derandomize=True, max_examples=100)


def circuits(layers=2, width=9, **kw):
    """Ideal ones, but for what is given."""
    ideal = sense.Sense(
        np.ones((layers, 2, width), np.float32),
        np.zeros((layers, 2, width), np.float32),
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        np.uint64(5),
    )
    return ideal._replace(**kw)


# ---------------------------------------------------------------------------------------------------------------------
# The parts


@law
@given(x=st.floats(-3, 3), full=st.floats(0.01, 10), levels=st.integers(1, 2**31 - 1))
def test_quantise_equals_the_twin(x, full, levels):
    got, want = sense.quantise(x, full, float(levels)), naive.quantise(x, full, levels)
    step = full / levels
    # Where x is half-way, within rounding, either level is right.
    assert got == want or abs(abs(got - x) - 0.5 * step) < 1e-9 * max(abs(x), step)
    assert abs(got - x) <= 0.5 * step * (1 + 1e-9) + 1e-15 * abs(x)


def test_quantise_by_hand():
    for x, want in ((0.0, 0.0), (0.124, 0.0), (0.125, 0.25), (0.3, 0.25), (0.375, 0.5), (0.99, 1.0), (1.2, 1.25)):
        assert sense.quantise(x, 1.0, 4.0) == naive.quantise(x, 1.0, 4) == want
        assert sense.quantise(-x, 1.0, 4.0) == naive.quantise(-x, 1.0, 4) == -want
    assert sense.quantise(0.123456, 1.0, 0.0) == naive.quantise(0.123456, 1.0, 0) == 0.123456


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8])
def test_the_number_of_levels(bits):
    levels, x = 2.0**bits - 1, np.linspace(-1, 1, 4001)
    got = np.array([sense.quantise(v, 1.0, levels) for v in x])
    assert len(np.unique(np.abs(got))) == 2**bits
    assert np.abs(got - x).max() <= 0.5 / levels + 1e-12
    assert np.all(np.diff(got) >= 0)
    np.testing.assert_allclose(np.unique(np.abs(got)), np.arange(2**bits) / levels, rtol=1e-12)


@law
@given(
    current=st.floats(-2, 2), gain=st.floats(0.1, 2), offset=st.floats(-0.5, 0.5), random=st.floats(-0.5, 0.5),
    limit=st.sampled_from([0.0, 0.25, 1.0]), levels=st.sampled_from([0, 1, 7, 127]),
)  # fmt: skip
def test_a_stage_equals_the_twin(current, gain, offset, random, limit, levels):
    got = sense.sense_current(current, gain, offset, random, limit, float(levels))
    assert got == pytest.approx(naive.sense_current(current, gain, offset, random, limit, levels), rel=1e-12, abs=1e-15)
    if limit:
        assert abs(got) <= limit
    else:
        assert got == gain * (current + offset + random)


def test_clipping():
    for x in (1.0, 1.0001, 50.0):
        assert sense.sense_current(x, 1.0, 0.0, 0.0, 1.0, 0.0) == 1.0
        assert sense.sense_current(-x, 1.0, 0.0, 0.0, 1.0, 7.0) == -1.0
    assert sense.sense_current(0.6, 2.0, 0.0, 0.0, 1.0, 0.0) == 1.0  # after the gain
    assert sense.sense_current(0.4, 1.0, 0.7, 0.0, 1.0, 0.0) == 1.0
    assert sense.sense_current(50.0, 1.0, 0.0, 0.0, 0.0, 0.0) == 50.0


def test_a_line_equals_the_twin():
    layout = Layout.of(
        layers=(7, 6, 3),
        gain_sigma=0.1,
        offset_sigma=0.2,
        read_noise=0.3,
        sense_range=2.0,
        sense_bits=5,
        seed=2**40 + 9,
    )
    state, stages = NetworkState(layout), naive.Stages(layout)
    unit = layout.device.span * layout.array.v_read
    assert state.circuits.seed == 2**40 + 9
    for layer, direction, line in itertools.product((0, 1), (sense.FORWARD, sense.BACKWARD, sense.TEST), (0, 1, 5)):
        for iteration, number in ((0, 0), (7, 0), (7, 3), (2**32 - 1, 59_999)):
            current = np.float32((0.3 * line - 0.5) * unit)
            got = sense.sense_line(current, layer, direction, line, iteration, number, state.circuits)
            want = naive.sense_line(current, layer, direction, line, iteration, number, stages)
            assert float(got) == pytest.approx(float(want), rel=1e-6)
            assert np.asarray(got).dtype == np.float32 or JIT
    for layer, backward, line in itertools.product((0, 1), (0, 1), range(8)):
        assert state.circuits.gain[layer, backward, line] == np.float32(stages.gain(layer, backward, line))
        assert state.circuits.offset[layer, backward, line] == np.float32(stages.offset(layer, backward, line))


def test_fill_normal_equals_the_twin():
    for stream, sigma, start in ((noise.STREAM_GAIN, 0.1, 1.0), (noise.STREAM_OFFSET + 16, 3e-8, 0.0), (9, 0.0, 2.0)):
        out = np.full(9, start, np.float32)
        noise.fill_normal(np.uint64(2**50 + 1), stream, sigma, out)
        assert out.tolist() == naive.fill_normal(2**50 + 1, stream, sigma, [start] * 9)
    assert (noise.STREAM_READ, noise.STREAM_GAIN, noise.STREAM_OFFSET) == (
        naive.STREAM_READ, naive.STREAM_GAIN, naive.STREAM_OFFSET,
    )  # fmt: skip


def test_drivers_equal_the_twin():
    layout = Layout.of(layers=(2, 2), driver_bits=3, v_read=0.2)
    volts = np.random.default_rng(0).uniform(-0.25, 0.25, 60).astype(np.float32)
    want = naive.drive_levels(volts[:50], np.float32(0.2), naive.Stages(layout))
    kept = volts.copy()
    real.drive_levels(volts, 50, np.float32(0.2), NetworkState(layout).circuits)
    assert volts[:50].tolist() == [float(v) for v in want]
    np.testing.assert_array_equal(volts[50:], kept[50:])
    assert len(np.unique(np.abs(volts[:50]))) <= 2**3 + 2  # errors may be larger than 1
    for full in (0.0, np.float32(0.2)):
        volts[:] = full
        real.drive_levels(volts, 60, np.float32(0.2), NetworkState(layout).circuits)
        assert (volts == full).all()


# ---------------------------------------------------------------------------------------------------------------------
# Draws


def test_noise_is_normal_and_input_referred():
    n = 4000
    c = circuits(noise=2e-8)
    draws = np.array([sense.sense_line(np.float32(1e-7), 0, 0, 0, k, 0, c) for k in range(n)], float)
    assert abs(draws.mean() - 1e-7) < 4 * 2e-8 / np.sqrt(n)
    assert abs(draws.std() / 2e-8 - 1) < 4 / np.sqrt(2 * n)
    assert np.mean(draws > 1e-7) == pytest.approx(0.5, abs=2 / np.sqrt(n))
    c.gain[:] = 3.0  # of the noise, too
    tripled = np.array([sense.sense_line(np.float32(1e-7), 0, 0, 0, k, 0, c) for k in range(50)], float)
    np.testing.assert_allclose(tripled, 3 * draws[:50], rtol=1e-6)
    c.offset[:] = 1e-7
    shifted = np.array([sense.sense_line(np.float32(0), 0, 0, 0, k, 0, c) for k in range(50)], float)
    np.testing.assert_allclose(shifted, tripled, rtol=1e-6, atol=1e-15)


def noise_of_line(volts, sigma):
    """Standard deviation of the current of a line of pairs, A."""
    return sigma * np.sqrt(2 * np.sum(volts.astype(float) ** 2))


def test_noise_of_devices_adds_up_along_a_line():
    """Each device of a pair deviates by sigma: the sum over its line is what independent draws make of it."""
    rng, n = np.random.default_rng(1), 4000
    volts = rng.uniform(0.0, 0.2, 30).astype(np.float32)
    for own in (0.0, 2e-9):
        c = circuits(noise=own, device=3e-8)
        square = sense.sum_squares(volts, 30, c)
        assert square == pytest.approx(float(np.sum(volts.astype(float) ** 2)))
        draws = np.array([sense.sense_line(np.float32(0), 0, 0, 0, k, 0, c, square) for k in range(n)], float)
        one_by_one = (rng.normal(0.0, 3e-8, (n, 2, 30)) * volts).sum(axis=(1, 2)) + own * rng.normal(size=n)
        assert draws.std() == pytest.approx(one_by_one.std(), rel=0.06)
        expected = np.sqrt(noise_of_line(volts, 3e-8) ** 2 + own**2)
        assert naive.ks_normal(np.sort(draws / expected)) < 1.63 / np.sqrt(n)  # 1 %
        assert abs(draws.mean()) < 4 * draws.std() / np.sqrt(n)
    assert sense.sum_squares(volts, 30, circuits(noise=1.0)) == 0.0


def test_no_two_reads_have_the_same_noise():
    c, seen = circuits(layers=3, noise=1.0), []
    for layer, direction, line, iteration, number in itertools.product(
        range(3), range(3), range(3), range(4), range(4)
    ):
        seen.append(float(sense.sense_line(np.float32(0), layer, direction, line, iteration, number, c)))
        assert seen[-1] == sense.sense_line(np.float32(0), layer, direction, line, iteration, number, c)
    other = circuits(layers=3, noise=1.0, seed=np.uint64(6))
    seen.append(float(sense.sense_line(np.float32(0), 0, 0, 0, 0, 0, other)))
    assert len(set(seen)) == len(seen) == 3 * 3 * 3 * 16 + 1


def test_gain_and_offset_are_drawn_for_every_neuron_and_row():
    layout = Layout.of(layers=(200, 150, 10), gain_sigma=0.1, offset_sigma=0.5, seed=3)
    state = NetworkState(layout)
    gain, offset = state.circuits.gain, state.circuits.offset
    assert gain.shape == offset.shape == (2, 2, 201)
    unit = layout.device.span * layout.array.v_read
    for values, mean, sigma in ((gain, 1.0, 0.1), (offset / unit, 0.0, 0.5)):
        assert len(np.unique(values)) == values.size
        assert abs(values.mean(dtype=float) - mean) < 4 * sigma / np.sqrt(values.size)
        assert abs(values.std(dtype=float) / sigma - 1) < 4 / np.sqrt(2 * values.size)
    again, other = NetworkState(layout), NetworkState(layout.replace(seed=4))
    np.testing.assert_array_equal(gain, again.circuits.gain)
    np.testing.assert_array_equal(offset, again.circuits.offset)
    assert not (gain == other.circuits.gain).any()
    # Each is drawn whether or not the other is, and they are not the same numbers.
    alone = NetworkState(layout.replace(offset_sigma=0.0)).circuits
    np.testing.assert_array_equal(alone.gain, gain)
    assert not alone.offset.any()
    z = np.corrcoef(gain.ravel(), offset.ravel())[0, 1]
    assert abs(z) < 4 / np.sqrt(gain.size)


def test_settings_are_in_units_of_a_full_weight_at_a_full_input():
    layout = Layout.of(layers=(3, 2), read_noise=0.5, sense_range=4.0, sense_bits=6, driver_bits=3, v_read=0.25)
    c = sense_of(layout, NetworkState(layout).geometry, 9)
    unit = (1e-6 - 1e-7) * 0.25
    assert c.noise == pytest.approx(0.5 * unit)
    assert c.limit == pytest.approx(4 * unit)
    assert (c.levels, c.drive_levels) == (31.0, 7.0)
    ideal = sense_of(Layout.of(layers=(3, 2)), NetworkState(layout).geometry, 9)
    assert (ideal.noise, ideal.limit, ideal.levels, ideal.drive_levels) == (0, 0, 0, 0)
    assert (ideal.gain == 1).all()
    assert not ideal.offset.any()


# ---------------------------------------------------------------------------------------------------------------------
# A sample's way


def test_defaults_run_the_ideal_path():
    state = fresh(layout_of("auto", {"layers": (6, 5, 3)}))
    assert not state.real
    assert isinstance(state.evaluator(to_samples(*data(3, (6, 5, 3), np.uint8), 0.1)), Evaluator)
    for key, value in {
        "gain_sigma": 0.1,
        "offset_sigma": 0.1,
        "read_noise": 0.1,
        "sense_range": 3.0,
        "driver_bits": 8,
    }.items():
        state = fresh(layout_of("auto", {"layers": (6, 5, 3), key: value}))
        assert state.real
        assert not state.board.wired
        assert isinstance(state.evaluator(to_samples(*data(3, (6, 5, 3), np.uint8), 0.1)), RealEvaluator)


@pytest.mark.parametrize(
    ("engine", "kw"),
    [
        ("ladder", {"layers": (6, 5, 3)}),
        ("analog", {"layers": (6, 5, 4, 3), "method": "c"}),
        ("ladder", {"layers": (6, 18, 3), "sigma": 0.4, "bias": False}),
        ("ladder", {"layers": (6, 3), "method": "a"}),
        ("ladder", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "signs"}),
        ("ladder", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "deferred"}),
        ("analog", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "products", "method": "c"}),
        ("ladder", {"layers": (6, 5, 3), "batch": 4, "batch_rule": "lines"}),
    ],
    ids=str,
)
def test_ideal_circuits_change_nothing(engine, kw):
    layout = layout_of(engine, {"n_max": 9, **kw})
    x, y = data(160 if JIT else 60, layout.network.layers, np.uint8)
    tests = to_samples(*data(30, layout.network.layers, np.uint8, seed=1), 0.1)
    answers = []
    for forced in (False, True):
        state = fresh(layout)
        state.real = forced
        log, curves = train_library(state, x, y, (1, 9))
        evaluator = state.evaluator(tests)
        assert isinstance(evaluator, RealEvaluator if forced else Evaluator)
        events = [[(e[0], unpacked(e)) for e in layer] for layer in log]
        answers.append((events, curves, states_of(state), evaluator.accuracy(), evaluator._winners.tolist()))
    np.testing.assert_equal(answers[1], answers[0])
    assert all(answers[0][0])


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
        state = fresh(layout)
        state.real = forced
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
    {"gain_sigma": 0.1, "read_noise": 0.1, "sense_range": 2.0, "sense_bits": 6, "driver_bits": 4, "layers": (6, 5, 4, 3)},
    {"read_noise": 0.1, "offset_sigma": 0.1, "batch": 3, "batch_rule": "signs"},
    {"read_noise": 0.1, "driver_bits": 2, "batch": 3, "batch_rule": "products", "method": "c", "engine": "analog"},
    pytest.param(
        {"read_noise": 0.1, "gain_sigma": 0.1, "wire_resistance": 500.0, "routing": "split-source"},
        marks=pytest.mark.jit,
    ),
    {"offset_sigma": 0.1, "driver_bits": 5, "wire_resistance": 500.0, "tile_rows": 3, "batch": 2, "batch_rule": "deferred"},
]  # fmt: skip


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
    assert evaluator._winners.tolist() == want
    # What is asked twice is answered alike; later reads have other noise.
    assert evaluator.accuracy() == evaluator.accuracy()
    state.iteration = twin.iteration = 13
    evaluator.accuracy()
    assert evaluator._winners.tolist() == naive.classify_real(twin, x)


def room_after(state, samples, k, iteration=0, number=0):
    room = train.make_room(state.geometry)
    loss, wrong = real.pass_real(
        k, iteration, number, samples, state.geometry, state.reading, state.weights, room, state.fresh_board(), state.circuits,
        state.gates, np.zeros(3),
    )  # fmt: skip
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
        current = state.circuits.gain[0, 0, :14] * (raw + state.circuits.offset[0, 0, :14])
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
    assert evaluator._winners.tolist() == [int(np.argmax(room.currents[0, :4])) for room, _, _ in rooms]
    assert accuracy == np.mean([not wrong for _, _, wrong in rooms])
    assert len(set(evaluator._winners.tolist())) > 1


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


# ---------------------------------------------------------------------------------------------------------------------
# Runs


def quick(**kw):
    base = {
        "layers": (784, 10), "dataset": "digits", "iterations": 1500, "eval_every": 0, "eval_last": 1, "beta": 0.0, "n_max": 128,
    }  # fmt: skip
    return Layout.of(**{**base, **kw})


@pytest.mark.jit
def test_circuits_that_are_not_ideal_cost_accuracy():
    digits = load_dataset("digits")

    def accuracy(**kw):
        return np.mean([xbarsim.run(quick(seed=seed, **kw), dataset=digits).accuracy for seed in (1, 2)])

    ideal = accuracy()
    assert ideal > 0.75
    for small, large in (
        ({"read_noise": 0.01}, {"read_noise": 20.0}),
        ({"offset_sigma": 0.01}, {"offset_sigma": 60.0}),
        ({"sense_range": 100.0}, {"sense_range": 0.01}),
        ({"sense_range": 30.0, "sense_bits": 12}, {"sense_range": 30.0, "sense_bits": 2}),
        ({"wire_resistance": 0.01}, {"wire_resistance": 2000.0}),
    ):
        assert abs(accuracy(**small) - ideal) < 0.06
        assert accuracy(**large) < ideal - 0.08


@pytest.mark.jit
def test_a_run_says_the_same_again():
    lay = quick(
        iterations=300, read_noise=0.3, gain_sigma=0.1, offset_sigma=0.1, sense_range=20.0, sense_bits=8, driver_bits=6
    )
    one, two, other = (xbarsim.run(lay.replace(seed=seed)).as_dict() for seed in (1, 1, 2))
    for key in ("accuracy", "pulses", "resets"):
        assert one[key] == two[key]
    assert one["pulses"] != other["pulses"]


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gain_sigma": -0.1}, "sense.gain_sigma: expected a number >= 0, got -0.1"),
        ({"offset_sigma": float("nan")}, "sense.offset_sigma: expected a finite number"),
        ({"read_noise": "much"}, "sense.read_noise: expected a number, got 'much'"),
        ({"sense_range": -1}, "sense.sense_range: expected a number >= 0"),
        ({"sense_bits": 1, "sense_range": 1.0}, "sense.sense_bits: expected 0 or at least 2"),
        ({"sense_bits": 33, "sense_range": 1.0}, "sense.sense_bits: expected a whole number <= 32"),
        ({"sense_bits": 4}, "sense.sense_range: expected a range > 0 with sense_bits = 4, got 0"),
        ({"sense_bits": 2.5}, "sense.sense_bits: expected a whole number"),
        ({"driver_bits": -1}, "sense.driver_bits: expected a whole number >= 0"),
        ({"driver_bits": True}, "sense.driver_bits: expected a whole number"),
        ({"wire_resistance": -1}, "wires.wire_resistance_Ohm: expected a number >= 0"),
        ({"wire_resistance_s": float("inf")}, "wires.wire_resistance_s_Ohm: expected a finite number"),
        ({"driver_resistance": 1e13}, "wires.driver_resistance_Ohm: expected a number <= 1e"),
        ({"sense_resistance": "low"}, "wires.sense_resistance_Ohm: expected a number, got 'low'"),
        ({"double_sided": 1}, "wires.double_sided: expected true or false"),
        ({"tile_rows": -1}, "wires.tile_rows: expected a whole number >= 0"),
        ({"tile_columns": 1.5}, "wires.tile_columns: expected a whole number"),
        ({"wire_tolerance": 0}, "wires.wire_tolerance: expected a number >= 1e-12"),
        ({"wire_tolerance": 0.5}, "wires.wire_tolerance: expected a number <= 0.01"),
        ({"wire_sweeps": 0}, "wires.wire_sweeps: expected a whole number >= 1"),
        ({"circuit": "exakt"}, "did you mean 'exact'"),
    ],
    ids=str,
)
def test_bad_values(values, message):
    with pytest.raises(LayoutError) as caught:
        Layout.of(layers=(2, 2), **values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [{"wire_resistance": 10.0}, {"read_noise": 0.1}, {"driver_bits": 4}], ids=str)
def test_the_software_reference_has_no_circuits(values):
    with pytest.raises(LayoutError, match="software"):
        Layout.of(layers=(2, 2), rule="software", **values)
