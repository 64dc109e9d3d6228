"""One polarity of a measurement: its reads as a matrix, ready to be fitted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..base.errors import DataError
from . import model as fit_model
from .measurement import Measurement
from .model import Reads
from .noises import thin
from .trains import Sweep

FEWEST = 5
"""Fewest pulses, of those that were read after, that a curvature can be seen in."""
NAMES = {1: "potentiation", -1: "depression"}


@dataclass
class SideData:
    """Reads of one polarity, ready to be fitted.

    Attributes
    ----------
    raw : (trains, columns), S
        NaN where there is no read, bad reads left out.
    pulses : (columns,)
        Pulse numbers of the columns, rising from 0.
    counts : (trains, columns)
        How many reads each is the mean of.
    origin : int
        Pulses before the first read, which is the start.
    reads : Reads
        Those that are fitted, rising from about 0 to about 1: (G - zero) / unit.
    zero, unit : float, S
        `unit` is negative for depression.
    """

    side: int
    raw: np.ndarray
    pulses: np.ndarray
    counts: np.ndarray
    origin: int
    reads: Reads
    zero: float = 0.0
    unit: float = 1.0
    warnings: list[str] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """Reads, each of them counted."""
        return int(self.counts[np.isfinite(self.raw)].sum())


def few(measured: Measurement, side: int) -> int:
    """Pulses after which there are reads in the longest train of a polarity; `FEWEST` are needed for a law."""
    return max((int(np.isfinite(s.g).sum()) - 1 for s in measured.of(side)), default=0)


def gathered(sweeps: list[Sweep]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reads of trains at the pulse numbers that were read after: (trains, columns) S, their counts, and (columns,)."""
    at = [np.flatnonzero(np.isfinite(s.g)) for s in sweeps]
    pulses = np.unique(np.concatenate(at)) if at else np.empty(0, int)
    raw, counts = np.full((len(sweeps), len(pulses)), np.nan), np.zeros((len(sweeps), len(pulses)))
    for row, (s, where) in enumerate(zip(sweeps, at, strict=True)):
        columns = np.searchsorted(pulses, where)
        raw[row, columns] = s.g[where]
        counts[row, columns] = 1.0 if s.counts is None else np.maximum(s.counts[where], 1)
    return raw, counts, pulses


