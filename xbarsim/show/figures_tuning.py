"""The picture of `xbarsim tune`: what was tried, setting by setting, and over each key that was searched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..describe.sections import toml_key
from ..study.comparison import show
from ..study.samples import Range
from .figures_style import BLACK, DOWN, GREY, UP, bars_of, caption, headline, pyplot, save
from .views_tuning import confirmed

if TYPE_CHECKING:
    from ..study.tuned import Setting, Tuned

_ACROSS = 3


def plot_tuning(tuned: Tuned, out: Path | None, title: str) -> Any:
    """Held-out accuracy of all settings in their order, with the best so far; then over each key.

    Parameters
    ----------
    tuned : Tuned
    out : Path, optional
        Over an earlier picture.
    title : str
    """
    keys = list(tuned.search.space)
    panels = 1 + len(keys)
    across = min(panels, _ACROSS)
    down = -(-panels // across)
    figure = pyplot().figure(figsize=(max(6.4, 3.7 * across), 1.3 + 2.9 * down), layout="constrained")
    axes = list(figure.subplots(down, across, squeeze=False, sharey=True).flat)
    tried = [s for s in tuned.settings if s.accuracies]
    _order(axes[0], tuned, tried)
    for ax, key in zip(axes[1:], keys, strict=False):
        _slice(ax, tuned, tried, key)
    for ax in axes[panels:]:
        ax.set_axis_off()
    for ax in axes[:panels]:
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[:panels:across]:
        ax.set_ylabel("held-out accuracy (%)")
    handles, labels = axes[0].get_legend_handles_labels()
    place = axes[panels] if panels < len(axes) else axes[0]
    place.legend(handles, labels, loc="center" if panels < len(axes) else "lower right", fontsize=8, frameon=False)
    headline(figure, title)
    caption(figure, f"{confirmed(tuned)} Keys act together: a slice shows each setting at its value of one of them.")
    return save(figure, out, {})


def _order(ax: Any, tuned: Tuned, tried: list[Setting]) -> None:
    numbers = [s.number for s in tried]
    accuracy = 100.0 * np.array([s.accuracy for s in tried])
    bars = bars_of([_Ranged(s) for s in tried])
    if bars.any():
        ax.errorbar(numbers, accuracy, bars, fmt="none", ecolor=GREY, elinewidth=0.9, zorder=1)
    ax.plot(numbers, accuracy, "o", color=DOWN, ms=5, alpha=0.8, label="a setting")
    ax.step(numbers, np.maximum.accumulate(accuracy), where="post", color=BLACK, lw=1.2, label="best so far")
    _mark(ax, tuned, 0, tuned.found.number)
    ax.xaxis.set_major_locator(pyplot().matplotlib.ticker.MaxNLocator(integer=True))
    ax.set(xlabel="setting, in the order in which it was asked for")


def _slice(ax: Any, tuned: Tuned, tried: list[Setting], key: str) -> None:
    """Accuracy over the values of one key; that of the layout's own setting is a line, as its value may be a derived
    one.
    """
    values = tuned.search.space[key]
    asked = [s for s in tried if key in s.values]
    accuracy = [100.0 * s.accuracy for s in asked]
    found = tuned.found.values.get(key)
    if isinstance(values, Range):
        at = [s.values[key] for s in asked]
        place = found
        if values.log:
            ax.set_xscale("log")
            ax.xaxis.set_minor_formatter("")
    else:
        at = [values.index(s.values[key]) for s in asked]
        place = values.index(found) if found in values else None
        ax.set_xticks(range(len(values)), [show(v) for v in values])
        ax.set_xlim(-0.5, len(values) - 0.5)
    ax.plot(at, accuracy, "o", color=DOWN, ms=5, alpha=0.8)
    ax.axhline(100.0 * tuned.own.accuracy, color=GREY, lw=1.0, ls="--")
    if place is not None:
        ax.plot([place], [100.0 * tuned.found.accuracy], "o", mfc="none", mec=UP, ms=12, mew=2)
    ax.set(xlabel=toml_key(key))


def _mark(ax: Any, tuned: Tuned, own: int, found: int) -> None:
    ax.plot([own], [100.0 * tuned.own.accuracy], "D", color=GREY, ms=8, label="the layout as it was", zorder=4)
    ax.axhline(100.0 * tuned.own.accuracy, color=GREY, lw=1.0, ls="--")
    ax.plot([found], [100.0 * tuned.found.accuracy], "o", mfc="none", mec=UP, ms=12, mew=2, label="best")


class _Ranged:
    """A setting as bars take it."""

    def __init__(self, setting: Setting) -> None:
        self.mean, self.least, self.most = setting.accuracy, min(setting.accuracies), max(setting.accuracies)
