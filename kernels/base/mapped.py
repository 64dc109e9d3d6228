"""Networks with maps: arrays that are read at many positions of what the layer before gave."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NO_POOL, MAX_POOL, MEAN_POOL = 0, 1, 2
"""What stands before an array."""


class Mapped(NamedTuple):
    """A `buffers.Geometry`, and where each array is read; (layers,) int64 unless said.

    Of a layer, *given* are the numbers that the layer before gives, *source* those behind the pools, in which its
    positions lie. Both have one number more than they need, which stays 0: that is where places beside a map lead.
    """

    rows: np.ndarray  # as of a `Geometry`
    cols: np.ndarray
    stride: np.ndarray
    offset: np.ndarray
    offset_t: np.ndarray
    bias: np.ndarray
    positions: np.ndarray
    place_at: np.ndarray  # where a layer begins in `place`
    place: np.ndarray  # flat int32: for every position and row, the number of its source that drives it
    slot_at: np.ndarray  # in lists of positions
    line_at: np.ndarray  # in lists of driven rows, which have room for all rows of all positions
    out_at: np.ndarray  # in lists of what columns give at all positions
    given_at: np.ndarray  # in `Memory.values`
    given: np.ndarray  # numbers
    source_at: np.ndarray  # the same as `given_at` where there is no pool
    source: np.ndarray
    pool: np.ndarray  # ``NO_POOL``, ...
    window: np.ndarray  # numbers that a pool makes one of
    window_at: np.ndarray  # in `member`
    member: np.ndarray  # flat int32: for every number of a source, those of what is given
    winner_at: np.ndarray  # in lists of which member was the largest
