"""Pictures of a reproduced paper: its own axes, published points beside the simulated ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..study.paper import REFERENCE
from .figures import pyplot, save

if TYPE_CHECKING:
    from ..study.curves import Curve
    from ..study.reproduction import Row, Sheet

# Okabe and Ito's colours, told apart by all kinds of eyes; markers tell series apart in print.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D1F")
_MARKERS = "osD^vP*X"
_PUBLISHED = {"linestyle": "none", "markersize": 9, "markerfacecolor": "none", "markeredgewidth": 1.6}


def plot_sheet(sheet: Sheet, out: Path | None, description: str) -> Any:
    """Draw one figure, into a file over an earlier one if it has a name; returns the figure."""
    plt = pyplot()
    name = sheet.figure.name
    draw = {
        "fig6": _curves,
        "fig7": _training,
        "fig11": _steps,
        "fig13": _curves,
    }.get(name, _accuracy)
    size = {"fig7": (11, 7.5), "fig11": (11, 4.2)}.get(name, (6.6, 4.8))
    figure = plt.figure(figsize=size, layout="constrained")
    draw(figure, sheet)
    return save(figure, out, {"Software": "xbarsim", "Description": description})


def _style(k: int) -> dict[str, Any]:
    return {"color": _COLOURS[k % len(_COLOURS)], "marker": _MARKERS[k % len(_MARKERS)]}


def _series(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.series, []).append(row)
    return found


def _accuracy(figure: Any, sheet: Sheet) -> None:
    """Mean accuracy against x; bars from the smallest to the largest value of any iteration and seed.

    Where some series are far below the others, a second panel shows the others alone.
    """
    means = np.array([100 * r.mean for r in sheet.rows])
    if means.max() - means.min() < 12:
        _accuracy_panel(figure.subplots(), sheet, None)
        return
    figure.set_size_inches(11.5, 4.8)
    whole, upper = figure.subplots(1, 2)
    _accuracy_panel(whole, sheet, None)
    _accuracy_panel(upper, sheet, (max(means.max() - 8, means.min()), means.max() + 1.5))


def _accuracy_panel(ax: Any, sheet: Sheet, limits: tuple[float, float] | None) -> None:
    compared: dict[float, float] = {}
    common = len({(r.x, r.published) for r in sheet.rows if r.published is not None}) < sum(
        r.published is not None for r in sheet.rows
    )
    for k, (name, rows) in enumerate(_series(sheet.rows).items()):
        x, mean = [r.x for r in rows], np.array([100 * r.mean for r in rows])
        bars = [mean - [100 * r.least for r in rows], [100 * r.most for r in rows] - mean]
        style = _style(k)
        ax.errorbar(x, mean, bars, label=name, capsize=3, markersize=5, lw=1.3, elinewidth=0.8, **style)
        given = [(r.x, 100 * r.published) for r in rows if r.published is not None]
        if given and common:
            compared |= dict(given)
        elif given:
            ax.plot(
                *zip(*given, strict=True),
                **_PUBLISHED,
                marker=style["marker"],
                markeredgecolor=style["color"],
                label=f"{name}, published",
            )
    if compared:
        ax.plot(
            list(compared),
            list(compared.values()),
            **_PUBLISHED,
            marker="o",
            markeredgecolor="#000000",
            label="published",
        )
    if sheet.figure.log:
        ax.set_xscale("log", base=2)
    ticks = sorted({r.x for r in sheet.rows})
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set(
        xlabel=sheet.figure.x,
        ylabel="test accuracy (%)",
        title=sheet.figure.title if limits is None else "the upper part",
    )
    ax.grid(alpha=0.3)
    if limits is None:
        ax.legend(fontsize=8)
    else:
        ax.set_ylim(*limits)


def _training(figure: Any, sheet: Sheet) -> None:
    """Accuracy during training, a panel per method; every curve is one run."""
    names = [name for name in _series(sheet.rows) if name != REFERENCE]
    axes = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    thin = {n: _every(*c) for n, c in sheet.curves.items()}
    reference = next((c for n, c in thin.items() if n.startswith(REFERENCE)), None)
    for ax, method in zip(axes, sorted(names), strict=False):
        shown = [(n.split(", ")[1], c) for n, c in thin.items() if n.startswith(method)]
        for k, (label, (x, y)) in enumerate(shown):
            ax.plot(x, 100 * y, color=_COLOURS[k], lw=1.2, label=label)
        if reference is not None:
            ax.plot(reference[0], 100 * reference[1], color="#000000", lw=1.0, ls="--", label=REFERENCE)
        ax.set(title=method)
    last = axes[len(names)]
    for k, method in enumerate(sorted(names)):
        curve: Curve | None = thin.get(f"{method}, beta 2")
        if curve is not None:
            last.plot(curve[0], 100 * curve[1], color=_COLOURS[k], lw=1.2, label=method)
    last.set(title="beta 2")
    for ax in axes:
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8, loc="lower right")
        ax.set_ylim(20, 100)
    for ax in axes[2:]:
        ax.set_xlabel("iteration")
    for ax in axes[::2]:
        ax.set_ylabel("test accuracy (%)")
    figure.suptitle(sheet.figure.title)


def _every(x: np.ndarray, y: np.ndarray) -> Curve:
    """Without the many points at the end, where the accuracy is taken after every iteration."""
    far = np.concatenate([np.diff(x) > (x[-1] - x[0]) / 100, [True]])
    keep = far | np.concatenate([[True], far[:-1]])
    return x[keep], y[keep]


def _curves(figure: Any, sheet: Sheet) -> None:
    """Conductance against pulse number."""
    ax = figure.subplots()
    for k, (name, (x, y)) in enumerate(sheet.curves.items()):
        ax.plot(x, y, color=_COLOURS[k % len(_COLOURS)], marker=".", markersize=3, lw=0.8, label=name)
    label = "(G - Gmin) / (Gmax - Gmin)" if sheet.figure.name == "fig6" else "G / Gmax of the nominal device"
    ax.set(xlabel=sheet.figure.x, ylabel=label, title=sheet.figure.title)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)


def _steps(figure: Any, sheet: Sheet) -> None:
    """Change of W in one update against W, a panel per method."""
    methods = sorted({name.split(",")[0] for name in sheet.curves})
    for ax, method in zip(figure.subplots(1, len(methods), sharey=True), methods, strict=True):
        for k, direction in enumerate(("up", "down")):
            x, y = sheet.curves[f"{method}, {direction}"]
            ax.plot(x, y, ".-", color=_COLOURS[k], markersize=4, lw=0.8, label=f"update {direction}")
        ax.axhline(0.0, color="#000000", lw=0.6)
        ax.set(title=method, xlabel="W / (Gmax - Gmin) before")
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    figure.axes[0].set_ylabel("change of W / (Gmax - Gmin)")
    figure.suptitle(f"{sheet.figure.title} (beta 2, n_max 64)")
