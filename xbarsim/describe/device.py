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

from ..base import checks
from ..base.errors import LayoutError
from . import laws
from .laws import MODELS, normalised_alpha

if TYPE_CHECKING:
    from ..kernels.device.law import Device as DeviceKernel

MAX_PULSES = 4096
"""Largest dynamic range: above it a step is too small for a float32 conductance to count pulses exactly."""

MIN_STEP = 2e-6
"""Smallest step, as a fraction of Gmax: about sixteen times the resolution of float32."""


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
        Nonlinearity of potentiation; 0 is linear, below 0 steps grow.
    n_max_d, alpha_d, beta_d : optional
        The same for depression; what is not given is as for potentiation.
    model : str
        See ``MODELS``. The parameters above belong to ``exponential`` and ``soft-bounds``.
    jump_p, jump_d : (nodes, quantiles), S
        For ``table``: quantiles of the step, from the least to the largest on equal intervals of probability 0 to 1, on equal intervals
        of G from `g_min` to `g_max`. Both are positive where the device goes the right way.
    step : str
        For ``plugin``: ``file.py:function``, see `laws.load_step`.
    step_sha256 : str, optional
        What the file's SHA-256 has to be; it is noted when the device is made.

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
    jump_p: tuple[tuple[float, ...], ...] | None = None
    jump_d: tuple[tuple[float, ...], ...] | None = None
    step: str | None = None
    step_sha256: str | None = None

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
        if self.model in ("exponential", "soft-bounds"):
            self._check_law()
        else:
            self._check_measured()
        for key, values in (("alpha_S", self._up()), ("alpha_d_S", self._down())):
            # A plug-in may stop at its rail.
            inner = values[:-1] if key == "alpha_S" else values[1:]
            least = float((inner if self.model == "plugin" else values).min())
            if self.model in ("table", "plugin"):
                if least <= 0.0:
                    raise LayoutError(
                        f"device.jump_{'p' if key == 'alpha_S' else 'd'}_S: expected mean steps > 0 over the whole range, got {least:.3g} S; "
                        "narrow g_min_S and g_max_S to where the device moves"
                    )
            elif least < MIN_STEP * self.g_max:
                raise LayoutError(
                    f"device.{key}: expected steps that float32 conductances resolve, got a smallest step of {least:.3g} S "
                    f"at Gmax = {self.g_max:.3g} S; lower beta, or raise alpha or lower n_max"
                )

    def _check_law(self) -> None:
        put = functools.partial(object.__setattr__, self)
        for key in ("jump_p", "jump_d", "step", "step_sha256"):
            if getattr(self, key) is not None:
                raise LayoutError(
                    f"device.{key}: expected nothing with model '{self.model}', got some; choose model 'table' or 'plugin', or leave it out"
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
                put(b_key, checks.number(f"device.{b_key}", b, least=-20.0, most=100.0))
        if self.n_max is None and self.alpha is None:
            put("n_max", 64)

    def _check_measured(self) -> None:
        put = functools.partial(object.__setattr__, self)
        for key in ("n_max", "alpha", "n_max_d", "alpha_d", "beta_d"):
            if getattr(self, key) is not None:
                raise LayoutError(
                    f"device.{key}: expected nothing with model '{self.model}', whose steps are given, got {getattr(self, key)}; leave it out"
                )
        put("beta", 0.0)
        wanted, other = (
            (("jump_p", "jump_d"), ("step",)) if self.model == "table" else (("step",), ("jump_p", "jump_d"))
        )
        for key in wanted:
            if getattr(self, key) is None:
                raise LayoutError(f"device.{key}: expected one with model '{self.model}', got none; give it")
        for key in other:
            if getattr(self, key) is not None:
                raise LayoutError(f"device.{key}: expected nothing with model '{self.model}', got some; leave it out")
        if self.model == "table":
            for key in wanted:
                put(key, laws.jump_table(f"device.{key}_S", getattr(self, key)))
            return
        assert self.step is not None
        found = laws.load_step(self.step)[1]
        if self.step_sha256 is not None and self.step_sha256 != found:
            raise LayoutError(
                f"device.step: expected {self.step} with SHA-256 {self.step_sha256[:12]}..., got {found[:12]}...; the file has changed, "
                "restore it, or leave step_sha256 out"
            )
        put("step_sha256", found)
        laws.sample_step(self.step)

    @property
    def deterministic(self) -> bool:
        """Whether a pulse does the same every time."""
        if self.model == "plugin":
            return False
        return all(len(table[0]) == 1 for table in (self.jump_p, self.jump_d) if table)

    @property
    def alpha_p(self) -> float:
        """Potentiation step at Gmin, S."""
        if self.model in ("table", "plugin"):
            return float(self._up()[0])
        if self.alpha is not None:
            return self.alpha
        assert self.n_max is not None
        return self._alpha(self.n_max, self.beta)

    @property
    def beta_depression(self) -> float:
        """Nonlinearity of depression."""
        return self.beta if self.beta_d is None else self.beta_d

    @property
    def alpha_depression(self) -> float:
        """Depression step at Gmax, S."""
        if self.model in ("table", "plugin"):
            return float(self._down()[-1])
        if self.alpha_d is not None:
            return self.alpha_d
        if self.n_max_d is None and self.alpha is not None:
            return self.alpha
        n = self.n_max if self.n_max_d is None else self.n_max_d
        assert n is not None
        return self._alpha(n, self.beta_depression)

    def _alpha(self, n: int, beta: float) -> float:
        law = normalised_alpha if self.model == "exponential" else laws.soft_bounds_alpha
        return (self.g_max - self.g_min) * law(n, beta)

    def _up(self) -> np.ndarray:
        """Mean potentiation steps from Gmin to Gmax, S: at the rails, or at the nodes of a table."""
        if self.model == "table":
            assert self.jump_p is not None
            return laws.means(self.jump_p)
        if self.model == "plugin":
            assert self.step is not None
            return laws.sample_step(self.step)[0] * self.span
        return self.alpha_p * np.array([1.0, math.exp(-self.beta)])

    def _down(self) -> np.ndarray:
        """Mean depression steps from Gmin to Gmax, S."""
        if self.model == "table":
            assert self.jump_d is not None
            return laws.means(self.jump_d)
        if self.model == "plugin":
            assert self.step is not None
            return laws.sample_step(self.step)[1] * self.span
        return self.alpha_depression * np.array([math.exp(-self.beta_depression), 1.0])

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
    from ..kernels.device.law import SNAP
    from ..kernels.device.law import Device as DeviceKernel

    up, down = device._up() * (alpha_p / device.alpha_p), device._down()
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


@functools.lru_cache(maxsize=64)
def _climb(device: Device, alpha_p: float) -> np.ndarray:
    """The stairs from Gmin to Gmax that float32 conductances climb with this alpha."""
    from ..kernels.device.law import staircase

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
    if device.n_max is None:
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
