"""Pictures of a reproduced paper: its own axes, published points beside the simulated ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..describe.layout import Layout
from ..describe.sections import HOMES
from ..describe.words import in_words
from ..study.figure import BASE
from ..study.paper import REFERENCE
from .figures_style import COLOURS, MARKERS, bars_of, caption, headline, mark_short, pyplot, save, whole_numbers

if TYPE_CHECKING:
    from ..study.curves import Curve
    from ..study.reproduction import Row, Sheet

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
    mark_short(figure.axes, sheet.short_of)
    return save(figure, out, {"Software": "xbarsim", "Description": description})


def _base(sheet: Sheet) -> str:
    """What was run where a figure names nothing else: what all of its points have in common."""
    first, *others = (p.values for p in sheet.figure.points)
    common = {key: value for key, value in first.items() if all(o.get(key) == value for o in others)}
    # A device that every point has of its own is not said.
    own = {k for k in first if HOMES[k] == "device" and k not in common and all(k in o for o in others)}
    words = in_words(Layout.of(**{**BASE, **common}), device=not own).rpartition(", seed")[0]
    return f"Unless named: {words}."


def _style(k: int) -> dict[str, Any]:
    return {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)]}


def _series(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.series, []).append(row)
    return found


def _accuracy(figure: Any, sheet: Sheet) -> None:
    """Mean accuracy against x; bars from the smallest to the largest value of any iteration and seed.

    Where some series are far below the others, a second panel shows the others alone.
    """
    n = max(r.runs for r in sheet.rows)
    means = np.array([100 * r.mean for r in sheet.rows])
    alone = means.max() - means.min() < 12
    figure.set_size_inches(8.2 if alone else 13.1, 4.8)  # titles wrap at the width
    headline(figure, sheet.figure.title)
    caption(
        figure,
        f"{_base(sheet)} Points: mean over the last iterations and {n} seed{'s' if n > 1 else ''}. Bars: smallest to "
        "largest of them all. Open symbols: published, one run.",
    )
    panels = np.atleast_1d(figure.subplots(1, 1 if alone else 2))
    _accuracy_panel(panels[0], sheet, None)
    if not alone:
        _accuracy_panel(panels[1], sheet, (max(means.max() - 8, means.min()), means.max() + 1.5))
    # Bars may go anywhere, so the legend is beside them.
    handles, labels = panels[0].get_legend_handles_labels()
    panels[-1].legend(handles, labels, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)


def _beside(x: list[float], k: int, sheet: Sheet) -> np.ndarray:
    """Places of the `k`-th series, a little beside those of the others, so that no bar hides another."""
    series = len(_series(sheet.rows))
    part = 0.012 * (k - 0.5 * (series - 1))
    every = [r.x for r in sheet.rows]
    if sheet.figure.log:
        wide = float(np.log2(max(every) / min(every))) if min(every) > 0.0 else 0.0
        return np.array([value * 2.0 ** (part * wide) for value in x])
    return np.array(x) + part * (max(every) - min(every))


def _accuracy_panel(ax: Any, sheet: Sheet, limits: tuple[float, float] | None) -> None:
    compared: dict[float, float] = {}
    common = len({(r.x, r.published) for r in sheet.rows if r.published is not None}) < sum(
        r.published is not None for r in sheet.rows
    )
    for k, (name, rows) in enumerate(_series(sheet.rows).items()):
        x, mean = _beside([r.x for r in rows], k, sheet), np.array([100 * r.mean for r in rows])
        bars = bars_of(rows)
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
        title="" if limits is None else "the upper part",
    )
    ax.grid(alpha=0.3)
    if limits is not None:
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
            ax.plot(x, 100 * y, **_style(k), markersize=3, lw=1.2, label=label)
        if reference is not None:
            ax.plot(reference[0], 100 * reference[1], color="#000000", lw=1.0, ls="--", label=REFERENCE)
        ax.set(title=method)
    last = axes[len(names)]
    for k, method in enumerate(sorted(names)):
        curve: Curve | None = thin.get(f"{method}, beta 2")
        if curve is not None:
            last.plot(curve[0], 100 * curve[1], **_style(k), markersize=3, lw=1.2, label=method)
    last.set(title="beta 2")
    lowest = min((100 * float(y.min()) for _, y in thin.values()), default=0.0)
    limits = (20.0 if lowest >= 20.0 or sheet.short_of == "" else 0.0), 100.0
    for ax in axes:
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8, loc="lower right")
        ax.set_ylim(*limits)
    for ax in axes[2:]:
        ax.set_xlabel("iteration")
        whole_numbers(ax.xaxis)
    for ax in axes[::2]:
        ax.set_ylabel("test accuracy (%)")
    headline(figure, sheet.figure.title)
    caption(figure, f"{_base(sheet)} Every line is one run.")


def _every(x: np.ndarray, y: np.ndarray) -> Curve:
    """Without the many points at the end, where the accuracy is taken after every iteration."""
    far = np.concatenate([np.diff(x) > (x[-1] - x[0]) / 100, [True]])
    keep = far | np.concatenate([[True], far[:-1]])
    return x[keep], y[keep]


def _curves(figure: Any, sheet: Sheet) -> None:
    """Conductance against pulse number."""
    ax = figure.subplots()
    for k, (name, (x, y)) in enumerate(sheet.curves.items()):
        ax.plot(x, y, **_style(k), markersize=3, markevery=max(1, len(x) // 16), lw=0.9, label=name)
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
            ax.plot(x, y, **_style(k), markersize=3, lw=0.8, label=f"update {direction}")
        ax.axhline(0.0, color="#000000", lw=0.6)
        ax.set(title=method, xlabel="W / (Gmax - Gmin) before")
        ax.grid(alpha=0.3)
        ax.legend(fontsize=8)
    figure.axes[0].set_ylabel("change of W / (Gmax - Gmin)")
    headline(figure, f"{sheet.figure.title} (exponential device, beta 2, 64 pulses up and down)")
