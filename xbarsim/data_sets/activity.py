"""How training images drive the inputs: what defaults follow from."""

from __future__ import annotations

import numpy as np

from ..describe.defaults import Activity
from .data_set import Dataset

_MOST = 5000
"""Samples that are looked at: their means are those of all within a hundredth, in a tenth of the time."""

_STRIDE = 7919
"""A prime: whatever order samples are in (by class; MNIST's even ones are darker, and of other writers, than its odd
ones), taking every so many, round and round, meets all kinds."""


def activity_of(data: Dataset) -> Activity:
    """Mean sums of the inputs of a training sample and of their squares, and the threshold for rows.

    The threshold is 0 where at most half of all inputs are above 0, as with MNIST (19 %): then rows fire where there is
    something. Else it is their median, so that half of the rows fire; were it 0, all would fire with every sample, and
    each update would move all weights of a column alike, whatever the image.

    >>> from xbarsim import load_dataset
    >>> activity_of(load_dataset("two-pixels"))
    Activity(total=1.0, square=1.0, threshold=0.0, firing=0.5)
    """
    x = data.x_train
    if len(x) > _MOST:
        x = x[np.sort(np.arange(_MOST) * _STRIDE % len(x))]
    v = x.astype(np.float32) / np.float32(255.0 if x.dtype == np.uint8 else 1.0)
    total, square = (float(values.sum(axis=1, dtype=np.float64).mean()) for values in (v, v * v))
    threshold = float(np.median(v)) if np.count_nonzero(v) > 0.5 * v.size else 0.0
    # Binary images that are mostly lit have their median at full: there is nothing above it.
    threshold = threshold if threshold < float(v.max()) else 0.0
    return Activity(total, square, threshold, float(np.count_nonzero(v > threshold) / v.size))
