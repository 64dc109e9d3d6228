"""One device per weight beside a fixed reference: raising W is one potentiation pulse on G+, lowering W one depression
pulse on G+, and G- is never pulsed.

So nothing is mirrored: the two polarities act on one device, whose two laws are what raises and what lowers W. At a
rail a pulse is issued, and counted, and moves nothing. Cells of this kind are what Gokmen and Vlasov, Front. Neurosci.
10, 333 (2016), and all that follows from it, take for a weight: w = (G+ - G-) / U with U half of the range. That one
device of a pair may be fixed with the sign rule, too, is in Quinonez et al., arXiv 2511.03858.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import allocates, inlined, jit
from ..device.law import Device, depress, potentiate
from .pairs import Pairs, layer_pairs
from .weight import conducted, weigh_columns, weight


class Single(NamedTuple):
    """Pairs of nominal devices, with windows of their own or without, of which only G+ is pulsed; of all layers flat,
    or of one.
    """

    w: np.ndarray  # (rows, stride) float32, S: `Pairs.w`
    pairs: Pairs
    device: Device
    windows: int  # 1: devices conduct x g + y


@inlined
def _ends(table, alpha, beta):
    """(whether a law is linear in G, its step at Gmin, that at Gmax): one that is constant, or a table of two."""
    if table is None:
        return beta == 0.0, alpha, alpha
    return table.shape[0] == 2, table[0], table[-1]


@jit
def _pulse_linear(lines, n_lines, j, pairs, first, last, raising, d, windows, scratch):
    """Pulse one column's devices, whose step is linear in G: what `potentiate` or `depress` gives, to the last bit.

    Gathered, moved without a branch, several at a time, and put back; W follows, if no device has a window of its own.
    """
    g, g_minus, pulses, column = pairs.g_plus[j], pairs.g_minus[j], pairs.pulses_plus[j], pairs.w[:, j]
    one, zero = np.float32(1.0), np.float32(0.0)
    a, gain, span = scratch, last - first, d.g_max - d.g_min
    for q in range(n_lines):
        a[q] = g[np.uint64(lines[q])]
    if raising:
        top, rail = d.g_max - d.snap_p, d.g_max
        for q in range(n_lines):
            s = min(max((np.float64(a[q]) - d.g_min) / span, 0.0), 1.0)
            new = np.float64(a[q]) + (first + s * gain)
            a[q] = np.float32(rail if new > top else new)
    else:
        low, rail = d.g_min + d.snap_d, d.g_min
        for q in range(n_lines):
            s = min(max((np.float64(a[q]) - d.g_min) / span, 0.0), 1.0)
            new = np.float64(a[q]) - (first + s * gain)
            a[q] = np.float32(rail if new < low else new)
    for q in range(n_lines):
        i = np.uint64(lines[q])
        g[i] = a[q]
        pulses[i] += 1
        if windows == 0:
            column[i] = weight(a[q], g_minus[i], one, one, zero, zero)


@allocates
def update_single(lines, n_lines, up, n_up, down, n_down, pairs, d, windows):
    """Pulse G+ of every pair where a firing row meets a firing column; returns the pulses issued, and no resets."""
    scratch = np.empty(n_lines, np.float32)
    linear_up, up_first, up_last = _ends(d.up, d.alpha_p, d.beta_p)
    linear_down, down_first, down_last = _ends(d.down, d.alpha_d, d.beta_d)
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        g, pulses = pairs.g_plus[j], pairs.pulses_plus[j]
        if linear_up and linear_down:
            first, last = (up_first, up_last) if raising else (down_first, down_last)
            _pulse_linear(lines, n_lines, j, pairs, first, last, raising, d, windows, scratch)
        elif raising:
            for q in range(n_lines):
                i = np.uint64(lines[q])
                g[i] = potentiate(g[i], d)
                pulses[i] += 1
        else:
            for q in range(n_lines):
                i = np.uint64(lines[q])
                g[i] = depress(g[i], d)
                pulses[i] += 1
    if windows != 0 or not (linear_up and linear_down):
        weigh_columns(lines, n_lines, up, n_up, down, n_down, pairs, windows)
    return n_lines * (n_up + n_down), 0


def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers."""
    pairs = layer_pairs(array.pairs, geometry, layer)
    return Single(pairs.w, pairs, array.device, array.windows)


def pulse(array, firing, n, up, n_up, down, n_down):
    """Pulse every pair where a firing row meets a firing column; see `table.pulse`."""
    return update_single(firing, n, up, n_up, down, n_down, array.pairs, array.device, array.windows)


def conduct(array, i, j, side):
    """What a device conducts, float32, S."""
    return conducted(array.pairs, i, j, side)


def side_of(array, raising):
    """The side whose gate an update pulses: that of G+."""
    return 0
