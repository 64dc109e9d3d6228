"""One polarity of a measurement: its law in siemens, the interval of every number."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from . import likelihood as fit_law
from . import model as fit_model
from .likelihood import LawFit
from .nonlinearity import pulses_needed
from .prepare import NAMES, SideData
from .table import Table


@dataclass(frozen=True)
class Value:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    def text(self) -> str:
        """As ``2.013 [1.98, 2.05]``."""
        return f"{self.value:.5g} [{self.low:.5g}, {self.high:.5g}]"

    def moved(self, value: float, low: float, high: float) -> Value:
        """Another value in its place."""
        return replace(self, value=value, low=low, high=high)


@dataclass
class SideFit:
    """One polarity, fitted.

    Attributes
    ----------
    values : dict
        alpha_S, beta, g_start_S, g_end_S, n_max, c2c, c2c_range_S, read_noise_S; beta is u for the soft-bounds law.
    r2, rmse : float
        Of the mean curve; the latter as a fraction of the range.
    curve : (reads,), S
        The fitted mean curve, at `pulse_numbers`.
    """

    side: int
    law: LawFit
    data: SideData
    values: dict[str, Value]
    aic: dict[str, float]
    sweeps: int
    pulses: int
    r2: float
    rmse: float
    curve: np.ndarray
    warnings: list[str] = field(default_factory=list)
    device_beta: float = 0.0
    device_alpha: float = 0.0
    device_n: float = 0.0
    table: Table | None = None

    @property
    def pulse_numbers(self) -> np.ndarray:
        """Pulses before each read of `curve`."""
        return np.arange(len(self.curve)) * self.data.stride

    def step_at(self, g: np.ndarray) -> np.ndarray:
        """The law's step, as a positive number, at conductances in S (per pulse)."""
        v = self.values
        start, end = v["g_start_S"].value, v["g_end_S"].value
        x = (np.asarray(g, float) - start) / (end - start)
        alpha, beta = v["alpha_S"].value, v["beta"].value
        if self.law.law == "soft-bounds":
            return np.asarray(alpha * (1.0 - x * -math.expm1(-beta)))
        return np.asarray(alpha * np.exp(-beta * x))

    def restated(self, g_min: float, g_max: float) -> tuple[float, float, float]:
        """The same steps over G, for a device from `g_min` to `g_max`: (n_max, beta, alpha in S)."""
        start, end = (g_min, g_max) if self.side > 0 else (g_max, g_min)
        own = abs(self.values["g_end_S"].value - self.values["g_start_S"].value)
        span = g_max - g_min
        alpha = float(self.step_at(np.array(start)))
        if self.law.law != "soft-bounds":
            beta = self.values["beta"].value * span / own
            return pulses_needed(alpha / span, beta), beta, alpha
        last = float(self.step_at(np.array(end)))
        if alpha <= 0.0 or last <= 0.0:  # the law stops before that rail: the measured range is all it has
            return self.values["n_max"].value, self.values["beta"].value, max(alpha, 1e-30)
        u = math.log(alpha / last)
        shrink = (alpha - last) / span  # of the distance to the bound, per pulse
        n = u / -math.log1p(-shrink) if abs(u) > 1e-9 else span / alpha
        return n, u, alpha


def _derived(data: SideData, law: str, t: np.ndarray, rail: float, plateau: bool) -> np.ndarray:
    """ln alpha, beta, start, end, n_max that the parameters `t` of a law mean; in units of the data."""
    reads = data.full.shape[1]
    x0, p, s = float(t[0]), float(t[4]), float(t[5])
    x1 = rail if plateau else float(fit_model.path(law, x0, p, s, reads - 1)[-1])
    a, span = fit_model.step_at(law, x0, p, s), max(x1 - x0, 1e-9)
    q = data.stride
    if law == "soft-bounds":
        last = fit_model.step_at(law, x1, p, s)
        u = math.log(max(a, 1e-12) / max(last, 1e-12))
        shrink = (a - last) / span
        rate = -math.log1p(-min(shrink, 1 - 1e-12)) if abs(shrink) > 1e-12 else 0.0
        n = q * (u / rate) if rate else q * span / a
        a = a if q == 1 else a * (-math.expm1(-rate / q) / shrink if shrink else 1.0 / q)
        return np.array([math.log(max(a, 1e-300)), u, x0, x1, n])
    b = s * span
    if q > 1:  # a group of pulses as one, to second order in the step
        ratio = math.expm1(b) / b if abs(b) > 1e-9 else 1.0
        a = span * ratio / (q * (ratio / (a / span) - b / 2.0) + b / 2.0)
    pulses = (reads - 1) * q
    return np.array([math.log(max(a, 1e-300)), b, x0, x1, pulses_needed(a / span, b) if plateau else pulses])


def _errors(law: LawFit) -> np.ndarray:
    """Standard errors of a law's parameters."""
    return np.asarray(np.sqrt(np.maximum(np.diag(law.covariance), 0.0)))


def _quantile(law: LawFit) -> float:
    """Half the width of a 95 % interval, in standard errors."""
    stats = fit_law.scipy_or_tell().stats
    return float(stats.t.ppf(0.975, law.degrees)) if math.isfinite(law.degrees) else 1.959964


