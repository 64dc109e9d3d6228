"""One polarity of a measurement: its reads as a matrix, ready to be fitted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..base.errors import DataError
from . import model as fit_model
from .measurement import Measurement
from .noises import stopped, thin

FEWEST = 5
"""Fewest pulses of a train that a curvature can be seen in."""
NAMES = {1: "potentiation", -1: "depression"}


@dataclass
class SideData:
    """Reads of one polarity, ready to be fitted.

    Attributes
    ----------
    raw : (sweeps, pulses + 1), S
        Padded with NaN, bad reads left out.
    y : (sweeps, reads)
        Rising from about 0 to about 1: (G - zero) / unit; thinned, and cut off near the end.
    full : (sweeps, reads)
        The same, not cut off.
    zero, unit : float, S
        `unit` is negative for depression.
    stride : int
        Pulses between two reads of `y`.
    """

    side: int
    raw: np.ndarray
    y: np.ndarray
    full: np.ndarray
    zero: float
    unit: float
    stride: int
    warnings: list[str] = field(default_factory=list)


def prepare(measured: Measurement, side: int) -> SideData:
    """The sweeps of one polarity as a matrix.

    Raises
    ------
    DataError
        If there are too few pulses, or the reads do not follow them.
    """
    sweeps = [s.g for s in measured.of(side)]
    name = NAMES[side]
    longest = max((len(g) for g in sweeps), default=0)
    if longest - 1 < FEWEST:
        raise DataError(
            f"fit: expected at least {FEWEST} pulses of {name} in a row, got {max(longest - 1, 0)}; measure more, or "
            "check --map"
        )
    # A first or last train that was cut short says little, and would stretch the range.
    usual = int(np.median([len(g) for g in sweeps]))
    sweeps = [g for g in sweeps if len(g) >= max(3, usual // 2)]
    most = max(1, 20_000_000 // longest)
    sweeps = [sweeps[k] for k in np.unique(np.linspace(0, len(sweeps) - 1, min(most, len(sweeps))).astype(int))]
    longest = max(len(g) for g in sweeps)
    raw = np.full((len(sweeps), longest), np.nan)
    for row, g in zip(raw, sweeps, strict=True):
        row[: len(g)] = g
    out = SideData(side, raw, raw, raw, 0.0, 1.0, 1)
    spikes = _spikes(raw)
    if spikes:
        out.warnings.append(
            f"{name}: {spikes} single reads ({100 * spikes / np.isfinite(raw).sum():.2g} %) far off both neighbours "
            "left out"
        )
    seen = np.isfinite(raw).sum(axis=1) >= 3
    if not seen.any():
        raise DataError(f"fit: expected reads of {name}, got fewer than 3 in every train; check the file")
    raw = out.raw = raw[seen]
    usual_rows = np.isfinite(raw).sum(axis=0) >= 0.5 * len(raw)
    mean = fit_model.mean_curve(raw[:, usual_rows])
    start = float(np.nanmedian([row[np.isfinite(row)][0] for row in raw]))
    end = float(np.nanmedian(fit_model.last_reads(raw)))
    order = _rank_correlation(mean) * side
    if order < 0.5 or (end - start) * side <= 0.0:
        raise DataError(
            f"fit: expected conductances that {'rise' if side > 0 else 'fall'} with the pulses of {name}, got a rank "
            f"correlation of {order:.2f} with the pulse number; check the columns with --map, or measure with less "
            "noise"
        )
    if order < 0.95:
        out.warnings.append(f"{name} is far from monotonic: rank correlation {order:.2f} with the pulse number")
    out.zero, out.unit = start, end - start
    thinned, out.stride = thin((raw - start) / (end - start))
    out.full = thinned
    out.y = stopped(thinned)
    if np.isfinite(out.y).sum() < FEWEST + 2:
        raise DataError(
            f"fit: expected at least {FEWEST + 2} reads of {name} before it saturates, got "
            f"{np.isfinite(out.y).sum()}; use weaker pulses"
        )
    return out


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
