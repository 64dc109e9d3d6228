"""Mixed precision in the training loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

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
    inputs: np.ndarray  # (layers, samples of a block, width) float32, V, updated: for the record
    errors: np.ndarray  # the same of the errors
    refresh: Refresh | None = None  # of one-sided pairs


Rule = MixedPrecision


def absorb(rule, array, geometry, layer, place, size, lines, volts, n, delta):
    """Add what a sample asks for; see `rules.table.absorb`."""
    reading, now = rule.reading, rule.begin[0] + place // size
    if rule.inputs.shape[1] > 0:
        kept, errors = rule.inputs[layer, place], rule.errors[layer, place]
        for i in range(geometry.rows[layer]):
            kept[i] = np.float32(0.0)
        for q in range(n):
            kept[lines[q]] = volts[q]
        for j in range(geometry.cols[layer]):
            errors[j] = delta[j]
    rate = np.float32(rate_of(rule.slope, layer, now) / np.float64(reading.v_read))  # rows are in V
    add_sample(rule.sums, geometry, layer, lines, volts, n, delta, reading.dead_zone[layer], rate, reading.v_read)


def write(rule, geometry, layer, at, step, lists):
    """Pulses that sums are worth, row by row; see `rules.table.write`."""
    sums = rule.sums
    if step == 0:
        sums.cursor[PULSES] = take_off(sums, geometry, layer, at)
        sums.cursor[NEXT] = sums.cursor[ROUND] = 0
    return next_round(sums, sums.over.shape[1], lists)


def refreshes(rule):
    """One-sided pairs; see `table.refreshes`."""
    return rule.refresh
