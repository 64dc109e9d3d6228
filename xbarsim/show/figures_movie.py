"""Movies of a run: a layer's map, and where on the accuracy curve it is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import checks
from ..base.errors import OutputError
from ..base.files import is_folder, is_there
from ..describe.words import in_words
from ..record.quantities import quantities_of, siemens_of, value_of
from .figures_style import BLACK, SIGNED, headline, pyplot, unit_of, whole_numbers
from .figures_weights import moments_of

if TYPE_CHECKING:
    from ..record.trace import Trace

SUFFIXES = (".gif", ".mp4")
MOST = 5000
"""Pictures in one movie: more would take hours, and nobody watches them."""

_DPI = 100


def check_movie(out: Path, *, force: bool) -> None:
    """Refuse a movie that could not be written, before the work is done."""
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{out}: expected a name that ends in {' or '.join(SUFFIXES)}; rename it")
    if is_there(out) and not force:
        raise OutputError(f"{out}: exists already and is not overwritten; choose another name, or add --force")
    if not is_folder(out.parent):
        raise OutputError(f"{out}: its folder does not exist; create {out.parent} or choose another name")
    if out.suffix.lower() == ".mp4" and not _animation().writers.is_available("ffmpeg"):
        raise OutputError(f"{out}: expected the program ffmpeg for .mp4, found none; install it, or write a .gif")


def _animation() -> Any:
    pyplot()  # says what is missing
    import matplotlib.animation

    return matplotlib.animation


def write_movie(
    trace: Trace,
    out: Path,
    *,
    layer: int = 1,
    every: int | None = None,
    what: str = "w",
    fps: int = 15,
    force: bool = False,
    listener: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write a movie; returns how many pictures it has.

    Parameters
    ----------
    trace : Trace
    out : Path
        ``.gif``, or ``.mp4`` where the program ffmpeg is installed.
    layer : int
    every : int, optional
        Updates from picture to picture; default: a hundredth of the run. Of runs with keyframes only the keyframes at
        these distances.
    what : str
        ``w``, ``g_plus``, ``g_minus``; of lower digits with their number at the end.
    fps : int
        Pictures per second, 1 to 60.
    listener : callable
        Called with how many of how many pictures are done.
    """
    check_movie(out, force=force)
    known = quantities_of(trace)
    checks.choice("--what", what, tuple(known))
    checks.integer("--fps", fps, least=1, most=60)
    each = max(1, trace.iterations_done // 100) if every is None else every
    moments = moments_of(trace, layer, each, most=MOST)
    listener(0, len(moments))
    figure, image, title, line = _set_up(trace, layer, what, moments)
    animation, part = _animation(), out.with_name(f".{out.stem}.part{out.suffix}")
    made_by = f"xbarsim {trace.provenance['xbarsim_version']}"
    if out.suffix.lower() == ".gif":
        writer = animation.PillowWriter(fps=fps, metadata={"comment": made_by})
    else:
        # What every player has: 4:2:0, even numbers of pixels.
        extra = ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        writer = animation.FFMpegWriter(fps=fps, codec="h264", metadata={"comment": made_by}, extra_args=extra)
    try:
        with writer.saving(figure, str(part), dpi=_DPI):
            for done, n in enumerate(moments, start=1):
                image.set_data(value_of(trace, layer, n, what).astype(np.float64) / image.unit)
                title.set_text(f"after {n:,} updates")
                line.set_xdata([n, n])
                writer.grab_frame()
                listener(done, len(moments))
        part.replace(out)
    except (OSError, subprocess.CalledProcessError) as error:
        part.unlink(missing_ok=True)
        why = getattr(error, "strerror", None) or "ffmpeg failed"
        raise OutputError(f"{out}: cannot write ({why}); choose another folder, or a .gif") from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return len(moments)


def _set_up(trace: Trace, layer: int, what: str, moments: list[int]) -> tuple[Any, Any, Any, Any]:
    """A figure whose image, title and line then move."""
    device, words = trace.layout.device, quantities_of(trace)[what]
    in_siemens = what != "w" or siemens_of(trace)
    unit, prefix = unit_of(device.g_max) if in_siemens else (1.0, "")
    if what != "w":
        low, high, colours = device.g_min / unit, device.g_max / unit, "viridis"
    else:
        ends = [value_of(trace, layer, n, "w") for n in (moments[0], moments[len(moments) // 2], moments[-1])]
        limit = max(float(np.quantile(np.abs(w), 0.999)) for w in ends) / unit or 1.0
        low, high, colours = -limit, limit, SIGNED
    figure, (left, right) = pyplot().subplots(
        1, 2, figsize=(8.4, 4.2), layout="constrained", gridspec_kw={"width_ratios": (1.6, 1.0)}
    )
    rows, cols = trace.shapes[layer - 1]
    image = left.imshow(
        np.zeros((rows, cols)), aspect="auto", cmap=colours, vmin=low, vmax=high, interpolation="nearest"
    )
    image.unit = unit
    label = f"{words} ({prefix}S)" if in_siemens else f"{words} (no unit)"
    figure.colorbar(image, ax=left, label=label, extend="both" if what == "w" else "neither")
    left.set(xlabel="column", ylabel=f"row ({rows - 1} is the bias)" if trace.layout.array.bias else "row")
    title = left.set_title(f"after {moments[-1]:,} updates", fontsize=10)
    iteration, accuracy = trace.accuracy
    right.plot(iteration, 100.0 * accuracy, color=BLACK, lw=1.2, marker="." if len(iteration) < 60 else "")
    right.set(xlabel="updates", ylabel="test accuracy (%)", xlim=(0, max(trace.iterations_done, 1)))
    right.locator_params(axis="x", nbins=4)
    whole_numbers(right.xaxis)
    right.grid(alpha=0.3)
    line = right.axvline(moments[0], color="#D55E00", lw=1.2)
    headline(figure, f"Layer {layer}: {in_words(trace.layout, dataset=trace.provenance['dataset'])}", size=9.0)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # each picture as the one before: laying out takes longer than drawing
    return figure, image, title, line
