"""Twins of digits on arrays of any device, and of their reads through real circuits; see `tests/naive.py`.

Names are those of the kernels. An array is a `naive_scatter.ScatterArray`; a pair is named by array, row and column,
a device by its side too.
"""

from __future__ import annotations

import math

from ...kernels.base.naive import F, single
from ...kernels.base.naive_noise import random_bits
from ...kernels.device.naive_moves import Part, age, fall, mean_fall, mean_rise, rise

RESET, RISE, FALL = range(3)
IDLE = 8
SIDES = ("plus", "minus")


def state_of(array, i, j, side, d):
    return (getattr(array, SIDES[side])[i][j] - d.g_min) / (d.g_max - d.g_min)


def pressed(array, kind, i, j, side, number, key, d):
    """State of a device after one pulse or reset, as a `Part`."""
    part = Part(state_of(array, i, j, side, d), i, (side * 2**16, key))
    part.drawn = number
    part.fixed = bool(array.stuck and array.stuck[side][i][j])
    if array.factors:
        part.factors = tuple(array.factors[side][i][j])
    if array.life:
        count = getattr(array, f"pulses_{SIDES[side]}")[i][j] + getattr(array, f"resets_{SIDES[side]}")[i][j]
        age(part, count, array.life[side][i][j], array.failure, array.closing)
    if kind == RESET:
        part.reset()
    elif kind == RISE:
        rise(part, array.law)
    else:
        fall(part, array.law)
    return part


def press(array, kind, i, j, side, number, key, d):
    """One pulse or reset of a device: it moves, unless it is stuck, and is counted."""
    part = pressed(array, kind, i, j, side, number, key, d)
    if not (array.stuck and array.stuck[side][i][j]):
        getattr(array, SIDES[side])[i][j] = single(d.g_min + part.s * (d.g_max - d.g_min))
    getattr(array, f"{'resets' if kind == RESET else 'pulses'}_{SIDES[side]}")[i][j] += 1


def weight_at(array, i, j):
    """What the pair conducts, S, rounded as reads have it."""
    plus, minus = (
        F(getattr(array, f"x_{s}")[i][j]) * F(getattr(array, s)[i][j]) + F(getattr(array, f"y_{s}")[i][j])
        for s in SIDES
    )
    return F(plus) - F(minus)


def sensed(array, i, j):
    plus, minus = (
        F(getattr(array, f"x_{s}")[i][j]) * F(getattr(array, s)[i][j]) + F(getattr(array, f"y_{s}")[i][j])
        for s in SIDES
    )
    return float(plus) - float(minus)


def expected_step(array, i, j, side, up, d):
    """Step of the nominal law, S."""
    mean = mean_rise if up else mean_fall
    return (d.g_max - d.g_min) * mean(state_of(array, i, j, side, d), 1.0, 1.0, array.law)


def is_full(array, i, j, side, d):
    return getattr(array, SIDES[side])[i][j] >= single(d.g_max)


def raise_digit(array, i, j, wanted, number_base, most, key, d):
    """Pulses until not more than half of what the next one is worth is wanted: (change, pulses)."""
    this, other = (0, 1) if wanted > 0 else (1, 0)
    start, moved, pulses, still = sensed(array, i, j), 0.0, 0, 0
    while pulses < most and still < IDLE:
        full = is_full(array, i, j, this, d)
        if full and getattr(array, SIDES[other])[i][j] <= single(d.g_min):
            break
        side = other if full else this
        if abs(wanted) - number_base * moved <= 0.5 * number_base * expected_step(array, i, j, side, not full, d):
            break
        press(array, FALL if full else RISE, i, j, side, pulses, key, d)
        now = math.copysign(1.0, wanted) * (sensed(array, i, j) - start)
        still, moved, pulses = still + 1 if now == moved else 0, now, pulses + 1
    return moved, pulses


def write_digit(array, i, j, rest, first, most, key, d):
    """Reset, and then pulses up or down until it is nearer than half a step: pulses."""
    for side in (0, 1):
        press(array, RESET, i, j, side, first, key, d)
    side, pulses, still = 0 if rest > 0 else 1, 0, 0
    while pulses < most and still < IDLE:
        before = sensed(array, i, j)
        gap = abs(rest) - math.copysign(1.0, rest) * before
        enough = abs(gap) <= 0.5 * expected_step(array, i, j, side, True, d)
        if enough or (gap > 0 and is_full(array, i, j, side, d)):
            break
        press(array, RISE if gap > 0 else FALL, i, j, side, first + pulses, key, d)
        still, pulses = still + 1 if sensed(array, i, j) == before else 0, pulses + 1
    return pulses


