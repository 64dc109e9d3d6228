"""Weights in slices: each is a pair of devices of few states in an array of its own, read through sense circuits of its
own; what they give is shifted and added digitally::

    current = sum_s share_s sensed_s

(bit slicing, A. Shafiee et al., ISCA 2016). Slice s of b bits is worth 2^b of the next one. For inference: slices are
written and read, and not trained.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import slices


class Sliced(NamedTuple):
    """Slices of all layers."""

    inner: Any  # tuple of circuits of `slices`, one for each slice, of one kind, with seeds of their own
    weights: np.ndarray  # (slices, flat) float32, S: W of every slice, laid out as that of the layers
    share: np.ndarray  # (layers, slices) float64: what a slice is worth
    total: np.ndarray  # (width,) float64, A, scratch


def plain(circuit):
    """What the first slice is read through; see `table.plain`."""
    return circuit.inner[0]


def round_drive(circuit, volts, n, v_read):
    """What drivers make of voltages: one set drives all slices; see `table.round_drive`."""
    slices.round_drive(circuit.inner[0], volts, n, v_read)


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer, slice by slice; `w` is not used, see `table.read_columns`."""
    out, cols = room.currents[layer], geometry.cols[layer]
    circuit.total[:cols] = 0.0
    for s in range(len(circuit.inner)):
        slices.read_columns(circuit.inner[s], layer, n, now, number, geometry, circuit.weights[s], room, lines)
        for j in range(cols):
            circuit.total[j] += circuit.share[layer, s] * np.float64(out[j])
    for j in range(cols):
        out[j] = np.float32(circuit.total[j])
