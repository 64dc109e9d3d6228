"""Twins of the pulse generator of rule `sign`; see `tests/naive.py`."""

from __future__ import annotations

import numpy as np


def select_columns(delta, dead_zone):
    """Returns (columns that raise W, columns that lower it)."""
    up = [j for j, x in enumerate(delta) if x < 0 and abs(x) > dead_zone]
    down = [j for j, x in enumerate(delta) if x > 0 and abs(x) > dead_zone]
    return up, down


def select_rows(volts, threshold):
    return [i for i, v in enumerate(volts) if v > threshold]


def pack_bits(lines, n_bytes):
    fires = np.zeros(8 * n_bytes, bool)
    for line in lines:
        fires[line] = True
    return np.packbits(fires, bitorder="little")


def unpack_bits(packed):
    return [int(i) for i in np.flatnonzero(np.unpackbits(packed, bitorder="little"))]
