"""The section ``[sense]`` of a layout: drivers and sense circuits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..base.errors import LayoutError
from .fields import Description, choice, integer, number, text
from .needs import DEVICES, Need, value
from .ranges import ranges_of

if TYPE_CHECKING:
    from .layout import Layout

READS = {
    "off": "no read",
    "forward": "reads of inputs",
    "backward": "reads of errors",
    "both": "both",
}
"""Reads whose range is managed."""

DRIVES = {
    "amplitude": "one read, each line at its voltage",
    "pulses": "one read for each of `driver_bits`, each line at the full voltage or at 0; sensed by itself, "
    "shifted and added",
}
"""How inputs drive an array."""

MOST_BITS = 16
"""Of inputs that come bit by bit."""

_RANGE = Need("sense_range or sense_ranges", lambda layout: bool(layout.sense.sense_range or layout.sense.sense_ranges))
_AMPLITUDE = value(
    "drive = 'amplitude': half an input is as many full pulses", "sense", "drive", lambda drive: drive == "amplitude"
)
_BOUND = Need("bound_management", lambda layout: layout.sense.bound_management != "off")


def _scale_counts(layout: Layout) -> bool:
    s = layout.sense
    own = (s.read_noise, s.offset_sigma, s.sense_range, s.sense_ranges, s.driver_bits)
    return any(own) or layout.gates.account


_SCALES = Need(
    "drivers or sense circuits that tell a large input from a small one (driver_bits, read_noise, offset_sigma, "
    "sense_range), or account",
    _scale_counts,
)


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
    sense_ranges: tuple[tuple[float, ...], ...] | None = text(
        None,
        kind="ranges",
        help="File of ranges of their own, from calibrate.",
        comment="ranges of their own: for each array one, or one for each column; or a file, see xbarsim calibrate",
        doc="Ranges of forward reads instead of `sense_range`: for each array of the network a list with one range for "
        "all columns, or with one for each; or the name of a file that `xbarsim calibrate` wrote, which a run file "
        "then holds. Backward reads have `sense_range`.",
        example=[[12.0], [8.0]],
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

    noise_management: str = choice(
        "off",
        READS,
        help="Reads scaled so that their largest input is full: off, forward, backward or both.",
        comment="reads that are driven with a full largest input, and scaled back: off, forward, backward or both",
        doc="Reads that drivers scale so that the largest input is a full one; what is sensed is scaled back digitally "
        "(noise management of Gokmen et al., Front. Neurosci. 11:538, 2017). What is not driven at all is not read, "
        "and 0.",
        needs=(_SCALES,),
    )
    bound_management: str = choice(
        "off",
        READS,
        help="Clipped reads are taken again with half the inputs: off, forward, backward or both.",
        comment="reads that are taken again with half the inputs while a line is clipped",
        doc="Reads that are taken again with half the inputs, and scaled back, while any line is clipped at "
        "`sense_range` (bound management of the same).",
        needs=(_RANGE, _AMPLITUDE),
    )
    bound_reads: int = integer(
        10,
        least=1,
        most=60,
        help="Such reads are taken again at most so many times.",
        comment="at most so many times",
        doc="How many times a clipped read is taken again at most.",
        needs=(_RANGE, _BOUND),
    )

    drive: str = choice(
        "amplitude",
        DRIVES,
        help="Inputs by amplitude, or by pulses, bit by bit.",
        comment='"pulses": a read for each of driver_bits, at the full voltage or 0, shifted and added',
        doc="How an input drives its line. By pulses a device sees the full voltage or none, so that its I-V curve "
        "does not count (on ideal wires), and a read costs `driver_bits` reads.",
    )

    def check(self) -> None:
        """One bit is the sign, and bits need a range."""
        if self.drive == "pulses" and not 1 <= self.driver_bits <= MOST_BITS:
            raise LayoutError(
                f"sense.driver_bits: expected 1 to {MOST_BITS} with drive = 'pulses', got {self.driver_bits}; "
                "give for example 8"
            )
        if self.sense_bits == 1:
            raise LayoutError(
                "sense.sense_bits: expected 0 or at least 2 (one of them is the sign), got 1; choose another"
            )
        if self.sense_ranges is not None:
            object.__setattr__(self, "sense_ranges", ranges_of(self.where("sense_ranges"), self.sense_ranges))
        if self.sense_bits and not (self.sense_range or self.sense_ranges):
            raise LayoutError(
                f"sense.sense_range: expected a range > 0 with sense_bits = {self.sense_bits}, got 0; "
                "give for example 10, or sense_ranges (--sense-ranges, a file that xbarsim calibrate writes); "
                "xbarsim infer also takes --calibrate column"
            )

    @property
    def ideal(self) -> bool:
        """Whether nothing is done to a voltage or a current."""
        alone = replace(self, noise_management="off", bound_management="off", bound_reads=Sense().bound_reads)
        return alone == Sense()

    @property
    def managed(self) -> bool:
        """Whether the range of some reads is managed."""
        bound = self.bound_management != "off" and bool(self.sense_range or self.sense_ranges)
        bound = bound and self.drive == "amplitude"
        return self.noise_management != "off" or bound

    @property
    def planes(self) -> int:
        """Reads of an array that one read of a layer takes."""
        return self.driver_bits if self.drive == "pulses" else 1
