"""Twins of neurons whose weights follow a gradient; see `tests/naive.py`."""

from __future__ import annotations

import math

from ..base.naive import F
from .naive import hard_sigmoid, passes_error


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def outputs(currents, kind, c, v_read):
    """(rows of the next layer that are driven, their voltages); the sigmoid has the slope of the hard one at 0."""
    y = [F(sigmoid(2 * float(i) / float(c))) if kind == "sigmoid" else hard_sigmoid(i, c) for i in currents]
    driven = [j for j, each in enumerate(y) if each > 0]
    return driven, [y[j] * F(v_read) for j in driven]


def slope_at(current, kind, comparator, c):
    """The derivative at a current, where that at 0 is 1."""
    if comparator or kind == "hard-sigmoid":
        return F(1 if passes_error(current, c) else 0)
    y = sigmoid(2 * float(current) / float(c))
    return F(4 * y * (1 - y))


def respond(current, kind, comparator, c):
    """(output from 0 to 1, the derivative)"""
    y = F(sigmoid(2 * float(current) / float(c))) if kind == "sigmoid" else hard_sigmoid(current, c)
    return y, slope_at(current, kind, comparator, c)


def gate(currents, kind, comparator, c):
    """{neuron: slope} where it is not 0."""
    slopes = {i: slope_at(current, kind, comparator, c) for i, current in enumerate(currents)}
    return {i: slope for i, slope in slopes.items() if slope != 0}


def rate_of(rate, end, updates, total):
    """A learning rate that falls exponentially to `end` times itself in `total` updates."""
    return rate * end ** (updates / total)
