"""Reads whose range is managed: noise and bound management of Gokmen, Onen & Haensch (Front. Neurosci. 11:538, 2017).

Noise management: the drivers scale what a read is driven with so that its largest input is a full one, and what is
sensed is divided by the same scale, digitally. A small error then does not drown in the noise of the sense circuits,
nor between the voltages of coarse drivers. Where nothing is driven nothing is read, and the outputs are 0.

Bound management: a read some of whose lines are clipped is taken again with half the inputs, until none is, or so many
times; the last one counts, whatever it is.

What an update sees of the inputs is what the drivers gave in the first of these reads, over its scale. Reads of fast
arrays that are to be moved take none of this: `table.plain` leads around it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base._jit import jit
from ..base.buffers import copy_line
from . import real
from .lines import note_again

READS, AGAIN, CLIPPED = 0, 1, 2
"""Places in the statistics: reads asked for, those that were taken again, and results that are clipped all the same."""

_FAINTEST = np.float32(1e-30)
"""Of a full input: what is not above it is nothing, as float32 could not scale it."""

_ANEW = 1 << 24
"""Reads that are taken again have numbers of their own, for their noise, above those of samples."""


class Managed(NamedTuple):
    """Circuits, and what is done to their range."""

    inner: Any  # a circuit of `real`
    full: np.float32  # V: a full input
    limit: np.ndarray  # (layers, 2, width) float32, A: what is not below it is clipped
    most: int  # reads that are taken again, at most
    noise_forward: int  # 1: inputs are scaled
    noise_backward: int
    bound_forward: int  # 1: clipped reads are taken again
    bound_backward: int
    asked: np.ndarray  # (width,) float32, V, scratch
    given: np.ndarray  # (width,) float32, V, scratch: what drivers gave at first, over the scale
    stats: np.ndarray  # (3,) int64, updated: see `READS`


def plain(circuit):
    """The circuits alone; see `table.plain`."""
    return real.plain(circuit.inner)


def round_drive(circuit, volts, n, v_read):
    """Nothing: what drivers give depends on the scale of the read; see `table.round_drive`."""


@jit
def scale_of(managed, volts, n, full):
    """What a read's voltages are multiplied with at first, float32; 0 if nothing is driven."""
    if managed == 0:
        return np.float32(1.0)
    largest = np.float32(0.0)
    for q in range(n):
        largest = max(largest, abs(volts[q]))
    return full / largest if largest > full * _FAINTEST else np.float32(0.0)


@jit
def drive_at(circuit, volts, n, scale):
    """Drive `n` lines with what was asked for, times a scale: `volts` is updated."""
    for q in range(n):
        volts[q] = circuit.asked[q] * scale
    real.round_drive(circuit.inner, volts, n, circuit.full)


@jit
def repeat(circuit, bound, attempt, clipped, lines):
    """Whether a read is taken again, which is noted."""
    if bound == 0 or not clipped:
        return False
    if attempt >= circuit.most:
        circuit.stats[CLIPPED] += 1
        return False
    circuit.stats[AGAIN] += 1
    note_again(lines)
    return True


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""
    out, volts, cols = room.currents[layer], room.volts[layer], geometry.cols[layer]
    scale = scale_of(circuit.noise_forward, volts, n, circuit.full)
    if scale == np.float32(0.0):
        out[:cols] = np.float32(0.0)
        return
    copy_line(volts, n, circuit.asked)
    circuit.stats[READS] += 1
    attempt = np.int64(0)
    while True:
        drive_at(circuit, volts, n, scale)
        real.read_columns(circuit.inner, layer, n, now, number + attempt * _ANEW, geometry, w, room, lines)
        if attempt == 0:
            for q in range(n):
                circuit.given[q] = volts[q] / scale
        clipped = False
        for j in range(cols):
            clipped = clipped or abs(out[j]) >= circuit.limit[layer, 0, j]
        if not repeat(circuit, circuit.bound_forward, attempt, clipped, lines):
            break
        attempt += 1
        scale *= np.float32(0.5)
    for j in range(cols):
        out[j] /= scale
    copy_line(circuit.given, n, volts)


def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""
    out, volts, n = room.back_currents, room.back_volts, geometry.cols[layer]
    scale = scale_of(circuit.noise_backward, volts, n, circuit.full)
    if scale == np.float32(0.0):
        for q in range(n_gated):
            out[room.gated[q]] = np.float32(0.0)
        return
    copy_line(volts, n, circuit.asked)
    circuit.stats[READS] += 1
    attempt = np.int64(0)
    while True:
        drive_at(circuit, volts, n, scale)
        real.read_rows(circuit.inner, layer, n_gated, now, number + attempt * _ANEW, geometry, w, room, lines)
        if attempt == 0:
            for j in range(n):
                circuit.given[j] = volts[j] / scale
        clipped = False
        for q in range(n_gated):
            clipped = clipped or abs(out[room.gated[q]]) >= circuit.limit[layer, 1, room.gated[q]]
        if not repeat(circuit, circuit.bound_backward, attempt, clipped, lines):
            break
        attempt += 1
        scale *= np.float32(0.5)
    for q in range(n_gated):
        out[room.gated[q]] /= scale
    copy_line(circuit.given, n, volts)


def follow(circuit, layer, number, first_event, events, array):
    """Follow recorded events; see `table.follow`."""
    real.follow(circuit.inner, layer, number, first_event, events, array)


def follow_all(circuit, layer, array):
    """Follow anything; see `table.follow_all`."""
    real.follow_all(circuit.inner, layer, array)
