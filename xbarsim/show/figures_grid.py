"""Pictures of accuracy over several keys: a heat map of two, and panels of lines of more."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..describe.sections import toml_key
from ..study.comparison import show
from .figures_style import COLOURS, MARKERS, ONE_SEED, caption, check_picture, headline, pyplot, save

if TYPE_CHECKING:
    from ..study.comparison import Row
    from ..study.grid import Design

MOST_PANELS = 36


def plot_design(design: Design, rows: Sequence[Row], out: Path | None, title: str, *, force: bool = False) -> Any:
    """Mean accuracy over a grid of two keys or more.

    Two keys: a heat map with the numbers in it, the first key along the side. More: the first key is the abscissa, the
    second one line each, and every combination of the others a panel.

    Parameters
    ----------
    design : Design
        A grid.
    rows : sequence of Row
        In its order.
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    title : str
    """
    check_picture(out, force=force)
    mean = 100.0 * np.array([row.mean for row in rows]).reshape([len(v) for v in design.values.values()])
    figure = _heat_map(design, rows, mean) if mean.ndim == 2 else _panels(design, rows, mean)
    headline(figure, title, size=9.5)
    return save(figure, out, {})


def _heat_map(design: Design, rows: Sequence[Row], mean: np.ndarray) -> Any:
    (up, ups), (along, alongs) = design.values.items()
    spread = 100.0 * np.array([np.std(row.seeds, ddof=1) if len(row.seeds) > 1 else np.nan for row in rows])
    spread = spread.reshape(mean.shape)
    size = (2.2 + 0.85 * len(alongs), 1.9 + 0.55 * len(ups))
    figure = pyplot().figure(figsize=(max(4.5, size[0]), max(3.2, size[1])), layout="constrained")
    ax = figure.subplots()
    image = ax.imshow(mean, aspect="auto", cmap="viridis", interpolation="nearest")
    middle = 0.5 * (mean.min() + mean.max())
    for (i, j), value in np.ndenumerate(mean):
        text = f"{value:.1f}" if np.isnan(spread[i, j]) else f"{value:.1f}\n± {spread[i, j]:.1f}"
        ax.text(j, i, text, ha="center", va="center", fontsize=8, color="#FFFFFF" if value < middle else "#000000")
    ax.set_xticks(range(len(alongs)), [show(v) for v in alongs])
    ax.set_yticks(range(len(ups)), [show(v) for v in ups])
    ax.set(xlabel=toml_key(along), ylabel=toml_key(up))
    figure.colorbar(image, ax=ax, label="test accuracy (%)")
    one = np.isnan(spread).all()
    caption(figure, ONE_SEED if one else "Numbers: mean over the seeds ± their standard deviation.", size=8.0)
    return figure


def _panels(design: Design, rows: Sequence[Row], mean: np.ndarray) -> Any:
    (x, xs), (by, bys), *others = design.values.items()
    few = len(rows[0].seeds) < 2
    spread = np.array([0.0 if few else 100.0 * np.std(row.seeds, ddof=1) for row in rows]).reshape(mean.shape)
    places = list(itertools.product(*(range(len(v)) for _, v in others)))
    shown = places[:MOST_PANELS]
    across = min(len(shown), max(1, len(others[-1][1])) if len(others[-1][1]) <= 6 else 6)
    down = -(-len(shown) // across)
    figure, axes = pyplot().subplots(
        down, across, figsize=(3.0 * across + 1.4, 2.6 * down + 0.8), layout="constrained", squeeze=False,
        sharex=True, sharey=True,
    )  # fmt: skip
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in xs)
    at = np.array([float(v) for v in xs]) if numbers else np.arange(len(xs))
    for ax, place in zip(axes.flat, shown, strict=False):
        for k, value in enumerate(bys):
            style = {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)], "ms": 4, "lw": 1.3}
            line, around = (np.moveaxis(x, 0, -1)[(k, *place)] for x in (mean, spread))
            ax.plot(at, line, label=f"{toml_key(by)} {show(value)}", **style)
            if not few:
                ax.fill_between(at, line - around, line + around, color=style["color"], alpha=0.15, lw=0)
        names = ((key, v[n]) for (key, v), n in zip(others, place, strict=True))
        ax.set_title(", ".join(f"{toml_key(key)} {show(v)}" for key, v in names), fontsize=8)
        ax.set_xticks(at, [show(v) for v in xs], fontsize=7)
        ax.grid(alpha=0.3)
    for number, ax in enumerate(axes.flat):
        if number >= len(shown):
            ax.set_axis_off()
        elif number + across >= len(shown):
            ax.set_xlabel(toml_key(x), fontsize=9)
            ax.tick_params(labelbottom=True)
    left = "" if len(shown) == len(places) else f" (first {len(shown)} of {len(places)} panels)"
    figure.supylabel(f"test accuracy (%){left}", fontsize=9)
    caption(figure, ONE_SEED if few else "Bands: mean over the seeds ± their standard deviation.", size=8.0)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 5), fontsize=8, frameon=False)
    return figure
