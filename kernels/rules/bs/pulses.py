"""Pulses of binary-stochastic learning: which lines fire, what an event does to the lowest digit, the carries that are
due after an image, and which array is which digit.
"""

from __future__ import annotations

import numpy as np

from ...base._jit import jit
from ...base.buffers import copy_line
from .counts import CARRIES, CARRY_PULSES, CARRY_RESETS, EVENT_COLUMNS, EVENT_ROWS, EVENTS, PULSES
from .kinds import (
    carry_all,
    flush,
    follow_every,
    follow_lowest,
    lines_of,
    look_at,
    pairs_of,
    press,
    weigh_layer,
)


@jit
def _by_sign(errors, n, up, down):
    """Columns with an error below 0, which raise W, and above it, which lower it; returns their numbers."""
    n_up, n_down = 0, 0
    for j in range(n):
        if errors[j] < np.float32(0.0):
            up[n_up] = j
            n_up += 1
        elif errors[j] > np.float32(0.0):
            down[n_down] = j
            n_down += 1
    return n_up, n_down


def take_errors(rule, layer, geometry, errors, room):
    """Columns with an error, by its sign; see `rules.table.take_errors`."""
    cols = geometry.cols[layer]
    room.n_up[layer], room.n_down[layer] = _by_sign(errors, cols, room.up[layer], room.down[layer])


@jit
def pick_rows(rule, layer, now, number, geometry, room, lists):
    """Rows whose bit is 1; see `rules.table.pick_rows`."""
    n = room.n_lines[layer]
    copy_line(room.lines[layer], n, lists.firing)
    return n


def pick(rule, layer, now, number, geometry, room, lists):
    """Columns with an error fire by its sign; see `rules.table.pick`."""
    n_up, n_down = room.n_up[layer], room.n_down[layer]
    if n_up + n_down == 0:
        return 0, 0, 0
    copy_line(room.up[layer], n_up, lists.up)
    copy_line(room.down[layer], n_down, lists.down)
    return pick_rows(rule, layer, now, number, geometry, room, lists), n_up, n_down


def pick_sum(rule, layer, now, geometry, total, lists):
    """Columns fire by the sign of their summed errors; see `rules.table.pick_sum`."""
    return _by_sign(total, geometry.cols[layer], lists.up, lists.down)


def errors_of(rule, layer, geometry, room, out):
    """Ternary errors; see `rules.table.errors_of`."""
    out[: geometry.cols[layer]] = np.float32(0.0)
    for k in range(room.n_up[layer]):
        out[room.up[layer, k]] = np.float32(-1.0)
    for k in range(room.n_down[layer]):
        out[room.down[layer, k]] = np.float32(1.0)


def move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """One event; see `rules.table.move`."""
    press(array, rule.seed, layer, now, number, firing, n, up, n_up, down, n_down)
    work = rule.work[layer]
    work[EVENTS] += 1
    work[EVENT_ROWS] += n
    work[EVENT_COLUMNS] += n_up + n_down
    work[PULSES] += n * (n_up + n_down)
    return n * (n_up + n_down), 0


def after(rule, array, geometry, layer, at, rows, cols):
    """The carries that are due, the lowest digit first; see `rules.table.after`."""
    flush(array)
    pulses, resets = 0, 0
    for k in range(rule.period.shape[0] - 1, 0, -1):
        if rule.period[k] > 0 and at % rule.period[k] == 0:
            carries, a, b = carry_all(array, rule.seed, layer, k, at, rows, cols)
            rule.work[layer, CARRIES] += carries
            rule.work[layer, CARRY_PULSES] += a
            rule.work[layer, CARRY_RESETS] += b
            pulses, resets = pulses + a, resets + b
    return pulses, resets


def event_array(rule, array, geometry, layer, number):
    """The pairs of the lowest digit; see `rules.arrays.event_array`."""
    return pairs_of(array, layer, rule.period.shape[0] - 1)


def event_lines(rule, array, lines, geometry, layer, number):
    """The pulse lines of the lowest digit; see `rules.arrays.event_lines`."""
    return lines_of(array, lines, geometry, layer, rule.period.shape[0] - 1)


def copies(rule):
    """Digits; see `rules.arrays.copies`."""
    return rule.period.shape[0]


def copy_array(rule, array, geometry, layer, copy):
    """The pairs of a digit; see `rules.arrays.copy_array`."""
    return pairs_of(array, layer, copy)


def copy_lines(rule, array, lines, geometry, layer, copy):
    """The pulse lines of a digit; see `rules.arrays.copy_lines`."""
    return lines_of(array, lines, geometry, layer, copy)


def compose(rule, array, geometry, layer):
    """Bring W up to its digits; see `rules.arrays.compose`."""
    weigh_layer(array, geometry, layer)


def follow_events(rule, array, circuit, geometry, layer, first_event, events):
    """Let the wires of the lowest digit follow; see `rules.arrays.follow_events`."""
    follow_lowest(array, circuit, layer, first_event, events)


def follow_layer(rule, array, circuit, geometry, layer):
    """Let the wires of all digits follow; see `rules.arrays.follow_layer`."""
    follow_every(array, circuit, layer)


def look(rule, array, geometry, layer, i, j, out):
    """What the devices of all digits conduct; see `rules.arrays.look`."""
    look_at(array, layer, i, j, out)
