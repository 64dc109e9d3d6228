"""Twins of devices that are written one by one; see `tests/naive.py`. `how` has the fields of a write by name."""

from __future__ import annotations

import math

from ..base.naive import single
from ..base.naive_noise import normal, random_bits
from ..base.naive_quick import trait_stream
from ..device.naive import depress, potentiate
from ..device.naive_moves import fall, rise
from ..pair.naive_refresh import nearest_step
from .naive_sense import sense_current

PULSES, READS = 11, 12
SIDES = ("plus", "minus")


def write_key(how, column):
    return random_bits(how.seed, trait_stream(how.layer, how.side, PULSES), how.draw, 0, column) % 2**32


def read_device(g, how, i, j, number):
    """What a controller takes a device for that conducts `g`."""
    spread = math.hypot(how.noise, how.device * how.v_read)
    stream = trait_stream(how.layer, how.side, READS)
    random = spread * normal(how.seed, stream, how.draw * 65536 + number, i, j) if spread else 0.0
    sensed = sense_current(g * how.v_read, float(how.gain[j]), float(how.offset[j]), random, how.limit, how.levels)
    return sensed / how.v_read


def count_pulses(g, target, most, d):
    """Pulses until another one would not lead nearer; below 0 downwards."""
    step, sign = (potentiate, 1) if target > g else (depress, -1)
    path = [g]
    while len(path) <= most and step(path[-1], d) != path[-1]:
        path.append(step(path[-1], d))
    away = [abs(float(x) - float(target)) for x in path]
    n = 0
    while n + 1 < len(path) and away[n + 1] < away[n]:
        n += 1
    return sign * n


def pulse_one(array, i, j, side, kind, number, key, d):
    """A pulse up, down, or a reset, on one device; it is counted."""
    name = SIDES[side]
    values = getattr(array, name)[i]
    if not hasattr(array, "law"):
        values[j] = {"up": lambda: potentiate(values[j], d), "down": lambda: depress(values[j], d)}.get(
            kind, lambda: d.g_min
        )()
    elif not (array.stuck and array.stuck[side][i][j]):
        part = array.part(i, j, side, d)
        part.stream, part.drawn = (side * 2**16, key), number
        {"up": lambda: rise(part, array.law), "down": lambda: fall(part, array.law)}.get(kind, part.reset)()
        values[j] = single(d.g_min + part.s * (d.g_max - d.g_min))
    getattr(array, f"{'resets' if kind == 'reset' else 'pulses'}_{name}")[i][j] += 1


def write_open(how, target, array, d, steps):
    """`target` is a list of rows."""
    rows, cols = array.shape
    for j in range(cols):
        key = write_key(how, j)
        for i in range(rows):
            if how.erased:
                pulse_one(array, i, j, how.side, "reset", 0, key, d)
                n = nearest_step(steps, float(target[i][j]))
            else:
                n = count_pulses(getattr(array, SIDES[how.side])[i][j], target[i][j], how.most, d)
            for k in range(abs(n)):
                pulse_one(array, i, j, how.side, "up" if n > 0 else "down", k + 1, key, d)


def write_verify(how, target, array, d):
    """(reads, whether it got there), lists of rows."""
    rows, cols = array.shape
    reads, there = ([[0] * cols for _ in range(rows)] for _ in range(2))
    name = SIDES[how.side]
    for i in range(rows):
        for j in range(cols):
            key = write_key(how, j)
            if how.erased:
                pulse_one(array, i, j, how.side, "reset", 0, key, d)
            for n in range(how.most + 1):
                g = float(getattr(array, f"x_{name}")[i][j]) * float(getattr(array, name)[i][j])
                g += float(getattr(array, f"y_{name}")[i][j])
                off = read_device(g, how, i, j, n) - float(target[i][j])
                reads[i][j] += 1
                if abs(off) <= how.tolerance:
                    there[i][j] = 1
                    break
                if n < how.most:
                    pulse_one(array, i, j, how.side, "up" if off < 0 else "down", n + 1, key, d)
    return reads, there
