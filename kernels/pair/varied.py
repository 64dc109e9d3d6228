"""The ladder engine for devices that conduct a multiple of the nominal conductance: tables give the new state, W
follows from it.

Of the methods a and b only b does not depend on the scales; nor do one-sided pulses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..base.buffers import layer_columns, layer_weights
from .counts import unpack
from .ladder import Tables
from .refreshing import refresh_numbered
from .weight import weight

_32 = np.uint64(32)


class Varied(NamedTuple):
    """Pairs of devices with windows of their own; of all layers flat, or of one."""

    w: np.ndarray  # (rows, stride) float32, S: G+ - G- as they conduct
    state: np.ndarray  # (cols, rows) uint16
    tally: np.ndarray  # (cols, rows) uint64
    x_plus: np.ndarray  # (cols, rows) float32: scale of each device
    x_minus: np.ndarray  # (cols, rows) float32
    y_plus: np.ndarray  # (cols, rows) float32, S: offset of each device
    y_minus: np.ndarray  # (cols, rows) float32, S
    tables: Tables
    top: float  # S: Gmax


@jit
def _walk_varied(lines, n_lines, state, w, column, tally, entries, issued, windows, plus, minus):
    """`ladder._walk_column` for devices with windows: (x+, x-, y+, y-) of the column, each (rows,)."""
    total = np.uint64(0)
    x_plus, x_minus, y_plus, y_minus = windows
    for q in range(n_lines):
        i = np.uint64(lines[q])
        old = np.uint64(state[i])
        new = entries[old] >> _32
        state[i] = np.uint16(new)
        w[i, column] = weight(plus[new], minus[new], x_plus[i], x_minus[i], y_plus[i], y_minus[i])
        counts = issued[old]
        tally[i] += counts
        total += counts
    return total


def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers."""
    return Varied(
        layer_weights(array.w, geometry, layer),
        layer_columns(array.state, geometry, layer),
        layer_columns(array.tally, geometry, layer),
        layer_columns(array.x_plus, geometry, layer),
        layer_columns(array.x_minus, geometry, layer),
        layer_columns(array.y_plus, geometry, layer),
        layer_columns(array.y_minus, geometry, layer),
        array.tables,
        array.top,
    )


def pulse(array, firing, n, up, n_up, down, n_down):
    """Pulse every pair where a firing row meets a firing column; see `table.pulse`."""
    pulses, resets, tables = 0, 0, array.tables
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        entries = tables.raising if raising else tables.lowering
        issued = tables.issued_raising if raising else tables.issued_lowering
        windows = array.x_plus[j], array.x_minus[j], array.y_plus[j], array.y_minus[j]
        total = _walk_varied(
            firing, n, array.state[j], array.w, j, array.tally[j], entries, issued, windows, tables.plus, tables.minus
        )
        pa, pb, ra, rb = unpack(total)
        pulses += pa + pb
        resets += ra + rb
    return pulses, resets


def conduct(array, i, j, side):
    """What a device conducts, float32, S."""
    state = array.state[j, i]
    if side:
        return array.x_minus[j, i] * array.tables.minus[state] + array.y_minus[j, i]
    return array.x_plus[j, i] * array.tables.plus[state] + array.y_plus[j, i]


def foresee(array, i, j, raising):
    """What an update of a pair would issue; see `table.foresee`."""
    state, tables = array.state[j, i], array.tables
    pa, pb, ra, rb = unpack(tables.issued_raising[state] if raising else tables.issued_lowering[state])
    this = tables.plus[state] if raising else tables.minus[state]
    return this >= np.float32(array.top) and ra + rb > 0, pa + pb, ra + rb  # see `ladder.foresee`


def refresh(array, limits, at, rows, cols):
    """Write pairs with both sides high anew; see `table.refresh`."""
    windows, t = (array.x_plus, array.x_minus, array.y_plus, array.y_minus), array.tables
    return refresh_numbered(array.w, array.state, array.tally, windows, t.plus, t.minus, limits, rows, cols)
