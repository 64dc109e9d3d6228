"""One device of both polarities: a common range, the laws restated on it, and its variation.

What a device can be is said by `describe.device`. A law that does not fit in is not written: the range is cut to where
it does, or its steps are written as a table, and either is said; what cannot be written at all is refused here, and not
by the run that takes the file.
"""

from __future__ import annotations

import math

import numpy as np

from ..base.errors import DataError, LayoutError
from ..describe.device import MAX_PULSES, Device
from ..describe.laws import MIN_STEP
from .fitted import Fit
from .model import mean_curve
from .prepare import NAMES
from .redrawn import Redrawn, redraw
from .side import SideFit, Value

ENOUGH = 1.2 * MIN_STEP
"""Smallest step that is written, in parts of Gmax: a little more than a run takes."""
LEAST = 0.5
"""Part of the measured range that a cut device must keep."""


def describe_device(out: Fit) -> None:
    """One Gmin and Gmax for both directions, and each law restated on that range: the steps over G stay the same.

    Raises
    ------
    DataError
        If no device that runs describes the reads.
    """
    g_min, g_max = _range(out)
    low, high = _moving(out, g_min, g_max)
    if low > g_min or high < g_max:
        part = 1.0 - (high - low) / (g_max - g_min)
        if high - low < LEAST * (g_max - g_min):
            usual = min((g_max - g_min) / s.pulses for s in out.sides.values())
            if usual < 2.0 * MIN_STEP * g_max:
                raise DataError(
                    f"fit: expected steps that conductances resolve ({MIN_STEP:g} Gmax), got a mean step of "
                    f"{usual:.3g} S at Gmax = {g_max:.3g} S; take every tenth or hundredth pulse as one"
                )
            why = (
                f"over {100 * part:.0f} % of the range the law's steps are below {MIN_STEP:g} Gmax, and written as that"
            )
            _as_table(out, g_min, g_max, why)
            return
        out.warnings.append(
            f"the range is cut from {g_min:.4g} to {g_max:.4g} S to {low:.4g} to {high:.4g} S, by {100 * part:.2g} %: "
            f"beyond, steps are smaller than conductances resolve ({MIN_STEP:g} Gmax)"
        )
        g_min, g_max = low, high
    device = _by_law(out, g_min, g_max)
    try:
        made(device)
    except LayoutError as error:
        _as_table(out, g_min, g_max, f"the law is no device ({error})")
        return
    out.device = device
    _missing(out)


def made(section: dict[str, object]) -> Device:
    """The device that a section describes.

    Raises
    ------
    LayoutError
        If there is none.
    """
    device = Device(**{key.removesuffix("_S"): value for key, value in section.items()})  # type: ignore[arg-type]
    if device.model != "table":
        device.staircase()
    device.kernel()
    return device


def _range(out: Fit) -> tuple[float, float]:
    """Gmin and Gmax: the means of where both polarities begin and end."""
    low, high = [], []
    for side, s in out.sides.items():
        start, end = s.values["g_start_S"], s.values["g_end_S"]
        low.append(start if side > 0 else end)
        high.append(end if side > 0 else start)
    (g_min, how_low), (g_max, how_high) = _common(low), _common(high)
    if len(low) == 2:
        for name, both, how in (("Gmin", low, how_low), ("Gmax", high, how_high)):
            p, d = both[list(out.sides).index(1)].value, both[list(out.sides).index(-1)].value
            if abs(p - d) > 0.02 * (g_max - g_min):
                out.warnings.append(
                    f"{name} differs: potentiation {'from' if name == 'Gmin' else 'to'} {p:.4g} S, depression "
                    f"{'to' if name == 'Gmin' else 'from'} {d:.4g} S ({100 * abs(p - d) / (g_max - g_min):.1f} % of "
                    f"the range); the device has {how}"
                )
    if g_min < 0.0:
        out.warnings.append(f"Gmin would be {g_min:.3g} S; set to 0")
        g_min = 0.0
    if not (math.isfinite(g_min) and math.isfinite(g_max) and g_max > g_min):
        raise DataError(
            f"fit: expected Gmax above Gmin, got {g_min:.4g} and {g_max:.4g} S; check polarities with --map"
        )
    if g_max - g_min < 1e-3 * g_max:
        raise DataError(
            f"fit: expected a range of a thousandth of Gmax or more, got {g_min:.6g} to {g_max:.6g} S; take the "
            "conductance in parallel to the device off the reads"
        )
    return g_min, g_max


