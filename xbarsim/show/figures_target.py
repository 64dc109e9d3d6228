"""The picture of `xbarsim reproduce target`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..study.target import RULES, SIGMAS, STATES, USUAL_SIGMA, USUAL_STATES
from .figures_style import COLOURS, MARKERS, caption, headline, mark_short, pyplot, save

if TYPE_CHECKING:
    from ..study.target import TargetSheet


def plot_target(sheet: TargetSheet, out: Path | None, description: str) -> Any:
    """Draw errors against the spread of the references, and against the number of states with right and with wrong
    ones: means over the seeds, bands from the smallest to the largest; returns the figure.
    """
    plt = pyplot()
    figure = plt.figure(figsize=(9.6, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for k, rule in enumerate(RULES):
        style = {"color": COLOURS[k], "lw": 1.5, "marker": MARKERS[k], "markersize": 5}
        _line(left, SIGMAS, [sheet.of(rule, USUAL_STATES, sigma) for sigma in SIGMAS], {**style, "label": rule})
        _line(right, STATES, [sheet.of(rule, states, USUAL_SIGMA) for states in STATES], style)
        _line(right, STATES, [sheet.of(rule, states, 0.0) for states in STATES], {**style, "ls": ":", "alpha": 0.6})
    left.set(
        xlabel="spread of the references (of the largest weight)", ylabel="error of the weights (% of the largest)"
    )
    left.set_yscale("log")
    left.yaxis.set_major_formatter(plt.FuncFormatter(lambda y, _: f"{y:g}"))
    right.set(xlabel="states of a device", xscale="log")
    right.set_xticks(STATES, [str(n) for n in STATES])
    right.xaxis.set_minor_formatter(plt.matplotlib.ticker.NullFormatter())
    left.set_title(f"{USUAL_STATES} states", fontsize=10, loc="left")
    right.set_title(f"references wrong by {USUAL_SIGMA:g} (dotted: right)", fontsize=10, loc="left")
    for ax in (left, right):
        ax.grid(alpha=0.3)
    left.legend(fontsize=9)
    headline(figure, f"A {sheet.size} x {sheet.size} matrix, programmed by learning rules, {sheet.updates:,} updates")
    caption(figure, "Root mean square error. Lines: mean over the seeds. Bands: smallest to largest seed.")
    mark_short([left, right], sheet.short_of)
    return save(figure, out, {"Software": "xbarsim", "Description": description})


def _line(ax: Any, x: tuple[float, ...], errors: list[np.ndarray], style: dict[str, Any]) -> None:
    percent = [100.0 * e for e in errors]
    ax.plot(x, [e.mean() for e in percent], **style)
    low, high = [e.min() for e in percent], [e.max() for e in percent]
    ax.fill_between(x, low, high, color=style["color"], alpha=0.12, lw=0)
