"""Gradient descent by random pulse trains (Gokmen & Vlasov, Front. Neurosci. 10:333, 2016).

Where the trains of a row and of a column meet in a slot, the pair is pulsed with the sign of -x d: every slot is a
pulse event. What a pulse does is said by the pair method. See `base.trains` for the trains.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.trains import Trains, draw_trains, lines_of_slot
from ..pair.refreshing import Refresh
from ..way.gradient import Slope, drive, fire, land, output_error, rate_of, read_back, read_layer, sense_back, slopes_of
from ..way.hardware import Reading

__all__ = [
    "Rule",
    "Stochastic",
    "cast",
    "drive",
    "fire",
    "land",
    "output_error",
    "read_back",
    "read_layer",
    "refreshes",
    "sense_back",
    "slopes_of",
    "slot",
]


class Stochastic(NamedTuple):
    """What the rule needs to know."""

    reading: Reading
    slope: Slope
    trains: Trains
    step: float  # of a pulse, of w
    refresh: Refresh | None = None  # of one-sided pairs


Rule = Stochastic


def cast(rule, geometry, layer, now, number, rows, volts, n, error):
    """Draw the trains of a sample; see `table.cast`."""
    rate = rate_of(rule.slope, layer, now) / np.float64(rule.reading.v_read)  # rows are in V
    return draw_trains(layer, now, number, rows, volts, n, error, geometry.cols[layer], rate, rule.step, rule.trains)


def slot(rule, geometry, layer, k, part, rows, n, error, lists):
    """Lines that fire in a slot; see `table.slot`."""
    return lines_of_slot(k, error, rule.trains, lists)


def refreshes(rule):
    """One-sided pairs; see `table.refreshes`."""
    return rule.refresh
