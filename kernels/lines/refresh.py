"""What refreshes one-sided pairs after an update (see `pair.refreshing`), and what has to follow it.

What happens depends on the conductances alone, so nothing is recorded of it: a replay refreshes as the training did.
"""

from __future__ import annotations

from ..base._jit import jit
from ..pair import table
from ..pair.refreshing import is_due
from ..rules.arrays import copies, copy_array, follow_layer
from ..rules.table import layer_array
from .table import enter_pulses, renew


@jit
def refresh_layer(limits, rule, own, geometry, layer, at, rows, cols):
    """Refresh the pairs of a layer after update `at`, if it is time; returns the pulses and resets issued.

    Parameters
    ----------
    limits : Refresh or None
        See `rules.table.refreshes`.
    own : the layer's array
    rows, cols : (first, past the last)
        Pairs that are looked at.
    """
    pulses, resets = 0, 0
    if limits is not None:  # Numba leaves out what the type of an argument rules out
        if is_due(limits, at):
            for copy in range(copies(rule)):
                a, b = table.refresh(copy_array(rule, own, geometry, layer, copy), limits, at, rows, cols)
                pulses += a
                resets += b
    return pulses, resets


@jit
def refresh_layers(limits, rule, array, circuit, lines, geometry, at):
    """The same of all layers, with their circuits and pulse lines."""
    pulses, resets = 0, 0
    if limits is not None:
        for layer in range(geometry.rows.shape[0]):
            own = layer_array(rule, array, geometry, layer)
            whole = (0, geometry.rows[layer]), (0, geometry.cols[layer])
            a, b = refresh_layer(limits, rule, own, geometry, layer, at, whole[0], whole[1])
            if b > 0:
                follow_layer(rule, own, circuit, geometry, layer)
                renew(lines, rule, own, geometry, layer)
                enter_pulses(lines, a, b)
            pulses += a
            resets += b
    return pulses, resets
