"""The same, but for what a pulse does: it raises one device of the pair, and where that is full nothing happens.

So requests that add up beyond a threshold are pulses in Chang et al. (arXiv 1712.05895), whatever the pair method.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import jit
from ...device.law import potentiate
from ...device.press import RISE, pressed
from ...pair.weight import weigh_pair
from ...way.gradient import Slope, drive, fire, output_error, read_back, read_layer
from ...way.hardware import Reading
from .rule import absorb, write
from .sums import Sums

__all__ = [
    "Forward",
    "Rule",
    "absorb",
    "drive",
    "expect",
    "fire",
    "move",
    "outlook",
    "output_error",
    "read_back",
    "read_layer",
    "write",
]

_32 = np.uint64(32)


class Forward(NamedTuple):
    """What the rule needs to know; fields as of `rule.MixedPrecision`, and the seed of what scatters."""

    reading: Reading
    slope: Slope
    sums: Sums
    begin: np.ndarray
    inputs: np.ndarray
    errors: np.ndarray
    seed: np.uint64


Rule = Forward


@jit
def raise_devices(seed, layer, now, number, firing, n, columns, n_columns, side, pairs, d, scatter):
    """One potentiation pulse on the device of a side (0: G+) wherever a firing row meets one of the columns."""
    g, pulses, resets = (
        (pairs.g_minus, pairs.pulses_minus, pairs.resets_minus)
        if side
        else (pairs.g_plus, pairs.pulses_plus, pairs.resets_plus)
    )
    for k in range(n_columns):
        j = columns[k]
        key = noise.random_bits(seed, noise.STREAM_PULSE + 16 * (2 * layer + side), now, number, j) >> _32
        for q in range(n):
            i = firing[q]
            if scatter is None:
                g[j, i] = potentiate(g[j, i], d)
            else:
                g[j, i] = pressed(g[j, i], RISE, i, j, side, 0, key, pulses[j, i] + resets[j, i], d, scatter)
            pulses[j, i] += 1
            weigh_pair(pairs, i, j)


def move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """One event: a forward pulse at each crossing; see `rules.table.move`."""
    p, d, plus, minus = array.pairs, array.device, np.int64(0), np.int64(1)
    raise_devices(rule.seed, layer, now, number, firing, n, up, n_up, plus, p, d, p.scatter)
    raise_devices(rule.seed, layer, now, number, firing, n, down, n_down, minus, p, d, p.scatter)
    return n * (n_up + n_down), 0


def outlook(rule, array, geometry, layer, now, number):
    """Nothing: what is expected depends on nothing; see `rules.table.outlook`."""
    return 0


def expect(rule, own, i, j, raising):
    """What an event would do to one pair; see `rules.table.expect`."""
    return 0 if raising else 1, False, 1, 0
