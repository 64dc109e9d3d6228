"""The analog engine: every conductance a float, every pulse computed; devices of one law, with windows of their own or
without.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..device.law import Device
from .methods import METHOD_C
from .pairs import Pairs, layer_pairs
from .refreshing import refresh_floats
from .update import update_known
from .weight import conducted, weight


class Analog(NamedTuple):
    """Pairs of devices that follow one law; of all layers flat, or of one."""

    w: np.ndarray  # (rows, stride) float32, S: `Pairs.w`
    pairs: Pairs
    method: int
    device: Device
    steps: np.ndarray  # (n_max + 1,) float32, S: the staircase of the device; empty if it has none


@jit
def update_analog(lines, n_lines, up, n_up, down, n_down, pairs, method, d, steps):
    """Pulse every pair where a firing row meets a firing column; see `update.update_known`."""
    pulses, resets = 0, 0
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        # Lowering W is raising it with the sides exchanged.
        g_this, g_other = (pairs.g_plus[j], pairs.g_minus[j]) if raising else (pairs.g_minus[j], pairs.g_plus[j])
        x_this, x_other = (pairs.x_plus[j], pairs.x_minus[j]) if raising else (pairs.x_minus[j], pairs.x_plus[j])
        y_this, y_other = (pairs.y_plus[j], pairs.y_minus[j]) if raising else (pairs.y_minus[j], pairs.y_plus[j])
        plus, minus = (pairs.pulses_plus[j], pairs.pulses_minus[j])
        pulses_this, pulses_other = (plus, minus) if raising else (minus, plus)
        plus, minus = (pairs.resets_plus[j], pairs.resets_minus[j])
        resets_this, resets_other = (plus, minus) if raising else (minus, plus)
        sign = np.float32(1.0) if raising else np.float32(-1.0)
        for q in range(n_lines):
            i = np.uint64(lines[q])
            xa, xb = x_this[i], x_other[i]
            a, b, pa, pb, ra, rb = update_known(g_this[i], g_other[i], xa, xb, method, d, steps)
            g_this[i], g_other[i] = a, b
            pairs.w[i, j] = sign * weight(a, b, xa, xb, y_this[i], y_other[i])
            pulses_this[i] += pa
            pulses_other[i] += pb
            resets_this[i] += ra
            resets_other[i] += rb
            pulses += pa + pb
            resets += ra + rb
    return pulses, resets


def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers."""
    pairs = layer_pairs(array.pairs, geometry, layer)
    return Analog(pairs.w, pairs, array.method, array.device, array.steps)


def pulse(array, firing, n, up, n_up, down, n_down):
    """Pulse every pair where a firing row meets a firing column; see `table.pulse`."""
    return update_analog(firing, n, up, n_up, down, n_down, array.pairs, array.method, array.device, array.steps)


def conduct(array, i, j, side):
    """What a device conducts, float32, S."""
    return conducted(array.pairs, i, j, side)


def foresee(array, i, j, raising):
    """What an update of a pair would issue; see `table.foresee`."""
    p, top = array.pairs, np.float32(array.device.g_max)
    g_this, g_other = (p.g_plus, p.g_minus) if raising else (p.g_minus, p.g_plus)
    if g_other[j, i] < top and (g_this[j, i] < top or array.method >= METHOD_C):
        return False, 1, 0  # a pulse on one side, and both cannot be full after it: the law need not be asked
    x_this, x_other = (p.x_plus, p.x_minus) if raising else (p.x_minus, p.x_plus)
    _, _, pa, pb, ra, rb = update_known(
        g_this[j, i], g_other[j, i], x_this[j, i], x_other[j, i], array.method, array.device, array.steps
    )
    replays = array.method < METHOD_C and g_this[j, i] >= top
    return replays, pa + pb, ra + rb


def refresh(array, limits, at, rows, cols):
    """Write pairs with both sides high anew; see `table.refresh`."""
    p = array.pairs
    return refresh_floats(p, limits, at, rows, cols, array.device, array.steps, p.scatter)
