"""Maximum likelihood of a step law for many sweeps at once, with step noise and read noise told apart.

The state x of a device moves by its law, x <- x + f(x) (1 + c N) or x + f(x) + d N, and is seen through reads y = x +
sigma N. Step noise adds up along a sweep, read noise does not, and makes successive differences anti-correlated; an
extended Kalman filter is the likelihood in which both stand. Sweeps begin at mu + tau N. Everything here is in units in
which the data runs from about 0 to 1 and rises; `fit.py` mirrors depression and puts the siemens back.

Assumed: noise of one read is independent of the next (no drift, no 1/f noise within a sweep), and small against the
range.

A sweep counts until it comes near its end: where a rail cuts steps short, they say nothing about the law any more. The
decision uses reads already made, so that it does not bias what was seen before (optional stopping).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.errors import XbarsimError
from .model import log_likelihood, mean_curve, step
from .newton import HIGH, LOW, Top, covariance_of, maximise, whole
from .noises import noises

NAMES = ("mu", "tau", "sigma", "noise", "p", "s")


def scipy_or_tell() -> Any:
    """SciPy's optimizer and statistics; a clear error if they are not installed."""
    try:
        import scipy.optimize
        import scipy.stats
    except ImportError:
        raise XbarsimError("expected SciPy for fits, found none; install it with: pip install 'xbarsim[fit]'") from None
    return scipy


@dataclass(frozen=True, kw_only=True)
class LawFit:
    """One law fitted to the sweeps of one polarity, in units of the data's range.

    Attributes
    ----------
    law, relative
        As fitted.
    theta : (6,)
        Parameters per pulse group (see `stride`).
    covariance : (6, 6)
        Zero rows for what was not free or not to be found out.
    log_likelihood, aic : float
    robust : bool
        The covariance is from the scatter between sweeps, not from the curvature alone.
    degrees : float
        Of Student's t for the intervals; infinite: the normal distribution.
    stride : int
        Pulses between two reads that were used.
    noisy : bool
        Whether the reads call for step noise (likelihood ratio, 95 %).
    """

    law: str
    relative: bool
    theta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    aic: float
    robust: bool
    degrees: float
    stride: int
    noisy: bool = False


def fit_law(y: np.ndarray, law: str, *, relative: bool, stride: int = 1, intervals: bool = True) -> LawFit:
    """Fit one law by maximum likelihood.

    From 20 sweeps on, the covariance comes from the scatter between sweeps. With fewer, one sweep hardly tells how much
    of its noise adds up: the parameters are averaged over what the step noise may be, weighted by the likelihood
    (equally likely from 0 to all of the scatter), or intervals would be too narrow whenever the most likely step noise
    is none.

    Parameters
    ----------
    y : (sweeps, reads)
        Rising from about 0 to about 1; NaN where there is no read.
    intervals : bool
        Otherwise only the value of the likelihood is of interest, and the rest is left at its simplest.
    """
    single = len(y) == 1
    free = np.array([not single, not single, True, True, True, law != "linear"])
    starts = _starts(y, law, relative)
    tops = [maximise(start, free, y, law, relative) for start in (starts if len(y) < 4 else starts[:1])]
    best = max(tops, key=lambda top: top.value)
    covariance, robust = covariance_of(best, y, law, relative)
    theta, noisy = best.theta, False
    if intervals:
        without = best.theta.copy()
        without[3] = LOW[3]
        fixed = free & (np.arange(6) != 3)
        noisy = best.value - maximise(without, fixed, y, law, relative).value > 1.92  # 95 % of chi-square with 1 degree
        if single:
            best, noises_known = _with_start(best, free, y, law, relative), covariance
            covariance = whole(best)
            covariance[2:4] += noises_known[2:4] * np.isin(np.arange(6), (2, 3))
        if not robust:
            theta, mixed = _average(best, free, y, law, relative)
            mixed[2], mixed[:, 2] = covariance[2], covariance[:, 2]  # the noises themselves are not averaged
            mixed[3], mixed[:, 3] = covariance[3], covariance[:, 3]
            covariance = mixed
    return LawFit(
        law=law,
        relative=relative,
        theta=theta,
        covariance=covariance,
        log_likelihood=best.value,
        aic=2.0 * (int(free.sum()) + 2 * single - best.value),
        robust=robust,
        degrees=len(y) - 1.0 if robust else np.inf,
        stride=stride,
        noisy=noisy,
    )


