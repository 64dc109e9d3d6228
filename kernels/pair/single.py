"""One device per weight beside a fixed reference: raising W is one potentiation pulse on G+, lowering W one depression
pulse on G+, and G- is never pulsed.

So nothing is mirrored: the two polarities act on one device, whose two laws are what raises and what lowers W. At a
rail a pulse is issued, and counted, and moves nothing. Cells of this kind are what Gokmen and Vlasov, Front. Neurosci.
10, 333 (2016), and all that follows from it, take for a weight: w = (G+ - G-) / U with U half of the range. That one
device of a pair may be fixed with the sign rule, too, is in Liu et al., arXiv 2511.03858.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..device.law import Device, depress, potentiate
from .pairs import Pairs, layer_pairs
from .weight import conducted, weigh_columns


class Single(NamedTuple):
    """Pairs of nominal devices, with windows of their own or without, of which only G+ is pulsed; of all layers flat,
    or of one.
    """

    w: np.ndarray  # (rows, stride) float32, S: `Pairs.w`
    pairs: Pairs
    device: Device
    windows: int  # 1: devices conduct x g + y


@jit
def update_single(lines, n_lines, up, n_up, down, n_down, pairs, d, windows):
    """Pulse G+ of every pair where a firing row meets a firing column; returns the pulses issued, and no resets."""
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        g, pulses = pairs.g_plus[j], pairs.pulses_plus[j]
        if raising:
            for q in range(n_lines):
                i = np.uint64(lines[q])
                g[i] = potentiate(g[i], d)
                pulses[i] += 1
        else:
            for q in range(n_lines):
                i = np.uint64(lines[q])
                g[i] = depress(g[i], d)
                pulses[i] += 1
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
