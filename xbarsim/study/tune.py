"""`xbarsim tune`: thresholds and rate of the conditional reverse update scheme (a reconstruction), by the smallest
average update noise.

Known of Lee et al. (arXiv 2111.07113, abstract): the rule is designed so that the update noise, averaged over the
training, is smallest. How is reconstruction: every setting of a grid is trained for a short while, and its scale-free
update noise of the first layer (see kernels/rules/crus), averaged over all windows, is compared. Compensation is
fixed. The test set is not looked at; the accuracy beside the noise is that of training samples that were held out, and
does not enter the choice.

What was found (784-200-10, MNIST): at a fixed rate less noise of the first layer goes with more held-out accuracy
(Spearman -0.73 to -0.92 over 36 thresholds, but -0.06 at the highest rate with one-pulse depression); across rates it
does so less (-0.82 and -0.36 over all 108), and without compensation it does not. So choose the rate by accuracy.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..base.errors import DataError, LayoutError
from ..base.files import write_text
from ..data_sets.data_set import Dataset, build
from ..describe.layout import Layout
from .clock import Tick
from .study import run_study
from .tasks import Task

THETAS = (0.07, 0.21, 0.36, 0.5, 0.64, 0.79)
"""Thresholds between the levels of 3 bits."""

FACTORS = (0.3, 1.0, 3.0)


@dataclass(frozen=True)
class Tried:
    """One setting, and what a short run with it came to.

    Attributes
    ----------
    layout : Layout
        Of the short run.
    theta_forward, theta_reverse, rate : float
    noise : tuple of float
        Scale-free update noise of every layer, averaged over the windows.
    accuracy : float
        Of the training samples that were held out; not looked at by the choice.
    """

    layout: Layout
    theta_forward: float
    theta_reverse: float
    rate: float
    noise: tuple[float, ...]
    accuracy: float


def held_out(data: Dataset, samples: int) -> Dataset:
    """The training samples alone: the last so many stand for the test samples.

    Examples
    --------
    >>> from xbarsim import load_dataset
    >>> part = held_out(load_dataset("two-pixels"), 1)
    >>> len(part.y_train), len(part.y_test)
    (1, 1)
    """
    n = len(data.y_train) - samples
    if n < 1 or samples < 1:
        raise DataError(
            f"--held-out: expected 1 to {len(data.y_train) - 1} of the training samples of '{data.name}', got "
            f"{samples}; choose another number"
        )
    x, y = data.x_train, data.y_train
    # Coded as the whole is, also if a class is in one part alone.
    return build(data.name, x[:n], y[:n], x[n:], y[n:], data.origin, labels=data.labels or tuple(range(data.classes)))


def grid(
    layout: Layout, forward: Sequence[float], reverse: Sequence[float], factors: Sequence[float], iterations: int
) -> list[Layout]:
    """The short runs: all thresholds, at all multiples of the layout's rate."""
    if layout.pulses.rule != "crus" or layout.crus.baseline != "crus":
        raise LayoutError("tune: expected rule 'crus' with baseline 'crus', got another; give for example --rule crus")
    window = layout.crus.un_window
    if not 0 < window <= iterations:
        raise LayoutError(
            f"crus.un_window: expected 1 to --iterations = {iterations} samples per window, got {window}; lower it, "
            "or train longer"
        )
    out = layout.crus.crus_output_rate
    return [
        layout.replace(
            theta_forward=a,
            theta_reverse=b,
            crus_rate=layout.crus.crus_rate * f,
            crus_output_rate=None if out is None else out * f,
            iterations=iterations,
            schedule=None,
            eval_every=0,
            eval_last=1,
            snapshot_every=0,
        )
        for a, b, f in itertools.product(forward, reverse, factors)
    ]


def tune(
    layout: Layout,
    data: Dataset,
    folder: Path,
    *,
    forward: Sequence[float] = THETAS,
    reverse: Sequence[float] = THETAS,
    factors: Sequence[float] = FACTORS,
    iterations: int = 12_000,
    samples: int = 10_000,
    workers: int | str = 1,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
) -> list[Tried] | None:
    """Try all settings; returns them, the one of least noise first, or None if it was stopped.

    Parameters
    ----------
    layout : Layout
        Everything that is not tried.
    data : Dataset
        Of which the training samples are used.
    folder : Path
        For ``best.toml``, ``tune.csv`` and the records of the runs, with which a tuning that was stopped goes on.
    forward, reverse : sequence of float
        Thresholds.
    factors : sequence of float
        Multiples of the layout's rates.
    iterations : int
        Of a short run.
    samples : int
        Training samples that are held out.
    workers, listener, stop, trials :
        See `study.run_study`.
    """
    part = held_out(data, samples)
    part.check_fits(layout.network.layers)
    tasks = [Task(run) for run in grid(layout, forward, reverse, factors, iterations)]
    records = run_study(tasks, part, folder, workers=workers, listener=listener, stop=stop, trials=trials)
    if len(records) < len(set(tasks)):
        return None
    tried = []
    for task in dict.fromkeys(tasks):
        result, c = records[task]["result"], task.layout.crus
        noise = tuple(float(u) for u in result["update_noise"])
        tried.append(Tried(task.layout, c.theta_forward, c.theta_reverse, c.crus_rate, noise, result["accuracy"]))
    tried.sort(key=lambda t: t.noise[0])
    best = layout.replace(
        theta_forward=tried[0].theta_forward,
        theta_reverse=tried[0].theta_reverse,
        crus_rate=tried[0].rate,
        crus_output_rate=tried[0].layout.crus.crus_output_rate,
    )
    write_text(folder / "best.toml", best.to_toml())
    write_text(folder / "tune.csv", _csv(tried))
    return tried


def rank_correlation(tried: Sequence[Tried]) -> float:
    """Spearman's correlation of the first layer's noise and the held-out accuracy; NaN of fewer than three settings."""
    if len(tried) < 3:
        return float("nan")
    x, y = (_ranks(np.array(v)) for v in ([t.noise[0] for t in tried], [t.accuracy for t in tried]))
    if x.std() == 0.0 or y.std() == 0.0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def correlation_in_words(tried: Sequence[Tried]) -> str:
    """The same in words, also where there is none: of too few settings, or of some that all came to the same."""
    rho = rank_correlation(tried)
    if not math.isnan(rho):
        return f"Spearman's correlation of noise and accuracy {rho:+.2f}"
    if len(tried) < 3:
        return "too few for a correlation of noise and accuracy"
    same = "noise" if len({t.noise[0] for t in tried}) == 1 else "accuracy"
    return f"no correlation of noise and accuracy: the {same} of all is the same"


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks, those of equal values averaged."""
    _, first, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: np.ndarray = (ends - (counts - 1) / 2.0)[first]
    return ranks


def _csv(tried: Sequence[Tried]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    layers = range(1, len(tried[0].noise) + 1)
    writer.writerow(
        ["theta_forward", "theta_reverse", "crus_rate", *(f"update_noise_{k}" for k in layers), "held_out_accuracy"]
    )
    for t in tried:
        writer.writerow([t.theta_forward, t.theta_reverse, t.rate, *t.noise, t.accuracy])
    return text.getvalue()
