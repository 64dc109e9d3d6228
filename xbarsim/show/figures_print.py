"""Pictures as a paper prints them: as wide as a column, with text that can still be read, and in other formats beside.

A picture is drawn as for a screen, and then fitted: text shrinks less than panels do, ticks become fewer, titles break.
"""

from __future__ import annotations

import contextlib
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple

from ..base.errors import LayoutError
from ..base.notes import note

COLUMNS = {"single": 84.0, "double": 174.0}
"""mm: what fits the columns of Springer (84, 174), Elsevier (90, 190), IEEE (88, 181) and Nature (89, 183)."""

LEAST, MOST = 40.0, 400.0
"""mm: narrowest and widest."""

SMALLEST = 5.0
"""Points of the smallest text: what journals ask for, at least."""

_MM = 25.4
_SHRINK = (0.7, 0.6, 0.5)  # text, lines and markers, of what they are on a screen; the first that has room
_LETTER = 0.54  # width of a letter, of its height
_NARROW = 110.0  # points: a panel of fewer has no room for two numbers on its axis, on a screen


class Printed(NamedTuple):
    """How pictures are written.

    Attributes
    ----------
    width : float, optional
        mm; None: as drawn for a screen.
    also : tuple of str
        Other formats that are written beside, ``pdf`` or ``svg``.
    """

    width: float | None = None
    also: tuple[str, ...] = ()

    @property
    def dpi(self) -> int:
        """Of pictures made of pixels."""
        return 130 if self.width is None else 300


_NOW: ContextVar[Printed | None] = ContextVar("printed", default=None)


def now() -> Printed:
    """How pictures are written now."""
    return _NOW.get() or Printed()


@contextlib.contextmanager
def printed(width: str | float | None = None, also: Iterable[str] = ()) -> Iterator[None]:
    """While this lasts pictures are written so wide, and in other formats, too.

    Parameters
    ----------
    width : str or float, optional
        ``single`` or ``double``, a column or both; or mm.
    also : iterable of str
        ``pdf``, ``svg`` or ``png``.
    """
    formats = tuple(also)
    for each in formats:
        if each not in ("pdf", "svg", "png"):
            raise LayoutError(f"--also: expected pdf, svg or png, got '{each}'; give for example --also pdf,svg")
    before = _NOW.set(Printed(None if width is None else in_mm(width), formats))
    try:
        yield
    finally:
        _NOW.reset(before)


def in_mm(width: str | float) -> float:
    """A width in mm.

    >>> in_mm("single"), in_mm("120mm"), in_mm(90)
    (84.0, 120.0, 90.0)
    """
    if isinstance(width, str) and width in COLUMNS:
        return COLUMNS[width]
    try:
        mm = float(str(width).removesuffix("mm"))
    except ValueError:
        mm = float("nan")
    if not LEAST <= mm <= MOST:
        known = ", ".join(f"{name} ({size:g} mm)" for name, size in COLUMNS.items())
        raise LayoutError(f"--width: expected {known}, or {LEAST:g} to {MOST:g} mm, got '{width}'; give --width double")
    return mm


def fit(figure: Any, mm: float, name: str) -> None:
    """Make a figure so wide, or as narrow as it can be and still be read, which is told.

    Text shrinks less than panels do, as far as there is room.
    """
    wide, tall = figure.get_size_inches()
    if mm / _MM >= wide:
        figure.set_size_inches(mm / _MM, tall * mm / _MM / wide)
        return
    texts = [(a, a.get_fontsize()) for a in figure.findobj(lambda a: hasattr(a, "set_fontsize"))]
    lines = figure.findobj(lambda a: hasattr(a, "set_markersize"))
    strokes = [(a, a.get_linewidth(), a.get_markersize()) for a in lines]
    if figure.get_layout_engine() is None:  # all of it has a place of its own: it shrinks as a whole
        _shrink(texts, strokes, mm / _MM / wide, 0.0)
        figure.set_size_inches(mm / _MM, tall * mm / _MM / wide)
        least = min(artist.get_fontsize() for artist, _ in texts)
        if least < SMALLEST:
            note(f"{name}: at {mm:g} mm its smallest text has {least:.1f} points; --width double is better")
        return
    titles = _titles(figure)

    def has_room(by: float, text: float) -> bool:
        figure.set_size_inches(by * wide, tall * (by + text) / 2.0)
        _shrink(texts, strokes, text, SMALLEST)
        return _settle(figure, text, titles)

    by, least = mm / _MM / wide, _SHRINK[-1]
    while by < 1.0 and not has_room(by, max(by, least)):
        by *= 1.2
    by = min(by, 1.0)
    if not any(has_room(by, text) for text in _SHRINK[:-1] if text > by):
        has_room(by, max(by, least))
    if by * wide * _MM > 1.001 * mm:
        note(f"{name}: made {by * wide * _MM:.0f} mm wide, not {mm:g}: its panels would be too narrow")


