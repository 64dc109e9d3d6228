"""Rule `coin` in the training loop: lines fire as with rule `sign`, but a column only if its coin shows heads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import jit
from ..way.hardware import Reading, drive, fire, land, output_error, read_back, read_layer, sense_back, slopes_of
from .sign import pick_rows, select_columns, select_rows

__all__ = [
    "Coin",
    "Rule",
    "drive",
    "fire",
    "land",
    "output_error",
    "pick",
    "pick_rows",
    "pick_sum",
    "read_back",
    "read_layer",
    "sense_back",
    "slopes_of",
]


class Coin(NamedTuple):
    """What the rule needs to know."""

    reading: Reading
    seed: np.uint64
    heads: float  # probability that a column fires


Rule = Coin


@jit
def toss(columns, n, rule, layer, now, number):
    """Keep the columns whose coins show heads; returns their number. The stream of the draws is nobody else's."""
    kept = 0
    for k in range(n):
        if noise.uniform(rule.seed, 16 * layer, now, number, columns[k]) < rule.heads:
            columns[kept] = columns[k]
            kept += 1
    return kept


@jit
def toss_both(error, n, rule, layer, now, number, lists):
    """Columns outside the dead zone whose coins show heads; returns the numbers of raised and lowered ones."""
    n_up, n_down = select_columns(error, n, rule.reading.dead_zone[layer], lists.up, lists.down)
    n_up = toss(lists.up, n_up, rule, layer, now, number)
    return n_up, toss(lists.down, n_down, rule, layer, now, number)


def pick(rule, layer, now, number, geometry, room, lists):
    """Rows and columns that fire; see `table.pick`."""
    n_up, n_down = toss_both(room.delta[layer], geometry.cols[layer], rule, layer, now, number, lists)
    if n_up + n_down == 0:
        return 0, 0, 0
    threshold = rule.reading.input_threshold if layer == 0 else np.float32(0.0)
    n = select_rows(room.lines[layer], room.volts[layer], room.n_lines[layer], threshold, lists.firing)
    return n, n_up, n_down


def pick_sum(rule, layer, now, geometry, total, lists):
    """Columns that fire by errors summed over a batch; see `table.pick_sum`."""
    return toss_both(total, geometry.cols[layer], rule, layer, now, 0, lists)
