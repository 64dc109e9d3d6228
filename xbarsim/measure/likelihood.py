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
from .model import last_reads, log_likelihood, mean_curve, step

LONGEST, MOST = 400, 16_000
"""Reads of a sweep, and of all sweeps, that a likelihood looks at. More are thinned: they are far more than enough."""

ENOUGH = 20
"""Sweeps from which on their scatter tells more than the curvature of the likelihood."""

NAMES = ("mu", "tau", "sigma", "noise", "p", "s")
_LOW = np.array([-1.0, -14.0, -14.0, -9.0, -16.0, -25.0])
_HIGH = np.array([2.0, 1.0, 0.5, 2.5, 2.0, 60.0])


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


def thin(y: np.ndarray) -> tuple[np.ndarray, int]:
    """Of many reads, few enough: every `stride`-th of a sweep, and evenly chosen sweeps."""
    stride = max(1, -(-(y.shape[1] - 1) // LONGEST))
    y = y[:, ::stride]
    most = max(8, MOST // y.shape[1])
    return (y[np.linspace(0, len(y) - 1, most).astype(int)] if len(y) > most else y), stride


def stopped(y: np.ndarray) -> np.ndarray:
    """The sweeps until each first comes within a step or so of where sweeps end; NaN after that.

    The ends, not the largest reads, tell where that is; half of the reads stay in any case.
    """
    ends = last_reads(y)
    rail = float(np.quantile(ends, 0.98))
    mean = mean_curve(y)
    tail = max(2, y.shape[1] // 10)
    steps = np.diff(mean)
    known: np.ndarray = np.isfinite(steps)
    low, high = float(mean[0]), float(np.median(ends))
    part = (mean[:-1] - low) / max(high - low, 1e-9)
    before = steps[known & (part > 0.85) & (part < 0.97)]
    final = float(np.mean(before)) if len(before) else float(np.nanmean(steps[known][-tail:]))
    if (
        known[-tail:].any() and float(np.nanmean(steps[-tail:])) < 0.4 * final
    ):  # a plateau: it lies where the reads end, within their noise
        rail = high - 2.0 * noises(y)[0]
    near = (y > rail - 1.5 * max(final, 0.0)) & (np.arange(y.shape[1]) >= min(8, y.shape[1] - 2))
    after = np.zeros_like(near)
    after[:, 1:] = np.cumsum(near, axis=1)[:, :-1] > 0
    out = np.asarray(np.where(after, np.nan, y))
    kept = np.asarray(np.isfinite(out).any(axis=0))
    return out[:, : y.shape[1] - int(np.argmax(kept[::-1]))]


def noises(y: np.ndarray) -> tuple[float, float]:
    """First guess of read and step noise, from how successive differences go together: (sigma, step noise)."""
    d = np.diff(y, axis=1)
    trend = mean_curve(d) if len(d) >= 8 else _smooth(d)
    d = d - trend
    variance = float(np.nanmean(d * d))
    both = d[:, 1:] * d[:, :-1]
    together = float(np.nanmean(both)) if np.isfinite(both).any() else 0.0
    read = min(max(-together, 1e-4 * variance), 0.499 * variance)
    return max(read, 1e-12) ** 0.5, max(variance - 2.0 * read, 1e-12) ** 0.5


def _smooth(d: np.ndarray) -> np.ndarray:
    width = max(3, d.shape[1] // 8)
    seen = np.isfinite(d)
    box = np.ones(width)
    sums = np.array([np.convolve(row, box, "same") for row in np.where(seen, d, 0.0)])
    counts = np.array([np.convolve(row.astype(float), box, "same") for row in seen])
    return np.asarray(sums / np.maximum(counts, 1.0))


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
    tops = [_maximise(start, free, y, law, relative) for start in (starts if len(y) < 4 else starts[:1])]
    best = max(tops, key=lambda top: top.value)
    covariance, robust = _covariance(best, y, law, relative)
    theta, noisy = best.theta, False
    if intervals:
        without = best.theta.copy()
        without[3] = _LOW[3]
        fixed = free & (np.arange(6) != 3)
        noisy = (
            best.value - _maximise(without, fixed, y, law, relative).value > 1.92
        )  # 95 % of chi-square with 1 degree
        if single:
            best, noises_known = _with_start(best, free, y, law, relative), covariance
            covariance = _whole(best)
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
    table = np.clip(np.array(rows), _LOW, _HIGH)
    values = log_likelihood(table, y, law, relative).sum(axis=1)
    values = np.where(np.isfinite(values), values, -np.inf)
    best = table[int(np.argmax(values))]
    # The likelihood can have two tops: scatter put down to the reads, or to the steps. Begin once on either side.
    out = [best]
    for shift_read, shift_noise in ((0.0, -2.0), (-2.0, 0.0)):
        other = best.copy()
        other[2] += shift_read
        other[3] += shift_noise
        out.append(np.clip(other, _LOW, _HIGH))
    return out


def _with_start(top: _Top, free: np.ndarray, y: np.ndarray, law: str, relative: bool) -> _Top:
    """The start of a single sweep, with the law and given noises.

    The noises were found with the start left open (a wide prior about the first read). Were it free all along, a start
    that equals the first read and a read noise of zero would make the likelihood infinite.
    """
    theta = top.theta.copy()
    theta[1] = _LOW[1]
    found = _maximise(theta, np.array([True, False, False, False, True, bool(free[5])]), y, law, relative)
    found.value = top.value
    return found


@dataclass
class _Top:
    """Where the likelihood is largest: parameters, value, inverse curvature over `where`, and the differences it was
    taken with.
    """

    theta: np.ndarray
    value: float
    inverse: np.ndarray
    where: np.ndarray
    h: np.ndarray


def _curvature(
    theta: np.ndarray, h: np.ndarray, where: np.ndarray, y: np.ndarray, law: str, relative: bool
) -> tuple[float, np.ndarray, np.ndarray]:
    """Value, slope and minus the second derivatives of the log likelihood, all from one call."""
    n = len(where)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    table = np.repeat(theta[None], 1 + 2 * n + 4 * len(pairs), axis=0)
    for i, column in enumerate(where):
        table[1 + 2 * i, column] += h[i]
        table[2 + 2 * i, column] -= h[i]
    for row, (i, j) in enumerate(pairs):
        for corner, (a, b) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
            table[1 + 2 * n + 4 * row + corner, where[i]] += a * h[i]
            table[1 + 2 * n + 4 * row + corner, where[j]] += b * h[j]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sums = log_likelihood(table, y, law, relative).sum(axis=1)
    sums = np.where(np.isfinite(sums), sums, -1e12)
    up, down = sums[1 : 1 + 2 * n : 2], sums[2 : 2 + 2 * n : 2]
    bend = np.diag(-(up + down - 2.0 * sums[0]) / h**2)
    for (i, j), (a, b, c, d) in zip(pairs, sums[1 + 2 * n :].reshape(-1, 4), strict=True):
        bend[i, j] = bend[j, i] = -(a - b - c + d) / (4.0 * h[i] * h[j])
    return float(sums[0]), (up - down) / (2.0 * h), bend


def _maximise(start: np.ndarray, free: np.ndarray, y: np.ndarray, law: str, relative: bool) -> _Top:
    """Newton's method, with the curvature made positive and steps shortened where they do not climb."""
    theta, where = start.copy(), np.flatnonzero(free)
    h = np.array([1e-4, 0.02, 0.02, 0.02, 1e-3, 2e-3])[where]
    shares = np.array([1.0, 0.5, 0.2, 0.05, 0.01, 1e-3])
    low, high = _LOW[where], _HIGH[where]
    for _ in range(80):
        value, slope, bend = _curvature(theta, h, where, y, law, relative)
        scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(bend)), 1e-2))
        # At its bound, with the slope pointing out, a parameter waits.
        held = ((theta[where] <= low + 1e-9) & (slope < 0)) | ((theta[where] >= high - 1e-9) & (slope > 0))
        scaled = np.where(held[:, None] | held[None], np.eye(len(where)), bend * scale[:, None] * scale)
        values, vectors = np.linalg.eigh(scaled)
        values = np.maximum(np.abs(values), 1e-4)
        push = np.where(held, 0.0, slope * scale)
        move = scale * (vectors @ ((vectors.T @ push) / values))
        move *= min(1.0, 1.5 / max(float(np.abs(move).max()), 1e-12))
        table = np.repeat(theta[None], len(shares), axis=0)
        table[:, where] = np.clip(table[:, where] + shares[:, None] * move, low, high)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            tried = log_likelihood(table, y, law, relative).sum(axis=1)
        tried = np.where(np.isfinite(tried), tried, -np.inf)
        best = int(np.argmax(tried))
        h = np.clip(0.1 * scale, 1e-7, 0.05)
        if tried[best] <= value + 1e-6:
            break
        theta = table[best]
        if tried[best] < value + 1e-4:  # statistics cannot tell that from nothing
            break
    value, _, bend = _curvature(theta, h, where, y, law, relative)
    # A noise that is not there has no curvature, nor one at its bound: nothing is said of it.
    told = (np.diag(bend) > 1e-3) & (theta[where] > low + 0.05) & (theta[where] < high - 0.05)
    bend, where, h = bend[np.ix_(told, told)], where[told], h[told]
    scale = 1.0 / np.sqrt(np.diag(bend))
    inverse = np.linalg.pinv(bend * scale[:, None] * scale, hermitian=True, rcond=1e-9) * scale[:, None] * scale
    return _Top(theta, value, inverse, where, h)


def _whole(top: _Top) -> np.ndarray:
    out = np.zeros((6, 6))
    out[np.ix_(top.where, top.where)] = top.inverse
    return out


def _covariance(top: _Top, y: np.ndarray, law: str, relative: bool) -> tuple[np.ndarray, bool]:
    """Inverse curvature; with enough sweeps corrected for the scatter between them (White's sandwich)."""
    if len(y) < ENOUGH or not len(top.where):
        return _whole(top), False
    n = len(top.where)
    table = np.repeat(top.theta[None], 2 * n, axis=0)
    for i, column in enumerate(top.where):
        table[2 * i, column] += top.h[i]
        table[2 * i + 1, column] -= top.h[i]
    values = log_likelihood(table, y, law, relative)
    scores = (values[0::2] - values[1::2]) / (2.0 * top.h)[:, None]
    top.inverse = top.inverse @ (scores @ scores.T) @ top.inverse * (len(y) / (len(y) - 1.0))
    return _whole(top), True


def _average(best: _Top, free: np.ndarray, y: np.ndarray, law: str, relative: bool) -> tuple[np.ndarray, np.ndarray]:
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
        start[3] = np.clip(np.log(part * most), _LOW[3] + 0.1, _HIGH[3] - 0.1)
        if len(y) == 1:
            start[0], start[1] = y[0, np.isfinite(y[0])][0], 0.0
        top = _maximise(start, fixed, y, law, relative)
        tops.append(_with_start(top, free, y, law, relative) if len(y) == 1 else top)
    # Of one train only a dozen steps tell the noises apart, and by chance they may all be even: weights of its cube
    # root keep the intervals as wide as they have to be (tests/test_fit.py measures that).
    mild = 1.0 / 3.0 if len(y) == 1 else 1.0
    weights = np.exp(mild * (np.array([t.value for t in tops]) - max(t.value for t in tops)))
    weights /= weights.sum()
    thetas = np.array([t.theta for t in tops])
    mean = weights @ thetas
    off = thetas - mean
    covariance = sum(w * _whole(t) for w, t in zip(weights, tops, strict=True)) + (off.T * weights) @ off
    mean[3] = best.theta[3] if free[3] else mean[3]
    mean[2] = best.theta[2]
    return mean, np.asarray(covariance)
