"""Nonlinearity in several tongues: NeuroSim's label, its A, soft-bounds u, and beta, alpha, n_max of the exponential
law.

Two laws. With g = (G - Gmin) / (Gmax - Gmin), and potentiation for both:

*soft bounds* (NeuroSim's: Chen and Yu, IEEE Design & Test 2019, doi 10.1109/MDAT.2018.2890229), P pulses of Pmax::

    g(P) = (1 - exp(-P/A)) / (1 - exp(-Pmax/A))

With u = Pmax / A = 1 / A_norm it solves dg/dP = (B - g) / A with B = 1 / (1 - exp(-u)), and one pulse does exactly
g <- g + (1 - exp(-u/Pmax)) (B - g): a step that is *linear* in g.

*exponential* (Lim et al. 2019, eqs. 1 and 2, after Querlioz): g <- g + a exp(-beta g), a = alpha / (Gmax - Gmin). Its
continuous form dg/dn = a exp(-beta g) has the solution g = ln(1 + (exp(beta) - 1) x) / beta with x = n / n_max:
*logarithmic*.

No choice of beta makes one the other, except u = beta = 0. But solve the exponential curve for x: it is
x = (exp(beta g) - 1) / (exp(beta) - 1), so that 1 - x = (1 - exp(-beta (1 - g))) / (1 - exp(-beta)), which is the
soft-bounds curve with u = beta, read at 1 - g: the two are mirror images in the anti-diagonal (x, g) -> (1 - g, 1 - x).
A mirror image in it is as far from the diagonal, and that distance is all a label measures. So **beta = u = 1 / A_norm
keeps the label** (exactly for many pulses; with n_max from 32 to 128 and beta from 1 to 3 the discrete curve's label is
0.4 to 5 % larger). It is not the nearest curve: `match_of` gives the beta of least squares, and the error of either.

*The label.* The distance of the soft-bounds curve from the diagonal is (g(x) - x) / sqrt 2, largest where dg/dx = 1,
that is at x = ln(u B) / u with g = B - 1/u. NeuroSim counts it in units of 0.07::

    NL(u) = [B - (1 + ln(u B)) / u] / (0.07 sqrt 2),   odd in u, below 10.102

This agrees with all 900 entries of NeuroSim's table to 5e-7, its rounding. Its LTD label is negative where the step is
largest at Gmax, as it is in most devices; our beta_d is positive there: beta_d = -u(NL_LTD).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..base.errors import LayoutError
from ..describe.laws import normalised_alpha

UNIT = 0.07
"""Distance from the diagonal that NeuroSim calls 1."""

MAX_LABEL = 1.0 / (UNIT * math.sqrt(2.0))
"""The label of a device that does everything in its first pulse: 10.1015."""


def label_of_u(u: float) -> float:
    """NeuroSim's nonlinearity label of the soft-bounds curve with u = Pmax / A; the same for beta of the exponential
    law.

    >>> [round(label_of_u(u), 4) for u in (0.0, 1.0, 2.0, -5.0)]
    [0.0, 1.2455, 2.3965, -4.8845]
    """
    if abs(u) < 1e-3:  # the closed form loses its digits; the next term is u^3 / 2880
        return u / 8.0 * MAX_LABEL
    if u < 0.0:
        return -label_of_u(-u)
    b = -1.0 / math.expm1(-u)
    return (b - (1.0 + math.log(u * b)) / u) * MAX_LABEL


def u_of_label(label: float) -> float:
    """The inverse: u = Pmax / A of a label, by bisection.

    Raises
    ------
    LayoutError
        If no soft-bounds curve has this label: its size must be below 10.1.

    >>> [round(u_of_label(nl), 3) for nl in (2.4, -4.88, 6.76)]
    [2.003, -4.992, 9.975]
    """
    if not abs(label) <= label_of_u(1e4):
        raise LayoutError(
            f"nonlinearity label: expected a number between -10.1 and 10.1, got {label:g}; check the table it is from"
        )
    low, high = 0.0, 1e4
    while True:
        u = 0.5 * (low + high)
        if not low < u < high:
            return math.copysign(high, label) if label else 0.0
        if label_of_u(u) >= abs(label):
            high = u
        else:
            low = u


def a_of_u(u: float, n_max: float) -> float:
    """NeuroSim's A, in pulses, of a curve of `n_max` pulses; infinite if linear."""
    return n_max / u if u else math.inf


