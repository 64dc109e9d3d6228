"""The picture of ``xbarsim compare``: accuracy against what it takes, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..study.rule_choices import style_of
from .figures_style import headline, pyplot, save

if TYPE_CHECKING:
    from ..study.rule_comparison import Rule

_TICKS = (99.9, 99.5, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 88, 85, 80, 75, 70, 60, 50, 30, 10, 0)


_MARKERS = "osD^vP*X<>hp"
"""As many as there may be rules in one picture: with twelve of them colours alone are not enough."""


class _Panel(NamedTuple):
    field: str  # of `rule_comparison.Curves`
    title: str
    label: str


_PANELS = (
    _Panel("iteration", "Iterations", "iterations"),
    _Panel("pulses", "Gate pulses", "gate pulses on all devices, cumulative"),
    _Panel("energy", "Energy", "energy of pulses, resets and reads, cumulative"),
    _Panel("writes", "Wear: worst device", "writes (pulses and resets) of the device that got most"),
)


def plot_rules(rules: Sequence[Rule], out: Path | None, title: str, target: float | None) -> Any:
    """Four panels with one accuracy axis; over an earlier picture.

    A line is the mean over the seeds of the trends (see `rule_comparison.Curves`), a band their range at the same
    iteration; of one seed the single evaluations are drawn faintly instead. Abscissas are means over the seeds, too.

    Parameters
    ----------
    rules : sequence of Rule
    out : Path
    title : str
    target : float, optional
        Accuracy, as a fraction, that is drawn as a line: the highest that all reach.
    """
    plt = pyplot()
    figure = plt.figure(figsize=(12, 8.4), layout="constrained")
    axes = figure.subplots(2, 2, sharey=True)
    for ax, panel in zip(axes.flat, _PANELS, strict=True):
        for k, rule in enumerate(rules):
            _draw(ax, rule, panel.field, _MARKERS[k % len(_MARKERS)])
        if target is not None:
            ax.axhline(
                100 * target,
                color="#888888",
                lw=1.0,
                ls=(0, (1, 3)),
                zorder=1,
                label=f"{100 * target:.1f} %, reached by all",
            )
        _dress(plt, ax, panel)
    _scale(axes[0, 0], rules)
    for ax in axes[:, 0]:
        ax.set_ylabel("test accuracy (%)", fontsize=11)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    several = len(rules[0].records) > 1
    lines = (
        "Lines: mean over the seeds, smoothed. Bands: smallest to largest seed."
        if several
        else "Lines: one seed, smoothed; pale: its single evaluations."
    )
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(len(labels), 6),
        fontsize=12,
        frameon=False,
        title=f"{lines} Marks: where a rule ends, mean over its last iterations.",
        title_fontsize=9,
    )
    headline(figure, title)
    return save(figure, out, {})


def _dress(plt: Any, ax: Any, panel: _Panel) -> None:
    """Scale, labels and grid of a panel."""
    if panel.field == "iteration":
        ax.set_xlim(left=0)
        ax.xaxis.set_major_formatter(plt.FuncFormatter(lambda x, _: f"{x:,.0f}"))
    else:
        ax.set_xscale("log")
        _label_decades(plt, ax, "J" if panel.field == "energy" else "")
    ax.set_xlabel(panel.label, fontsize=11)
    ax.set_title(panel.title, fontsize=12, loc="left", fontweight="bold")
    ax.tick_params(labelsize=10)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)


def _label_decades(plt: Any, ax: Any, unit: str) -> None:
    """Numbers with SI prefixes at powers of ten, and at three times these where there are few."""
    low, high = ax.get_xlim()
    ax.xaxis.set_major_locator(plt.matplotlib.ticker.LogLocator(subs=(1.0, 3.0) if high < 3000.0 * low else (1.0,)))
    ax.xaxis.set_major_formatter(plt.matplotlib.ticker.EngFormatter(unit))
    ax.xaxis.set_minor_formatter(plt.matplotlib.ticker.NullFormatter())  # else they lie on one another


def _draw(ax: Any, rule: Rule, field: str, mark: str) -> None:
    """One rule's line, with its scatter, and a mark where it ends."""
    mean, trends = rule.curves.mean(), 100 * rule.curves.trend
    x = getattr(mean, field)
    seen = x > 0  # iteration 0 has no place on a logarithmic axis; what was not counted has no place on any
    if not seen.any() or not (rule.has_devices or field == "iteration"):
        return
    colour, line = style_of(rule.name)
    if len(trends) == 1:
        ax.plot(x[seen], 100 * rule.curves.accuracy[0][seen], line, color=colour, lw=0.8, alpha=0.35)
    else:
        ax.fill_between(x[seen], trends.min(axis=0)[seen], trends.max(axis=0)[seen], color=colour, alpha=0.18, lw=0)
    ax.plot(x[seen], trends.mean(axis=0)[seen], line, color=colour, lw=2.0)
    ax.plot(x[seen][-1:], trends.mean(axis=0)[seen][-1:], mark, color=colour, ms=7.5, mec="#FFFFFF", mew=0.8, zorder=4)
    ax.plot([], [], line, color=colour, lw=2.0, marker=mark, ms=7.5, mec="#FFFFFF", label=rule.label)


def _scale(ax: Any, rules: Sequence[Rule]) -> None:
    """Errors on a logarithmic scale, labelled as accuracies, where accuracies come from far down to near 100 %."""
    drawn = [r.curves.accuracy if len(r.records) == 1 else r.curves.trend for r in rules]
    values = np.concatenate([100 * y[:, r.curves.iteration[0] > 0].ravel() for y, r in zip(drawn, rules, strict=True)])
    low, high = float(values.min()), min(float(values.max()), 99.99)
    if high < 85.0 or high - low < 10.0:
        return
    bottom, top = max(0.0, low - 3.0), 100.0 - 0.85 * (100.0 - high)
    ax.set_yscale("function", functions=(_logarithmic, lambda z: 100.0 - 10.0**-z))
    ax.set_ylim(bottom, top)
    ticks: list[float] = []
    room = 0.04 * (_logarithmic(top) - _logarithmic(bottom))  # between two labels
    for t in _TICKS:
        if bottom <= t <= top and (not ticks or _logarithmic(ticks[-1]) - _logarithmic(t) > room):
            ticks.append(t)
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])


def _logarithmic(accuracy: Any) -> Any:
    """Minus the decimal logarithm of the error; both in %."""
    return -np.log10(np.maximum(100.0 - accuracy, 1e-3))
