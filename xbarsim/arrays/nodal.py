"""The circuit of an array: which lines there are, what is driven and sensed, and its nodal solution.

A differential array is one or two *sheets*, rectangles of devices at the crossings of D and S lines, by its routing:

=============  =========================================================================================================
split-both     two sheets, D+ x S+ and D- x S-; S+ and S- sensed apart
split-source   one sheet, D x (S+, S-): the columns of a pair side by side; backward S+ and S- are driven at +v and -v
split-drain    one sheet, (D+, D-) x S: the rows of a pair side by side; forward D+ and D- are driven at +v and -v
=============  =========================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base.errors import LayoutError
from ..describe.iv import IV
from ..describe.wires import Wires
from ..kernels.circuit import curve as curved
from ..kernels.circuit import ohmic
from ..kernels.circuit import wires as kernel
from .curves import curve_of

OHMIC = IV()


@dataclass(frozen=True)
class Sheet:
    """A rectangle of devices, one at every crossing of a D line (row) and an S line (column)."""

    g: np.ndarray  # (rows, cols) float32, S
    rows: tuple[str, ...]  # names of the D lines, such as "dp3": D+ of row 3
    columns: tuple[str, ...]  # names of the S lines, such as "sm0": S- of column 0
    row_of: np.ndarray  # (rows,) int: row of the array that a D line belongs to
    column_of: np.ndarray  # (cols,) int
    row_drive: np.ndarray  # (rows,) float: factor on the voltage that a D line is driven with
    row_sense: np.ndarray  # (rows,) float: factor with which its current counts when it is sensed
    column_drive: np.ndarray  # (cols,) float
    column_sense: np.ndarray  # (cols,) float


@dataclass(frozen=True)
class Solution:
    """Everything about one read of one sheet. Where there are tiles, node voltages are each tile's own."""

    sheet: Sheet
    drive_d: np.ndarray  # (rows,) V: at the terminals of the D lines
    drive_s: np.ndarray  # (cols,) V
    v_d: np.ndarray  # (rows, cols) float64, V: D node of every device
    v_s: np.ndarray  # (rows, cols) float64, V: S node of every device
    out_d: np.ndarray  # (rows,) float64, A: current that flows out of the array at the D terminals
    out_s: np.ndarray  # (cols,) float64, A
    sweeps: int  # most of any tile
    residual: float  # largest of any tile: sum of the imbalances of all nodes, relative to the current fed in

    @property
    def power(self) -> float:
        """What the drivers deliver, W."""
        return -float(self.drive_d @ self.out_d + self.drive_s @ self.out_s)


def sheets_of(g_plus: np.ndarray, g_minus: np.ndarray, routing: str) -> list[Sheet]:
    """Sheets of a differential array; `g_plus` and `g_minus` are (rows, cols), S."""
    rows, cols = g_plus.shape
    one_r, one_c, i, j = np.ones(rows), np.ones(cols), np.arange(rows), np.arange(cols)

    def names(kind: str, n: int) -> tuple[str, ...]:
        return tuple(f"{kind}{k}" for k in range(n))

    if routing == "split-both":
        return [
            Sheet(g_plus, names("dp", rows), names("sp", cols), i, j, one_r, one_r, one_c, one_c),
            Sheet(g_minus, names("dm", rows), names("sm", cols), i, j, one_r, -one_r, one_c, -one_c),
        ]
    if routing == "split-source":
        both = np.stack([g_plus, g_minus], axis=2).reshape(rows, 2 * cols)
        signs = np.tile([1.0, -1.0], cols)
        lines = tuple(f"s{side}{k}" for k in range(cols) for side in "pm")
        return [Sheet(both, names("d", rows), lines, i, np.repeat(j, 2), one_r, one_r, signs, signs)]
    both = np.stack([g_plus, g_minus], axis=1).reshape(2 * rows, cols)
    signs = np.tile([1.0, -1.0], rows)
    lines = tuple(f"d{side}{k}" for k in range(rows) for side in "pm")
    return [Sheet(both, lines, names("s", cols), np.repeat(i, 2), j, signs, signs, one_c, one_c)]


