"""How far a circuit simulator's solution and our own are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays.nodal import Solution
from .array_read import ArrayRead
from .circuit import nodes_of, tiles
from .metadata import ANEW, NetlistError
from .ngspice import run_read
from .parser import load

TOLERANCE = 1e-6
"""Largest difference between ngspice and xbarsim that counts as agreement: relative for currents, V for nodes."""
# Smaller fractions of the largest current count as if they were so large: what is left of a cancellation in a sensed
# current; and what a driver delivers into next to nothing, for there V / R times the rounding of V comes in.
_SMALL_SENSED, _SMALL_DRIVEN = 1e-6, 1e-3


@dataclass(frozen=True)
class Comparison:
    """Largest differences between two solutions of a read."""

    terminals: float
    """Of the currents at all terminals, relative."""
    sensed: float
    """Of the currents sensed at the + and - lines of the columns (of the rows, if backward), relative."""
    nodes: float
    """Of the node voltages, V."""

    @property
    def agrees(self) -> bool:
        """Whether none is above `TOLERANCE`."""
        return max(self.terminals, self.sensed, self.nodes) <= TOLERANCE


def solutions_of(read: ArrayRead, values: Mapping[str, float]) -> list[Solution]:
    """Solutions from what a circuit simulator gave: ``v(node)`` in V and ``i(source)`` in A.

    Raises
    ------
    NetlistError
        If a value is missing.
    """
    solutions = []
    try:
        for sheet in read.sheets:
            out_d, out_s = np.zeros(len(sheet.rows)), np.zeros(len(sheet.columns))
            for suffix, tall, wide in tiles(sheet.g.shape, read.wires):
                out_d[tall] += [float(values[f"i(v_{line}{suffix})"]) for line in sheet.rows[tall]]
                out_s[wide] += [float(values[f"i(v_{line}{suffix})"]) for line in sheet.columns[wide]]
            v_d, v_s = (
                np.array([[float(values[f"v({node})"]) for node in line] for line in nodes])
                for nodes in nodes_of(sheet, read.wires)
            )
            solutions.append(Solution(sheet, *read.drives(sheet), v_d, v_s, out_d, out_s, 0, 0.0))
    except KeyError as error:
        raise NetlistError(f"results: expected a value for {error.args[0]}, got none; {ANEW}") from None
    return solutions


def compare(read: ArrayRead, ours: list[Solution], theirs: list[Solution]) -> Comparison:
    """Largest differences.

    Sensed currents under a millionth of the largest current, and other terminal currents under a thousandth of it, are
    compared as if they were that large.
    """
    pairs = list(zip(ours, theirs, strict=True))
    largest = max(float(np.max(np.abs(x))) for a in ours for x in (a.out_d, a.out_s))

    def relative(x: np.ndarray, y: np.ndarray, small: float) -> float:
        scale = np.maximum(np.maximum(np.abs(x), np.abs(y)), small * largest)
        return float(np.max(np.divide(np.abs(x - y), scale, out=np.zeros_like(scale), where=scale > 0.0)))

    return Comparison(
        max(relative(x, y, _SMALL_DRIVEN) for a, b in pairs for x, y in ((a.out_d, b.out_d), (a.out_s, b.out_s))),
        max(relative(x, y, _SMALL_SENSED) for x, y in zip(read.sensed(ours), read.sensed(theirs), strict=True)),
        max(float(np.max(np.abs(x - y))) for a, b in pairs for x, y in ((a.v_d, b.v_d), (a.v_s, b.v_s))),
    )


def check_with_ngspice(path: str | Path) -> Comparison:
    """Run a netlist of `save` with ngspice, and compare with xbarsim's own solution of what the file holds.

    Raises
    ------
    NetlistError
        If the file is not such a netlist, or ngspice is missing or fails.
    """
    read = load(path)
    values = {name: float(v[-1]) for name, v in run_read(read, str(path)).items()}
    return compare(read, read.solve(), solutions_of(read, values))
