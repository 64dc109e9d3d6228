"""Twins of the kernels of pulse trains, by name, on lists; see `tests/naive.py`."""

from __future__ import annotations

from ...kernels.base.naive_trains import COLUMN, ROW, draw_word, slot_uniform, train_stream
from .naive import D, largest, train_chances


def draws_of(seed, array, iteration, number):
    """``draw(kind, line, slot)`` of the twins, as the kernels draw."""

    def draw(kind, line, slot):
        stream = train_stream(array, COLUMN if kind == D else ROW)
        return slot_uniform(seed, stream, iteration, number, line, slot)

    return draw


def draw_trains(array, iteration, number, rows, xs, ds, rate, step, seed, settings):
    """(slots, words of the listed rows, words of the columns); no slots if nothing can coincide."""
    if largest(xs) == 0 or largest(ds) == 0 or rate == 0:
        return 0, [], []
    slots, on_x, on_d = train_chances(xs, ds, rate, step, *settings)
    at = seed, train_stream(array, COLUMN), iteration, number
    columns = [draw_word(chance, slots, *at, j) for j, chance in enumerate(on_d)]
    if not any(columns):
        return 0, [], columns
    at = seed, train_stream(array, ROW), iteration, number
    return slots, [draw_word(chance, slots, *at, i) for i, chance in zip(rows, on_x, strict=True)], columns


def lines_of_slot(slot, rows, row_words, column_words, ds):
    """(rows, columns that raise W, columns that lower it) that send in a slot, if any column does."""
    sends = [j for j, word in enumerate(column_words) if word >> slot & 1]
    up, down = [j for j in sends if ds[j] < 0], [j for j in sends if ds[j] >= 0]
    firing = [i for i, word in zip(rows, row_words, strict=True) if word >> slot & 1] if sends else []
    return firing, up, down
