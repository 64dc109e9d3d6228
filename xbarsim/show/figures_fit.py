"""Picture of a fitted device: curves, residuals, steps over conductance, nonlinearity and asymmetry, end states,
comparison of laws.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import LayoutError, OutputError
from ..base.files import is_folder, is_there
from ..measure.model import last_reads, mean_curve
from ..measure.nonlinearity import label_of_u
from ..measure.table import increments
from .figures import SUFFIXES, pyplot, save

if TYPE_CHECKING:
    from ..measure.fitted import Fit
    from ..measure.side import SideFit

_COLOUR = {1: "#D55E00", -1: "#0072B2"}
_NAME = {1: "potentiation", -1: "depression"}
_CYCLES = 60


def check_out(out: Path, *, force: bool) -> None:
    """Refuse a picture that could not be written, before the work is done."""
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{out}: expected a name that ends in {', '.join(SUFFIXES)}; rename it")
    if is_there(out) and not force:
        raise OutputError(f"{out}: exists already and is not overwritten; choose another --plot, or add --force")
    if not is_folder(out.parent):
        raise OutputError(f"{out}: its folder does not exist; create {out.parent} or choose another --plot")
    pyplot()


def plot_fit(fit: Fit, out: Path | None, title: str, *, force: bool = False) -> Any:
    """Six panels in one picture.

    Parameters
    ----------
    fit : Fit
        Of measured sweeps; a device from ready-made tables has nothing to compare with.
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    """
    if out is not None:
        check_out(out, force=force)
    if not fit.sides:
        raise LayoutError("--plot: expected measured sweeps to draw, got ready-made tables; leave --plot out")
    plt = pyplot()
    figure = plt.figure(figsize=(14, 8.2), layout="constrained")
    axes = figure.subplots(2, 3)
    unit, prefix = _unit(fit.device["g_max_S"])
    _curves(axes[0, 0], fit, unit, prefix)
    _steps(axes[0, 1], fit, unit, prefix)
    _shape(axes[0, 2], fit)
    _residuals(axes[1, 0], fit)
    _ends(axes[1, 1], fit, unit, prefix)
    _laws(axes[1, 2], fit)
    for ax in axes.flat:
        ax.title.set_fontsize(10)
    figure.suptitle(title)
    return save(figure, out, {})


def _unit(g: float) -> tuple[float, str]:
    for factor, prefix in ((1e-12, "p"), (1e-9, "n"), (1e-6, "µ"), (1e-3, "m")):
        if abs(g) < 1000 * factor:
            return factor, prefix
    return 1.0, ""


def _sides(fit: Fit) -> list[SideFit]:
    return [fit.sides[s] for s in (1, -1) if s in fit.sides]


def _curves(ax: Any, fit: Fit, unit: float, prefix: str) -> None:
    offset = 0
    for s in _sides(fit):
        raw, colour = s.data.raw, _COLOUR[s.side]
        shown = raw[np.unique(np.linspace(0, len(raw) - 1, _CYCLES).astype(int))]
        pulses = offset + s.pulse_numbers
        for row in shown:  # through gaps of its own: not every train is read after the same pulses
            known = np.isfinite(row)
            mark = "." if known.sum() < 40 else ""
            ax.plot(
                pulses[known],
                row[known] / unit,
                color=colour,
                marker=mark,
                ms=3,
                lw=0.5,
                alpha=0.25 if len(shown) > 1 else 0.6,
            )
        ax.plot([], [], color=colour, lw=0.8, alpha=0.6, label=f"{_NAME[s.side]}: {len(raw):,} trains")
        ax.plot(
            offset + s.pulse_numbers,
            s.curve / unit,
            color="black",
            lw=1.6,
            ls="-" if s.side > 0 else "--",
            label=f"fit, {fit.law}",
        )
        if s.redrawn is not None:
            ax.plot(
                offset + s.pulse_numbers,
                s.redrawn.curve / unit,
                color="#009E73",
                lw=1.0,
                ls=":",
                label=f"written device, R2 {s.redrawn.r2:.4f}",
            )
        offset += s.pulses
    for level in (fit.device["g_min_S"], fit.device["g_max_S"]):
        ax.axhline(level / unit, color="#999999", lw=0.7, ls=":")
    ax.set(xlabel="pulse", ylabel=f"conductance ({prefix}S)", title="Potentiation and depression")
    _legend(ax, fontsize=7)
    ax.grid(alpha=0.3)


def _legend(ax: Any, **how: Any) -> None:
    """A legend, where there is anything to name."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(**how)