def _common(both: list[Value]) -> tuple[float, str]:
    """One end of the range, from that of each polarity: what their intervals agree on counts as much as it is known."""
    if len(both) == 1:
        return both[0].value, "it"
    a, b = sorted(both, key=lambda v: v.value)
    # Half widths towards each other.
    up, down = a.high - a.value, b.value - b.low
    if a.value + up < b.value - down or up + down <= 0.0:
        return 0.5 * (a.value + b.value), "their mean"
    return (a.value * down**2 + b.value * up**2) / (up**2 + down**2), "their mean, weighted by how well each is known"


def _moving(out: Fit, g_min: float, g_max: float) -> tuple[float, float]:
    """The part of the range where all laws have steps that conductances resolve."""
    g = np.linspace(g_min, g_max, 20001)
    fine = np.ones(len(g), bool)
    for s in out.sides.values():
        steps = s.step_at(g)
        fine &= np.isfinite(steps) & (steps > ENOUGH * g_max)
    if fine.all():
        return g_min, g_max
    # The longest stretch of it.
    edges = np.flatnonzero(np.diff(np.concatenate([[0], fine.astype(int), [0]])))
    stretches = [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    first, last = max(stretches, key=lambda ab: ab[1] - ab[0], default=(0, 0))
    return float(g[first]), float(g[last])


def _by_law(out: Fit, g_min: float, g_max: float) -> dict[str, object]:
    """The section of the device file."""
    device: dict[str, object] = {
        "model": "soft-bounds" if out.law == "soft-bounds" else "exponential",
        "g_min_S": g_min,
        "g_max_S": g_max,
    }
    for side, s in sorted(out.sides.items(), reverse=True):
        suffix = "" if side > 0 else "_d"
        n, beta, alpha = s.restated(g_min, g_max)
        s.device_beta, s.device_alpha, s.device_n = beta, alpha, n
        if math.isfinite(n) and 0.5 <= n <= MAX_PULSES:
            device[f"n_max{suffix}"] = max(1, round(n))
        else:
            device[f"alpha{suffix}_S"] = float(alpha)
            out.warnings.append(
                f"{NAMES[side]}: {n:.3g} pulses from rail to rail are beyond {MAX_PULSES}; alpha{suffix}_S is written "
                "instead"
            )
        device[f"beta{suffix}"] = round(float(beta), 6) + 0.0
    if 1 not in out.sides:
        for key in ("n_max", "alpha", "beta"):
            for unit in ("", "_S"):
                if f"{key}_d{unit}" in device:
                    device[f"{key}{unit}"] = device[f"{key}_d{unit}"]
    return device


def _missing(out: Fit) -> None:
    if 1 not in out.sides:
        out.warnings.append("no potentiation was measured: it is taken as depression")
    if -1 not in out.sides:
        out.warnings.append("no depression was measured: the simulated device takes potentiation's values for it")


def _as_table(out: Fit, g_min: float, g_max: float, why: str) -> None:
    """The law's own steps as a table, where the law is no device.

    Raises
    ------
    DataError
        If that is none either.
    """
    g = np.linspace(g_min, g_max, 101)
    section: dict[str, object] = {"model": "table", "g_min_S": g_min, "g_max_S": g_max}
    for side, key in ((1, "jump_p_S"), (-1, "jump_d_S")):
        s = out.sides.get(side) or out.sides[-side]
        steps = s.step_at(g if s.side == side else g[::-1])
        section[key] = [[float(v)] for v in np.maximum(steps, MIN_STEP * g_max)]
    try:
        made(section)
    except LayoutError as error:
        raise DataError(
            f"fit: expected a device that runs, got none: {why}, nor is its table one ({error}); try --table, or "
            "another --law"
        ) from None
    out.table, out.device = True, section
    out.warnings.append(f"a table of the {out.law} law's steps is written: {why}")
    _missing(out)


def judge(out: Fit) -> None:
    """Redraw every polarity with the device that is written, and say where it does not describe the reads.

    Raises
    ------
    DataError
        If it is no device that runs.
    """
    try:
        device = made(out.device)
    except LayoutError as error:
        raise DataError(
            f"fit: expected a device that runs, got one that is refused: {error}; try another --law"
        ) from None
    for side, s in out.sides.items():
        s.redrawn = _redrawn(device, side, s)
        if s.redrawn.poor:
            out.warnings.append(
                f"{NAMES[side]}: the written device {s.redrawn.poor}; see --plot, try --table or another --law"
            )
        elif s.redrawn.rmse > max(3.0 * s.rmse, 0.02):
            out.warnings.append(
                f"{NAMES[side]}: the written device misses its reads by {100 * s.redrawn.rmse:.1f} % of the range "
                f"(rms), the law alone by {100 * s.rmse:.1f} %: one device cannot have both polarities as they "
                "were measured; fit them one by one, or measure both over one range"
            )


def _redrawn(device: Device, side: int, s: SideFit) -> Redrawn:
    return redraw(device, side, s.values["g_start_S"].value, s.data.pulses, mean_curve(s.data.raw), abs(s.data.unit))


def variation_of(out: Fit) -> dict[str, float]:
    """Section ``variation`` of the device file: scatter of steps, and of reads, that both polarities have on
    average.
    """
    span = out.device["g_max_S"] - out.device["g_min_S"]
    c2c = [s.values["c2c"].value for s in out.sides.values() if s.values["c2c"].low > 0]
    c2c_range = [s.values["c2c_range_S"].value / span for s in out.sides.values() if s.values["c2c_range_S"].low > 0]
    noise = [s.values["read_noise_S"].value / span for s in out.sides.values() if s.values["read_noise_S"].low > 0]
    noise = [x for x in noise if x > ROUNDING]
    seen = [s.values["read_noise_S"].value / span for s in out.sides.values()]
    if not noise and max(seen, default=0.0) > DOUBTFUL:
        out.warnings.append(
            f"read noise may be {100 * max(seen):.2g} % of the range, or none: these reads do not tell it from the "
            "scatter of steps, and none is written (device_noise sets it)"
        )
    n = len(out.sides)
    found = {"device_noise": read_noise(out, float(np.sqrt(np.mean(np.square(noise)))))} if noise else {}
    return {
        "c2c": float(np.sqrt(np.sum(np.square(c2c)) / n)) if c2c else 0.0,
        "c2c_range": float(np.sqrt(np.sum(np.square(c2c_range)) / n)) if c2c_range else 0.0,
        **found,
    }


ROUNDING = 1e-4
"""Read noise, in ranges, below which it is the rounding of the file, and no array would notice it."""

DOUBTFUL = 0.002
"""Read noise, in ranges, above which it is told that it could not be told."""

MOST_NOISE = 10.0
"""Largest ``device_noise`` that a layout takes, in ranges."""


def read_noise(out: Fit, relative: float) -> float:
    """What is written as the key of read noise: the standard deviation of one read, relative to Gmax - Gmin, which is
    what the kernels add to each device at every read. What it leaves open becomes a warning.
    """
    out.warnings.append(
        f"read noise of {100 * relative:.2g} % of the range is written as device_noise: each read of a device in "
        "training gets what one read of this measurement had, its instrument included; set it to 0 if that was the "
        "instrument's, or if the array reads for much longer"
    )
    if relative > MOST_NOISE:
        out.warnings.append(f"read noise is written as {MOST_NOISE:g} ranges, the most that a layout takes")
    return min(relative, MOST_NOISE)
