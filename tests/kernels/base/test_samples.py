"""Samples as lists of driven rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.base import samples
from xbarsim.kernels.base.buffers import Geometry
from xbarsim.kernels.way import hardware

from xbarsim.data_sets.load import to_samples

from ... import naive


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    n=st.integers(1, 6),
    inputs=st.integers(1, 12),
    density=st.sampled_from([0.0, 0.3, 1.0]),
    dtype=st.sampled_from([np.uint8, np.float32]),
    v_read=st.sampled_from([0.1, 0.3, 1.0]),
    seed=st.integers(0, 2**32),
)
def test_listed_samples_equal_the_twin(n, inputs, density, dtype, v_read, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 256, (n, inputs)) if dtype == np.uint8 else rng.uniform(0, 1, (n, inputs))
    x = np.where(rng.random((n, inputs)) < density, x, 0).astype(dtype)
    labels = np.arange(n, dtype=np.int64)
    listed = to_samples(x, labels, v_read)
    start, line, volts = naive.list_driven(x, v_read)
    driven = len(line)
    assert listed.start.tolist() == start
    assert listed.line[:driven].tolist() == line
    assert listed.volts[:driven].tolist() == [float(v) for v in volts]
    assert listed.label is labels
    lines, loaded = np.full(inputs + 1, -1, np.int32), np.full(inputs + 1, -1, np.float32)
    for k in range(n):
        lines[:] = -1
        m = hardware.load_sample(listed, k, lines, loaded)
        twin = naive.load_sample(start, line, volts, k)
        assert lines[:m].tolist() == twin[0] == np.flatnonzero(x[k]).tolist()
        assert loaded[:m].tolist() == [float(v) for v in twin[1]]
        assert (lines[m:] == -1).all()


def test_volts_by_hand():
    listed = to_samples(np.array([[0, 255, 51], [0, 0, 0]], np.uint8), np.zeros(2, np.int64), 0.1)
    assert listed.start.tolist() == [0, 2, 2]
    assert listed.line[:2].tolist() == [1, 2]
    np.testing.assert_allclose(listed.volts[:2], [0.1, 0.02], rtol=1e-6)
    listed = to_samples(np.array([[1.0, 0.0, 0.5]], np.float32), np.zeros(1, np.int64), 2.0)
    assert listed.line[:2].tolist() == [0, 2]
    assert listed.volts[:2].tolist() == [2.0, 1.0]


def test_a_full_input_is_driven_at_exactly_the_read_voltage():
    """Else a bias row and a full input would not be alike."""
    for x in (np.array([[255]], np.uint8), np.array([[1.0]], np.float32)):
        for v in (0.1, 0.07, 0.3):
            assert to_samples(x, np.zeros(1, np.int64), v).volts[0] == np.float32(v)


def test_the_room_that_the_kernel_asks_for_is_enough():
    x = np.ones((3, 4), np.uint8)
    start, line, volts = np.empty(4, np.int64), np.full(17, -7, np.int32), np.zeros(17, np.float32)
    samples.list_driven(x, np.float32(255.0), np.float32(0.1), start, line[:16], volts[:16])
    assert start.tolist() == [0, 4, 8, 12]
    assert line[16] == -7


@pytest.mark.parametrize("bias", [0, 1])
def test_the_bias_row_is_the_last_and_driven_fully(bias):
    geometry = Geometry(*(np.array([n], np.int64) for n in (6, 2, 16, 0, 0, bias)))
    lines, volts = np.array([1, 3, -1, -1], np.int32), np.array([0.05, 0.1, -1, -1], np.float32)
    n = hardware.drive_bias(geometry, 0, np.float32(0.1), lines, volts, 2)
    assert n == 2 + bias
    dense = naive.drive_bias([0, np.float32(0.05), 0, np.float32(0.1), 0], bias, 0.1)
    driven = [(i, float(v)) for i, v in enumerate(dense) if v > 0]
    assert list(zip(lines[:n].tolist(), volts[:n].tolist(), strict=True)) == driven
