"""Measured pulse curves: from files to sweeps of potentiation and depression, in siemens.

A *sweep* is the conductance before and after each of a train of identical pulses of one polarity. A long sequence is
cut where the pulse number starts again, where a label or the sign of the pulse changes, or else at its turning points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..base.errors import DataError, LayoutError
from . import columns as mc
from . import formats as formats
from .columns import Column
from .formats import Grid
from .trains import Sweep, by_label, net, restarts, turns_of


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
                _grid(out, grid, mc.columns_of(grid, chosen), given, read_voltage, span, hint, device)
        elif (table := formats.crosssim_table(file)) is not None:
            side = mc.side_of(file.stem) or (1 if float(table[2].mean()) > 0 else -1)
            out.tables[side] = table
            what = "potentiation" if side > 0 else "depression"
            out.understood.append(
                f"{file}: CrossSim jump table of {what}, {len(table[0])} conductances x {len(table[1])} probabilities"
            )
        else:
            for grid in formats.text_grids(file):
                _grid(
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


def _grid(
    out: Measurement,
    grid: Grid,
    columns: list[Column],
    given: tuple[str, float, str] | None,
    read_voltage: float | None,
    span: tuple[float, float] | None,
    hint: int,
    device: str,
) -> None:
    if mc.plain_pair(columns):
        columns = [
            Column("first column", columns[0].values, "conductance", side=1),
            Column("second column", columns[1].values, "conductance", side=-1),
        ]
    elif all(not c.name and not c.role for c in columns) and len(columns) > 1 and mc.counts_pulses(columns[0].values):
        columns[0] = Column("first column", columns[0].values, "pulse")
    family = given[0] if given else "A" if read_voltage is not None else "S"
    default = {"S": "conductance", "A": "current", "Ohm": "resistance"}[family]
    quantities = ("conductance", "current", "resistance")
    if not any(c.role in quantities for c in columns):
        columns = [
            Column(c.name, c.values, default, 1.0, "", c.side, c.cycle, c.device)
            if not c.role and c.values.dtype.kind != "U"
            else c
            for c in columns
        ]
    strongest = next((q for q in quantities if any(c.role == q for c in columns)), None)
    if strongest is None:
        raise mc.complain_nothing(grid, columns)
    values = [c for c in columns if c.role == strongest]
    out.understood.append(f"{grid.where}: " + "; ".join([c.told() for c in columns if c.role] + grid.notes))
    labels = {
        role: [c for c in columns if c.role == role]
        for role in ("pulse", "voltage", "drive", "polarity", "cycle", "device")
    }
    for k, column in enumerate(values):
        g = _siemens(out, grid, column, given, labels["voltage"], k, len(values), read_voltage, span)
        pulse = labels["pulse"][min(k, len(labels["pulse"]) - 1)].values if labels["pulse"] else None
        side = column.side or (hint if len(values) == 1 or not any(c.side for c in values) else 0)
        named = device or column.device
        keys = [c.values for role in ("device", "cycle") for c in labels[role][:1]]
        breaks = np.zeros(len(g), bool)
        for key in keys:
            breaks[1:] |= key[1:] != key[:-1]  # numbers or names
        mark = _marks(labels["polarity"], labels["drive"], len(g))
        groups = np.split(np.arange(len(g)), np.flatnonzero(breaks)) if breaks.any() else [np.arange(len(g))]
        before: dict[str, tuple[float, str]] = {}
        for rows in groups:
            part = g[rows]
            if not np.isfinite(part).any():
                continue
            name = _label(labels["device"][0].values[rows[0]]) if labels["device"] else named
            cycle = _label(labels["cycle"][0].values[rows[0]]) if labels["cycle"] else column.cycle
            numbers = None if pulse is None else pulse[rows]
            if mark is not None:
                made = by_label(part, mark[rows], name, cycle, np.arange(len(rows)), numbers, before.get(name))
                before[name] = (float(part[-1]), cycle)
            elif side:
                made = [Sweep(piece, side, name, cycle) for piece in restarts(part, numbers)]
                if grid.backwards and side < 0 and all(net(s.g) > 0 for s in made):
                    made = [Sweep(s.g[::-1], side, name, cycle) for s in made]
                    out.understood.append(
                        f"{grid.where}: rises with the pulse number, as NeuroSim counts depression; taken backwards"
                    )
            else:
                made = turns_of(part, name, cycle)
            out.sweeps += [s for s in made if np.isfinite(s.g).sum() > 1]


def _label(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _siemens(
    out: Measurement,
    grid: Grid,
    column: Column,
    given: tuple[str, float, str] | None,
    volts: list[Column],
    k: int,
    of: int,
    read_voltage: float | None,
    span: tuple[float, float] | None,
) -> np.ndarray:
    """The values of a column as conductances."""
    values = column.values.astype(float)
    told = column.unit
    if not told and given and {"S": "conductance", "A": "current", "Ohm": "resistance"}[given[0]] == column.role:
        values, told = values * given[1], given[2]
    else:
        values = values * column.factor
    if column.role == "current":
        if volts:
            v = volts[k if len(volts) == of else 0]
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.abs(values / np.where(v.values == 0, np.nan, v.values * v.factor))
        elif read_voltage is not None:
            values = values / read_voltage
        else:
            raise DataError(
                f"{grid.where}: expected a read voltage for the currents in '{column.name}', got none; add "
                "--read-voltage 0.1"
            )
    elif column.role == "resistance":
        with np.errstate(divide="ignore"):
            values = np.where(values == 0, np.nan, 1.0 / values)
    seen = values[np.isfinite(values)]
    if len(seen) and not told and span is None:
        low, high = float(np.quantile(seen, 0.05)), float(np.quantile(np.abs(seen), 0.95))
        if (low < 0.0 < -low * 50 and (seen > 0).mean() > 0.05 and -low > 0.05 * high) or high > 1.0:
            raise DataError(
                f"{grid.where}: expected a unit for '{column.name or 'the values'}', got numbers from {seen.min():g} "
                f"to {seen.max():g} without one; add --unit uS, or for normalised numbers --range 1e-7,1e-6"
            )
        note = (
            "no unit given: taken as "
            f"{'A' if column.role == 'current' else 'Ohm' if column.role == 'resistance' else 'S'} (--unit changes "
            "that)"
        )
        if note not in out.understood:
            out.understood.append(note)
    if span is None and len(seen) and (seen < 0).mean() > 0.95:
        values = -values
        out.understood.append(f"{grid.where}: '{column.name}' is negative throughout; its size is taken")
    return np.asarray(values)


def _marks(polarity: list[Column], drive: list[Column], rows: int) -> np.ndarray | None:
    """The polarity of every row, if something tells it: +1, -1, or any two numbers."""
    for column in [*polarity[:1], *drive[:1]]:
        if column.values.dtype.kind == "U":
            names = {v: mc.side_of(v) for v in set(column.values)}
            if {1, -1} & set(names.values()):
                return np.array([names[v] for v in column.values], dtype=float)
        else:
            signs = (
                np.where(column.values > np.nanmean(column.values), 1.0, -1.0)
                if column.role == "polarity"
                else np.sign(column.values)
            )
            if len(set(signs[np.isfinite(signs) & (signs != 0)])) == 2:
                return np.nan_to_num(signs)
    return None


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
