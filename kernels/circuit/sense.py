"""Drivers and sense circuits that are not ideal: resolution, gain and offset mismatch, noise, clipping.

A sensed current goes through a current-to-voltage stage::

    sensed = quantise(clip(gain (current + offset + noise), range), range, bits)

and comparators and hard sigmoids see what comes out, so that a mismatched neuron has a mismatched derivative. Noise is
input-referred and drawn anew at each read; gain and offset are drawn once, for each neuron and each row's error
amplifier. A column's output may be scaled digitally after that (`digital`): what compensates drift, 1 in training.

Devices may be noisy too: where each conductance of a pair deviates by sigma at each read, independently, the current of
a line deviates by ``sigma sqrt(2 sum V^2)``, which is drawn as one number (exact for ideal wires; with real ones the
voltages are taken at the drivers).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import jit

FORWARD, BACKWARD, TEST = 0, 1, 2
"""What a noise draw belongs to: a training read, forward or backward, or a read of the test samples."""


class Sense(NamedTuple):
    """Drivers and sense circuits of all layers."""

    gain: np.ndarray  # (layers, 2, width) float32: forward of columns, backward of rows
    offset: np.ndarray  # (layers, 2, width) float32, A
    noise: float  # A: standard deviation
    device: float  # S: standard deviation of one device's conductance from read to read
    limit: np.ndarray  # (layers, 2, width) float64, A: outputs are clipped at +-limit; 0: not at all
    levels: float  # steps between 0 and the limit; 0: any value
    drive_levels: float  # steps between 0 and the full voltage; 0: any value
    seed: np.uint64
    digital: np.ndarray  # (layers, width) float32: what outputs of columns are multiplied with after they are sensed


@jit
def quantise(x, full, levels):
    """`x` rounded to a multiple of ``full / levels``, halves away from 0; `levels` 0 leaves it."""
    if levels == 0.0:
        return x
    n = np.floor(abs(x) / full * levels + 0.5)
    return np.copysign(n * full / levels, x)


@jit
def sense_current(current, gain, offset, random, limit, levels):
    """Output of one current-to-voltage stage, in A at its input.

    Parameters
    ----------
    current, offset, random, limit : float64, A
        `random` is the noise of this read.
    gain : float64
    levels : float64
    """
    x = gain * (current + offset + random)
    if limit > 0.0:
        x = quantise(min(max(x, -limit), limit), limit, levels)
    return x


@jit
def sum_squares(volts, n, circuits):
    """Sum of the squares of `n` voltages, V^2; 0 if the devices have no noise, and nobody asks."""
    total = 0.0
    if circuits.device > 0.0:
        for q in range(n):
            total += np.float64(volts[q]) * np.float64(volts[q])
    return total


@jit
def sense_line(current, layer, direction, line, iteration, number, circuits, square=0.0):
    """`sense_current` of one line of a layer.

    Parameters
    ----------
    direction : int
        ``FORWARD``: a column; ``BACKWARD``: a row; ``TEST``: a column, for a test sample.
    iteration, number : int
        Of the draw: updates done, and the sample's number in the batch or in the test set.
    circuits : Sense
    square : float64, V^2
        Sum of the squares of the voltages that drive the devices of the line.
    """
    side = 1 if direction == BACKWARD else 0
    random = 0.0
    if circuits.noise > 0.0 or circuits.device > 0.0:
        stream = noise.STREAM_READ + 16 * (3 * layer + direction)
        sd = circuits.noise
        if circuits.device > 0.0:  # two independent normal deviates add up to one
            sd = np.sqrt(circuits.noise * circuits.noise + 2.0 * circuits.device * circuits.device * square)
        random = sd * noise.normal(circuits.seed, stream, iteration, number, line)
    gain, offset = np.float64(circuits.gain[layer, side, line]), np.float64(circuits.offset[layer, side, line])
    limit = circuits.limit[layer, side, line]
    out = np.float32(sense_current(np.float64(current), gain, offset, random, limit, circuits.levels))
    return out if direction == BACKWARD else out * circuits.digital[layer, line]
