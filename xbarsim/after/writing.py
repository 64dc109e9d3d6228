"""Trained states written into the devices of other arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arrays.aging import write
from ..arrays.drawn import draw_faults, draw_windows
from ..base.arguments import named
from ..base.errors import LayoutError
from ..base.notes import note
from ..describe.fields import keys_of
from ..describe.inference import AGING, STUCK, WINDOWS
from ..describe.layout import Layout
from ..describe.variation import Variation
from ..kernels.base import noise
from ..kernels.pair.lasting import LASTING
from .reader import readable

Pair = tuple[np.ndarray, np.ndarray]
Sides = Sequence[Pair]
"""(G+, G-) of all arrays, S."""

_VARIED = keys_of(Variation).keys()

WRITES = {
    "weights": "one device of a pair carries W, the other stays at Gmin",
    "states": "G+ and G- as they were trained",
}
"""How a trained network is written into another array."""


def written(sides: Pair, how: str, g_min: float) -> Pair:
    """Conductances that are asked of new devices, each (rows, cols) float32, S."""
    g_plus, g_minus = sides
    if how == "states":
        return g_plus, g_minus
    w, bottom = g_plus - g_minus, np.float32(g_min)
    return np.maximum(w, np.float32(0.0)) + bottom, np.maximum(-w, np.float32(0.0)) + bottom


def seed_of(first: int, number: int) -> int:
    """Seed of a draw or of a piece; the first is the one that was asked for."""
    return (first + number * 0x9E3779B97F4A7C15) % 2**63


class Into(NamedTuple):
    """What departs from what was asked for, of the devices that are written."""

    windows: bool = False  # they conduct otherwise at the same state
    stuck: bool = False
    errors: bool = False  # of writing, by the law of [aging]
    noise: bool = False  # of writing, that of every pulse

    @property
    def any(self) -> bool:
        """Whether anything does."""
        return self.windows or self.stuck or self.errors or self.noise


def written_into(layout: Layout, into: Into, k: int, asked: Pair, seed: int, draw: int) -> Pair:
    """What devices of array `k` conduct after they were asked for something: (G+, G-), (rows, cols) float32, S.

    Draws count from 1: 0 is the array that was trained.
    """
    plus, minus = asked
    if into.errors:
        plus, minus = write(layout, k, 0, plus, seed, draw), write(layout, k, 1, minus, seed, draw)
    if into.stuck:
        faults = draw_faults(layout, k, plus.shape, seed, draw)
        plus = np.where(faults.stuck_plus, faults.at_plus, plus)
        minus = np.where(faults.stuck_minus, faults.at_minus, minus)
    if into.windows:
        window = draw_windows(layout, k, plus.shape, seed, draw)
        plus = window.x_plus * plus + window.y_plus
        minus = window.x_minus * minus + window.y_minus
    if into.noise:
        plus, minus = (_noisy(layout, k, side, g, seed, draw) for side, g in enumerate((plus, minus)))
    return plus.astype(np.float32), minus.astype(np.float32)


def _noisy(layout: Layout, k: int, side: int, g: np.ndarray, seed: int, draw: int) -> np.ndarray:
    """One side of array `k` with the noise of its last write, S: never below 0. Stuck devices and fixed references have
    none.
    """
    if side and layout.fixed_reference:
        return g
    z = np.zeros(g.shape)
    noise.fill_deviates(np.uint64(seed), noise.trait_stream(k, side, LASTING), draw << 16, z)
    if layout.variation.stuck:
        faults = draw_faults(layout, k, g.shape, seed, draw)
        z[faults.stuck_minus if side else faults.stuck_plus] = 0.0
    found: np.ndarray = np.maximum(g + layout.variation.write_noise * layout.device.span * z, 0.0)
    return found


def onto(layout: Layout, device: str) -> Layout:
    """The layout of arrays that are only read, of another device: its window, its departures, and what time does.

    Its pulse law is not looked at, since states are asked for and no pulses are given.
    """
    if ".py:" in device:
        raise LayoutError(
            f"{named('infer', 'onto')}: expected a preset or a device file (.toml), got {device}, a law of pulses, and "
            "none is given here; name a file with a window"
        )
    plain = Layout.of(layers=(2, 2))
    brought = plain.with_device(device)
    read = (*WINDOWS, *STUCK, *AGING, "device_noise", "write_noise")
    kept = {key: getattr(brought.variation, key) for key in read if key in _VARIED}
    new = dataclasses.replace(readable(layout), variation=plain.variation, aging=brought.aging)
    law: dict[str, Any] = {"n_max": 64, "beta": 0.0, "n_max_d": None, "beta_d": None}
    window: dict[str, Any] = {"g_min": brought.device.g_min, "g_max": brought.device.g_max}
    return new.replace(**in_units(layout), **law, **window, **reference_in(layout, **window), **kept)


def in_units(layout: Layout) -> dict[str, Any]:
    """Keys of neurons that are made for an array whatever its devices: what they take for a full weight is theirs."""
    current, unit = layout.neuron.c_current, layout.device.span * layout.array.v_read
    return {} if current is None else {"c": current / unit, "c_current": None}


def reference_in(layout: Layout, g_min: float, g_max: float) -> dict[str, Any]:
    """The key of references that all conduct the same, at the same part of another range, S; none without one."""
    g, device = layout.array.reference_g, layout.device
    return {} if g is None else {"reference_g": g_min + (g - device.g_min) / device.span * (g_max - g_min)}


def onto_window(layout: Layout, new: Layout, pair: Pair) -> Pair:
    """Conductances as the same parts of the range of another device, even if they are beyond it: W is what it was. None
    is below 0.
    """
    low, high, old, span = layout.device.g_min, new.device.g_min, layout.device.span, new.device.span
    parts = ((g.astype(np.float64) - low) / old for g in pair)
    plus, minus = (np.maximum(high + part * span, 0.0).astype(np.float32) for part in parts)
    return plus, minus


def in_window(layout: Layout, new: Layout, trained: Sequence[Pair]) -> list[Pair]:
    """Trained conductances as the same states of the new device; what does not fit into its range is clipped, which is
    told.
    """
    clipped, n, found = 0, 0, []
    for pair in trained:
        sides = []
        for g in pair:
            state = (g.astype(np.float64) - layout.device.g_min) / layout.device.span
            clipped += int(np.count_nonzero((state < -1e-6) | (state > 1.0 + 1e-6)))
            n += state.size
            sides.append((new.device.g_min + np.clip(state, 0.0, 1.0) * new.device.span).astype(np.float32))
        found.append((sides[0], sides[1]))
    if clipped:
        note(f"infer: {clipped:,} of {n:,} states lie outside the range of the new devices, and are clipped to it")
    return found
