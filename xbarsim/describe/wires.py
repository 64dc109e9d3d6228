"""The section ``[wires]`` of a layout: resistances of the lines."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Description, flag, integer, number
from .needs import DEVICES, WIRES, value

_NOT_IDEAL = value("a circuit that is not 'ideal'", "array", "circuit", lambda circuit: circuit != "ideal")


@dataclass(frozen=True, kw_only=True)
class Wires(Description):
    """Resistances of the lines of an array, and how its nodal equations are solved.

    A line is a chain of equal segments between its crossings; at its terminal, where it is driven or sensed, comes one
    more segment and the resistance of the driver or sense circuit.

    Examples
    --------
    >>> import xbarsim
    >>> xbarsim.Wires(wire_resistance=2.0, driver_resistance=100.0).ideal
    False
    """

    section = "wires"
    panel = "Circuit"
    needs = (DEVICES,)

    wire_resistance: float = number(
        0.0,
        unit="Ohm",
        least=0.0,
        most=1e12,
        help="Of one wire segment, Ohm; reads are solved exactly.",
        comment="of one segment between two crossings",
        doc="Of one segment of a D line, and of an S line unless `wire_resistance_s` is given.",
        needs=(_NOT_IDEAL,),
    )
    wire_resistance_s: float | None = number(
        None,
        unit="Ohm",
        least=0.0,
        most=1e12,
        help="Of a segment of an S line, Ohm.",
        comment="of a segment of an S line, if it differs",
        like="wire_resistance",
        example=0.0,
        needs=(_NOT_IDEAL,),
    )
    driver_resistance: float = number(
        0.0,
        unit="Ohm",
        least=0.0,
        most=1e12,
        help="At the terminals of D lines, Ohm.",
        comment="at the terminals of D lines",
        doc="At the terminals of D lines, in both directions of reading.",
        needs=(_NOT_IDEAL,),
    )
    sense_resistance: float = number(
        0.0,
        unit="Ohm",
        least=0.0,
        most=1e12,
        help="At the terminals of S lines, Ohm.",
        comment="at the terminals of S lines",
        doc="At the terminals of S lines, in both directions of reading.",
        needs=(_NOT_IDEAL,),
    )
    double_sided: bool = flag(
        False,
        help="Terminals at both ends of every line.",
        doc="Terminals at both ends of every line, joined.",
        needs=(WIRES,),
    )
    tile_rows: int = integer(
        0,
        least=0,
        help="Most D lines of one physical array; 0: no limit.",
        doc="Most D lines of one physical array; a larger layer is split, and the tiles' currents are added after "
        "sensing. 0: no limit.",
        needs=(WIRES,),
    )
    tile_columns: int = integer(
        0,
        least=0,
        help="Most S lines of one physical array; 0: no limit.",
        comment="most S lines",
        needs=(WIRES,),
    )
    wire_tolerance: float = number(
        1e-6,
        least=1e-12,
        most=1e-2,
        help="Largest residual of a read.",
        comment="largest residual of Kirchhoff's current law",
        doc="Largest sum of the imbalances of all nodes, relative to the current that is fed in.",
        needs=(WIRES,),
    )
    wire_sweeps: int = integer(
        1000,
        least=1,
        help="Most sweeps of a read.",
        comment="most sweeps of one read",
        doc="Most alternations between the two kinds of lines in one read.",
        needs=(WIRES,),
    )

    @property
    def ideal(self) -> bool:
        """Whether nothing has resistance."""
        return not (self.wire_resistance or self.wire_resistance_s or self.driver_resistance or self.sense_resistance)
