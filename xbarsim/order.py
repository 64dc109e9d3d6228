"""How long a run is, and in which order it takes the samples."""

from __future__ import annotations

import numpy as np

from .kernels import noise
from .layout import Layout

DEFAULT_ITERATIONS = 60_000


def iterations_of(layout: Layout, samples: int) -> int:
    """Length of a run in iterations."""
    if layout.run.epochs is not None:
        return layout.run.epochs * samples
    return layout.run.iterations or DEFAULT_ITERATIONS


class SampleOrder:
    """Training samples in a seeded random order, without replacement within an epoch."""

    def __init__(self, seed: int, samples: int) -> None:
        self._seed, self._samples = np.uint64(seed), samples
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def take(self, first: int, n: int) -> np.ndarray:
        """Sample numbers of the iterations ``first .. first + n - 1``, all of one epoch."""
        epoch, at = divmod(first, self._samples)
        if epoch != self._epoch:
            keys = np.empty(self._samples, np.uint64)
            noise.fill_keys(self._seed, epoch, keys)
            self._epoch, self._order = epoch, np.argsort(keys, kind="stable").astype(np.int64)
        return self._order[at : at + n]

    def left_in_epoch(self, first: int) -> int:
        """How many iterations are left in the epoch of iteration `first`."""
        return self._samples - first % self._samples
