"""The device as the kernels take it, and the stairs that float32 conductances climb with it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import LayoutError
from .laws import MIN_STEP

if TYPE_CHECKING:
    from ..kernels.device.law import Device as DeviceKernel
    from .device import Device


def kernel_of(device: Device, alpha_p: float) -> DeviceKernel:
    """The device with this alpha. Rails are rounded to float32, as conductances are."""
    from ..kernels.device.law import SNAP
    from ..kernels.device.law import Device as DeviceKernel

    if device.runs_code:  # other laws have been looked at when they were described
        _check_first(device)
    up, down = device.steps_up() * (alpha_p / device.alpha_p), device.steps_down()
    # Equations (1) and (2) are computed; every other law is a table.
    tables = (None, None) if device.model == "exponential" else (up, down)
    return DeviceKernel(
        float(np.float32(device.g_min)),
        float(np.float32(device.g_max)),
        alpha_p,
        device.beta,
        device.alpha_depression,
        device.beta_depression,
        SNAP * float(up[up > 0.0].min()),
        SNAP * float(down[down > 0.0].min()),
        *tables,
    )


def _check_first(device: Device) -> None:
    """A device whose first step float32 conductances cannot resolve never moves."""
    for way, s, step in (("up", 0, device.alpha_p), ("down", 1, device.alpha_depression)):
        if not step >= MIN_STEP * device.g_max:
            raise LayoutError(
                f"device.step: expected {device.step} to step {way} from s = {s} by what float32 conductances resolve "
                f"(at least {MIN_STEP:g} of Gmax = {device.g_max:.3g} S), got {step:.3g} S; return larger steps, or "
                "widen the conductance range"
            )


@functools.lru_cache(maxsize=64)
def _climb(device: Device, alpha_p: float) -> np.ndarray:
    """The stairs from Gmin to Gmax that float32 conductances climb with this alpha."""
    from ..kernels.device.law import staircase

    out = np.empty(int(1 / MIN_STEP) + 2, np.float32)
    steps = out[: staircase(kernel_of(device, alpha_p), out) + 1].copy()
    steps.setflags(write=False)
    return steps


@functools.lru_cache(maxsize=64)
def counted_alpha(device: Device) -> float:
    """Alpha with which float32 conductances take exactly n_max pulses.

    That is the exact alpha, except for devices of a thousand steps and more (or with a narrow range): there the
    rounding of that many steps can add up to one, and alpha gives way by the least that mends it, at most a thousandth.
    """
    alpha = device.alpha_p
    if device.n_max is None:
        return alpha
    for shift in (0.0, *np.geomspace(1e-7, 1e-3, 120)):
        for candidate in (alpha * (1.0 + float(shift)), alpha * (1.0 - float(shift))):
            if len(_climb.__wrapped__(device, candidate)) - 1 == device.n_max:
                return candidate
    raise LayoutError(
        f"device.n_max: expected Gmax after {device.n_max} pulses, but float32 conductances cannot count them in this "
        "range; lower n_max or beta, or widen the conductance range"
    )


def staircase_of(device: Device) -> np.ndarray:
    """Conductances after 0, 1, 2, ... potentiation pulses from Gmin up to Gmax: (n + 1,) float32, S."""
    steps = _climb(device, counted_alpha(device))
    if len(steps) < 2 and device.runs_code:
        raise LayoutError(
            f"device.step: expected {device.step} to lead from s = 0 to 1 in steps that float32 conductances resolve "
            f"(at least {MIN_STEP:g} of Gmax), got steps that fade away before; let the law end beyond the rail, for "
            "example (1.02 - s) / 64 instead of (1 - s) / 64"
        )
    if len(steps) < 2:
        raise LayoutError(
            "device.alpha_S: expected steps that lead from Gmin to Gmax, got some that float32 conductances cannot "
            "resolve; raise alpha, lower beta, or widen the conductance range"
        )
    return steps
