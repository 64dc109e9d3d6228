"""A crossbar in short, as it shows itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.shown import Rows

if TYPE_CHECKING:
    from .crossbar import Crossbar


def crossbar_in_short(crossbar: Crossbar) -> str:
    """Its device, its size, and how it is pulsed."""
    return f"Crossbar({crossbar.device!r}, {crossbar.shape}, method='{crossbar.method}', routing='{crossbar.routing}')"


def crossbar_rows(crossbar: Crossbar) -> Rows:
    """The same, and what the devices conduct now, S."""
    sides = {"G+": crossbar.g_plus, "G-": crossbar.g_minus}
    rows, cols = crossbar.shape
    return "Crossbar", [
        ("pairs", f"{rows} rows x {cols} columns"),
        ("device", repr(crossbar.device)),
        ("method, routing", f"{crossbar.method}, {crossbar.routing}"),
        ("wires", repr(crossbar.wires)),
        *((f"{name} (S)", f"{g.min():.4g} to {g.max():.4g}, mean {g.mean():.4g}") for name, g in sides.items()),
    ]
