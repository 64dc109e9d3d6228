"""A fitted device, and what was found out about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .side import SideFit


@dataclass
class Fit:
    """A fitted device.

    Attributes
    ----------
    law : str
    sides : dict
        `SideFit` by +1 and -1; one may be missing.
    aic : dict
        Law to AIC summed over polarities; differences count.
    device, variation, source : dict
        Sections of the device file.
    table : bool
        Whether the device is a jump table.
    warnings : list of str
    """

    law: str
    sides: dict[int, SideFit]
    aic: dict[str, float]
    device: dict[str, Any] = field(default_factory=dict)
    variation: dict[str, float] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)
    table: bool = False
    warnings: list[str] = field(default_factory=list)
    devices: int = 1
