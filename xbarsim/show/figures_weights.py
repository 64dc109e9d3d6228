"""Pictures of the weights over time: small multiples with one colour scale."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import LayoutError
from ..describe.words import in_words
from ..record.quantities import siemens_of
from .figures import _provenance
from .figures_style import SIGNED, check_picture, headline, pyplot, save, unit_of

if TYPE_CHECKING:
    from ..describe.maps import ArrayShape
    from ..record.trace import Trace

MOST = 400
"""Maps in one picture: more could not be told apart."""


def moments_of(trace: Trace, layer: int, every: int | None, *, most: int = MOST) -> list[int]:
    """Iterations that are shown: every so many updates from the start, and the last.

    Parameters
    ----------
    trace : Trace
    layer : int
    every : int, optional
        Default: an eighth of the run. Of runs whose states between keyframes are not kept, or follow from code that
        nobody has named, the keyframes at these distances.
    most : int
        More are refused.

    Raises
    ------
    LayoutError
        If there would be more maps than a picture can show.
    """
    last = trace.iterations_done
    step = max(1, last // 8) if every is None else every
    if every is not None and every < 1:
        raise LayoutError(f"--every: expected a whole number >= 1, got {every}; give for example --every 1000")
    count = last // step + 1 + bool(last % step)
    if count > most:
        what = "a picture" if most == MOST else "a movie"
        raise LayoutError(
            f"--every: expected at most {most:,} maps in {what}, got {count:,}; give at least --every "
            f"{math.ceil(last / (most - 1))}"
        )
    wanted = sorted({*range(0, last + 1, step), last})
    if not trace.replays:
        frames = trace.keyframes(layer)
        wanted = sorted({int(frames[np.abs(frames - n).argmin()]) for n in wanted})
    return wanted


def kernels_of(w: np.ndarray, array: ArrayShape) -> np.ndarray:
    """The weights of a convolution, (rows, columns), as one picture: kernels of height x width, the channels that it
    reads down and those that it gives across, with NaN between them; below each its bias, if there are any. Those of
    one channel stand in several lines, about as many as there are in one.
    """
    assert array.window is not None
    high, wide, channels = array.window.height, array.window.width, array.source.channels
    tall = channels * (high + 1) + 2 * (len(w) > array.inputs)
    across = array.outputs if channels > 1 else math.ceil(math.sqrt(array.outputs))
    picture = np.full((math.ceil(array.outputs / across) * tall - 1, across * (wide + 1) - 1), np.nan)
    for j in range(array.outputs):
        top, left = j // across * tall, j % across * (wide + 1)
        kernel = w[: array.inputs, j].reshape(high, wide, channels)
        for c in range(channels):
            y = top + c * (high + 1)
            picture[y : y + high, left : left + wide] = kernel[:, :, c]
        if len(w) > array.inputs:
            picture[top + channels * (high + 1), left : left + wide] = w[-1, j]
    return picture


def plot_weights(
    trace: Trace, out: Path | None, *, layer: int = 1, every: int | None = None, force: bool = False
) -> Any:
    """W of a layer as maps, one for every so many updates, all with one symmetric colour scale; of a convolution as
    pictures of its kernels, see `kernels_of`.

    Parameters
    ----------
    trace : Trace
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    layer : int
    every : int, optional
        Updates from map to map, see `moments_of`.
    """
    check_picture(out, force=force)
    moments = moments_of(trace, layer, every)
    in_siemens = siemens_of(trace)
    unit, prefix = unit_of(trace.layout.device.span) if in_siemens else (1.0, "")
    label = f"W = G+ - G- ({prefix}S)" if in_siemens else "W (no unit)"
    maps = [trace.weights(layer, n).astype(np.float64) / unit for n in moments]
    array = trace.layout.network.arrays[layer - 1]
    if array.window is not None:
        maps = [kernels_of(w, array) for w in maps]
    limit = trace.layout.weight_range / unit if in_siemens else 0.0
    limit = max(limit, *(float(np.nanmax(np.abs(w))) for w in maps), 1e-30)
    across = math.ceil(math.sqrt(len(maps)))
    down = math.ceil(len(maps) / across)
    each = 1.0 if array.window is None else 1.6  # every weight is a pixel that is to be seen
    wide, tall = max(4.5, 1.5 * each * across + 1.5), 1.6 * each * down + 0.9
    figure, axes = pyplot().subplots(down, across, figsize=(wide, tall), squeeze=False)
    shown = f"{maps[0].shape[0]} rows down, {maps[0].shape[1]} columns across"
    if array.window is not None:
        into, window = array.source.channels, array.window
        shown = f"{array.outputs} kernels of {window.height} x {window.width}"
        shown += f", their {into} channels down" if into > 1 else ""
        shown += ", bias below" if trace.layout.array.bias else ""
    what = in_words(trace.layout, dataset=trace.provenance["dataset"], iterations=trace.iterations_done)
    shape = f"W of layer {layer}, {shown}, after so many updates"
    headline(figure, f"{what}: {shape}", size=9.0)
    lines = figure.get_suptitle().count("\n") + 1
    right, top = 1.0 - 1.3 / wide, 0.98 - (0.3 + 0.16 * lines) / tall
    figure.subplots_adjust(0.15 / wide, 0.1 / tall, right, top, wspace=0.06, hspace=0.16)
    image = None
    for ax, n, w in zip(axes.flat, moments, maps, strict=False):
        image = ax.imshow(
            w,
            aspect="auto" if array.window is None else "equal",
            cmap=SIGNED,
            vmin=-limit,
            vmax=limit,
            interpolation="nearest",
        )
        ax.set_title(f"{n:,}", fontsize=7)
        ax.set_xticks([])
        ax.set_yticks([])
    for ax in list(axes.flat)[len(maps) :]:
        ax.set_axis_off()
    bar = figure.add_axes((right + 0.15 / wide, 0.2 / tall, 0.18 / wide, top - 0.3 / tall))
    figure.colorbar(image, cax=bar, label=label)
    return save(figure, out, {} if out is None else _provenance(trace, out.suffix.lower()))
