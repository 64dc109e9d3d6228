"""What the rules of gradient descent on devices have in common: the sections ``[gradient]`` and ``[trains]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..fields import Description, choice, flag, integer, number
from ..needs import HIDDEN, Need

if TYPE_CHECKING:
    from ..layout import Layout

NEURONS = {
    "hard-sigmoid": "clip(1/2 + I / (2 c), 0, 1), and an error passes where it is neither 0 nor 1: the hardware's",
    "sigmoid": "1 / (1 + exp(-2 I / c)), which has the same slope in the middle; an error is times 4 y (1 - y)",
}
"""Hidden neurons: kernels/way/gradient.py, in this order."""

SLOPES = {
    "derivative": "the neuron's slope, so that pulses follow the gradient",
    "one": "1 where a neuron passes an error, as a comparator gives it",
}
"""What an error is multiplied with on its way down."""

LONGEST = 31
"""Slots of a pulse train, at most: one word of 32 bits per line."""


@dataclass(frozen=True, kw_only=True)
class Gradient(Description):
    """Gradient descent on devices: what the rules have in common that move a weight by its gradient, and not by a sign.

    A weight is w = W / U, U being the largest |W| of a pair; a rule asks for dw = -rate * input * error, where the
    error is that of the network of w, its neurons and the softmax.
    """

    section = "gradient"
    panel = "Gradient descent on devices"
    shown_in = "stochastic-784-200-10.toml"

    gradient_rate: float = number(
        0.1,
        least=1e-12,
        most=1e6,
        help="Learning rate, of weights from -1 to 1.",
        search="log:0.003:1",
        doc="Learning rate: a sample asks for dw = -rate * input * error, w being a weight from -1 to 1.",
    )
    gradient_rate_end: float = number(
        1.0,
        least=1e-12,
        most=1e6,
        help="Factor on it at the end of the run.",
        doc="Factor on the learning rate at the end of the run (or of `run.schedule`); it falls exponentially.",
    )
    hidden_neuron: str = choice(
        "sigmoid",
        NEURONS,
        help="Hidden neurons: hard-sigmoid or sigmoid.",
        doc="What hidden neurons make of a current I; c is that of `[neuron]`.",
        needs=(HIDDEN,),
    )
    hidden_slope: str = choice(
        "derivative",
        SLOPES,
        help="An error is multiplied with the derivative, or with one.",
        doc="What an error is multiplied with on its way down through a hidden neuron.",
        needs=(HIDDEN,),
    )
    gradient_initial_weight: float = number(
        1.0,
        least=0.0,
        most=1e6,
        help="Weights start within this / sqrt(inputs).",
        doc="Weights start uniformly between -w and w, w = this / sqrt(inputs of the layer, the bias row included).",
        calibrated=True,
    )


_UNMANAGED = Need(
    "trains whose length is not managed",
    lambda layout: not (layout.trains.length_management and layout.trains.train_length > 1),
)
_LENGTHS = Need("train_length above 1", lambda layout: layout.trains.train_length > 1)


@dataclass(frozen=True, kw_only=True)
class Trains(Description):
    """Pulse trains of rows and columns, whose coincidences are pulses (Gokmen & Vlasov, Front. Neurosci. 10:333,
    2016).

    Every line draws a bit in each slot of the train; where a row's and a column's bit meet, the pair is pulsed. With
    k = rate * (largest input) * (largest error) / (smallest step of w) that many pulses are asked for where both are
    largest.
    """

    section = "trains"
    panel = "Pulse trains"
    shown_in = "stochastic-784-200-10.toml"

    train_length: int = integer(
        LONGEST,
        least=1,
        most=LONGEST,
        help="Slots of a train, at most.",
        doc="Slots of a pulse train: as many, or at most as many (see `length_management`).",
    )
    length_management: bool = flag(
        True,
        help="Trains are only as long as an update asks for.",
        doc="Whether a train is only as long as an update asks for, ceil(k), and at most `train_length`.",
        needs=(_LENGTHS,),
    )
    update_management: bool = flag(
        True,
        help="Rows and columns share the probability evenly.",
        doc="Whether probabilities of rows and columns are scaled so that the largest of both are equal, and an update "
        "that asks for more than the train can give is scaled down; else what is above 1 is cut. Where lengths are "
        "managed it always is so.",
        needs=(_UNMANAGED,),
    )


def plain_network(layout: Layout) -> Mapping[str, Any]:
    """Neurons as one has them without devices: y = sigmoid(sum x w), softmax(sum x w)."""
    ratio = layout.weight_range / layout.device.span
    hidden = layout.network.hidden
    return {"softmax_scale": 1.0 / ratio, **({"c": 2.0 * ratio, "inner_c": 1.0} if hidden else {})}
