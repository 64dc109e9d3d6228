"""Twins of drivers and sense circuits; see `tests/naive.py`."""

from __future__ import annotations

import math
from fractions import Fraction

from ..base.naive import F, single
from ..base.naive_noise import STREAM_GAIN, STREAM_OFFSET, STREAM_READ, normal


def quantise(x, full, levels):
    """The nearest level; the one farther from 0 if two are as near."""
    if levels == 0:
        return x
    nearest = math.floor(Fraction(abs(x)) / Fraction(full) * int(levels) + Fraction(1, 2))
    return math.copysign(nearest * full / levels, x)


def sense_current(current, gain, offset, random, limit, levels):
    sensed = gain * (current + offset + random)
    if limit == 0:
        return sensed
    return quantise(sorted((-limit, sensed, limit))[1], limit, levels)


class Stages:
    """Drivers and sense circuits of a layout."""

    def __init__(self, layout):
        s, unit = layout.sense, layout.device.span * layout.array.v_read
        self.seed = layout.run.seed
        self.gain_sigma, self.offset_sigma, self.noise = s.gain_sigma, s.offset_sigma * unit, s.read_noise * unit
        self.device = layout.variation.device_noise * layout.device.span
        self.limit = s.sense_range * unit
        self.levels = 2 ** (s.sense_bits - 1) - 1 if s.sense_bits else 0
        self.drive_levels = 2**s.driver_bits - 1 if s.driver_bits else 0

    def gain(self, layer, backward, line):
        z = normal(self.seed, STREAM_GAIN + 16 * (2 * layer + backward), 0, 0, line)
        return single(1 + self.gain_sigma * z)

    def offset(self, layer, backward, line):
        return single(self.offset_sigma * normal(self.seed, STREAM_OFFSET + 16 * (2 * layer + backward), 0, 0, line))


FORWARD, BACKWARD, TEST = 0, 1, 2


def sum_squares(volts, stages):
    total = 0.0
    for v in volts if stages.device else ():
        total += float(v) ** 2
    return total


def sense_line(current, layer, direction, line, iteration, number, stages, square=0.0):
    random = 0.0
    sd = math.sqrt(stages.noise**2 + 2 * stages.device**2 * square) if stages.device else stages.noise
    if sd:
        stream = STREAM_READ + 16 * (3 * layer + direction)
        random = sd * normal(stages.seed, stream, iteration, number, line)
    backward = int(direction == BACKWARD)
    gain, offset = stages.gain(layer, backward, line), stages.offset(layer, backward, line)
    return F(sense_current(float(current), gain, offset, random, stages.limit, stages.levels))


def drive_levels(volts, v_read, stages):
    return [F(quantise(float(v), float(v_read), stages.drive_levels)) for v in volts]


def note_read(reads):
    """(number, sweeps, largest residual) of reads (sweeps, residual)."""
    return len(reads), sum(k for k, _ in reads), max((left for _, left in reads), default=0.0)
