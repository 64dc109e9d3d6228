"""What is read of a fast array is pulsed onto the slow one at once: Tiki-Taka (Gokmen & Haensch, Front. Neurosci.
14:103, 2020).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.trains import COLUMN, Trains, draw_trains


class Direct(NamedTuple):
    """Trains of the writes."""

    trains: Trains
    error: np.ndarray  # (width,) float32, scratch
    line: np.ndarray  # (1,) int32, scratch
    full: np.ndarray  # (1,) float32: 1


def digest(own, moving, geometry, layer, read, line, count, n, rate, step):
    """A write of ``rate * value`` by trains: the line's is full, the others' follow the values; see
    `digests.digest`.
    """
    for j in range(n):
        own.error[j] = -moving.values[j]
        moving.rounds[j] = 0
    one = np.int64(1)
    slots = draw_trains(
        layer, read & 0xFFFFFFFF, read >> 32, own.line, own.full, one, own.error, n, rate, step, own.trains
    )
    most = 0
    for m in range(own.trains.count[COLUMN] if slots > 0 else 0):
        j, word, pulses = own.trains.col_lines[m], own.trains.cols[m] & own.trains.rows[0], 0
        while word != np.uint32(0):
            word &= word - np.uint32(1)
            pulses += 1
        moving.rounds[j] = pulses if own.error[j] < np.float32(0.0) else -pulses
        most = max(most, pulses)
    return most
