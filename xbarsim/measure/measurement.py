"""A measurement: all its sweeps, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import formats as formats
from .trains import Sweep


@dataclass
class Measurement:
    """All sweeps of a measurement.

    Attributes
    ----------
    sweeps : list of Sweep
    tables : dict
        CrossSim jump tables by side: (g (bins,) S, cdf (points,), steps (points, bins) S).
    understood, warnings : list of str
        How the files were read, and what is odd about them.
    repeats : float, S
        Scatter of repeated reads of the same state; NaN if there were none.
    """

    sweeps: list[Sweep] = field(default_factory=list)
    tables: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)
    understood: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    repeats: float = float("nan")

    def of(self, side: int) -> list[Sweep]:
        """The sweeps of one polarity."""
        return [s for s in self.sweeps if s.side == side]

    @property
    def devices(self) -> list[str]:
        """Names of all devices, in the order of the file."""
        return list(dict.fromkeys(s.device for s in self.sweeps))
