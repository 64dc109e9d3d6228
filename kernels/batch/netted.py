"""Batch rules `signs` and `products`: every pair is pulsed at most once, by the sign of a sum over the batch.

A column that fired in one sample only takes that sample's rows, together with its like; the others are netted one by
one.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..base.buffers import record
from .event import event

NEVER, SEVERAL = -1, -2


@jit
def mark_columns(batch, kept, n_cols):
    """Note for every column in how many samples it met a firing row: never, in one (its number), in several."""
    for j in range(n_cols):
        kept.only[j] = NEVER
    for s in range(batch):
        if kept.n_rows[s] > 0:
            for j in range(n_cols):
                if kept.error[s, j] != 0.0:
                    kept.only[j] = s if kept.only[j] == NEVER else SEVERAL


@jit
def single_columns(s, kept, n_cols, lists):
    """`kept.sort_columns` for those that fired in sample `s` alone."""
    n_up, n_down = 0, 0
    for j in range(n_cols):
        if kept.only[j] == s:
            if kept.error[s, j] < 0.0:
                lists.up[n_up] = j
                n_up += 1
            else:
                lists.down[n_down] = j
                n_down += 1
    return n_up, n_down


@jit
def net_column(j, batch, weighed, kept, n_rows, lists):
    """Rows of column `j` whose sum over the batch is negative (``lists.firing``: W rises) or positive (``kept.other``).

    `weighed`: errors times inputs are summed, else signs.
    """
    total = kept.total
    for s in range(batch):
        e = kept.error[s, j]
        if e != 0.0:
            sign = np.float32(1.0) if e > 0.0 else np.float32(-1.0)
            for q in range(kept.n_rows[s]):
                i = np.uint64(kept.rows[s, q])
                total[i] += e * kept.volts[s, q] if weighed else sign
    n_up, n_down = 0, 0
    for i in range(n_rows):
        if total[i] < 0.0:
            lists.firing[n_up] = i
            n_up += 1
        elif total[i] > 0.0:
            kept.other[n_down] = i
            n_down += 1
        total[i] = np.float32(0.0)
    return n_up, n_down


@jit
def pulse_netted(rule, array, lines, geometry, layer, now, number, batch, weighed, kept, lists):
    """Pulse what is kept of so many samples; returns the pulses and resets issued."""
    cols, rows = geometry.cols[layer], geometry.rows[layer]
    pulses, resets = 0, 0
    mark_columns(batch, kept, cols)
    # Not literals: for each pair of those Numba would compile everything below anew.
    some, no = np.int64(1), np.int64(0)
    up, down = lists.up, lists.down
    for s in range(batch):
        n_up, n_down = single_columns(s, kept, cols, lists)
        if n_up + n_down:
            a, b = event(
                rule, array, lines, geometry, layer, now, number, kept.rows[s], kept.n_rows[s], up, n_up, down, n_down
            )
            pulses += a
            resets += b
    for j in range(cols):
        if kept.only[j] == SEVERAL:
            n_up, n_down = net_column(j, batch, weighed, kept, rows, lists)
            up[0] = j
            a, b = event(rule, array, lines, geometry, layer, now, number, lists.firing, n_up, up, some, down, no)
            c, d = event(rule, array, lines, geometry, layer, now, number, kept.other, n_down, down, no, up, some)
            pulses += a + c
            resets += b + d
    return pulses, resets


@jit
def record_netted(layer, now, batch, kept, n_rows, n_cols, lists, events):
    """Log of what `pulse_netted` pulses by summed products, as events that have no pair in common."""
    mark_columns(batch, kept, n_cols)
    some, no = np.int64(1), np.int64(0)
    for s in range(batch):
        n_up, n_down = single_columns(s, kept, n_cols, lists)
        if n_up + n_down:
            record(events, layer, now, kept.rows[s], kept.n_rows[s], lists.up, n_up, lists.down, n_down)
    for j in range(n_cols):
        if kept.only[j] == SEVERAL:
            n_up, n_down = net_column(j, batch, True, kept, n_rows, lists)
            lists.up[0] = j
            if n_up:
                record(events, layer, now, lists.firing, n_up, lists.up, some, lists.down, no)
            if n_down:
                record(events, layer, now, kept.other, n_down, lists.down, no, lists.up, some)


@jit
def separate(layer, now, lists, events):
    """Record an event without lines: what follows in the same iteration is another group."""
    no = np.int64(0)
    record(events, layer, now, lists.firing, no, lists.up, no, lists.down, no)
