"""Numbers as text: what a column is called says what is in it."""

from __future__ import annotations

import math
from typing import Any

from ..show.report import joules, percent

_FRACTIONS = ("accuracy", "gained", "lost")
_LONG = 300


def short(value: object, most: int = _LONG) -> str:
    """A text that is not longer than a page bears."""
    text = str(value).encode("utf-8", "replace").decode()  # half a letter cannot be drawn
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def number_in(text: object) -> float | None:
    """The number that a text is, if it is one."""
    if isinstance(text, bool):
        return None
    try:
        value = float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def cell(name: str, value: object) -> str:
    """A cell of a column.

    >>> cell("accuracy_mean", "0.9512"), cell("pulses", "1200000"), cell("energy_J", 2.5e-6), cell("rule", "b")
    ('95.12 %', '1,200,000', '2.5 uJ', 'b')
    """
    number = number_in(value)
    if number is None:
        return "" if value is None else short(value)
    if any(name.startswith(each) for each in _FRACTIONS) and abs(number) <= 1.0:
        return percent(number)
    if name.endswith("_J"):
        return joules(number)
    if float(number).is_integer() and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:.4g}"


def head(name: str) -> str:
    """The head of a column.

    >>> head("accuracy_mean"), head("energy_J")
    ('accuracy mean', 'energy')
    """
    return short(name.removesuffix("_J").replace("_", " "), 60)


def seconds(value: Any) -> str:
    """A time, s."""
    number = number_in(value)
    return "" if number is None else f"{number:,.1f} s" if number < 1e4 else f"{number / 3600.0:,.1f} h"
