"""Step laws, and how likely reads are under them.

The state x of a device moves by its law, x <- x + f(x) (1 + c N) or x + f(x) + d N, stops at a rail, and is seen
through reads y = x + sigma N; trains begin at mu + tau N. Everything here is in units in which the data runs from about
0 to 1 and rises.

A law is named by numbers that a measurement tells as independently as can be: where the mean curve starts (x0), where
it is after the last pulse (x1), and how much it bends between (b). First step and bend, the numbers that a device file
has, go together: a larger first step with a stronger bend ends at the same place, and what lies along that ridge is
hardly told apart.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernels.reads.filter import curves, log_likelihood

LAWS = ("exponential", "soft-bounds", "linear")
"""f(x) = exp(p - s x); f(x) = p - s x; f(x) = p."""

BENDS = (-20.0, 60.0)
"""Smallest and largest bend b. The exponential law's first step is exp(b) times its last one, that of soft bounds as
well: ratios from 1e-8 to 1e26."""

STEPS = 1500
"""Steps of a law along a whole train, about: more pulses than that are taken several at a time."""


@dataclass(frozen=True)
class Reads:
    """Reads of several trains at common pulse numbers.

    Attributes
    ----------
    y : (trains, reads) float64
        In units of the range; NaN where there is none.
    pulses : (reads,) float64
        Pulse numbers, rising from 0.
    counts : (trains, reads) float64
        How many reads each value is the mean of.
    repeats : float
        Scatter of repeated reads, in units of the range; NaN if unknown.
    freedom : float
        Repetitions that it is known from.
    """

    y: np.ndarray
    pulses: np.ndarray
    counts: np.ndarray
    repeats: float = float("nan")
    freedom: float = 0.0

    @property
    def most(self) -> int:
        """Steps of a law between two reads, at most."""
        return max(1, -(-STEPS // max(len(self.pulses) - 1, 1)))

    @property
    def last(self) -> float:
        """Number of the last pulse."""
        return float(self.pulses[-1])


class Shape:
    """One law on one row of pulse numbers: from (x0, x1, b) to the law's (p, s), and what is known of b beforehand.

    Parameters
    ----------
    law : str
        One of `LAWS`.
    pulses : (reads,) float64
    most : int
        Steps between two reads, at most.
    pivot : float
        Pulse number at which the curve is at x1; usually the last one.
    prior : bool
        Whether `log_prior` is wanted.
    """

    def __init__(self, law: str, pulses: np.ndarray, most: int, pivot: float, *, prior: bool = True) -> None:
        self.law, self.pulses, self.most, self.pivot = law, pulses, most, pivot
        if law == "exponential":
            self._first = _first_steps(pivot)
        self._prior = None if law == "linear" or not prior else self._reference_prior()

    def parameters(self, x0: Any, x1: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
        """p and s of the law; NaN where there is none."""
        x0, x1, b = (np.asarray(v, float) for v in (x0, x1, b))
        span = x1 - x0
        with np.errstate(all="ignore"):
            if self.law == "linear":
                return span / self.pivot, np.zeros_like(span)
            if self.law == "soft-bounds":
                b = np.where(np.abs(b) < 1e-7, 1e-7, b)
                s = -np.expm1(-b / self.pivot)
                return span * s / -np.expm1(-b) + s * x0, s
            s = b / span
            return np.where(span > 0.0, self._first(b) + np.log(span) + s * x0, np.nan), s

    def curve(
        self, x0: float, x1: float, b: float, rail: float = np.inf, pulses: np.ndarray | None = None
    ) -> np.ndarray:
        """The mean curve at the pulse numbers: (reads,)."""
        return np.asarray(self.curves(np.array([[x0, x1, b, rail]]), pulses)[0])

    def curves(self, sets: np.ndarray, pulses: np.ndarray | None = None) -> np.ndarray:
        """The mean curves of several (x0, x1, b, rail): (sets, reads)."""
        p, s = self.parameters(sets[:, 0], sets[:, 1], sets[:, 2])
        theta = np.ascontiguousarray(np.column_stack([sets[:, 0], p, s, sets[:, 3]]))
        at = self.pulses if pulses is None else np.asarray(pulses, float)
        out = np.empty((len(theta), len(at)))
        # As many steps along the train, wherever it is looked at: fewer places are not a coarser law.
        most = max(self.most, -(-self.most * len(self.pulses) // max(len(at) - 1, 1)))
        curves(self.law == "exponential", theta, at, most, out)
        return out

    def log_prior(self, b: np.ndarray) -> np.ndarray:
        """Logarithm of the reference prior of b, but for a constant."""
        return np.zeros_like(b) if self._prior is None else np.asarray(self._prior(b))

    def _reference_prior(self) -> Any:
        """Jeffreys' prior: as much weight as curves with that b differ. Bends that no read can tell apart get little,
        or all of them together would outweigh those that fit.
        """
        from scipy.interpolate import CubicSpline

        grid = np.linspace(*BENDS, 161)
        at = self.pulses if len(self.pulses) <= 400 else self.pulses[:: len(self.pulses) // 200]
        at = np.unique(np.append(at, self.pivot))
        at = at[at <= self.pivot]
        d = 1e-3
        sets = [
            np.column_stack([np.zeros_like(grid), np.ones_like(grid), grid + k * d, 0 * grid + np.inf]) for k in (-1, 1)
        ]
        below, above = (self.curves(s, at) for s in sets)
        bend, level = (above - below) / (2 * d), 0.5 * (above + below)
        columns = np.stack([1.0 - level, level, bend], axis=2)
        determinant = np.linalg.det(np.einsum("kti,ktj->kij", columns, columns))
        return CubicSpline(grid, 0.5 * np.log(np.maximum(determinant, 1e-30)))


@functools.lru_cache(maxsize=64)
def _first_steps(pulses: float) -> Any:
    """Logarithm of the exponential law's first step over b, so that it reaches 1 after so many pulses; a function."""
    from scipy.interpolate import CubicSpline

    b = np.linspace(*BENDS, 241)
    low, high = np.full_like(b, -60.0), np.zeros_like(b)
    most, at, out = STEPS, np.array([0.0, pulses]), np.empty((len(b), 2))
    for _ in range(32):
        middle = 0.5 * (low + high)
        curves(True, np.column_stack([np.zeros_like(b), middle, b, np.full_like(b, np.inf)]), at, most, out)
        over = out[:, 1] >= 1.0
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return CubicSpline(b, 0.5 * (low + high))


@np.errstate(all="ignore")
def log_likelihoods(law: str, relative: bool, theta: np.ndarray, reads: Reads) -> np.ndarray:
    """Logarithm of the likelihood of every train, for several parameter sets: (sets, trains).

    Parameters
    ----------
    theta : (sets, 7)
        mu, tau, sigma, step noise, p, s, rail.
    relative : bool
        The step noise is relative to the step, otherwise to the range.
    """
    out = np.empty((len(theta), len(reads.y)))
    log_likelihood(
        law == "exponential",
        relative,
        np.ascontiguousarray(theta),
        reads.y,
        reads.counts,
        reads.pulses,
        reads.most,
        out,
    )
    return out


def mean_curve(y: np.ndarray) -> np.ndarray:
    """Mean over trains of what was read; NaN where nothing was."""
    seen = np.isfinite(y)
    count = seen.sum(axis=0)
    return np.asarray(np.where(count > 0, np.where(seen, y, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan))


def last_reads(y: np.ndarray) -> np.ndarray:
    """The last read of every train: (trains,)."""
    index = y.shape[1] - 1 - np.argmax(np.isfinite(y)[:, ::-1], axis=1)
    return np.asarray(y[np.arange(len(y)), index])