def curve_soft(u: float, n_max: int) -> np.ndarray:
    """g after 0, 1, ..., `n_max` pulses by the soft-bounds law: (n_max + 1,), from 0 to 1."""
    x = np.linspace(0.0, 1.0, n_max + 1)
    if abs(u) >= 1e-9:
        x = np.expm1(-u * x) / math.expm1(-u)
    return x


def curve_exponential(beta: float, n_max: int) -> np.ndarray:
    """g after 0, 1, ..., `n_max` pulses by the exponential law, alpha such that it ends at 1: (n_max + 1,)."""
    a = normalised_alpha(n_max, beta)
    g = np.zeros(n_max + 1)
    for k in range(n_max):
        g[k + 1] = min(1.0, g[k] + a * math.exp(-beta * g[k]))
    return g


def pulses_needed(a: float, beta: float, most: int = 1_000_000) -> float:
    """Pulses from 0 to 1 with first step `a`; the last one counts in part. Infinite if more than `most`.

    >>> round(pulses_needed(normalised_alpha(64, 2.0), 2.0), 6)
    64.0
    """
    # Above some thousand pulses the continuous curve is as good, with the first correction of its step size.
    if a <= 0.0:
        return math.inf
    if beta >= 0.0 and a < 1e-4:
        exact = 1.0 / a if beta < 1e-9 else math.expm1(beta) / (a * beta) - beta / 2.0
        return exact if exact <= most else math.inf
    g = 0.0
    for k in range(most):
        step = a * math.exp(-beta * g)
        if g + step >= 1.0 - 1e-12:
            return k + min(1.0, (1.0 - g) / step)
        g += step
    return math.inf


@dataclass(frozen=True, kw_only=True)
class Match:
    """An exponential device that stands for a soft-bounds curve, and how well.

    Attributes
    ----------
    beta, a : float
        Nonlinearity, and first step as a fraction of the range.
    n_max : int
        Pulses from rail to rail, the same for both curves.
    rmse, largest : float
        Difference of the curves over all pulses, as a fraction of the range.
    """

    beta: float
    a: float
    n_max: int
    rmse: float
    largest: float


def match_of(label: float, n_max: int, *, method: str = "least-squares") -> Match:
    """The exponential device for a NeuroSim label: a best match with an error, not an identity (see the module's text).

    Parameters
    ----------
    label : float
        Nonlinearity label; for depression, minus the printed one.
    n_max : int
        Pulses from rail to rail.
    method : str
        ``label`` keeps the label, beta = u; ``least-squares`` is nearest to the curve.

    >>> match_of(2.4, 97, method="label")
    Match(beta=2.003..., a=0.0326..., n_max=97, rmse=0.021..., largest=0.04...)
    """
    u = u_of_label(label)
    target = curve_soft(u, n_max)

    def difference(beta: float) -> np.ndarray:
        return np.asarray(curve_exponential(beta, n_max) - target)

    if method == "label":
        beta = u
    elif method == "least-squares":
        # One minimum between 0 and u (the mirror image is bent more): golden section.
        low, high = sorted((0.0, 1.05 * u))
        shrink = (math.sqrt(5.0) - 1.0) / 2.0
        while high - low > 1e-5 * max(1.0, abs(u)):
            c, d = high - shrink * (high - low), low + shrink * (high - low)
            if (difference(c) ** 2).sum() < (difference(d) ** 2).sum():
                high = d
            else:
                low = c
        beta = 0.5 * (low + high)
    else:
        raise LayoutError(f"method: unknown name {method!r}; known: label, least-squares")
    off = difference(beta)
    return Match(
        beta=beta,
        a=normalised_alpha(n_max, beta),
        n_max=n_max,
        rmse=float(np.sqrt((off**2).mean())),
        largest=float(np.abs(off).max()),
    )