def prepare(measured: Measurement, side: int) -> SideData:
    """The sweeps of one polarity as a matrix.

    Raises
    ------
    DataError
        If there are too few pulses, or the reads do not follow them.
    """
    sweeps = measured.of(side)
    name = NAMES[side]
    pulses_read = few(measured, side)
    if pulses_read < FEWEST:
        raise DataError(
            f"fit: expected at least {FEWEST} pulses of {name} in a row, got {pulses_read}; measure more, leave --law "
            "out for a table of the few states, or check --map"
        )
    # A first or last train that was cut short says little, and would stretch the range.
    usual = int(np.median([len(s.g) for s in sweeps]))
    sweeps = [s for s in sweeps if len(s.g) >= max(3, usual // 2)]
    most = max(1, 20_000_000 // max(np.isfinite(s.g).sum() for s in sweeps))
    sweeps = [sweeps[k] for k in np.unique(np.linspace(0, len(sweeps) - 1, min(most, len(sweeps))).astype(int))]
    raw, counts, pulses = gathered(sweeps)
    warnings = []
    spikes = _spikes(raw)
    if spikes:
        warnings.append(
            f"{name}: {spikes} single reads ({100 * spikes / np.isfinite(raw).sum():.2g} %) far off both neighbours "
            "left out"
        )
    seen = np.isfinite(raw).sum(axis=1) >= 3
    if not seen.any():
        raise DataError(f"fit: expected reads of {name}, got fewer than 3 in every train; check the file")
    raw, counts = raw[seen], counts[seen]
    used = np.isfinite(raw).any(axis=0)
    raw, counts, pulses = raw[:, used], counts[:, used], pulses[used]
    start = float(np.nanmedian([row[np.isfinite(row)][0] for row in raw]))
    end = float(np.nanmedian(fit_model.last_reads(raw)))
    _follows(raw, start, end, side, warnings)
    origin = int(pulses[0])
    if origin:
        warnings.append(f"{name}: nothing was read before pulse {origin}; what is called its start is the state there")
    pulses = (pulses - origin).astype(float)
    unit = end - start
    freedom = float(np.maximum(counts - 1.0, 0.0)[np.isfinite(raw)].sum())
    known = np.isfinite(measured.repeats) and measured.repeats > 1e-6 * abs(unit) and freedom > 0
    repeats = measured.repeats / abs(unit) if known else float("nan")
    reads = thin(Reads((raw - start) / unit, pulses, counts, repeats, freedom if known else 0.0))
    return SideData(side, raw, pulses, counts, origin, reads, start, unit, warnings)


def _follows(raw: np.ndarray, start: float, end: float, side: int, warnings: list[str]) -> None:
    """Refuse reads that do not go with the pulses; warn of those that hardly do."""
    name = NAMES[side]
    usual = np.isfinite(raw).sum(axis=0) >= 0.5 * len(raw)
    mean = fit_model.mean_curve(raw[:, usual] if usual.sum() > FEWEST else raw)
    order = _rank_correlation(mean) * side
    # After a jump that does it all, what follows may be noise, and in any order.
    seen = mean[np.isfinite(mean)]
    jump = side * (float(np.median(seen[len(seen) // 2 :])) - float(seen[0])) if len(seen) else 0.0
    abrupt = len(seen) > FEWEST and jump > max(8.4 * float(np.median(np.abs(np.diff(seen)))), 0.0)
    if (order < 0.5 and not abrupt) or (end - start) * side <= 0.0:
        raise DataError(
            f"fit: expected conductances that {'rise' if side > 0 else 'fall'} with the pulses of {name}, got a rank "
            f"correlation of {order:.2f} with the pulse number; check the columns with --map, or measure with less "
            "noise"
        )
    if order < 0.95:
        warnings.append(f"{name} is far from monotonic: rank correlation {order:.2f} with the pulse number")


def _spikes(raw: np.ndarray) -> int:
    """Remove reads that stand alone: far off, to the same side, from the reads before and after."""
    if raw.shape[1] < 5:
        return 0
    before, after = raw[:, 1:-1] - raw[:, :-2], raw[:, 1:-1] - raw[:, 2:]
    bend = before + after
    known = np.isfinite(bend)
    if not known.any():
        return 0
    scale = 1.4826 * float(np.median(np.abs(bend[known])))
    span = float(np.nanmax(np.nanquantile(raw, 0.98, axis=1)) - np.nanmin(np.nanquantile(raw, 0.02, axis=1)))
    limit = max(8.0 * scale, 0.02 * span)
    bad = (
        known
        & (before * after > 0)
        & (np.abs(bend) > limit)
        & (np.minimum(np.abs(before), np.abs(after)) > 0.3 * limit)
    )
    # The neighbours of a bad read bend as well, by half as much.
    worst = np.abs(np.where(bad, bend, 0.0))
    peak = bad.copy()
    peak[:, 1:] &= worst[:, 1:] >= worst[:, :-1]
    peak[:, :-1] &= worst[:, :-1] >= worst[:, 1:]
    raw[:, 1:-1][peak] = np.nan
    return int(peak.sum())


def _rank_correlation(mean: np.ndarray) -> float:
    seen = mean[np.isfinite(mean)]
    if len(seen) < 3 or seen.max() == seen.min():
        return 0.0
    ranks = np.empty(len(seen))
    ranks[np.argsort(seen, kind="stable")] = np.arange(len(seen))
    return float(np.corrcoef(ranks, np.arange(len(seen)))[0, 1])
