"""The picture of `xbarsim reproduce bs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import pyplot, save
from .figures_paper import _COLOURS, _MARKERS

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
        style = {"color": _COLOURS[k], "lw": 1.3, "marker": _MARKERS[k], "markersize": 4}
        ax.plot(epochs, accuracy.mean(axis=0), label=row.series, **style)
        ax.fill_between(epochs, accuracy.min(axis=0), accuracy.max(axis=0), color=_COLOURS[k], alpha=0.15, lw=0)
    title = f"Binary-stochastic learning (reconstruction), {'-'.join(map(str, sheet.layers))}"
    ax.set(xlabel="epoch", ylabel="test accuracy (%)", title=title)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    return save(figure, out, {"Software": "xbarsim", "Description": description})
