"""Plots of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..describe.words import in_words
from ..record.quantities import digits_of, siemens_of
from .figures_style import BLACK, DOWN, SIGNED, UP, accuracies, headline, shades, unit_of, whole_numbers
from .figures_style import check_picture as check_picture
from .figures_style import pyplot as pyplot
from .figures_style import save as save
from .picked import bins_of, difference, moved_most

if TYPE_CHECKING:
    from ..record.trace import Trace


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
        Default: that whose weight changed most; the bias row, whose line is always driven, is left out.
    force : bool
        Overwrite an existing picture.
    """
    check_picture(out, force=force)
    plt = pyplot()
    last, device = trace.iterations_done, trace.layout.device
    if not last and trace.layout.rule.pairs and trace.finished:
        return _plot_unpulsed(trace, out, layer)
    figure = plt.figure(figsize=(12, 10.5), layout="constrained")
    top, middle, bottom = figure.subfigures(3, 1, height_ratios=(1.0, 1.15, 1.0))
    _draw_curves(top, trace)
    if not trace.layout.rule.pairs:
        factor, prefix = unit_of(trace.layout.device.g_max) if siemens_of(trace) else (1.0, "")
        label = f"W ({prefix}S)" if siemens_of(trace) else "W (no unit)"
        weights = {int(n): trace.weights(layer, int(n)) / factor for n in trace.keyframes(layer)[-4:]}
        draw_maps(middle, trace, weights, label, layer)
        arrays = digits_of(trace) if trace.replays and not trace.needs_code else 0
        axes = np.atleast_1d(bottom.subplots(1, 1 + arrays))
        draw_weights(axes[0], weights, label)
        if arrays:
            row, col = pair or moved_most(trace, trace.weights(layer, 0), trace.weights(layer, last))
        for q in range(arrays):
            name = trace.layout.rule.array_name(q)
            _draw_history(axes[1 + q], trace, layer, row, col, f", {name}" if name else "", q)
    else:
        moments = sorted({0, last // 8, last // 2, last})
        if trace.needs_code:  # between keyframes is what only a plug-in's code knows
            frames = trace.keyframes(layer)
            moments = sorted({int(frames[np.abs(frames - n).argmin()]) for n in moments})
            last = moments[-1]
        states = {n: trace.conductance(layer, n) for n in moments}
        row, col = pair or moved_most(trace, difference(states[moments[0]]), difference(states[last]))
        unit, prefix = unit_of(trace.layout.device.g_max)
        weights = {n: difference(sides) / unit for n, sides in states.items()}
        draw_maps(middle, trace, weights, f"W = G+ - G- ({prefix}S)", layer)
        axes = bottom.subplots(1, 2)
        draw_histograms(axes[0], trace, states)
        if trace.needs_code:
            _say_instead(axes[1], f"The history of a pair follows from the code of\n{device.step}\n(--device runs it)")
        else:
            _draw_history(axes[1], trace, layer, row, col, "" if pair else ", the largest change of W")
    headline(figure, in_words(trace.layout, dataset=trace.provenance["dataset"], iterations=trace.iterations_done))
    return save(figure, out, {} if out is None else _provenance(trace, out.suffix.lower()))


def _plot_unpulsed(trace: Trace, out: Path | None, layer: int) -> Any:
    """Maps and histograms of a network that was put into its array, and has no curves."""
    figure = pyplot().figure(figsize=(12, 7.2), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.15, 1.0))
    states = {0: trace.conductance(layer, 0)}
    unit, prefix = unit_of(trace.layout.device.g_max)
    weights = {n: difference(sides) / unit for n, sides in states.items()}
    draw_maps(top, trace, weights, f"W = G+ - G- ({prefix}S)", layer)
    ax = bottom.subplots()
    draw_histograms(ax, trace, states)
    ax.set_title(f"Conductances of layer {layer}")
    taken = trace.accuracy[1]
    accuracy = f"; test accuracy {100 * taken[-1]:.2f} %" if len(taken) else ""
    headline(figure, f"{in_words(trace.layout, dataset=trace.provenance['dataset'])}: {trace.devices}{accuracy}")
    return save(figure, out, {} if out is None else _provenance(trace, out.suffix.lower()))


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


def _draw_curves(figure: Any, trace: Trace) -> None:
    left, right = figure.subplots(1, 2)
    draw_accuracy(left, trace)
    draw_training(right, trace)


def draw_accuracy(ax: Any, trace: Trace) -> None:
    """Test accuracy wherever it was taken."""
    iteration, accuracy = trace.accuracy
    ax.plot(iteration, 100 * accuracy, marker=".", ms=4, color=BLACK, lw=1)
    ax.set(xlabel="iteration", ylabel="test accuracy (%)", title=f"Test accuracy, taken {len(iteration):,} times")
    accuracies(ax)
    ax.grid(alpha=0.3)
    whole_numbers(ax.xaxis)


def draw_training(ax: Any, trace: Trace) -> None:
    """Training error, and pulses if there are any: means over neighbouring iterations."""
    whole_numbers(ax.xaxis)
    curves = trace.curves
    n = max(1, len(curves["loss"]) // 100)
    used = len(curves["loss"]) // n * n
    if not used:
        return
    middle, wrong, pulses = (
        curves[name][:used].reshape(-1, n).mean(axis=1) for name in ("iteration", "wrong", "pulses")
    )
    wrong = wrong / trace.layout.run.batch  # of a batch it is a sum
    ax.plot(middle, 100 * wrong, color=UP, lw=1.2, label="training error")
    ax.set(xlabel="iteration", title=f"Training error and pulses, means over {_times(n)}")
    ax.set_ylabel("training error (%)", color=UP)
    ax.grid(alpha=0.3)
    lines = ax.get_lines()
    if pulses.any():  # of float weights there are none
        twin = ax.twinx()
        twin.plot(middle, pulses, color=DOWN, lw=1.2, ls="--", label="pulses (right)")
        twin.set_ylabel("pulses per iteration", color=DOWN)
        whole_numbers(twin.yaxis)
        twin.set_ylim(0.0, 1.2 * pulses.max())
        lines[0].set_label("training error (left)")
        lines = lines + twin.get_lines()
    else:
        ax.set_title(f"Training error, means over {_times(n)}")
    ax.set_ylim(0.0, 120.0 * max(wrong.max(), 0.01))  # the legend is above the lines, not on them
    ax.legend(lines, [line.get_label() for line in lines], loc="upper right", fontsize=8, ncols=2)


def _times(n: int) -> str:
    return "1 iteration" if n == 1 else f"{n:,} iterations"


def draw_maps(figure: Any, trace: Trace, weights: dict[int, np.ndarray], label: str, layer: int) -> None:
    """Maps of one scale, beyond which a thousandth of the weights lie: a single one would pale all others."""
    whole = float(max(np.abs(w).max() for w in weights.values())) or 1.0
    limit = float(max(np.quantile(np.abs(w), 0.999) for w in weights.values())) or whole
    axes = np.atleast_1d(figure.subplots(1, len(weights), sharey=True))
    for ax, (n, w) in zip(axes, weights.items(), strict=True):
        image = ax.imshow(w, aspect="auto", cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="nearest")
        ax.set(title=f"after {n:,} updates", xlabel="column")
    rows = trace.shapes[layer - 1][0]
    axes[0].set_ylabel(f"row ({rows - 1} is the bias)" if trace.layout.array.bias else "row")
    figure.colorbar(image, ax=list(axes), label=label, pad=0.01, extend="both" if whole > limit else "neither")
    figure.suptitle(f"Weights of layer {layer}", fontsize=11)


def draw_weights(ax: Any, weights: dict[int, np.ndarray], label: str = "W (no unit)", *, most: int = 80) -> None:
    """Histograms of weights at some moments, in `most` bins."""
    low, high = min(w.min() for w in weights.values()), max(w.max() for w in weights.values())
    edges = np.linspace(low, high, most + 1) if high > low else np.array([low - 0.5, low + 0.5])
    for shade, (n, w) in zip(shades(len(weights)), weights.items(), strict=True):
        counts, _ = np.histogram(w, bins=edges)
        ax.stairs(np.maximum(counts, 0.5), edges, color=BLACK, alpha=shade, label=f"{n:,}")
    ax.set(yscale="log", xlabel=label, ylabel="weights per bin", title="Weights over time")
    ax.legend(fontsize=8, title="updates", title_fontsize=8)


def draw_histograms(ax: Any, trace: Trace, states: dict[int, tuple[np.ndarray, np.ndarray]]) -> None:
    """Histograms of G+ and G-, S, at some moments."""
    unit, prefix = unit_of(trace.layout.device.g_max)
    sides_shown = [g for sides in states.values() for g in sides]
    # With less than some twenty devices in a bin there is nothing but scatter.
    bins = bins_of(trace, sides_shown, most=int(np.clip(sides_shown[0].size // 20, 8, 128)))
    for shade, (n, sides) in zip(shades(len(states)), states.items(), strict=True):
        for g, colour, line, name in zip(sides, (UP, DOWN), ("-", "--"), ("G+", "G-"), strict=True):
            counts, _ = np.histogram(g, bins=bins.edges)
            ax.stairs(
                np.maximum(counts, 0.5), bins.edges / unit, color=colour, ls=line, alpha=shade, label=f"{name}, {n:,}"
            )
    ax.set(yscale="log", xlabel=f"conductance ({prefix}S)", ylabel=bins.label, title="Conductances over time")
    low, high = ax.get_ylim()
    ax.set_ylim(0.4, high * (high / low) ** 0.3)  # room for the legend
    ax.legend(
        fontsize=7,
        ncols=len(states),
        title="side, updates",
        title_fontsize=7,
        loc="upper center",
        handlelength=1.4,
        columnspacing=1.0,
        handletextpad=0.5,
    )


def _say_instead(ax: Any, text: str) -> None:
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
    ax.set_axis_off()


def _draw_history(ax: Any, trace: Trace, layer: int, row: int, col: int, why: str, digit: int = 0) -> None:
    h = trace.synapse(layer, row, col, digit)
    unit, prefix = unit_of(trace.layout.device.g_max)
    change = np.flatnonzero((np.diff(h.g_plus) != 0) | (np.diff(h.g_minus) != 0)) + 1
    keep = np.unique(np.concatenate([[0], change, [len(h.iteration) - 1]]))
    for g, colour, line, name in (
        (h.g_plus, UP, "-", "G+"),
        (h.g_minus, DOWN, "--", "G-"),
        (h.g_plus.astype(float) - h.g_minus, BLACK, "-", "W = G+ - G-"),
    ):
        ax.step(h.iteration[keep], g[keep] / unit, where="post", color=colour, ls=line, lw=0.9, label=name)
    is_bias = trace.layout.array.bias and row == trace.shapes[layer - 1][0] - 1
    where = f"row {row}{' (bias)' if is_bias else ''}, column {col}"
    ax.set(
        xlabel="iteration",
        ylabel=f"conductance ({prefix}S)",
        title=f"Pair at {where}{why}:\n{len(change):,} change{'s' * (len(change) != 1)} of its state",
    )
    ax.title.set_fontsize(10.5)
    whole_numbers(ax.xaxis)
    ax.legend(loc="best", fontsize=8)
    ax.grid(alpha=0.3)
