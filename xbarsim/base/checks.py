"""Checks shared by all descriptions: a value is what it should be, or the error says where and why not."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import LayoutError, nearest, shown


def number(
    where: str, value: Any, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> float:
    """A finite float, optionally ``> above``, ``>= least``, ``<= most``."""
    # NumPy scalars register as numbers; importing NumPy just to name its types would slow the command line.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise LayoutError(f"{where}: expected a number, got {shown(value)}; give a plain number")
    try:
        x = float(value)
    except OverflowError:
        x = math.inf
    if not math.isfinite(x):
        raise LayoutError(f"{where}: expected a finite number, got {shown(value)}; give a plain number")
    if above is not None and not x > above:
        raise LayoutError(f"{where}: expected a number > {above:g}, got {x:g}; choose a larger value")
    if least is not None and not x >= least:
        raise LayoutError(f"{where}: expected a number >= {least:g}, got {x:g}; choose a larger value")
    if most is not None and not x <= most:
        raise LayoutError(f"{where}: expected a number <= {most:g}, got {x:g}; choose a smaller value")
    return x


def integer(where: str, value: Any, *, least: int | None = None, most: int | None = None) -> int:
    """A whole number, optionally ``>= least`` and ``<= most``; 3.0 is not one, so that a typing error shows."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise LayoutError(f"{where}: expected a whole number, got {shown(value)}; give digits only")
    try:
        n = operator.index(value)
    except TypeError:  # an array of several
        raise LayoutError(f"{where}: expected a whole number, got {shown(value)}; give digits only") from None
    if least is not None and n < least:
        raise LayoutError(f"{where}: expected a whole number >= {least}, got {shown(n)}; choose a larger value")
    if most is not None and n > most:
        raise LayoutError(f"{where}: expected a whole number <= {most}, got {shown(n)}; choose a smaller value")
    return n


def choice(where: str, value: Any, known: Iterable[str], meant: Mapping[str, str] | None = None) -> str:
    """One of the known names; of a word that stands for one (`meant`) the error names that."""
    names = list(known)
    if not isinstance(value, str) or value not in names:
        raise LayoutError(f"{where}: unknown name {shown(value)}; {nearest(str(value), names, meant=meant)}")
    return value


def flag(where: str, value: Any) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise LayoutError(f"{where}: expected true or false, got {shown(value)}; write true or false")
    return value
