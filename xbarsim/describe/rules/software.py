"""Rule ``software``: the reference without devices, and its section ``[software]`` of a layout."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import Description, choice, number
from ..needs import HIDDEN, value
from ..refusals import Refusal
from .rule import RuleDescription

ACTIVATIONS = {
    "hard-sigmoid": "clip(1/2 + z / (2 c), 0, 1), as in hardware",
    "sigmoid": "1 / (1 + exp(-z))",
}
"""Hidden neurons: kernels/rules/backprop.py, in this order."""

SLOPES = {
    "one": "1, as a comparator gives it: Lim et al. (2019), section 2.1, for hardware",
    "1/2c": "1 / (2 c), the derivative",
}
"""What an error is multiplied with at a hard sigmoid that is neither 0 nor 1."""


_HARD = value("activation = 'hard-sigmoid'", "software", "activation", lambda which: which == "hard-sigmoid")


@dataclass(frozen=True, kw_only=True)
class Software(Description):
    """The reference without devices, for the rule ``software``: float weights and back-propagation."""

    section = "software"
    panel = "Software reference"
    comment = 'for rule = "software" only'

    learning_rate: float = number(0.01, least=1e-12, most=1e6, help="Learning rate.", search="log:1e-3:0.3")
    software_c: float = number(
        4.5,
        least=1e-12,
        most=1e6,
        help="Hard sigmoid: half width.",
        comment="hard sigmoid: 0 below -c, 1 above c",
        doc="The hidden hard sigmoid is 0 below -c and 1 above c; as that of the hardware with MNIST.",
        calibrated=True,
        needs=(HIDDEN, _HARD),
        search="log:1:20",
    )
    slope: str = choice(
        "one",
        SLOPES,
        help="Derivative of the hard sigmoid: one, or 1/2c.",
        comment='derivative of the hard sigmoid inside -c to c: 1, as in hardware; or "1/2c"',
        doc="Derivative of the hard sigmoid inside -c to c, with which an error is multiplied on its way down.",
        calibrated=True,
        needs=(HIDDEN, _HARD),
    )
    initial_weight: float = number(
        1.0,
        least=1e-12,
        most=1e6,
        help="Weights start within this / sqrt(inputs).",
        comment="weights start within 1 / sqrt(inputs)",
        doc="Weights start uniformly between -w and w, w = initial_weight / sqrt(inputs of the layer).",
        calibrated=True,
    )
    activation: str = choice(
        "hard-sigmoid",
        ACTIVATIONS,
        help="Hidden neurons: hard-sigmoid or sigmoid.",
        comment='of hidden neurons; or "sigmoid"',
        doc="Of hidden neurons.",
        needs=(HIDDEN,),
    )
    learning_rate_end: float = number(
        1.0,
        least=1e-12,
        most=1e6,
        help="Factor on the rate at the end of the run.",
        comment="factor on the learning rate at the end of the run; it falls exponentially",
        doc="Factor on the learning rate at the end of the run (or of `run.schedule`); it falls exponentially.",
    )

    @property
    def benchmark(self) -> bool:
        """Whether kernels/rules/software/backprop.py trains, and not descent.py."""
        return self.activation != "hard-sigmoid" or self.learning_rate_end != 1.0


_NONE = "which has no devices and no circuits"

RULE = RuleDescription(
    name="software",
    text="no devices: float weights and back-propagation, the reference",
    section=Software,
    on_devices=False,
    has_devices=lambda layout: False,
    currents=False,
    clipped=lambda layout: layout.software.activation == "hard-sigmoid",
    pairs=False,
    batched=lambda layout: False,
    falls=lambda layout: layout.software.learning_rate_end != 1.0,
    label=lambda _layout: "software (float)",
    variant=lambda layout: f"float weights, {layout.software.activation}, rate {layout.software.learning_rate:g}",
    refusals=(
        Refusal("variation", reason=_NONE),
        Refusal("wires", ("resistance",), reason=_NONE),
        Refusal("iv", reason=_NONE),
        Refusal("sense", reason=_NONE),
        Refusal("lines", reason=_NONE),
        Refusal("engine", expected="'auto'", reason="which has no devices", advice="leave it out"),
    ),
)
