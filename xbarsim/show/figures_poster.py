"""The picture of `xbarsim reproduce rules`: which rule is best on which device, and what each costs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures_style import COLOURS, caption, mark_short, pyplot, save

if TYPE_CHECKING:
    from ..study.rules_by_device import RulesSheet

_COSTS = (
    ("pulses", "Pulses", ""),
    ("energy", "Energy", "J"),
    ("writes", "Most writes", ""),
)
_MAP = "cividis"  # the same for all kinds of eyes, and in grey
_MARKS = "oDs^vP*X"


def plot_poster(sheet: RulesSheet, out: Path | None, description: str) -> Any:
    """Accuracy of every rule on every device as a map with numbers; beside it pulses, energy and the worst device's
    writes, rule by rule on the same lines. Over an earlier picture; returns the figure.

    A frame marks the best rule on each device, and those that cannot be told from it.
    """
    plt = pyplot()
    n, m = len(sheet.rules), len(sheet.devices)
    wide = 1.5 + 0.80 * m + 4.8
    figure = plt.figure(figsize=(max(8.6, wide), 2.4 + 0.46 * n), layout="constrained")
    ratios = (0.80 * m, *(1.6,) * len(_COSTS))
    axes = figure.subplots(1, 1 + len(_COSTS), gridspec_kw={"width_ratios": ratios})
    _map(plt, axes[0], sheet)
    for ax, (name, title, unit) in zip(axes[1:], _COSTS, strict=True):
        _cost(plt, ax, sheet, name, title, unit)
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper right", ncols=min(m, 6), fontsize=10, frameon=False, handletextpad=0.1,
        columnspacing=0.9,
    )  # fmt: skip
    ref = ""
    if sheet.reference is not None and sheet.reference.accuracies:
        ref = f" Software with float weights: {100.0 * sheet.reference.accuracy:.1f} %."
    seeds = f"{sheet.seeds} seeds" if sheet.seeds > 1 else "one seed"
    caption(
        figure,
        f"{sheet.dataset}, {'-'.join(map(str, sheet.layers))}, {sheet.iterations:,} iterations, {seeds}. Each rule has "
        f"settings of its own on each device: {sheet.plan.budget} tried beside the defaults, on held-out training "
        f"images. Frame: the best on a device{', or not to be told from it' if sheet.seeds > 1 else ''}. Pale: "
        f"over 5 points below it. Most writes: of the device that got most pulses and resets.{ref}",
        size=9.5,
    )
    mark_short(axes[:1], sheet.short_of)
    return save(figure, out, {"Software": "xbarsim", "Description": description})


def _map(plt: Any, ax: Any, sheet: RulesSheet) -> None:
    """Errors are coloured on a logarithmic scale: between 90 and 98 % as much happens as between 10 and 80 %."""
    shown = np.array([[100.0 * sheet.cells[r, d].accuracy for d in sheet.devices] for r in sheet.rules])
    z = -np.log10(np.maximum(100.0 - shown, 0.05))
    there = z[np.isfinite(z)]
    low, high = (float(there.min()), float(there.max())) if there.size else (-2.0, 0.0)
    low = max(low, high - 1.2)  # what has failed has failed
    colours = plt.matplotlib.colormaps[_MAP].with_extremes(bad="#E8E8E8")
    high = max(high, low + 1e-6)
    ax.imshow(np.ma.masked_invalid(z), cmap=colours, vmin=low, vmax=high, aspect="auto", interpolation="nearest")
    for i, rule in enumerate(sheet.rules):
        for j, device in enumerate(sheet.devices):
            cell = sheet.cells[rule, device]
            best = sheet.as_good(cell)
            if not cell.accuracies:
                ax.text(j, i, "–", ha="center", va="center", fontsize=11, color="#555555")
                continue
            dark = z[i, j] < 0.5 * (low + high)
            weight = "bold" if best else "normal"
            colour = "#FFFFFF" if dark else "#000000"
            ax.text(j, i, f"{shown[i, j]:.1f}", ha="center", va="center", fontsize=11, color=colour, fontweight=weight)
            if best:
                _frame(plt, ax, j, i)
    ax.set_xticks(range(len(sheet.devices)), sheet.devices, fontsize=10.5, rotation=30, ha="right")
    ax.set_yticks(range(len(sheet.rules)), sheet.rules, fontsize=11)
    ax.tick_params(length=0)
    ax.set_title("Test accuracy (%)", fontsize=12, loc="left", fontweight="bold")


def _frame(plt: Any, ax: Any, x: int, y: int) -> None:
    import matplotlib.patches

    for colour, width, inset in (("#FFFFFF", 4.2, 0.06), ("#D55E00", 2.2, 0.06)):
        size = 1.0 - 2.0 * inset
        ax.add_patch(
            matplotlib.patches.Rectangle(
                (x - 0.5 + inset, y - 0.5 + inset), size, size, fill=False, ec=colour, lw=width, zorder=3
            )
        )


def _cost(plt: Any, ax: Any, sheet: RulesSheet, name: str, title: str, unit: str) -> None:
    """One cost of every rule, a mark for each device; pale where the rule has not learned."""
    offsets = np.linspace(-0.26, 0.26, len(sheet.devices)) if len(sheet.devices) > 1 else [0.0]
    best = {d: b.accuracy for d in sheet.devices if (b := sheet.best(d)) is not None}
    for k, (device, offset) in enumerate(zip(sheet.devices, offsets, strict=True)):
        style = {"color": COLOURS[k % len(COLOURS)], "marker": _MARKS[k % len(_MARKS)], "ls": "none", "ms": 6.5}
        ax.plot([], [], label=device, **style)
        for i, rule in enumerate(sheet.rules):
            cell = sheet.cells[rule, device]
            value = getattr(cell, name)
            if math.isnan(value) or value <= 0.0:
                continue
            near = cell.accuracy >= best.get(device, 1.0) - 0.05
            ax.plot([value], [i + offset], alpha=1.0 if near else 0.28, mec="#FFFFFF", mew=0.5, **style)
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    ticker = plt.matplotlib.ticker
    # Where there is hardly a power of ten in sight, numbers between them are ticks.
    few = ticker.LogLocator(numticks=4) if high > 100.0 * low else ticker.LogLocator(subs=(1.0, 2.0, 5.0), numticks=4)
    ax.xaxis.set_major_locator(few if high > 4.0 * low else ticker.MaxNLocator(3))
    ax.xaxis.set_major_formatter(ticker.EngFormatter(unit, sep=" " if unit else ""))
    ax.xaxis.set_minor_formatter(plt.matplotlib.ticker.NullFormatter())
    ax.set_ylim(len(sheet.rules) - 0.5, -0.5)
    ax.set_yticks(range(len(sheet.rules)), [""] * len(sheet.rules))
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=10)
    for y in range(len(sheet.rules) - 1):
        ax.axhline(y + 0.5, color="#DDDDDD", lw=0.8, zorder=0)
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set_title(title, fontsize=12, loc="left", fontweight="bold")
