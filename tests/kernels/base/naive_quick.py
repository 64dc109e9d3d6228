"""Twins of the quick random numbers of pulses, and of what is drawn once for every device; see `tests/naive.py`."""

from __future__ import annotations

import math

from .naive_noise import normal, uniform

STREAM_TRAIT = 11


def philox2(c0, c1, key):
    """Philox2x32-7 with Python's integers."""
    for n in range(7):
        high, low = divmod(0xD256D193 * c0, 2**32)
        c0, c1 = high ^ c1 ^ (key + n * 0x9E3779B9) % 2**32, low
    return c0, c1


def quick_uniform(c0, c1, key):
    high, low = philox2(c0, c1 % 2**32, key)
    return (high * 2**32 + low) // 2**11 / 2**53


def bell(x):
    return math.exp(-x * x / 2)


def strips():
    """Right edges of 256 strips of one area under the bell, the tail counted as part of the first.

    The tail starts as published.
    """
    start = 3.6541528853610088
    area = start * bell(start) + math.sqrt(math.pi / 2) * math.erfc(start / math.sqrt(2))
    edges = [area / bell(start), start]
    while len(edges) < 256:
        edges.append(math.sqrt(-2 * math.log(area / edges[-1] + bell(edges[-1]))))
    return [*edges, 0.0]


EDGES = strips()


def quick_normal(c0, c1, key):
    while True:
        high, low = philox2(c0, c1 % 2**32, key)
        bits = high * 2**32 + low
        strip, sign = bits % 256, -1 if bits // 256 % 2 else 1
        x = bits // 512 / 2**55 * EDGES[strip]
        if x < EDGES[strip + 1]:
            return sign * x
        if strip == 0:
            return sign * tail(c0, c1 + 1, key)
        below, above = bell(EDGES[strip]), bell(EDGES[strip + 1])
        if below + quick_uniform(c0, c1 + 1, key) * (above - below) < bell(x):
            return sign * x
        c1 += 2


def tail(c0, c1, key):
    """A normal number beyond the last edge: exponential ones, thinned out."""
    while True:
        c1 += 2
        beyond = -math.log(1 - quick_uniform(c0, c1, key)) / EDGES[1]
        if -2 * math.log(1 - quick_uniform(c0, c1 + 1, key)) > beyond**2:
            return EDGES[1] + beyond


def trait_stream(layer, side, quantity):
    bank, place = divmod(quantity, 16)
    return STREAM_TRAIT + 2**4 * place + 2**8 * side + 2**9 * layer + 2**30 * bank


def factor(seed, stream, draw, row, column, sigma, lognormal):
    for attempt in range(2**16):
        x = sigma * normal(seed, stream, draw + 2**16 * attempt, row, column)
        if lognormal:
            return math.exp(x)
        if 1 + x >= 0:
            return 1 + x
    raise AssertionError


def fill_factors(seed, stream, draw, sigma, lognormal, rows, cols):
    return [[factor(seed, stream, draw, i, j, sigma, lognormal) for j in range(cols)] for i in range(rows)]


def fill_uniform(seed, stream, draw, rows, cols):
    return [[uniform(seed, stream, draw, i, j) for j in range(cols)] for i in range(rows)]
