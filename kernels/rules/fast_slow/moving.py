"""When a fast array is read, what is read of it, and the pulses that follow on the slow one.

A *transfer* comes every so many samples and reads so many lines, in turn, with a full input on that line alone. A row
is read forward and gives a number per column, which is meant for the same row of the slow array; or a column is read
backward. How many pulses follow, and with which sign, is said by the `digests`; they are sent in rounds, one pulse per
device each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import jit
from ...circuit.table import plain, read_columns, read_rows, round_drive
from .two import fast_of

READ_NUMBER = 1 << 20
"""Numbers of these reads, for their noise, begin above those of samples."""

_FLIPS = (1 << 31) + (1 << 30)
"""Stream of the choppers: above those of trains."""

NEXT, ROUNDS, ROUND, LINE = 0, 1, 2, 3
"""Places in `Moving.cursor`: the next read; rounds of the write at hand, the next of them, and its line."""


class Moving(NamedTuple):
    """Transfers of all layers."""

    every: float  # samples from one transfer to the next
    reads: int  # lines of one
    by_rows: int
    gamma: np.float32  # of the fast array in W
    batch: int
    rate: float  # of what is moved, per learning rate
    seed: np.uint64
    flip: float  # probability that a chopper flips after its line was read
    regular: int  # it flips every so many sweeps instead; 0: at random
    chopper: np.ndarray  # (layers, width) uint8, updated: 1 changes the sign
    values: np.ndarray  # (width,) float32, scratch: what was read, in units of w
    rounds: np.ndarray  # (width,) int64, scratch: pulses that a write asks for, with their sign
    cursor: np.ndarray  # (4,) int64, scratch
    again: Any  # of a replay: (circuit, pulse lines, room), with which reads are taken again; else None


@jit
def reads_until(moving, updates):
    """Lines that were read up to so many updates."""
    return np.int64(np.float64(updates * moving.batch) / max(moving.every, 1.0)) * moving.reads


@jit
def lines_of(moving, geometry, layer):
    """Lines of a layer that are read in turn."""
    return geometry.rows[layer] if moving.by_rows else geometry.cols[layer]


@jit
def values_of(moving, geometry, layer):
    """Numbers that a read gives."""
    return geometry.cols[layer] if moving.by_rows else geometry.rows[layer]


@jit
def read_line(moving, reading, unit, array, circuit, lines, geometry, layer, at, number, line, room):
    """Read one line of a fast array, in one read as it is: ``moving.values`` is updated."""
    alone = plain(circuit)
    fast, own, n = fast_of(geometry, layer), array.geometry, values_of(moving, geometry, layer)
    full = unit * reading.v_read
    if moving.by_rows:
        one = np.int64(1)
        room.lines[fast, 0], room.volts[fast, 0] = line, reading.v_read
        round_drive(alone, room.volts[fast], one, reading.v_read)
        read_columns(alone, fast, one, at, number, own, array.w, room, lines)
        for j in range(n):
            moving.values[j] = room.currents[fast, j] / full
    else:
        for j in range(geometry.cols[layer]):
            room.back_volts[j] = np.float32(0.0)
        room.back_volts[line] = reading.v_read
        for i in range(n):
            room.gated[i] = i
        read_rows(alone, fast, n, at, number, own, array.w, room, lines)
        for i in range(n):
            moving.values[i] = room.back_currents[i] / full


@jit
def flip_after(moving, layer, read, line, count):
    """Flip the chopper of a line that was read, if it is due; returns whether it was.

    Parameters
    ----------
    read : int
        Number of the read among those of the layer.
    count : int
        Lines that are read in turn.
    """
    due = False
    if moving.regular > 0:
        due = (read // count + 1) % moving.regular == 0
    elif moving.flip > 0.0:
        due = noise.uniform(moving.seed, _FLIPS + 16 * layer, read & 0xFFFFFFFF, line, read >> 32) < moving.flip
    if due:
        moving.chopper[layer, line] = 1 - moving.chopper[layer, line]
    return due


@jit
def next_event(moving, geometry, layer, lists):
    """The next event of the write at hand goes into `lists`; returns the numbers of rows, and of columns that raise W
    and lower it. By columns a round is two events: rows that rise, and rows that fall.
    """
    n, cursor = values_of(moving, geometry, layer), moving.cursor
    number, sign = cursor[ROUND], 1
    if not moving.by_rows:
        number, sign = cursor[ROUND] // 2, 1 - 2 * (cursor[ROUND] % 2)
    cursor[ROUND] += 1
    if moving.by_rows:
        n_up, n_down = 0, 0
        for j in range(n):
            if moving.rounds[j] > number:
                lists.up[n_up] = j
                n_up += 1
            elif -moving.rounds[j] > number:
                lists.down[n_down] = j
                n_down += 1
        lists.firing[0] = cursor[LINE]
        return 1, n_up, n_down
    m = 0
    for i in range(n):
        if sign * moving.rounds[i] > number:
            lists.firing[m] = i
            m += 1
    lists.up[0] = lists.down[0] = cursor[LINE]
    return m, int(sign > 0), int(sign < 0)