def _half_widths(data: SideData, law: LawFit, rail: float, plateau: bool) -> np.ndarray:
    """Half of the 95 % intervals of what `_derived` gives, from the covariance of the parameters."""
    errors, slopes = _errors(law), np.zeros((5, 6))
    for i in np.flatnonzero(errors > 0):
        shift = np.zeros(6)
        shift[i] = 0.05 * errors[i]
        above, below = (_derived(data, law.law, law.theta + k * shift, rail, plateau) for k in (1, -1))
        slopes[:, i] = (above - below) / (2.0 * shift[i])
    t = _quantile(law)
    half: np.ndarray = t * np.sqrt(np.maximum(np.diag(slopes @ law.covariance @ slopes.T), 0.0))
    if plateau:
        ends = fit_model.last_reads(data.full)
        spread = float(np.std(ends, ddof=1)) if len(ends) > 1 else 0.0
        half[3] = t * max(spread, float(np.exp(law.theta[2]))) / math.sqrt(len(ends))
    return half


def _noises(data: SideData, law: LawFit) -> dict[str, Value]:
    """Scatter of steps, relative or of the range, and of reads."""
    theta, errors, t, size = law.theta, _errors(law), _quantile(law), abs(data.unit)
    noise, h = math.exp(theta[3]), t * errors[3]
    real = law.noisy and errors[3] > 0
    group = math.sqrt(data.stride)
    scale = group if law.relative else size / group
    strength = Value(noise * scale, noise * math.exp(-h) * scale, noise * math.exp(min(h, 5.0)) * scale)
    none = Value(0.0, 0.0, 0.0)
    read, h = math.exp(theta[2]) * size, t * errors[2]
    return {
        "c2c": strength if law.relative and real else none,
        "c2c_range_S": strength if not law.relative and real else none,
        "read_noise_S": Value(read, read * math.exp(-h), read * math.exp(min(h, 5.0))),
    }


def _doubts(fit: SideFit, plateau: bool) -> list[str]:
    """What a user has to know of a fit."""
    name, values, size, found = NAMES[fit.side], fit.values, abs(fit.data.unit), []
    if plateau:
        found.append(
            f"{name} saturates before its last pulse: the rail is put at {values['g_end_S'].value:.4g} S, reached "
            f"after {values['n_max'].value:.1f} pulses"
        )
    if fit.rmse > 0.05:
        found.append(
            f"{name}: the fitted curve misses the mean of the reads by {100 * fit.rmse:.1f} % of the range (rms); see "
            "the residuals, or use --table"
        )
    if fit.law.law == "exponential" and values["alpha_S"].value * abs(values["beta"].value) > 0.5 * size:
        found.append(
            f"{name} is abrupt: its first step is {100 * values['alpha_S'].value / size:.0f} % of the range, and beta "
            "is hardly determined"
        )
    return found


def fit_side(data: SideData, law: LawFit, aic: dict[str, float]) -> SideFit:
    """A law's parameters in siemens, with intervals from its covariance."""
    reads, theta = data.full.shape[1], law.theta
    rail, plateau = _plateau(data, law)
    base, half = _derived(data, law.law, theta, rail, plateau), _half_widths(data, law, rail, plateau)
    unit, zero = data.unit, data.zero

    def siemens(x: float, h: float) -> Value:
        ends = sorted((zero + unit * (x - h), zero + unit * (x + h)))
        return Value(float(zero + unit * x), *map(float, ends))

    values = {
        "alpha_S": Value(*(float(abs(unit) * math.exp(base[0] + k * half[0])) for k in (0, -1, 1))),
        "beta": _value(base[1], half[1]),
        "g_start_S": siemens(base[2], half[2]),
        "g_end_S": siemens(base[3], half[3]),
        "n_max": _value(base[4], half[4]),
        **_noises(data, law),
    }
    mean = fit_model.mean_curve(data.full)
    curve = fit_model.path(law.law, theta[0], theta[4], theta[5], reads - 1)
    curve = np.minimum(curve, rail) if plateau else curve
    off = (mean - curve)[np.isfinite(mean)]
    total = float(((mean - np.nanmean(mean)) ** 2)[np.isfinite(mean)].sum())
    r2, rmse = 1.0 - float((off**2).sum()) / max(total, 1e-300), float(np.sqrt((off**2).mean()))
    pulses = (reads - 1) * data.stride
    out = SideFit(data.side, law, data, values, aic, len(data.raw), pulses, r2, rmse, zero + unit * curve)
    out.warnings += _doubts(out, plateau)
    return out


def _value(value: float, half: float) -> Value:
    return Value(float(value), float(value - half), float(value + half))


def _plateau(data: SideData, law: LawFit) -> tuple[float, bool]:
    """Where the sweeps stop, and whether a rail stops them: the law goes on, the reads do not."""
    theta = law.theta
    reads = data.full.shape[1]
    curve = fit_model.path(law.law, theta[0], theta[4], theta[5], reads - 1)
    tail = max(3, reads // 20)
    if reads <= tail + 2:
        return float(curve[-1]), False
    block = data.full[:, -tail:]
    ends = fit_model.mean_curve(block.T)
    ends = ends[np.isfinite(ends)]
    if not len(ends):
        return float(curve[-1]), False
    level = float(np.mean(ends))
    error = max(
        float(np.std(ends, ddof=1)) if len(ends) > 1 else 0.0, math.exp(theta[2]) / math.sqrt(tail)
    ) / math.sqrt(len(ends))
    average = fit_model.mean_curve(data.full)
    moved = float(average[-1] - average[-tail - 1])
    expected = float(curve[-1] - curve[-tail - 1])
    beyond = float(curve[-1]) - level
    return level, beyond > max(4.0 * error, 0.01) and moved < 0.4 * expected
