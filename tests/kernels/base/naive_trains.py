"""Twins of what is drawn for pulse trains; see `tests/naive.py`, and `tests/rules/stochastic/naive.py` for trains."""

from __future__ import annotations

import functools

from .naive_noise import philox

ROW, COLUMN = 0, 1


def new_trains(seed, longest, length_managed, update_managed):
    """What a train's draws are made of; management of lengths needs that of chances."""
    managed = length_managed and longest > 1  # one slot has no length to manage
    return seed, longest, managed, update_managed or managed


def train_stream(array, side):
    return 2**31 + 16 * (2 * array + side)


@functools.cache
def line_words(seed, stream, iteration, number, line):
    """32 words of a line."""
    key = seed % 2**32, seed // 2**32
    return [word for block in range(8) for word in philox((iteration, 8 * number + block, line, stream), key)]


def slot_uniform(seed, stream, iteration, number, line, slot):
    """In [0, 1): its binary places, from the highest, are the slot's bits of 32 words in turn."""
    words = line_words(seed, stream, iteration, number, line)
    return sum((word >> slot) % 2 * 2.0 ** -(place + 1) for place, word in enumerate(words))


def draw_word(p, slots, seed, stream, iteration, number, line):
    """Bits of one line as a number: slot 0 is the lowest."""
    return sum(2**slot for slot in range(slots) if slot_uniform(seed, stream, iteration, number, line, slot) < p)
