"""Devices that are written to targets, one by one: pulses counted beforehand, or read and pulsed until they are there.

A controller knows the nominal law. Open loop it counts by that law how many pulses lead from where a device is said to
be to its target. Closed loop it reads the device through the sense circuit of its column, all others being switched
off, compares, and gives one pulse up or down; what it reads has the noise, the gain, the offset and the resolution of
that circuit. What pulses do is what real devices do (see `pair.open_loop`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import jit
from ..device.law import depress, potentiate
from ..pair.lasting import settled
from ..pair.open_loop import nearest_step, pulse_device, reset_device
from .sense import sense_current

PULSES, READS = 11, 12
"""Quantities of a side's devices, each with a stream of its own, beside those of arrays/drawn.py."""

_LOW = np.uint64(0xFFFFFFFF)
_MOST_PLACES = 65_535  # pulses of one device whose draws can be told apart


class Writing(NamedTuple):
    """How devices of one side of an array are written, and read."""

    seed: np.uint64
    layer: int
    side: int  # 0: G+, 1: G-
    draw: int  # which time this array is written: another one draws anew
    erased: int  # 1: every device is reset first
    tolerance: float  # S: of what is read, about the target
    most: int  # pulses of one device, at most
    v_read: float  # V
    noise: float  # A: standard deviation of a read
    device: float  # S: standard deviation of a device's conductance from read to read
    limit: float  # A: full scale; 0: none
    levels: float  # steps to the full scale; 0: any value
    gain: np.ndarray  # (cols,) float32
    offset: np.ndarray  # (cols,) float32, A


@jit
def write_key(how, column):
    """32 bits (uint64) of the draws of a column's pulses."""
    stream = noise.trait_stream(how.layer, how.side, PULSES)
    return noise.random_bits(how.seed, stream, how.draw, 0, column) & _LOW


@jit
def read_device(g, how, i, j, number):
    """What a read of a device takes it to conduct, float64, S; `number` is that of the read.

    Parameters
    ----------
    g : float64, S
        What it conducts.
    """
    random = 0.0
    if how.noise > 0.0 or how.device > 0.0:
        own = how.device * how.v_read
        sd = np.sqrt(how.noise * how.noise + own * own)
        stream = noise.trait_stream(how.layer, how.side, READS)
        random = sd * noise.normal(how.seed, stream, how.draw * 65536 + number, i, j)
    gain, offset = np.float64(how.gain[j]), np.float64(how.offset[j])
    return sense_current(g * how.v_read, gain, offset, random, how.limit, how.levels) / how.v_read


@jit
def count_pulses(g, target, most, d):
    """Pulses of the nominal law that lead from `g` nearest to `target`: above 0 up, below 0 down.

    Of two that are as near the fewer. Both are float32, S.
    """
    rising = target > g
    n = 0
    while n < most:
        new = potentiate(g, d) if rising else depress(g, d)
        if new == g or abs(np.float64(new) - target) >= abs(np.float64(g) - target):
            break
        g = new
        n += 1
    return n if rising else -n


@jit
def write_open(how, target, g, x, y, pulses, resets, d, steps, scatter):
    """Write a side open loop.

    Parameters
    ----------
    how : Writing
    target : (cols, rows) float32, S
    g : (cols, rows) float32, S, updated
        Nominal states.
    x, y : (cols, rows) float32, and S
        What a device conducts, x g + y: the controller does not know them. `y` is updated where devices have noise of
        their writes (`pair.lasting`).
    pulses, resets : (cols, rows) int64, updated
    d : Device
    steps : (n_max + 1,) float32, S
        The nominal staircase.
    scatter : Scatter of the array or None
    """
    for j in range(target.shape[0]):
        key = write_key(how, j)
        for i in range(target.shape[1]):
            now = g[j, i]
            if how.erased:
                now = reset_device(now, i, j, how.side, pulses[j, i] + resets[j, i], d, scatter)
                resets[j, i] += 1
                n = nearest_step(steps, np.float64(target[j, i]))
            else:
                n = count_pulses(now, target[j, i], how.most, d)
            for k in range(abs(n)):
                had = pulses[j, i] + resets[j, i]
                now = pulse_device(now, n > 0, i, j, how.side, k + 1, key, had, d, scatter)
                pulses[j, i] += 1
            g[j, i] = now
            y[j, i] = settled(scatter, i, j, how.side, pulses[j, i] + resets[j, i], x[j, i], now, y[j, i])


@jit
def write_verify(how, target, g, x, y, pulses, resets, d, scatter, reads, there):
    """Write a side closed loop: read, compare, pulse, until what is read is within the tolerance, or so many times.

    Parameters as of `write_open`, and

    reads : (cols, rows) int64, updated
    there : (cols, rows) uint8, updated
        1 where the last read was within the tolerance.
    """
    for j in range(target.shape[0]):
        key = write_key(how, j)
        for i in range(target.shape[1]):
            now, n = g[j, i], 0
            if how.erased:
                now = reset_device(now, i, j, how.side, pulses[j, i] + resets[j, i], d, scatter)
                resets[j, i] += 1
            there[j, i] = 0
            while True:
                y[j, i] = settled(scatter, i, j, how.side, pulses[j, i] + resets[j, i], x[j, i], now, y[j, i])
                conducts = np.float64(x[j, i]) * np.float64(now) + np.float64(y[j, i])
                off = read_device(conducts, how, i, j, n) - np.float64(target[j, i])
                reads[j, i] += 1
                if abs(off) <= how.tolerance:
                    there[j, i] = 1
                    break
                if n >= how.most or n >= _MOST_PLACES:
                    break
                n += 1
                had = pulses[j, i] + resets[j, i]
                now = pulse_device(now, off < 0.0, i, j, how.side, n, key, had, d, scatter)
                pulses[j, i] += 1
            g[j, i] = now
