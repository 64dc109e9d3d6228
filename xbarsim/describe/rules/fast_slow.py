"""What the rules of a fast and a slow array have in common: the section ``[fast_slow]``, and what is in a rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...base.errors import LayoutError
from ..fields import Description, choice, flag, integer, number
from ..needs import REFERENCE, Need, value
from .gradient import LONGEST, Gradient, Trains, plain_network
from .rule import RuleDescription

if TYPE_CHECKING:
    from ..layout import Layout

USUAL_PULSES, FULL_PULSES = 3.1, 6.4
"""Pulses that the largest input and error of a sample ask for, if these are as usual; or that a full input and an error
of 1 ask for."""

PERIOD, PERIODS, MOST_SWEEPS = 1600.0, 6.0, 10
"""Samples from one flip of a chopper to its next, about; periods of a run, at least; and the most sweeps of one."""

BUFFER, CHOPPER, ESTIMATE = "buffer", "chopper", "estimate"
"""Traits of a rule: a digital buffer between the arrays, choppers, and a reference that is estimated."""

NEVER = 2**40
"""Sweeps that no run lives to see."""

LEAST_WORTH = 1e-9
"""The least that a step of the buffer may be worth: below it float32 overflows."""

LINES = {
    "rows": "a row is read forward and written into the same row",
    "columns": "a column is read backward and written into the same column",
}
"""What is moved at once."""


def _with(trait: str, text: str) -> Need:
    return Need(text, lambda layout: trait in layout.rule.traits)


_BUFFER = _with(BUFFER, "a rule with a digital buffer")
_CHOPPER = _with(CHOPPER, "a rule with choppers")
_ESTIMATE = _with(ESTIMATE, "a rule that estimates its reference")
_NO_ESTIMATE = Need("a rule whose choppers may flip at random", lambda layout: ESTIMATE not in layout.rule.traits)
_FORGETS = value("buffer_forget", "fast_slow", "buffer_forget")
_GIVEN = value("auto_granularity = 0", "fast_slow", "auto_granularity", lambda given: given == 0.0)
_NOT_SCALED = Need(
    "no auto_scale, or a rule without it",
    lambda layout: not (layout.fast_slow.auto_scale and BUFFER in layout.rule.traits),
)


@dataclass(frozen=True, kw_only=True)
class FastSlow(Description):
    """Layers of two arrays: a fast one takes up gradients by pulse trains, and what it gathers is moved into a slow
    one, which is the weight.

    Every `transfer_every` samples a line of the fast array is read, in turn, and written into the slow array, at once
    or through a digital buffer. Most defaults are aihwkit's; what follows by itself is in docs/defaults.md.
    """

    section = "fast_slow"
    panel = "Fast and slow arrays"
    shown_in = "tiki-taka-784-200-10.toml"

    fast_rate: float | None = number(
        None,
        least=1e-12,
        most=1e6,
        help="Rate on the fast array; with auto_scale, part of a train.",
        search="log:0.03:3",
        doc="Rate of input times error on the fast array; with `auto_scale` it is the part of a train that usual "
        "inputs and errors ask for. Left out, a full input and an error of 1, or usual ones, ask for some pulses.",
        example=1.0,
        derived=True,
    )
    fast_rate_scales: bool = flag(
        False,
        help="The rate on the fast array is that times gradient_rate.",
        doc="Whether the rate on the fast array is `fast_rate` times the learning rate, and falls with it.",
        needs=(_NOT_SCALED,),
    )
    transfer_rate: float = number(
        1.0,
        least=0.0,
        most=1e6,
        help="What is moved of a number that was read, per gradient_rate.",
        doc="What is moved of a number that was read: times the learning rate.",
    )
    transfer_every: float = number(
        1.0,
        least=1e-3,
        most=1e12,
        help="Samples from one transfer to the next.",
        doc="Samples from one transfer to the next; below 1 it is 1.",
    )
    transfer_reads: int = integer(1, least=1, most=1024, help="Lines that are read in a transfer.")
    transfer_by: str = choice(
        "rows",
        LINES,
        help="Lines that are moved: rows or columns.",
        doc="Which lines are read of the fast array, in turn.",
    )
    transfer_length: int = integer(
        LONGEST,
        least=1,
        most=LONGEST,
        help="Slots of a write, at most; with a buffer its steps.",
        doc="Slots of the train that writes what was read; with a buffer the most steps that are written at once (1 in "
        "aihwkit).",
    )
    fast_weight: float = number(
        0.0,
        least=0.0,
        most=1e3,
        help="Part of the fast array in the weight (gamma).",
        doc="W = slow + this times fast (gamma); at 0 the fast array is hidden.",
    )
    slow_reference_sigma: float | None = number(
        None,
        least=0.0,
        most=100.0,
        help="With --method fixed: reference_sigma of the slow arrays.",
        doc="Spread of the references of the slow arrays, if it differs from that of the fast ones, `reference_sigma`: "
        "with 0 the weights that a run starts with are as they would be, and the fast arrays alone are off.",
        needs=(REFERENCE,),
    )
    buffer_granularity: float = number(
        1.0,
        least=LEAST_WORTH,
        most=1e9,
        help="What a step of the buffer is worth, in steps of the device.",
        doc="What is added to the buffer is over this, in steps of the device: at 1 in the buffer a step is written.",
        needs=(_BUFFER, _GIVEN),
    )
    auto_granularity: float = number(
        0.0,
        least=0.0,
        most=1e12,
        help="Instead: over the samples that a sweep takes.",
        doc="Instead: this over the samples from one read of a line to its next; 0: not so.",
        needs=(_BUFFER,),
    )
    auto_scale: bool = flag(
        False,
        help="Updates of the fast array are scaled by running means.",
        doc="Whether updates of the fast array are scaled by running means of the largest inputs and errors.",
        needs=(_BUFFER,),
    )
    buffer_momentum: float = number(
        0.0,
        least=0.0,
        most=1.0,
        help="Part of the buffer that is kept after a step.",
        doc="Part of the buffer that is kept after a step.",
        needs=(_BUFFER,),
    )
    buffer_forget: bool = flag(
        True,
        help="The rest of the buffer is forgotten after a step.",
        doc="Whether the rest is forgotten after a step; else what was written is taken off.",
        needs=(_BUFFER,),
    )
    chop_probability: float | None = number(
        None,
        least=0.0,
        most=1.0,
        help="Probability that a chopper flips after its line was read.",
        search="log:0.003:0.3",
        doc="Probability that a chopper flips after its line was read; or one over the sweeps after which it does. "
        "Left out it is 0.1, or more where a sweep takes many samples.",
        example=0.1,
        derived=True,
        needs=(_CHOPPER,),
    )
    chop_random: bool = flag(
        True,
        help="Choppers flip at random, and not every so many sweeps.",
        doc="Whether choppers flip at random; else every so many sweeps, two at least.",
        needs=(_CHOPPER, _NO_ESTIMATE),
    )
    tail_weight: float = number(
        5.0,
        above=0.0,
        most=1e6,
        help="Reads that the running mean forgets, per chopper period.",
        doc="Weight of a read in the running mean, times the sweeps of a chopper period: the larger, the more it is "
        "the mean of the latest.",
        needs=(_ESTIMATE,),
    )

    def check(self) -> None:
        """0 turns it off; what is not 0 has to be enough for float32."""
        if 0.0 < self.auto_granularity < LEAST_WORTH:
            raise LayoutError(
                f"{self.where('auto_granularity')}: expected 0 or a number >= {LEAST_WORTH:g}, got "
                f"{self.auto_granularity:g}; choose a larger value"
            )


def sweep_of(layout: Layout) -> float:
    """Samples from one read of a line of the largest fast array to its next."""
    s, arrays = layout.fast_slow, layout.network.arrays
    rows, columns = max(a.inputs for a in arrays) + int(layout.array.bias), max(a.outputs for a in arrays)
    lines = rows if s.transfer_by == "rows" else columns
    return float(lines * max(s.transfer_every, 1.0) / s.transfer_reads)


def flips_every(chop_probability: float) -> int:
    """Sweeps from one flip of a chopper to its next, of choppers that do not flip at random."""
    if chop_probability * NEVER < 1.0:
        return NEVER
    return max(math.ceil(1.0 / chop_probability), 2)


def middle_step(layout: Layout) -> float:
    """Step of the nominal device in the middle of its range, in w."""
    stairs = layout.device.staircase()
    middle = (stairs[0] + stairs[-1]) / 2.0
    k = min(max(int(stairs.searchsorted(middle)), 1), len(stairs) - 1)
    return float(stairs[k] - stairs[k - 1]) / layout.weight_range


def network(layout: Layout) -> Mapping[str, Any]:
    """Neurons as one has them without devices, and what follows of fast arrays.

    An update that asks for more pulses takes as much more time, and drives the fast array to where its steps up and
    down are equal the sooner. Where a
    reference is estimated, and reads are few, choppers flip after two of a line, which is the least.
    """
    s = layout.fast_slow
    if s.auto_scale and BUFFER in layout.rule.traits:
        fast = min(1.0, USUAL_PULSES / layout.trains.train_length)
    else:
        # Pulses whose steps are lost in what each write scatters by say little.
        scatters = layout.variation.write_noise * layout.device.span / layout.weight_range
        fast = min(1.0, FULL_PULSES * max(middle_step(layout), scatters))
        fast /= layout.gradient.gradient_rate if s.fast_rate_scales else 1.0
    sweeps, run = MOST_SWEEPS, layout.run
    if ESTIMATE in layout.rule.traits:
        period = min(PERIOD, run.iterations * run.batch / PERIODS) if run.iterations else PERIOD
        sweeps = min(max(round(period / sweep_of(layout)), 2), MOST_SWEEPS)
    return {**plain_network(layout), "fast_rate": float(f"{fast:.3g}"), "chop_probability": 1.0 / sweeps}


def _variant(layout: Layout) -> str:
    """What a title says of the rule."""
    own, shown = layout.fast_slow.slow_reference_sigma, ""
    if own is not None and layout.fixed_reference:
        shown = f", slow references spread by {100 * own:.3g} %"
    return f"rate {layout.gradient.gradient_rate:g}, method {layout.pulses.method}{shown}"


def two_arrays(name: str, text: str, *traits: str) -> RuleDescription:
    """A rule of a fast and a slow array."""
    return RuleDescription(
        name=name,
        text=text,
        shared=(Gradient, Trains, FastSlow),
        traits=traits,
        methods=True,
        method="fixed",
        pairs=False,
        arrays=lambda layout: 2,
        array_name=lambda number: ("slow array", "fast array")[number],
        clipped=lambda layout: layout.gradient.hidden_neuron == "hard-sigmoid",
        falls=lambda layout: layout.gradient.gradient_rate_end != 1.0,
        batched=lambda layout: False,
        network=network,
        read_by=("hidden_neuron", "fast_weight"),
        variant=_variant,
    )
