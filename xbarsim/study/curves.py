"""Curves of devices and pairs that need no training: conductance against pulses, and what one update does to W."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..arrays.crossbar import Crossbar
from ..describe.device import Device
from ..describe.pulses import TWO_SIDED
from ..kernels.device import law as kernel

Curve = tuple[np.ndarray, np.ndarray]


def pulse_curve(device: Device) -> Curve:
    """Conductance of a device under potentiation pulses up to Gmax, then depression pulses down to Gmin.

    Returns
    -------
    (n,) int, pulse number; (n,) float32, S
    """
    up, d = device.staircase(), device.kernel()
    down = [up[-1]]
    while down[-1] > np.float32(d.g_min):
        down.append(kernel.depress(down[-1], d))
    g = np.concatenate([up, down[1:]]).astype(np.float32)
    return np.arange(len(g)), g


def nonlinearity_curves(device: Device, betas: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0)) -> dict[str, Curve]:
    """Fig. 6 of Lim et al. (2019): normalised conductance against pulse number for several beta."""
    curves = {}
    for beta in betas:
        d = dataclasses.replace(device, beta=beta)
        pulses, g = pulse_curve(d)
        curves[f"beta {beta:g}"] = pulses, (g - d.g_min) / d.span
    return curves


def scaled_curves(device: Device, sigma: float = 0.25) -> dict[str, Curve]:
    """Fig. 13 of Lim et al. (2019): G / Gmax of devices whose scale X is up to three sigma from 1."""
    pulses, g = pulse_curve(device)
    return {
        f"X = 1 {'+-'[k < 0]} {abs(k)} sigma" if k else "X = 1": (pulses, (1.0 + k * sigma) * g / device.g_max)
        for k in (3, 2, 1, 0, -1, -2, -3)
    }


def update_steps(device: Device, method: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What one update does to a pair with G+ at Gmax, for all states of G-: Fig. 11 of Lim et al. (2019).

    Returns
    -------
    w : (n,) float64
        W before, in units of Gmax - Gmin, descending. G- = Gmax is left out: such a pair is reset before.
    up, down : (n,) float64
        Change of W in an update that raises it, and in one that lowers it.
    """
    g_minus = device.staircase()[:-1][None, :]
    changes = []
    for sign in (+1, -1):
        xb = Crossbar.from_conductance(device, np.full_like(g_minus, device.g_max), g_minus, method=method)
        before = xb.weights[0].astype(np.float64)
        n = g_minus.shape[1]
        xb.program(rows=[0], columns=range(n), signs=[sign] * n)
        changes.append((xb.weights[0] - before) / device.span)
    return before / device.span, changes[0], changes[1]


def step_curves(device: Device) -> dict[str, Curve]:
    """`update_steps` of the pair methods that pulse both sides, as named curves."""
    curves = {}
    for method in TWO_SIDED:
        w, up, down = update_steps(device, method)
        curves[f"method {method}, up"] = w, up
        curves[f"method {method}, down"] = w, down
    return curves
