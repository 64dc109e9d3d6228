"""How long a run is, and in which order it takes the samples."""

from __future__ import annotations

import numpy as np

from ..describe.layout import Layout
from ..kernels.base import noise

DEFAULT_ITERATIONS = 60_000


def iterations_of(layout: Layout, samples: int) -> int:
    """Length of a run in iterations, that is updates; a last batch that an epoch does not fill takes from the next."""
    if layout.run.epochs is not None:
        return -(-layout.run.epochs * samples // layout.run.batch)
    return layout.run.iterations or DEFAULT_ITERATIONS


class SampleOrder:
    """Training samples in a seeded random order, without replacement within an epoch."""

    def __init__(self, seed: int, samples: int) -> None:
        self._seed, self._samples = np.uint64(seed), samples
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def take(self, first: int, n: int) -> np.ndarray:
        """Sample numbers at the places ``first .. first + n - 1`` of the endless order of all epochs."""
        parts = [np.empty(0, np.int64)]
        while n > 0:
            epoch, at = divmod(first, self._samples)
            parts.append(self._of_epoch(epoch)[at : at + n])
            first, n = first + len(parts[-1]), n - len(parts[-1])
        return np.concatenate(parts)

    def _of_epoch(self, epoch: int) -> np.ndarray:
        if epoch != self._epoch:
            keys = np.empty(self._samples, np.uint64)
            noise.fill_keys(self._seed, epoch, keys)
            self._epoch, self._order = epoch, np.argsort(keys, kind="stable").astype(np.int64)
        return self._order
