"""The section ``[pulses]`` of a layout: the pulse generator, and what a signed update does to a pair."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Description, choice, integer, number, numbers
from .needs import HIDDEN, REFRESHED, SIGNS, Need, value
from .needs import METHODS as PULSES_PAIRS
from .rules.table import RULES

METHODS = {
    "a": "full side: reset both, pulse that side up to the previous W plus one step",
    "b": "full side: reset the other side, pulse it back to one step below where it was",
    "c": "full side: one depression pulse on the other side",
    "fixed": "G- is a reference that is never pulsed: one potentiation or depression pulse on G+",
    "one-sided": "one potentiation pulse, full or not; now and then pairs with both sides high are written anew",
}
"""What a signed update does to a pair: kernels/pair, in this order."""

FIXED = "fixed"
"""The method whose pairs are one device beside a fixed reference."""

ONE_SIDED = "one-sided"
"""The method whose updates are potentiation pulses alone."""

TWO_SIDED = tuple(name for name in METHODS if name not in (FIXED, ONE_SIDED))
"""The methods of Lim et al. (2019), whose updates pulse whichever device of a pair has room."""

REPLAYING = ("a", "b")
"""Those that reset a device and pulse it back."""

BATCHES = {
    "lines": "one event: columns by their summed error, and all rows that fired",
    "deferred": "one event per sample, after all samples were read",
    "signs": "one pulse per pair, with the sign of the sum of its signs",
    "products": "one pulse per pair, with the sign of the summed products of error and input",
}
"""How pulses follow from a mini-batch: kernels/batch.py, in this order."""


def _listed(*, on: bool) -> str:
    """Names of the rules on devices, or of the others: ``a, b or c``."""
    names = [name for name, rule in RULES.items() if rule.on_devices == on]
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


_ONE = Need(
    "hidden_dead_zone as one number for all layers",
    lambda layout: isinstance(layout.pulses.hidden_dead_zone, (int, float)),
)
_BATCHED = Need("a rule whose pulses are gathered by a batch rule", lambda layout: layout.rule.batched(layout))
_BATCH = value("a batch of two samples or more", "run", "batch", lambda batch: batch != 1)
_POSITIONS = Need(
    "a convolution, and a batch of one sample",
    lambda layout: layout.run.batch == 1 and any(a.positions > 1 for a in layout.network.arrays),
)


@dataclass(frozen=True, kw_only=True)
class Pulses(Description):
    """The pulse generator and what a signed update does to a pair."""

    section = "pulses"
    panel = "Pulses and neurons"

    rule: str = choice(
        next(iter(RULES)),
        {name: rule.text for name, rule in RULES.items()},
        help=f"{', '.join(list(RULES)[:4])}, {list(RULES)[4]} and others; {_listed(on=False)}: no devices.",
        comment="a pair is pulsed where its row is active and its column's error is outside the dead zone; or\n"
        + "\n".join(f'"{name}": {rule.text}' for name, rule in list(RULES.items())[1:]),
        doc="Which lines fire, and with which sign.",
    )
    method: str = choice(
        "b",
        METHODS,
        help="Pair method a, b, c, fixed or one-sided.",
        comment='what happens when the side to be pulsed is at g_max: a, b or c; or "fixed": G- is never pulsed;\n'
        'or "one-sided": nothing, but pairs with both sides high are written anew now and then',
        doc="What an update does when the side to be pulsed is full; or, `fixed`, that only one device is pulsed; or, "
        "`one-sided`, that nothing happens then, but a refresh now and then.",
        needs=(PULSES_PAIRS,),
    )
    refresh_every: int = integer(
        100,
        least=1,
        most=1_000_000_000,
        help="With --method one-sided: samples from one refresh to the next.",
        comment='with method "one-sided": after so many samples all pairs are read, and refreshed if need be',
        doc="Samples from one refresh of one-sided pairs to the next: all pairs are read, and those with both sides "
        "high are reset, and their difference is written onto one side, pulse by pulse, to the nearest stair of the "
        "nominal law. With mini-batches there is one after an update at most.",
        needs=(PULSES_PAIRS, REFRESHED),
    )
    refresh_level: float = number(
        0.75,
        least=0.0,
        most=1.0,
        help="A pair is refreshed whose larger side is above this part of the range.",
        comment="a pair is refreshed if its larger side is above this part of the range",
        doc="A pair is refreshed if its larger side is above this part of the range from Gmin to Gmax, and its smaller "
        "one above `refresh_lower`; both defaults are those of aihwkit's OneSidedUnitCell.",
        needs=(PULSES_PAIRS, REFRESHED),
    )
    refresh_lower: float = number(
        0.25,
        least=0.0,
        most=1.0,
        help="And whose smaller side is above this one.",
        comment="and its smaller side above this one",
        doc="A pair is refreshed if its smaller side is above this part of the range, too.",
        needs=(PULSES_PAIRS, REFRESHED),
    )
    output_dead_zone: float | None = number(
        None,
        least=0.0,
        most=1.0,
        help="No pulse unless |p - t| is above this.",
        comment="no pulse while |p - t| is not above this; left out: 0.1, more where steps are large",
        doc="No pulse where the output error |p - t| is not above this.",
        example=0.1,
        derived=True,
        needs=(SIGNS,),
        search="lin:0.01:0.4",
    )
    hidden_dead_zone: float | tuple[float, ...] | None = numbers(
        least=0.0,
        most=1e9,
        help="The same for hidden errors; times (n/10)^exponent. Or one per hidden layer.",
        comment="the same for hidden errors, times (n / 10) ** dead_zone_exponent, n: size of the layer above; a list "
        "has one for each hidden layer, as it is",
        doc="The same for a hidden error, the sum of W delta with W in units of Gmax - Gmin; multiplied by "
        "`(n / 10) ** dead_zone_exponent`, n being the size of the layer the error comes from. A list has one for each "
        "hidden layer, as it is. Left out, it is some steps of the device, and grows as errors do on their way down.",
        example=0.07,
        derived=True,
        needs=(SIGNS, HIDDEN),
        search="log:0.003:0.6",
    )
    dead_zone_exponent: float = number(
        0.5, least=0.0, most=10.0, help="That exponent.", calibrated=True, needs=(SIGNS, HIDDEN, _ONE)
    )
    input_threshold: float | None = number(
        None,
        least=0.0,
        most=1.0,
        help="An input above this pulses its row.",
        comment="a pixel above this pulses its row; left out: 0, or the median of the training images if more than "
        "half of their pixels are above 0",
        doc="An input above this, 0 to 1, pulses its row. Left out it is 0; or the median of the training images, if "
        "more than half of their pixels are above 0: rows that always fire learn nothing.",
        example=0.0,
        derived=True,
        needs=(SIGNS,),
    )
    batch_rule: str = choice(
        "signs",
        BATCHES,
        help="With --batch: lines, deferred, signs or products.",
        comment='with batch > 1: "lines", "deferred", "signs" or "products"',
        doc="How pulses follow from a mini-batch.",
        calibrated=True,
        needs=(_BATCHED, _BATCH),
    )
    position_rule: str = choice(
        "products",
        BATCHES,
        help="Of convolutions, at batch 1: lines, deferred, signs or products.",
        comment='of convolutions at batch 1: as batch_rule; "deferred" pulses for every position in turn',
        doc="How pulses follow from the positions of a sample at which a kernel is read, each of which is a sample to "
        "its array. With mini-batches `batch_rule` says it, for all positions of all samples together.",
        calibrated=True,
        needs=(_BATCHED, _POSITIONS),
    )
