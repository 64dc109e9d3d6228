"""Picture of a trained network in another circuit: its accuracy, and that in its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures_style import BLACK, DOWN, GREY, UP, accuracies, caption, check_picture, headline, pyplot, save

if TYPE_CHECKING:
    from ..after.answers import Answers
    from ..after.calibrate import Calibrated

_HERE, _PLAIN, _OWN = DOWN, UP, BLACK
_MARKS = {"1 s": 1.0, "1 min": 60.0, "1 h": 3600.0, "1 d": 86_400.0, "1 month": 2_629_800.0, "1 y": 31_557_600.0}


def _curve(ax: Any, x: np.ndarray, accuracies: Sequence[Sequence[float]], colour: str, marker: str, what: str) -> None:
    """Mean, deviation and every draw, over time."""
    draws = [100.0 * np.array(a) for a in accuracies]
    several = len(draws[0]) > 1
    if several and len(x) > 1:
        mean, sd = np.array([d.mean() for d in draws]), np.array([d.std(ddof=1) for d in draws])
        ax.fill_between(x, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
    for at, d in zip(x, draws, strict=True):
        ax.plot(np.full(len(d), at), d, "_", color=colour, ms=7, alpha=0.5)
    text = f"{what}: mean, and every draw" if several else what
    ax.plot(x, [d.mean() for d in draws], f"{marker}-", color=colour, ms=5, label=text)


def _mark_times(ax: Any, x: np.ndarray) -> None:
    """Name the times that people think in, along the top."""
    for name, at in _MARKS.items():
        if x.min() <= at <= x.max():
            ax.axvline(at, color=GREY, lw=0.6, ls=":")
            ax.annotate(
                name, (at, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=7, color=GREY
            )


def in_short(value: Any) -> str:
    """A value of a key; of lists of lists only how many there are."""
    return f"({len(value)} lists)" if isinstance(value, (list, tuple)) and isinstance(value[0], tuple) else str(value)


def place_of(answers: Answers) -> str:
    """Which state of a file was read; of one that holds a single state, the file; and of which images."""
    at = f" at iteration {answers.iteration:,}" if answers.iteration else ""
    return at + (f", the first {answers.images:,} test images" if answers.images else "")


def changes_in_words(answers: Answers) -> str:
    """What differs from the run's own circuit, as the network was tested."""
    changed = ", ".join(f"{key} {in_short(value)}" for key, value in answers.changed.items())
    return changed or ("only older" if answers.times else "the circuit of the file itself")


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
    x = np.array(answers.times) if answers.times else np.zeros(1)
    if answers.uncompensated:
        _curve(ax, x, answers.uncompensated, _PLAIN, "s", "not compensated")
    each = {"global": "array", "columns": "column"}.get((answers.compensation or {}).get("kind", ""), "")
    what = f"compensated (a factor per {each})" if answers.uncompensated else "here"
    _curve(ax, x, answers.accuracies, _HERE, "o", what)
    ax.axhline(100.0 * answers.own, color=_OWN, ls="--", lw=1.0, label="in its own circuit")
    if answers.times:
        if (x > 0.0).all() and len(x) > 1:
            ax.set_xscale("log")
            _mark_times(ax, x)
        trained = answers.condition == "as trained"
        ax.set_xlabel("time since training (s)" if trained else "time since it was written (s)")
    else:
        ax.set_xticks([])
    ax.set_ylabel("test accuracy (%)")
    accuracies(ax)
    title = f"{Path(answers.file).name}{place_of(answers)}: {changes_in_words(answers)}"
    headline(figure, title, size=9.5)
    if answers.state:
        caption(figure, f"Devices: {answers.state}. Bands: standard deviation of the draws.")
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
