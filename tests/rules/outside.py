"""What aihwkit 1.1.0 gave (`tests/golden/aihwkit/README.md`), and how to compare with it."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from statistics import NormalDist

GOLDEN = Path(__file__).parents[1] / "golden" / "aihwkit"


@functools.cache
def golden(name):
    """`trains`, `sequences` or `laws`."""
    return json.loads((GOLDEN / f"{name}.json").read_text())


def binomial(n, p):
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def chi_square(counts, shares, repeats):
    """(statistic, degrees of freedom): bins that are expected less than 8 times are one with those not counted."""
    bins = [(n, share * repeats) for n, share in zip(counts, shares, strict=False) if share * repeats >= 8]
    rest = repeats - sum(n for n, _ in bins), repeats - sum(e for _, e in bins)
    if rest[1] < 1e-6:
        bins += [(math.inf, 1.0)] if rest[0] else []
    else:
        bins.append(rest)
    return sum((n - e) ** 2 / e for n, e in bins), len(bins) - 1


def fits(counts, shares, repeats, level=1e-4):
    """Whether the counts could be draws of a distribution: chi-square at this level (Wilson and Hilferty)."""
    statistic, freedom = chi_square(counts, shares, repeats)
    if freedom == 0:
        return statistic < 1e-9
    z = ((statistic / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))
    return z < NormalDist().inv_cdf(1 - level)
