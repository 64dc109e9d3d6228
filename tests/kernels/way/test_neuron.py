"""Neurons and the output error."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.way import hardware, neuron

from ... import naive

C = np.float32(3e-7)
singles = st.floats(-1e-6, 1e-6).map(naive.single)


def softmax_error(currents, gain, label):
    """The kernel's (delta, loss, winner), with room in the buffers that must not be looked at."""
    n = len(currents)
    buffer = np.concatenate([currents, [1.0, 1.0]]).astype(np.float32)
    delta = np.full(n + 2, np.nan, np.float32)
    loss, winner = neuron.softmax_error(buffer, n, gain, label, delta)
    assert np.isnan(delta[n:]).all()
    return delta[:n], loss, winner


@settings(deadline=None, derandomize=True, max_examples=200)
@given(current=singles, c=st.floats(1e-9, 1e-6).map(naive.single))
def test_hard_sigmoid_equals_the_twin(current, c):
    current, c = np.float32(current), np.float32(c)
    y = neuron.hard_sigmoid(current, c)
    assert y == naive.hard_sigmoid(current, c)
    assert float(y) == pytest.approx(min(max(0.5 + float(current) / (2 * float(c)), 0), 1), abs=1e-6)
    assert neuron.passes_error(current, c) == naive.passes_error(current, c)


def test_hard_sigmoid_at_its_corners():
    for current, y in ((-2 * C, 0), (-C, 0), (-C / 2, 0.25), (0 * C, 0.5), (C / 2, 0.75), (C, 1), (2 * C, 1)):
        assert neuron.hard_sigmoid(np.float32(current), C) == y


def test_the_derivative_is_one_strictly_inside():
    inside, outside = np.nextafter(C, np.float32(0)), np.nextafter(C, np.float32(1))
    for current, passes in ((C, False), (inside, True), (outside, False), (np.float32(0), True)):
        assert bool(neuron.passes_error(current, C)) is passes
        assert bool(neuron.passes_error(-current, C)) is passes


@settings(deadline=None, derandomize=True, max_examples=100)
@given(currents=st.lists(singles, min_size=2, max_size=10), gain=st.floats(1e4, 1e8), data=st.data())
def test_softmax_error_equals_the_twin(currents, gain, data):
    label = data.draw(st.integers(0, len(currents) - 1))
    currents = np.array(currents, np.float32)
    delta, loss, winner = softmax_error(currents, gain, label)
    twin_delta, twin_loss, twin_winner = naive.softmax_error(currents, gain, label)
    np.testing.assert_allclose(delta, twin_delta, rtol=1e-6, atol=1e-9)
    assert winner == twin_winner
    if twin_loss < 500:  # beyond that the twin's probability underflows
        assert loss == pytest.approx(twin_loss, rel=1e-9, abs=1e-12)
    assert float(np.sum(delta, dtype=float)) == pytest.approx(0, abs=1e-6)
    assert delta[label] <= 0
    assert np.all(np.delete(delta, label) >= 0)
    assert loss >= 0


def test_softmax_error_by_hand():
    delta, loss, winner = softmax_error(np.array([0.0, math.log(3.0)]) * 1e-6, 1e6, 0)
    np.testing.assert_allclose(delta, [-0.75, 0.75], rtol=1e-6)
    assert loss == pytest.approx(math.log(4), rel=1e-6)
    assert winner == 1
    delta, loss, winner = softmax_error(np.full(4, 5e-7), 1e6, 2)
    np.testing.assert_allclose(delta, [0.25, 0.25, -0.75, 0.25])
    assert loss == pytest.approx(math.log(4))


def test_the_loss_does_not_overflow():
    delta, loss, winner = softmax_error(np.array([0.0, 1.0]), 1e6, 0)
    assert delta.tolist() == [-1.0, 1.0]
    assert loss == pytest.approx(1e6)
    assert winner == 1


def test_the_first_of_equal_currents_wins():
    assert softmax_error(np.array([1e-7, 5e-7, 5e-7, 2e-7]), 1e6, 0)[2] == 1


def test_delta_is_the_gradient_of_the_loss():
    currents, gain, label = np.array([3e-7, -1e-7, 6e-7]), 3e6, 1
    delta, _, _ = softmax_error(currents, gain, label)
    for j in range(3):
        h = np.zeros(3)
        h[j] = 2e-8
        slope = (softmax_error(currents + h, gain, label)[1] - softmax_error(currents - h, gain, label)[1]) / 4e-8
        assert slope == pytest.approx(gain * float(delta[j]), rel=2e-3)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(currents=st.lists(singles, min_size=1, max_size=9))
def test_activate_lists_the_neurons_that_drive(currents):
    n = len(currents)
    buffer = np.array([*currents, 1.0], np.float32)
    lines, volts = np.full(n + 2, -1, np.int32), np.full(n + 2, np.nan, np.float32)
    k = hardware.activate(buffer, n, C, np.float32(0.1), lines, volts)
    twin = naive.activate(buffer[:n], C, 0.1)
    assert lines[:k].tolist() == [i for i, v in enumerate(twin) if v > 0]
    assert volts[:k].tolist() == [float(v) for v in twin if v > 0]
