"""Rule ``bs``: binary-stochastic learning, and its section ``[bs]`` of a layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ...base.errors import LayoutError
from ..fields import Description, choice, integer, number
from ..needs import HIDDEN, INNER, Need, value
from ..refusals import Refusal
from .rule import RuleDescription

if TYPE_CHECKING:
    from ..layout import Layout

BS_INPUTS = {
    "bits": "an input x, 0 to 1, drives its row with probability x",
    "threshold": "an input above 1/2 drives its row",
}
"""How bits are made of inputs: kernels/rules/bs, in this order."""

BS_OUTPUTS = {
    "softmax": "one class, drawn from the softmax",
    "bits": "one noisy comparator for each class",
}
"""How bits are made of outputs: kernels/rules/bs, in this order."""

BS_SLOPES = {
    "norm": "1 with probability 4 s (1 - s), s the neuron's own: a window comparator whose width is the noise",
    "and": "1 with probability s (1 - s): one fresh comparator fires and another does not",
    "window": "1 if a noisy read is inside a fixed window",
}
"""How the derivative of the activation function is sampled: kernels/rules/bs, in this order."""

MAX_DRAWS = 256
"""Most output samples of one image."""

MAX_DIGITS = 6


def _digits(least: int) -> Need:
    """A need of so many digits."""
    text = "bs_digits" if least == 1 else f"bs_digits = {least} or more"
    return Need(text, lambda layout: layout.bs.bs_digits >= least)


_IDEAL = value("ideal steps (bs_digits = 0)", "bs", "bs_digits", lambda digits: not digits)
_WINDOW = value("bs_slope = 'window'", "bs", "bs_slope", lambda slope: slope == "window")
_CARRIES = value("bs_carry_every", "bs", "bs_carry_every")


@dataclass(frozen=True, kw_only=True)
class Bs(Description):
    """Binary-stochastic learning (Li et al., arXiv 2304.12866), for the rule ``bs``.

    A reconstruction: of the paper only the abstract and a summary were at hand, which name the stochastic binarisation
    of forward signals and derivatives, signs of errors, and steps with a periodical carry. Every value is a parameter.
    The dead zone, the temperature of the derivative and several draws per read are additions of this project.
    Temperatures, dead zones, steps and weights are in units of W, which has none: a hidden neuron fires with
    probability ``1 / (1 + exp(-z / T))``, z being the sum of W over the rows that fire.

    Examples
    --------
    >>> Bs(bs_digits=3, bs_carry_every=100).periods
    (0, 1000, 100)
    """

    section = "bs"
    panel = "Binary-stochastic learning (reconstruction)"
    shown_in = "bs-784-200-10.toml"

    bs_input: str = choice(
        "bits",
        BS_INPUTS,
        help="Inputs: bits (drawn) or threshold (above 1/2).",
        doc="How inputs become bits.",
    )
    bs_output: str = choice(
        "softmax",
        BS_OUTPUTS,
        help="Outputs: softmax (one class is drawn) or bits.",
        doc="How outputs become bits.",
    )
    bs_slope: str = choice(
        "norm",
        BS_SLOPES,
        help="Derivative: norm, and, or window.",
        doc="How derivatives become bits.",
        needs=(HIDDEN,),
    )
    bs_window: float = number(
        1.0,
        least=1e-6,
        most=1e6,
        help="Half width of that window, in its temperature.",
        doc="Half width of the slope `window`, in units of the derivative's temperature.",
        needs=(HIDDEN, _WINDOW),
    )
    bs_temperature: float = number(
        1.0,
        least=1e-6,
        most=1e6,
        help="Noise temperature of hidden comparators, in units of W.",
        needs=(HIDDEN,),
        search="log:0.2:5",
    )
    bs_output_temperature: float = number(
        2.0, least=1e-6, most=1e6, help="Of the output.", doc="Noise temperature of the output.", search="log:0.5:8"
    )
    bs_slope_temperature: float = number(
        2.0,
        least=1e-6,
        most=1e6,
        help="Of the derivative, relative to the neuron's.",
        doc="Temperature of the derivative, as a multiple of that of the neuron.",
        needs=(HIDDEN,),
    )
    bs_dead_zone: float = number(
        2.0,
        least=0.0,
        most=1e6,
        help="Hidden errors: largest random threshold; 0: plain signs.",
        doc="A hidden error goes back as its sign if it is above a threshold that is drawn anew, uniformly between 0 "
        "and this; for neurons below the output. 0: the plain sign.",
        needs=(HIDDEN,),
        search="lin:0:5",
    )
    bs_inner_dead_zone: float = number(
        1.0,
        least=0.0,
        most=1e6,
        help="The same below other hidden layers.",
        doc="The same for neurons below other hidden layers.",
        needs=(INNER,),
    )
    bs_reads: int = integer(
        2,
        least=1,
        most=MAX_DRAWS,
        help="Forward reads of an image.",
    )
    bs_draws: int = integer(
        4,
        least=1,
        most=MAX_DRAWS,
        help="Output samples, each with its pulses, of a read.",
        doc="Output samples of each read, every one with its own signs and pulses.",
    )
    bs_step: float = number(
        0.007, least=1e-9, most=1e6, help="Ideal step, in units of W.", needs=(_IDEAL,), search="log:1e-3:0.05"
    )
    bs_step_end: float = number(
        0.1,
        least=1e-6,
        most=1e6,
        help="Factor on it at the end of the run.",
        doc="Factor on the ideal step at the end of the run (or of `run.schedule`); it falls exponentially.",
        needs=(_IDEAL,),
    )
    bs_reach: float = number(0.0, least=0.0, most=1e9, help="No ideal weight gets larger; 0: any.", needs=(_IDEAL,))
    bs_initial_weight: float = number(
        1.0,
        least=0.0,
        most=1e6,
        help="Weights start within this / sqrt(inputs).",
        doc="Weights start uniformly between -w and w, w = bs_initial_weight / sqrt(inputs of the layer).",
    )
    bs_samples: int = integer(
        0,
        least=0,
        most=65_536,
        help="Inference by N stochastic passes; 0: by expectation.",
        doc="Inference by the most frequent class of so many stochastic passes; 0: by expectation.",
    )
    bs_digits: int = integer(
        0,
        least=0,
        most=MAX_DIGITS,
        help="Digits of a weight, each a pair of devices; 0: ideal steps.",
        doc="Digits of a weight, each a pair of the layout's devices; 0: ideal steps instead.",
    )
    bs_base: float = number(
        16.0, least=1.5, most=1e4, help="A digit is worth so many of the next lower one.", needs=(_digits(2),)
    )
    bs_scale: float = number(
        4.0,
        least=1e-9,
        most=1e6,
        help="Weight of a full highest digit.",
        doc="W of a full highest digit.",
        needs=(_digits(1),),
        search="log:0.5:16",
    )
    bs_carry_every: int = integer(
        250, least=0, most=2**31, help="Images between carries of the lowest digit; 0: never.", needs=(_digits(2),)
    )
    bs_carry_ratio: int = integer(
        10,
        least=1,
        most=1_000_000,
        help="Higher digits carry so many times less often.",
        doc="Every higher digit carries so many times less often.",
        needs=(_digits(3), _CARRIES),
    )
    bs_carry_threshold: float = number(
        1.0,
        least=0.0,
        most=1e6,
        help="Carry above this many steps of the next digit.",
        doc="A digit is carried if it is above this, in units of what one mean step of the next higher digit is worth.",
        needs=(_digits(2), _CARRIES),
    )

    def check(self) -> None:
        """Reads times draws are pulses of one image."""
        if self.bs_reads * self.bs_draws > MAX_DRAWS:
            raise LayoutError(
                f"bs.bs_draws: expected bs_reads * bs_draws up to {MAX_DRAWS}, got {self.bs_reads} * {self.bs_draws}; "
                "lower one of them"
            )

    @property
    def periods(self) -> tuple[int, ...]:
        """Images between carries of each digit, from the highest, which is never carried; 0: never."""
        n = self.bs_digits
        return tuple(self.bs_carry_every * self.bs_carry_ratio ** (n - 1 - k) if k else 0 for k in range(n))


def _has_devices(layout: Layout) -> bool:
    return bool(layout.bs.bs_digits)


_no_devices: Callable[..., Refusal] = partial(
    Refusal,
    reason="that is without devices",
    expected="nothing of the kind",
    given="rule 'bs' without bs_digits",
    advice="give bs_digits or leave it out",
    when=lambda layout: not _has_devices(layout),
    variant="ideal steps (bs_digits = 0)",
)


def _variant(layout: Layout) -> str:
    """What a weight is made of."""
    n = layout.bs.bs_digits
    return f"{n} digit{'s' if n > 1 else ''} per weight, a reconstruction" if n else "ideal steps, a reconstruction"


RULE = RuleDescription(
    name="bs",
    formerly=("binary",),
    text="stochastic bits, signs of errors and unit steps with a carry (Li et al. 2023, a reconstruction), with [bs]",
    section=Bs,
    has_devices=_has_devices,
    currents=False,
    clipped=lambda _layout: False,
    falls=lambda layout: layout.bs.bs_step_end != 1.0,
    pairs=False,
    arrays=lambda layout: int(layout.bs.bs_digits),
    label=lambda layout: f"bs, {layout.bs.bs_digits} digits",
    variant=_variant,
    read_by=("bs_input", "bs_temperature", "bs_output_temperature", "bs_samples"),
    refusals=(
        Refusal(
            "engine",
            ("ladder",),
            reason="whose pulses are those of pair method c, which leave the staircase",
            expected="auto or analog",
        ),
        _no_devices("lines"),
        _no_devices("variation"),
        _no_devices("wires", ("resistance",)),
        _no_devices("sense"),
        Refusal(
            "sense",
            ("managed",),
            reason="whose lines are driven fully or not at all, so that there is nothing to scale",
            expected="off",
            advice="leave noise_management and bound_management out",
        ),
        Refusal(
            "sense",
            ("pulses",),
            reason="whose lines are driven fully or not at all: its inputs are bits by themselves",
            expected="amplitude",
            advice="leave drive out",
        ),
        _no_devices("iv"),
        Refusal(
            "iv",
            reason="whose lines are driven with the read voltage or not at all, which no curve changes",
            expected="ohmic",
            advice="leave iv out, or give wires resistance",
            when=lambda layout: not layout.exact_wires,
            variant="ideal wires",
        ),
        Refusal(
            "layers",
            ("mean-pool",),
            reason="whose lines are driven fully or not at all: the mean of some bits is none",
            expected="pools that take the largest (pool2)",
            advice="write pool2 for mean2",
        ),
        _no_devices("wires", ("exact",)),
        _no_devices("device", ("scattered",)),
        _no_devices("engine", ("analog",)),
    ),
)
