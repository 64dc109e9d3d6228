"""What CRUS and its rivals have in common in an iteration: sensing, drawn lines, and the record of what SGD would do.

Every `period` updates all pairs are sensed, before the reads of the next; in between the copies are stale.
"""

from __future__ import annotations

import math

from ...base._jit import jit
from ...base.buffers import layer_columns, layer_weights
from .pairs import sense_pairs
from .rule import USE_EVENT, draw_columns, draw_rows, event_keys
from .update_noise import add_request


@jit
def begin(rule, array, geometry, layer, now, rows, cols):
    """Sense a layer; see `rules.table.begin`."""
    if now % rule.scheme.period == 0:
        codes = layer_columns(rule.codes, geometry, layer)
        sense_pairs(layer, now, rows, cols, array.pairs, codes, rule.scheme, array.device)
    return 0, 0


@jit
def rate_of(scheme, layer, now):
    """Rate of a layer after `now` updates."""
    return scheme.rate[layer] * math.exp(-scheme.decay * now / scheme.total)


def note(rule, geometry, layer, room):
    """Add what SGD would do to what it asked for; see `rules.table.note`."""
    if rule.asked.shape[0] > 0:
        asked = layer_weights(rule.asked, geometry, layer)
        lines, volts, n = room.lines[layer], room.volts[layer], room.n_lines[layer]
        add_request(room.delta[layer], lines, volts, n, geometry.cols[layer], asked)


@jit
def pick_rows(rule, layer, now, number, geometry, room, lists):
    """Rows fire with the probability of their voltage; see `rules.table.pick_rows`."""
    key, _, _ = event_keys(rule.scheme.seed, layer, USE_EVENT, now + 1, number)
    lines, volts, n = room.lines[layer], room.volts[layer], room.n_lines[layer]
    return draw_rows(key, lines, volts, n, rule.reading.v_read, lists.firing)


def pick(rule, layer, now, number, geometry, room, lists):
    """Columns fire with the probability of their error; see `rules.table.pick`."""
    delta, cols = room.delta[layer], geometry.cols[layer]
    _, key, _ = event_keys(rule.scheme.seed, layer, USE_EVENT, now + 1, number)
    rate, dead_zone = rate_of(rule.scheme, layer, now), rule.reading.dead_zone[layer]
    n_up, n_down = draw_columns(key, delta, cols, rate, dead_zone, lists.up, lists.down)
    if n_up + n_down == 0:
        return 0, 0, 0
    return pick_rows(rule, layer, now, number, geometry, room, lists), n_up, n_down


def pick_sum(rule, layer, now, geometry, total, lists):
    """Columns fire with the probability of their summed error; see `rules.table.pick_sum`."""
    _, key, _ = event_keys(rule.scheme.seed, layer, USE_EVENT, now + 1, 0)
    rate, dead_zone = rate_of(rule.scheme, layer, now), rule.reading.dead_zone[layer]
    return draw_columns(key, total, geometry.cols[layer], rate, dead_zone, lists.up, lists.down)
