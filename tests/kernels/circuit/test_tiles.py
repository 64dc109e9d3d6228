"""Tiles of arrays with wires: they follow the pulses."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.circuit import tiles as kernel
from xbarsim.kernels.pair import weight

from xbarsim.arrays.board import board_of

from ... import naive
from ..states import conduct, layer_of
from ..test_train import data, train_library
from .wirings import ALL, CODES, TILES, fresh, tiles_of, twin_of, wired_layout, wiring_of

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("tiles", TILES, ids=str)
@pytest.mark.parametrize("routing", ALL)
def test_tiles_equal_the_twin(routing, tiles):
    for engine, kw in (
        ("ladder", {}),
        ("analog", {}),
        ("ladder", {"sigma": 0.5}),
        ("analog", {"sigma": 0.5, "method": "a"}),
    ):
        layout = wired_layout(engine, routing=routing, **tiles, **kw)
        state = fresh(layout)
        board, arrays = state.circuit.board, twin_of(state).arrays
        want = naive.refresh_all(arrays, *wiring_of(layout))
        got = tiles_of(board)
        assert len(got) == len(want) == board.first[-1]
        per_layer = [len(naive.tiles_of(array, *wiring_of(layout)[:3])) for array in arrays]
        assert np.diff(board.first).tolist() == per_layer
        for t, ((g, cd, cs), (g_twin, cd_twin, cs_twin)) in enumerate(zip(got, want, strict=True)):
            np.testing.assert_array_equal(g, g_twin)
            np.testing.assert_allclose(cd, cd_twin, rtol=1e-6)
            np.testing.assert_allclose(cs, cs_twin, rtol=1e-6)
            rho = naive.coupling(g.astype(float).mean(), *g.shape, naive.Wire.of(layout.wires))
            assert board.rho[t] == pytest.approx(rho, rel=1e-9)
        # No two tiles share a cell of the flat buffers, and none is left.
        assert sum(g.size for g, _, _ in got) == board.g.size == board.u.size == board.s.size
        for t in range(len(got)):
            kernel.tile_of(board.u, board, t)[:] = t
        for t in range(len(got)):
            assert (kernel.tile_of(board.u, board, t) == t).all()


def test_owners_of_lines():
    for line in range(6):
        for routing in ALL:
            for split in ("split-source", "split-drain"):
                got = kernel.owner(line, CODES[routing], CODES[split])
                assert tuple(got) == naive.owner(line, routing, split)


def test_what_a_device_conducts_equals_the_twin():
    for engine, kw in (("ladder", {}), ("analog", {}), ("ladder", {"sigma": 0.5}), ("analog", {"sigma": 0.5})):
        state = fresh(wired_layout(engine, **kw))
        array = twin_of(state).arrays[0]
        for i in range(7):
            for j in range(5):
                for side in (0, 1):
                    got = conduct(layer_of(state, 0), i, j, side)
                    assert got == naive.conducted(array, i, j, side)
                    if engine == "analog":
                        assert got == weight.conducted(state.layer(0), i, j, side)


@pytest.mark.parametrize(
    ("engine", "kw"),
    [
        ("ladder", {"method": "b"}),
        pytest.param("analog", {"method": "c", "tile_rows": 3, "tile_columns": 3}, marks=pytest.mark.compiles),
        pytest.param("ladder", {"method": "b", "sigma": 0.5, "double_sided": True}, marks=pytest.mark.compiles),
        pytest.param("analog", {"method": "a", "sigma": 0.5, "tile_columns": 1}, marks=pytest.mark.compiles),
        pytest.param("ladder", {"method": "a", "batch": 3, "batch_rule": "lines"}, marks=pytest.mark.compiles),
        pytest.param("ladder", {"batch": 3, "batch_rule": "deferred", "tile_rows": 2}, marks=pytest.mark.compiles),
        pytest.param("ladder", {"batch": 4, "batch_rule": "signs"}, marks=pytest.mark.compiles),
        pytest.param("analog", {"batch": 4, "batch_rule": "products", "method": "c"}, marks=pytest.mark.compiles),
        pytest.param("ladder", {"layers": (9, 17, 5, 3), "tile_columns": 5}, marks=pytest.mark.jit),
    ],
    ids=str,
)
@pytest.mark.parametrize("routing", ALL)
def test_tiles_follow_the_pulses(engine, kw, routing):
    """What is brought up to date event by event is what a new start would give, to the last bit."""
    layout = wired_layout(engine, routing=routing, output_dead_zone=0.3, hidden_dead_zone=0.1, **kw)
    state = fresh(layout)
    x, y = data(24, layout.network.layers, np.uint8)
    start = [g.copy() for g, _, _ in tiles_of(state.circuit.board)]
    pulsed = 0
    for part in (slice(0, 4), slice(4, 12), slice(12, 24)):
        log, _ = train_library(state, x[part], y[part], (2, 1))
        pulsed += sum(map(len, log))
        assert not state._board_stale
        kept, rho = tiles_of(state._board), state._board.rho.copy()
        other = board_of(layout, state.geometry)
        kernel.refresh_all(state.geometry, state.array, other)
        for one, two in zip(kept, tiles_of(other), strict=True):
            for a, b in zip(one, two, strict=True):
                np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(rho, other.rho)
    assert pulsed > 3
    assert sum((a != b[0]).any() for a, b in zip(start, kept, strict=True)) > 1


def test_only_crossings_of_changed_lines_are_refreshed():
    layout = wired_layout("analog", routing="split-source", tile_rows=3, tile_columns=5)
    state = fresh(layout)
    board = state.circuit.board
    before = [g for g, _, _ in tiles_of(board)]
    state.pairs.g_plus[:] *= 2
    rows, cols = np.zeros(7, bool), np.zeros(5, bool)
    rows[[1, 5]], cols[2] = True, True
    kernel.refresh_tiles(0, rows, cols, layer_of(state, 0), board)
    for t, old in enumerate(before):
        new = kernel.tile_of(board.g, board, t)
        for r, c in np.ndindex(old.shape):
            i, j, minus = board.row0[t] + r, (board.col0[t] + c) // 2, (board.col0[t] + c) % 2
            changed = t < board.first[1] and rows[i] and cols[j] and not minus
            assert new[r, c] == (2 * old[r, c] if changed else old[r, c])


def test_replay_and_new_states_are_noticed():
    layout = wired_layout()
    state, other = fresh(layout), fresh(layout)
    assert state.circuit.board is state._board
    assert other.circuit.board is other._board
    log, _ = train_library(state, *data(10, (6, 5, 3), np.uint8), (10,))
    for k, events in enumerate(log):
        other.replay(k, *(np.array([event[f] for event in events]) for f in range(4)))
    for a, b in zip(tiles_of(state.circuit.board), tiles_of(other.circuit.board), strict=True):
        np.testing.assert_equal(a, b)
    state.set_nominal(0, *fresh(layout).nominal(0))
    first = state._board.first[1]
    want = tiles_of(fresh(layout).circuit.board)[:first]
    np.testing.assert_equal(tiles_of(state.circuit.board)[:first], want)
