"""Twins of one pulse on one device, written from its equation; see `tests/naive.py`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..base.naive import single


@dataclass(frozen=True)
class Device:
    """Conductances are Python floats that hold float32 values."""

    g_min: float
    g_max: float
    alpha_p: float
    beta_p: float
    alpha_d: float
    beta_d: float

    @classmethod
    def of(cls, device):
        """From a description (xbarsim.Device)."""
        return cls(
            single(device.g_min),
            single(device.g_max),
            device.alpha_p,
            device.beta,
            device.alpha_depression,
            device.beta_depression,
        )

    @property
    def near_top(self):
        """Closer to Gmax than this counts as Gmax."""
        return self.alpha_p * math.exp(-self.beta_p) / 20

    @property
    def near_bottom(self):
        return self.alpha_d * math.exp(-self.beta_d) / 20


def end_of(alpha, beta, n):
    """Where n potentiation pulses lead, without rails, in units of the range."""
    g = 0.0
    for _ in range(n):
        g += alpha * math.exp(-beta * g)
    return g


def normalised_alpha(n, beta):
    """The alpha with which n pulses lead from 0 to 1: regula falsi would do, halving is more obvious."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if end_of(middle, beta, n) < 1:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def step_up(g, d):
    return d.alpha_p * math.exp(-d.beta_p * (g - d.g_min) / (d.g_max - d.g_min))


def step_down(g, d):
    return d.alpha_d * math.exp(-d.beta_d * (d.g_max - g) / (d.g_max - d.g_min))


def potentiate(g, d):
    g = g + step_up(g, d)
    return d.g_max if g > d.g_max - d.near_top else single(g)


def depress(g, d):
    g = g - step_down(g, d)
    return d.g_min if g < d.g_min + d.near_bottom else single(g)


def staircase(d):
    steps = [d.g_min]
    while steps[-1] < d.g_max:
        steps.append(potentiate(steps[-1], d))
    return steps


def find_step(steps, g):
    """The first stair that is not below g, or the last."""
    return next((k for k, step in enumerate(steps) if step >= g), len(steps) - 1)


def follow(g, up, pulses, d):
    """Conductances after so many pulses of one polarity."""
    out, done = [], 0
    for number in pulses:
        for _ in range(number - done):
            g = potentiate(g, d) if up else depress(g, d)
        done = number
        out.append(g)
    return out
