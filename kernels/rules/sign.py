"""The learning rule of Lim et al. (2019): lines fire by the sign of the error, with a dead zone.

One iteration is the learning procedure of Fig. 5: read forward layer by layer, take the output error, read backward
layer by layer, then pulse. All arrays are pulsed after all reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..pair.refreshing import Refresh
from ..way.hardware import Reading, drive, fire, land, output_error, read_back, read_layer, sense_back, slopes_of

__all__ = [
    "Rule",
    "Sign",
    "drive",
    "fire",
    "land",
    "output_error",
    "pick",
    "pick_rows",
    "pick_sum",
    "read_back",
    "read_layer",
    "refreshes",
    "sense_back",
    "slopes_of",
]


class Sign(NamedTuple):
    """What the rule needs to know."""

    reading: Reading
    refresh: Refresh | None = None  # of one-sided pairs


Rule = Sign


@jit
def select_columns(delta, n, dead_zone, up, down):
    """Comparators with a dead zone: columns that raise W (delta < -dead_zone) and that lower it (delta > dead_zone).

    Parameters
    ----------
    delta : (>= n,) float32
    dead_zone : float32
    up, down : (>= n,) int32, updated

    Returns
    -------
    n_up, n_down : int

    Notes
    -----
    Lim et al. (2019) update where sgn(delta) is not 0; a floating-point softmax error never is 0, so the comparator
    needs a dead zone.
    """
    n_up, n_down = 0, 0
    for j in range(n):
        if delta[j] < -dead_zone:
            up[n_up] = j
            n_up += 1
        elif delta[j] > dead_zone:
            down[n_down] = j
            n_down += 1
    return n_up, n_down


@jit
def select_rows(lines, volts, n_lines, threshold, out):
    """Rows that fire: those driven above `threshold` (float32, V). Returns their number; `out` is int32, updated."""
    n = 0
    for q in range(n_lines):
        if volts[q] > threshold:
            out[n] = lines[q]
            n += 1
    return n


def pick(rule, layer, now, number, geometry, room, lists):
    """Rows and columns that fire; see `table.pick`."""
    reading = rule.reading
    n_up, n_down = select_columns(
        room.delta[layer], geometry.cols[layer], reading.dead_zone[layer], lists.up, lists.down
    )
    if n_up + n_down == 0:
        return 0, 0, 0
    threshold = reading.input_threshold if layer == 0 else np.float32(0.0)
    n = select_rows(room.lines[layer], room.volts[layer], room.n_lines[layer], threshold, lists.firing)
    return n, n_up, n_down


def pick_rows(rule, layer, now, number, geometry, room, lists):
    """Rows that fire, whatever the columns do; see `table.pick_rows`."""
    threshold = rule.reading.input_threshold if layer == 0 else np.float32(0.0)
    return select_rows(room.lines[layer], room.volts[layer], room.n_lines[layer], threshold, lists.firing)


def pick_sum(rule, layer, now, geometry, total, lists):
    """Columns that fire by errors summed over a batch; see `table.pick_sum`."""
    return select_columns(total, geometry.cols[layer], rule.reading.dead_zone[layer], lists.up, lists.down)


def refreshes(rule):
    """One-sided pairs; see `table.refreshes`."""
    return rule.refresh
