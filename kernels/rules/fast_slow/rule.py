"""The rules of layers with a fast and a slow array, in the training loop: pulse trains put gradients onto the fast one.

Between iterations of a replay the reads are taken again, as they depend on the fast array alone: so what the digests
keep follows from the recorded pulses.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...base._jit import jit
from ...base.trains import Trains, draw_trains, lines_of_slot
from ...circuit.table import follow_all
from ...pair.refreshing import Refresh
from ...pair.table import layer_of
from ...way.gradient import Slope, drive, fire, land, output_error, slopes_of
from ...way.hardware import Reading
from .digests import digest
from .moving import (
    LINE,
    NEXT,
    READ_NUMBER,
    ROUND,
    ROUNDS,
    Moving,
    flip_after,
    lines_of,
    next_event,
    read_line,
    reads_until,
    values_of,
)
from .two import (
    copies,
    copy_array,
    copy_lines,
    event_array,
    event_lines,
    fast_of,
    follow_events,
    follow_layer,
    layer_array,
    look,
    make_room,
    move,
    read_back,
    read_layer,
    sense_back,
)

__all__ = [
    "FastSlow",
    "Rule",
    "after",
    "cast",
    "copies",
    "copy_array",
    "copy_lines",
    "drive",
    "event_array",
    "event_lines",
    "fire",
    "follow_events",
    "follow_layer",
    "land",
    "layer_array",
    "look",
    "make_room",
    "move",
    "output_error",
    "parts",
    "read_back",
    "read_layer",
    "refreshes",
    "sense_back",
    "slopes_of",
    "slot",
    "transfer",
]

X, D = 0, 1
"""Places in `FastSlow.means`: of the largest inputs, and of the largest errors."""


class FastSlow(NamedTuple):
    """What the rule needs to know."""

    reading: Reading
    slope: Slope
    trains: Trains  # of the fast array
    step: float  # of a pulse, of w
    fast_rate: np.ndarray  # (layers,) float64: rate of the products of input and error on the fast array
    fades: int  # 1: it falls as the learning rate does
    scale: float  # or, above 0: pulses that a sample with usual inputs and errors asks for
    follow: float  # weight of a sample in the means
    means: np.ndarray  # (layers, 2) float64, updated: running means, see `X`
    log: np.ndarray  # (iterations of a block, layers, 2) float64, updated: the same after each
    begin: np.ndarray  # (1,) int64: updates before the block
    learning_rate: float  # at the start
    moving: Moving
    digest: Any  # see `digests`
    refresh: Refresh | None = None  # of one-sided pairs


Rule = FastSlow


@jit
def followed(mean, largest, follow):
    """A running mean after one more largest value, which is its start."""
    if mean <= 0.0:
        return largest
    return mean + follow * (largest - mean) if largest > 0.0 else mean


@jit
def fast_rate_of(rule, geometry, layer, now, volts, n, error):
    """Rate of a sample's products of input and error on the fast array; running means follow.

    A sample without inputs, or without errors, says nothing of how large these usually are.
    """
    if rule.scale == 0.0:
        return rule.fast_rate[layer] * (np.exp(-rule.slope.fade * now) if rule.fades else 1.0)
    x, d = np.float32(0.0), np.float32(0.0)
    for q in range(n):
        x = max(x, volts[q])
    for j in range(geometry.cols[layer]):
        d = max(d, abs(error[j]))
    means = rule.means[layer]
    full = np.float64(x) / np.float64(rule.reading.v_read)
    means[X] = followed(means[X], full, rule.follow)
    means[D] = followed(means[D], np.float64(d), rule.follow)
    log = rule.log[now - rule.begin[0], layer]
    log[X], log[D] = means[X], means[D]
    product = means[X] * means[D]
    return rule.scale * rule.step / product if product > 0.0 else 0.0


def cast(rule, geometry, layer, now, number, rows, volts, n, error):
    """Draw the trains of a sample; see `rules.table.cast`."""
    rate = fast_rate_of(rule, geometry, layer, now, volts, n, error) / np.float64(rule.reading.v_read)  # rows are in V
    fast = fast_of(geometry, layer)
    return draw_trains(fast, now, number, rows, volts, n, error, geometry.cols[layer], rate, rule.step, rule.trains)


def parts(rule):
    """Rows whose chopper is on are an event of their own; see `rules.table.parts`."""
    return 2 if rule.moving.by_rows and (rule.moving.flip > 0.0 or rule.moving.regular > 0) else 1


@jit
def chop_columns(rule, geometry, layer, error):
    """Change the sign of the errors of columns whose chopper is on, if columns have them; twice is never."""
    if not rule.moving.by_rows:
        for j in range(geometry.cols[layer]):
            if rule.moving.chopper[layer, j]:
                error[j] = -error[j]


def slot(rule, geometry, layer, k, part, rows, n, error, lists):
    """Lines that fire in a slot; rows whose chopper is on are part 1, and columns change sides for them; see
    `rules.table.slot`.
    """
    chop_columns(rule, geometry, layer, error)
    m, n_up, n_down = lines_of_slot(k, error, rule.trains, lists)
    chop_columns(rule, geometry, layer, error)
    if rule.moving.by_rows:
        kept = 0
        for q in range(m):
            if rule.moving.chopper[layer, lists.firing[q]] == part:
                lists.firing[kept] = lists.firing[q]
                kept += 1
        m = kept
        if part:
            for q in range(max(n_up, n_down)):
                lists.up[q], lists.down[q] = lists.down[q], lists.up[q]
            n_up, n_down = n_down, n_up
    return m, n_up, n_down


@jit
def take(rule, array, circuit, lines, geometry, layer, at, read, room):
    """Read a line of the fast array, number `read` of all, and digest it; rounds of pulses are in the cursor."""
    moving = rule.moving
    count, n = lines_of(moving, geometry, layer), values_of(moving, geometry, layer)
    line, number = read % count, read - reads_until(moving, at - 1) + READ_NUMBER
    unit = rule.slope.unit
    read_line(moving, rule.reading, unit, array, circuit, lines, geometry, layer, at, number, line, room)
    rate = moving.rate * rule.learning_rate * np.exp(-rule.slope.fade * (at - 1))
    most = digest(rule.digest, moving, geometry, layer, read, line, count, n, rate, rule.step)
    flip_after(moving, layer, read, line, count)
    moving.cursor[ROUND] = 0
    moving.cursor[ROUNDS] = most if moving.by_rows else 2 * most
    moving.cursor[LINE] = line


def transfer(rule, array, circuit, lines, geometry, layer, at, step, numbers, room, lists):
    """Reads of the fast array that are due, and the pulses that follow from each; see `rules.arrays.transfer`."""
    moving, cursor = rule.moving, rule.moving.cursor
    last = reads_until(moving, at)
    if step == 0:
        cursor[NEXT] = reads_until(moving, at - 1)
        cursor[ROUND] = cursor[ROUNDS] = 0
    if cursor[ROUND] == cursor[ROUNDS]:
        if cursor[NEXT] >= last:
            return 0, 0, 0, False
        take(rule, array, circuit, lines, geometry, layer, at, cursor[NEXT], room)
        cursor[NEXT] += 1
        if cursor[ROUNDS] == 0:
            return 0, 0, 0, cursor[NEXT] < last
    n, n_up, n_down = next_event(moving, geometry, layer, lists)
    return n, n_up, n_down, cursor[ROUND] < cursor[ROUNDS] or cursor[NEXT] < last


@jit
def take_again(again, rule, array, geometry, layer, at):
    """The reads of an iteration that is replayed: their pulses are recorded, what they leave in the digest is not.
    Nothing if `again` is None.
    """
    if again is not None:  # Numba leaves out what the type of an argument rules out
        circuit, lines, room = again
        first, last = reads_until(rule.moving, at - 1), reads_until(rule.moving, at)
        if last > first:
            fast = fast_of(geometry, layer)
            follow_all(circuit, fast, layer_of(array.pairs, array.geometry, fast))
        for read in range(first, last):
            take(rule, array, circuit, lines, geometry, layer, at, read, room)


def after(rule, array, geometry, layer, at, rows, cols):
    """Nothing but in a replay, see `take_again`; see `rules.table.after`."""
    take_again(rule.moving.again, rule, array, geometry, layer, at)
    return 0, 0


def refreshes(rule):
    """One-sided pairs, of both arrays; see `rules.table.refreshes`."""
    return rule.refresh
