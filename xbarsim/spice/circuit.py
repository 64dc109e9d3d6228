"""The elements of a netlist: resistors and sources, by the names that say where they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..arrays.nodal import Sheet, tiles_of
from ..describe.wires import Wires
from .array_read import ArrayRead


class Element(NamedTuple):
    """One line of a netlist: a resistor (Ohm), or a source (V)."""

    name: str
    a: str
    b: str
    value: float


def nodes_of(sheet: Sheet, wires: Wires) -> tuple[np.ndarray, np.ndarray]:
    """Names of the D and of the S node of every device, each (rows, cols) object."""
    r_d, r_s = per_segment(wires)
    shape = sheet.g.shape
    d, s = np.empty(shape, object), np.empty(shape, object)
    for suffix, rows, cols in tiles(shape, wires):
        for i in range(*rows.indices(shape[0])):
            for j in range(*cols.indices(shape[1])):
                row, column = sheet.rows[i], sheet.columns[j]
                crossing = f"{row}_{column}"
                d[i, j] = f"d_{crossing if r_d else row}{suffix}"
                s[i, j] = f"s_{crossing if r_s else column}{suffix}"
    return d, s


def per_segment(wires: Wires) -> tuple[float, float]:
    """Ohm per segment of the D and of the S lines."""
    r_d = wires.wire_resistance
    return r_d, r_d if wires.wire_resistance_s is None else wires.wire_resistance_s


def tiles(shape: tuple[int, ...], wires: Wires) -> Iterator[tuple[str, slice, slice]]:
    """(suffix of names, rows, columns) of every tile."""
    tiles = tiles_of((shape[0], shape[1]), wires)
    for k, (rows, cols) in enumerate(tiles):
        yield f"_t{k}" if len(tiles) > 1 else "", rows, cols


def _line(
    kind: str,
    line: str,
    nodes: list[str],
    segments: list[str],
    r: float,
    end: float,
    volts: float,
    double: bool,
    suffix: str,
) -> Iterator[Element]:
    """Source, driver or sense resistance, and wire of one line; `nodes` and `segments` begin at its terminal."""
    source = nodes[0] if r == 0.0 and end == 0.0 else f"t_{line}{suffix}"
    yield Element(f"v_{line}{suffix}", source, "0", volts)
    ends = [("", nodes[0], segments[0])]
    if double and source != nodes[0]:
        ends.append(("_far", nodes[-1], f"r{kind}_{line}_far{suffix}"))
    for far, first, segment in ends:
        at = source
        if end:
            at = f"p_{line}{far}{suffix}" if r else first
            yield Element(f"{'rdrive' if kind == 'd' else 'rsense'}_{line}{far}{suffix}", source, at, end)
        if r:
            yield Element(segment, at, first, r)
    if r:
        for k in range(1, len(nodes)):
            yield Element(segments[k], nodes[k - 1], nodes[k], r)


def elements(read: ArrayRead) -> Iterator[Element]:
    """All elements of the netlist of a read, in its order."""
    wires = read.wires
    r_d, r_s = per_segment(wires)
    both = wires.double_sided
    for sheet in read.sheets:
        drive_d, drive_s = read.drives(sheet)
        d, s = nodes_of(sheet, wires)
        ohms = np.full(sheet.g.shape, np.inf)
        np.divide(1.0, sheet.g, out=ohms, where=sheet.g > 0.0, dtype=np.float64)
        for suffix, tall, wide in tiles(sheet.g.shape, wires):
            rows, cols = range(len(sheet.rows))[tall], range(len(sheet.columns))[wide]
            for i in rows:
                name = sheet.rows[i]
                segments = [f"rd_{name}_{sheet.columns[j]}{suffix}" for j in cols]
                ends = (r_d, wires.driver_resistance, float(drive_d[i]), both, suffix)
                yield from _line("d", name, list(d[i, wide]), segments, *ends)
            for j in cols:
                name = sheet.columns[j]
                segments = [f"rs_{sheet.rows[i]}_{name}{suffix}" for i in reversed(rows)]
                ends = (r_s, wires.sense_resistance, float(drive_s[j]), both, suffix)
                yield from _line("s", name, list(s[tall, j][::-1]), segments, *ends)
            for i in rows:
                for j in cols:
                    if ohms[i, j] != np.inf:
                        name = f"rg_{sheet.rows[i]}_{sheet.columns[j]}{suffix}"
                        yield Element(name, d[i, j], s[i, j], float(ohms[i, j]))
