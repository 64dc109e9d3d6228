"""Rule ``imported``: a network that was trained elsewhere and is only read; its section ``[imported]`` of a layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...base.errors import LayoutError, nearest
from ..fields import Description, flag, number, numbers, text
from ..needs import HIDDEN, Need
from ..refusals import Refusal
from .rule import RuleDescription

if TYPE_CHECKING:
    from ..layout import Layout

NEURONS = {
    "linear": "x",
    "relu": "max(x, 0)",
    "sigmoid": "1 / (1 + exp(-x))",
    "tanh": "tanh(x)",
    "hard-sigmoid": "clip(1/2 + x / (2 imported_half_width), 0, 1)",
}
"""Hidden neurons: kernels/rules/imported.py, in this order."""

PAIRS = ("b", "fixed")
"""Pair methods of which weights can be: two devices, or one beside a fixed reference."""


def neurons_of(where: str, given: str, hidden: int) -> tuple[str, ...]:
    """Neurons of every hidden layer from names with commas: one for all, or one for each."""
    names = tuple(name.strip() for name in given.split(","))
    for name in names:
        if name not in NEURONS:
            raise LayoutError(
                f"{where}: expected neurons with commas, of {', '.join(NEURONS)}, got '{name}'; "
                f"{nearest(name, NEURONS)}"
            )
    if len(names) == 1:
        return names * hidden
    if len(names) != hidden:
        raise LayoutError(
            f"{where}: expected one name, or one for each of the {hidden} hidden layers, got {len(names)}; give "
            f"{hidden}, or one"
        )
    return names


@dataclass(frozen=True, kw_only=True)
class Imported(Description):
    """A network that was trained elsewhere: its neurons, and what its numbers stand for in the array.

    A weight w is W = w U / scale, U being the largest |W| of a pair; an input or an output x of a neuron drives a row
    at v_read x / full, with its sign. `xbarsim import` writes these keys.
    """

    section = "imported"
    panel = "Trained elsewhere"
    comment = 'for rule = "imported" only; xbarsim import writes it'
    shown_in = ""

    imported_neurons: str = text(
        "relu",
        help="Hidden neurons, one name or one for each layer: relu,tanh.",
        doc="Hidden neurons, one name for all layers or one for each, with commas: `linear` x, `relu` max(x, 0), "
        "`sigmoid`, `tanh`, `hard-sigmoid` clip(1/2 + x / (2 `imported_half_width`), 0, 1).",
        flag=False,
        needs=(HIDDEN,),
    )
    imported_half_width: float = number(
        3.0,
        above=0.0,
        most=1e9,
        help="Half width c of hard sigmoids, clip(1/2 + x / 2c, 0, 1); 3 as PyTorch has it.",
        flag=False,
        needs=(
            Need("hard-sigmoid among imported_neurons", lambda x: "hard-sigmoid" in str(x.imported.imported_neurons)),
        ),
    )
    imported_scales: float | tuple[float, ...] | None = numbers(
        least=1e-30,
        most=1e30,
        help="Weight that the largest W of a pair stands for; one, or one per array.",
        doc="Weight that U, the largest |W| of a pair, stands for: one number, or one for each array; left out, 1.",
        flag=False,
        example=1.0,
    )
    imported_full: float | tuple[float, ...] | None = numbers(
        least=1e-30,
        most=1e30,
        help="Output of hidden neurons that v_read stands for; one, or one per hidden layer.",
        doc="Output of hidden neurons that drives a row at the full voltage: one number, or one for each hidden layer; "
        "left out, 1. Inputs run from 0 to 1, and 1 is a full voltage.",
        flag=False,
        example=1.0,
        needs=(HIDDEN,),
    )
    imported_limit: bool = flag(
        False,
        help="Drivers end at the full voltage; else they give what is asked for.",
        doc="Whether drivers of hidden layers end at the full voltage, of either sign. Without it they give whatever "
        "is asked for: outputs are those of the software, and voltages are above `v_read` where an output is above "
        "`imported_full`.",
        needs=(HIDDEN,),
    )
    imported_biases: float | tuple[float, ...] | None = numbers(
        least=-1e30,
        most=1e30,
        help="Digital biases of all columns, array after array.",
        doc="What is added digitally to the currents of all columns after a read, array after array, in the units of "
        "the software; left out, 0. No device carries it; with `array.bias` a row of devices carries biases.",
        flag=False,
    )

    def check(self) -> None:
        """Names of neurons."""
        names = [name.strip() for name in self.imported_neurons.split(",")]
        neurons_of(self.where("imported_neurons"), self.imported_neurons, len(names))


def _check(layout: Layout) -> None:
    """Lists have one number for each array, hidden layer or column; and the rows are those of the biases."""
    own, arrays = layout.imported, layout.network.arrays
    hidden = len(arrays) - 1
    if hidden:
        neurons_of("imported.imported_neurons", own.imported_neurons, hidden)
    for name, wanted, what in (
        ("imported_scales", hidden + 1, "arrays"),
        ("imported_full", hidden, "hidden layers"),
        ("imported_biases", sum(array.outputs for array in arrays), "columns"),
    ):
        value: Any = getattr(own, name)
        if isinstance(value, tuple) and len(value) != wanted:
            raise LayoutError(
                f"imported.{name}: expected one number, or one for each of the {wanted} {what}, got {len(value)}; give "
                f"{wanted}, or one"
            )
    if layout.pulses.method not in PAIRS:
        raise LayoutError(
            f"pulses.method: expected 'b' (two devices) or 'fixed' (one beside a reference) of a network that is only "
            f"read, got '{layout.pulses.method}'; leave it out"
        )


RULE = RuleDescription(
    name="imported",
    text="a network that was trained elsewhere, and is only read",
    section=Imported,
    currents=False,
    clipped=lambda _layout: False,
    methods=True,
    batched=lambda _layout: False,
    variant=lambda layout: f"trained elsewhere, {layout.imported.imported_neurons}",
    read_by=("imported_limit",),
    check=_check,
    refusals=(
        Refusal("lines", reason="which is only read"),
        Refusal("engine", ("ladder",), expected="'auto' or 'analog'", reason="whose weights lie between steps"),
        Refusal("batch", reason="which is only read"),
    ),
    read_only="its weights were trained elsewhere, and there is no rule that moves them",
)
