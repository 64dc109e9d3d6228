"""Picture of a trained network in another circuit: its accuracy, and that in its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures_style import BLACK, DOWN, accuracies, check_picture, headline, pyplot, save

if TYPE_CHECKING:
    from ..after.calibrate import Calibrated
    from ..after.infer import Answers

_HERE, _OWN = DOWN, BLACK


def in_short(value: Any) -> str:
    """A value of a key; of lists of lists only how many there are."""
    return f"({len(value)} lists)" if isinstance(value, (list, tuple)) and isinstance(value[0], tuple) else str(value)


def plot_answers(answers: Answers, out: Path | None, *, force: bool = False) -> Any:
    """Accuracy of every draw, over time if it ages, beside that in the run's own circuit.

    Parameters
    ----------
    answers : Answers
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    """
    check_picture(out, force=force)
    figure = pyplot().figure(figsize=(6.6, 4.6), layout="constrained")
    ax = figure.subplots()
    draws = [100.0 * np.array(a) for a in answers.accuracies]
    x = np.array(answers.times) if answers.times else np.zeros(1)
    for at, d in zip(x, draws, strict=True):
        ax.plot(np.full(len(d), at), d, "_", color=_HERE, ms=9, alpha=0.6)
    ax.plot(x, [d.mean() for d in draws], "o-", color=_HERE, label="here: mean, and every draw")
    ax.axhline(100.0 * answers.own, color=_OWN, ls="--", lw=1.0, label="in its own circuit")
    if answers.times:
        if (x > 0.0).all() and len(x) > 1:
            ax.set_xscale("log")
        ax.set_xlabel("time since training (s)")
    else:
        ax.set_xticks([])
    ax.set_ylabel("test accuracy (%)")
    accuracies(ax)
    changed = ", ".join(f"{key} {in_short(value)}" for key, value in answers.changed.items()) or "nothing changed"
    headline(figure, f"{Path(answers.file).name} after {answers.iteration:,} updates: {changed}", size=9.5)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    return save(figure, out, {})


def plot_ranges(found: Calibrated, out: Path | None, *, force: bool = False) -> Any:
    """Ranges of the columns of every array, from the largest down."""
    check_picture(out, force=force)
    figure = pyplot().figure(figsize=(6.6, 4.0), layout="constrained")
    ax = figure.subplots()
    for k, row in enumerate(found.ranges, start=1):
        ordered = sorted(row, reverse=True)
        ax.plot(np.linspace(0.0, 1.0, max(2, len(row))), ordered if len(row) > 1 else 2 * ordered, label=f"array {k}")
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("columns, the widest first, of all")
    ax.set_ylabel("range, in (Gmax - Gmin) V_read")
    headline(
        figure, f"{Path(found.file).name}: {found.percentile:g} % of the currents of {found.images} training images"
    )
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    return save(figure, out, {})
