"""Stages of arrays: what a pulse event does to the pairs of one kind of array.

Every kind is a NamedTuple whose first field is W; the type of the tuple chooses the code (see `base.stage`).
"""

from __future__ import annotations

from ..base.stage import stage
from . import analog, ladder, scattered, single, single_scattered, varied, weights

ARRAYS = {
    ladder.Ladder: ladder,
    varied.Varied: varied,
    analog.Analog: analog,
    scattered.Scattered: scattered,
    single.Single: single,
    single_scattered.SingleScattered: single_scattered,
    weights.Weights: weights,
}


@stage(ARRAYS)
def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers, as an array of the same kind."""
    return array


@stage(ARRAYS)
def at_clock(array, iteration, number):
    """Say which event comes next: the `number`-th of this layer in an iteration. Only noise depends on it."""


@stage(ARRAYS)
def pulse(array, firing, n, up, n_up, down, n_down):
    """Pulse every pair of a layer where a firing row meets a firing column.

    Parameters
    ----------
    firing, up, down : int32
        The first `n`, `n_up`, `n_down` entries: firing rows, columns that raise W, columns that lower W.

    Returns
    -------
    pulses, resets : int
        Issued on the whole array.
    """
    return 0, 0


@stage(ARRAYS)
def conduct(array, i, j, side):
    """What the device of a side (0: plus, 1: minus) at row `i`, column `j` of a layer conducts, float32, S."""
    return array.w[i, j]


@stage(ARRAYS)
def foresee(array, i, j, raising):
    """What an update of a pair of a layer would issue: (whether its pulses replay a pair, pulses, resets)."""
    return False, 1, 0


@stage(ARRAYS)
def side_of(array, raising):
    """The side (0: plus, 1: minus) whose gate an update of a pair pulses, or replays the pair from."""
    return 0 if raising else 1


@stage(ARRAYS)
def is_stuck(array, i, j, side):
    """Whether a device of a layer does not move."""
    return False


@stage(ARRAYS)
def refresh(array, limits, at, rows, cols):
    """Write one-sided pairs of a layer with both sides high anew, after update `at`; returns the pulses and resets
    issued.

    Parameters
    ----------
    limits : Refresh
        See `refreshing`.
    rows, cols : (first, past the last)
        Pairs that are looked at.
    """
    return 0, 0
