"""Twin of reads of known inputs; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import F
from .naive_sense import TEST, drive_levels, sense_line, sum_squares


def read_known(array, now, first, patterns, full, w, stages):
    """Currents [pattern][column], A, of one array whose weights are `w` [row][column], S, on ideal wires."""
    found = []
    for p, rows in enumerate(patterns):
        volts = drive_levels([full for _ in rows], full, stages)
        square, currents = sum_squares(volts, stages), []
        for j in range(len(w[0])):
            total = F(0)
            for i, v in zip(rows, volts, strict=True):
                total += F(w[i][j]) * v
            currents.append(float(sense_line(total, array, TEST, j, now, first + p, stages, square)))
        found.append(currents)
    return found
