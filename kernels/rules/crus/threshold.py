"""A rival of CRUS: requests add up per pair in floating point; beyond a threshold comes a forward pulse, and it is
subtracted.

After Chang et al., arXiv 1712.05895. It needs a float per pair, and no sensing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...base.buffers import layer_columns
from ...pair.open_loop import pulse_device
from ...pair.weight import weigh_pair
from ...way.hardware import Reading, drive, fire, output_error, read_back, read_layer
from .pairs import Scheme
from .rule import USE_EVENT, column_hash, event_keys
from .sensed import note, rate_of

__all__ = [
    "Rule",
    "Threshold",
    "begin",
    "drive",
    "expect",
    "fire",
    "gather",
    "move",
    "note",
    "output_error",
    "read_back",
    "read_layer",
]


class Threshold(NamedTuple):
    """What the rule needs to know, and the requests that were not yet worth a pulse."""

    reading: Reading
    scheme: Scheme
    gathered: np.ndarray  # flat float32, updated
    asked: np.ndarray  # see `conditional.Conditional`
    clock: np.ndarray  # (1,) int64, updated: updates done


Rule = Threshold


def begin(rule, array, geometry, layer, now, rows, cols):
    """Note the time; see `rules.table.begin`."""
    rule.clock[0] = now
    return 0, 0


@jit
def gather_column(lines, volts, n, x, limit, gathered, raised, lowered):
    """Add one sample's requests of a column; returns the numbers of rows that are to be raised and lowered.

    Parameters
    ----------
    lines, volts, n : driven rows, (>= n,) int32 and float32, V
    x : float32, 1/V
        Added up is ``-x volts``.
    limit : float32
    gathered : (rows,) float32, updated
    raised, lowered : (>= n,) int32, updated
    """
    n_up, n_down = 0, 0
    for q in range(n):
        i = lines[q]
        total = gathered[i] - x * volts[q]
        if abs(total) > limit:
            if total > np.float32(0.0):
                total -= limit
                raised[n_up] = i
                n_up += 1
            else:
                total -= -limit
                lowered[n_down] = i
                n_down += 1
        gathered[i] = total
    return n_up, n_down


def gather(rule, geometry, layer, j, place, size, lines, volts, n, delta, raised, lowered):
    """Rows of a column that are pulsed now; see `rules.table.gather`."""
    if abs(delta[j]) <= rule.reading.dead_zone[layer]:
        return 0, 0
    rate = rate_of(rule.scheme, layer, rule.clock[0])
    x = np.float32(rate / np.float64(rule.reading.v_read)) * delta[j]
    gathered = layer_columns(rule.gathered, geometry, layer)[j]
    return gather_column(lines, volts, n, x, rule.scheme.limit, gathered, raised, lowered)


@jit
def pulse_forward(key, firing, n, columns, n_columns, side, pairs, d, scatter):
    """One potentiation pulse on the device of a side at each crossing."""
    g, pulses, resets = (
        (pairs.g_minus, pairs.pulses_minus, pairs.resets_minus)
        if side
        else (pairs.g_plus, pairs.pulses_plus, pairs.resets_plus)
    )
    for k in range(n_columns):
        j = columns[k]
        column = column_hash(key, j)
        for q in range(n):
            i = firing[q]
            count = pulses[j, i] + resets[j, i]
            g[j, i] = pulse_device(g[j, i], True, i, j, side, 0, column, count, d, scatter)
            pulses[j, i] += 1
            weigh_pair(pairs, i, j)


def expect(rule, own, i, j, raising):
    """What an event would do to one pair; see `rules.table.expect`."""
    return 0 if raising else 1, False, 1, 0


def move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """One event: a forward pulse at each crossing; see `rules.table.move`."""
    _, _, key = event_keys(rule.scheme.seed, layer, USE_EVENT, now, number)
    p = array.pairs
    plus, minus = np.int64(0), np.int64(1)
    pulse_forward(key, firing, n, up, n_up, plus, p, array.device, p.scatter)
    pulse_forward(key, firing, n, down, n_down, minus, p, array.device, p.scatter)
    return n * (n_up + n_down), 0
