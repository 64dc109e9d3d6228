"""The pulse generator: dead zone, input threshold, and firings in packed bits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.base import bits
from xbarsim.kernels.rules import sign

from ... import naive

lines_of = st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n - 1), unique=True)))


def select_columns(delta, dead_zone):
    """The kernel's (up, down) as lists, with room in the buffers that must not be looked at."""
    n = len(delta)
    buffer = np.concatenate([delta, [-9.0, 9.0]]).astype(np.float32)
    up, down = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    n_up, n_down = sign.select_columns(buffer, n, np.float32(dead_zone), up, down)
    assert (up[n_up:] == -1).all()
    assert (down[n_down:] == -1).all()
    return up[:n_up].tolist(), down[:n_down].tolist()


def test_a_negative_error_raises_and_a_positive_one_lowers():
    assert select_columns([-0.5, 0.5, 0.0, -0.2, 0.3], 0.1) == ([0, 3], [1, 4])


def test_the_dead_zone_is_strict():
    edge = np.float32(0.11)
    out, inside = np.nextafter(edge, np.float32(1)), np.nextafter(edge, np.float32(0))
    assert select_columns([-edge, edge, -out, out, -inside, inside], edge) == ([2], [3])
    assert select_columns([0.0, -0.0, 1e-40, -1e-40], 0.0) == ([3], [2])


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    delta=st.lists(st.one_of(st.sampled_from([0.25, -0.25, 0.0]), st.floats(-1, 1, width=32)), max_size=20),
    dead_zone=st.sampled_from([0.0, 0.25, 0.5]),
)
def test_select_columns_equals_the_twin(delta, dead_zone):
    assert select_columns(delta, dead_zone) == naive.select_columns(delta, dead_zone)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    volts=st.lists(st.one_of(st.sampled_from([0.0, 0.25]), st.floats(0, 1, width=32)), max_size=20),
    threshold=st.sampled_from([0.0, 0.25, 0.5]),
)
def test_select_rows_equals_the_twin(volts, threshold):
    n = len(volts)
    lines = np.array([*range(3, 3 + n), 99], np.int32)
    buffer = np.array([*volts, 9.0], np.float32)
    out = np.full(n + 1, -1, np.int32)
    k = sign.select_rows(lines, buffer, n, np.float32(threshold), out)
    assert out[:k].tolist() == [3 + i for i in naive.select_rows(volts, threshold)]
    assert (out[k:] == -1).all()


def test_the_input_threshold_is_strict():
    edge = np.float32(0.05)
    volts = np.array([0.0, edge, np.nextafter(edge, np.float32(1)), 0.1], np.float32)
    out = np.empty(4, np.int32)
    n = sign.select_rows(np.arange(4, dtype=np.int32), volts, 4, edge, out)
    assert out[:n].tolist() == [2, 3]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(drawn=lines_of, spare=st.integers(0, 2))
def test_packing_is_numpys_little_bit_order(drawn, spare):
    n, lines = drawn
    fires = np.zeros(n, bool)
    fires[lines] = True
    out = np.full((n + 7) // 8 + spare, 0xAA, np.uint8)  # what was there must go
    bits.pack_bits(np.array([*lines, n - 1], np.int32), len(lines), out)
    expected = np.packbits(fires, bitorder="little")
    assert out.tolist() == [*expected.tolist(), *[0] * spare]
    assert out.tolist() == naive.pack_bits(lines, len(out)).tolist()
    back = np.full(8 * len(out), -1, np.int32)
    k = bits.unpack_bits(out, back)
    assert back[:k].tolist() == sorted(lines) == naive.unpack_bits(out)
    assert (back[k:] == -1).all()


def test_every_byte_unpacks():
    out = np.empty(16, np.int32)
    for byte in range(256):
        n = bits.unpack_bits(np.array([0, byte], np.uint8), out)
        assert out[:n].tolist() == [8 + k for k in range(8) if byte >> k & 1]
