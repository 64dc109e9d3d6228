"""The picture of `xbarsim reproduce bs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures_style import COLOURS, MARKERS, caption, headline, mark_short, pyplot, save, whole_numbers

if TYPE_CHECKING:
    from ..study.bs import BsSheet


def plot_bs(sheet: BsSheet, out: Path | None, description: str) -> Any:
    """Draw accuracy against epochs, into a file if it has a name: means over the seeds, bands from the smallest to the
    largest; returns the figure.
    """
    plt = pyplot()
    figure = plt.figure(figsize=(6.6, 4.8), layout="constrained")
    ax = figure.subplots()
    epochs = np.arange(1, sheet.epochs + 1)
    for k, row in enumerate(sheet.rows):
        accuracy = 100 * row.accuracy
        style = {"color": COLOURS[k], "lw": 1.3, "marker": MARKERS[k], "markersize": 4}
        ax.plot(epochs, accuracy.mean(axis=0), label=row.series, **style)
        ax.fill_between(epochs, accuracy.min(axis=0), accuracy.max(axis=0), color=COLOURS[k], alpha=0.15, lw=0)
    headline(figure, f"Binary-stochastic learning (rule bs, a reconstruction), {'-'.join(map(str, sheet.layers))}")
    caption(figure, "Lines: mean over the seeds. Bands: smallest to largest seed.")
    mark_short([ax], sheet.short_of)
    ax.set(xlabel="epoch", ylabel="test accuracy (%)")
    ax.set_xlim(0.5, sheet.epochs + 0.5)
    ax.set_xticks(np.unique(np.linspace(1, sheet.epochs, min(sheet.epochs, 11)).round()))
    whole_numbers(ax.xaxis)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    return save(figure, out, {"Software": "xbarsim", "Description": description})
