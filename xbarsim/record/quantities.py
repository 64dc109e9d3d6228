"""What can be looked at of a layer: weights, and the conductances behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .trace import Trace


def has_devices(trace: Trace) -> bool:
    """Whether there are conductances."""
    return trace.layout.rule.has_devices(trace.layout)


def digits_of(trace: Trace) -> int:
    """How many pairs of devices a weight is made of; 0 without devices."""
    return int(trace.layout.rule.arrays(trace.layout)) if has_devices(trace) else 0


def siemens_of(trace: Trace) -> bool:
    """Whether weights are conductances, S, and not without unit."""
    return has_devices(trace) and (trace.layout.rule.currents or trace.layout.rule.pairs)


def quantities_of(trace: Trace) -> dict[str, str]:
    """What can be looked at, and what it is called: ``w``, and of each digit ``g_plus`` and ``g_minus``, of lower ones
    with their number at the end, as in a run file.

    Of a run whose plug-in's code is not run there are the devices of the highest digit, and W if it is their
    difference.
    """
    found = {} if trace.needs_code and not trace.is_pairs else {"w": "W = G+ - G-" if trace.is_pairs else "W"}
    for q in range(min(digits_of(trace), 1 if trace.needs_code else 99)):
        name = trace.layout.rule.array_name(q)
        end, of = f"_{q}" if q else "", f", {name}" if name else ""
        found |= {f"g_plus{end}": f"G+{of}", f"g_minus{end}": f"G-{of}"}
    return found


def value_of(trace: Trace, layer: int, iteration: int, name: str) -> np.ndarray:
    """A quantity of a layer after so many updates, (rows, cols) float32, S or without unit."""
    if name == "w":
        return trace.weights(layer, iteration)
    what, _, digit = name.removeprefix("g_").partition("_")
    sides = trace.conductance(layer, iteration, digit=int(digit or 0))
    return sides[0 if what == "plus" else 1]
