"""Step laws: from the numbers that describe a device to the steps its pulses make."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..base.errors import LayoutError

if TYPE_CHECKING:  # `xbarsim --help` reads the descriptions, and NumPy would double its time
    import numpy as np

MODELS = {
    "exponential": "equations (1) and (2) of Lim et al. (2019): the step falls exponentially with the conductance",
    "soft-bounds": "the step falls linearly with the conductance: the law behind NeuroSim's nonlinearity label",
    "table": "steps as they were measured: quantiles of the step over the conductance",
    "plugin": "a user's own function, from a Python file",
}
"""Device models a layout can name."""

MIN_STEP = 2e-6
"""Smallest step, as a fraction of Gmax: about sixteen times the resolution of float32."""


@functools.lru_cache(maxsize=256)
def normalised_alpha(n_max: int, beta: float) -> float:
    """Step alpha / (Gmax - Gmin) with which exactly `n_max` pulses lead from Gmin to Gmax, by the exponential law.

    Solves ``g_n = 1`` of the recursion ``g_0 = 0, g_{k+1} = g_k + a exp(-beta g_k)`` by bisection: on (0, 1] the end
    point rises strictly with a, so the solution exists and is the only one. At beta = 0 it is 1 / n_max.

    >>> normalised_alpha(64, 0.0) == 1 / 64
    True
    >>> round(normalised_alpha(64, 2.0), 10)
    0.0491354054
    """
    if beta == 0.0:
        return 1.0 / n_max
    low, high = 0.0, 1.0
    while True:
        a = 0.5 * (low + high)
        if not low < a < high:
            return high
        g = 0.0
        for _ in range(n_max):
            g += a * math.exp(-beta * g)
            if g >= 1.0:
                break
        if g >= 1.0:
            high = a
        else:
            low = a


def soft_bounds_alpha(n_max: int, beta: float) -> float:
    """The same by the soft-bounds law, ``g_k = (1 - exp(-beta k / n)) / (1 - exp(-beta))``.

    Its step is linear in g, ``(1 - q) (B - g)`` with ``q = exp(-beta / n)`` and ``B = 1 / (1 - exp(-beta))``, and the
    last one is exp(-beta) times what the first would be; beta is NeuroSim's Pmax / A.

    >>> round(soft_bounds_alpha(64, 2.0), 10)
    0.0355823071
    """
    if abs(beta) < 1e-9:  # the difference from the limit is below a part in a thousand million
        return 1.0 / n_max
    return math.expm1(-beta / n_max) / math.expm1(-beta)


def jump_table(where: str, rows: Any) -> tuple[tuple[float, ...], ...]:
    """A checked jump table: nodes over G, each a row of quantiles of the step, S."""
    what = f"{where}: expected two or more rows (nodes from g_min to g_max) of equally many steps in S"
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) < 2:
        raise LayoutError(f"{what}, got {rows!r}; xbarsim fit --table makes one")
    try:
        table = tuple(tuple(float(x) for x in (row if isinstance(row, Sequence) else [row])) for row in rows)
    except (TypeError, ValueError):
        raise LayoutError(f"{what}, got something that is no number; correct it") from None
    widths = {len(row) for row in table}
    if len(widths) != 1 or not widths.pop():
        raise LayoutError(f"{what}, got rows of {', '.join(str(len(row)) for row in table)}; correct them")
    if not all(math.isfinite(x) for row in table for x in row):
        raise LayoutError(f"{what}, got a number that is not finite; correct it")
    if any(b < a for row in table for a, b in itertools.pairwise(row)):
        raise LayoutError(f"{what}, in every row from the least to the largest, got another order; sort the rows")
    return table


def ends(first: float, last: float) -> np.ndarray:
    """Steps at both rails."""
    import numpy as np

    return np.array([first, last])


def means(table: Sequence[Sequence[float]]) -> np.ndarray:
    """Mean step at every node: the quantile function is linear between its points."""
    import numpy as np

    a = np.asarray(table, np.float64)
    return a[:, 0].copy() if a.shape[1] == 1 else np.asarray(0.5 * (a[:, 1:] + a[:, :-1]).mean(axis=1))
