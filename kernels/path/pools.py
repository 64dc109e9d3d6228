"""Pools between arrays: the largest, or the mean, of some numbers; and errors on their way back."""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..base.mapped import MAX_POOL, NO_POOL


@jit
def pool_up(geometry, layer, b, memory):
    """Make the source of a layer from what is given. Of equal numbers the first is the largest; places beside the map
    do not count among those.
    """
    kind, size, values = geometry.pool[layer], geometry.window[layer], memory.values
    if kind == NO_POOL:
        return
    given, out, beside = (
        values[geometry.given_at[layer] :],
        values[geometry.source_at[layer] :],
        np.uint64(geometry.given[layer]),
    )
    winner = memory.winner[b, geometry.winner_at[layer] :]
    for m in range(geometry.source[layer]):
        member = geometry.member[geometry.window_at[layer] + m * size :]
        if kind == MAX_POOL:
            best, found = np.int64(-1), np.float32(0.0)
            for k in range(size):
                place = np.uint64(member[k])
                if place < beside and (best < 0 or given[place] > found):
                    best, found = np.int64(place), given[place]
            winner[m] = best
            out[m] = found
        else:
            total = np.float32(0.0)
            for k in range(size):
                total += given[np.uint64(member[k])]
            out[m] = total / np.float32(size)


@jit
def open_gates(geometry, layer, b, memory):
    """Derivatives of the neurons below, seen through the pools: ``memory.through``, 0 where nothing comes back."""
    kind, size = geometry.pool[layer], geometry.window[layer]
    w = geometry.winner_at[layer]
    for m in range(geometry.source[layer]):
        if kind == NO_POOL:
            memory.through[m] = memory.slopes[m]
        elif kind == MAX_POOL:
            memory.through[m] = memory.slopes[memory.winner[b, w + m]]
        else:
            some = np.float32(0.0)
            for k in range(size):
                place = geometry.member[geometry.window_at[layer] + m * size + k]
                if place < geometry.given[layer] and memory.slopes[place] != np.float32(0.0):
                    some = np.float32(1.0)
            memory.through[m] = some
    memory.through[geometry.source[layer]] = np.float32(0.0)


@jit
def pool_down(geometry, layer, b, memory):
    """What came back to the source of a layer goes to what was given, ``memory.through``."""
    kind, size = geometry.pool[layer], geometry.window[layer]
    if kind == NO_POOL:
        for m in range(geometry.source[layer]):
            memory.through[m] = memory.back[m]
        return
    for m in range(geometry.given[layer] + 1):
        memory.through[m] = np.float32(0.0)
    w = geometry.winner_at[layer]
    for m in range(geometry.source[layer]):
        if kind == MAX_POOL:
            memory.through[memory.winner[b, w + m]] += memory.back[m]
        else:
            part = memory.back[m] / np.float32(size)
            for k in range(size):
                memory.through[geometry.member[geometry.window_at[layer] + m * size + k]] += part
