"""What is read of a fast array is added up in a digital buffer H, and pulsed where that is worth a step: TTv2 (Gokmen,
Front. Artif. Intell. 4:699148, 2021), and with choppers c-TTv2 (Rasch et al., Nat. Commun. 15:7133, 2024).

H has no unit: ``H += chopper * value * rate / granularity``, and trunc(H) steps are written, at most so many at once;
after them H is kept by a part ("momentum"), or what was written is taken off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...base.buffers import layer_weights


class Buffered(NamedTuple):
    """The buffer."""

    hidden: np.ndarray  # flat as W, float32, updated: H
    granularity: np.ndarray  # (layers,) float64: what a step of the slow array is worth
    keep: np.float32  # part of H that is kept after a step
    forget: int  # 1: the rest is forgotten; 0: steps are taken off
    most: int  # steps of one write


@jit
def steps_of(h, own):
    """(steps that H is worth, H after them): of one device."""
    n = np.int64(min(max(h, -np.float32(own.most)), np.float32(own.most)))  # towards 0
    if n != 0:
        h = h * own.keep if own.forget else h - (np.float32(1.0) - own.keep) * np.float32(n)
    return n, h


def digest(own, moving, geometry, layer, read, line, count, n, rate, step):
    """Add to H, and write steps; see `digests.digest`."""
    h = layer_weights(own.hidden, geometry, layer)
    sign = -1.0 if moving.chopper[layer, line] else 1.0
    scale, most = np.float32(sign * rate / own.granularity[layer]), np.int64(0)
    for j in range(n):
        a, b = (line, j) if moving.by_rows else (j, line)
        steps, left = steps_of(h[a, b] + scale * moving.values[j], own)
        h[a, b] = left
        moving.rounds[j] = steps
        most = max(most, abs(steps))
    return most