def carry_arrays(digit, high, low, seed, stream, at, number_base, threshold, most, d):
    """Carries of all pairs of `low` above the threshold into `high`: (carries, pulses, resets)."""
    carries = pulses = resets = 0
    for i in range(low.shape[0]):
        for j in range(low.shape[1]):
            v = sensed(low, i, j)
            if abs(v) <= threshold:
                continue
            key = random_bits(seed, stream, at, digit * 2**20 + i, j) % 2**32
            moved, n = raise_digit(high, i, j, v, number_base, most, key, d)
            carries, pulses = carries + 1, pulses + n
            if moved != 0.0:
                rest = v - math.copysign(1.0, v) * number_base * moved
                pulses += write_digit(low, i, j, rest, n, most, key, d)
                resets += 2
    return carries, pulses, resets


def compose(arrays, units, i, j):
    """W of one weight."""
    return sum(float(u) * float(weight_at(array, i, j)) for array, u in zip(arrays, units, strict=True))


def compose_all(arrays, units):
    rows, cols = arrays[0].shape
    return [[compose(arrays, units, i, j) for j in range(cols)] for i in range(rows)]


def pulse_arrays(lowest, at, number, firing, up, down, d):
    """The single pulses of method c on the lowest digit."""
    lowest.clock = at, number
    return lowest.pulse(firing, up, down, "c", d)


def fill_steps(up, down, step, columns):
    return [step * ((j in up) - (j in down)) for j in range(columns)]


def step_rows(firing, adds, reach, w):
    """Events one after the other; w: rows of columns."""
    for add in adds:
        for i in firing:
            w[i] = [F(min(max(F(x) + F(a), -reach), reach)) for x, a in zip(w[i], add, strict=True)]


def sign_sums(sums, gated, dead_zone, draws):
    """(rows with d = +1, rows with d = -1)"""
    thresholds = [dead_zone * (int(u) + 0.5) / 65536 for u in draws]
    pairs = list(zip(gated, thresholds, strict=False))
    return [i for i, t in pairs if sums[i] > t], [i for i, t in pairs if sums[i] < -t]


# Reads: `read(digit, volts, forward)` gives what an array's lines deliver, A; `sense(digit, direction, line,
# current)` what is made of it.


def read_bits(digits, rows, lines, units, v, read, sense):
    """Column reads in units of W."""
    volts = [v if i in lines else 0.0 for i in range(rows)]
    total = None
    for k in range(digits):
        currents = [units[k] / v * sense(k, 0, j, x) for j, x in enumerate(read(k, volts, True))]
        total = currents if total is None else [a + b for a, b in zip(total, currents, strict=True)]
    return total


def read_errors(digits, cols, up, down, units, v, read, sense):
    """Row reads in units of W."""
    volts = [v * ((j in up) - (j in down)) for j in range(cols)]
    total = None
    for k in range(digits):
        currents = [units[k] / v * sense(k, 1, i, x) for i, x in enumerate(read(k, volts, False))]
        total = currents if total is None else [a + b for a, b in zip(total, currents, strict=True)]
    return total


def read_signs(sums, gated, dead_zone, draws):
    return sign_sums(sums, gated, dead_zone, draws)


def classify_circuits(layers, temperature, x, bias=True):
    """Class of one sample by expectation; `layers` are functions from mean bits to reads in units of W."""
    a = [float(v) for v in x]
    for layer, read in enumerate(layers):
        z = read([*a, 1.0] if bias else a)
        a = [1 / (1 + math.exp(-float(v) / float(temperature[layer]))) for v in z]
    return max(range(len(z)), key=lambda j: (z[j], -j))


# Nothing is kept of wires from read to read, and so there is nothing to bring up to date.


def refresh_crossings(array):
    return array.conducting


def refresh_digits(arrays):
    return [array.conducting for array in arrays]


def refresh_pulsed(array):
    return refresh_crossings(array)


def refresh_carried(arrays):
    return refresh_digits(arrays)
