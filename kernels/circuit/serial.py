"""Inputs bit by bit: a read is as many reads as the drivers have bits, each of full pulses or none.

An input that the drivers round to k of ``2^bits - 1`` levels drives its line, in the read of bit p, with the full
voltage if bit p of k is 1, and not at all if it is 0 (an error, with its sign). The sense circuits give each of these
reads by itself, and digital logic shifts and adds::

    current = sum_p 2^p / (2^bits - 1) sensed_p

That is how chips go around devices whose current is not in proportion to the voltage (user manual of MLP+NeuroSim V3.0,
section on I-V nonlinearity; A. Shafiee et al., ISCA 2016): on ideal wires no device sees another voltage than the full
one. Every read has noise, steps and range of its own; noise that is independent from read to read leaves
``sqrt((2^bits + 1) / (3 (2^bits - 1)))`` of what one read has, an offset all of itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base._jit import jit
from ..base.buffers import copy_line
from . import single_reads

PLANE = 1 << 27
"""Reads of the bits have numbers of their own, for their noise, above those of samples."""


class Serial(NamedTuple):
    """Circuits that are driven bit by bit."""

    inner: Any  # a circuit of `single_reads`
    bits: int  # of an input, the sign apart
    full: np.float32  # V
    asked: np.ndarray  # (width,) float32, V, scratch
    total: np.ndarray  # (width,) float64, A, scratch


def plain(circuit):
    """The circuits alone: one line at the full voltage is one read; see `table.plain`."""
    return circuit.inner


def round_drive(circuit, volts, n, v_read):
    """Round to what the bits can say: `volts`, float32, V, is updated; see `table.round_drive`."""
    single_reads.round_drive(circuit.inner, volts, n, v_read)


@jit
def drive_bit(asked, n, bit, levels, full, volts):
    """Drive `n` lines with one bit of what was asked for: ``volts``, float32, V, is updated.

    Parameters
    ----------
    asked : (>= n,) float32, V
    bit : int
        From 0, the lowest.
    levels : float64
        ``2^bits - 1``; what lies above it has all bits set.
    full : float32, V
    """
    for q in range(n):
        code = np.int64(min(np.floor(abs(np.float64(asked[q])) / np.float64(full) * levels + 0.5), levels))
        on = (code >> bit) & 1
        volts[q] = np.float32(np.copysign(np.float64(full), np.float64(asked[q]))) if on else np.float32(0.0)


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""
    out, volts, cols = room.currents[layer], room.volts[layer], geometry.cols[layer]
    levels = np.float64((1 << circuit.bits) - 1)
    copy_line(volts, n, circuit.asked)
    circuit.total[:cols] = 0.0
    for p in range(circuit.bits):
        drive_bit(circuit.asked, n, p, levels, circuit.full, volts)
        single_reads.read_columns(circuit.inner, layer, n, now, number + p * PLANE, geometry, w, room, lines)
        for j in range(cols):
            circuit.total[j] += np.float64(1 << p) / levels * np.float64(out[j])
    for j in range(cols):
        out[j] = np.float32(circuit.total[j])
    copy_line(circuit.asked, n, volts)


def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""
    out, volts, n = room.back_currents, room.back_volts, geometry.cols[layer]
    levels = np.float64((1 << circuit.bits) - 1)
    copy_line(volts, n, circuit.asked)
    for q in range(n_gated):
        circuit.total[room.gated[q]] = 0.0
    for p in range(circuit.bits):
        drive_bit(circuit.asked, n, p, levels, circuit.full, volts)
        single_reads.read_rows(circuit.inner, layer, n_gated, now, number + p * PLANE, geometry, w, room, lines)
        for q in range(n_gated):
            i = room.gated[q]
            circuit.total[i] += np.float64(1 << p) / levels * np.float64(out[i])
    for q in range(n_gated):
        out[room.gated[q]] = np.float32(circuit.total[room.gated[q]])
    copy_line(circuit.asked, n, volts)


def follow(circuit, layer, number, first_event, events, array):
    """Follow recorded events; see `table.follow`."""
    single_reads.follow(circuit.inner, layer, number, first_event, events, array)


def follow_all(circuit, layer, array):
    """Follow anything; see `table.follow_all`."""
    single_reads.follow_all(circuit.inner, layer, array)
