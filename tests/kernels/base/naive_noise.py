"""Twins of the random numbers, with Python's integers; see `tests/naive.py`."""

from __future__ import annotations

import math

from .naive import single

STREAM_ORDER, STREAM_STATE_PLUS, STREAM_STATE_MINUS = 1, 2, 3


STREAM_SCALE_PLUS, STREAM_SCALE_MINUS, STREAM_WEIGHT = 4, 5, 6


STREAM_READ, STREAM_GAIN, STREAM_OFFSET = 7, 8, 9


def philox(counter, key):
    """Philox4x32-10 with Python's integers."""
    x, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * x[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * x[2], 2**32)
        x = [high1 ^ x[1] ^ k[0], low1, high0 ^ x[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return tuple(x)


def random_bits(seed, stream, iteration, row, column):
    words = philox((iteration, row, column, stream), (seed % 2**32, seed // 2**32))
    return words[0] * 2**32 + words[1]


def uniform(seed, stream, iteration, row, column):
    return random_bits(seed, stream, iteration, row, column) // 2**11 / 2**53


def normal(seed, stream, iteration, row, column):
    """Box and Muller: length and direction of a two-dimensional normal vector, from two words each."""
    a, b, c, d = philox((iteration, row, column, stream), (seed % 2**32, seed // 2**32))
    length = math.sqrt(-2 * math.log((float(a * 2**32 + b) + 0.5) / 2**64))
    return length * math.cos(2 * math.pi * (float(c * 2**32 + d) / 2**64))


def scale(seed, stream, draw, row, column, sigma, negative):
    """X of one device; `negative` is 'zero', 'reflect' or 'redraw'."""
    attempts = (1 + sigma * normal(seed, stream, draw + 2**16 * k, row, column) for k in range(2**16))
    x = next(attempts)
    if x >= 0:
        return single(x)
    return {
        "zero": lambda: 0.0,
        "reflect": lambda: single(-x),
        "redraw": lambda: single(next(filter(positive, attempts))),
    }[negative]()


def positive(x):
    return x >= 0


def fill_scales(seed, stream, layer, draw, sigma, negative, rows, cols):
    return [[scale(seed, stream + 16 * layer, draw, i, j, sigma, negative) for j in range(cols)] for i in range(rows)]


def fill_normal(seed, stream, sigma, values):
    return [single(x + sigma * normal(seed, stream, 0, 0, j)) for j, x in enumerate(values)]


def fill_weights(seed, layer, width, rows, cols):
    draws = [[uniform(seed, STREAM_WEIGHT + 16 * layer, 0, i, j) for j in range(cols)] for i in range(rows)]
    return [[single(width * (2 * u - 1)) for u in row] for row in draws]


def fill_keys(seed, epoch, n):
    return [random_bits(seed, STREAM_ORDER, epoch, k, 0) for k in range(n)]


def fill_steps(seed, stream, layer, choices, rows, cols):
    return [[int(choices * uniform(seed, stream + 16 * layer, 0, i, j)) for j in range(cols)] for i in range(rows)]


def fill_deviates(seed, stream, draw, rows, cols):
    return [[normal(seed, stream, draw, i, j) for j in range(cols)] for i in range(rows)]


def ks_normal(sorted_z):
    """Largest distance between the empirical distribution of sorted numbers and the standard normal one."""
    n = len(sorted_z)
    cdf = [0.5 * (1 + math.erf(z / math.sqrt(2))) for z in sorted_z]
    return max(max(abs(c - k / n), abs(c - (k + 1) / n)) for k, c in enumerate(cdf))
