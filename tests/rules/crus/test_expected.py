"""What an event will do to a pair is known before it comes; rates that fall."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base.buffers import make_lists
from xbarsim.kernels.rules.crus import pairs, rivals, sensed
from xbarsim.kernels.rules.crus.rule import USE_EVENT
from xbarsim.kernels.way.room import hardware_room_of, make_hardware_room

from xbarsim.learn.table import state_of

from ... import naive
from ...kernels.states import layer_of
from . import naive_loop
from .test_crus import RUNS, layout


def sensed_network(**kw):
    """A state whose pairs were sensed at the start, if they ever are, and its twin."""
    state = state_of(layout(**kw, un_window=0, initial_high=1.0))
    state.initialise()
    twin = naive.CrusNetwork(state.layout, [state.conductance(k) for k in range(2)])
    for k in range(2):
        whole = (0, state.shape(k)[0]), (0, state.shape(k)[1])
        sensed.begin(state.rule, layer_of(state, k), state.geometry, k, 0, *whole)
    if kw.get("baseline") == "refresh":  # which comes after
        for k in range(2):
            naive.sense_pairs(twin, k, 0)
    else:
        naive.begin(twin, 0)
    return state, twin


@pytest.mark.parametrize("kw", RUNS, ids=str)
def test_what_an_event_will_do_equals_the_twin(kw):
    state, twin = sensed_network(**kw)
    at, number, answers = 4, 2, set()
    for k in range(2):
        rows, cols = state.shape(k)
        codes, scheme = state.layer_codes(k), state.scheme
        key = naive.event_keys(state.layout.run.seed, k, USE_EVENT, at, number)[2]
        for i, j, raising in np.ndindex(rows, cols, 2):
            raising = bool(raising)
            if "baseline" in kw:
                got = rivals.expect_sensed(i, j, raising, codes, scheme, state.device)
                want = naive.expect_sensed(twin, k, i, j, raising)
            else:
                got = pairs.expect_crossing(i, j, raising, np.uint64(key), codes, scheme)
                want = naive.expect_crossing(twin, k, key, i, j, raising)
            assert got == want
            answers.add(want)
    assert len(answers) > 1
    np.testing.assert_array_equal(
        state.conductance(0), np.array([twin.arrays[0].plus, twin.arrays[0].minus], np.float32)
    )


@pytest.mark.parametrize("kw", [{}, {"crus_decay": 1.5, "crus_output_rate": 0.05}], ids=str)
def test_rates_and_rows_equal_the_twin(kw):
    state, twin = sensed_network(**kw)
    room = hardware_room_of(make_hardware_room(state.geometry, 1), 0)
    rng, lists = np.random.default_rng(0), make_lists(20)
    for now in (0, 7, 59, 1000):
        twin.now = now
        for k in range(2):
            assert sensed.rate_of(state.scheme, k, now) == pytest.approx(naive.rate_of(twin, k), rel=1e-14)
            rows = state.shape(k)[0]
            volts = (rng.random(rows) * (rng.random(rows) < 0.7) * 0.1).astype(np.float32)
            lines = np.flatnonzero(volts)
            room.lines[k, : len(lines)], room.volts[k, : len(lines)] = lines, volts[lines]
            room.n_lines[k] = len(lines)
            n = sensed.pick_rows(state.rule, k, now, 3, state.geometry, room, lists)
            key = naive.event_keys(state.layout.run.seed, k, USE_EVENT, now + 1, 3)[0]
            assert lists.firing[:n].tolist() == naive_loop.pick_rows(key, volts, twin.v_read)
