"""The pulse generator: which rows and which columns fire, and with which sign; and how a firing is packed into bits."""

from __future__ import annotations

import numpy as np

from ..base._jit import jit


@jit
def select_columns(delta, n, dead_zone, up, down):
    """Comparators with a dead zone: columns that raise W (delta < -dead_zone) and that lower it (delta > dead_zone).

    Parameters
    ----------
    delta : (>= n,) float32
    dead_zone : float32
    up, down : (>= n,) int32, updated

    Returns
    -------
    n_up, n_down : int

    Notes
    -----
    Lim et al. (2019) update where sgn(delta) is not 0; a floating-point softmax error never is 0, so the comparator needs a dead zone.
    """
    n_up, n_down = 0, 0
    for j in range(n):
        if delta[j] < -dead_zone:
            up[n_up] = j
            n_up += 1
        elif delta[j] > dead_zone:
            down[n_down] = j
            n_down += 1
    return n_up, n_down


@jit
def select_rows(lines, volts, n_lines, threshold, out):
    """Rows that fire: those driven above `threshold` (float32, V). Returns their number; `out` is int32, updated."""
    n = 0
    for q in range(n_lines):
        if volts[q] > threshold:
            out[n] = lines[q]
            n += 1
    return n


@jit
def pack_bits(lines, n_lines, out):
    """Set bit ``line % 8`` of byte ``line // 8`` for every listed line (NumPy's ``bitorder="little"``).

    Parameters
    ----------
    lines : (>= n_lines,) int32
    out : (bytes,) uint8, updated
    """
    for b in range(out.shape[0]):
        out[b] = np.uint8(0)
    for q in range(n_lines):
        line = lines[q]
        out[line >> 3] |= np.uint8(1 << (line & 7))


@jit
def unpack_bits(packed, out):
    """Lines whose bit is set, ascending; returns their number. `out` is int32, updated."""
    n = 0
    for b in range(packed.shape[0]):
        byte = packed[b]
        if byte:
            for k in range(8):
                if byte & (1 << k):
                    out[n] = 8 * b + k
                    n += 1
    return n
