"""Drivers and sense circuits: resolution, gain, offset, clipping."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.base import noise
from xbarsim.kernels.circuit import sense, sensed, wired

from xbarsim import Layout
from xbarsim.learn.sign import SignState

from ... import naive
from ...conftest import JIT

pytestmark = pytest.mark.usefixtures("one_thread")
law = settings(deadline=None, derandomize=True, max_examples=100)


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
    current=st.floats(-2, 2),
    gain=st.floats(0.1, 2),
    offset=st.floats(-0.5, 0.5),
    random=st.floats(-0.5, 0.5),
    limit=st.sampled_from([0.0, 0.25, 1.0]),
    levels=st.sampled_from([0, 1, 7, 127]),
)
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
    state, stages = SignState(layout), naive.Stages(layout)
    unit = layout.device.span * layout.array.v_read
    assert state.sense.seed == 2**40 + 9
    for layer, direction, line in itertools.product((0, 1), (sense.FORWARD, sense.BACKWARD, sense.TEST), (0, 1, 5)):
        for iteration, number in ((0, 0), (7, 0), (7, 3), (2**32 - 1, 59_999)):
            current = np.float32((0.3 * line - 0.5) * unit)
            got = sense.sense_line(current, layer, direction, line, iteration, number, state.sense)
            want = naive.sense_line(current, layer, direction, line, iteration, number, stages)
            assert float(got) == pytest.approx(float(want), rel=1e-6)
            assert np.asarray(got).dtype == np.float32 or JIT
    for layer, backward, line in itertools.product((0, 1), (0, 1), range(8)):
        assert state.sense.gain[layer, backward, line] == np.float32(stages.gain(layer, backward, line))
        assert state.sense.offset[layer, backward, line] == np.float32(stages.offset(layer, backward, line))


def test_fill_normal_equals_the_twin():
    for stream, sigma, start in ((noise.STREAM_GAIN, 0.1, 1.0), (noise.STREAM_OFFSET + 16, 3e-8, 0.0), (9, 0.0, 2.0)):
        out = np.full(9, start, np.float32)
        noise.fill_normal(np.uint64(2**50 + 1), stream, sigma, out)
        assert out.tolist() == naive.fill_normal(2**50 + 1, stream, sigma, [start] * 9)
    assert (noise.STREAM_READ, noise.STREAM_GAIN, noise.STREAM_OFFSET) == (
        naive.STREAM_READ,
        naive.STREAM_GAIN,
        naive.STREAM_OFFSET,
    )


def test_drivers_equal_the_twin():
    layout = Layout.of(layers=(2, 2), driver_bits=3, v_read=0.2)
    volts = np.random.default_rng(0).uniform(-0.25, 0.25, 60).astype(np.float32)
    want = naive.drive_levels(volts[:50], np.float32(0.2), naive.Stages(layout))
    kept, state = volts.copy(), SignState(layout)
    circuit = sensed.Sensed(state.sense, sense.FORWARD)
    through_wires = volts.copy()
    exact = SignState(layout.replace(wire_resistance=1.0)).circuit
    assert isinstance(exact, wired.Wired)
    wired.round_drive(exact, through_wires, 50, np.float32(0.2))
    sensed.round_drive(circuit, volts, 50, np.float32(0.2))
    np.testing.assert_array_equal(volts, through_wires)
    assert volts[:50].tolist() == [float(v) for v in want]
    np.testing.assert_array_equal(volts[50:], kept[50:])
    assert len(np.unique(np.abs(volts[:50]))) <= 2**3 + 2  # errors may be larger than 1
    for full in (0.0, np.float32(0.2)):
        volts[:] = full
        sensed.round_drive(circuit, volts, 60, np.float32(0.2))
        assert (volts == full).all()
