"""Map of `xbarsim tune`: update noise over both thresholds, held-out accuracy beside it, one against the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..study.tune import Tried, correlation_in_words
from .figures_style import DOWN, UP, caption, headline, pyplot, save


def plot_map(tried: Sequence[Tried], out: Path, title: str) -> None:
    """One row per rate: update noise of the first layer (the least is marked), accuracy of what was held out, and one
    against the other.
    """
    plt = pyplot()
    rates = sorted({t.rate for t in tried})
    xs, ys = sorted({t.theta_reverse for t in tried}), sorted({t.theta_forward for t in tried})
    figure, axes = plt.subplots(
        len(rates), 3, figsize=(14.0, 0.7 + 3.6 * len(rates)), layout="constrained", squeeze=False
    )
    noise = np.log10([max(t.noise[0], 1e-3) for t in tried])
    for row, rate in zip(axes, rates, strict=True):
        maps = [np.full((len(ys), len(xs)), np.nan) for _ in range(2)]
        for t in tried:
            if t.rate == rate:
                at = ys.index(t.theta_forward), xs.index(t.theta_reverse)
                maps[0][at], maps[1][at] = np.log10(max(t.noise[0], 1e-3)), 100.0 * t.accuracy
        spans = (
            (noise.min(), noise.max()),
            (100 * min(t.accuracy for t in tried), 100 * max(t.accuracy for t in tried)),
        )
        names = ("log10 of update noise, layer 1", "held-out accuracy (%)")
        for ax, values, span, name, colours in zip(row[:2], maps, spans, names, ("viridis_r", "viridis"), strict=True):
            image = ax.imshow(values, origin="lower", cmap=colours, vmin=span[0], vmax=max(span[1], span[0] + 1e-9))
            ax.set_xticks(range(len(xs)), [f"{x:g}" for x in xs])
            ax.set_yticks(range(len(ys)), [f"{y:g}" for y in ys])
            ax.set(xlabel="theta_reverse", ylabel="theta_forward", title=f"{name}, rate {rate:.3g}")
            figure.colorbar(image, ax=ax)
            best = tried[0]
            if best.rate == rate:
                ax.plot(
                    xs.index(best.theta_reverse),
                    ys.index(best.theta_forward),
                    "o",
                    mfc="none",
                    mec=UP,
                    ms=14,
                    mew=2,
                )
        points = [t for t in tried if t.rate == rate]
        _plot_points(row[2], points, tried[0])
    headline(figure, title)
    caption(figure, "Circle: the setting with the least update noise of all. A row of pictures for each crus_rate.")
    save(figure, out, {})


def _plot_points(ax: Any, points: Sequence[Tried], best: Tried) -> None:
    noise, accuracy = [max(t.noise[0], 1e-3) for t in points], [100.0 * t.accuracy for t in points]
    ax.plot(noise, accuracy, "o", color=DOWN, ms=5, alpha=0.8)
    if best in points:
        ax.plot(
            max(best.noise[0], 1e-3),
            100.0 * best.accuracy,
            "o",
            mfc="none",
            mec=UP,
            ms=12,
            mew=2,
            label="least noise of all",
        )
        ax.legend(loc="lower left")
    ax.set(
        xlabel="update noise, layer 1",
        ylabel="held-out accuracy (%)",
        title=correlation_in_words(points),
    )
