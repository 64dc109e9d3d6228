"""Twins of binary-stochastic learning: draws, bits, signs, reads, ideal steps; see `tests/naive.py`.

Names are those of the kernels; arguments are lists instead of buffers, results lists instead of lengths.
"""

from __future__ import annotations

import math

from ...kernels.base.naive import F
from ...kernels.base.naive_noise import philox

# ---------------------------------------------------------------------------------------------------------------------
# Random numbers


def bits_stream(layer, use):
    return 15 + 16 * (8 * layer + use)


def fill_words(seed, stream, iteration, index, n):
    """The first n 32-bit words of a coordinate."""
    out = []
    while len(out) < n:
        out += philox((iteration, len(out) // 4, index, stream), (seed % 2**32, seed // 2**32))
    return out[:n]


def draws_of(seed, stream, iteration, index, n):
    """The first n draws of 16 bits: the low half of a word first."""
    out = []
    for w in fill_words(seed, stream, iteration, index, (n + 1) // 2):
        out += [w % 65536, w // 65536]
    return out[:n]


def logistic(draw):
    u = (draw // 16 + 0.5) / 4096
    return F(math.log(u / (1 - u)))


def width(draw):
    u = (draw // 16 + 0.5) / 4096
    return F(2 * math.acosh(1 / math.sqrt(u)))


def build_tables():
    return [logistic(d) for d in range(0, 65536, 16)], [width(d) for d in range(0, 65536, 16)]


# ---------------------------------------------------------------------------------------------------------------------
# Bits, signs, reads, ideal steps


def binarise_inputs(x, draws):
    """x: dense inputs, 0 to 1; a draw for each input that is not 0, in order."""
    fired, it = [], iter(draws)
    for i, value in enumerate(x):
        if value > 0 and (next(it) + 0.5) / 65536 < value:
            fired.append(i)
    return fired


def threshold_inputs(x):
    return [i for i, value in enumerate(x) if value > 0.5]


def compare(z, temperature, draws):
    return [j for j in range(len(z)) if F(z[j]) + F(temperature) * logistic(draws[j]) > 0]


def slope_norm(z, temperature, draws):
    return [j for j in range(len(z)) if abs(F(z[j])) <= F(temperature) * width(draws[j])]


def slope_and(z, temperature, draws):
    b = compare(z, temperature, draws[0::2])
    c = compare(z, temperature, draws[1::2])
    return [j for j in b if j not in c]


def slope_window(z, temperature, window, draws):
    return [j for j in range(len(z)) if abs(F(z[j]) + F(temperature) * logistic(draws[j])) < F(temperature) * F(window)]


def cumulate_softmax(z, temperature):
    out, total = [], 0.0
    for v in z:
        total += math.exp((float(v) - float(max(z))) / temperature)
        out.append(total)
    return out


def class_error(z, temperature, word, label):
    sums = cumulate_softmax(z, temperature)
    mark = (word + 0.5) / 2**32 * sums[-1]
    y = next((k for k, c in enumerate(sums) if c > mark), len(sums) - 1)
    return ([], []) if y == label else ([label], [y])


def bits_error(z, temperature, draws, label):
    y = compare(z, temperature, draws)
    return [label] if label not in y else [], [k for k in y if k != label]


def sign_errors(w, up, down, gated, dead_zone, draws):
    """w: rows of float32."""
    above, below = [], []
    for i, draw in zip(gated, draws, strict=True):
        s = F(0)
        for k in up:
            s = s + F(w[i][k])
        for k in down:
            s = s - F(w[i][k])
        threshold = F(dead_zone) * F((draw + 0.5) / 65536)
        if s > threshold:
            above.append(i)
        if s < -threshold:
            below.append(i)
    return above, below


def forward_bits(lines, w):
    out = [F(0)] * len(w[0])
    for i in lines:
        out = [a + F(b) for a, b in zip(out, w[i], strict=True)]
    return out


def step_ideal(firing, up, down, step, reach, w):
    for i in firing:
        for j in up:
            w[i][j] = min(F(w[i][j]) + F(step), F(reach))
        for j in down:
            w[i][j] = max(F(w[i][j]) - F(step), -F(reach))
