"""W = G+ - G- of one pair as its two devices conduct, in the one place that says so."""

from __future__ import annotations

import numpy as np

from ..base._jit import inlined, jit
from .lasting import settle_columns, settle_pair


@inlined
def weight(g_plus, g_minus, x_plus, x_minus, y_plus, y_minus):
    """W of a pair, float32, S: devices of nominal conductance g conduct x g + y.

    Parameters
    ----------
    g_plus, g_minus : float32, S
    x_plus, x_minus : float32
    y_plus, y_minus : float32, S
    """
    return (x_plus * g_plus + y_plus) - (x_minus * g_minus + y_minus)


@jit
def conducted(pairs, i, j, side):
    """What a device conducts, float32, S; `side` 0: G+, 1: G-."""
    if side:
        return pairs.x_minus[j, i] * pairs.g_minus[j, i] + pairs.y_minus[j, i]
    return pairs.x_plus[j, i] * pairs.g_plus[j, i] + pairs.y_plus[j, i]


@jit
def weigh_pair(pairs, i, j):
    """Bring W of one pair up to its conductances, and these to what was written."""
    settle_pair(pairs.scatter, pairs, i, j, True, True)
    pairs.w[i, j] = conducted(pairs, i, j, 0) - conducted(pairs, i, j, 1)


@jit
def weigh_columns(lines, n_lines, up, n_up, down, n_down, pairs, windows):
    """Bring W of every pair where a firing row meets a firing column up to its conductances, and these to what was
    written.

    Parameters
    ----------
    lines, up, down : int32
        The first `n_lines`, `n_up`, `n_down` entries.
    pairs : Pairs of one layer, updated
    windows : int
        0: no device has a window of its own, so that scales and offsets need not be read.
    """
    settle_columns(pairs.scatter, pairs, lines, n_lines, up, n_up)
    settle_columns(pairs.scatter, pairs, lines, n_lines, down, n_down)
    one, zero = np.float32(1.0), np.float32(0.0)
    for u in range(n_up + n_down):
        j = up[u] if u < n_up else down[u - n_up]
        g_plus, g_minus, column = pairs.g_plus[j], pairs.g_minus[j], pairs.w[:, j]
        if windows == 0:
            for q in range(n_lines):
                i = np.uint64(lines[q])
                column[i] = weight(g_plus[i], g_minus[i], one, one, zero, zero)
            continue
        x_plus, x_minus, y_plus, y_minus = pairs.x_plus[j], pairs.x_minus[j], pairs.y_plus[j], pairs.y_minus[j]
        for q in range(n_lines):
            i = np.uint64(lines[q])
            column[i] = weight(g_plus[i], g_minus[i], x_plus[i], x_minus[i], y_plus[i], y_minus[i])
