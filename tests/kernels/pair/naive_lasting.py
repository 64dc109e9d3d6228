"""Twins of devices with noise of writing; see `tests/naive.py`.

What such a device conducts is looked up whenever it is asked for, from how often it was written.
"""

from __future__ import annotations

import math

from ..base.naive import F, single
from ..base.naive_noise import random_bits
from ..base.naive_quick import quick_normal, trait_stream
from .naive_scatter import ScatterArray

LASTING = 17


def written_offset(array, i, j, side, count):
    """What the device conducts more than its state says, after so many pulses and resets."""
    bits = random_bits(array.seed, trait_stream(array.layer, side, LASTING), count, i + 2**16 * array.draw, j)
    z = quick_normal(0, bits // 2**32, bits % 2**32)
    return single(array.own[side][i][j] + array.sigma * z)


def settled(array, i, j, side):
    """The same, of a device that may be stuck, worn out, or a reference, and conducts nothing less than 0."""
    name = ("plus", "minus")[side]
    if (array.stuck and array.stuck[side][i][j]) or (side and array.reference):
        return array.own[side][i][j]
    count = getattr(array, f"pulses_{name}")[i][j] + getattr(array, f"resets_{name}")[i][j]
    if array.life and array.failure != "closing":
        count = min(count, math.ceil(array.life[side][i][j]))
    offset = written_offset(array, i, j, side, count)
    least = -F(getattr(array, f"x_{name}")[i][j]) * F(getattr(array, name)[i][j])
    return max(offset, float(least))


class WrittenArray(ScatterArray):
    """An array whose devices conduct what the last write left."""

    def __init__(self, *args, sigma, reference, draw=0, **more):
        self.own, self.sigma, self.reference, self.draw = [None, None], sigma, reference, draw
        super().__init__(*args, **more)

    def offsets(self, side):
        rows, cols = self.shape
        return [[settled(self, i, j, side) for j in range(cols)] for i in range(rows)]

    @property
    def y_plus(self):
        return self.offsets(0)

    @y_plus.setter
    def y_plus(self, values):
        self.own[0] = values

    @property
    def y_minus(self):
        return self.offsets(1)

    @y_minus.setter
    def y_minus(self, values):
        self.own[1] = values


def layer_lasting(arrays, layer):
    return arrays[layer]


def settle_pair(array, i, j):
    """(y of G+, of G-)."""
    return settled(array, i, j, 0), settled(array, i, j, 1)


def settle_columns(array, rows, columns):
    """By (row, column)."""
    return {(i, j): settle_pair(array, i, j) for i in rows for j in columns}


def settle_all(array):
    rows, cols = array.shape
    return settle_columns(array, range(rows), range(cols))


def draw_first(array):
    rows, cols = array.shape
    return [[[written_offset(array, i, j, side, 0) for j in range(cols)] for i in range(rows)] for side in (0, 1)]
