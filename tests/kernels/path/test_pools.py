"""Pools, and what is kept of every position, beside their twins."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.batch.kept import samples_of
from xbarsim.kernels.batch.kept_maps import make_kept_maps
from xbarsim.kernels.batch.signs import Signs
from xbarsim.kernels.path import memory as memories
from xbarsim.kernels.path.pools import open_gates, pool_down, pool_up
from xbarsim.kernels.path.table import new_memory
from xbarsim.kernels.way.room import hardware_room_of, make_hardware_room

from xbarsim import Layout
from xbarsim.arrays.geometry import paths_of

from . import naive_kernels as naive


@pytest.mark.parametrize("pool", ["pool2", "pool3s2p1", "mean2", "mean3s1p1"])
def test_pools_go_up_and_down(pool):
    layout = Layout.of(layers=("6x5x2", "conv1x2", pool, 3))
    geometry = paths_of(layout)
    memory, kind, layer = new_memory(geometry, 1), "max" if pool.startswith("pool") else "mean", 1
    n, m, size = int(geometry.given[1]), int(geometry.source[1]), int(geometry.window[1])
    members = [
        [None if p == n else int(p) for p in geometry.member[geometry.window_at[1] + q * size :][:size]]
        for q in range(m)
    ]
    rng = np.random.default_rng(3)
    given = np.round(rng.random(n), 1).astype(np.float32)  # some are equal
    memory.values[geometry.given_at[1] : geometry.given_at[1] + n] = given
    pool_up(geometry, layer, 0, memory)
    numbers, winners = naive.pool_up(given.tolist(), members, kind)
    source = memory.values[geometry.source_at[1] : geometry.source_at[1] + m]
    np.testing.assert_allclose(source, numbers, rtol=1e-6)
    slopes = (rng.random(n) * (rng.random(n) < 0.5)).astype(np.float32)
    memory.slopes[:n] = slopes
    open_gates(geometry, layer, 0, memory)
    np.testing.assert_array_equal(memory.through[:m], np.float32(naive.open_gates(slopes, members, winners, kind)))
    back = rng.standard_normal(m).astype(np.float32)
    memory.back[:m] = back
    pool_down(geometry, layer, 0, memory)
    np.testing.assert_allclose(
        memory.through[:n], naive.pool_down(back, members, winners, kind, n), rtol=1e-5, atol=1e-6
    )


def test_what_is_kept_of_a_position_comes_back():
    geometry = paths_of(Layout.of(layers=("4x4x1", "conv3x2", 3)))
    layers = list(zip(geometry.positions.tolist(), geometry.rows.tolist(), geometry.cols.tolist(), strict=True))
    memory, twin = new_memory(geometry, 2), {}
    for sample, (lines, positions, outs) in enumerate(naive.new_memory(layers, 2)):
        assert (memory.lines[sample].size, memory.n_lines[sample].size, memory.currents[sample].size) == (
            lines, positions, outs,
        )  # fmt: skip
    room, rng = hardware_room_of(make_hardware_room(geometry, 1), 0), np.random.default_rng(1)
    places = [(layer, p, b) for layer in (0, 1) for p in range(layers[layer][0]) for b in (0, 1)]
    for place in places:
        n = int(rng.integers(0, layers[place[0]][1] + 1))
        driven = list(zip(range(n), np.float32(rng.random(n)).tolist(), strict=True))
        room.n_lines[place[0]] = n
        for q, (line, volt) in enumerate(driven):
            room.lines[place[0], q], room.volts[place[0], q] = line, volt
        room.currents[place[0], : layers[place[0]][2]] = rng.random(layers[place[0]][2])
        memories.save_inputs(geometry, *place, room, memory)
        memories.save_currents(geometry, *place, room, memory)
        naive.save_inputs(place, driven, twin)
        naive.save_currents(place, room.currents[place[0], : layers[place[0]][2]].tolist(), twin)
    for place in reversed(places):
        memories.load_inputs(geometry, *place, room, memory)
        memories.load_currents(geometry, *place, room, memory)
        n = int(room.n_lines[place[0]])
        kept = zip(room.lines[place[0], :n].tolist(), room.volts[place[0], :n].tolist(), strict=True)
        assert list(kept) == naive.load_inputs(place, twin)
        assert room.currents[place[0], : layers[place[0]][2]].tolist() == naive.load_currents(place, twin)


def test_room_for_the_samples_of_all_positions():
    geometry = paths_of(Layout.of(layers=("4x4x1", "conv3x2", 3)))
    padded = zip(geometry.positions.tolist(), geometry.rows.tolist(), geometry.stride.tolist(), strict=True)
    kept = make_kept_maps(geometry, 5)
    assert (kept.n_rows.size, kept.rows.size) == naive.make_kept_maps(list(padded), 5)
    assert samples_of(Signs(5, 4)) == naive.samples_of({"size": 5, "positions": 4})