def _steps(ax: Any, fit: Fit, unit: float, prefix: str) -> None:
    """Median and central 80 % of the measured steps in bins of the conductance, and the law."""
    for s in _sides(fit):
        position, step = increments(s.data.raw, s.side, s.values["read_noise_S"].value, s.data.pulses)
        colour = _COLOUR[s.side]
        if s.table is not None:
            ax.fill_between(
                s.table.g / unit,
                s.side * s.table.steps[:, 0] / unit,
                s.side * s.table.steps[:, -1] / unit,
                color=colour,
                alpha=0.12,
                label="jump table, all",
            )
            ax.plot(
                s.table.g / unit,
                s.side * np.median(s.table.steps, axis=1) / unit,
                color=colour,
                lw=0.8,
                marker="s",
                ms=3,
                label="jump table, median",
            )
        low, high = np.quantile(position, [0.005, 0.995])
        edges = np.linspace(low, high, int(np.clip(len(step) // 15, 4, 30)) + 1)
        which = np.digitize(position, edges) - 1
        rows = [
            (edges[k : k + 2].mean(), *np.quantile(step[which == k], [0.1, 0.5, 0.9]))
            for k in range(len(edges) - 1)
            if (which == k).sum() > 3
        ]
        if rows:
            g, lower, median, upper = np.array(rows).T
            bars = np.array([median - lower, upper - median])[:: s.side]
            ax.errorbar(
                g / unit,
                s.side * median / unit,
                bars / unit,
                fmt="o",
                ms=3,
                lw=0.8,
                color=colour,
                alpha=0.7,
                label=f"{_NAME[s.side]}: median, 10 to 90 %",
            )
        grid = np.linspace(fit.device["g_min_S"], fit.device["g_max_S"], 200)
        ax.plot(grid / unit, s.side * s.step_at(grid) / unit, color="black", lw=1.4, ls="-" if s.side > 0 else "--")
    ax.axhline(0.0, color="#999999", lw=0.7)
    ax.set(
        xlabel=f"conductance ({prefix}S)",
        ylabel=f"step ({prefix}S per pulse)",
        title="Steps over the conductance (read noise included)",
    )
    _legend(ax, fontsize=7)
    ax.grid(alpha=0.3)


def _shape(ax: Any, fit: Fit) -> None:
    """Both directions from 0 to 1 over the part of their pulses; depression backwards, so that symmetric devices
    coincide.
    """
    grid = np.linspace(0.0, 1.0, 101)
    curves = {}
    for s in _sides(fit):
        span = s.curve[-1] - s.curve[0]
        x = s.pulse_numbers / s.pulse_numbers[-1]
        g = (s.curve - s.curve[0]) / span
        mean = (mean_curve(s.data.raw) - s.curve[0]) / span
        if s.side < 0:
            x, g, mean = 1.0 - x[::-1], 1.0 - g[::-1], 1.0 - mean[::-1]
        curves[s.side] = np.interp(grid, x, g)
        label = label_of_u(s.values["beta"].value) * s.side
        symbol = "u" if fit.law == "soft-bounds" else r"$\beta$"
        ax.plot(x, mean, ".", ms=3, color=_COLOUR[s.side], alpha=0.6)
        ax.plot(
            x,
            g,
            color=_COLOUR[s.side],
            lw=1.5,
            label=f"{_NAME[s.side]}: {symbol} = {s.values['beta'].value:.3g}, label {label:+.2f}",
        )
    ax.plot([0, 1], [0, 1], color="#999999", lw=0.8, ls=":")
    title = "Nonlinearity"
    if len(curves) == 2:
        ax.fill_between(grid, curves[1], curves[-1], color="#999999", alpha=0.15)
        title += f" and asymmetry (mean gap {np.abs(curves[1] - curves[-1]).mean():.3f})"
    ax.set(xlabel="part of the pulses (depression from its end)", ylabel="part of the range", title=title)
    _legend(ax, fontsize=7, loc="best")
    ax.grid(alpha=0.3)


def _residuals(ax: Any, fit: Fit) -> None:
    offset = 0
    for s in _sides(fit):
        x = offset + s.pulse_numbers
        off = 100.0 * (s.data.raw - s.curve) / s.data.unit
        if len(off) > 1:
            low, high = np.nanquantile(off, [0.1, 0.9], axis=0)
            ax.fill_between(x, s.side * low, s.side * high, color=_COLOUR[s.side], alpha=0.15, lw=0)
        ax.plot(
            x,
            s.side * mean_curve(off),
            ".-",
            ms=3,
            lw=0.6,
            color=_COLOUR[s.side],
            label=f"{_NAME[s.side]}: R2 {s.r2:.5f}, rms {100 * s.rmse:.2g} %",
        )
        offset += s.pulses
    ax.axhline(0.0, color="#999999", lw=0.7)
    ax.set(
        xlabel="pulse",
        ylabel="read - fit (% of the range)",
        title="Residuals of the mean curve; shaded: 10 to 90 % of the reads",
    )
    _legend(ax, fontsize=7)
    ax.grid(alpha=0.3)


def _ends(ax: Any, fit: Fit, unit: float, prefix: str) -> None:
    """End states about their mean: the two directions end far apart, their scatter is what matters."""
    span = fit.device["g_max_S"] - fit.device["g_min_S"]
    for s in _sides(fit):
        ends = np.sort(last_reads(s.data.raw))
        part = (np.arange(len(ends)) + 0.5) / len(ends)
        ax.plot(
            100.0 * (ends - ends.mean()) / span,
            part,
            "o-" if len(ends) < 200 else "-",
            ms=3,
            lw=0.8,
            color=_COLOUR[s.side],
            label=f"after {_NAME[s.side]}: {ends.mean() / unit:.4g} {prefix}S, sd {100.0 * ends.std() / span:.2g} %",
        )
    ax.axvline(0.0, color="#999999", lw=0.7)
    ax.set(
        xlabel="end state - mean (% of the range)",
        ylabel="part of the trains",
        title="End states, cumulative",
        ylim=(-0.02, 1.25),
    )
    _legend(ax, fontsize=7, loc="upper left")
    ax.grid(alpha=0.3)


def _laws(ax: Any, fit: Fit) -> None:
    """AIC above the best law, on a scale that shows 1 and 1000, and the numbers beside it."""
    names = list(fit.aic)
    height = 0.8 / max(len(fit.sides), 1)
    for k, s in enumerate(_sides(fit)):
        best = min(s.aic.values())
        values = [s.aic[n] - best for n in names]
        rows = np.arange(len(names)) + (k - (len(fit.sides) - 1) / 2.0) * height
        ax.barh(rows, values, height=0.9 * height, color=_COLOUR[s.side], alpha=0.8)
        for row, value in zip(rows, values, strict=True):
            ax.annotate(f" {value:.1f}", (value, row), fontsize=7, va="center")
    ax.set_xscale("symlog", linthresh=1.0)
    ax.set_xlim(0.0, 20.0 * max(10.0, *(max(s.aic.values()) - min(s.aic.values()) for s in fit.sides.values())))
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4 + 1.6, -0.6)
    ax.set(xlabel="AIC above the best law", title="Laws, and what was found (95 % intervals)")
    text = []
    for s in _sides(fit):
        v = s.values
        noise = (
            f"c2c {100 * v['c2c'].value:.2g} % of a step" if v["c2c"].value else f"c2c {v['c2c_range_S'].value:.2g} S"
        )
        text.append(
            f"{_NAME[s.side]}: alpha {v['alpha_S'].value:.4g} S [{v['alpha_S'].low:.4g}, {v['alpha_S'].high:.4g}]\n"
            f"  beta {v['beta'].value:.3f} [{v['beta'].low:.3f}, {v['beta'].high:.3f}], n {v['n_max'].value:.1f}, "
            f"{noise}, read {v['read_noise_S'].value:.2g} S"
        )
    ax.text(0.02, 0.02, "\n".join(text), transform=ax.transAxes, fontsize=6.5, va="bottom")
