"""One device of both polarities: a common range, the laws restated on it, and its variation."""

from __future__ import annotations

import math

import numpy as np

from ..base.errors import DataError
from ..describe.device import MAX_PULSES
from .fitted import Fit
from .prepare import NAMES


def describe_device(out: Fit) -> None:
    """One Gmin and Gmax for both directions, and each law restated on that range: the steps over G stay the same."""
    low, high = [], []
    for side, s in out.sides.items():
        start, end = s.values["g_start_S"].value, s.values["g_end_S"].value
        low.append(start if side > 0 else end)
        high.append(end if side > 0 else start)
    g_min, g_max = float(np.mean(low)), float(np.mean(high))
    if len(low) == 2:
        for name, (p, d) in (("Gmin", low), ("Gmax", high)):
            if abs(p - d) > 0.02 * (g_max - g_min):
                out.warnings.append(
                    f"{name} differs: potentiation {'from' if name == 'Gmin' else 'to'} {p:.4g} S, depression "
                    f"{'to' if name == 'Gmin' else 'from'} {d:.4g} S ({100 * abs(p - d) / (g_max - g_min):.1f} % of "
                    "the range); the device has their mean"
                )
    if g_min < 0.0:
        out.warnings.append(f"Gmin would be {g_min:.3g} S; set to 0")
        g_min = 0.0
    if not g_max > g_min:
        raise DataError(
            f"fit: expected Gmax above Gmin, got {g_min:.4g} and {g_max:.4g} S; check polarities with --map"
        )
    out.device = {
        "model": "soft-bounds" if out.law == "soft-bounds" else "exponential",
        "g_min_S": g_min,
        "g_max_S": g_max,
    }
    for side, s in sorted(out.sides.items(), reverse=True):
        suffix = "" if side > 0 else "_d"
        n, beta, alpha = s.restated(g_min, g_max)
        s.device_beta, s.device_alpha, s.device_n = beta, alpha, n
        if math.isfinite(n) and 0.5 <= n <= MAX_PULSES:
            out.device[f"n_max{suffix}"] = max(1, round(n))
        else:
            out.device[f"alpha{suffix}_S"] = float(alpha)
            out.warnings.append(
                f"{NAMES[side]}: {n:.3g} pulses from rail to rail are beyond {MAX_PULSES}; alpha{suffix}_S is written "
                "instead"
            )
        out.device[f"beta{suffix}"] = round(float(beta), 6) + 0.0
    if 1 not in out.sides:
        out.warnings.append("no potentiation was measured: it is taken as depression")
        for key in ("n_max", "alpha", "beta"):
            for unit in ("", "_S"):
                if f"{key}_d{unit}" in out.device:
                    out.device[f"{key}{unit}"] = out.device[f"{key}_d{unit}"]
    if -1 not in out.sides:
        out.warnings.append("no depression was measured: the simulated device takes potentiation's values for it")


def variation_of(out: Fit) -> dict[str, float]:
    """Section ``variation`` of the device file: scatter of steps that both polarities have on average."""
    span = out.device["g_max_S"] - out.device["g_min_S"]
    c2c = [s.values["c2c"].value for s in out.sides.values() if s.values["c2c"].low > 0]
    c2c_range = [s.values["c2c_range_S"].value / span for s in out.sides.values() if s.values["c2c_range_S"].low > 0]
    n = len(out.sides)
    return {
        "c2c": float(np.sqrt(np.sum(np.square(c2c)) / n)) if c2c else 0.0,
        "c2c_range": float(np.sqrt(np.sum(np.square(c2c_range)) / n)) if c2c_range else 0.0,
    }
