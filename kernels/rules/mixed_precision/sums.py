"""Sums of requests, a float32 per pair, and the pulses that they are worth (Nandakumar et al., Front. Neurosci. 14:406,
2020, Eqs. 3 and 4).

::

    chi_ij <- chi_ij - rate x_i delta_j        each sample
    n_ij = trunc(chi_ij / eps)                 when sums are written: so many pulses, by their sign
    chi_ij <- chi_ij - n_ij eps

eps is what a pulse is taken for, in units of w. What is no whole step stays in chi, and so does what is more than a
write may send.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...base.buffers import layer_weights

PULSES, NEXT, ROUND = 0, 1, 2
"""Places in `Sums.cursor`: entries of the list of pulses, where the row at hand begins in it, and its next round."""


class Sums(NamedTuple):
    """Sums of all layers, and how they are written."""

    chi: np.ndarray  # flat as W, float32, updated
    over: np.ndarray  # (layers, width) uint8, updated: rows that have a pair with a step or more
    eps: np.float32
    every: int  # samples from one write to the next
    rows: int  # that a write takes, in turn; 0: all
    most: int  # pulses on a pair in a write
    events: int  # of a write, at most
    batch: int
    input_levels: float  # of a full input, above 0; 0: inputs are taken as they are
    error_levels: float  # of the sample's largest error, on either side of 0; 0: errors are taken as they are
    scaled: np.ndarray  # (width,) float32, scratch: errors times the rate, 0 beyond the columns
    place: np.ndarray  # (pairs of a layer,) int32, scratch: those to pulse, row * width + column
    number: np.ndarray  # (pairs of a layer,) int32, scratch: pulses on them, with their sign
    cursor: np.ndarray  # (3,) int64, scratch


@jit
def on_levels(value, full, levels):
    """The nearest of `levels` equal steps from 0 to `full`, with the sign of `value`; halves go away from 0."""
    step = np.float64(full) / levels
    if step == 0.0:
        return value
    return np.float32(math.copysign(math.floor(abs(np.float64(value)) / step + 0.5) * step, np.float64(value)))


@jit
def scale_errors(error, n, dead_zone, rate, levels, out):
    """What errors ask for per input: ``out``, (width,) float32, 1/V, is 0 beyond the `n` columns, and where an error is
    not outside the dead zone.
    """
    largest = np.float32(0.0)
    if levels > 0.0:
        for j in range(n):
            largest = max(largest, abs(error[j]))
    for j in range(out.shape[0]):
        if j < n and abs(error[j]) > dead_zone:
            e = on_levels(error[j], largest, levels) if levels > 0.0 else error[j]
            out[j] = rate * e
        else:
            out[j] = np.float32(0.0)


@jit
def add_row(chi, scaled, volt, eps):
    """Add a sample's requests to a row of sums, and say how many are worth a step.

    Parameters
    ----------
    chi : (stride,) float32, updated
    scaled : (>= stride,) float32, 1/V
    volt : float32, V
    eps : float32
    """
    for j in range(chi.shape[0]):
        chi[j] -= scaled[j] * volt
    n = 0
    for j in range(chi.shape[0]):  # a loop of its own: both are vectors then
        n += abs(chi[j]) >= eps
    return n


@jit
def add_sample(sums, geometry, layer, lines, volts, n, error, dead_zone, rate, v_read):
    """Add what a sample asks for.

    Parameters
    ----------
    lines, volts, n : (width,) int32 and float32, V, and int
        Driven rows.
    error : (width,) float32
    dead_zone : float32
    rate : float32, 1/V
        What an error asks for, per V.
    """
    chi, over = layer_weights(sums.chi, geometry, layer), sums.over[layer]
    scale_errors(error, geometry.cols[layer], dead_zone, rate, sums.error_levels, sums.scaled)
    for q in range(n):
        volt = volts[q]
        if sums.input_levels > 0.0:
            volt = on_levels(volt, v_read, sums.input_levels)
        i = lines[q]
        over[i] = np.uint8(add_row(chi[i], sums.scaled, volt, sums.eps) > 0)


@jit
def writes_until(sums, updates):
    """Writes up to so many updates."""
    return updates * sums.batch // sums.every


@jit
def is_due(sums, rows, at, i):
    """Whether row `i` of so many is written in update `at`, in which something is."""
    first, last = writes_until(sums, at - 1), writes_until(sums, at)
    if sums.rows == 0 or sums.rows * (last - first) >= rows:
        return True
    return (i - first * sums.rows) % rows < sums.rows * (last - first)


@jit
def list_pulses(sums, chi, over, rows, cols, at, width):
    """List the pulses that sums are worth in update `at`, row by row; returns how many pairs get some, and the events
    that it takes.
    """
    found, events = 0, 0
    for i in range(rows):
        if over[i] == 0 or not is_due(sums, rows, at, i):
            continue
        row, most = chi[i], 0
        for j in range(cols):
            if abs(row[j]) >= sums.eps:
                n = np.int64(min(abs(row[j] / sums.eps), np.float32(sums.most)))
                most = max(most, n)
                sums.place[found] = i * width + j
                sums.number[found] = n if row[j] > np.float32(0.0) else -n
                found += 1
        events += most
    return found, events


@jit
def rounds_within(sums, found, width, room):
    """Most pulses on a pair so that all rows together take no more than `room` events."""
    limit = sums.most
    while True:
        total, row, most = 0, -1, 0
        for q in range(found):
            i = sums.place[q] // width
            if i != row:
                total, row, most = total + most, i, 0
            most = max(most, min(abs(sums.number[q]), limit))
        if total + most <= room or limit <= 1:
            return limit
        limit = max(1, min(limit - 1, limit * room // (total + most)))


@jit
def take_off(sums, geometry, layer, at):
    """What sums are worth in update `at` is listed, and taken off them; returns how many pairs are to be pulsed."""
    if writes_until(sums, at) == writes_until(sums, at - 1):
        return 0
    chi, over = layer_weights(sums.chi, geometry, layer), sums.over[layer]
    width = over.shape[0]
    found, events = list_pulses(sums, chi, over, geometry.rows[layer], geometry.cols[layer], at, width)
    limit = rounds_within(sums, found, width, sums.events) if events > sums.events else sums.most
    last = -1
    for q in range(found):
        n = min(max(sums.number[q], -limit), limit)
        i, j = sums.place[q] // width, sums.place[q] % width
        if i != last:
            over[i], last = np.uint8(0), i
        sums.number[q] = n
        chi[i, j] -= np.float32(n) * sums.eps
        if abs(chi[i, j]) >= sums.eps:
            over[i] = np.uint8(1)
    return found


@jit
def next_round(sums, width, lists):
    """The next event of a write goes into `lists`: one pulse on each pair of a row that is to get more; returns the
    numbers of rows, of columns that raise W, and that lower it, and whether there are more.
    """
    cursor, total = sums.cursor, sums.cursor[PULSES]
    first, number = cursor[NEXT], cursor[ROUND]
    if first >= total:
        return 0, 0, 0, False
    row, q = sums.place[first] // width, first
    n_up, n_down, most = 0, 0, 0
    while q < total and sums.place[q] // width == row:
        n, j = sums.number[q], sums.place[q] % width
        if n > number:
            lists.up[n_up] = j
            n_up += 1
        elif -n > number:
            lists.down[n_down] = j
            n_down += 1
        most = max(most, abs(n))
        q += 1
    lists.firing[0] = row
    cursor[ROUND] = number + 1
    if number + 1 >= most:
        cursor[NEXT], cursor[ROUND] = q, 0
    return 1, n_up, n_down, cursor[NEXT] < total
