"""Measured pulse curves: from files to sweeps of potentiation and depression, in siemens.

A *sweep* is the conductance before and after each of a train of identical pulses of one polarity. A long sequence is
cut where the pulse number starts again, where a label or the sign of the pulse changes, or else at its turning points.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..base.errors import DataError, LayoutError
from . import columns as mc
from . import formats as formats
from .grids import add_grid
from .measurement import Measurement
from .trains import Sweep, by_label, net


def load(
    files: Sequence[str | Path],
    *,
    mapping: Sequence[str] = (),
    unit: str | None = None,
    read_voltage: float | None = None,
    sheet: str | None = None,
    span: tuple[float, float] | None = None,
) -> Measurement:
    """Read a measurement from one file, or from several that belong together.

    Parameters
    ----------
    files : sequence of paths
        CSV, TSV, text, XLSX, MATLAB arrays, CrossSim tables or ArC TWO HDF5. Several: one per polarity, or one per
        device.
    mapping : sequence of str
        ``ROLE=COLUMN`` each, where the headers do not say enough.
    unit : str, optional
        Of conductances, currents or resistances without a unit.
    read_voltage : float, V, optional
        Where the file has currents and no read voltage.
    sheet : str, optional
        Of an XLSX file.
    span : (low, high), S, optional
        For numbers without a unit: the smallest and largest number stand for these.

    Raises
    ------
    DataError, LayoutError
        With what was understood, and what to do.
    """
    if not files:
        raise LayoutError("fit: expected a file of measurements, got none; give for example measured.csv")
    if read_voltage is not None and not (np.isfinite(read_voltage) and read_voltage != 0.0):
        raise LayoutError(
            f"--read-voltage: expected a voltage other than 0, got {read_voltage:g}; give volts, for example 0.1"
        )
    if span is not None and not 0.0 <= span[0] < span[1]:
        raise LayoutError(
            f"--range: expected LOW,HIGH in S with LOW < HIGH, got {span[0]:g},{span[1]:g}; give for example 1e-7,1e-6"
        )
    given = None
    if unit is not None:
        given = mc.unit_of(f"({unit})")
        if given is None or given[0] not in ("S", "A", "Ohm"):
            raise LayoutError(
                f"--unit: expected a unit of conductance, current or resistance, got '{unit}'; give for example uS or "
                "nA"
            )
    out = Measurement()
    chosen = mc.parse_map(mapping)
    for number, file in enumerate(map(Path, files), 1):
        hint = mc.side_of(file.stem) if len(files) > 1 else 0
        device = "" if len(files) < 2 or hint else f"file {number}"
        if file.is_file() and file.read_bytes()[:8] == b"\x89HDF\r\n\x1a\n":
            _arc(out, file)
        elif file.suffix.lower() in (".xlsx", ".xlsm"):
            if not file.is_file():
                raise DataError(f"{file}: expected a file of measurements, found nothing; check the path")
            for grid in formats.sheet_grids(file, sheet):
                add_grid(out, grid, mc.columns_of(grid, chosen), given, read_voltage, span, hint, device)
        elif (table := formats.crosssim_table(file)) is not None:
            side = mc.side_of(file.stem) or (1 if float(table[2].mean()) > 0 else -1)
            out.tables[side] = table
            what = "potentiation" if side > 0 else "depression"
            out.understood.append(
                f"{file}: CrossSim jump table of {what}, {len(table[0])} conductances x {len(table[1])} probabilities"
            )
        else:
            for grid in formats.text_grids(file):
                add_grid(
                    out,
                    grid,
                    mc.columns_of(grid, chosen),
                    given,
                    read_voltage,
                    span,
                    hint or mc.side_of(grid.headers[-1]),
                    device,
                )
    if span is not None:
        _rescale(out, span)
    _check(out, files)
    return out


def _arc(out: Measurement, file: Path) -> None:
    from .arc import read_arc

    scatter = []
    for series in read_arc(file):
        signs = np.sign(np.nan_to_num(series.drive))
        out.sweeps += by_label(series.g, signs, series.device, "", np.zeros(len(signs)), None)
        scatter.append(series.repeats)
        out.understood.append(
            f"{file}: ArC TWO, {series.device}: {len(series.g)} states, polarity by the sign of the pulses"
        )
    known = [s for s in scatter if np.isfinite(s)]
    if known:
        out.repeats = float(np.sqrt(np.mean(np.square(known))))


def _rescale(out: Measurement, span: tuple[float, float]) -> None:
    seen = np.concatenate([s.g[np.isfinite(s.g)] for s in out.sweeps]) if out.sweeps else np.zeros(0)
    low, high = (float(v) for v in np.quantile(seen, [0.005, 0.995])) if len(seen) else (0.0, 1.0)
    if not high > low:
        return
    scale = (span[1] - span[0]) / (high - low)
    out.sweeps = [Sweep(span[0] + (s.g - low) * scale, s.side, s.device, s.cycle) for s in out.sweeps]
    out.understood.append(
        f"numbers {low:.4g} to {high:.4g} (0.5 and 99.5 % of the reads) stand for {span[0]:g} to {span[1]:g} S"
    )


def _check(out: Measurement, files: Sequence[str | Path]) -> None:
    """Refuse what no curve can be fitted to; warn of what is odd."""
    where = ", ".join(str(f) for f in files)
    if out.tables:
        return
    if not out.sweeps:
        raise DataError(
            f"{where}: expected pulse trains, found none; check what was understood: {'; '.join(out.understood)}"
        )
    seen = np.concatenate([s.g[np.isfinite(s.g)] for s in out.sweeps])
    if float(seen.max() - seen.min()) <= 1e-9 * max(abs(float(seen.max())), 1e-30):
        raise DataError(
            f"{where}: expected conductances that change with the pulses, got the constant {seen[0]:g} S; choose "
            "another column"
        )
    for side, name, verb in ((1, "potentiation", "falls"), (-1, "depression", "rises")):
        sweeps = out.of(side)
        if sweeps and np.mean([side * net(s.g) < 0 for s in sweeps]) > 0.5:
            raise DataError(
                f"{where}: expected {name} to {'rise' if side > 0 else 'fall'}, but it {verb}; swap the labels, or "
                "say with --map"
            )
    levels: dict[tuple[int, str], list[float]] = {}
    for s in out.sweeps:
        levels.setdefault((s.side, s.device), []).append(float(np.nanmax(np.abs(s.g))))
    tops = {key: float(np.median(v)) for key, v in levels.items()}
    if len(tops) > 1 and max(tops.values()) > 30.0 * max(min(tops.values()), 1e-30):
        high, low = max(tops, key=tops.__getitem__), min(tops, key=tops.__getitem__)
        names = {1: "potentiation", -1: "depression"}
        raise DataError(
            f"{where}: expected conductances of one scale, got up to {tops[high]:.3g} S in "
            f"{' '.join(filter(None, (names[high[0]], high[1])))} and {tops[low]:.3g} S in "
            f"{' '.join(filter(None, (names[low[0]], low[1])))}; mixed units? write the unit into each header"
        )
    negative = float((seen < 0).mean())
    if negative > 0.0:
        out.warnings.append(f"{100 * negative:.2g} % of the conductances are negative")
