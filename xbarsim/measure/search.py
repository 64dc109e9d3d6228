"""The most likely coordinates, by SciPy's SLSQP, and draws from all that are likely, by emcee's ensemble sampler."""

from __future__ import annotations

import numpy as np

from .posterior import RAIL, X1, B, Posterior, R, S, Z

WALKERS, STEPS, SETTLE = 36, 420, 120
"""Of the sampler: walkers, steps of each, and steps that are left out at the beginning. About 700 independent draws."""
NEEDLE = 3e-3
"""Scatter of reads, in ranges, below which measurements count as free of noise."""
QUICK = 150
"""Steps where only a standard error is wanted."""


def top(of: Posterior, starts: list[np.ndarray], *, fixed_r: bool = False) -> tuple[np.ndarray, float]:
    """The most likely coordinates, (7,), and the logarithm of the likelihood there.

    Parameters
    ----------
    of : Posterior
    starts : list of (7,)
        The two most likely of them are where the search begins.
    fixed_r : bool
        Without step noise.
    """
    from scipy.optimize import minimize  # SLSQP: for so few parameters, L-BFGS-B waits for the threads of its BLAS

    free = of.free.copy()
    table = np.array(starts)
    if fixed_r:
        free[R] = False
        table[:, R] = of.low[R]
    low, high = of.low[free], of.high[free]
    table[:, free] = np.clip(table[:, free], low + 1e-6, high - 1e-6)
    with np.errstate(all="ignore"):
        values = of.log_likelihoods(table).sum(axis=1)
    order = np.argsort(np.where(np.isfinite(values), -values, np.inf))
    best, value = table[order[0]], -np.inf
    # The likelihood can have two tops, scatter put down to reads or to steps; of many reads, they tell at once.
    for begin in table[order[: 2 if of.reads.y.size < 1000 else 1]]:
        at, height = begin.copy(), -np.inf
        for _ in range(8):  # again, in steps that fit the scatter found, until that gains nothing
            # Steps of about a standard error in all directions.
            scatter = max(0.3 * float(np.exp(at[S])), 1e-7)
            unit = np.array([1.0, scatter, min(0.3, 10.0 * scatter), 0.2, 0.5, 0.5, scatter])[free]

            def descend(u: np.ndarray, at: np.ndarray = at, unit: np.ndarray = unit) -> tuple[float, np.ndarray]:
                return _slope(of, at, free, u, unit)

            # Without noise the top is a needle, on which SLSQP comes to rest too early.
            needle = np.exp(at[S]) < NEEDLE
            found = minimize(
                descend,
                at[free] / unit,
                jac=True,
                method="L-BFGS-B" if needle else "SLSQP",
                bounds=np.column_stack([low, high]) / unit[:, None],
                options={"maxiter": 150, "ftol": 1e-9 if needle else 1e-4},
            )
            gain = -float(found.fun) - height
            if not gain > 0.0:
                break
            height, at = -float(found.fun), at.copy()
            at[free] = np.clip(found.x * unit, low, high)
            if gain < 0.05:
                break
        if height > value:
            value, best = height, at
    return best, value


def _slope(
    of: Posterior, begin: np.ndarray, free: np.ndarray, u: np.ndarray, unit: np.ndarray
) -> tuple[float, np.ndarray]:
    """Minus the likelihood and its slope, over free coordinates in their units; all from one call."""
    h = 1e-4
    q = np.repeat(begin[None], 1 + 2 * len(u), axis=0)
    q[:, free] = u * unit
    for i, column in enumerate(np.flatnonzero(free)):
        q[1 + 2 * i, column] += h * unit[i]
        q[2 + 2 * i, column] -= h * unit[i]
    with np.errstate(all="ignore"):
        v = of.log_likelihoods(q).sum(axis=1)
    if not np.isfinite(v[0]):
        return 1e10, np.zeros(len(u))
    v = np.where(np.isfinite(v), v, v[0])
    return -float(v[0]), -(v[1::2] - v[2::2]) / (2.0 * h)


