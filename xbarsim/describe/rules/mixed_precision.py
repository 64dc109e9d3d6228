"""Rule ``mixed-precision``: gradients are added up digitally, devices are pulsed for whole steps, and its section."""

from __future__ import annotations

from dataclasses import dataclass

from ...base.errors import LayoutError
from ..fields import Description, flag, integer, number
from ..needs import HIDDEN
from .gradient import Gradient, plain_network
from .rule import RuleDescription

MOST = 64
"""Pulses on a pair in an update, at most; a sum that is worth more keeps the rest."""

MOST_BITS = 16


@dataclass(frozen=True, kw_only=True)
class MixedPrecision(Description):
    """Requests are added up digitally, pair by pair, and written in whole steps of the devices (Nandakumar et al.,
    Front. Neurosci. 14:406, 2020).

    A sum chi, in units of w, takes up ``-rate * input * error`` of every sample; when it is written, trunc(chi / eps)
    pulses are sent, and what they are taken for is taken off.
    """

    section = "mixed_precision"
    panel = "Mixed precision"
    shown_in = "mixed-precision-784-200-10.toml"

    accumulate_every: int = integer(
        1,
        least=1,
        most=2**40,
        help="Samples from one write to the next.",
        doc="Samples from one write to the next; with mini-batches an update that they end in writes.",
    )
    accumulate_step: float = number(
        1.0,
        least=1e-9,
        most=1e9,
        help="What a pulse is taken for, in steps of the device.",
        doc="eps, what a pulse is taken for: in steps of the device, the mean one from Gmin to Gmax, or, beside a "
        "fixed reference, that of up and down where W is 0.",
    )
    accumulate_rows: int = integer(
        0,
        least=0,
        most=2**31 - 1,
        help="Rows that a write takes, in turn; 0: all.",
    )
    accumulate_most: int = integer(
        0,
        least=0,
        most=MOST,
        help="Pulses on a pair in an update, at most; 0: any.",
        doc="Pulses on a pair in an update, at most; the rest stays in its sum. 0: as many as the sum is worth, up to "
        f"{MOST}, and fewer where all rows together need more than 8 times as many writes as the largest layer has "
        "rows.",
    )
    accumulate_input_bits: int = integer(
        0,
        least=0,
        most=MOST_BITS,
        help="Bits of an input in the sums; 0: exact.",
        doc="Bits of an input as it is added up: one of `2**bits - 1` equal steps from 0 to a full input, the nearest "
        "one, halves away from 0. 0: as it is.",
    )
    accumulate_error_bits: int = integer(
        0,
        least=0,
        most=MOST_BITS,
        help="Bits of an error in the sums; 0: exact.",
        doc="Bits of an error as it is added up, the sign included: one of `2**(bits - 1) - 1` equal steps on either "
        "side of 0, up to the largest error of the layer and sample, the nearest one, halves away from 0; so 2 is the "
        "least. 0: as it is.",
    )
    accumulate_output_rate: float = number(
        1.0,
        least=0.0,
        most=1e9,
        help="Factor on the learning rate of the output layer.",
    )
    accumulate_dead_zone: float = number(
        0.0,
        least=0.0,
        most=1e9,
        help="Errors of hidden neurons up to this are not added up.",
        doc="Errors of hidden neurons up to this size, in units of p - t, are not added up.",
        needs=(HIDDEN,),
    )
    accumulate_output_dead_zone: float = number(
        0.0,
        least=0.0,
        most=1e9,
        help="The same for errors p - t of the output layer.",
    )
    accumulate_record: bool = flag(
        True,
        help="Run files keep errors and inputs, so that sums are known always.",
        doc="Whether run files keep errors and inputs of every sample, or of kernels sums of every update, so that the "
        "sums are known after every iteration, and a run goes on from any commit; else at keyframes only, and from "
        "these.",
    )

    def check(self) -> None:
        """One bit of an error would leave nothing beside its sign."""
        if self.accumulate_error_bits == 1:
            raise LayoutError(
                "mixed_precision.accumulate_error_bits: expected 0 or a whole number from 2 on, since the sign takes "
                "one, got 1; choose 2 for three values"
            )


RULE = RuleDescription(
    name="mixed-precision",
    text="gradients are added up digitally, and devices pulsed for whole steps (Nandakumar et al. 2020)",
    section=MixedPrecision,
    shared=(Gradient,),
    methods=True,
    clipped=lambda layout: layout.gradient.hidden_neuron == "hard-sigmoid",
    falls=lambda layout: layout.gradient.gradient_rate_end != 1.0,
    batched=lambda layout: False,
    network=plain_network,
    read_by=("hidden_neuron",),
    variant=lambda layout: f"rate {layout.gradient.gradient_rate:g}, method {layout.pulses.method}",
    settings={"threshold": {"method": "one-sided", "refresh_every": 1_000_000_000}},
)