def _shrink(texts: list[tuple[Any, float]], strokes: list[tuple[Any, float, float]], by: float, least: float) -> None:
    for artist, size in texts:
        artist.set_fontsize(max(least, by * size))
    for artist, line, marker in strokes:
        artist.set_linewidth(by * line)
        artist.set_markersize(by * marker)


def _titles(figure: Any) -> list[tuple[Any, str, Any]]:
    """Titles, what they say, and the panel that each stands over; None: the whole figure."""
    found = [(axes.title, axes.title.get_text(), axes) for axes in figure.axes]
    for part in (figure, *figure.subfigs):
        found += [(title, title.get_text(), None) for title in (part._suptitle, part._supxlabel) if title is not None]
    return found


def _settle(figure: Any, text: float, titles: list[tuple[Any, str, Any]]) -> bool:
    """Lay a figure out anew; whether all of it has room."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.draw_without_rendering()  # how wide panels are
        for axes in figure.axes:
            _fewer_ticks(axes, _points(axes), text)
        for title, words, over in titles:
            _break(title, words, figure.get_size_inches()[0] * 72.0 if over is None else _points(over))
        figure.draw_without_rendering()
    if any("collapsed" in str(warning.message) for warning in caught):
        return False
    shown = [axes for axes in figure.axes if axes.axison]
    wide = figure.bbox.width
    beside = any(not -1.0 <= box.x0 <= box.x1 <= wide + 1.0 for box in (x.get_window_extent() for x in figure.legends))
    return not beside and not any(_is_crowded(axes, text) for axes in shown)


def _is_crowded(axes: Any, text: float) -> bool:
    """Whether a panel is too narrow for what stands at it: its labels, its numbers, its legend."""
    panel, legend = axes.get_window_extent(), axes.get_legend()
    if axes.get_xlabel() and _points(axes) < _NARROW * text:
        return True
    if legend is not None and legend.get_window_extent().width > panel.width:
        return True
    found = [
        [x.get_window_extent() for x in axis.get_ticklabels() if x.get_text()] for axis in (axes.xaxis, axes.yaxis)
    ]
    across = [box for box in found[0] if panel.x0 - 1.0 <= (box.x0 + box.x1) / 2.0 <= panel.x1 + 1.0]
    down = [box for box in found[1] if panel.y0 - 1.0 <= (box.y0 + box.y1) / 2.0 <= panel.y1 + 1.0]
    names = axes.xaxis.label.get_window_extent().width > 1.1 * panel.width
    numbers = sum(box.width for box in across) > 1.1 * panel.width
    return bool(names or numbers or sum(box.height for box in down) > 1.2 * panel.height)


def _points(axes: Any) -> float:
    """How wide a panel is, points."""
    wide: float = axes.get_window_extent().width / axes.get_figure(root=True).dpi * 72.0
    return wide


def _fewer_ticks(axes: Any, points: float, text: float) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        labels = axis.get_ticklabels()
        if labels:  # those that come later are like these
            axis.set_tick_params(labelsize=labels[0].get_fontsize(), length=3.5 * text, width=0.8 * text)
    if axes.get_xscale() == "linear" and type(axes.xaxis.get_major_locator()).__name__ == "AutoLocator":
        axes.locator_params(axis="x", nbins=max(2, int(points / (55.0 * text))))


def _break(title: Any, words: str, points: float) -> None:
    letters = max(10, int(points / (_LETTER * title.get_fontsize())))
    if words:
        title.set_text("\n".join(textwrap.wrap(words.replace("\n", " "), letters)))
