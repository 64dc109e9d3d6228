"""Rule ``crus``: the conditional reverse update scheme and those it is compared with, and its section ``[crus]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...base.errors import LayoutError
from ..fields import Description, choice, flag, integer, number
from ..needs import HIDDEN, Need, value
from .rule import RuleDescription

if TYPE_CHECKING:
    from ..layout import Layout

BASELINES = {
    "crus": "a forward or a reverse pulse, as the sensed levels say (a reconstruction)",
    "lim-a": "pair method a of Lim et al., with sensed levels",
    "lim-b": "pair method b of Lim et al., with sensed levels",
    "lim-c": "pair method c of Lim et al., with sensed levels",
    "refresh": "forward pulses; a pair with both sides high is reset at a sensing, and rewritten on one side",
}
"""What a crossing does under the same sensing: kernels/rules/crus/pairs.py and rivals.py, in this order."""

THRESHOLD = "threshold"
FORMERLY = {
    THRESHOLD: "which another rule does now: method = 'one-sided' with accumulate_most = 1 of [mixed_precision], see "
    "docs/rules.md; write that"
}
"""Baselines of earlier versions, whose run files can be looked at."""

COMPENSATIONS = {
    "both": "forward and reverse pulses",
    "forward": "forward pulses",
    "reverse": "reverse pulses",
    "none": "every crossing pulses",
}
"""Which actions are thinned out: kernels/rules/crus/rule.py."""

MAX_LEVEL_BITS = 8
"""Both levels of a pair are one 16-bit number."""


def _baseline(*names: str) -> Need:
    """A need of one of some baselines."""
    text = f"baseline {' or '.join(repr(name) for name in names)}"
    return value(text, "crus", "baseline", lambda chosen: chosen in names)


_SCHEME = _baseline("crus")
_LEVELS = _baseline("lim-a", "lim-b", "lim-c", "refresh")


@dataclass(frozen=True, kw_only=True)
class Crus(Description):
    """The conditional reverse update scheme (CRUS, Lee et al., arXiv 2111.07113), for the rule ``crus``.

    A reconstruction: of the paper only the abstract could be had, which says that the scheme is conditional, uses
    inaccurate and infrequent sensing, and is designed by the smallest average update noise. Every value is a parameter;
    levels and steps are parts of Gmax - Gmin.
    """

    section = "crus"
    panel = "CRUS (reconstruction)"
    shown_in = "crus-beta5.toml"

    baseline: str = choice(
        "crus",
        BASELINES,
        formerly=FORMERLY,
        help="crus, lim-a, lim-b, lim-c or refresh.",
        doc="What a crossing does.",
    )
    sense_every: int = integer(
        1000,
        least=1,
        most=2**40,
        help="Iterations between sensings.",
        doc="Iterations between sensings; between them the copies are stale.",
    )
    level_bits: int = integer(
        3,
        least=1,
        most=MAX_LEVEL_BITS,
        help="Resolution of a sensed level.",
        doc="A sensed level is one of `2**level_bits` on equal intervals from Gmin to Gmax.",
    )
    level_noise: float = number(
        0.05,
        least=0.0,
        most=10.0,
        help="Noise of sensing, part of Gmax-Gmin.",
        doc="Standard deviation of what is sensed, before it is rounded.",
    )
    theta_forward: float = number(
        0.6,
        least=-10.0,
        most=10.0,
        help="Reverse if the forward device's level is above this,",
        doc="Reverse where the sensed level of the forward device is above this,",
        needs=(_SCHEME,),
        search="lin:0:0.9",
    )
    theta_reverse: float = number(
        0.4,
        least=-10.0,
        most=10.0,
        help="and that of the reverse device above this,",
        needs=(_SCHEME,),
        search="lin:0:0.9",
    )
    line_forward: float = number(
        0.0,
        least=-1e6,
        most=1e6,
        help="and a line: weight of the forward level,",
        doc="and where `line_forward s_forward + line_reverse s_reverse > line_level`; the default does not restrict "
        "anything.",
        needs=(_SCHEME,),
    )
    line_reverse: float = number(0.0, least=-1e6, most=1e6, help="weight of the reverse level,", needs=(_SCHEME,))
    line_level: float = number(-1.0, least=-1e6, most=1e6, help="their sum above this.", needs=(_SCHEME,))
    mirrored: bool = flag(
        False,
        help="The mirrored form, for abrupt LTP.",
        doc="The mirrored form, for abrupt LTP: forward depresses, reverse potentiates, and levels are taken from Gmax "
        "down.",
    )
    compensate: str = choice(
        "both",
        COMPENSATIONS,
        help="Thin out pulses: both, forward, reverse or none.",
        doc="Which actions are thinned out, so that the mean change follows SGD.",
        needs=(_SCHEME,),
    )
    compensate_floor: float = number(
        0.003125,
        least=1e-9,
        most=1.0,
        help="Mean step of a thinned-out crossing, part of Gmax-Gmin.",
        doc="Mean step of a compensated crossing.",
        needs=(_SCHEME,),
    )
    crus_rate: float = number(
        0.0125,
        least=0.0,
        most=1e9,
        help="Learning rate; lim, refresh: firing probability per |delta|.",
        doc="Learning rate: the mean change of W per `-delta a`. A column fires with probability "
        "`min(1, rate |delta| / compensate_floor)`. With baseline lim or refresh: that probability per `|delta|`.",
        search="log:0.003:10",
    )
    crus_output_rate: float | None = number(
        None,
        least=0.0,
        most=1e9,
        help="The same for the output layer.",
        doc="The same for the output layer, if it differs.",
        like="crus_rate",
    )
    crus_decay: float = number(0.0, least=0.0, most=100.0, help="Rates fall by exp(-this) over the run.")
    crus_dead_zone: float = number(
        0.0, least=0.0, most=1e9, help="No pulse unless |hidden error| is above this.", needs=(HIDDEN,)
    )
    crus_output_dead_zone: float = number(0.0, least=0.0, most=1e9, help="No pulse unless |p - t| is above this.")
    initial_low: float = number(
        0.4,
        least=0.0,
        most=1.0,
        help="Devices of the first layer start from this,",
        doc="States that devices of the first layer start from, uniformly: from this part of the range",
    )
    initial_high: float = number(0.6, least=0.0, most=1.0, help="to this part of the range.")
    initial_inner_low: float = number(
        0.3, least=0.0, most=1.0, help="Those of the other layers from this,", needs=(HIDDEN,)
    )
    initial_inner_high: float = number(0.7, least=0.0, most=1.0, help="to this.", needs=(HIDDEN,))
    un_window: int = integer(
        1000,
        least=0,
        most=2**40,
        help="Samples per window of update noise; 0: none.",
        doc="Samples per window of update noise; 0: it is not followed.",
    )
    full_level: float = number(
        0.95,
        least=0.0,
        most=10.0,
        help="lim, refresh: level from which a side is full.",
        doc="lim: a side counts as full from this sensed level on; refresh: the larger side's threshold.",
        needs=(_LEVELS,),
    )
    lower_level: float = number(
        0.25, least=0.0, most=10.0, help="refresh: the smaller side's threshold.", needs=(_baseline("refresh"),)
    )

    @classmethod
    def of_earlier_versions(cls, table: dict[str, Any]) -> None:
        """The baseline of earlier versions had a key of its own; in their files it stands beside all baselines."""
        table.pop("pulse_threshold", None)

    def check(self) -> None:
        """Ranges have two ends, and only the scheme itself a mirrored form."""
        for low_key, high_key in (("initial_low", "initial_high"), ("initial_inner_low", "initial_inner_high")):
            a, b = getattr(self, low_key), getattr(self, high_key)
            if a > b:
                raise LayoutError(
                    f"crus.{high_key}: expected a number >= {low_key} = {a:g}, got {b:g}; choose a larger value"
                )
        if self.mirrored and self.baseline != "crus":
            raise LayoutError(
                f"crus.mirrored: expected false with baseline '{self.baseline}', which has no mirrored form, got true; "
                "leave it out"
            )


def _variant(layout: Layout) -> str:
    """The scheme itself, or what is compared with it."""
    chosen = layout.crus
    if chosen.baseline != "crus":
        return f"baseline {chosen.baseline}"
    return "mirrored, a reconstruction" if chosen.mirrored else "a reconstruction"


RULE = RuleDescription(
    name="crus",
    text="conditional reverse updates from sensed levels (Lee et al. 2021, a reconstruction), with [crus]",
    section=Crus,
    falls=lambda layout: layout.crus.crus_decay != 0.0,
    label=lambda layout: layout.crus.baseline,
    compared_by="baseline",
    tuned_by=lambda layout: "noise" if layout.crus.baseline == "crus" else "accuracy",
    variant=_variant,
)
