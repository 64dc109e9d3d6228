"""Devices that are not ohmic, in a netlist: a function iv(x), and a current source for each device.

``iv`` gives the voltage at which an ohmic device has the current that this one has at x, both in V; a device of R Ohm
at the read voltage is ``bg_... i={iv(v(a,b))/R}``. A table is a sum of magnitudes, so that both programs know it: at
each of its points the slope changes by so much, on both sides of 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..base.errors import LayoutError
from ..describe.fields import keys_of, names_in
from ..describe.iv import IV

OPTIONS = ".options reltol=1e-10 abstol=1e-18 vntol=1e-13 itl1=500 itl2=500"
"""A circuit that is not linear is solved as nearly as these say; ngspice's own are a thousandth."""

_DEVICE = re.compile(r"i=\{iv\(v\((\w+),(\w+)\)\)/([^{}()]+)\}")


def statements(iv: IV, v_read: float) -> list[str]:
    """Lines before the elements; none of ohmic devices."""
    return [] if iv.ohmic else [f".func iv(x) {{{_formula(iv, v_read)}}}", OPTIONS]


def _formula(iv: IV, v_read: float) -> str:
    if iv.iv == "sinh":
        assert iv.iv_scale is not None
        return f"{v_read!r}*sinh(x/{iv.iv_scale!r})/sinh({v_read!r}/{iv.iv_scale!r})"
    volts = [0.0, *(v for v, _ in iv.iv_points or ())]
    values = [iv.effective(v, v_read) for v in volts]
    slopes = [(b - a) / (w - v) for a, b, v, w in zip(values, values[1:], volts, volts[1:], strict=False)]
    parts = [f"{slopes[0]!r}*x"]
    for v, before, after in zip(volts[1:], slopes, slopes[1:], strict=False):
        parts.append(f"({after - before!r})*(x+(abs(x-{v!r})-abs(x+{v!r}))/2)")
    return "+".join(parts)


def device_line(name: str, a: str, b: str, ohm: float) -> str:
    """The element of a device; its name begins with b, for a source whose current is a formula."""
    return f"b{name[1:]} {a} {b} i={{iv(v({a},{b}))/{ohm!r}}}"


def ohm_of(words: list[str]) -> str | None:
    """The Ohm of such an element, as text, from its four words; None if it is none."""
    found = _DEVICE.fullmatch(words[3])
    return found[3] if found and (found[1], found[2]) == (words[1], words[2]) else None


def as_table(iv: IV) -> dict[str, Any]:
    """For the comments of a netlist."""
    values = {key.toml(name): getattr(iv, name) for name, key in keys_of(IV).items()}
    return {
        name: [list(pair) for pair in x] if isinstance(x, tuple) else x for name, x in values.items() if x is not None
    }


def from_table(given: Any) -> IV:
    """What `as_table` gave; no file is read."""
    names = names_in(IV)
    if not isinstance(given, Mapping) or not set(given) <= set(names) or isinstance(given.get("iv_points"), str):
        raise LayoutError(f"iv: expected a section with {', '.join(keys_of(IV))}, got {given!r}; write it anew")
    return IV(**{names[key]: value for key, value in given.items()})
