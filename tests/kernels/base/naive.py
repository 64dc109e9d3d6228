"""Twins of numbers and samples, written from what they mean; see `tests/naive.py`."""

from __future__ import annotations

import numpy as np

F = np.float32


def single(x):
    """A Python float, rounded to float32."""
    return float(F(x))


def input_volts(x, v_read):
    """Voltages of one sample, one per input: uint8 counts 255 as full, a float 1."""
    full = F(255) if np.asarray(x).dtype == np.uint8 else F(1)
    return [F(value) / full * F(v_read) for value in x]


def list_driven(x, v_read):
    """Returns (start, line, volts) as lists."""
    start, line, volts = [0], [], []
    for sample in x:
        for i, v in enumerate(input_volts(sample, v_read)):
            if v > 0:
                line.append(i)
                volts.append(v)
        start.append(len(line))
    return start, line, volts


def copy_line(source, n, target):
    return [*source[:n], *target[n:]]


def load_sample(start, line, volts, k):
    return line[start[k] : start[k + 1]], volts[start[k] : start[k + 1]]
