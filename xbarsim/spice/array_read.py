"""One read of one array with its wires: what a netlist holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..arrays.nodal import OHMIC, Sheet, Solution, sensed, sheets_of, solve
from ..base import checks
from ..base.errors import LayoutError
from ..describe.array import ROUTINGS
from ..describe.iv import IV
from ..describe.wires import Wires

_SOLVE_TOLERANCE, _SOLVE_SWEEPS = 1e-10, 100_000  # of our own solution, when it is compared


@dataclass(frozen=True, eq=False)
class ArrayRead:
    """One read of one array: what a netlist holds.

    Attributes
    ----------
    g_plus, g_minus : (rows, cols) float32, S
    routing : str
    wires : Wires
    forward : bool
        Whether rows are driven and columns sensed.
    volts : (rows,) or (cols,) float64, V
        What the rows, or columns, are driven with.
    origin : mapping
        Where it comes from (layer, iteration, sample, ...): numbers and texts, kept in the netlist's comments.
    iv : IV
        Of the devices, which conduct G at `v_read`, V; that does not matter if they are ohmic.
    """

    g_plus: np.ndarray
    g_minus: np.ndarray
    routing: str
    wires: Wires
    forward: bool
    volts: np.ndarray
    origin: Mapping[str, int | float | str] = field(default_factory=dict)
    iv: IV = OHMIC
    v_read: float = 1.0

    def __post_init__(self) -> None:
        """Check shapes and values."""
        checks.choice("netlist.routing", self.routing, ROUTINGS)
        for name in ("g_plus", "g_minus"):
            g = np.ascontiguousarray(getattr(self, name), np.float32)
            if g.ndim != 2 or g.size == 0 or g.shape != np.shape(self.g_plus):
                raise LayoutError(
                    f"netlist.{name}: expected a (rows, cols) array, the same for both sides, got {g.shape}; give a "
                    "matrix"
                )
            if not (np.all(np.isfinite(g)) and np.all(g >= 0.0)):
                raise LayoutError(f"netlist.{name}: expected finite conductances >= 0 S, got others; correct the array")
            object.__setattr__(self, name, g)
        volts, n = np.ascontiguousarray(self.volts, np.float64), self.g_plus.shape[0 if self.forward else 1]
        if volts.shape != (n,) or not np.all(np.isfinite(volts)):
            raise LayoutError(
                f"netlist.volts: expected {n} finite voltages, got shape {volts.shape}; give one per driven line"
            )
        object.__setattr__(self, "volts", volts)

        object.__setattr__(self, "v_read", checks.number("netlist.v_read_V", self.v_read, above=0.0, most=1e6))
        self.iv.check_at(self.v_read)
        for key, value in self.origin.items():
            # They stand in comments of a netlist, one line each.
            if isinstance(value, str) and (key + value).isprintable():
                continue
            if isinstance(value, str) or not key.isprintable():
                raise LayoutError(f"netlist.origin: expected texts of one line, got {key!r}: {value!r}; shorten it")
            checks.number(f"netlist.origin.{key}", value)

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets of the array."""
        return sheets_of(self.g_plus, self.g_minus, self.routing)

    def drives(self, sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
        """Voltages at the terminals of a sheet's D and S lines, (rows,) and (cols,) V."""
        if self.forward:
            return self.volts[sheet.row_of] * sheet.row_drive, np.zeros(len(sheet.columns))
        return np.zeros(len(sheet.rows)), self.volts[sheet.column_of] * sheet.column_drive

    def effective(self, volts: np.ndarray) -> np.ndarray:
        """Voltages that drive as much through ohmic devices as `volts` do through these, (n,) V."""
        return np.array([self.iv.effective(float(v), self.v_read) for v in volts])

    def solve(self) -> list[Solution]:
        """xbarsim's own solution of every sheet, as exact as float64 lets it be.

        Raises
        ------
        LayoutError
            If the sweeps do not suffice.
        """
        wires = dataclasses.replace(
            self.wires,
            wire_tolerance=min(self.wires.wire_tolerance, _SOLVE_TOLERANCE),
            wire_sweeps=max(self.wires.wire_sweeps, _SOLVE_SWEEPS),
        )
        what: dict[str, Any] = {"forward": self.forward, "iv": self.iv, "v_read": self.v_read}
        return [solve(sheet, wires, self.volts, **what) for sheet in self.sheets]

    def sensed(self, solutions: list[Solution]) -> tuple[np.ndarray, np.ndarray]:
        """Currents at the + and the - lines of every column (of every row, if backward), A."""
        return sensed(solutions, self.g_plus.shape[1 if self.forward else 0], forward=self.forward)
