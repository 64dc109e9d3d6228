"""Synapse devices: how one gate pulse moves one conductance.

A device is described by its conductance range and, for each direction, either the step alpha or the dynamic range
n_max, the number of pulses that takes it from one rail to the other.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import checks
from .errors import LayoutError

if TYPE_CHECKING:
    from .kernels.device import Device as DeviceKernel

MODELS = {
    "exponential": "equations (1) and (2) of Lim et al. (2019): the step falls exponentially with the conductance"
}
"""Device models a layout can name."""

PRESETS = {
    f"lim2019-beta{beta}": {"g_min": 1e-7, "g_max": 1e-6, "n_max": 64, "beta": float(beta)} for beta in (0, 1, 2, 3)
}
"""Named parameter sets: the four devices of Lim et al. (2019), Fig. 6. The paper normalises conductance; the range in S is ours."""

MAX_PULSES = 4096
"""Largest dynamic range: above it a step is too small for a float32 conductance to count pulses exactly."""

MIN_STEP = 2e-6
"""Smallest step, as a fraction of Gmax: about sixteen times the resolution of float32."""


@functools.lru_cache(maxsize=256)
def normalised_alpha(n_max: int, beta: float) -> float:
    """Step alpha / (Gmax - Gmin) with which exactly `n_max` pulses lead from Gmin to Gmax.

    Solves ``g_n = 1`` of the recursion ``g_0 = 0, g_{k+1} = g_k + a exp(-beta g_k)`` by bisection: on (0, 1] the end point
    rises strictly with a, so the solution exists and is the only one. At beta = 0 it is 1 / n_max.

    >>> normalised_alpha(64, 0.0) == 1 / 64
    True
    >>> round(normalised_alpha(64, 2.0), 10)
    0.0491354054
    """
    if beta == 0.0:
        return 1.0 / n_max
    low, high = 0.0, 1.0
    while True:
        a = 0.5 * (low + high)
        if not low < a < high:
            return high
        g = 0.0
        for _ in range(n_max):
            g += a * math.exp(-beta * g)
            if g >= 1.0:
                break
        if g >= 1.0:
            high = a
        else:
            low = a


@dataclass(frozen=True, kw_only=True)
class Device:
    """A three-terminal synapse device with identical gate pulses.

    Parameters
    ----------
    g_min, g_max : float, S
        Conductance range.
    n_max : int, optional
        Pulses from `g_min` to `g_max`; alpha follows from it. Default 64, unless `alpha` is given.
    alpha : float, S, optional
        First potentiation step, instead of `n_max`.
    beta : float
        Nonlinearity of potentiation, >= 0; 0 is linear.
    n_max_d, alpha_d, beta_d : optional
        The same for depression; what is not given is as for potentiation.

    Examples
    --------
    >>> device = Device(g_min=1e-7, g_max=1e-6, n_max=64, beta=2.0)
    >>> round(device.alpha_p / (device.g_max - device.g_min), 10)
    0.0491354054
    >>> len(device.staircase()) - 1
    64
    """

    model: str = "exponential"
    g_min: float = 1e-7
    g_max: float = 1e-6
    n_max: int | None = None
    alpha: float | None = None
    beta: float = 2.0
    n_max_d: int | None = None
    alpha_d: float | None = None
    beta_d: float | None = None

    def __post_init__(self) -> None:
        """Check every value, once."""
        put = functools.partial(object.__setattr__, self)
        checks.choice("device.model", self.model, MODELS)
        put("g_min", checks.number("device.g_min_S", self.g_min, least=0.0, most=1e6))
        put("g_max", checks.number("device.g_max_S", self.g_max, above=0.0, most=1e6))
        if not self.g_min < self.g_max:
            raise LayoutError(
                f"device.g_max_S: expected more than g_min_S = {self.g_min:g} S, got {self.g_max:g} S; swap or widen the range"
            )
        if self.g_max < 1e-30 or self.g_max - self.g_min < 1e-3 * self.g_max:
            raise LayoutError(
                f"device.g_max_S: expected a range float32 can resolve, got {self.g_min:g} to {self.g_max:g} S; "
                "give siemens, with (Gmax - Gmin) at least a thousandth of Gmax"
            )
        for n_key, a_key, b_key in (("n_max", "alpha", "beta"), ("n_max_d", "alpha_d", "beta_d")):
            n, a, b = getattr(self, n_key), getattr(self, a_key), getattr(self, b_key)
            if n is not None and a is not None:
                raise LayoutError(f"device.{n_key}: expected either {n_key} or {a_key}_S, got both; leave one out")
            if n is not None:
                put(n_key, checks.integer(f"device.{n_key}", n, least=1, most=MAX_PULSES))
            if a is not None:
                put(a_key, checks.number(f"device.{a_key}_S", a, above=0.0, most=1e6))
            if b is not None:
                put(b_key, checks.number(f"device.{b_key}", b, least=0.0, most=100.0))
        if self.n_max is None and self.alpha is None:
            put("n_max", 64)
        for key, step in (("alpha_S", self.alpha_p * math.exp(-self.beta)), ("alpha_d_S", self.smallest_step_d)):
            if step < MIN_STEP * self.g_max:
                raise LayoutError(
                    f"device.{key}: expected steps that float32 conductances resolve, got a smallest step of {step:.3g} S "
                    f"at Gmax = {self.g_max:.3g} S; lower beta, or raise alpha or lower n_max"
                )

    @property
    def alpha_p(self) -> float:
        """Potentiation step at Gmin, S."""
        if self.alpha is not None:
            return self.alpha
        assert self.n_max is not None
        return (self.g_max - self.g_min) * normalised_alpha(self.n_max, self.beta)

    @property
    def beta_depression(self) -> float:
        """Nonlinearity of depression."""
        return self.beta if self.beta_d is None else self.beta_d

    @property
    def alpha_depression(self) -> float:
        """Depression step at Gmax, S."""
        if self.alpha_d is not None:
            return self.alpha_d
        if self.n_max_d is None and self.alpha is not None:
            return self.alpha
        n = self.n_max if self.n_max_d is None else self.n_max_d
        assert n is not None
        return (self.g_max - self.g_min) * normalised_alpha(n, self.beta_depression)

    @property
    def smallest_step_d(self) -> float:
        """Depression step at Gmin, S."""
        return self.alpha_depression * math.exp(-self.beta_depression)

    @property
    def span(self) -> float:
        """Gmax - Gmin, S."""
        return self.g_max - self.g_min

    def kernel(self) -> DeviceKernel:
        """The device as the kernels take it. Rails are rounded to float32, as conductances are."""
        return _kernel(self, _counted_alpha(self))

    def staircase(self) -> np.ndarray:
        """Conductances after 0, 1, 2, ... potentiation pulses from Gmin up to Gmax: (n + 1,) float32, S."""
        return _staircase(self)


def _kernel(device: Device, alpha_p: float) -> DeviceKernel:
    from .kernels.device import SNAP
    from .kernels.device import Device as DeviceKernel

    return DeviceKernel(
        float(np.float32(device.g_min)),
        float(np.float32(device.g_max)),
        alpha_p,
        device.beta,
        device.alpha_depression,
        device.beta_depression,
        SNAP * alpha_p * math.exp(-device.beta),
        SNAP * device.smallest_step_d,
    )


@functools.lru_cache(maxsize=64)
def _climb(device: Device, alpha_p: float) -> np.ndarray:
    """The stairs from Gmin to Gmax that float32 conductances climb with this alpha."""
    from .kernels.device import staircase

    out = np.empty(int(1 / MIN_STEP) + 2, np.float32)
    steps = out[: staircase(_kernel(device, alpha_p), out) + 1].copy()
    steps.setflags(write=False)
    return steps


@functools.lru_cache(maxsize=64)
def _counted_alpha(device: Device) -> float:
    """Alpha with which float32 conductances take exactly n_max pulses.

    That is the exact alpha, except for devices of a thousand steps and more (or with a narrow range): there the rounding of
    that many steps can add up to one, and alpha gives way by the least that mends it, at most a thousandth.
    """
    alpha = device.alpha_p
    if device.alpha is not None:
        return alpha
    for shift in (0.0, *np.geomspace(1e-7, 1e-3, 120)):
        for candidate in (alpha * (1.0 + float(shift)), alpha * (1.0 - float(shift))):
            if len(_climb.__wrapped__(device, candidate)) - 1 == device.n_max:
                return candidate
    raise LayoutError(
        f"device.n_max: expected Gmax after {device.n_max} pulses, but float32 conductances cannot count them in this range; "
        "lower n_max or beta, or widen the conductance range"
    )


def _staircase(device: Device) -> np.ndarray:
    steps = _climb(device, _counted_alpha(device))
    if len(steps) < 2:
        raise LayoutError(
            "device.alpha_S: expected steps that lead from Gmin to Gmax, got some that float32 conductances cannot resolve; "
            "raise alpha, lower beta, or widen the conductance range"
        )
    return steps
