"""Inference with a network that learnt binary-stochastically, by stochastic passes.

The noise of a sample's passes depends on the seed, the sample and the pass: it is the same at every evaluation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base import noise
from .bits import INPUT_BITS, USE_INFERENCE, Tables, binarise_inputs, compare, threshold_inputs
from .inference import test_layer
from .room import make_room, room_of

__all__ = ["Rule", "Sampled", "drive", "fire", "make_room", "passes", "read_layer", "room_of"]


class Sampled(NamedTuple):
    """What inference needs to know."""

    seed: np.uint64
    passes: int
    temperature: np.ndarray  # (layers,) float32, in units of W
    inputs: int
    tables: Tables


Rule = Sampled


def passes(rule):
    """Stochastic passes of a sample; see `rules.table.passes`."""
    return rule.passes


def drive(rule, array, k, now, number, samples, room):
    """Bits of the inputs; see `rules.table.drive`."""
    a = samples.start[k]
    n = samples.start[k + 1] - a
    driven, values = samples.line[a : a + n], samples.volts[a : a + n]
    if rule.inputs == INPUT_BITS:
        stream = noise.bits_stream(0, USE_INFERENCE)
        noise.fill_words(rule.seed, stream, number // rule.passes, number % rule.passes, n, room.words)
        return binarise_inputs(driven, values, n, room.words.view(np.uint16), room.lines[0])
    return threshold_inputs(driven, values, n, room.lines[0])


def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Forward read of rows that are all driven alike; see `rules.table.read_layer`."""
    if geometry.bias[layer]:
        room.lines[layer, n] = geometry.rows[layer] - 1
        n += 1
    test_layer(array, layer, n, number // rule.passes, number % rule.passes, geometry, room)


def fire(rule, layer, now, number, geometry, room):
    """Noisy comparators; see `rules.table.fire`."""
    cols, stream = geometry.cols[layer], noise.bits_stream(layer + 1, USE_INFERENCE)
    noise.fill_words(rule.seed, stream, number // rule.passes, number % rule.passes, cols, room.words)
    draws = room.words.view(np.uint16)
    return compare(
        room.currents[layer], cols, rule.temperature[layer], draws, rule.tables.logistic, room.lines[layer + 1]
    )
