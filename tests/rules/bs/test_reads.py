"""Reads of bits and signs, and what sense circuits make of digits, against their twins."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base.buffers import make_lists
from xbarsim.kernels.pair.methods import METHOD_C
from xbarsim.kernels.rules.bs import bits, digits, learning, reads_sensed
from xbarsim.kernels.rules.bs.room import make_room, room_of
from xbarsim.kernels.rules.table import new_room

from xbarsim import Layout
from xbarsim.describe.pulses import METHODS
from xbarsim.learn.table import state_of

from ... import naive
from . import naive_reads


def state(**kw):
    found = state_of(Layout.of(layers=(9, 6, 4), rule="bs", bs_digits=2, n_max=8, bs_base=4.0, **kw))
    found.initialise()
    return found


def some(rng, n):
    """Ascending lines, at least one."""
    return np.flatnonzero(np.append(rng.random(n - 1) < 0.5, True)).astype(np.int32)


def test_sums_of_signs_equal_the_twin():
    rng = np.random.default_rng(0)
    for _ in range(40):
        w, gated, columns = (
            rng.normal(size=(8, 16)).astype(np.float32),
            some(rng, 8),
            rng.permutation(6).astype(np.int32),
        )
        up, down = columns[:2], columns[2 : 2 + rng.integers(0, 4)]
        sums = np.full(8, np.nan, np.float32)
        bits.sum_signs(w, up, len(up), down, len(down), gated, len(gated), sums)
        want = naive.sum_signs(w.tolist(), up.tolist(), down.tolist(), gated.tolist())
        assert {i: sums[i] for i in gated.tolist()} == want
        assert np.isnan(np.delete(sums, gated)).all()


@pytest.mark.parametrize(
    "kw", [{"read_noise": 0.1, "gain_sigma": 0.1, "offset_sigma": 0.2}, {"device_noise": 0.05}, {"sense_range": 0.3}]
)
def test_what_sense_circuits_make_of_digits_equals_the_twin(kw):
    own = state(**kw)
    stages, unit, v = naive.Stages(own.layout), own.own.unit, own.own.v_read
    rng, full = np.random.default_rng(1), own.layout.device.span * v
    for array in range(4):
        at, number, driven = 1 + array, 2 * array, 3
        currents, z = rng.normal(size=6) * full, rng.normal(size=6).astype(np.float32)
        gated, first = some(rng, 6), z.tolist()
        tail = at, number, float(unit[array % 2]), v
        want = naive.sense_columns(array, currents, driven, *tail, stages, first)
        reads_sensed.sense_columns(array, currents, 6, driven, at, number, unit[array % 2], v, own.sense, z)
        np.testing.assert_allclose(z, np.array(want), rtol=1e-6)
        z[:] = first
        want = naive.sense_rows(array, currents, gated.tolist(), driven, *tail, stages, first)
        more = at, number, unit[array % 2], v, own.sense
        reads_sensed.sense_rows(array, currents, gated, len(gated), driven, *more, z)
        np.testing.assert_allclose(z, np.array(want), rtol=1e-6)
        assert not np.array_equal(z, np.array(first, np.float32))


def test_lists_of_rows_and_signs_equal_their_twins():
    own, rng = state(), np.random.default_rng(2)
    room, lists = room_of(own.rule, make_room(own.geometry, 1), 0), make_lists(20)
    for _ in range(20):
        fired, columns = some(rng, 10), rng.permutation(6).astype(np.int32)
        room.lines[0, : len(fired)], room.n_lines[0] = fired, len(fired)
        n = learning.pick_rows(own.rule, 0, 3, 0, own.geometry, room, lists)
        assert lists.firing[:n].tolist() == naive_reads.pick_rows(fired.tolist())
        up, down = columns[:2], columns[3:5]
        room.up[0, :2], room.n_up[0], room.down[0, :2], room.n_down[0] = up, 2, down, 2
        volts = np.full(9, 7.0, np.float32)
        reads_sensed.fill_signs(room, 0, 6, 0.1, volts)
        assert volts[:6].tolist() == naive.fill_signs(up.tolist(), down.tolist(), 6, 0.1)
        assert (volts[6:] == 7).all()
        sums = rng.normal(size=10).astype(np.float32)
        want = naive.clear_rows(fired.tolist(), sums.tolist())
        reads_sensed.clear_rows(fired, len(fired), sums)
        assert sums.tolist() == [float(s) for s in want]


def test_working_memory_equals_the_twin():
    own = state()
    for rooms in (make_room(own.geometry, 3), new_room(own.rule, own.geometry, 3)):
        shapes = {name: getattr(rooms, name).shape for name in rooms._fields}
        assert shapes == naive.make_room(own.geometry, 3)


def test_which_ways_read_forward():
    rule = state(bs_reads=3, bs_draws=4).rule
    assert [learning.is_read(rule, k) for k in range(12)] == [naive.is_read(k, 4) for k in range(12)]


@pytest.mark.parametrize("kw", [{"wire_resistance": 1.0}, {"c2c": 0.1, "stuck_anywhere": 0.1}])
def test_a_digit_is_an_array_of_method_c(kw):
    own = state(**kw)
    views = own.layer(0)
    kind, method = naive.array_of(views.scatter is not None)
    array = digits.array_of(views, own.device, own.steps, views.scatter)
    assert (type(array).__name__, array.method) == (kind, METHOD_C)
    assert list(METHODS)[METHOD_C] == method
    assert array.w is views.w
