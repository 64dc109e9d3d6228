"""Which of many keys moves the accuracy: shares of its variance, or rank correlations, with what chance would do."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.table import Table
from .comparison import Row
from .grid import Design
from .samples import random, scipy_part

RESAMPLES = 999
"""Draws of the bootstrap."""

LEVEL = 0.95

SOBOL = (
    "Sobol' indices by Saltelli et al. (2010), Jansen's for totals (scipy.stats.sobol_indices); intervals: bootstrap, "
    f"{100 * LEVEL:.0f} %"
)
RANKS = (
    "Spearman's rank correlation of the key and the mean accuracy over the seeds; intervals: bootstrap over points, "
    f"{100 * LEVEL:.0f} %"
)


@dataclass(frozen=True)
class Effect:
    """What a key does to the accuracy.

    Attributes
    ----------
    key : str
    measure : str
        ``first order``: the share of the variance that is the key's alone; ``total``: also with others; ``rank
        correlation``: -1 to 1.
    value, low, high : float
        With the ends of its interval.
    """

    key: str
    measure: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Effects:
    """Effects, the largest first, how they were found, and what there is to say of them."""

    of: tuple[Effect, ...]
    estimator: str
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """A line each."""
        return Table([vars(e) for e in self.of], ("key", "measure", "value", "low", "high"))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"effects": list(self.table), "estimator": self.estimator, "notes": list(self.notes)}


def effects_of(design: Design, rows: Sequence[Row]) -> Effects | None:
    """Effects of the keys of a design whose points were drawn; None of a grid.

    Parameters
    ----------
    design : Design
    rows : sequence of Row
        In its order.
    """
    if design.sample is None:
        return None
    y = np.array([row.mean for row in rows])
    notes = [] if len(rows[0].seeds) > 1 else ["one seed: scatter of the runs counts as an effect of the points"]
    if np.ptp(y) == 0.0:
        return Effects((), "none", (*notes, "all accuracies are the same: no key moves it"))
    if design.sample.kind == "saltelli":
        return _sobol(design, y, notes)
    return _ranks(design, y, notes)


def _sobol(design: Design, y: np.ndarray, notes: list[str]) -> Effects:
    assert design.sample is not None
    n, k = design.sample.count, len(design.keys)
    y = y - y[: 2 * n].mean()  # the estimator of the first order is steadier around zero
    a, b, crossed = y[:n], y[n : 2 * n], y[2 * n :].reshape(k, n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of resamples without any variance
        found = scipy_part("sobol_indices", "sweep --sample saltelli")(
            func={"f_A": a[None], "f_B": b[None], "f_AB": crossed[:, None]}, n=n, **random(0)
        )
        spread = found.bootstrap(confidence_level=LEVEL, n_resamples=RESAMPLES)
    effects = []
    for measure, values, ends in (
        ("first order", found.first_order, spread.first_order.confidence_interval),
        ("total", found.total_order, spread.total_order.confidence_interval),
    ):
        for key, *numbers in zip(design.keys, *map(np.ravel, (values, ends.low, ends.high)), strict=True):
            effects.append(Effect(key, measure, *map(float, numbers)))
    totals = {e.key: e.value for e in effects if e.measure == "total"}
    effects.sort(key=lambda e: (-totals[e.key], e.measure))
    if any(e.value > 1.2 or e.value < -0.2 for e in effects):
        notes.append(f"some indices are outside of 0 to 1: {n} points of each sample are few; take more")
    return Effects(tuple(effects), SOBOL, tuple(notes))


def _ranks(design: Design, y: np.ndarray, notes: list[str]) -> Effects:
    spearman, bootstrap = (scipy_part(name, "sweep --sample") for name in ("spearmanr", "bootstrap"))
    effects = []
    for key in design.keys:
        values = [point[key] for point in design.points]
        if any(isinstance(v, (str, bool)) for v in values):
            notes.append(f"{key}: names have no order, and so no rank correlation; the picture shows each")
            continue
        if len(set(values)) == 1:
            notes.append(f"{key}: always {values[0]}, and so no rank correlation")
            continue
        x = np.array(values, dtype=float)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of resamples without any spread
            ends = bootstrap(
                (x, y), lambda *xy: spearman(*xy).statistic, paired=True, vectorized=False, n_resamples=RESAMPLES,
                confidence_level=LEVEL, method="percentile", **random(0),
            ).confidence_interval  # fmt: skip
            value = spearman(x, y).statistic
        effects.append(Effect(key, "rank correlation", *map(float, (value, ends.low, ends.high))))
    effects.sort(key=lambda e: -abs(e.value))
    return Effects(tuple(effects), RANKS, tuple(notes))
