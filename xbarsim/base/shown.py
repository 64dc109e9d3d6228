"""How objects show themselves: a line in a terminal, a table in a notebook."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

_Class = TypeVar("_Class", bound=type)
Rows = tuple[str, Iterable[tuple[str, object]]]
"""A title, and names with their values."""


def presented(short: Callable[[Any], str], rows: Callable[[Any], Rows]) -> Callable[[_Class], _Class]:
    """Give a class a plain and short ``repr``, and a table for notebooks (``_repr_html_``).

    Parameters
    ----------
    short : callable
        The line; it is cut after 300 letters.
    rows : callable
        What stands in the table. It may fail, of a file that was closed, say: then there is the line alone.

    Examples
    --------
    >>> class Point:
    ...     x = 1
    >>> Point = presented(lambda p: f"Point({p.x})", lambda p: ("Point", [("x", "<1>")]))(Point)
    >>> Point()
    Point(1)
    >>> "&lt;1&gt;" in Point()._repr_html_()
    True
    """

    def line(self: Any) -> str:
        text = short(self)
        return text if len(text) <= 300 else f"{text[:296]} ...)"

    def table(self: Any) -> str:
        try:
            return table_of(*rows(self))
        except Exception:  # noqa: BLE001 - what shows itself must not stop a notebook
            return f"<code>{html.escape(line(self))}</code>"

    def dress(what: _Class) -> _Class:
        what.__repr__ = line  # type: ignore[method-assign, assignment]
        what._repr_html_ = table  # type: ignore[attr-defined]
        return what

    return dress


def table_of(title: str, rows: Iterable[tuple[str, object]]) -> str:
    """An HTML table that needs no style sheet and no script; what stands in it is escaped."""
    cells = "".join(
        f'<tr><th style="text-align:left;font-weight:600">{html.escape(name)}</th>'
        f'<td style="text-align:left">{html.escape(str(value))}</td></tr>'
        for name, value in rows
    )
    caption = f'<caption style="text-align:left;font-weight:600">{html.escape(title)}</caption>'
    return f"<table>{caption}<tbody>{cells}</tbody></table>"


def written(value: object) -> str:
    """A value as Python has it; of long tuples only how many there are."""
    if isinstance(value, tuple) and len(value) > 8:
        return f"({len(value)} values)"
    return repr(value)


def duration(seconds: float) -> str:
    """A time that was guessed, in as few figures as it deserves.

    >>> [duration(s) for s in (0.2, 47.0, 130.0, 4000.0, 200_000.0)]
    ['1 s', '47 s', '2 min', '1 h 7 min', '2 d 8 h']
    """
    if seconds < 120.0:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60.0)
    if minutes < 120:
        return f"{minutes} min" if minutes < 60 else f"1 h {minutes - 60} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 24 else f"{hours // 24} d {hours % 24} h"
