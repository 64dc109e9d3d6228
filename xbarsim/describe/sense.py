"""The section ``[sense]`` of a layout: drivers and sense circuits."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.errors import LayoutError
from .fields import Description, integer, number
from .needs import DEVICES


@dataclass(frozen=True, kw_only=True)
class Sense(Description):
    """Drivers and sense circuits; all ideal by default. Currents are in units of (Gmax - Gmin) V_read."""

    section = "sense"
    panel = "Circuit"
    comment = "drivers and sense circuits; in the same unit"
    needs = (DEVICES,)

    gain_sigma: float = number(
        0.0,
        least=0.0,
        most=1e9,
        help="Spread of the sense circuits' gain.",
        comment="spread of the neurons' gain around 1",
        doc="Spread of the current-to-voltage stages' gain around 1, drawn once for each column and each row.",
    )
    offset_sigma: float = number(
        0.0,
        least=0.0,
        most=1e9,
        help="Spread of their offset, in (Gmax-Gmin) V_read.",
        comment="spread of their offset current",
        doc="Spread of their offset current around 0, drawn likewise.",
    )
    read_noise: float = number(
        0.0,
        least=0.0,
        most=1e9,
        help="Input-referred noise of a read, same unit.",
        comment="input-referred, anew at each read",
        doc="Standard deviation of the input-referred noise, drawn anew at each read.",
    )
    sense_range: float = number(
        0.0,
        least=0.0,
        most=1e9,
        help="Sensed currents are clipped here, same unit; 0: never.",
        comment="outputs are clipped there; 0: never",
        doc="Outputs are clipped at plus and minus this; 0: not at all.",
    )
    sense_bits: int = integer(
        0,
        least=0,
        most=32,
        help="Resolution over that range, sign included; 0: any.",
        comment="resolution over that range; 0: any value",
        doc="Resolution over that whole range, sign included; 0: any value.",
    )
    driver_bits: int = integer(
        0,
        least=0,
        most=32,
        help="Resolution of the drivers; 0: any.",
        comment="resolution of the drivers; 0: any voltage",
        doc="Resolution of the drivers from 0 V to the read voltage, sign apart; 0: any voltage.",
    )

    def check(self) -> None:
        """One bit is the sign, and bits need a range."""
        if self.sense_bits == 1:
            raise LayoutError(
                "sense.sense_bits: expected 0 or at least 2 (one of them is the sign), got 1; choose another"
            )
        if self.sense_bits and not self.sense_range:
            raise LayoutError(
                f"sense.sense_range: expected a range > 0 with sense_bits = {self.sense_bits}, got 0; "
                "give for example 10"
            )

    @property
    def ideal(self) -> bool:
        """Whether nothing is done to a voltage or a current."""
        return self == Sense()
