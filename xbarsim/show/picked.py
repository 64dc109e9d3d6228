"""What of a run is shown where nobody has said it: bins of histograms, and the pair whose history is drawn.

Bins are at the states of a device that has some, else of one width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..record.trace import Trace

_NEAR = 1e-4
"""What of the distance between two states a value may be off: float32 sums of steps."""


_ENOUGH = 0.2
"""Part of the devices at states from which on bins are put there: those that rest make combs, whatever others do."""


class Bins(NamedTuple):
    """Where bins begin and end, and what is in one of them.

    Attributes
    ----------
    edges : (bins + 1,) float64, S
        Half way between states, where there are states.
    states : int
        States of the device in a bin; 0: bins of one width, since values lie anywhere.
    """

    edges: np.ndarray
    states: int

    @property
    def label(self) -> str:
        """What a count is of: ``devices per state``."""
        if not self.states:
            return "devices per bin"
        return "devices per state" if self.states == 1 else f"devices per {self.states} states"


def bins_of(trace: Trace, sides: Sequence[np.ndarray], *, most: int = 128) -> Bins:
    """Bins for the conductances of a run.

    Where devices are at states, all of them or those that never left, each bin has as many states, so that none is
    empty, or twice as full, because of where it begins. Others have bins of one width over all that is there.

    Parameters
    ----------
    trace : Trace
    sides : sequence of arrays, S
        All conductances that are to be counted.
    most : int
        Most bins.
    """
    device = trace.layout.device
    low, high = (float(f([f(g) for g in sides])) for f in (np.min, np.max))
    if not trace.layout.variation.off_states and not trace.needs_code:
        steps = np.unique(device.staircase().astype(np.float64))
        if _share_at(np.concatenate([g.ravel() for g in sides]), steps) > _ENOUGH:
            return Bins(*_edges_between(steps, most))
    low, high = min(device.g_min, low), max(device.g_max, high)
    return Bins(np.linspace(low, high, min(most, 50) + 1), 0)


def _share_at(values: np.ndarray, states: np.ndarray) -> float:
    """What part of the values are states."""
    if len(states) < 2:
        return 0.0
    after = np.clip(np.searchsorted(states, values), 1, len(states) - 1)
    near = np.minimum(np.abs(values - states[after - 1]), np.abs(values - states[after]))
    return float(np.mean(near <= _NEAR * float(np.diff(states).min())))


def _edges_between(states: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """Edges half way between states, with the same number of states in every bin but perhaps the last."""
    each = -(-len(states) // most)
    middle = 0.5 * (states[1:] + states[:-1])
    outer = states[0] - (middle[0] - states[0]), states[-1] + (states[-1] - middle[-1])
    edges = np.concatenate([outer[:1], middle[each - 1 :: each], outer[1:]])
    return np.unique(edges), each


def difference(sides: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """W = G+ - G- of an array, (rows, cols) float64, S."""
    plus, minus = sides
    found: np.ndarray = plus.astype(np.float64) - minus
    return found


def moved_most(trace: Trace, first: np.ndarray, last: np.ndarray) -> tuple[int, int]:
    """The pair (row, column) whose weight changed most between two states of a layer, each its W, (rows, cols).

    The bias row is left out, if there are others: its line is always driven, so that it tells little of the others.
    """
    change = np.abs(last.astype(np.float64) - first)
    if trace.layout.array.bias and len(change) > 1:
        change = change[:-1]
    row, col = np.unravel_index(int(np.argmax(change)), change.shape)
    return int(row), int(col)
