"""The conditional reverse update scheme (CRUS, a reconstruction, see `rule`) in the training loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.buffers import layer_columns
from ...way.hardware import Reading, drive, fire, land, output_error, read_back, read_layer, sense_back, slopes_of
from .pairs import Scheme, expect_crossing, update_crus
from .rule import USE_EVENT, event_keys
from .sensed import begin, note, pick, pick_rows, pick_sum

__all__ = [
    "Conditional",
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


class Conditional(NamedTuple):
    """What CRUS needs to know, and what was sensed."""

    reading: Reading  # with dead zones below which a column never fires
    scheme: Scheme
    codes: np.ndarray  # flat uint16, updated: levels last sensed, see `pairs.sense_pairs`
    asked: (
        np.ndarray
    )  # flat float32, V, updated: what SGD would do, laid out as W, see `update_noise.add_request`; empty: not followed


Rule = Conditional


def move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """One event; see `rules.table.move`."""
    codes, p = layer_columns(rule.codes, geometry, layer), array.pairs
    pulses = update_crus(
        layer, now, number, firing, n, up, n_up, down, n_down, p, codes, rule.scheme, array.device, p.scatter
    )
    return pulses, 0


def outlook(rule, array, geometry, layer, now, number):
    """Sensed codes, and the key of the event's draws; see `rules.arrays.outlook`."""
    _, _, key = event_keys(rule.scheme.seed, layer, USE_EVENT, now, number)
    return layer_columns(rule.codes, geometry, layer), key


def expect(rule, own, i, j, raising):
    """What an event would do to one pair; see `rules.arrays.expect`."""
    codes, key = own
    return expect_crossing(i, j, raising, key, codes, rule.scheme), False, 1, 0
