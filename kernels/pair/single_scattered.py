"""One device per weight beside a fixed reference, of devices that depart from the nominal law; see `single`.

A stuck device does not move, and wears out after its own number of pulses: see `scattered_columns`. The reference is
never pulsed, so it does neither; where it is stuck it is a reference that could not be programmed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import inlined, jit
from ..device.law import Device
from ..device.moves import Side, fall, mean_fall, mean_rise, rise
from ._halves import aged, half_plus, is_out, put_back, side_at
from .pairs import Pairs, layer_pairs
from .scatter import set_clock
from .weight import conducted, weigh_columns

_16 = np.uint64(16)


class SingleScattered(NamedTuple):
    """Pairs of devices that scatter, of which only G+ is pulsed; of all layers flat, or of one."""

    w: np.ndarray  # (rows, stride) float32, S: `Pairs.w`
    pairs: Pairs  # with `Pairs.scatter`
    device: Device


@inlined
def _moved(s, raising, side, place, sc):
    """State after a pulse at `s`."""
    if raising:
        return rise(s, mean_rise(s, side.ka_p, side.kb_p, sc.law, sc.up), side, sc.law, sc.jump_up, place)
    return fall(s, mean_fall(s, side.ka_d, side.kb_d, sc.law, sc.down), side, sc.law, sc.jump_down, place)


@jit
def _pulse_alike(lines, n_lines, g_min, span, half, sc, raising):
    """Pulse one column's devices, which differ in nothing that a pulse depends on."""
    side, scale = Side(False, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, half.c1, half.key), 1.0 / span
    for q in range(n_lines):
        i = np.uint64(lines[q])
        s = _moved((np.float64(half.g[i]) - g_min) * scale, raising, side, i << _16, sc)
        half.g[i] = np.float32(g_min + s * span)
        half.pulses[i] += 1


@jit
def _pulse_each(lines, n_lines, g_min, span, half, sc, raising):
    """Pulse one column's devices, each by its own law, window and age."""
    scale = 1.0 / span
    for q in range(n_lines):
        i = np.uint64(lines[q])
        s, side = (np.float64(half.g[i]) - g_min) * scale, side_at(i, half, sc)
        if sc.wears:
            s, side = aged(s, side, i, half, sc)
        if not side.fixed:
            s = _moved(s, raising, side, i << _16, sc)
        put_back(i, g_min + s * span, 1, 0, half, sc)


@jit
def update_single_scattered(lines, n_lines, up, n_up, down, n_down, pairs, d, sc):
    """Pulse G+ of every pair where a firing row meets a firing column: `single.update_single` for devices that
    scatter.
    """
    span, alike = d.g_max - d.g_min, not (sc.faults or sc.spread or sc.wears)
    for u in range(n_up + n_down):
        raising = u < n_up
        half = half_plus(pairs, sc, up[u] if raising else down[u - n_up])
        if alike:
            _pulse_alike(lines, n_lines, d.g_min, span, half, sc, raising)
        else:
            _pulse_each(lines, n_lines, d.g_min, span, half, sc, raising)
    weigh_columns(lines, n_lines, up, n_up, down, n_down, pairs, sc.windows)
    return n_lines * (n_up + n_down), 0


def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers."""
    pairs = layer_pairs(array.pairs, geometry, layer)
    return SingleScattered(pairs.w, pairs, array.device)


def at_clock(array, iteration, number):
    """Say which event comes next: noise of pulses depends on it."""
    set_clock(array.pairs.scatter, iteration, number)


def pulse(array, firing, n, up, n_up, down, n_down):
    """Pulse every pair where a firing row meets a firing column; see `table.pulse`."""
    p = array.pairs
    return update_single_scattered(firing, n, up, n_up, down, n_down, p, array.device, p.scatter)


def conduct(array, i, j, side):
    """What a device conducts, float32, S."""
    return conducted(array.pairs, i, j, side)


def side_of(array, raising):
    """The side whose gate an update pulses: that of G+."""
    return 0


def is_stuck(array, i, j, side):
    """Whether a device does not move, be it pulsed or disturbed."""
    return is_out(array.pairs, i, j, side)
