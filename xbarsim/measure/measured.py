"""Measured pulse curves: from files to sweeps of potentiation and depression, in siemens.

A *sweep* is the conductance before and after each of a train of identical pulses of one polarity. A long sequence is
cut where the pulse number starts again, where a label or the sign of the pulse changes, or else at its turning points.
Each sweep lies on the grid of its pulse numbers: what was read more than once is averaged, what was not stays a gap.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..base.errors import DataError, LayoutError, nearest
from . import columns as mc
from . import formats, gaps
from .columns import Column, side_of
from .files import kind_of, read_text
from .formats import Grid
from .grids import BACKWARDS, Hint, add_grid, of_series
from .measurement import Measurement
from .siemens import Options
from .trains import NAMES, Sweep, net

REVERSE = {"potentiation": frozenset({1}), "depression": frozenset({-1}), "both": frozenset({1, -1})}
"""What ``--reverse`` can say."""


def load(
    files: Sequence[str | Path],
    *,
    mapping: Sequence[str] = (),
    unit: str | None = None,
    read_voltage: float | None = None,
    sheet: str | None = None,
    span: tuple[float, float] | None = None,
    reverse: str | None = None,
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
        The only one of an XLSX file to read; otherwise all that hold a table.
    span : (low, high), S, optional
        For numbers without a unit: the smallest and largest number stand for these.
    reverse : str, optional
        ``potentiation``, ``depression`` or ``both``: listed from the last pulse to the first.

    Raises
    ------
    DataError, LayoutError
        With what was understood, and what to do.
    """
    if not files:
        raise LayoutError("fit: expected a file of measurements, got none; give for example measured.csv")
    if read_voltage is not None and not (np.isfinite(read_voltage) and read_voltage != 0.0):
        raise LayoutError(
            f"--read-voltage: expected a voltage other than 0, got {read_voltage:g}; give the volts of the reads"
        )
    if span is not None and not 0.0 <= span[0] < span[1] < np.inf:
        raise LayoutError(
            f"--range: expected LOW,HIGH in S with LOW < HIGH, got {span[0]:g},{span[1]:g}; give the smaller first"
        )
    given = None
    if unit is not None:
        given = mc.unit_of(f"({unit})")
        if given is None or given[0] not in ("S", "A", "Ohm"):
            raise LayoutError(
                f"--unit: expected a unit of conductance, current or resistance, got '{unit}'; give for example uS or "
                "nA"
            )
    if reverse is not None and reverse not in REVERSE:
        raise LayoutError(f"--reverse: unknown name '{reverse}'; {nearest(reverse, REVERSE)}")
    options = Options(given, read_voltage, span, REVERSE[reverse] if reverse else frozenset())
    out = Measurement()
    chosen = mc.parse_map(mapping)
    if sheet is not None and not any(kind_of(Path(file)) == "xlsx" for file in files):
        out.understood.append(f"--sheet {sheet} is not used: none of the files is a spreadsheet")
    sides = _sides_said([Path(file).stem for file in files])
    for number, (file, side) in enumerate(zip(map(Path, files), sides, strict=True), 1):
        hint = Hint(side, "" if len(files) < 2 or side else f"file {number}")
        kind = kind_of(file)
        if kind == "hdf5":
            _arc(out, file, options)
        elif kind == "xlsx":
            _sheets(out, file, sheet, chosen, options, hint)
        else:
            _text(out, file, chosen, options, hint)
    if reverse and not any(out.of(s) for s in options.reverse):
        raise LayoutError(f"--reverse {reverse}: expected trains of that polarity, got none; leave it out")
    if -1 not in options.reverse:
        _orient(out)
    out.understood += gaps.between(out.sweeps)
    if span is not None:
        _rescale(out, span)
    if out.degrees:
        out.understood.append(
            f"{out.degrees:,} reads repeat others of the same state: they scatter by {out.repeats:.3g} S about their "
            "mean"
        )
    _check(out, files, options)
    return out


def _text(out: Measurement, file: Path, chosen: dict[str, str], options: Options, hint: Hint) -> None:
    text = read_text(file)
    table = formats.crosssim_table(file, text)
    if table is not None:
        side = side_of(file.stem) or (1 if float(table[2].mean()) > 0 else -1)
        out.tables[side] = table
        out.understood.append(
            f"{file}: CrossSim jump table of {NAMES[side]}, {len(table[0])} conductances x {len(table[1])} "
            "probabilities"
        )
        return
    for grid in formats.text_grids(file, text):
        columns = mc.columns_of(grid, chosen)
        add_grid(out, grid, columns, options, dataclasses.replace(hint, side=hint.side or side_of(grid.headers[-1])))


