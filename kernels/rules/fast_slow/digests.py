"""Stages of what becomes of the numbers that are read of a fast array."""

from __future__ import annotations

from ...base.stage import stage
from . import buffered, direct, estimated

DIGESTS = {direct.Direct: direct, buffered.Buffered: buffered, estimated.Estimated: estimated}


@stage(DIGESTS)
def digest(own, moving, geometry, layer, read, line, count, n, rate, step):
    """Say in ``moving.rounds`` how many pulses follow on each device of a line; returns the most of one.

    Parameters
    ----------
    read, line, count : int
        Number of the read among those of the layer, the line, and how many lines are read in turn.
    n : int
        Numbers that were read, in ``moving.values``.
    rate : float64
        What is moved of a number, in w.
    step : float64
        A step of the slow array, in w.
    """
    return 0
