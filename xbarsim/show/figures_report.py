"""Figures of `xbarsim report`: one panel each, since a page is as wide as a phone; and as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..study.device_cards import pulse_trains
from .figures import draw_accuracy, draw_histograms, draw_maps, draw_training, draw_weights
from .figures_devices import draw_steps, draw_trains
from .figures_style import BLACK, COLOURS, DOWN, UP, accuracies, pyplot, unit_of, whole_numbers

if TYPE_CHECKING:
    from ..after.transfer import Transfer
    from ..record.trace import Trace
    from ..study.device_cards import Card

_SIZE = (5.8, 3.8)
_SMALL = (4.4, 3.9)


def _take_literally(figure: Any) -> None:
    """Titles and labels quote names, in which a $ is a $."""
    for part in (figure, *figure.subfigs):
        for text in (part._suptitle, part._supxlabel):
            if text is not None:
                text.set_parse_math(False)
    for ax in figure.axes:
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
            text.set_parse_math(False)


def as_svg(figure: Any) -> bytes:
    """A figure as vectors, with letters drawn, so that it is the same everywhere; nothing in it leads elsewhere."""
    stream = io.BytesIO()
    _take_literally(figure)
    with pyplot().matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "xbarsim"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return stream.getvalue()


def as_png(figure: Any, *, dpi: int = 130) -> bytes:
    """A figure as pixels of at most 256 colours, which takes a third of the bytes."""
    from PIL import Image  # Matplotlib brings it

    stream = io.BytesIO()
    _take_literally(figure)
    figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    small = Image.open(stream).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    small.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _panel(size: tuple[float, float] = _SIZE) -> tuple[Any, Any]:
    figure, ax = pyplot().subplots(figsize=size, layout="constrained")
    return figure, ax


def accuracy_figure(trace: Trace) -> Any:
    """Test accuracy."""
    figure, ax = _panel()
    draw_accuracy(ax, trace)
    return figure


def training_figure(trace: Trace) -> Any:
    """Training error and pulses."""
    figure, ax = _panel()
    draw_training(ax, trace)
    ax.title.set_fontsize(10.5)
    return figure


def maps_figure(trace: Trace, layer: int, maps: Mapping[int, np.ndarray], label: str) -> Any:
    """Maps of a layer's weights at some moments, with one colour scale."""
    figure = pyplot().figure(figsize=_SMALL, layout="constrained")
    draw_maps(figure, trace, dict(maps), label, layer)
    return figure


def weights_figure(maps: Mapping[int, np.ndarray], label: str) -> Any:
    """Histograms of the same."""
    figure, ax = _panel(_SMALL)
    size = next(iter(maps.values())).size
    draw_weights(ax, dict(maps), label, most=int(np.clip(size // 20, 8, 80)))
    return figure


def conductances_figure(trace: Trace, layer: int, states: Mapping[int, tuple[np.ndarray, np.ndarray]]) -> Any:
    """Histograms of both devices' conductances at some moments."""
    figure, ax = _panel(_SMALL)
    draw_histograms(ax, trace, dict(states))
    ax.set_title(f"Conductances of layer {layer}", fontsize=11)
    return figure


def writes_figure(counts: Sequence[np.ndarray]) -> Any:
    """Of every layer how many of its devices had how many writes: each layer's (devices,) whole numbers."""
    figure, ax = _panel()
    most = max(int(each.max(initial=0)) for each in counts)
    edges = np.unique(np.linspace(0, most + 1, min(most + 1, 60) + 1).astype(np.int64))
    for k, each in enumerate(counts):
        found, _ = np.histogram(each, bins=edges)
        stroke = ("-", "--", "-.", ":")[k % 4]
        ax.stairs(np.maximum(found, 0.5), edges, color=COLOURS[k % len(COLOURS)], ls=stroke, label=f"layer {k + 1}")
    ax.set(yscale="log", xlabel="pulses and resets of a device", ylabel="devices", title="Writes per device")
    whole_numbers(ax.xaxis)
    ax.legend(fontsize=8)
    ax.grid(alpha=0.3)
    return figure


def energy_figure(spent: Mapping[str, np.ndarray]) -> Any:
    """What was spent up to every iteration, J, by what it was spent on."""
    figure, ax = _panel()
    strokes = ("-", "--", "-.", ":")
    for k, (name, values) in enumerate(spent.items()):
        sums = np.cumsum(values)
        at = np.unique(np.linspace(0, len(sums) - 1, min(len(sums), 300)).astype(np.int64))
        ax.plot(at + 1, sums[at], color=(DOWN, UP, BLACK)[k % 3], ls=strokes[k % 4], lw=1.4, label=name)
    ax.set(xlabel="iteration", ylabel="energy since the start (J)", title="Energy of the pulse lines")
    whole_numbers(ax.xaxis)
    ax.legend(fontsize=8)
    ax.grid(alpha=0.3)
    return figure


def device_figures(card: Card) -> tuple[Any, Any]:
    """Cycles of pulses, and the step against the conductance."""
    cycles = 2
    trains = pulse_trains(card, cycles=cycles)
    left, ax = _panel()
    draw_trains(ax, card, trains, cycles)
    right, ax = _panel()
    draw_steps(ax, card, trains)
    return left, right


def measured_figure(sides: Mapping[str, Sequence[np.ndarray]], model: Mapping[str, np.ndarray]) -> Any:
    """Measured trains, S, beside the curve of the device that was fitted to them, by polarity."""
    figure, ax = _panel()
    highest = max(float(np.nanmax(g)) for trains in sides.values() for g in trains)
    unit, prefix = unit_of(highest)
    for (name, trains), colour in zip(sides.items(), (UP, DOWN), strict=False):
        for k, g in enumerate(trains):
            ax.plot(g / unit, ".", color=colour, ms=3.5, alpha=0.5, label=f"{name}, measured" if k == 0 else None)
        if name in model:
            stroke = "-" if colour == UP else "--"
            ax.plot(model[name] / unit, stroke, color=BLACK, lw=1.2, label=f"{name}, the device")
    ax.set(xlabel="pulse", ylabel=f"conductance ({prefix}S)", title="What was measured, and the device")
    ax.legend(fontsize=8)
    ax.grid(alpha=0.3)
    return figure


def transfers_figure(found: Sequence[Transfer]) -> Any:
    """Accuracy of every array that a network was written into."""
    figure, ax = _panel()
    for t in found:
        ax.plot([t.sigma] * len(t.accuracies), [100.0 * a for a in t.accuracies], "_", color=DOWN, ms=9, alpha=0.6)
    order = sorted(found, key=lambda t: t.sigma)
    ax.plot([t.sigma for t in order], [100.0 * t.mean for t in order], "o-", color=DOWN, label="mean, and every array")
    ax.axhline(100.0 * found[0].accuracy_before, color=BLACK, ls="--", lw=1.0, label="without variation")
    ax.set(xlabel="sigma", ylabel="test accuracy (%)", title="In other arrays")
    accuracies(ax)
    ax.legend(fontsize=8)
    ax.grid(alpha=0.3)
    return figure
