"""One law fitted to the reads of one polarity: the most likely values, and how far others are likely.

Step noise adds up along a train, read noise does not, and makes successive differences anti-correlated; the Kalman
filter of `kernels/reads` is the likelihood in which both stand. A fit begins at least squares, climbs to the most
likely values, and draws from all that are likely: intervals are quantiles of the draws, so that what is not known of
the noises widens those of the law.

Assumed: noise of one read is independent of the next (no drift, no 1/f noise within a train), and small against the
range. A train that stops at a rail does so in the likelihood; no read is left out for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..base.errors import XbarsimError
from .model import LAWS as LAWS
from .model import Reads, mean_curve
from .posterior import NEAR, RAIL, X1, B, Posterior, R, S, T, Z
from .search import at_bounds, draw, top, widening
from .seed import least_squares, misfit

STARTS, RAILS = 2.0, 8.0
"""Gain in the logarithm of the likelihood from which starts are taken to scatter, and trains to stop at a rail."""


def needs() -> Any:
    """SciPy; a clear error if a library that fits need is not installed."""
    try:
        import emcee  # noqa: F401
        import scipy.optimize
        import scipy.stats  # noqa: F401 - used by name
    except ImportError as error:
        name = "emcee" if "emcee" in str(error) else "SciPy"
        raise XbarsimError(
            f"expected {name} for fits, found none; install it with: pip install 'xbarsim[fit]'"
        ) from None
    return scipy


@dataclass(frozen=True, kw_only=True)
class LawFit:
    """One law fitted to the reads of one polarity, in units of the data's range.

    Attributes
    ----------
    law, relative
        As fitted.
    of : Posterior
    point : (7,)
        Most likely coordinates (see `posterior`).
    draws : (draws, 7)
        Others that are likely; empty if no intervals were asked for.
    wider : (7,)
        Factors by which trains scatter more than both noises explain.
    log_likelihood, without_rail, aic : float
        The second without a rail, whether there is one or not.
    noisy : bool
        Whether the reads call for step noise (likelihood ratio, 95 %).
    bounds : list of str
        Parameters whose interval reaches as far as the fit looks.
    """

    law: str
    relative: bool
    of: Posterior
    point: np.ndarray
    log_likelihood: float
    without_rail: float
    aic: float
    draws: np.ndarray = field(default_factory=lambda: np.empty((0, 7)))
    wider: np.ndarray = field(default_factory=lambda: np.ones(7))
    noisy: bool = False
    bounds: list[str] = field(default_factory=list)

    @property
    def reads(self) -> Reads:
        """What it was fitted to."""
        return self.of.reads

    @property
    def rail(self) -> float:
        """Where the trains stop; infinite if they do not."""
        return float(self.point[RAIL])

    @property
    def theta(self) -> np.ndarray:
        """mu, tau, sigma, step noise, p, s, rail of the most likely law: (7,)."""
        return np.asarray(self.of.parameters(self.point[None])[0][0])

    def curve(self, pulses: np.ndarray) -> np.ndarray:
        """Its mean curve at pulse numbers that rise from 0."""
        start, end, bend = float(self.theta[0]), float(self.point[X1]), float(self.point[B])
        return self.of.shape.curve(start, end, bend, self.rail, pulses)


def fit_law(
    reads: Reads, law: str, *, relative: bool, intervals: bool = True, quick: bool = False, rails: bool = True
) -> LawFit:
    """Fit one law.

    Parameters
    ----------
    reads : Reads
        Rising from about 0 to about 1.
    law : str
        One of `model.LAWS`.
    relative : bool
        Step noise is relative to the step, otherwise the same everywhere.
    intervals : bool
        Otherwise only the most likely values.
    quick : bool
        Fewer draws: enough for a standard error.
    rails : bool
        Whether trains may stop at a rail.
    """
    seed = least_squares(reads, law)
    of, point, value = _most_likely(Posterior(reads, law, relative, seed, reads.last))
    plain, least = value, value + RAILS
    for stop in (_rail(reads, law, seed), _ends(of, point)) if rails else ():
        if stop is not None:
            railed = _most_likely(Posterior(reads, law, relative, *stop))
            if railed[2] > least:
                (of, point, value), least = railed, railed[2]
    out = LawFit(
        law=law,
        relative=relative,
        of=of,
        point=point,
        log_likelihood=value,
        without_rail=plain,
        aic=2.0 * (int(of.free.sum()) + int(of.free[RAIL]) - value),
    )
    return with_intervals(out, quick=quick) if intervals else out


def with_intervals(found: LawFit, *, quick: bool = False) -> LawFit:
    """The same fit, with draws from all that is likely."""
    of, point = found.of, found.point
    draws = draw(of, point, quick=quick)
    return replace(
        found,
        draws=draws,
        wider=widening(of, point, draws),
        bounds=at_bounds(of, draws),
        # 95 % of chi-square with one degree of freedom.
        noisy=found.log_likelihood - top(of, [point], fixed_r=True)[1] > 1.92,
    )


def _most_likely(of: Posterior) -> tuple[Posterior, np.ndarray, float]:
    """The top, with a spread of the starts where the reads call for one."""
    point, value = top(of, of.starts())
    if of.single or of.trains < 2:
        return of, point, value
    first = of.reads.y[:, 0]
    spread = float(np.nanstd(first, ddof=1)) / float(np.exp(point[S]))
    if spread < 0.1:
        return of, point, value
    of.free[T] = True
    start = point.copy()
    start[T] = np.log(spread + NEAR)
    start[Z] = 0.0
    other, higher = top(of, [start])
    if higher < value + STARTS:
        of.free[T] = False
        return of, point, value
    tau = max(float(np.exp(other[T])) - NEAR, 1e-3)
    of.low[T], of.high[T] = np.log(tau / 4.0 + NEAR), np.log(4.0 * tau + NEAR)
    return of, other, higher


def _ends(of: Posterior, point: np.ndarray) -> tuple[np.ndarray, float] | None:
    """A rail where trains end, each when its step noise takes it there; none if there is no such noise."""
    if point[R] < -2.0 or of.reads.y.shape[1] < 9:
        return None
    last = np.sort([float(row[np.isfinite(row)][-2:].mean()) for row in of.reads.y])
    level = float(np.median(last[len(last) // 2 :]))
    x0 = float(of.parameters(point[None])[0][0, 0])
    return np.array([x0, max(float(point[X1]), level), point[B], level]), of.pivot


def _rail(reads: Reads, law: str, plain: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Least squares with a rail, and the pulse where it is reached; none if the mean curve does not look like that."""
    known = np.flatnonzero(np.isfinite(mean_curve(reads.y)))
    without = misfit(reads, law, plain, reads.last)
    best, least = None, np.inf
    for part in (0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94):
        at = known[int(part * (len(known) - 1))]
        if (known < at).sum() < 4 or (known > at).sum() < 2:
            continue
        pivot = float(reads.pulses[at])
        error = misfit(reads, law, least_squares(reads, law, pivot, rough=True), pivot)
        if error < least:
            least, best = error, pivot
    if best is None or least > 3.0 * without:
        return None
    seed = least_squares(reads, law, best)
    return (seed, best) if misfit(reads, law, seed, best) < 0.97 * without else None
