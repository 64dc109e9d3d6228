"""Step laws, and the likelihood of reads under them: an extended Kalman filter over many sweeps and parameter sets at
once.

The state moves by x <- x + f(x) (1 + c N) or x + f(x) + d N, and is seen through reads y = x + sigma N; sweeps begin at
mu + tau N.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LAWS = ("exponential", "soft-bounds", "linear")
"""f(x) = exp(p - s x); f(x) = exp(p) (1 - s x); f(x) = exp(p)."""


def step(law: str, x: Any, p: Any, s: Any) -> tuple[np.ndarray, np.ndarray]:
    """The law's step at x, and its derivative."""
    if law == "exponential":
        f = np.exp(p - s * x)
        return f, -s * f
    first = np.exp(p)
    if law == "soft-bounds":
        return first * (1.0 - s * x), np.broadcast_to(-s * first, x.shape)
    return np.broadcast_to(first, x.shape), np.zeros_like(x)


def step_at(law: str, x: float, p: float, s: float) -> float:
    """The step at one state."""
    return float(step(law, np.float64(x), np.float64(p), np.float64(s))[0])


def path(law: str, start: float, p: float, s: float, pulses: int) -> np.ndarray:
    """States after 0 ... `pulses` pulses without noise: (pulses + 1,)."""
    out = np.empty(pulses + 1)
    out[0] = x = start
    for k in range(pulses):
        x = x + step_at(law, x, p, s)
        out[k + 1] = x
    return out


@np.errstate(all="ignore")
def log_likelihood(theta: np.ndarray, y: np.ndarray, law: str, relative: bool) -> np.ndarray:
    """Logarithm of the likelihood of every sweep, for several parameter sets.

    Parameters
    ----------
    theta : (parameter sets, 6)
        mu, ln tau, ln sigma, ln of the step noise, p, s.
    y : (sweeps, pulses + 1)
        Reads; NaN: none.
    law : str
        One of `LAWS`.
    relative : bool
        The step noise is relative to the step, otherwise to the range.

    Returns
    -------
    (parameter sets, sweeps)
    """
    mu, tau, sigma, noise, p, s = (column[:, None] for column in theta.T)
    v_read, v_noise = np.exp(2.0 * sigma), np.exp(2.0 * noise)
    seen = np.asarray(np.isfinite(y))
    last = y.shape[1] - 1 - int(np.argmax(np.asarray(seen.any(axis=0))[::-1]))
    counts, values = seen.astype(float).T, np.where(seen, y, 0.0).T
    all_seen = np.asarray(seen.all(axis=0))
    m = np.broadcast_to(mu, (len(theta), len(y)))
    v = np.broadcast_to(np.exp(2.0 * tau), m.shape)
    # Spread and surprise of every read; their logarithms and squares are taken together at the end.
    spreads, surprises = np.empty((2, last + 1, *m.shape))
    for k in range(last + 1):
        spread, r = np.add(v, v_read, out=spreads[k]), np.subtract(values[k], m, out=surprises[k])
        gain = v / spread
        if all_seen[k]:
            m = m + gain * r
            v = gain * v_read
        else:
            gain *= counts[k]
            m = m + gain * r
            v = v - gain * v
        if k < last:
            f, slope = step(law, m, p, s)
            m += f
            v = (1.0 + slope) ** 2 * v + (v_noise * (f * f) if relative else v_noise)
    weights = counts[: last + 1, None]
    surprises *= surprises
    surprises /= spreads
    surprises += np.log(spreads, out=spreads)
    surprises *= weights
    return np.asarray(-0.5 * (surprises.sum(axis=0) + np.log(2.0 * np.pi) * counts.sum(axis=0)))


def mean_curve(y: np.ndarray) -> np.ndarray:
    """Mean over sweeps of what was read; NaN where nothing was."""
    seen = np.isfinite(y)
    count = seen.sum(axis=0)
    return np.asarray(np.where(count > 0, np.where(seen, y, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan))


def last_reads(y: np.ndarray) -> np.ndarray:
    """The last read of every sweep: (sweeps,)."""
    index = y.shape[1] - 1 - np.argmax(np.isfinite(y)[:, ::-1], axis=1)
    return np.asarray(y[np.arange(len(y)), index])
