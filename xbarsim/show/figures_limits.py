"""The picture of what limits a device: a tornado, one panel for each pair method."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .figures_style import DOWN, ONE_SEED, UP, check_picture, headline, pyplot, save

if TYPE_CHECKING:
    from ..study.limits import Found

_GAINED, _LOST = DOWN, UP


def plot_limits(found: Found, out: Path | None, title: str, *, force: bool = False) -> Any:
    """What the device gains without each departure, and what an ideal one loses by it; the largest gain on top.

    Parameters
    ----------
    found : Found
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    title : str
    """
    check_picture(out, force=force)
    tall = max(len(r.limits) for r in found.rankings)
    n = len(found.rankings)
    figure, axes = pyplot().subplots(
        1, n, figsize=(2.6 + 4.8 * n, 1.9 + 0.5 * tall), layout="constrained", squeeze=False, sharex=True
    )
    for ax, ranking in zip(axes[0], found.rankings, strict=True):
        for place, x in enumerate(ranking.limits):
            for change, sign, up, colour, name in (
                (x.gained, 1.0, -0.2, _GAINED, "the device gains without it (to the right)"),
                (x.lost, -1.0, 0.2, _LOST, "an ideal device loses by it (to the left)"),
            ):
                error = None if change.error is None else 100 * change.error
                ax.barh(
                    place + up,
                    sign * 100 * change.mean,
                    height=0.38,
                    color=colour,
                    alpha=0.75,
                    xerr=error,
                    error_kw={"elinewidth": 1.0, "capsize": 2},
                    label=name if place == 0 else None,
                )
        ax.axvline(0.0, color="#000000", lw=0.8)
        names = [f"{x.name}\n{x.size}" for x in ranking.limits]
        ax.set_yticks(range(len(names)), names, fontsize=8)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlabel("points of test accuracy (%)", fontsize=9)
        ax.set_title(
            f"{ranking.method}: {100 * ranking.as_is.mean:.1f} % as it is, {100 * ranking.ideal.mean:.1f} % ideal",
            fontsize=10,
        )
        ax.grid(alpha=0.3, axis="x")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    one = len(found.rankings[0].as_is.seeds) < 2  # above: the legend is below
    headline(figure, f"{title}. {ONE_SEED}" if one else title, size=9.5)
    return save(figure, out, {})
