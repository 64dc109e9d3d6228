"""One polarity of a measurement: its law in siemens, the interval of every number."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from . import model as fit_model
from .likelihood import LawFit
from .model import BENDS
from .nonlinearity import pulses_needed
from .posterior import RAIL, X1, B, Z
from .prepare import NAMES, SideData
from .redrawn import Redrawn
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
    pulses, reads : int
        Pulses of a train; reads of all trains, each counted.
    r2, rmse : float
        Of the mean curve; the latter as a fraction of the range.
    curve : (columns,), S
        The fitted mean curve, at `pulse_numbers`.
    redrawn : Redrawn, optional
        What the device that is written gives for the same pulses.
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
    redrawn: Redrawn | None = None

    @property
    def pulse_numbers(self) -> np.ndarray:
        """Pulses before each read of `curve`."""
        return self.data.pulses

    @property
    def reads(self) -> int:
        """Reads of all trains, each counted."""
        return self.data.seen

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
        """The same steps over G, for a device from `g_min` to `g_max`: (n_max, beta, alpha in S).

        Not a number where the law has no step at one of them.
        """
        start, end = (g_min, g_max) if self.side > 0 else (g_max, g_min)
        own = abs(self.values["g_end_S"].value - self.values["g_start_S"].value)
        span = g_max - g_min
        alpha = float(self.step_at(np.array(start)))
        if self.law.law != "soft-bounds":
            beta = self.values["beta"].value * span / own
            return pulses_needed(alpha / span, beta), beta, alpha
        last = float(self.step_at(np.array(end)))
        if alpha <= 0.0 or last <= 0.0:
            return math.nan, math.nan, alpha
        u = math.log(alpha / last)
        shrink = (alpha - last) / span  # of the distance to the bound, per pulse
        n = u / -math.log1p(-shrink) if abs(u) > 1e-9 and shrink < 1.0 else span / alpha
        return n, u, alpha


def _derived(law: LawFit, q: np.ndarray) -> np.ndarray:
    """Start, end, beta, ln alpha, pulses to the end, sigma, step noise of coordinates (sets, 7); in data units."""
    theta, shape = law.of.parameters(q)[0], law.of.shape
    x0, p, s = theta[:, 0], theta[:, 4], theta[:, 5]
    last = law.reads.last
    railed = np.isfinite(law.rail)
    with np.errstate(all="ignore"):
        if railed:
            end = q[:, RAIL]
            at = np.unique(np.linspace(0.0, max(1.3 * law.of.pivot, 8.0), 401).round())
            paths = shape.curves(np.column_stack([x0, q[:, X1], q[:, B], np.full(len(q), np.inf)]), at)
            n = np.array([np.interp(e, path, at) for e, path in zip(end, paths, strict=True)])
        else:
            end = shape.curves(np.column_stack([x0, q[:, X1], q[:, B], q[:, RAIL]]), np.array([0.0, last]))[:, 1]
            n = np.full(len(q), last)
        if law.law == "exponential":
            alpha, beta = p - s * x0, s * (end - x0)
        else:
            first, final = p - s * x0, p - s * end
            alpha, beta = (
                np.log(np.maximum(first, 1e-300)),
                np.log(np.maximum(first, 1e-300) / np.maximum(final, 1e-300)),
            )
            beta = np.zeros_like(beta) if law.law == "linear" else beta
    return np.column_stack([x0, end, beta, alpha, n, theta[:, 2], theta[:, 3]])


def _intervals(law: LawFit, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % intervals of what `_derived` gives: quantiles of draws, wider where trains differ beyond noise."""
    if not len(law.draws):
        return point, point
    values = _derived(law, law.draws)
    values = values[np.isfinite(values).all(axis=1)]
    low, high = np.quantile(values, [0.025, 0.975], axis=0) if len(values) else (point, point)
    w = law.wider
    both = max(w[Z], w[X1], w[B])
    factors = np.array([w[Z], max(w[X1], w[RAIL]), w[B], both, both, 1.0, 1.0])
    centre = np.median(values, axis=0) if len(values) else point
    low, high = centre - factors * (centre - low), centre + factors * (high - centre)
    return np.minimum(low, point), np.maximum(high, point)


