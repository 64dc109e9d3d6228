"""What a run file says of how its devices were programmed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import TraceError

SETTINGS, OUTCOME = "programming", "programming_outcome"
"""Texts of the configuration, in JSON."""

OF_DEVICE = {
    "target": ("S", "what the device was to conduct"),
    "reads": ("1", "reads of the device while it was written"),
    "there": ("1", "1: it got within the tolerance"),
}
"""What a file keeps of every programmed device, beside its pulses and resets: units, and what it is."""


def name_of(what: str, side: int, digit: int) -> str:
    """The name of such an array, as those of counts are: ``target_plus``, of other digits ``target_plus_1``."""
    return f"{what}_{'minus' if side else 'plus'}" + (f"_{digit}" if digit else "")


_COUNTED = ("devices", "pulses", "resets", "reads", "missed", "rms_error", "largest_error", "tolerance")
_MEASURED = ("energy_pulses_J", "energy_reads_J", "seconds", "seconds_rows")  # None of an outcome that was drawn


def programming_of(provenance: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Settings and outcome by name, errors as parts of the range; empty where nothing was programmed, or by a version
    that kept no outcome.

    Raises
    ------
    TraceError
        If what stands there is no such thing.
    """
    if SETTINGS not in provenance or OUTCOME not in provenance:
        return {}
    try:
        found = {**json.loads(str(provenance[SETTINGS])), **json.loads(str(provenance[OUTCOME]))}
        good = all(_is_number(found[name]) for name in _COUNTED) and found["missed"] <= found["devices"]
        good = good and all(found[name] is None or _is_number(found[name]) for name in _MEASURED)
        good = good and len({found[name] is None for name in _MEASURED}) == 1
    except (ValueError, TypeError, KeyError, RecursionError):
        good = False
    if not good:
        raise TraceError(f"{path} {OUTCOME}: expected numbers in JSON, got a damaged text; program the devices anew")
    return found


def _is_number(value: Any) -> bool:
    """Whether it is a number of 0 or more that a float can hold; no flag, and not infinite."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e300
