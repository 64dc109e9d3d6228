"""What is kept of a block, so that sums are known after every update: what was added to them, or, where an array is
read at so many positions that this is more numbers than there are pairs, the sums themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...way.gradient import rate_of
from .sums import add_sample, take_off


class Record(NamedTuple):
    """Buffers of a block, and where a layer is in them. Of a layer with sums there are no inputs and errors."""

    inputs: np.ndarray  # (samples, numbers of all layers) float32, V, updated: what drives rows, and the bias
    errors: np.ndarray  # (samples, columns of all positions of all layers) float32, updated
    sums: np.ndarray  # (updates, pairs of all layers) float32, updated: after an update, row by row
    input_at: np.ndarray  # (layers + 1,) int64: where a layer begins in them
    error_at: np.ndarray
    sum_at: np.ndarray
    place: np.ndarray  # flat int32: for every position and row the number that drives it, -1: none
    place_at: np.ndarray  # (layers + 1,) int64


@jit
def note_sample(record, geometry, layer, sample, position, lines, volts, n, error):
    """Keep the `n` driven rows and the errors of a sample, number `sample` of the block, at a position."""
    a, b = record.input_at[layer], record.input_at[layer + 1]
    if b == a or record.inputs.shape[0] == 0:
        return
    rows, cols = geometry.rows[layer], geometry.cols[layer]
    kept, at = record.inputs[sample, a:b], record.error_at[layer] + position * cols
    errors, place = record.errors[sample, at:], record.place[record.place_at[layer] + position * rows :]
    if position == 0:
        for m in range(b - a):
            kept[m] = np.float32(0.0)
    for q in range(n):
        kept[place[lines[q]]] = volts[q]
    for j in range(cols):
        errors[j] = error[j]


@jit
def note_sums(record, geometry, layer, update, chi):
    """Keep the sums of a layer, ``chi``, (rows, stride) float32, after update number `update` of the block."""
    a = record.sum_at[layer]
    if record.sum_at[layer + 1] == a or record.sums.shape[0] == 0:
        return
    cols = geometry.cols[layer]
    for i in range(geometry.rows[layer]):
        out = record.sums[update, a + i * cols :]
        for j in range(cols):
            out[j] = chi[i, j]


@jit
def list_driven(place, rows, given, lines, volts):
    """List the rows that are driven at a position by the numbers of a sample, ``given``, V: those above 0; returns how
    many.
    """
    n = 0
    for i in range(rows):
        if place[i] >= 0 and given[place[i]] != np.float32(0.0):
            lines[n], volts[n] = i, given[place[i]]
            n += 1
    return n


@jit
def replay_sums(sums, record, slope, geometry, layer, after, inputs, errors, dead_zone, v_read, lines, volts):
    """Bring the sums of a layer from their state after so many updates to a later one, from what was recorded.

    Parameters
    ----------
    inputs : (samples, numbers) float32, V
    errors : (samples, positions * cols) float32
    lines, volts : (>= rows,) int32 and float32, V, scratch
    """
    rows, cols = geometry.rows[layer], geometry.cols[layer]
    for t in range(inputs.shape[0] // sums.batch):
        rate = np.float32(rate_of(slope, layer, after + t) / np.float64(v_read))
        for s in range(t * sums.batch, (t + 1) * sums.batch):
            for p in range(errors.shape[1] // cols):
                n = list_driven(record.place[record.place_at[layer] + p * rows :], rows, inputs[s], lines, volts)
                error = errors[s, p * cols :]
                add_sample(sums, geometry, layer, lines, volts, n, error, dead_zone, rate, v_read)
        take_off(sums, geometry, layer, after + t + 1)
