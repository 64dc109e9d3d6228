"""Where the layers of a network lie in flat buffers, and buffers for what happens to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..base import machine
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..kernels.base.buffers import NOWHERE, Curves, Events, Geometry
from ..kernels.base.mapped import MAX_POOL, MEAN_POOL, NO_POOL, Mapped
from .mapped import is_max, pooled_of, rows_of

_LINE = 16  # float32 per 64-byte cache line


def geometry_of(layout: Layout, copies: int = 1, *, apart: bool = False) -> Geometry:
    """Where each layer's array lies in the flat buffers; of `copies` arrays per layer, these follow one another, or,
    `apart`, the first of all layers come before the second ones.

    All layers follow one another, each row padded to whole cache lines, so that one compiled kernel serves any number
    of layers.
    """
    arrays = layout.network.arrays
    bias = int(layout.array.bias)
    spread = np.tile if apart else np.repeat
    rows = spread([a.inputs + bias for a in arrays], copies).astype(np.int64)
    cols = spread([a.outputs for a in arrays], copies).astype(np.int64)
    stride = -(-cols // _LINE) * _LINE
    offset = np.concatenate([[0], np.cumsum(rows * stride)[:-1]]).astype(np.int64)
    offset_t = np.concatenate([[0], np.cumsum(rows * cols)[:-1]]).astype(np.int64)
    return Geometry(rows, cols, stride, offset, offset_t, np.full(len(rows), bias, np.int64))


def paths_of(layout: Layout) -> Geometry | Mapped:
    """Where each layer's array lies, and, if there are maps, where it is read."""
    geometry, network = geometry_of(layout), layout.network
    if not network.mapped:
        return geometry
    arrays = network.arrays
    places, members, pools = [], [], []
    for array in arrays:
        n = array.source.size  # where places beside the map lead
        rows = rows_of(array)
        places.append(np.where(rows < 0, n, rows).ravel())
        pools.append((MAX_POOL if is_max(array) else MEAN_POOL) if array.pools else NO_POOL)
        found = pooled_of(array.pools, array.given)[0] if array.pools else np.zeros((n, 0), np.int64)
        members.append(np.where(found < 0, array.given.size, found))
    given = np.array([a.given.size for a in arrays], np.int64)
    source = np.array([a.source.size for a in arrays], np.int64)
    pool = np.array(pools, np.int64)
    room = given + 1 + np.where(pool != NO_POOL, source + 1, 0)
    given_at = _begins(room)
    positions = np.array([a.positions for a in arrays], np.int64)
    return Mapped(
        *geometry,
        positions,
        _begins([len(p) for p in places]),
        np.concatenate(places).astype(np.int32),
        _begins(positions),
        _begins(positions * geometry.rows),
        _begins(positions * geometry.cols),
        given_at,
        given,
        np.where(pool != NO_POOL, given_at + given + 1, given_at),
        source,
        pool,
        np.array([m.shape[1] for m in members], np.int64),
        _begins([m.size for m in members]),
        np.concatenate([m.ravel() for m in members]).astype(np.int32),
        _begins(np.where(pool != NO_POOL, source, 0)),
    )


def _begins(sizes: Sequence[int] | np.ndarray) -> np.ndarray:
    """Where each of some parts begins that follow one another."""
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)


def new_buffers(
    geometry: Geometry | Mapped, iterations: int, events: int, *, placed: bool = False
) -> tuple[Events, Curves]:
    """Curve buffers for so many iterations, and event buffers for so many events per layer, with their places if
    `placed`.
    """
    g, layers = geometry, len(geometry.rows)
    row_bytes, col_bytes = (int(g.rows.max()) + 7) // 8, (int(g.cols.max()) + 7) // 8
    log = Events(
        np.zeros(layers, np.int64),
        np.zeros((layers, events), np.int64),
        np.zeros((layers, events, row_bytes), np.uint8),
        np.zeros((layers, events, col_bytes), np.uint8),
        np.zeros((layers, events, col_bytes), np.uint8),
        np.zeros((layers, events if placed else 0), np.uint32),
        np.full(1, NOWHERE, np.uint32),
    )
    n = iterations
    curves = Curves(np.zeros(n, np.float32), np.zeros(n, np.uint16), np.zeros(n, np.int64), np.zeros(n, np.int64))
    return log, curves


def check_memory(layout: Layout, needed: int) -> None:
    """Refuse layers that cannot fit: the system would hand out the memory and kill the process later."""
    there = machine.memory()
    if there is not None and needed > 0.8 * there:
        raise LayoutError(
            f"network.layers: expected arrays that fit into {there / 2**30:.1f} GiB of memory, "
            f"got {layout.network.named} which needs {needed / 2**30:.1f} GiB; "
            "make the layers smaller"
        )
