"""Batch rules `signs` and `products`: every pair is pulsed at most once, by the sign of a sum over the batch.

A column that fired in one sample only takes that sample's rows, together with its like; the others are netted one by
one.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit
from ..base.buffers import NOWHERE, record
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
def sort_rows(total, n_rows, lists, kept):
    """Rows whose sum is negative (``lists.firing``: W rises) or positive (``kept.other``); sums are 0 again."""
    n_up, n_down = 0, 0
    for i in range(n_rows):
        if total[i] < np.float32(0.0):
            lists.firing[n_up] = i
            n_up += 1
        elif total[i] > np.float32(0.0):
            kept.other[n_down] = i
            n_down += 1
        total[i] = np.float32(0.0)
    return n_up, n_down


@jit
def net_signs(j, batch, kept, n_rows, lists):
    """Rows of column `j` by the sum of its signs over the batch; see `sort_rows`."""
    total = kept.total
    for s in range(batch):
        e = kept.error[s, j]
        if e != 0.0:
            sign = np.float32(1.0) if e > 0.0 else np.float32(-1.0)
            for q in range(kept.n_rows[s]):
                total[np.uint64(kept.rows[s, q])] += sign
    return sort_rows(total, n_rows, lists, kept)


@jit
def net_products(j, batch, kept, n_rows, lists):
    """Rows of column `j` by the sum of its errors times inputs, which are kept row by row; see `sort_rows`.

    Four samples are taken per sweep over the rows; each sum still adds them in order, and rows that did not fire add 0.
    """
    total, k = kept.total, 0
    s0 = s1 = s2 = s3 = np.int64(0)
    for s in range(batch):
        if kept.n_rows[s] == 0 or kept.error[s, j] == np.float32(0.0):
            continue
        s0, s1, s2, s3 = s1, s2, s3, np.int64(s)
        k += 1
        if k == 4:
            x0, x1, x2, x3 = kept.volts[s0], kept.volts[s1], kept.volts[s2], kept.volts[s3]
            e0, e1, e2, e3 = kept.error[s0, j], kept.error[s1, j], kept.error[s2, j], kept.error[s3, j]
            for i in range(n_rows):
                total[i] = (((total[i] + e0 * x0[i]) + e1 * x1[i]) + e2 * x2[i]) + e3 * x3[i]
            k = 0
    for left in range(k, 0, -1):
        s = s1 if left == 3 else s2 if left == 2 else s3
        x0, e0 = kept.volts[s], kept.error[s, j]
        for i in range(n_rows):
            total[i] += e0 * x0[i]
    return sort_rows(total, n_rows, lists, kept)


@jit
def pulse_signs(rule, array, lines, geometry, layer, now, number, batch, kept, lists):
    """Pulse what is kept of so many samples by the signs of pairs; returns the pulses and resets issued."""
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
            n_up, n_down = net_signs(j, batch, kept, rows, lists)
            up[0] = j
            a, b = event(rule, array, lines, geometry, layer, now, number, lists.firing, n_up, up, some, down, no)
            c, d = event(rule, array, lines, geometry, layer, now, number, kept.other, n_down, down, no, up, some)
            pulses += a + c
            resets += b + d
    return pulses, resets


@jit
def pulse_products(rule, array, lines, geometry, layer, now, number, batch, kept, lists, events):
    """The same by summed products of pairs. What was pulsed is recorded, as events that have no pair in common; returns
    the pulses and resets issued.
    """
    cols, rows = geometry.cols[layer], geometry.rows[layer]
    pulses, resets = 0, 0
    mark_columns(batch, kept, cols)
    some, no = np.int64(1), np.int64(0)
    up, down = lists.up, lists.down
    for s in range(batch):
        n_up, n_down = single_columns(s, kept, cols, lists)
        if n_up + n_down:
            firing, n = kept.rows[s], kept.n_rows[s]
            record(events, layer, now, firing, n, up, n_up, down, n_down)
            a, b = event(rule, array, lines, geometry, layer, now, number, firing, n, up, n_up, down, n_down)
            pulses += a
            resets += b
    for j in range(cols):
        if kept.only[j] == SEVERAL:
            n_up, n_down = net_products(j, batch, kept, rows, lists)
            up[0] = j
            if n_up:
                record(events, layer, now, lists.firing, n_up, up, some, down, no)
            if n_down:
                record(events, layer, now, kept.other, n_down, down, no, up, some)
            a, b = event(rule, array, lines, geometry, layer, now, number, lists.firing, n_up, up, some, down, no)
            c, d = event(rule, array, lines, geometry, layer, now, number, kept.other, n_down, down, no, up, some)
            pulses += a + c
            resets += b + d
    return pulses, resets


@jit
def separate(layer, now, lists, events):
    """Record an event without lines: what follows in the same iteration is another group."""
    no = np.int64(0)
    events.here[0] = NOWHERE
    record(events, layer, now, lists.firing, no, lists.up, no, lists.down, no)
