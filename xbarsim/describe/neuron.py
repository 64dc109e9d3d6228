"""The section ``[neuron]`` of a layout."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Description, number


@dataclass(frozen=True, kw_only=True)
class Neuron(Description):
    """Neurons, in units of (Gmax - Gmin) V_read."""

    section = "neuron"
    panel = "Pulses and neurons"
    comment = "in units of (g_max - g_min) v_read"

    c: float = number(
        4.5,
        least=1e-6,
        most=1e9,
        help="Hard sigmoid: half width, in (Gmax-Gmin) V_read.",
        comment="hard sigmoid: 0 below -c, 1 above c",
        doc="The hidden hard sigmoid is 0 below -c and 1 above c.",
        calibrated=True,
    )
    c_current: float | None = number(
        None,
        unit="A",
        least=1e-30,
        most=1e9,
        help="The same in A, instead.",
        comment="the same in A, instead",
        doc="The same in A, instead of `c`.",
        example=4e-7,
    )
    inner_c: float = number(
        1.4,
        least=1e-6,
        most=1e9,
        help="Factor on c for neurons fed by other neurons.",
        comment="factor on c for neurons that are fed by other neurons",
        doc="Factor on c for neurons that are fed by other neurons and not by the inputs. Of pixels most are dark, of "
        "neurons most give half: inner arrays carry more current.",
        calibrated=True,
    )
    softmax_scale: float = number(
        1.25,
        least=1e-9,
        most=1e9,
        help="Factor before the softmax, per the same unit.",
        comment="factor on the output currents before the softmax",
        calibrated=True,
    )
