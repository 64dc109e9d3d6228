"""What time does to conductances: drift as a power of time, and relaxation."""

from __future__ import annotations

import numpy as np

from ..describe.device import Device
from ..describe.variation import Variation
from ..kernels.base import noise
from .drawn import DRIFT


def age(g: np.ndarray, device: Device, variation: Variation, seconds: float, nu: np.ndarray) -> np.ndarray:
    """Conductances (rows, cols) float32, S, some seconds after they were written; `nu` are the drift exponents, of the
    same shape.
    """
    v, aged = variation, g.astype(np.float64)
    if v.relax_time > 0.0:
        end = device.g_min + v.relax_to * device.span
        aged = end + (aged - end) * np.exp(-((seconds / v.relax_time) ** v.relax_exponent))
    aged *= (max(seconds, v.drift_start) / v.drift_start) ** -nu
    return aged.astype(np.float32)


def exponents(
    variation: Variation, k: int, shape: tuple[int, int], seed: int, draw: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drift exponents of the devices of array `k`, (rows, cols) float64 for G+ and for G-."""
    sides = []
    for side in (0, 1):
        z = np.zeros(shape)
        if variation.drift_sigma:
            noise.fill_deviates(np.uint64(seed), noise.trait_stream(k, side, DRIFT), draw, z)
        sides.append(variation.drift + variation.drift_sigma * z)
    return sides[0], sides[1]
