"""What is remembered of the samples of a batch by layers that are read at many positions of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import view
from ..base.buffers import widest
from ..base.mapped import Mapped
from .kept import Kept


class KeptMaps(NamedTuple):
    """A `kept.Kept` of all layers: flat, and (layers + 1,) int64 where each begins."""

    n_rows: np.ndarray
    rows: np.ndarray
    volts: np.ndarray
    error: np.ndarray
    first: np.ndarray  # sample
    begin: np.ndarray  # in the others
    only: np.ndarray
    total: np.ndarray
    other: np.ndarray


def make_kept_maps(geometry: Mapped, batch: int) -> KeptMaps:
    """Room for so many samples."""
    width, samples = widest(geometry), geometry.positions * batch
    first = np.concatenate([[0], np.cumsum(samples)])
    begin = np.concatenate([[0], np.cumsum(samples * (np.maximum(geometry.rows, geometry.stride) + 1))])
    return KeptMaps(
        np.empty(first[-1], np.int64),
        np.empty(begin[-1], np.int32),
        np.empty(begin[-1], np.float32),
        np.empty(begin[-1], np.float32),
        first.astype(np.int64),
        begin.astype(np.int64),
        np.empty(width, np.int64),
        np.zeros(width, np.float32),
        np.empty(width, np.int32),
    )


@view
def _one_map(kept, layer):
    i, j, a, b = kept.first[layer], kept.first[layer + 1], kept.begin[layer], kept.begin[layer + 1]
    n, width = j - i, (b - a) // (j - i)
    return Kept(
        kept.n_rows[i:j],
        kept.rows[a:b].reshape((n, width)),
        kept.volts[a:b].reshape((n, width)),
        kept.error[a:b].reshape((n, width)),
        kept.only,
        kept.total,
        kept.other,
    )


def part_of(kept, layer):
    """What is kept of one layer; see `table.part_of`."""
    return _one_map(kept, layer)
