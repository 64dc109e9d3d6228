"""Mixed precision in the training loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.buffers import layer_weights
from ...pair.refreshing import Refresh
from ...way.gradient import (
    Slope,
    drive,
    fire,
    land,
    output_error,
    rate_of,
    read_back,
    read_layer,
    sense_back,
    slopes_of,
)
from ...way.hardware import Reading
from .record import Record, note_sample, note_sums
from .sums import NEXT, PULSES, ROUND, Sums, add_sample, next_round, take_off

__all__ = [
    "MixedPrecision",
    "Rule",
    "absorb",
    "drive",
    "fire",
    "land",
    "output_error",
    "read_back",
    "read_layer",
    "refreshes",
    "sense_back",
    "slopes_of",
    "write",
]


class MixedPrecision(NamedTuple):
    """What the rule needs to know."""

    reading: Reading  # with dead zones: errors within them are taken for 0
    slope: Slope
    sums: Sums
    begin: np.ndarray  # (1,) int64: updates before the block
    record: Record
    refresh: Refresh | None = None  # of one-sided pairs


Rule = MixedPrecision


def absorb(rule, array, geometry, layer, place, position, size, lines, volts, n, delta):
    """Add what a sample asks for; see `rules.table.absorb`."""
    reading, now = rule.reading, rule.begin[0] + place // size
    note_sample(rule.record, geometry, layer, place, position, lines, volts, n, delta)
    rate = np.float32(rate_of(rule.slope, layer, now) / np.float64(reading.v_read))  # rows are in V
    add_sample(rule.sums, geometry, layer, lines, volts, n, delta, reading.dead_zone[layer], rate, reading.v_read)


def write(rule, geometry, layer, at, step, lists):
    """Pulses that sums are worth, row by row; see `rules.table.write`."""
    sums = rule.sums
    if step == 0:
        sums.cursor[PULSES] = take_off(sums, geometry, layer, at)
        sums.cursor[NEXT] = sums.cursor[ROUND] = 0
        note_sums(rule.record, geometry, layer, at - 1 - rule.begin[0], layer_weights(sums.chi, geometry, layer))
    return next_round(sums, sums.over.shape[1], lists)


def refreshes(rule):
    """One-sided pairs; see `table.refreshes`."""
    return rule.refresh
