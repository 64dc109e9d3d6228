"""The picture of a sweep whose points were drawn: what each key does to the accuracy, and every point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..describe.sections import toml_key
from ..study.comparison import show
from .figures_style import DOWN, UP, caption, check_picture, headline, pyplot, save

if TYPE_CHECKING:
    from ..study.comparison import Row
    from ..study.effects import Effects
    from ..study.grid import Design

_ACROSS = 4


def plot_sample(
    design: Design, rows: Sequence[Row], effects: Effects, out: Path | None, title: str, *, force: bool = False
) -> Any:
    """Effects on top of each other, the largest first, with their intervals; below, accuracy against each key.

    Parameters
    ----------
    design : Design
        Drawn.
    rows : sequence of Row
        In its order.
    effects : Effects
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    title : str
    """
    check_picture(out, force=force)
    keys = list(dict.fromkeys([*(e.key for e in effects.of), *design.keys]))  # the largest effect first
    down, across = -(-len(keys) // _ACROSS), min(len(keys), _ACROSS)
    tall = 0.9 + 0.45 * len(keys)
    figure = pyplot().figure(figsize=(max(7.0, 2.9 * across), tall + 2.7 * down + 1.2), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(tall, 2.7 * down))
    _tornado(top.subplots(), keys, effects)
    axes = bottom.subplots(down, across, squeeze=False, sharey=True)
    mean = 100.0 * np.array([row.mean for row in rows])
    for ax, key in zip(axes.flat, keys, strict=False):
        values = [point[key] for point in design.points]
        if any(isinstance(v, (str, bool)) for v in values):
            names = sorted({show(v) for v in values})
            ax.plot([names.index(show(v)) for v in values], mean, ".", color=DOWN, ms=5, alpha=0.6)
            ax.set_xticks(range(len(names)), names)
            ax.set_xlim(-0.5, len(names) - 0.5)
        else:
            x = np.array(values, dtype=float)
            ax.plot(x, mean, ".", color=DOWN, ms=5, alpha=0.6)
            if x.min() > 0.0 and np.median(x) < 0.3 * x.max():
                ax.set_xscale("log")
                ax.xaxis.set_minor_formatter("")  # a decade is less than a panel can name
        ax.set_xlabel(toml_key(key), fontsize=9)
        ax.grid(alpha=0.3)
    for ax in list(axes.flat)[len(keys) :]:
        ax.set_axis_off()
    bottom.supylabel("test accuracy (%)", fontsize=9)
    headline(figure, title, size=9.5)
    caption(figure, " ".join([f"{effects.estimator}.", *(f"{text}." for text in effects.notes)]), size=8.0)
    return save(figure, out, {})


def _tornado(ax: Any, keys: Sequence[str], effects: Effects) -> None:
    measures = list(dict.fromkeys(e.measure for e in effects.of))
    for e in effects.of:
        k = measures.index(e.measure)
        place = keys.index(e.key) + 0.38 * (k - 0.5 * (len(measures) - 1))
        ax.barh(
            place,
            e.value,
            height=0.36,
            color=(DOWN, UP)[k],
            alpha=0.75,
            xerr=[[max(0.0, e.value - e.low)], [max(0.0, e.high - e.value)]],
            error_kw={"elinewidth": 1.0, "capsize": 2},
        )
    for k, measure in enumerate(measures):
        ax.barh(0, 0, color=(DOWN, UP)[k], alpha=0.75, label=measure)
    ax.axvline(0.0, color="#000000", lw=0.8)
    ax.set_yticks(range(len(keys)), [toml_key(key) for key in keys], fontsize=8)
    ax.set_ylim(len(keys) - 0.4, -0.6)
    ax.grid(alpha=0.3, axis="x")
    if measures:
        ax.legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
