"""From dense images to lists of driven rows: most inputs are 0 and drive no current, so reads skip them."""

from __future__ import annotations

import numpy as np

from ._jit import jit


@jit
def list_driven(x, full, v_read, start, line, volts):
    """Rows with a non-zero input, ascending, and their voltages, sample after sample.

    Parameters
    ----------
    x : (samples, inputs) uint8 or float32
    full : float32
        Value of a full input.
    v_read : float32, V
    start : (samples + 1,) int64, updated
        Where each sample's list begins.
    line : (driven + inputs,) int32, updated
        At least; the room of one sample is needed at the end.
    volts : (driven + inputs,) float32, V, updated
        ``x / full * v_read``

    Notes
    -----
    Every input is written and the position moves on only past a driven one: no branch to mispredict.
    """
    q = np.uint64(0)
    one, zero = np.uint64(1), np.uint64(0)
    start[0] = 0
    for k in range(x.shape[0]):
        row = x[k]
        for i in range(x.shape[1]):
            value = row[i]
            line[q] = i
            volts[q] = np.float32(value) / full * v_read
            q += one if value > 0 else zero
        start[k + 1] = q
