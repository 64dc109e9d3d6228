"""From a grid of named columns to sweeps, in siemens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..base.errors import DataError, LayoutError
from . import beside, gaps
from . import columns as mc
from .arc import Series
from .columns import Column
from .formats import Grid
from .measurement import Measurement, tell_sweeps
from .numbers import whole_numbers
from .siemens import Options, siemens
from .trains import NAMES, Rows, Sweep, Train, by_label, by_number, by_turns, entries_of


@dataclass(frozen=True)
class Hint:
    """What the name of a file or sheet says of everything in it; empty where its columns say it themselves."""

    side: int = 0
    device: str = ""
    cycle: str = ""


def add_grid(out: Measurement, grid: Grid, columns: list[Column], options: Options, hint: Hint) -> None:
    """Add the sweeps of one grid, and what was understood of it.

    Raises
    ------
    DataError
        If no conductances are found, or their unit or pulse numbers make no sense.
    LayoutError
        If what `options` says to reverse cannot be told.
    """
    columns = _quantities(columns, options)
    strongest = next((q for q in mc.QUANTITIES if any(c.role == q for c in columns)), None)
    if strongest is None:
        raise beside.complain_nothing(grid, columns)
    values = [c for c in columns if c.role == strongest]
    notes = list(grid.notes)
    if grid.left_out:
        notes.insert(0, f"{grid.left_out} lines above the table left out")
    told = len(out.understood)
    volts = beside.read_voltages(grid, [c for c in columns if c.role == "voltage"], values)
    numbers: dict[int, np.ndarray] = {}
    made: list[Sweep] = []
    for k, column in enumerate(values):
        voltage = volts[k if len(volts) == len(values) else 0] if volts else None
        g = siemens(grid.where, column, voltage, options, out.understood)
        pulse = beside.numbers_beside(columns, column)
        if pulse is not None and id(pulse) not in numbers:
            numbers[id(pulse)] = whole_numbers(pulse.values, grid.where, pulse.name, notes)
        side = column.side or (hint.side if len(values) == 1 or not any(c.side for c in values) else 0)
        named = replace(column, side=side, device=column.device or hint.device, cycle=column.cycle or hint.cycle)
        rows = _rows(grid, columns, named, g, None if pulse is None else numbers[id(pulse)], notes)
        if rows is not None:
            made += out.add(_sweeps(out, grid, rows, side, options, notes), grid.where)
    out.understood.insert(told, f"{grid.where}: " + "; ".join([c.told() for c in columns if c.role] + notes))
    out.understood.append(f"{grid.where}: {tell_sweeps(made)}")


def _quantities(columns: list[Column], options: Options) -> list[Column]:
    """Columns whose headers say nothing, taken for what they can only be."""
    if beside.plain_pair(columns):
        return [
            Column("first column", columns[0].values, "conductance", side=1),
            Column("second column", columns[1].values, "conductance", side=-1),
        ]
    if all(not c.name and not c.role for c in columns) and len(columns) > 1 and beside.counts_pulses(columns[0].values):
        columns = [Column("first column", columns[0].values, "pulse"), *columns[1:]]
    if any(c.role in mc.QUANTITIES for c in columns):
        return columns
    return [
        Column(c.name, c.values, options.default, 1.0, "", c.side, c.cycle, c.device)
        if not c.role and c.values.dtype.kind != "U"
        else c
        for c in columns
    ]


def _rows(
    grid: Grid, columns: list[Column], column: Column, g: np.ndarray, numbers: np.ndarray | None, notes: list[str]
) -> Rows | None:
    """The reads of one column, with what the others say of each; None if there are none."""
    labels = {role: [c for c in columns if c.role == role] for role in ("drive", "polarity", "cycle", "device")}
    mark, told = _marks(labels["polarity"], labels["drive"])
    keep = np.ones(len(g), bool) if numbers is None else np.isfinite(numbers)
    lost = int((np.isfinite(g) & ~keep).sum())
    if lost:
        what = "1 read" if lost == 1 else f"{lost} reads"
        notes.append(f"{what} of '{column.name}' without a pulse number left out")
    if not np.isfinite(g[keep]).any():
        return None
    breaks = np.zeros(int(keep.sum()), bool)
    for key in [c.values[keep] for role in ("device", "cycle") for c in labels[role][:1]]:
        breaks[1:] |= key[1:] != key[:-1]  # numbers or names
    firsts = np.flatnonzero(keep)[np.concatenate([[0], np.flatnonzero(breaks)])]
    names = [
        tuple(
            _label(labels[role][0].values[row]) if labels[role] else otherwise
            for role, otherwise in (("device", column.device), ("cycle", column.cycle))
        )
        for row in firsts
    ]
    n = np.arange(len(g), dtype=float) if numbers is None else numbers
    return Rows(
        g[keep],
        n[keep].astype(np.int64),
        numbers is not None,
        None if mark is None else mark[keep],
        told,
        np.cumsum(breaks),
        names,  # type: ignore[arg-type]
    )


def _label(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sweeps(out: Measurement, grid: Grid, rows: Rows, side: int, options: Options, notes: list[str]) -> list[Sweep]:
    """Cut the reads of one column into sweeps."""
    found = entries_of(rows)
    out.add_repeats(found.squares, found.degrees)
    span = float(np.nanmax(rows.g) - np.nanmin(rows.g))
    if rows.mark is not None:
        return _of_labels(grid.where, rows, by_label(rows, found, grid.where), span, options, notes)
    if side:
        trains = _in_time(by_number(rows, found, grid.where), side, options, notes)
        if grid.backwards and side < 0 and not options.reverse and all(t.net() > 0.0 for t in trains):
            trains = [t.flipped() for t in trains]
            notes.append(BACKWARDS)
        return _aligned(trains, side, grid.where)
    if options.reverse:
        raise LayoutError(
            "--reverse: expected reads that say their polarity, got a sequence without labels in "
            f"{grid.where}; name columns with --map potentiation=... depression=... or polarity=..."
        )
    made: list[Sweep] = []
    for trains in by_turns(rows, found, grid.where):
        for way in (1, -1):
            own = [t for t in trains if (t.net() >= 0) == (way > 0)]
            notes += gaps.take_out(own, NAMES[way], span)
        own = [t for t in trains if len(t.g) and np.isfinite(t.g).any()]
        made += [t.sweep(1 if t.net() >= 0 else -1, 0, grid.where) for t in own]
    return made


def of_series(out: Measurement, series: Series, where: str) -> None:
    """Add the sweeps of one crosspoint of ArC TWO; the sign of a pulse is its polarity."""
    # A place for each pulse, read or not: reads that follow the same pulse are averaged with each other.
    n = np.concatenate([series.n, np.arange(len(series.drive))])
    order = np.argsort(n, kind="stable")
    g = np.concatenate([series.g, np.full(len(series.drive), np.nan)])[order]
    n = n[order]
    mark = np.sign(np.nan_to_num(series.drive))[n]
    rows = Rows(g, n, True, mark, False, np.zeros(len(n), np.int64), [(series.device, "")])
    notes = ["polarity by the sign of the pulses"]
    found = entries_of(rows)
    out.add_repeats(found.squares, found.degrees)
    span = float(np.nanmax(g) - np.nanmin(g))
    made = out.add(_of_labels(where, rows, by_label(rows, found, where), span, Options(), notes), where)
    out.understood.append(f"{where}: {'; '.join(notes)}; {tell_sweeps(made)}")


def _of_labels(
    where: str, rows: Rows, trains: list[Train], span: float, options: Options, notes: list[str]
) -> list[Sweep]:
    """Trains whose polarity something tells; which mark raises the conductance is seen from the data."""
    if rows.mark is not None and (nothing := int((np.isfinite(rows.g) & (rows.mark == 0)).sum())):
        notes.append(f"rows of neither polarity ({nothing}) count as the state before the next train")
    if options.reverse and not rows.told:
        raise LayoutError(
            f"--reverse: expected labels such as LTP and LTD, got the sign of the pulses in {where}; map a column "
            "of labels with --map polarity=..."
        )
    if rows.counted and gaps.own_starts(trains):
        notes.append("every train has as many reads as the first, from pulse 0: it starts with its own first read")
    marks = sorted({t.mark for t in trains}, reverse=True)
    of = {m: [t for t in trains if t.mark == m and len(t.n)] for m in marks}
    if rows.told:  # words: listed backwards is against the words
        of = {m: _in_time(of[m], int(m), options, notes) for m in marks}
    nets = {m: float(np.sum([t.net() for t in of[m]])) for m in marks}
    # Of its own reads alone: from the top, where potentiation ended, a list that rises begins with a fall.
    own = {m: float(np.mean([replace(t, before=None).net() for t in of[m]])) if of[m] else 0.0 for m in marks}
    rises = min(own.get(m, 0.0) for m in (1.0, -1.0)) > 0.3 * span
    if rows.told and -1 not in options.reverse and rises:
        of[-1.0] = [t.flipped() for t in of[-1.0]]
        notes.append(BACKWARDS)
        up = 1.0
    elif rows.told and len(marks) == 2 and nets[1.0] < 0.0 < nets[-1.0]:
        notes.append("what is labelled potentiation lowers the conductance: taken as depression, and the other way")
        up = -1.0
    elif rows.told:
        up = 1.0
    else:
        up = max(nets, key=lambda m: nets[m]) if nets else 1.0
        if len(marks) == 1 and nets[up] < 0.0:
            up = -up
        if len(marks) == 2 and (min(nets.values()) > 0.0 or max(nets.values()) < 0.0):
            raise DataError(
                f"{where}: expected pulses of one sign to raise the conductance and those of the other to lower "
                f"it, but both {'raise' if nets[up] > 0.0 else 'lower'} it; choose another column with --map drive=... "
                "or --map polarity=..."
            )
    made: dict[int, Sweep] = {}
    for m, own_trains in of.items():
        side = 1 if m == up else -1
        notes += gaps.take_out(own_trains, NAMES[side], span)
        for train, sweep in zip(own_trains, _aligned(own_trains, side, where), strict=True):
            made[id(train)] = sweep
    order = sorted((t for own_trains in of.values() for t in own_trains), key=lambda t: t.place)
    return [made[id(t)] for t in order]


BACKWARDS = (
    "depression rises with its pulse number, as NeuroSim lists it: taken from its last pulse number to the first"
)


def _in_time(trains: list[Train], side: int, options: Options, notes: list[str]) -> list[Train]:
    """Reads of one polarity in the order of their pulses, where numbers fall or --reverse says so."""
    name, out = NAMES[side], []
    for train in trains:
        if side in options.reverse:
            out.append(train if train.falling else train.flipped())
            note = f"{name} is taken from its last pulse number to the first (--reverse)"
        elif not train.falling:
            out.append(train)
            continue
        elif side * train.net() < 0.0:
            out.append(train.flipped())
            note = f"{name} is listed from its last row to the first: sorted by pulse number"
        else:
            out.append(train)
            note = f"{name} is listed over falling pulse numbers: taken in the order of the rows"
        if note not in notes:
            notes.append(note)
    return out


def _aligned(trains: Sequence[Train], side: int, where: str) -> list[Sweep]:
    """Trains on their grids; where the first reads of one are missing, it begins with a gap."""
    offsets = [0] * len(trains)
    for falling in (False, True):
        own = [k for k, t in enumerate(trains) if len(t.n) and t.before is None and t.falling == falling]
        if not own:
            continue
        first = [-int(trains[k].n[0]) if falling else int(trains[k].n[0]) for k in own]
        base = min(first)
        end = max(
            int(abs(trains[k].n[-1])) * (-1 if falling else 1) for k, f in zip(own, first, strict=True) if f == base
        )
        # Where trains that follow others count from the state before them, so does the first, whose state was not read.
        usual = [t.before.pulses for t in trains if t.before is not None and t.falling == falling]
        if len(own) == 1 and usual and first[0] == int(np.median(usual)) and not falling:
            offsets[own[0]] = first[0]
            continue
        for k, f in zip(own, first, strict=True):
            offsets[k] = f if trains[k].zero else f - base if base < f <= end else 0
    return [t.sweep(side, offset, where) for t, offset in zip(trains, offsets, strict=True) if len(t.n)]


def _marks(polarity: list[Column], drive: list[Column]) -> tuple[np.ndarray | None, bool]:
    """The polarity of every row, if something tells it: +1, -1, or any two numbers; and whether words say which."""
    for column in [*polarity[:1], *drive[:1]]:
        if column.values.dtype.kind == "U":
            names = {v: mc.side_of(v) for v in set(column.values)}
            if {1, -1} & set(names.values()):
                return np.array([names[v] for v in column.values], dtype=float), True
        else:
            signs = (
                np.where(column.values > np.nanmean(column.values), 1.0, -1.0)
                if column.role == "polarity"
                else np.sign(column.values)
            )
            if len(set(signs[np.isfinite(signs) & (signs != 0)])) == 2:
                return np.nan_to_num(signs), False
    return None, False