def lines_of(wires: Wires) -> kernel.Lines:
    """Resistances as the kernels take them."""
    r_d = wires.wire_resistance
    r_s = r_d if wires.wire_resistance_s is None else wires.wire_resistance_s
    return kernel.Lines(r_d, r_s, r_d + wires.driver_resistance, r_s + wires.sense_resistance, int(wires.double_sided))


def tiles_of(shape: tuple[int, int], wires: Wires) -> list[tuple[slice, slice]]:
    """Row and column ranges of the physical arrays that a sheet is split into."""
    rows, cols = shape
    tall, wide = wires.tile_rows or rows, wires.tile_columns or cols
    return [
        (slice(a, min(a + tall, rows)), slice(b, min(b + wide, cols)))
        for a in range(0, rows, tall)
        for b in range(0, cols, wide)
    ]


def solve(
    sheet: Sheet, wires: Wires, volts: np.ndarray, *, forward: bool, iv: IV = OHMIC, v_read: float = 1.0
) -> Solution:
    """Solve one read of a sheet.

    Parameters
    ----------
    sheet : Sheet
    wires : Wires
    volts : (n,) float64, V
        One per row of the array if `forward`, else one per column; what is not driven is at 0 V.
    forward : bool
    iv : IV
        Of the devices, whose conductances are those at `v_read`, V.

    Raises
    ------
    LayoutError
        If the sweeps do not suffice.
    """
    rows, cols = sheet.g.shape
    drive_d, drive_s = np.zeros(rows), np.zeros(cols)
    if forward:
        drive_d = volts[sheet.row_of] * sheet.row_drive
    else:
        drive_s = volts[sheet.column_of] * sheet.column_drive
    v_d, v_s = np.empty((rows, cols)), np.empty((rows, cols))
    out_d, out_s = np.zeros(rows), np.zeros(cols)
    lines, most, worst = lines_of(wires), 0, 0.0
    for r, c in tiles_of((rows, cols), wires):
        g = np.ascontiguousarray(sheet.g[r, c], np.float64)
        u, s, cd, cs = (np.empty(g.shape) for _ in range(4))
        o_d, o_s = np.empty(g.shape[0]), np.empty(g.shape[1])
        kernel.fold(g, lines, cd, cs)
        rho = kernel.coupling(float(g.mean()), *g.shape, lines)
        curve = curve_of(iv, v_read, 0, g.size, np.float64)
        sweeps, residual = (ohmic if iv.ohmic else curved).solve_tile(
            curve,
            g,
            cd,
            cs,
            drive_d[r],
            drive_s[c],
            lines,
            rho,
            wires.wire_tolerance,
            wires.wire_sweeps,
            forward,
            u,
            s,
            o_d,
            o_s,
        )
        if residual > wires.wire_tolerance:
            raise not_solved(sweeps, residual, wires)
        v_d[r, c], v_s[r, c] = drive_d[r, None] + u, drive_s[None, c] + s
        out_d[r] += o_d
        out_s[c] += o_s
        most, worst = max(most, sweeps), max(worst, residual)
    return Solution(sheet, drive_d, drive_s, v_d, v_s, out_d, out_s, most, worst)


def not_solved(sweeps: int, residual: float, wires: Wires) -> LayoutError:
    """The error of a read whose sweeps did not suffice."""
    return LayoutError(
        f"wires.wire_sweeps: expected a residual of {wires.wire_tolerance:g} after at most {wires.wire_sweeps} "
        f"sweeps, got {residual:.2g} after {sweeps}; allow more sweeps, lower the wire resistance or the "
        "conductances, or split the array (tile_rows, tile_columns)"
    )


def sensed(solutions: list[Solution], n: int, *, forward: bool) -> tuple[np.ndarray, np.ndarray]:
    """Currents at the + and the - lines of every column (or row, if not `forward`), (n,) A each; their difference is
    that of W.
    """
    plus, minus = np.zeros(n), np.zeros(n)
    for s in solutions:
        current, sign, of = (
            (s.out_s, s.sheet.column_sense, s.sheet.column_of)
            if forward
            else (s.out_d, s.sheet.row_sense, s.sheet.row_of)
        )
        np.add.at(plus, of[sign > 0], current[sign > 0])
        np.add.at(minus, of[sign < 0], current[sign < 0])
    return plus, minus
