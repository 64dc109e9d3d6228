"""Twins of what counts currents, and of weights in slices; see `tests/naive.py`."""

from __future__ import annotations

import math


def bin_of(x):
    """Number of the bin: each ends at 2^(1/64) times the one before, the first at 2^-24."""
    if x <= 2.0**-24:
        return 0
    return min(math.ceil(round(64 * math.log2(x * 2.0**24), 8)), 64 * 48 - 1)


def slices_of(plus, minus, g_min, span, slices, bits):
    """[(G+, G-)] of slices, and what each is worth, digit by digit in Python's integers."""
    w = [[(float(p) - float(m)) / span for p, m in zip(*rows, strict=True)] for rows in zip(plus, minus, strict=True)]
    largest = max(abs(x) for row in w for x in row) or 1.0
    top, base = 2 ** (slices * bits) - 1, 2**bits
    found, share = [], []
    for s in range(slices):
        worth = base ** (slices - 1 - s)
        sides = []
        for sign in (1, -1):
            side = []
            for row in w:
                codes = [math.floor(abs(x) / largest * top + 0.5) if x * sign > 0 else 0 for x in row]
                side.append([g_min + span * (code // worth % base) / (base - 1) for code in codes])
            sides.append(side)
        found.append(tuple(sides))
        share.append(largest * worth * (base - 1) / top)
    return found, share