def draw(of: Posterior, best: np.ndarray, *, quick: bool = False) -> np.ndarray:
    """Coordinates of draws, (draws, 7)."""
    import emcee

    # The same every time: a fit is no game of chance.
    rng = np.random.default_rng(2019)
    low, high = of.low[of.free], of.high[of.free]
    scatter = float(np.exp(best[S]))
    spread = np.array([0.3, 0.1 * scatter, min(0.05, scatter), 0.05, 0.3, 0.1, 0.1 * scatter])[of.free]
    spread = np.minimum(spread, 0.1 * (high - low))
    walkers = best[of.free] + spread * rng.standard_normal((WALKERS, int(of.free.sum())))
    walkers = np.clip(
        walkers, low + 0.1 * spread * rng.random(walkers.shape), high - 0.1 * spread * rng.random(walkers.shape)
    )
    values = of.value(walkers, best)
    if not np.isfinite(values).all():
        good = walkers[np.isfinite(values)]
        if len(good) < WALKERS // 4:
            good = np.clip(best[of.free], low + 1e-9, high - 1e-9)[None] + 1e-6 * spread * rng.standard_normal(
                walkers.shape
            )
        walkers = good[rng.integers(len(good), size=WALKERS)] * (1.0 + 1e-9 * rng.standard_normal(walkers.shape))
    moves = [(emcee.moves.DEMove(), 0.7), (emcee.moves.DESnookerMove(), 0.1), (emcee.moves.StretchMove(), 0.2)]
    sampler = emcee.EnsembleSampler(WALKERS, walkers.shape[1], lambda q: of.value(q, best), vectorize=True, moves=moves)
    sampler.random_state = np.random.RandomState(2019).get_state()
    steps = QUICK if quick else STEPS
    sampler.run_mcmc(walkers, steps, skip_initial_state_check=True)
    return of.whole(sampler.get_chain(discard=min(SETTLE, steps // 2), flat=True), best)


def widening(of: Posterior, best: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """By how much trains scatter beyond what both noises explain: factors, 1 or more, of the free coordinates' errors;
    (7,). White's sandwich, where it is more than chance.
    """
    out = np.ones(7)
    trains = len(of.reads.y)
    if trains < 8:
        return out
    where = np.flatnonzero(of.free)
    where = where[np.ptp(draws[:, where], axis=0) > 0]
    covariance = np.atleast_2d(np.cov(draws[:, where].T))
    h = 0.05 * np.sqrt(np.diag(covariance))
    table = np.repeat(best[None], 2 * len(where), axis=0)
    for i, column in enumerate(where):
        table[2 * i, column] += h[i]
        table[2 * i + 1, column] -= h[i]
    with np.errstate(all="ignore"):
        values = of.log_likelihoods(table)
    scores = (values[0::2] - values[1::2]) / (2.0 * h)[:, None]
    scores = np.where(np.isfinite(scores), scores, 0.0)
    scores -= scores.mean(axis=1, keepdims=True)
    sandwich = covariance @ (scores @ scores.T) @ covariance * (trains / (trains - 1.0))
    ratio = np.diag(sandwich) / np.diag(covariance)
    # The ratio itself scatters like a chi-square of so many trains.
    out[where] = np.where(ratio > 1.0 + 3.0 * np.sqrt(2.0 / trains), np.sqrt(np.maximum(ratio, 1.0)), 1.0)
    return out


def at_bounds(of: Posterior, draws: np.ndarray) -> list[str]:
    """Parameters of the curve whose interval reaches as far as the fit looks."""
    names = {B: "bend (beta or u)", Z: "start", X1: "end", RAIL: "rail"}
    found = []
    for k, name in names.items():
        if not of.free[k]:
            continue
        edge = 0.01 * (of.high[k] - of.low[k])
        if np.mean((draws[:, k] < of.low[k] + edge) | (draws[:, k] > of.high[k] - edge)) > 0.025:
            found.append(name)
    return found
