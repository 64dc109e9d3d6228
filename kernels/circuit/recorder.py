"""Reads that are taken note of: how large the currents are that the sense circuits get, to choose their ranges by.

It stands where the sense circuits are, inside of what drives bit by bit or manages ranges, so that what is counted is
what they would see. Magnitudes are counted in bins of equal ratio, `PER_OCTAVE` to a factor of two.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base._jit import jit
from . import bare

PER_OCTAVE, LOWEST, BINS = 64, -24, 64 * 48
"""Bins of a factor of two; log2 of where the first one ends, in units; how many there are."""


class Recorder(NamedTuple):
    """Circuits whose currents are counted."""

    inner: Any  # a circuit of `bare`, without a range
    unit: float  # A
    counts: np.ndarray  # (layers, width, BINS) int64, updated: reads of each column by magnitude


@jit
def bin_of(x):
    """Number of the bin of a magnitude, in units: bin k ends at ``2 ^ (LOWEST + k / PER_OCTAVE)``, which is in it."""
    if x <= 2.0**LOWEST:
        return 0
    return min(int(np.ceil((np.log2(x) - LOWEST) * PER_OCTAVE - 1e-9)), BINS - 1)


def plain(circuit):
    """The circuit alone; see `table.plain`."""
    return circuit.inner


def round_drive(circuit, volts, n, v_read):
    """What drivers make of voltages; see `table.round_drive`."""
    bare.round_drive(circuit.inner, volts, n, v_read)


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""
    bare.read_columns(circuit.inner, layer, n, now, number, geometry, w, room, lines)
    for j in range(geometry.cols[layer]):
        circuit.counts[layer, j, bin_of(abs(np.float64(room.currents[layer, j])) / circuit.unit)] += 1


def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer, which is not counted; see `table.read_rows`."""
    bare.read_rows(circuit.inner, layer, n_gated, now, number, geometry, w, room, lines)
