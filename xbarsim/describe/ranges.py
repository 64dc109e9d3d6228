"""Ranges of sense circuits of their own: one for each array, or for each column; as lists, or in a file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import LayoutError, shown

if TYPE_CHECKING:
    from .layout import Layout

_ADVICE = "give [[12.0], [8.0, 7.5, ...]], a list for each array, or a file of xbarsim calibrate"
_LARGEST = 1 << 26
"""Most bytes of a file of ranges."""


def ranges_of(where: str, given: Any) -> tuple[tuple[float, ...], ...]:
    """Ranges, in units of (Gmax - Gmin) V_read, from lists or from a file.

    Raises
    ------
    LayoutError
        If they are no lists of numbers above 0, or the file is none of `xbarsim calibrate`.
    """
    if isinstance(given, (str, Path)):
        where, given = f"{where}: {given}", _from_file(Path(given), f"{where}: {given}")
    if not isinstance(given, (list, tuple)) or not given:
        raise LayoutError(f"{where}: expected a list for each array, got {shown(given)}; {_ADVICE}")
    rows = []
    for row in given:
        own = row.tolist() if hasattr(row, "tolist") else row
        if not isinstance(own, (list, tuple)) or not own:
            raise LayoutError(f"{where}: expected a list of ranges for each array, got {shown(own)}; {_ADVICE}")
        for x in own:
            if isinstance(x, bool) or not isinstance(x, (int, float)) or not 1e-12 <= x <= 1e9:
                raise LayoutError(f"{where}: expected ranges of 1e-12 to 1e9, got {shown(x)}; {_ADVICE}")
        rows.append(tuple(float(x) for x in own))
    return tuple(rows)


def _from_file(path: Path, where: str) -> Any:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8")
        found = tomllib.loads(text)["sense"]["sense_ranges"]
    except OSError as error:
        raise LayoutError(f"{where}: expected a file of ranges, cannot read it ({error.strerror}); {_ADVICE}") from None
    except (ValueError, RecursionError, KeyError, TypeError):
        raise LayoutError(
            f"{where}: expected TOML with sense_ranges in its section [sense], got something else; {_ADVICE}"
        ) from None
    if isinstance(found, str):
        raise LayoutError(f"{where}: expected lists of numbers, got the name of a file; {_ADVICE}")
    return found


def check_ranges(layout: Layout) -> None:
    """Check that there is a list for each array, with one range or one for each column."""
    ranges, outputs = layout.sense.sense_ranges, [array.outputs for array in layout.network.arrays]
    if ranges is None or not layout.rule.has_devices(layout):
        return
    fits = len(ranges) == len(outputs) and all(len(r) in (1, n) for r, n in zip(ranges, outputs, strict=True))
    if not fits:
        raise LayoutError(
            f"sense.sense_ranges: expected {len(outputs)} lists, with 1 or {', '.join(map(str, outputs))} ranges, got "
            f"{len(ranges)} with {', '.join(str(len(r)) for r in ranges)}; calibrate this network, or give one for each"
        )
