"""Plots of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import OutputError, XbarsimError
from ..base.files import is_folder, is_there

if TYPE_CHECKING:
    from ..record.trace import Trace

SUFFIXES = (".png", ".pdf", ".svg")
# Okabe and Ito's colours, told apart by all kinds of eyes.
_PLUS, _MINUS, _WEIGHT = "#D55E00", "#0072B2", "#000000"


class Plotting:
    """What pictures are made with: figures that nobody else knows of, so that a caller's own pyplot, its backend and
    its open figures stay as they are.
    """

    def __init__(self) -> None:
        try:
            import matplotlib
            import matplotlib.figure
            import matplotlib.ticker
        except ImportError:
            raise XbarsimError(
                "expected matplotlib for pictures, found none; install it with: pip install 'xbarsim[plot]'"
            ) from None
        self.matplotlib: Any = matplotlib
        self.figure: Any = matplotlib.figure.Figure
        self.FuncFormatter: Any = matplotlib.ticker.FuncFormatter

    def subplots(self, rows: int = 1, columns: int = 1, **how: Any) -> tuple[Any, Any]:
        """A figure and its axes; `how` is shared out as pyplot does it."""
        kept = {name: how.pop(name) for name in ("figsize", "layout") if name in how}
        figure = self.figure(**kept)
        return figure, figure.subplots(rows, columns, **how)


def pyplot() -> Plotting:
    """What pictures are made with; a clear error if Matplotlib is not installed."""
    return Plotting()


def check_picture(out: Path | None, *, force: bool) -> None:
    """Refuse a picture that could not be written, before the work is done; None is a figure that is only handed on."""
    if out is None:
        return
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{out}: expected a name that ends in {', '.join(SUFFIXES)}; rename it")
    if is_there(out) and not force:
        raise OutputError(f"{out}: exists already and is not overwritten; choose another name, or add --force")
    if not is_folder(out.parent):
        raise OutputError(f"{out}: its folder does not exist; create {out.parent} or choose another name")


def plot_run(
    trace: Trace, out: Path | None, *, layer: int = 1, pair: tuple[int, int] | None = None, force: bool = False
) -> Any:
    """Accuracy curve, conductance maps and histograms over time, and one pair's history, in one picture.

    Parameters
    ----------
    trace : Trace
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    layer : int
        Layer of the maps, histograms and history.
    pair : (row, col), optional
        Default: the pair with most pulses.
    force : bool
        Overwrite an existing picture.
    """
    check_picture(out, force=force)
    plt = pyplot()
    last, device = trace.iterations_done, trace.layout.device
    figure = plt.figure(figsize=(12, 10.5), layout="constrained")
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1.0, 1.15, 1.0))
    _draw_curves(top, trace)
    if not trace.layout.rule.pairs:
        weights = {int(n): trace.weights(layer, int(n)) for n in trace.keyframes(layer)[-4:]}
        limit = float(max(np.abs(w).max() for w in weights.values()))
        _draw_maps(middle, weights, limit, "W", layer)
        _draw_weights(bottom.subplots(), weights)
    else:
        moments = sorted({0, last // 8, last // 2, last})
        if trace.needs_code:  # between keyframes is what only a plug-in's code knows
            frames = trace.keyframes(layer)
            moments = sorted({int(frames[np.abs(frames - n).argmin()]) for n in moments})
            last = moments[-1]
        states = {n: trace.conductance(layer, n) for n in moments}
        row, col = pair or _busiest(trace, layer, states[last])
        unit, prefix = _unit(trace.layout.device.g_max)
        weights = {n: (plus.astype(np.float64) - minus) / unit for n, (plus, minus) in states.items()}
        _draw_maps(middle, weights, trace.layout.device.span / unit, f"W = G+ - G- ({prefix}S)", layer)
        axes = bottom.subplots(1, 2)
        _draw_histograms(axes[0], trace, states)
        if trace.needs_code:
            _say_instead(axes[1], f"The history of a pair follows from the code of\n{device.step}\n(--device runs it)")
        else:
            _draw_history(axes[1], trace, layer, row, col)
    p = trace.provenance
    layout = trace.layout
    law = f"{device.model} device" if device.model in ("table", "plugin") else f"beta {device.beta:g}"
    steps = "" if trace.needs_code else f", {len(device.staircase()) - 1} steps"
    what = f"method {layout.pulses.method}, {law}{steps}"
    figure.suptitle(
        f"{'-'.join(map(str, layout.network.layers))}, "
        f"rule {layout.pulses.rule}{f', {what}' if layout.rule.pairs else ''}, {p['dataset']}, seed {p['seed']}"
    )
    return save(figure, out, {} if out is None else _provenance(trace, out.suffix.lower()))


def save(figure: Any, out: Path | None, metadata: dict[str, str]) -> Any:
    """Write a picture, all or nothing, if it has a name; returns the figure."""
    if out is None:
        return figure
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        figure.savefig(part, dpi=130, metadata=metadata)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{out}: cannot write ({error.strerror}); choose another folder") from None
    return figure


def _provenance(trace: Trace, suffix: str) -> dict[str, str]:
    """What made the picture, under the names that each format has for it."""
    p = trace.provenance
    made = f"xbarsim {p['xbarsim_version']}"
    said = (
        f"{trace.path.name}, {trace.iterations_done} iterations, seed {p['seed']}, data set {p['dataset']} "
        f"(SHA-256 {p['dataset_sha256']}), command: {p['command_line']}\n\n{p['layout']}"
    )
    if suffix == ".pdf":
        return {"Creator": made, "Subject": said}
    if suffix == ".svg":
        return {"Creator": made, "Description": said}
    return {"Software": made, "Description": said}


def _busiest(trace: Trace, layer: int, state: tuple[np.ndarray, np.ndarray]) -> tuple[int, int]:
    """The pair with most pulses; while counts are not there yet, the one furthest from the start."""
    if trace.finished:
        counts = trace.counts(layer)
        score = counts["pulses_plus"] + counts["pulses_minus"]
    else:
        score = state[0] + state[1]
    row, col = np.unravel_index(int(np.argmax(score)), score.shape)
    return int(row), int(col)


def _draw_curves(figure: Any, trace: Trace) -> None:
    axes = figure.subplots(1, 2)
    iteration, accuracy = trace.accuracy
    axes[0].plot(iteration, 100 * accuracy, marker="." if len(iteration) < 200 else None, color=_WEIGHT, lw=1)
    axes[0].set(xlabel="iteration", ylabel="test accuracy (%)", title="Test accuracy")
    axes[0].grid(alpha=0.3)
    curves = trace.curves
    n = max(1, len(curves["loss"]) // 200)
    used = len(curves["loss"]) // n * n
    if used:
        middle = curves["iteration"][:used].reshape(-1, n).mean(axis=1)
        axes[1].plot(
            middle,
            100 * curves["wrong"][:used].reshape(-1, n).mean(axis=1),
            color=_PLUS,
            lw=1,
            label="training error (%)",
        )
        axes[1].set(
            xlabel="iteration",
            ylabel="training error (%)",
            title=f"Training error and pulses, means over {n} iterations",
        )
        axes[1].grid(alpha=0.3)
        twin = axes[1].twinx()
        twin.plot(
            middle,
            curves["pulses"][:used].reshape(-1, n).mean(axis=1),
            color=_MINUS,
            lw=1,
            label="pulses per iteration",
        )
        twin.set_ylabel("pulses per iteration")
        lines = axes[1].get_lines() + twin.get_lines()
        axes[1].legend(lines, [line.get_label() for line in lines], loc="upper right", fontsize=8)


def _draw_maps(figure: Any, weights: dict[int, np.ndarray], limit: float, label: str, layer: int) -> None:
    axes = np.atleast_1d(figure.subplots(1, len(weights), sharey=True))
    for ax, (n, w) in zip(axes, weights.items(), strict=True):
        image = ax.imshow(w, aspect="auto", cmap="PuOr", vmin=-limit, vmax=limit, interpolation="nearest")
        ax.set(title=f"after {n:,} updates", xlabel="column")
    axes[0].set_ylabel("row")
    figure.colorbar(image, ax=list(axes), label=label, pad=0.01)
    figure.suptitle(f"Weights of layer {layer}", fontsize=11)


def _draw_weights(ax: Any, weights: dict[int, np.ndarray]) -> None:
    for shade, (n, w) in zip(np.linspace(0.25, 1.0, len(weights)), weights.items(), strict=True):
        counts, edges = np.histogram(w, bins=60)
        ax.stairs(np.maximum(counts, 0.5), edges, color=_MINUS, alpha=shade, label=f"after {n:,}")
    ax.set(yscale="log", xlabel="weight", ylabel="weights per bin", title="Weights over time")
    ax.legend(fontsize=8, title="updates", title_fontsize=8)


def _draw_histograms(ax: Any, trace: Trace, states: dict[int, tuple[np.ndarray, np.ndarray]]) -> None:
    device = trace.layout.device
    unit, prefix = _unit(device.g_max)
    top = max(float(g.max()) for sides in states.values() for g in sides)
    # With device-to-device variation conductances leave the nominal range.
    span = (0.0, top) if trace.layout.variation.sigma else (device.g_min, device.g_max)
    shades = np.linspace(0.25, 1.0, len(states))
    for shade, (n, sides) in zip(shades, states.items(), strict=True):
        for g, colour, name in zip(sides, (_PLUS, _MINUS), ("G+", "G-"), strict=True):
            counts, edges = np.histogram(g, bins=33, range=span)
            ax.stairs(np.maximum(counts, 0.5), edges / unit, color=colour, alpha=shade, label=f"{name}, {n:,}")
    ax.set(yscale="log", xlabel=f"conductance ({prefix}S)", ylabel="devices per bin", title="Conductances over time")
    ax.legend(fontsize=7, ncols=2, title="side, updates", title_fontsize=7)


def _say_instead(ax: Any, text: str) -> None:
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
    ax.set_axis_off()


def _draw_history(ax: Any, trace: Trace, layer: int, row: int, col: int) -> None:
    h = trace.synapse(layer, row, col)
    unit, prefix = _unit(trace.layout.device.g_max)
    change = np.flatnonzero((np.diff(h.g_plus) != 0) | (np.diff(h.g_minus) != 0)) + 1
    keep = np.unique(np.concatenate([[0], change, [len(h.iteration) - 1]]))
    for g, colour, name in (
        (h.g_plus, _PLUS, "G+"),
        (h.g_minus, _MINUS, "G-"),
        (h.g_plus.astype(float) - h.g_minus, _WEIGHT, "W"),
    ):
        ax.step(h.iteration[keep], g[keep] / unit, where="post", color=colour, lw=0.8, label=name)
    ax.set(
        xlabel="iteration",
        ylabel=f"conductance ({prefix}S)",
        title=f"Pair at row {row}, column {col}: {len(change):,} changes",
    )
    ax.legend(loc="best", fontsize=8)
    ax.grid(alpha=0.3)


def _unit(g: float) -> tuple[float, str]:
    for factor, prefix in ((1e-9, "n"), (1e-6, "µ"), (1e-3, "m")):
        if g < 1000 * factor:
            return factor, prefix
    return 1.0, ""
