"""Pulse trains: every line of an array draws a bit in each slot, and where the bits of a row and of a column meet the
pair is pulsed (Gokmen & Vlasov, Front. Neurosci. 10:333, 2016, 10.3389/fnins.2016.00333).

The bits of a line are one 32-bit word. A bit is 1 if a uniform number is below the line's probability; the numbers of
all slots are compared at once, binary place by binary place from the highest, until the last slot is decided: some
seven random words give 31 exact draws. A word depends on (seed, iteration, sample, line), and on nothing else.

Notes
-----
A sample asks for ``rate x |d| / step`` pulses at a crossing. With a train of n slots and probabilities x B and |d| A,
``A = B = sqrt(rate / (step n))`` gives that on average where neither is cut at 1. Update management scales both sides
so that the largest x and the largest |d| have the same probability, and where ``k = rate x_max d_max / step`` is above
n as if d_max were smaller, so that the largest are certain. Length management makes n = ceil(k), at most the longest,
and needs the other, as in aihwkit 1.1.0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from . import noise
from ._jit import jit

ROW, COLUMN = 0, 1
_32, _FULL = np.uint64(32), np.uint64(0xFFFFFFFF)
_1, _0 = np.uint64(1), np.uint64(0)
_OWN = np.int64(1 << 31)  # above the numbers of all other streams


class Trains(NamedTuple):
    """How trains are made, and those of the sample that is at hand."""

    seed: np.uint64
    longest: int  # slots
    length_managed: int
    update_managed: int  # also if lengths are managed
    share: np.ndarray  # (arrays or 0,) float64: brings both to their units, a factor on inputs, a divisor of errors
    rows: np.ndarray  # (width,) uint32, updated: words of the rows that have a bit
    cols: np.ndarray  # (width,) uint32, updated: of the columns that do
    row_lines: np.ndarray  # (width,) int32, updated: these rows, ascending
    col_lines: np.ndarray  # (width,) int32, updated: and columns
    count: np.ndarray  # type: ignore[assignment]  # (2,) int64, updated: their numbers; hides tuple.count


def new_trains(
    seed: int, longest: int, length_managed: bool, update_managed: bool, width: int, share: np.ndarray | None = None
) -> Trains:
    """`Trains` for arrays of lines up to this number; without `share` inputs and errors are in their units."""
    words = np.zeros(width, np.uint32), np.zeros(width, np.uint32)
    lines = np.zeros(width, np.int32), np.zeros(width, np.int32)
    some = np.zeros(0) if share is None else share
    managed = length_managed and longest > 1
    both = int(managed), int(update_managed or managed)
    return Trains(np.uint64(seed), longest, *both, some, *words, *lines, np.zeros(2, np.int64))


@jit
def plan_train(rate, step, x_most, d_most, trains):
    """Slots of a train, and the factors that make probabilities of inputs and of errors.

    Parameters
    ----------
    rate, step : float64
        Learning rate, and the step of a pulse, both of w.
    x_most, d_most : float64
        Largest input and largest absolute error; both above 0.
    trains : Trains

    Returns
    -------
    slots : int
    b, a : float64
        Probabilities are ``x b`` and ``|d| a``, cut at 1.
    """
    k = rate * x_most * d_most / step
    slots = trains.longest
    if trains.length_managed:
        slots = int(min(max(math.ceil(k), 1.0), float(trains.longest)))
    each = math.sqrt(rate / (step * slots))
    if not trains.update_managed:
        return slots, each, each
    most = d_most * slots / k if k > slots else d_most
    balance = math.sqrt(x_most / most)
    return slots, each / balance, each * balance


@jit
def train_stream(array, side):
    """Stream of the bits of an array's rows (side 0) or columns (side 1): above those of all other uses."""
    return _OWN + 16 * (2 * array + side)


@jit
def draw_word(p, slots, seed, stream, iteration, number, line):
    """Bits of one line, as uint32: each of the lowest `slots` is 1 with probability `p`, float64."""
    full = (_1 << np.uint64(slots)) - _1
    if p >= 1.0:
        return np.uint32(full)
    level = np.uint64(p * 4294967296.0)
    undecided, word, place, block = full, _0, 31, 0
    key = np.uint64(seed)
    while undecided != _0 and place >= 0:
        a, b, c, d = noise.philox(
            np.uint64(iteration),
            np.uint64(number) << np.uint64(3) | np.uint64(block),
            np.uint64(line),
            np.uint64(stream),
            key & _FULL,
            key >> _32,
        )
        for word_at in range(4):
            r = a if word_at == 0 else b if word_at == 1 else c if word_at == 2 else d
            if (level >> np.uint64(place)) & _1:
                word |= undecided & ~r
                undecided &= r
            else:
                undecided &= ~r
            place -= 1
        block += 1
    return np.uint32(word)


@jit
def draw_trains(array, iteration, number, rows, x, n, error, n_cols, rate, step, trains):
    """Draw the trains of a sample's lines; returns their slots, 0 if nothing can coincide.

    Parameters
    ----------
    array : int
    iteration, number : int
        Of the draw: updates done, and the sample's number after them.
    rows, x : (>= n,) int32 and float32
        Driven rows, and their inputs in any unit in which a full one is 1.
    error : (>= n_cols,) float32
    rate, step : float64
    trains : Trains, updated
    """
    x_most, d_most = np.float32(0.0), np.float32(0.0)
    for q in range(n):
        x_most = max(x_most, x[q])
    for j in range(n_cols):
        d_most = max(d_most, abs(error[j]))
    if x_most <= np.float32(0.0) or d_most <= np.float32(0.0) or rate <= 0.0:
        return 0
    slots, b, a = plan_train(rate, step, np.float64(x_most), np.float64(d_most), trains)
    if not trains.update_managed and array < len(trains.share):  # a balance makes up for units
        b *= trains.share[array]
        a /= trains.share[array]
    stream, seed, m = train_stream(array, COLUMN), trains.seed, 0
    for j in range(n_cols):
        word = draw_word(np.float64(abs(error[j])) * a, slots, seed, stream, iteration, number, j)
        if word != np.uint32(0):
            trains.cols[m], trains.col_lines[m] = word, j
            m += 1
    trains.count[COLUMN] = m
    if m == 0:
        return 0
    stream, m = train_stream(array, ROW), 0
    for q in range(n):
        word = draw_word(np.float64(x[q]) * b, slots, seed, stream, iteration, number, rows[q])
        if word != np.uint32(0):
            trains.rows[m], trains.row_lines[m] = word, rows[q]
            m += 1
    trains.count[ROW] = m
    return slots if m > 0 else 0


@jit
def lines_of_slot(slot, error, trains, lists):
    """Lines whose bits are 1 in a slot go into `lists`; returns the numbers of rows, and of columns that raise W and
    lower it: these against the sign of their errors.
    """
    bit = np.uint32(1) << np.uint32(slot)
    n_firing, n_up, n_down = 0, 0, 0
    for m in range(trains.count[COLUMN]):
        if trains.cols[m] & bit:
            j = trains.col_lines[m]
            if error[j] < np.float32(0.0):
                lists.up[n_up] = j
                n_up += 1
            else:
                lists.down[n_down] = j
                n_down += 1
    if n_up + n_down == 0:
        return 0, 0, 0
    for m in range(trains.count[ROW]):
        if trains.rows[m] & bit:
            lists.firing[n_firing] = trains.row_lines[m]
            n_firing += 1
    return n_firing, n_up, n_down
