"""W = G+ - G- of one pair as its two devices conduct, in the one place that says so."""

from __future__ import annotations

from ..base._jit import inlined, jit


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
    """Bring W of one pair up to its conductances."""
    pairs.w[i, j] = conducted(pairs, i, j, 0) - conducted(pairs, i, j, 1)
