"""Twins of reads of bits and signs, and of what sense circuits make of digits; see `tests/naive.py`."""

from __future__ import annotations

from ...kernels.base.naive import F
from ...kernels.circuit.naive_sense import BACKWARD, FORWARD, sense_line
from ...kernels.way.naive import widest
from .naive_loop import classify_sampled

poll = classify_sampled


def make_room(geometry, batch):
    """Shapes of what the ways of so many images take."""
    layers, width = len(geometry.rows), widest(geometry) + 16
    return {
        **dict.fromkeys(("lines", "volts", "currents", "up", "down"), (batch, layers, width)),
        **dict.fromkeys(("n_lines", "n_up", "n_down"), (batch, layers)),
        "cumulated": (batch, width),
        **dict.fromkeys(("gated", "back_currents", "scratch", "driven", "sensed"), (width,)),
        "words": (width + 16,),
    }


def is_read(number, draws):
    """Whether the way of this number, of all draws of all reads of an image, begins with a forward read."""
    return number % draws == 0


def pick_rows(fired):
    """All rows whose bit is 1 fire."""
    return list(fired)


def array_of(scatters):
    """Kind of array that a digit is, and its pair method: single pulses."""
    return "Scattered" if scatters else "Analog", "c"


def sum_signs(w, up, down, gated):
    """{row: sum} of the rows that are gated on, float32, raised columns first; w: rows of columns."""
    sums = {}
    for i in gated:
        s = F(0)
        for k in up:
            s = s + F(w[i][k])
        for k in down:
            s = s - F(w[i][k])
        sums[i] = s
    return sums


def clear_rows(gated, sums):
    return [F(0) if i in gated else s for i, s in enumerate(sums)]


def fill_signs(up, down, cols, v):
    """Voltages of the columns."""
    return [F(v) * ((j in up) - (j in down)) for j in range(cols)]


def sense_columns(array, currents, driven, at, number, unit, v, stages, z):
    """z plus what the sense circuits give, in units of W; so many rows are driven with v."""
    square = driven * v * v
    sensed = [sense_line(x, array, FORWARD, j, at, number, stages, square) for j, x in enumerate(currents)]
    return [F(a) + F(unit) / F(v) * s for a, s in zip(z, sensed, strict=True)]


def sense_rows(array, currents, gated, driven, at, number, unit, v, stages, sums):
    """The same of rows, where they are gated on."""
    square = driven * v * v
    return [
        F(s) + F(unit) / F(v) * sense_line(x, array, BACKWARD, i, at, number, stages, square) if i in gated else F(s)
        for i, (x, s) in enumerate(zip(currents, sums, strict=True))
    ]
