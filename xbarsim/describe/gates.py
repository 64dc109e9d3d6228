"""The section ``[gates]`` of a layout: the pulse lines."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Description, flag, number
from .needs import DEVICES, Need

_FOLLOWED = Need("pulse lines that are followed (account, or a half-select)", lambda layout: layout.gates.active)


@dataclass(frozen=True, kw_only=True)
class Gates(Description):
    """The pulse lines, and what pulses and reads cost.

    An event puts half of the pulse on the firing row lines and half on a line of each firing column; see
    kernels/circuit/gates.py.
    """

    section = "gates"
    panel = "Pulse lines"
    comment = "the pulse lines, and what pulses and reads cost"
    needs = (DEVICES,)

    account: bool = flag(
        False,
        help="Keep energies, latency and half-selects of every iteration.",
    )
    pulse_voltage: float = number(
        3.0,
        unit="V",
        least=0.0,
        most=1e6,
        help="Amplitude at a selected gate, V.",
        comment="amplitude at a selected gate",
        doc="Amplitude that a selected gate sees; a half-selected one sees half of it.",
        calibrated=True,
    )
    pulse_width: float = number(
        1e-6,
        unit="s",
        least=0.0,
        most=1e6,
        help="Width of a gate pulse, s.",
        comment="width of a gate pulse",
        doc="Width of a gate pulse (or a reset).",
        calibrated=True,
        needs=(_FOLLOWED,),
    )
    read_width: float = number(
        1e-7,
        unit="s",
        least=0.0,
        most=1e6,
        help="Length of a read, s.",
        comment="length of a read",
        calibrated=True,
    )
    gate_capacitance: float = number(
        1e-15,
        unit="F",
        least=0.0,
        most=1e6,
        help="Of one gate, F.",
        comment="of one gate",
        calibrated=True,
    )
    half_select_step: float = number(
        0.0,
        least=0.0,
        most=1.0,
        help="A half-selected device moves by this part of a step.",
        doc="Fraction of a potentiation step by which a half-selected device moves.",
    )
    half_select_probability: float = number(
        0.0,
        least=0.0,
        most=1.0,
        help="It moves by a whole step with this probability.",
        comment="or by a whole step with this probability",
        doc="Probability that a half-selected device moves by a whole step.",
    )

    @property
    def disturb(self) -> bool:
        """Whether half-selected devices move."""
        return self.half_select_step > 0.0 or self.half_select_probability > 0.0

    @property
    def active(self) -> bool:
        """Whether the pulse lines have to be followed at all."""
        return self.account or self.disturb
