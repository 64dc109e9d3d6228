"""The schemes that CRUS is compared with under the same sensing (see `rivals`) in the training loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.buffers import layer_columns
from ...way.hardware import Reading, drive, fire, land, output_error, read_back, read_layer, sense_back, slopes_of
from .pairs import REFRESH, Scheme
from .rivals import expect_sensed, refresh_pairs, update_lim
from .sensed import begin as sense
from .sensed import note, pick, pick_rows, pick_sum

__all__ = [
    "Rival",
    "Rule",
    "begin",
    "drive",
    "expect",
    "fire",
    "land",
    "move",
    "note",
    "outlook",
    "output_error",
    "pick",
    "pick_rows",
    "pick_sum",
    "read_back",
    "read_layer",
    "sense_back",
    "slopes_of",
]


class Rival(NamedTuple):
    """What a rival needs to know, and what was sensed; fields as of `conditional.Conditional`."""

    reading: Reading
    scheme: Scheme
    codes: np.ndarray
    asked: np.ndarray


Rule = Rival


def begin(rule, array, geometry, layer, now, rows, cols):
    """Sense a layer, and refresh it if the scheme says so; see `rules.table.begin`."""
    sense(rule, array, geometry, layer, now, rows, cols)
    if rule.scheme.mode == REFRESH and now % rule.scheme.period == 0:
        codes, p = layer_columns(rule.codes, geometry, layer), array.pairs
        return refresh_pairs(layer, now, rows, cols, p, codes, rule.scheme, array.device, p.scatter)
    return 0, 0


def move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """One event; see `rules.table.move`."""
    codes, p = layer_columns(rule.codes, geometry, layer), array.pairs
    return update_lim(
        layer, now, number, firing, n, up, n_up, down, n_down, p, codes, rule.scheme, array.device, p.scatter
    )


def outlook(rule, array, geometry, layer, now, number):
    """Sensed codes, and the device; see `rules.arrays.outlook`."""
    return layer_columns(rule.codes, geometry, layer), array.device


def expect(rule, own, i, j, raising):
    """What an event would do to one pair; see `rules.arrays.expect`."""
    codes, d = own
    return expect_sensed(i, j, raising, codes, rule.scheme, d)
