"""Pictures of weights that were trained elsewhere, and of devices that were written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures_style import BLACK, DOWN, GREY, UP, check_picture, headline, pyplot, save, unit_of

if TYPE_CHECKING:
    from ..after.imported import Import
    from ..after.programmed import Programmed, Side

_MOST_POINTS = 4000
"""Devices of an array that are drawn as points."""


def plot_weights(found: Import, out: Path | None, *, force: bool = False) -> Any:
    """Weights of every layer as the array has them, with what a full W stands for."""
    check_picture(out, force=force)
    n = len(found.layers)
    figure = pyplot().figure(figsize=(1.0 + 3.2 * n, 3.4), layout="constrained")
    for k, (ax, m) in enumerate(zip(np.atleast_1d(figure.subplots(1, n)), found.layers, strict=True)):
        w = found.state.float_weights(k)
        ax.hist(w.ravel(), bins=80, color=DOWN, log=True)
        for end in (-m.scale, m.scale):
            ax.axvline(end, color=BLACK, ls="--", lw=1.0)
        ax.set_title(f"{m.name}: {m.inputs} x {m.outputs}, {m.clipped:,} clipped", fontsize=9)
        ax.set_xlabel("weight; dashed: a full W")
        ax.set_ylabel("weights" if k == 0 else "")
    accuracy = "" if found.accuracy is None else f", test accuracy {100 * found.accuracy:.2f} %"
    headline(figure, f"Weights that were trained elsewhere, as ideal targets{accuracy}")
    return save(figure, out, {})


def _every(side: Side) -> int:
    """One of how many devices is drawn as a point."""
    return max(1, side.error.size // _MOST_POINTS)


def plot_programmed(found: Programmed, out: Path | None, *, force: bool = False) -> Any:
    """Distribution of the errors of every array, and errors over targets.

    Parameters
    ----------
    found : Programmed
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    """
    check_picture(out, force=force)
    places = sorted({(s.layer, s.digit) for s in found.sides})
    unit, prefix = unit_of(max(float(s.found.max()) for s in found.sides) or found.span)
    figure = pyplot().figure(figsize=(1.2 + 3.3 * max(2, len(places)), 6.2), layout="constrained")
    axes = np.reshape(figure.subplots(2, len(places)), (2, len(places)))
    looks = found.settings.how == "write-verify"  # nothing else has a tolerance that acts
    tolerance = 100.0 * found.settings.tolerance if looks else 0.0
    for column, (layer, digit) in enumerate(places):
        top, bottom = axes[:, column]
        sides = [s for s in found.sides if (s.layer, s.digit) == (layer, digit)]
        errors = np.concatenate([s.error.ravel() for s in sides]) / found.span * 100.0
        reach = max(float(np.abs(errors).max()), tolerance, 1e-6)
        top.hist(errors, bins=np.linspace(-reach, reach, 81), color=GREY, log=True)
        drawn = sum(s.error.ravel()[:: _every(s)].size for s in sides)
        name = f"layer {layer}" + (f", digit {digit}" if digit else "")
        said = f"99 % within {np.quantile(np.abs(errors), 0.99):.3g} %"
        if looks:
            said = f"{sum(int((~s.there).sum()) for s in sides):,} never got there"
        top.set_title(f"{name}: {len(errors):,} devices, {said}", fontsize=9)
        for s in sides:
            every = _every(s)
            x, y = s.target.ravel()[::every] / unit, s.error.ravel()[::every] / found.span * 100.0
            colour, marker = (DOWN, "v") if s.side else (UP, "^")
            bottom.plot(x, y, marker, ms=2, color=colour, alpha=0.4, label="G-" if s.side else "G+", rasterized=True)
        for end in (-tolerance, tolerance) if looks else ():
            top.axvline(end, color=BLACK, ls="--", lw=1.0)
            bottom.axhline(end, color=BLACK, ls="--", lw=1.0)
        top.set_xlabel("error (% of Gmax - Gmin)")
        bottom.set_xlabel(f"target ({prefix}S)")
        if drawn < len(errors):
            bottom.set_title(f"a sample: {drawn:,} of {len(errors):,} devices", fontsize=9)
        if column == 0:
            top.set_ylabel("devices")
            bottom.set_ylabel("error (% of Gmax - Gmin)")
            bottom.legend(fontsize=8, markerscale=2)
    accuracy = "" if found.accuracy is None else f"; test accuracy {100 * found.accuracy:.2f} %"
    dashed = f"; dashed: the tolerance, {tolerance:g} %" if looks else ""
    headline(figure, f"{found.settings.words}{accuracy}{dashed}")
    return save(figure, out, {})
