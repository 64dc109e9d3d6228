"""The same against a reference that is estimated on the way: AGAD (Rasch et al., Nat. Commun. 15:7133, 2024).

The chopper of a line flips every so many sweeps. Of every device a running mean of its reads is kept; at the first read
after a flip it becomes the reference P, and ``H += chopper * (value - P) * rate / granularity``. In the first period
there is no reference, and nothing is added.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.buffers import layer_weights
from .buffered import Buffered, steps_of


class Estimated(NamedTuple):
    """The buffer, and what is known of the reference."""

    buffer: Buffered
    mean: np.ndarray  # flat as W, float32, updated: running mean of the reads
    reference: np.ndarray  # flat as W, float32, updated: P
    follow: np.float32  # weight of a read in the mean


def digest(own, moving, geometry, layer, read, line, count, n, rate, step):
    """Follow the reference, add to H, and write steps; see `digests.digest`."""
    h, mean = layer_weights(own.buffer.hidden, geometry, layer), layer_weights(own.mean, geometry, layer)
    reference = layer_weights(own.reference, geometry, layer)
    sign = -1.0 if moving.chopper[layer, line] else 1.0
    scale, most = np.float32(sign * rate / own.buffer.granularity[layer]), np.int64(0)
    sweep = read // count
    flipped, known = sweep > 0 and sweep % moving.regular == 0, sweep >= moving.regular
    for j in range(n):
        a, b = (line, j) if moving.by_rows else (j, line)
        if flipped:
            reference[a, b] = mean[a, b]
        value = moving.values[j]
        mean[a, b] += own.follow * (value - mean[a, b])
        steps = np.int64(0)
        if known:
            steps, left = steps_of(h[a, b] + scale * (value - reference[a, b]), own.buffer)
            h[a, b] = left
        moving.rounds[j] = steps
        most = max(most, abs(steps))
    return most
