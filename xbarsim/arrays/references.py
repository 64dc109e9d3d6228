"""Fixed references: what the second device of a pair is programmed to where only the first is pulsed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.notes import note
from ..describe.device import Device
from ..describe.layout import Layout
from ..kernels.base import noise
from ..kernels.device import law
from .drawn import REFERENCE, Window


class Reach(NamedTuple):
    """Pulses of the nominal law that lead from a reference to the rails."""

    down: int
    up: int


def reach_of(device: Device, start: float, most: int) -> Reach:
    """Pulses from the state `start`, S, until the rails are reached, `most` at most."""
    d, found = device.kernel(), []
    for pulse, rail in ((law.depress, np.float32(d.g_min)), (law.potentiate, np.float32(d.g_max))):
        g, n = np.float32(start), 0
        while n < most and g != rail:
            g, n = np.float32(pulse(g, d)), n + 1
        found.append(n)
    return Reach(*found)


def states_for(g: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Nominal states in which devices with the windows `x` and `y` would conduct `g`, S: float64, S; see `Window`."""
    x = x.astype(np.float64)
    return np.where(x > 0.0, (g - y) / np.where(x > 0.0, x, 1.0), 0.0)


def conducting(g_plus: np.ndarray, window: Window) -> np.ndarray:
    """Nominal states in which G- would conduct what G+ does: float64, S; see `Window`."""
    found = window.x_plus.astype(np.float64) * g_plus + window.y_plus
    return states_for(found, window.x_minus, window.y_minus)


def programmed(layout: Layout, k: int, wanted: np.ndarray, sigma: float) -> np.ndarray:
    """References of array `k`: `wanted`, (rows, cols) nominal S, with their spread `sigma`, in units of the largest
    weight, clipped to the range; float32, S.

    What is clipped is told.
    """
    device = layout.device
    z = np.zeros(wanted.shape)
    if sigma:
        noise.fill_deviates(np.uint64(layout.run.seed), noise.trait_stream(k, 1, REFERENCE), 0, z)
    asked = (wanted + sigma * layout.weight_range * z).astype(np.float32)
    d = device.kernel()
    found: np.ndarray = np.clip(asked, np.float32(d.g_min), np.float32(d.g_max))
    clipped = int((found != asked).sum())
    if clipped:
        note(
            f"{_named(layout, k)}: {clipped:,} of {found.size:,} references would have to be outside of the range of "
            "their devices, and are at its end instead"
        )
    return found


def _named(layout: Layout, k: int) -> str:
    """Array `k` in words: of layers of several, first arrays come before second ones."""
    if layout.rule.arrays(layout) < 2:
        return f"array {k + 1}"
    layers = len(layout.network.arrays)
    return f"layer {k % layers + 1}, {layout.rule.array_name(k // layers)}"
