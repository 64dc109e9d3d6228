"""From dense images to lists of driven rows: most inputs are 0 and drive no current, so reads skip them."""

from __future__ import annotations

import numpy as np

from ._jit import jit


@jit
def count_driven(x, start):
    """Prefix sums of the number of non-zero inputs per sample.

    Parameters
    ----------
    x : (samples, inputs) uint8 or float32
    start : (samples + 1,) int64, updated
    """
    total = 0
    start[0] = 0
    for k in range(x.shape[0]):
        n = 0
        for i in range(x.shape[1]):
            n += x[k, i] > 0
        total += n
        start[k + 1] = total


@jit
def list_driven(x, full, v_read, start, line, volts):
    """Rows with a non-zero input, ascending, and their voltages.

    Parameters
    ----------
    x : (samples, inputs) uint8 or float32
    full : float32
        Value of a full input.
    v_read : float32, V
    start : (samples + 1,) int64
    line : (driven,) int32, updated
    volts : (driven,) float32, V, updated
        ``x / full * v_read``
    """
    for k in range(x.shape[0]):
        q = start[k]
        for i in range(x.shape[1]):
            if x[k, i] > 0:
                line[q] = i
                volts[q] = np.float32(x[k, i]) / full * v_read
                q += 1
