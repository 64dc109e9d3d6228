"""From a grid of named columns to sweeps, in siemens."""

from __future__ import annotations

import numpy as np

from ..base.errors import DataError
from . import columns as mc
from . import formats as formats
from .columns import Column
from .formats import Grid
from .measurement import Measurement
from .trains import Sweep, by_label, net, restarts, turns_of


def add_grid(
    out: Measurement,
    grid: Grid,
    columns: list[Column],
    given: tuple[str, float, str] | None,
    read_voltage: float | None,
    span: tuple[float, float] | None,
    hint: int,
    device: str,
) -> None:
    """Add the sweeps of one grid, and what was understood of it."""
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
