"""The ladder engine: a pair of nominal devices is two step numbers, and an update a look-up in a table (methods a and
b, and one-sided).

Indices are unsigned in the inner loops: Numba then leaves out the test for negative ones, which would take half of the
time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base._jit import jit
from ..base.buffers import layer_columns, layer_line, layer_weights
from .counts import pack, unpack
from .refreshing import refresh_numbered
from .update import find_step, update

_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class Tables(NamedTuple):
    """Tables of the ladder engine; a pair at steps (p, m) has the state ``p * (n_max + 1) + m``.

    An entry of `raising` or `lowering` holds all that an update changes: the new state in bits 32 to 47, and the
    bits of the new W (float32, S) in bits 0 to 31.
    """

    raising: np.ndarray  # (states,) uint64
    lowering: np.ndarray  # (states,) uint64
    issued_raising: np.ndarray  # (states,) uint64: packed pulses and resets, G+ first
    issued_lowering: np.ndarray  # (states,) uint64
    plus: np.ndarray  # (states,) float32, S: G+ of a state
    minus: np.ndarray  # (states,) float32, S: G- of a state


class Ladder(NamedTuple):
    """Pairs of nominal devices; of all layers flat, or of one (see `layer_of`)."""

    w: np.ndarray  # (rows, stride) float32, S: G+ - G-
    bits: np.ndarray  # (rows * stride,) uint32: the same memory, as the tables write it
    state: np.ndarray  # (cols, rows) uint16
    tally: np.ndarray  # (cols, rows) uint64: packed counts since the last flush
    tables: Tables
    top: float  # S: Gmax


def tables_of(steps: np.ndarray, method: int, device: Any) -> Tables:
    """Tables of devices with this staircase, filled."""
    tables, weight = empty_tables(len(steps) ** 2), np.empty(1, np.float32)
    build_ladder(steps, method, device, weight, weight.view(np.uint32), tables)
    return tables


def empty_tables(states: int) -> Tables:
    """Tables of the given size, not filled."""
    a, b, c, d = (np.empty(states, np.uint64) for _ in range(4))
    plus, minus = (np.empty(states, np.float32) for _ in range(2))
    return Tables(a, b, c, d, plus, minus)


@jit
def build_ladder(steps, method, d, weight, bits, ladder):
    """Fill the tables of the ladder engine from the one definition of an update, `update`.

    Parameters
    ----------
    steps : (n_max + 1,) float32, S
        The staircase of the device.
    weight, bits : (1,) float32 and uint32, scratch
        Two views of the same memory.
    ladder : Tables, updated
    """
    n = steps.shape[0]
    one = np.float32(1.0)
    for p in range(n):
        for m in range(n):
            k = p * n + m
            ladder.plus[k], ladder.minus[k] = steps[p], steps[m]
            for raising in (True, False):
                this, other = (steps[p], steps[m]) if raising else (steps[m], steps[p])
                a, b, pa, pb, ra, rb = update(this, other, one, one, method, d)
                if raising:
                    g_plus, g_minus, issued = a, b, pack(pa, pb, ra, rb)
                else:
                    g_plus, g_minus, issued = b, a, pack(pb, pa, rb, ra)
                weight[0] = g_plus - g_minus
                new = find_step(steps, g_plus) * n + find_step(steps, g_minus)
                entry = (np.uint64(new) << _32) | np.uint64(bits[0])
                if raising:
                    ladder.raising[k], ladder.issued_raising[k] = entry, issued
                else:
                    ladder.lowering[k], ladder.issued_lowering[k] = entry, issued


@jit
def _walk_column(lines, n_lines, state, w_bits, stride, column, tally, entries, issued):
    """One firing column of `pulse`; returns the packed pulses and resets of its pairs."""
    total = np.uint64(0)
    at, step = np.uint64(column), np.uint64(stride)
    for q in range(n_lines):
        i = np.uint64(lines[q])
        old = np.uint64(state[i])
        entry = entries[old]
        state[i] = np.uint16(entry >> _32)
        w_bits[i * step + at] = np.uint32(entry & _LOW)
        counts = issued[old]
        tally[i] += counts
        total += counts
    return total


def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers."""
    return Ladder(
        layer_weights(array.w, geometry, layer),
        layer_line(array.bits, geometry, layer),
        layer_columns(array.state, geometry, layer),
        layer_columns(array.tally, geometry, layer),
        array.tables,
        array.top,
    )


def pulse(array, firing, n, up, n_up, down, n_down):
    """Pulse every pair where a firing row meets a firing column; see `table.pulse`."""
    pulses, resets = 0, 0
    stride, tables = array.w.shape[1], array.tables
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        entries = tables.raising if raising else tables.lowering
        issued = tables.issued_raising if raising else tables.issued_lowering
        total = _walk_column(firing, n, array.state[j], array.bits, stride, j, array.tally[j], entries, issued)
        pa, pb, ra, rb = unpack(total)
        pulses += pa + pb
        resets += ra + rb
    return pulses, resets


def conduct(array, i, j, side):
    """What a device conducts, float32, S."""
    state = array.state[j, i]
    return array.tables.minus[state] if side else array.tables.plus[state]


def foresee(array, i, j, raising):
    """What an update of a pair would issue; see `table.foresee`."""
    state, tables = array.state[j, i], array.tables
    pa, pb, ra, rb = unpack(tables.issued_raising[state] if raising else tables.issued_lowering[state])
    this = tables.plus[state] if raising else tables.minus[state]
    # A replay has a reset, which a pulse of a one-sided pair has not.
    return this >= np.float32(array.top) and ra + rb > 0, pa + pb, ra + rb


def refresh(array, limits, at, rows, cols):
    """Write pairs with both sides high anew; see `table.refresh`."""
    t = array.tables
    return refresh_numbered(array.w, array.state, array.tally, None, t.plus, t.minus, limits, rows, cols)


@jit
def flush_tally(tally, pulses_plus, pulses_minus, resets_plus, resets_minus):
    """Move the packed counts of a layer into its 64-bit counters, (cols, rows) each, before a field can overflow."""
    for j in range(tally.shape[0]):
        for i in range(tally.shape[1]):
            t = tally[j, i]
            if t:
                pa, pb, ra, rb = unpack(t)
                pulses_plus[j, i] += pa
                pulses_minus[j, i] += pb
                resets_plus[j, i] += ra
                resets_minus[j, i] += rb
                tally[j, i] = np.uint64(0)
