"""A measurement: all its sweeps, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..base.errors import DataError
from .numbers import MOST_STATES
from .trains import NAMES, Sweep


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
        Scatter of repeated reads of the same state about their mean; NaN if there were none.
    degrees : int
        Repeated reads beyond the first of each state, over which `repeats` is pooled.
    """

    sweeps: list[Sweep] = field(default_factory=list)
    tables: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)
    understood: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    repeats: float = float("nan")
    degrees: int = 0

    def of(self, side: int) -> list[Sweep]:
        """The sweeps of one polarity."""
        return [s for s in self.sweeps if s.side == side]

    @property
    def devices(self) -> list[str]:
        """Names of all devices, in the order of the file."""
        return list(dict.fromkeys(s.device for s in self.sweeps))

    def add_repeats(self, squares: float, degrees: int) -> None:
        """Pool the scatter of more repeated reads: squares about their means, S2, and how many are beyond the first."""
        if degrees:
            before = self.repeats**2 * self.degrees if self.degrees else 0.0
            self.degrees += degrees
            self.repeats = float(np.sqrt((before + squares) / self.degrees))

    def add(self, sweeps: list[Sweep], where: str) -> list[Sweep]:
        """Keep the sweeps that have two reads or more; returns these.

        Raises
        ------
        DataError
            If all together have too many pulses.
        """
        kept = [s for s in sweeps if np.isfinite(s.g).sum() > 1]
        self.sweeps += kept
        if sum(len(s.g) for s in self.sweeps) > MOST_STATES:
            raise DataError(
                f"{where}: expected at most {MOST_STATES:,} pulses in all trains together, got more; leave out trains "
                "or devices, or check the pulse numbers"
            )
        return kept


def tell_sweeps(sweeps: list[Sweep]) -> str:
    """How many trains, pulses and reads there are.

    >>> tell_sweeps([Sweep(np.array([1.0, np.nan, 3.0]), 1, counts=np.array([2, 0, 1]))])
    'potentiation: 1 train of 2 pulses, 3 reads (1 of 3 states not read, 1 read averaged with others)'
    """
    parts = []
    for side, name in NAMES.items():
        own = [s for s in sweeps if s.side == side]
        if not own:
            continue
        pulses = sorted({len(s.g) - 1 for s in own})
        states, seen = sum(len(s.g) for s in own), sum(int(np.isfinite(s.g).sum()) for s in own)
        reads = sum(s.reads for s in own)
        odd = []
        if seen < states:
            odd.append(f"{states - seen:,} of {states:,} states not read")
        if reads > seen:
            odd.append(f"{reads - seen:,} read{'s' if reads - seen > 1 else ''} averaged with others")
        parts.append(
            f"{name}: {_many(len(own), 'train')} of {_range(pulses)} pulses, {_many(reads, 'read')}"
            + (f" ({', '.join(odd)})" if odd else "")
        )
    return "; ".join(parts) if parts else "no trains"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _range(values: list[int]) -> str:
    return f"{values[0]:,}" if len(values) == 1 else f"{values[0]:,} to {values[-1]:,}"
