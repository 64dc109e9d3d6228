"""Reads: bit for bit as plain sums in ascending order, linear, and the same array forward and backward."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.circuit import read

from ... import naive

shapes = {"rows": st.integers(1, 14), "cols": st.integers(1, 19), "seed": st.integers(0, 2**32)}


def draw(rows, cols, seed):
    """An array padded as networks pad theirs, and a generator."""
    rng = np.random.default_rng(seed)
    stride = -(-cols // 16) * 16
    w = np.zeros((rows, stride), np.float32)
    w[:, :cols] = rng.uniform(-1e-6, 1e-6, (rows, cols))
    return rng, w


def read_forward(w, volts, driven):
    """The kernel's currents with the listed rows driven; what stands beyond the list must not matter."""
    lines = np.concatenate([driven, [0, 0]]).astype(np.int32)
    v = np.concatenate([volts[driven], [9.0, 9.0]]).astype(np.float32)
    out = np.full(w.shape[1], np.nan, np.float32)
    read.forward(lines, v, len(driven), w, out)
    return out


def read_backward(w, volts, cols, sensed):
    lines = np.concatenate([sensed, [0, 0]]).astype(np.int32)
    v = np.concatenate([volts, [9.0]]).astype(np.float32)
    out = np.full(w.shape[0], np.nan, np.float32)
    read.backward(v, cols, w, lines, len(sensed), out)
    return out


@settings(deadline=None, derandomize=True, max_examples=60)
@given(**shapes)
def test_forward_equals_the_twin_bit_for_bit(rows, cols, seed):
    rng, w = draw(rows, cols, seed)
    volts = np.where(rng.random(rows) < 0.7, rng.uniform(-0.1, 0.1, rows), 0).astype(np.float32)
    driven = np.flatnonzero(volts)
    out = read_forward(w, volts, driven)
    assert out[:cols].tolist() == [float(x) for x in naive.forward(volts, w[:, :cols])]
    assert not out[cols:].any()


@settings(deadline=None, derandomize=True, max_examples=60)
@given(**shapes)
def test_backward_equals_the_twin_bit_for_bit(rows, cols, seed):
    rng, w = draw(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, cols).astype(np.float32)
    sensed = np.flatnonzero(rng.random(rows) < 0.7)
    out = read_backward(w, volts, cols, sensed)
    twin = np.array(naive.backward(volts, w[:, :cols]))
    assert out[sensed].tolist() == twin[sensed].tolist()
    assert np.isnan(np.delete(out, sensed)).all()  # rows that are not listed are not touched


def test_order_of_the_sum_is_ascending():
    # 1 + 2^-24 + 2^-24 is 1 in this order, and more than 1 in the opposite order.
    w = np.array([[1.0], [2.0**-24], [2.0**-24], [0.0], [0.0], [0.0]], np.float32)
    assert read_forward(w, np.ones(6, np.float32), np.arange(6)) == 1.0
    assert read_forward(w[::-1].copy(), np.ones(6, np.float32), np.arange(6)) > 1.0
    assert read_backward(w.T.copy(), np.ones(6), 6, np.arange(1)) == 1.0
    assert read_backward(w.T[:, ::-1].copy(), np.ones(6), 6, np.arange(1)) > 1.0


def test_no_driven_line_no_current():
    _, w = draw(5, 3, 0)
    assert not read_forward(w, np.ones(5, np.float32), np.arange(0)).any()


@settings(deadline=None, derandomize=True, max_examples=40)
@given(**shapes)
def test_reciprocity(rows, cols, seed):
    """The backward transfer matrix is the transpose of the forward one."""
    _, w = draw(rows, cols, seed)
    eye = np.eye(rows, dtype=np.float32)
    ahead = np.array([read_forward(w, eye[i], np.arange(rows))[:cols] for i in range(rows)])
    back = np.array([read_backward(w, np.eye(cols)[j], cols, np.arange(rows)) for j in range(cols)])
    np.testing.assert_array_equal(ahead, back.T)
    np.testing.assert_array_equal(ahead, w[:, :cols])


@settings(deadline=None, derandomize=True, max_examples=40)
@given(**shapes, a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_superposition(rows, cols, seed, a, b):
    rng, w = draw(rows, cols, seed)
    every = np.arange(rows)
    u, v = rng.uniform(-0.1, 0.1, (2, rows))
    both, one, other = (read_forward(w, x, every).astype(float) for x in (a * u + b * v, u, v))
    np.testing.assert_allclose(both, a * one + b * other, rtol=0, atol=1e-11)
    u, v = rng.uniform(-0.1, 0.1, (2, cols))
    both, one, other = (read_backward(w, x, cols, every).astype(float) for x in (a * u + b * v, u, v))
    np.testing.assert_allclose(both, a * one + b * other, rtol=0, atol=1e-11)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(**shapes)
def test_side_currents_equal_the_twin(rows, cols, seed):
    rng = np.random.default_rng(seed)
    g = rng.uniform(1e-7, 1e-6, (rows, cols)).astype(np.float32)
    volts = rng.uniform(-0.1, 0.1, rows)
    out = np.full(cols, np.nan)
    read.side_currents(volts, g, out)
    assert out.tolist() == naive.side_currents(volts, g)
    np.testing.assert_allclose(out, volts @ g.astype(float), rtol=1e-12, atol=1e-20)


def test_a_read_of_w_is_the_difference_of_the_sides():
    rng = np.random.default_rng(2)
    plus, minus = rng.uniform(1e-7, 1e-6, (2, 9, 5)).astype(np.float32)
    volts = rng.uniform(0, 0.1, 9).astype(np.float32)
    sides = [np.empty(5), np.empty(5)]
    for g, out in zip((plus, minus), sides, strict=True):
        read.side_currents(volts.astype(float), g, out)
    currents = read_forward(plus - minus, volts, np.arange(9))
    np.testing.assert_allclose(currents, sides[0] - sides[1], rtol=0, atol=1e-6 * 0.1 * 9 * 1e-6)


@pytest.mark.parametrize("n", range(10))
def test_any_number_of_lines(n):
    """Rows are taken four at a time: every remainder."""
    _, w = draw(9, 3, n)
    volts = np.linspace(0.1, 0.9, 9).astype(np.float32)
    expected = naive.forward(volts[:n], w[:n, :3]) if n else [0, 0, 0]
    assert read_forward(w, volts, np.arange(n))[:3].tolist() == [float(x) for x in expected]
    out = read_backward(w, volts[:3], 3, np.arange(n))
    assert out[:n].tolist() == [float(x) for x in naive.backward(volts[:3], w[:, :3])[:n]]
    assert np.isnan(out[n:]).all()
