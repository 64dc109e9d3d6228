"""Reads of known inputs: rows that are driven at the full voltage, to learn what an array has become."""

from __future__ import annotations

from ..base._jit import jit
from .table import read_columns, round_drive


@jit
def read_known(circuit, lines, array, now, first, starts, rows, full, geometry, w, room, out):
    """Read an array with every pattern of driven rows.

    Parameters
    ----------
    circuit, lines : NamedTuples
        As of `loop.train`.
    array : int
        Its number.
    now, first : int
        Of the noise of reads: updates done, and the number of the first of these reads.
    starts, rows : (patterns + 1,) int64, int32
        The rows that are driven by pattern p are ``rows[starts[p] : starts[p + 1]]``.
    full : float32, V
    geometry : Geometry
        Of all arrays.
    w : flat float32, S
        W of all arrays, or what stands for it with wires.
    room : Room, scratch
        Of one sample, for all arrays.
    out : (patterns, cols) float32, A, updated
    """
    for p in range(starts.shape[0] - 1):
        n = starts[p + 1] - starts[p]
        for q in range(n):
            room.lines[array, q] = rows[starts[p] + q]
            room.volts[array, q] = full
        round_drive(circuit, room.volts[array], n, full)
        read_columns(circuit, array, n, now, first + p, geometry, w, room, lines)
        for j in range(geometry.cols[array]):
            out[p, j] = room.currents[array, j]
