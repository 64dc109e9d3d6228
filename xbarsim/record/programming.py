"""What a run file says of how its devices were programmed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import TraceError
from ..describe.device import Device
from .checked import Checked

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


def devices_of(
    file: Checked, group: str, shape: tuple[int, int], outcome: Mapping[str, Any], device: Device
) -> dict[str, np.ndarray]:
    """What became of every programmed device of a layer, (rows, cols) each, by name; see `name_of`.

    Parameters
    ----------
    file : Checked
    group : str
        Of the layer.
    shape : (rows, cols)
    outcome : mapping
        See `programming_of`.
    device : Device

    Raises
    ------
    TraceError
        If something is missing, or nothing that was ever programmed.
    """
    # A target may lie where no device conducts, but not farther off than the largest error says.
    beyond = outcome.get("largest_error", 0.0) * device.span
    bounds: dict[str, dict[str, Any]] = {
        "target": {"kinds": "f", "least": -beyond - 1e-6 * (device.g_max + beyond)},
        "reads": {"kinds": "iu", "least": 0, "most": outcome.get("reads")},
        "there": {"kinds": "iu", "least": 0, "most": 1},
    }
    found = {}
    names = file.listed(group)
    if not names:
        file.damaged(f"{group}, what it lists", "names of arrays", "nothing")
    for name in names:
        what = name.partition("_")[0]
        if what not in bounds:
            file.damaged(f"{group}, what it lists", f"names of {', '.join(OF_DEVICE)}", repr(name))
        found[name] = file.array(f"{group}/{name}", shape=shape, **bounds[what])
    return found


def _is_number(value: Any) -> bool:
    """Whether it is a number of 0 or more that a float can hold; no flag, and not infinite."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e300
