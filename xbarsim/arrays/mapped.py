"""Where the arrays of a network with maps are read: tables of places, for kernels and for NumPy.

A map is flat: row by row, channels last. A place is a number in it, or -1 for a zero around it.
"""

from __future__ import annotations

import numpy as np

from ..describe.maps import MAX, ArrayShape, Map, Pool, Window
from ..describe.network import Network


def places_of(window: Window, source: Map) -> np.ndarray:
    """(positions, height * width) int64: the pixels, row * width + column, that a window covers; -1 beside the map."""
    down, right = window.over(source)
    top = np.arange(down)[:, None] * window.stride + np.arange(window.height) - window.padding
    left = np.arange(right)[:, None] * window.stride + np.arange(window.width) - window.padding
    y = np.broadcast_to(top[:, None, :, None], (down, right, window.height, window.width))
    x = np.broadcast_to(left[None, :, None, :], (down, right, window.height, window.width))
    inside = (y >= 0) & (y < source.height) & (x >= 0) & (x < source.width)
    return np.where(inside, y * source.width + x, -1).reshape(down * right, -1)


def rows_of(array: ArrayShape) -> np.ndarray:
    """(positions, rows) int64: the place in its source that each row, but the bias row, is driven from."""
    channels, source = array.source.channels, array.source
    if array.window is None:
        return np.arange(source.size)[None, :]
    pixels = places_of(array.window, source)[:, :, None]
    return np.where(pixels < 0, -1, pixels * channels + np.arange(channels)).reshape(len(pixels), -1)


def pooled_of(pools: tuple[Pool, ...], given: Map) -> tuple[np.ndarray, Map]:
    """(places, window) int64: for each number behind some pools, the numbers before all of them that it is made of; and
    the map that they make.

    The largest of largest ones is the largest of all; so it is with means, where windows are full.
    """
    found, now = np.arange(given.size)[:, None], given
    for pool in pools:
        pixels = places_of(pool.window, now)[:, None, :]
        one = np.where(pixels < 0, -1, pixels * now.channels + np.arange(now.channels)[None, :, None])
        one = one.reshape(-1, one.shape[-1])
        wider = np.where(one[:, :, None] < 0, -1, found[one])
        found, now = wider.reshape(len(one), -1), pool.into
    return found, now


def is_max(array: ArrayShape) -> bool:
    """Whether the pools before an array take the largest."""
    return bool(array.pools) and array.pools[0].kind == MAX


class Maps:
    """The way of numbers between the arrays of a network, in NumPy: for what is no hot loop.

    Examples
    --------
    >>> maps = Maps(Network(layers=("4x4x1", "conv3x1", "pool2", 2)))
    >>> x = np.arange(16.0)[None]
    >>> maps.read(0, x).shape, maps.read(0, x)[0, 3].tolist()
    ((1, 4, 9), [5.0, 6.0, 7.0, 9.0, 10.0, 11.0, 13.0, 14.0, 15.0])
    >>> maps.read(1, np.arange(4.0)[None]).tolist()
    [[[3.0]]]
    """

    def __init__(self, network: Network) -> None:
        self._arrays = network.arrays
        self._rows = [rows_of(a) for a in network.arrays]
        self._pools = [pooled_of(a.pools, a.given)[0] if a.pools else None for a in network.arrays]

    def read(self, k: int, x: np.ndarray) -> np.ndarray:
        """What the rows of array `k` are driven with: (samples, positions, rows) of the numbers before its pools."""
        if (pools := self._pools[k]) is not None:
            x = self._pooled(k, x, pools)
        return _padded(x, 0.0)[:, self._rows[k]]

    def back(self, k: int, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """What comes back to the numbers before the pools of array `k`, which are `x`, of what is read of its rows,
        (samples, positions, rows).
        """
        pools = self._pools[k]
        behind = x if pools is None else self._pooled(k, x, pools)
        total = np.zeros((behind.shape[1] + 1, len(x)), rows.dtype)
        for p, places in enumerate(self._rows[k]):
            np.add.at(total, places, rows[:, p].T)
        total = total[:-1]
        if pools is None:
            return total.T
        found = np.zeros((x.shape[1] + 1, len(x)), rows.dtype)
        if is_max(self._arrays[k]):
            best = _padded(x, -np.inf)[:, pools].argmax(axis=2)
            for sample, places in enumerate(pools[np.arange(len(pools)), best]):
                np.add.at(found[:, sample], places, total[:, sample])
        else:
            for w in range(pools.shape[1]):
                np.add.at(found, pools[:, w], total / pools.shape[1])
        return found[:-1].T

    def _pooled(self, k: int, x: np.ndarray, pools: np.ndarray) -> np.ndarray:
        if is_max(self._arrays[k]):
            largest: np.ndarray = _padded(x, -np.inf)[:, pools].max(axis=2)
            return largest
        mean: np.ndarray = _padded(x, 0.0)[:, pools].mean(axis=2)
        return mean


def _padded(x: np.ndarray, value: float) -> np.ndarray:
    """`x` with one more number at its end, which is what place -1 means."""
    return np.concatenate([x, np.full((len(x), 1), value, x.dtype)], axis=1)