def _sheets(
    out: Measurement, file: Path, sheet: str | None, chosen: dict[str, str], options: Options, hint: Hint
) -> None:
    """All sheets that hold a measurement; what a sheet's name says counts where its columns say nothing."""
    from .sheets import sheet_grids

    found, told = sheet_grids(file, sheet)
    out.understood += told
    tables: list[tuple[str, Grid, list[Column]]] = []
    for name, grid in found:
        try:
            tables.append((name, grid, mc.columns_of(grid, chosen)))
        except LayoutError:
            if len(found) == 1:
                raise
            out.understood.append(f"{grid.where}: left out, as it has not the columns that --map names")
    if not tables:
        raise LayoutError(
            f"--map: {file}: expected the columns it names in one of the sheets "
            f"{', '.join(name for name, _ in found)}; choose one with --sheet"
        )
    sides = dict(zip([name for name, _, _ in tables], _sides_said([name for name, _, _ in tables]), strict=True))
    measured = [t for t in tables if sides[t[0]] or any(c.role in mc.QUANTITIES or c.side for c in t[2])] or tables[:1]
    for _, grid, _ in (t for t in tables if t not in measured):
        out.understood.append(f"{grid.where}: left out, as no header in it names a conductance (--sheet reads it)")
    for name, grid, columns in measured:
        said = mc.column_of(name, np.zeros(0)) if len(measured) > 1 else Column("", np.zeros(0), "")
        # Sheets that are neither polarities nor cycles are devices.
        alone = len(measured) > 1 and not (sides[name] or said.cycle or said.device)
        device = " ".join(filter(None, [hint.device, name if alone else said.device]))
        add_grid(out, grid, columns, options, Hint(hint.side or sides[name], device, said.cycle))


def _sides_said(names: Sequence[str]) -> list[int]:
    """Polarities that names of files or sheets say; none if they do not say both: "data set 2" is not potentiation."""
    sides = [side_of(name) for name in names]
    return sides if {1, -1} <= set(sides) else [0] * len(sides)


def _arc(out: Measurement, file: Path, options: Options) -> None:
    from .arc import read_arc

    if options.reverse:
        raise LayoutError(f"--reverse: expected a table of pulse numbers, got ArC TWO's record {file}; leave it out")
    for series in read_arc(file):
        of_series(out, series, f"{file}: ArC TWO, {series.device}")


def _orient(out: Measurement) -> None:
    """Turn depression round that is labelled so and rises like potentiation: NeuroSim lists it by falling numbers."""
    for device in out.devices:
        sides = {side: [s for s in out.of(side) if s.device == device] for side in (1, -1)}
        if not sides[-1] or not sides[1] or _contrary(sides[1], 1) or not _contrary(sides[-1], -1):
            continue
        out.sweeps = [s.backwards() if s.side < 0 and s.device == device else s for s in out.sweeps]
        what = f"{'device ' + device + ': ' if device else ''}{BACKWARDS}"
        if what not in out.understood:
            out.understood.append(what)


def _contrary(sweeps: Sequence[Sweep], side: int) -> bool:
    """Whether most trains go against their polarity."""
    return bool(sweeps) and float(np.mean([side * net(s.g) < 0 for s in sweeps])) > 0.5


def _rescale(out: Measurement, span: tuple[float, float]) -> None:
    seen = np.concatenate([s.g[np.isfinite(s.g)] for s in out.sweeps]) if out.sweeps else np.zeros(0)
    # Single reads far outside must not stand for the ends; of few reads these are the smallest and the largest.
    low = float(np.quantile(seen, 0.005, method="lower")) if len(seen) else 0.0
    high = float(np.quantile(seen, 0.995, method="higher")) if len(seen) else 1.0
    if not high > low:
        return
    scale = span[1] - span[0]
    out.sweeps = [dataclasses.replace(s, g=span[0] + (s.g - low) / (high - low) * scale) for s in out.sweeps]
    out.repeats *= scale / (high - low)
    out.understood.append(
        f"numbers {low:.4g} to {high:.4g} (0.5 and 99.5 % of the reads) stand for {span[0]:g} to {span[1]:g} S"
    )


def _check(out: Measurement, files: Sequence[str | Path], options: Options) -> None:
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
        if _contrary(out.of(side), side):
            advice = (
                f"leave out --reverse for {name}"
                if side in options.reverse
                else f"swap the labels, say with --map, or with --reverse {name} that it is listed from its last pulse "
                "to the first"
            )
            raise DataError(f"{where}: expected {name} to {'rise' if side > 0 else 'fall'}, but it {verb}; {advice}")
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