def _doubts(fit: SideFit) -> list[str]:
    """What a user has to know of a fit."""
    name, values, size, found = NAMES[fit.side], fit.values, abs(fit.data.unit), []
    if np.isfinite(fit.law.rail):
        when = "saturates before its last pulse" if values["n_max"].value < 0.95 * fit.pulses else "stops at a rail"
        found.append(
            f"{name} {when}: the rail is put at {values['g_end_S'].value:.4g} S, reached after "
            f"{values['n_max'].value:.1f} pulses"
        )
    if fit.rmse > max(0.05, 1.5 * _expected(fit)):
        found.append(
            f"{name}: the fitted curve misses the mean of the reads by {100 * fit.rmse:.1f} % of the range (rms); see "
            "the residuals, or use --table"
        )
    if fit.law.law == "exponential" and values["alpha_S"].value * abs(values["beta"].value) > 0.5 * size:
        found.append(
            f"{name} is abrupt: its first step is {100 * values['alpha_S'].value / size:.0f} % of the range, and beta "
            "is hardly determined; where steps scatter from pulse to pulse, its intervals are too narrow"
        )
    for parameter in fit.law.bounds:
        limits = f", which is looked for from {BENDS[0]:g} to {BENDS[1]:g}" if parameter.startswith("bend") else ""
        found.append(
            f"{name}: the {parameter} is at the bound of what a fit looks for{limits}: the reads do not determine it; "
            "use --table, or measure more pulses"
        )
    if max(fit.law.wider) > 1.0:
        found.append(
            f"{name}: trains differ by more than both noises explain; intervals are widened by up to "
            f"{max(fit.law.wider):.1f} times"
        )
    noise = values["read_noise_S"].value
    if fit.sweeps == 1 and not fit.law.noisy and len(fit.law.draws) and noise > 0.002 * size:
        found.append(
            f"{name}: one train hardly tells whether its noise adds up from pulse to pulse; intervals allow for both"
        )
    return found


def _expected(fit: SideFit) -> float:
    """What both noises leave of the mean curve, rms, as a fraction of the range."""
    theta, pulses = fit.law.theta, fit.data.pulses
    steps = np.diff(fit.curve / fit.data.unit) / np.diff(pulses)
    noise = theta[3] ** 2 * np.diff(pulses) * (steps**2 if fit.law.relative else 1.0)
    walk = float(np.mean(np.cumsum(noise))) if len(noise) else 0.0
    return float(np.sqrt((theta[2] ** 2 + walk) / fit.sweeps))


def fit_side(data: SideData, law: LawFit, aic: dict[str, float]) -> SideFit:
    """A law's parameters in siemens, with intervals from its draws."""
    point = _derived(law, law.point[None])[0]
    low, high = _intervals(law, point)
    unit, zero, size = data.unit, data.zero, abs(data.unit)

    def siemens(k: int) -> Value:
        ends = sorted((zero + unit * low[k], zero + unit * high[k]))
        return Value(float(zero + unit * point[k]), float(ends[0]), float(ends[1]))

    def plain(k: int, scale: float = 1.0) -> Value:
        return Value(float(point[k] * scale), float(low[k] * scale), float(high[k] * scale))

    none = Value(0.0, 0.0, 0.0)
    values = {
        "alpha_S": Value(*(float(size * math.exp(min(v, 700.0))) for v in (point[3], low[3], high[3]))),
        "beta": plain(2),
        "g_start_S": siemens(0),
        "g_end_S": siemens(1),
        "n_max": plain(4),
        "c2c": plain(6) if law.relative and law.noisy else none,
        "c2c_range_S": plain(6, size) if not law.relative and law.noisy else none,
        "read_noise_S": plain(5, size),
    }
    curve = zero + unit * law.curve(data.pulses)
    mean = fit_model.mean_curve(data.raw)
    r2, rmse = agreement(mean, curve, size)
    out = SideFit(data.side, law, data, values, aic, len(data.raw), int(data.pulses[-1]), r2, rmse, curve)
    out.warnings += _doubts(out)
    return out


def agreement(mean: np.ndarray, curve: np.ndarray, size: float) -> tuple[float, float]:
    """R2 of a curve for the mean of the reads, and the rms of what is left, as a fraction of the range."""
    known = np.isfinite(mean)
    off = (mean - curve)[known]
    total = float(((mean[known] - mean[known].mean()) ** 2).sum())
    return 1.0 - float((off**2).sum()) / max(total, 1e-300), float(np.sqrt((off**2).mean())) / size