def _starts(y: np.ndarray, law: str, relative: bool) -> list[np.ndarray]:
    """The most likely of a row of curvatures, each with the first step that leads to the end of the data."""
    read, noise = noises(y)
    pulses, mean = y.shape[1] - 1, mean_curve(y)
    x0, x1 = float(mean[0]), float(np.nanmax(mean))
    span = max(x1 - x0, 1e-3)
    n = max(1, int(np.nanargmax(mean)))
    curves = (
        np.array([0.0]) if law == "linear" else np.array([-6, -3, -1.5, -0.5, 0.01, 0.5, 1, 1.5, 2, 3, 4, 5, 7, 9, 13])
    )
    tau = np.log(max(float(np.nanstd(y[:, 0])), 1e-3)) if len(y) > 1 else 0.0
    rows = []
    for b in curves:
        c = b / span
        if law == "exponential":
            p = np.log(max(np.expm1(b) / (b * (n + max(b, 0.0) / 2.0)), 1e-6) * span) + c * x0
        elif law == "soft-bounds":  # f = k (B - x), B = x0 + span / (1 - exp(-u))
            b = b or 1e-3
            bound = x0 - span / np.expm1(-b)
            c = 1.0 / bound if abs(bound) > 1e-6 else 1e6
            first = -np.expm1(-b / n) * bound
            p = np.log(max(first, 1e-6))
        else:
            p = np.log(span / n)
        for of_read, of_noise in ((1.0, 1.0), (0.3, 0.3), (3.0, 3.0), (1.0, 0.2), (0.5, 0.05), (0.2, 1.0), (0.02, 0.5)):
            strength = np.log(max(noise, 1e-5) * of_noise * (pulses / span if relative else 1.0))
            rows.append([x0, tau, np.log(max(read, 1e-5) * of_read), strength, p, 0.0 if law == "linear" else c])
    table = np.clip(np.array(rows), LOW, HIGH)
    values = log_likelihood(table, y, law, relative).sum(axis=1)
    values = np.where(np.isfinite(values), values, -np.inf)
    best = table[int(np.argmax(values))]
    # The likelihood can have two tops: scatter put down to the reads, or to the steps. Begin once on either side.
    out = [best]
    for shift_read, shift_noise in ((0.0, -2.0), (-2.0, 0.0)):
        other = best.copy()
        other[2] += shift_read
        other[3] += shift_noise
        out.append(np.clip(other, LOW, HIGH))
    return out


def _with_start(top: Top, free: np.ndarray, y: np.ndarray, law: str, relative: bool) -> Top:
    """The start of a single sweep, with the law and given noises.

    The noises were found with the start left open (a wide prior about the first read). Were it free all along, a start
    that equals the first read and a read noise of zero would make the likelihood infinite.
    """
    theta = top.theta.copy()
    theta[1] = LOW[1]
    found = maximise(theta, np.array([True, False, False, False, True, bool(free[5])]), y, law, relative)
    found.value = top.value
    return found


def _average(best: Top, free: np.ndarray, y: np.ndarray, law: str, relative: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance over the step noise."""
    fixed = free.copy()
    fixed[3] = False
    read, noise = noises(y)
    most = float(np.sqrt(noise**2 + 2.0 * read**2))
    if relative:
        f = step(law, np.nan_to_num(y, nan=0.5), best.theta[4], best.theta[5])[0]
        most /= max(float(np.sqrt(np.mean(f * f))), 1e-9)
    most = max(most, 1.2 * float(np.exp(best.theta[3])))
    tops = []
    for part in (0.02, 0.2, 0.4, 0.65, 1.0):
        start = best.theta.copy()
        start[3] = np.clip(np.log(part * most), LOW[3] + 0.1, HIGH[3] - 0.1)
        if len(y) == 1:
            start[0], start[1] = y[0, np.isfinite(y[0])][0], 0.0
        top = maximise(start, fixed, y, law, relative)
        tops.append(_with_start(top, free, y, law, relative) if len(y) == 1 else top)
    # Of one train only a dozen steps tell the noises apart, and by chance they may all be even: weights of its cube
    # root keep the intervals as wide as they have to be (tests/measure/test_fit.py measures that).
    mild = 1.0 / 3.0 if len(y) == 1 else 1.0
    weights = np.exp(mild * (np.array([t.value for t in tops]) - max(t.value for t in tops)))
    weights /= weights.sum()
    thetas = np.array([t.theta for t in tops])
    mean = weights @ thetas
    off = thetas - mean
    covariance = sum(w * whole(t) for w, t in zip(weights, tops, strict=True)) + (off.T * weights) @ off
    mean[3] = best.theta[3] if free[3] else mean[3]
    mean[2] = best.theta[2]
    return mean, np.asarray(covariance)
