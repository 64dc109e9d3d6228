"""Twins of the kernels of fast and slow arrays, by name, on lists; see `tests/naive.py`."""

from __future__ import annotations

import math

from ...kernels.base.naive import F
from ...kernels.base.naive_noise import uniform
from ...kernels.base.naive_trains import COLUMN, ROW, slot_uniform, train_stream
from .naive import follow_largest

FLIPS = 2**31 + 2**30


def fast_of(layers, layer):
    """Number of the fast array of a layer: all slow ones come first."""
    return layers + layer


def lines_of(rows, columns, by_rows):
    return rows if by_rows else columns


def values_of(rows, columns, by_rows):
    return columns if by_rows else rows


def reads_until(updates, batch, every, reads):
    """A transfer after every so many samples; an `every` below 1 is 1."""
    return math.floor(updates * batch / max(every, 1)) * reads


def read_line(weights, line, by_rows, unit):
    """What one line alone gives, in units of w."""
    own = weights[line] if by_rows else [row[line] for row in weights]
    return [F(w) / F(unit) for w in own]


def flip_after(seed, layer, read, line, count, probability, regular):
    """Whether the chopper of a line flips after this read: every so many sweeps, or at random."""
    if regular:
        return (read // count + 1) % regular == 0
    return uniform(seed, FLIPS + 16 * layer, read % 2**32, line, read // 2**32) < probability


def next_event(rounds, number, line, by_rows):
    """(rows, raised, lowered) of an event of a write: a pulse for each device that is owed one.

    By columns every round is two events, as rows that rise and rows that fall share the column.
    """
    if by_rows:
        up = [j for j, n in enumerate(rounds) if n > number]
        return [line], up, [j for j, n in enumerate(rounds) if -n > number]
    sign = 1 if number % 2 == 0 else -1
    rows = [i for i, n in enumerate(rounds) if sign * n > number // 2]
    return rows, [line] * (sign > 0), [line] * (sign < 0)


def steps_of(h, keep, forget, most):
    """(steps that H is worth, what is left of it)."""
    n = max(-most, min(most, math.trunc(h)))
    if n == 0:
        return 0, h
    return n, h * keep if forget else h - (1 - keep) * n


def followed(mean, largest, follow):
    return follow_largest(mean, largest, 1 - follow)


def chop(lines, choppers, values):
    """Values of these lines, with the sign of their choppers."""
    return [-v if choppers[line] else v for line, v in zip(lines, values, strict=True)]


def chop_all(choppers, values):
    return chop(range(len(values)), choppers, values)


chop_columns = chop_all


def take(array, line, n, rate, draw):
    """Read a line of the fast array, and what follows of it."""
    reads = [array.cell(array.fast, line, k).read() for k in range(array.across)]
    array.transfer(line, n, reads, rate, draw)


take_again = take


def fast_rate_of(array, xs, ds, rate):
    return array.gradient_rate(xs, ds, rate)


def draws_of(seed, layers, layer, at, number, first_read):
    """``draw(kind, line, slot)`` of the twins, as the kernels draw; `first_read`: reads of the layer so far."""

    def draw(kind, line, slot):
        if isinstance(kind, str):
            stream, at_line = train_stream(fast_of(layers, layer), ROW if kind == "x" else COLUMN), (at, number)
        else:
            read = first_read + kind[1]
            stream = train_stream(layer, ROW if kind[0] == "x" else COLUMN)
            at_line = read % 2**32, read // 2**32
        return slot_uniform(seed, stream, *at_line, line, slot)

    return draw
