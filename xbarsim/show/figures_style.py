"""What all pictures share: Matplotlib itself, colours, units, titles that say what was run, and how a file is written.

Colours are Okabe and Ito's, told apart by all kinds of eyes; where several lines lie in one picture their markers or
strokes differ, too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..base.errors import OutputError, XbarsimError
from ..base.files import is_folder, is_there
from . import figures_print

SUFFIXES = (".png", ".pdf", ".svg")
UP, DOWN, BLACK, GREY = "#D55E00", "#0072B2", "#000000", "#999999"
"""Potentiation and G+; depression and G-; W; what is only a background."""
SIGNED = "PuOr_r"
"""Colour map of what has a sign, W above all, in every picture: above 0 orange, as G+ and potentiation; below 0 violet,
as G- and depression; 0 is white, and both ends are equally far from it."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D1F")
MARKERS = "osD^vP*X"

_VECTORS = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "xbarsim"}
"""Fonts are embedded as TrueType, which journals take, and in SVG text can be edited and searched."""


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


def check_picture(out: Path | None, *, force: bool, flag: str = "name") -> None:
    """Refuse a picture that could not be written, before the work is done; `flag` is what the user gave it by.

    None is a figure that is only handed on.
    """
    if out is None:
        return
    if out.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{out}: expected a name that ends in {', '.join(SUFFIXES)}; rename it")
    if is_there(out) and not force:
        raise OutputError(f"{out}: exists already and is not overwritten; choose another {flag}, or add --force")
    if not is_folder(out.parent):
        raise OutputError(f"{out}: its folder does not exist; create {out.parent} or choose another {flag}")


def save(figure: Any, out: Path | None, metadata: dict[str, str]) -> Any:
    """Write a picture, all or nothing, if it has a name; returns the figure.

    It is as wide, and in as many formats, as `figures_print.printed` says. Text stays text in files of vectors, and
    the same picture is the same file.
    """
    if out is None:
        return figure
    how = figures_print.now()
    if how.width is not None:
        figures_print.fit(figure, how.width, out.name)
    for path in dict.fromkeys((out, *(out.with_suffix(f".{each}") for each in how.also))):
        part = path.with_name(f".{path.stem}.part{path.suffix}")
        said = metadata if path == out else {}
        try:
            with pyplot().matplotlib.rc_context(_VECTORS):
                figure.savefig(part, dpi=how.dpi, metadata=said)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise OutputError(f"{path}: cannot write ({error.strerror}); choose another folder") from None
    return figure


def headline(figure: Any, text: str, *, size: float = 10.5) -> None:
    """A title over the whole figure, in as many lines as its width asks for."""
    wide = int(figure.get_size_inches()[0] * 72.0 / (0.54 * size))  # a letter is about half as wide as high
    kept = text.replace("seed ", "seed\u00a0")  # its number is not alone on a line
    figure.suptitle("\n".join(textwrap.wrap(kept, wide)) or kept, fontsize=size)


def caption(figure: Any, text: str, *, size: float = 8.5) -> None:
    """A line below a figure that explains its bands and signs."""
    wide = int(figure.get_size_inches()[0] * 72.0 / (0.54 * size))
    figure.supxlabel("\n".join(textwrap.wrap(text, wide)), fontsize=size, color="#444444")


ONE_SEED = "One seed: no verdict; a second one may differ by as much."
"""What a picture says of runs of which nobody knows the scatter."""


def mark_short(axes: Iterable[Any], short: str) -> None:
    """Write over panels that their runs fall short of what they reproduce, and so prove nothing; "": not at all."""
    for ax in axes if short else ():
        words = f"{short}:\nno verdict".replace(", ", ",\n")
        place = {"transform": ax.transAxes, "ha": "center", "va": "center", "zorder": 5}
        ax.text(0.5, 0.5, words, **place, fontsize=15, color="#777777", alpha=0.5)


class Ranged(Protocol):
    """Accuracies with their mean and range, as fractions."""

    @property
    def mean(self) -> float:
        """Mean."""

    @property
    def least(self) -> float:
        """Smallest."""

    @property
    def most(self) -> float:
        """Largest."""


def bars_of(rows: Iterable[Ranged]) -> np.ndarray:
    """Lengths of error bars below and above the means, in %: (2, rows).

    A mean of equal numbers may lie beside them by the last bit, which is no bar of negative length.
    """
    ranges = np.array([(r.mean - r.least, r.most - r.mean) for r in rows])
    return np.maximum(100.0 * ranges.T, 0.0)


def whole_numbers(*axes: Any) -> None:
    """Thousands on axes of counts with commas, as in the text: 60,000."""
    for axis in axes:
        axis.set_major_formatter("{x:,.0f}")


def accuracies(ax: Any) -> None:
    """Let an axis of accuracies, %, that all lie together end where there are none: below 0 and above 100."""
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, -2.0), min(high, 102.0))


def unit_of(g: float) -> tuple[float, str]:
    """A factor and an SI prefix under which a conductance is a number of one to three digits."""
    for factor, prefix in ((1e-12, "p"), (1e-9, "n"), (1e-6, "µ"), (1e-3, "m")):
        if abs(g) < 1000 * factor:
            return factor, prefix
    return 1.0, ""


def shades(n: int) -> np.ndarray:
    """Opacities from the first of `n` moments, the palest, to the last."""
    return np.linspace(0.3, 1.0, n) if n > 1 else np.ones(n)
