"""What is done to devices beside a fixed reference before training: they are led to their symmetry point, and away from
it by some pulses.

At the symmetry point a potentiation and a depression pulse move a device alike, so pulses up and down in turn lead to
it from anywhere ("zero shifting": Kim et al., arXiv 1907.10228).
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..device.law import depress, potentiate
from .table import at_clock, layer_of, pulse


@jit
def shift(array, geometry, layer, pulses, rows, cols):
    """Pulse all pairs of a layer up and down in turn, up first.

    Parameters
    ----------
    array : of pairs beside a fixed reference, updated
    pulses : int
        Each is event number 0, 1, ... of iteration 0, which no update of training is.
    rows, cols : (n,) int32
        All lines of the layer: 0, 1, ...
    """
    own, none = layer_of(array, geometry, layer), np.int64(0)
    n, m = np.int64(rows.shape[0]), np.int64(cols.shape[0])
    for k in range(pulses):
        at_clock(own, 0, k)
        if k % 2 == 0:
            pulse(own, rows, n, cols, m, cols, none)
        else:
            pulse(own, rows, n, cols, none, cols, m)


@jit
def lead_away(g, pulses, d):
    """Move devices by so many pulses of the nominal law, up (> 0) or down (< 0): `g`, (rows, cols) float32, S, is
    updated; `pulses` is (rows, cols) int64.
    """
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            for _ in range(abs(pulses[i, j])):
                g[i, j] = potentiate(g[i, j], d) if pulses[i, j] > 0 else depress(g[i, j], d)
