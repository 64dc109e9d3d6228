"""Arrays with wires in training: layouts, tiles, twins."""

from __future__ import annotations

import numpy as np
from xbarsim.kernels.circuit import tiles as kernel

from xbarsim.describe.array import ROUTINGS
from xbarsim.learn.sign import SignState

from ... import naive
from ..test_batch import check_events
from ..test_train import check_log, check_states, data, layout_of, scales_of, states_of, train_library

ALL = list(ROUTINGS)
TILES = [
    {},
    {"tile_rows": 3, "tile_columns": 4},
    {"tile_rows": 5, "tile_columns": 3},
    {"tile_rows": 1},
    {"tile_columns": 1},
]
CODES = {"split-both": kernel.SPLIT_BOTH, "split-source": kernel.SPLIT_SOURCE, "split-drain": kernel.SPLIT_DRAIN}


def wired_layout(engine="auto", **kw):
    values = {
        "layers": (6, 5, 3),
        "n_max": 9,
        "wire_resistance": 1000.0,
        "wire_resistance_s": 400.0,
        "driver_resistance": 700.0,
    }
    return layout_of(engine, values | kw)


def fresh(layout):
    state = SignState(layout)
    state.initialise()
    return state


def twin_of(state):
    return naive.RealNetwork(state.layout, states_of(state), scales_of(state))


def tiles_of(board):
    """[(g, cd, cs)] of every tile, copied."""
    return [
        tuple(kernel.tile_of(flat, board, t).copy() for flat in (board.g, board.cd, board.cs))
        for t in range(len(board.offset))
    ]


def wiring_of(layout):
    w = layout.wires
    return layout.array.routing, w.tile_rows, w.tile_columns, naive.Wire.of(w)


def compare(layout, samples, dtype=np.uint8, closest=1e-5):
    """Train the library and the twin; returns (state, twin, log, curves)."""
    state = fresh(layout)
    twin = twin_of(state)
    x, y = data(samples, layout.network.layers, dtype)
    log, curves = train_library(state, x, y, blocks=(1, 7, 4))
    if layout.run.batch == 1:
        records = naive.train_block(twin, x, y.tolist())
        check_log(log, records, state)
    else:
        records = naive.train_batches(twin, x, y.tolist(), layout.run.batch, layout.pulses.batch_rule)
        check_events(log, records, layout.pulses.batch_rule)
    assert twin.closest > closest, "a comparator is so near its threshold that rounding decides: take another seed"
    check_states(state, twin.arrays)
    for name in ("pulses", "resets", "wrong"):
        assert curves[name] == [getattr(r, name) for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-4)
    return state, twin, log, curves
