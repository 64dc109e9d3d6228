"""How likely coordinates of a law and both noises are, for the reads of one polarity.

Coordinates, in which what is known lies about evenly in all directions::

    z      start of the mean curve, from the mean first read, in its standard errors
    x1, b  where the curve is at the pivot pulse, and how much it bends (`model`)
    s      ln S: scatter of the difference of two successive reads
    r      ln of the step noise between two reads, in parts of the read noise; both from S and r
    t      spread of the starts: tau = S (exp(t) - NEAR); of several trains only
    rail   where the trains stop; only if they do

Weights beforehand: Jeffreys' for x0, x1 and b (`Shape.log_prior`), flat in ln S and t; in ln r from where step noise
changes nothing to where read noise does not, falling as a power of the step noise to its small side. One train hardly
tells whether its noise adds up, and there the weight of r decides: with this power, found by trial, intervals hold the
truth about as often as they say both where there is step noise and where there is none.
"""

from __future__ import annotations

import numpy as np

from .model import BENDS, Reads, Shape, log_likelihoods

NEAR = 0.3
"""Part of S that is added to the spread of starts before its logarithm is taken."""
Z, X1, B, S, R, T, RAIL = range(7)
SMALL = 0.75
"""Power of the step noise with which its weight falls to the small side."""
NARROWEST = 0.02
"""Least distance from x0 to x1, in ranges."""


class Posterior:
    """Likelihood and weights of one law for reads.

    Parameters
    ----------
    reads : Reads
    law : str
    relative : bool
        Step noise is relative to the step.
    seed : (4,) float64
        x0, x1, b, rail of a least-squares fit.
    pivot : float
        Pulse number of x1.
    """

    def __init__(self, reads: Reads, law: str, relative: bool, seed: np.ndarray, pivot: float) -> None:
        self.reads, self.law, self.relative, self.seed, self.pivot = reads, law, relative, seed, pivot
        self.shape = Shape(law, reads.pulses, reads.most, pivot)
        first = reads.y[:, 0]
        known = np.isfinite(first)
        self.first = float(first[known].mean())
        self.trains, self.weight = int(known.sum()), float(reads.counts[known, 0].mean())
        self.single = len(reads.y) == 1
        self.curve = self.shape.curve(*seed)
        gaps = np.diff(reads.pulses)
        rates = np.abs(np.diff(self.curve) / gaps)
        moving = rates[rates > 1e-3 * rates.max()]
        self.step = max(float(np.sqrt(np.mean(moving**2))) if len(moving) else 0.0, 1e-9)
        self.gap = float(np.median(gaps))
        # Where noise is relative to steps that become small, read noise has to be small beside the least of them.
        falls = float(np.log(self.step / moving.min())) if relative and len(moving) else 0.0
        length = max(3, len(reads.pulses))
        self.free = np.array([True, True, law != "linear", True, True, False, bool(np.isfinite(seed[3]))])
        self.low = np.array([-12.0, -0.5, BENDS[0], np.log(1e-6), np.log(0.3 / length), np.log(NEAR), 0.2])
        self.high = np.array([12.0, 2.5, BENDS[1], np.log(3.0), np.log(20.0) + falls, np.log(NEAR) + 16.0, 2.0])

    def parameters(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The filter's parameters, (sets, 7), and the start's standard error, (sets,), of coordinates (sets, 7)."""
        z, x1, b, s, r, t, rail = q.T
        ratio, scatter = np.exp(r), np.exp(s)
        sigma = scatter / np.sqrt(2.0 + ratio**2)
        noise = ratio * sigma / np.sqrt(self.gap) / (self.step if self.relative else 1.0)
        tau = scatter * np.maximum(np.exp(t) - NEAR, 0.0)
        error = np.sqrt((sigma**2 / self.weight + tau**2) / self.trains)
        x0 = self.first + z * error
        p, slope = self.shape.parameters(x0, x1, b)
        return np.column_stack([x0, tau, sigma, noise, p, slope, rail]), error

    def whole(self, free: np.ndarray, others: np.ndarray) -> np.ndarray:
        """All coordinates, (sets, 7), from those that are free."""
        q = np.repeat(others[None], len(free), axis=0)
        q[:, self.free] = free
        return q

    def starts(self) -> list[np.ndarray]:
        """The seed's coordinates, with the noise of the reads about it put down to reads, to both, and to steps."""
        x0, x1, b, rail = self.seed
        d = np.diff(self.reads.y - self.curve, axis=1)
        scatter = (
            float(np.sqrt(np.nanmean(d**2))) if np.isfinite(d).any() else float(np.nanstd(self.reads.y - self.curve))
        )
        s = np.log(np.clip(scatter, 2e-6, 2.0))
        out = []
        for r in (-3.0, -1.0, 1.0):
            ratio = np.exp(r)
            error = np.exp(s) / np.sqrt(2.0 + ratio**2) / np.sqrt(self.weight * self.trains)
            z = np.clip((x0 - self.first) / error, -4.0, 4.0)
            out.append(np.array([z, x1, b, s, r, np.log(NEAR), rail]))
        return out

    def log_likelihoods(self, q: np.ndarray) -> np.ndarray:
        """Of every train, for coordinates (sets, 7): (sets, trains); not a number where a law cannot be.

        The start's standard error counts with it: a start that equals the first read, without read noise, would be
        infinitely likely otherwise.
        """
        theta, error = self.parameters(q)
        out = log_likelihoods(self.law, self.relative, theta, self.reads)
        out += np.log(error)[:, None] / len(self.reads.y)
        if self.reads.freedom > 0 and self.reads.repeats > 0:
            off = np.log(theta[:, 2] / self.reads.repeats)
            out -= (self.reads.freedom * off**2)[:, None] / len(self.reads.y)
        return out

    def value(self, free: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Logarithm of the likelihood with the weights beforehand, for free coordinates: (sets,)."""
        with np.errstate(all="ignore"):
            q = self.whole(free, others)
            inside = np.all((q >= self.low) & (q <= self.high) | ~self.free, axis=1)
            span = q[:, X1] - (self.first + q[:, Z] * self.parameters(q)[1])
            out = self.log_likelihoods(q).sum(axis=1) + np.log(span) + self.shape.log_prior(q[:, B])
            out -= SMALL * np.log1p(np.exp(-q[:, R]))
        return np.where(inside & np.isfinite(out) & (span > NARROWEST), out, -np.inf)
