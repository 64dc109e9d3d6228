"""The section ``[variation]`` of a layout: how real devices depart from the nominal one."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.errors import LayoutError
from .fields import Description, choice, number
from .needs import DEVICES, Need, value

NEGATIVE_SCALES = {
    "zero": "the device does not conduct",
    "reflect": "its absolute value is taken",
    "redraw": "it is drawn again",
}
"""What becomes of a device-to-device scale below 0: kernels/base/noise.py, in this order."""

SCALES_PER = {
    "device": "G+ and G- of a pair differ",
    "pair": "G+ and G- of a pair have one scale in common",
}
"""What has a device-to-device scale of its own: arrays/drawn.py."""

SPREADS = {
    "normal": "factor 1 + sigma z, drawn again below 0",
    "lognormal": "factor exp(sigma z)",
}
"""How parameters differ from device to device: kernels/base/noise.py."""

WINDOW_STEPS = {
    "stretched": "they stretch with it: a device is the nominal one, wider or narrower",
    "kept": "where W is 0, or up and down are equal, they are the nominal ones, and change from there towards the "
    "device's own ends",
}
"""Steps of a device that has a Gmin and Gmax of its own: arrays/drawn.py."""

FAILURES = {
    "stuck": "a worn-out device stays where it is",
    "min": "it goes to Gmin and stays there",
    "max": "it goes to Gmax and stays there",
    "closing": "its window closes around the middle, as (life / pulses) to a power",
}
"""What becomes of a worn-out device: kernels/device/moves.py, in this order."""


_CONSTANT = Need("drift_law = 'constant'", lambda layout: not layout.aging.by_state)
_SIGMA = value("sigma", "variation", "sigma")
_SPREAD_OF = ("alpha", "alpha_common", "beta", "g_min", "g_max")
_SPREAD = Need(
    "a spread (alpha_sigma, alpha_common_sigma, beta_sigma, g_min_sigma or g_max_sigma)",
    lambda layout: any(getattr(layout.variation, f"{name}_sigma") for name in _SPREAD_OF),
)
_WINDOW = Need(
    "a spread of the window (g_min_sigma or g_max_sigma)",
    lambda layout: bool(layout.variation.g_min_sigma or layout.variation.g_max_sigma),
)
_ENDURANCE = value("endurance", "variation", "endurance")
_CLOSING = value("endurance_failure = 'closing'", "variation", "endurance_failure", lambda how: how == "closing")
_DRIFT = Need(
    "drift", lambda layout: bool(layout.variation.drift or layout.variation.drift_sigma or layout.aging.by_state)
)
_RELAX = value("relax_time_s", "variation", "relax_time")


@dataclass(frozen=True, kw_only=True)
class Variation(Description):
    """How real devices depart from the nominal one; everything is off by default."""

    section = "variation"
    panel = "Departures from the nominal device"
    comment = "how real devices depart from the nominal one"
    needs = (DEVICES,)

    sigma: float = number(
        0.0,
        least=0.0,
        most=100.0,
        help="Device to device: G is X times nominal, X ~ N(1, sigma).",
        comment="device to device: G is X times nominal, X ~ N(1, sigma); the paper compares 0, 0.5, 1",
        doc="Device to device, the whole device: it conducts X times the nominal conductance, X ~ N(1, sigma).",
    )
    sigma_negative: str = choice(
        "zero",
        NEGATIVE_SCALES,
        help="An X below 0: zero, reflect or redraw.",
        comment='a negative X: "zero", "reflect" or "redraw"',
        doc="What becomes of an X below 0.",
        calibrated=True,
        needs=(_SIGMA,),
    )
    sigma_per: str = choice(
        "device",
        SCALES_PER,
        help="An X of its own for each device or pair.",
        comment='or "pair": G+ and G- have the same X',
        doc="What has an X of its own.",
        needs=(_SIGMA,),
    )
    alpha_sigma: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Device to device: relative spread of alpha.",
        comment="device to device: relative spread of the steps, of each direction by itself",
        doc="Device to device, the law: relative spread of the steps, of each direction by itself.",
    )
    alpha_common_sigma: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Of alpha, both directions alike.",
        comment="the same, but of both directions of a device alike",
        doc="Device to device, the law: relative spread of the steps that both directions of a device have in common, "
        "beside `alpha_sigma`, whose factors differ between them.",
    )
    beta_sigma: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Of beta.",
        comment="of the nonlinearity",
        doc="Device to device, the law: relative spread of the nonlinearity, of each direction by itself.",
    )
    g_min_sigma: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Of Gmin.",
        comment="of Gmin",
        doc="Device to device, the window: relative spread of Gmin.",
    )
    g_max_sigma: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Of Gmax.",
        comment="of Gmax",
        doc="Device to device, the window: relative spread of Gmax, which stays above Gmin by a twentieth of the "
        "nominal range.",
    )
    window_steps: str = choice(
        "stretched",
        WINDOW_STEPS,
        help="Steps of a device with a Gmin and Gmax of its own: stretched or kept.",
        comment='steps stretch with such a window; or "kept": at the nominal symmetry point they do not',
        doc="Steps, in S, of a device that has a Gmin and Gmax of its own (not of one that has a scale, `sigma`). With "
        "`kept` the two ends are drawn about a fixed zero, as those of aihwkit's devices are: of soft bounds the steps "
        "of each direction fall to 0 at its own end, by a slope of their own. An end that is closer to that zero than "
        "a hundredth of the window counts as being that far.",
        calibrated=True,
        needs=(_WINDOW,),
    )
    spread: str = choice(
        "normal",
        SPREADS,
        help="Distribution of these five: normal or lognormal.",
        comment='distribution of these five, below 0 drawn again; or "lognormal"',
        doc="Distribution of these five factors.",
        needs=(_SPREAD,),
    )
    c2c: float = number(
        0.0,
        least=0.0,
        most=100.0,
        help="Cycle to cycle: scatter of every step, relative to it.",
        comment="cycle to cycle: standard deviation of every step, relative to the step",
    )
    c2c_range: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="The same relative to Gmax - Gmin.",
        comment="relative to g_max - g_min",
        doc="Cycle to cycle: standard deviation of every step, relative to Gmax - Gmin.",
    )
    write_noise: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Scatter of G from write to write, per Gmax - Gmin.",
        comment="of what a device conducts from write to write, relative to g_max - g_min; it stays until the next",
        doc="Standard deviation of what a device conducts about the state that its pulses moved it to, relative to "
        "Gmax - Gmin: drawn anew by each event that writes the device, it stays until the next. A fixed reference has "
        "none, but its `reference_sigma`.",
    )
    device_noise: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Scatter of G from read to read, per Gmax - Gmin.",
        comment="of a device's conductance from read to read, relative to g_max - g_min",
        doc="Standard deviation of a device's conductance from read to read, relative to Gmax - Gmin.",
    )
    stuck_at_g_min: float = number(
        0.0,
        least=0.0,
        most=1.0,
        help="Fraction of devices that never leave Gmin.",
        comment="fractions of the devices that never move",
    )
    stuck_at_g_max: float = number(
        0.0,
        least=0.0,
        most=1.0,
        help="Fraction that never leave Gmax.",
        doc="Fraction of devices that never leave Gmax.",
    )
    stuck_anywhere: float = number(
        0.0,
        least=0.0,
        most=1.0,
        help="Fraction stuck anywhere between.",
        doc="Fraction of devices that never move, at conductances that are uniform over the range.",
    )
    endurance: float = number(
        0.0,
        least=0.0,
        most=1e18,
        help="Pulses and resets that a device bears; 0: any number.",
    )
    endurance_sigma: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Lognormal spread of that from device to device.",
        comment="lognormal spread of that",
        doc="Device to device: lives are `endurance * exp(endurance_sigma z)`.",
        needs=(_ENDURANCE,),
    )
    endurance_failure: str = choice(
        "stuck",
        FAILURES,
        help="Then: stuck, min, max or closing.",
        comment='then: "stuck" where it is, at "min" or "max", or its window is "closing"',
        doc="What becomes of it then.",
        needs=(_ENDURANCE,),
    )
    endurance_closing: float = number(
        1.0,
        least=0.0,
        most=100.0,
        help="Power with which a window closes.",
        comment="power of a closing window",
        needs=(_ENDURANCE, _CLOSING),
    )
    drift: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="For xbarsim retention: nu of G (t / t0)^-nu.",
        comment="after training, for `xbarsim retention`: G falls as (t / drift_start)^-nu, nu ~ N(drift, drift_sigma)",
        doc="After training conductances fall as (t / drift_start)^-nu, nu ~ N(drift, drift_sigma) for each device.",
        needs=(_CONSTANT,),
    )
    drift_sigma: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="Its spread from device to device.",
        doc="Spread of nu from device to device.",
        needs=(_CONSTANT,),
    )
    drift_start: float = number(
        1.0,
        unit="s",
        above=0.0,
        most=1e30,
        help="Its t0, s.",
        comment="its t0",
        doc="The time after which a drifting conductance still is what was written.",
        needs=(_DRIFT,),
    )
    relax_time: float = number(
        0.0,
        unit="s",
        least=0.0,
        most=1e30,
        help="For xbarsim retention: relaxation time, s; 0: none.",
        comment="after training: states relax as exp(-(t / relax_time)^relax_exponent); 0: they do not",
        doc="After training states relax towards `relax_to` as exp(-(t / relax_time)^relax_exponent); 0: they do not.",
    )
    relax_exponent: float = number(1.0, least=0.0, most=10.0, help="Its stretching exponent.", needs=(_RELAX,))
    relax_to: float = number(
        0.0,
        least=0.0,
        most=1.0,
        help="State relaxed to; 0: Gmin, 1: Gmax.",
        comment="0: to g_min, 1: to g_max",
        needs=(_RELAX,),
    )

    def check(self) -> None:
        """A device can be stuck only once."""
        if self.stuck > 1.0:
            raise LayoutError(
                f"variation.stuck_anywhere: expected fractions that add up to at most 1, got {self.stuck:g}; lower them"
            )

    @property
    def stuck(self) -> float:
        """Fraction of the devices that never move."""
        return self.stuck_at_g_min + self.stuck_at_g_max + self.stuck_anywhere

    @property
    def windows(self) -> bool:
        """Whether devices differ in what they conduct at the same nominal state."""
        return bool(self.sigma or self.g_min_sigma or self.g_max_sigma)

    @property
    def off_states(self) -> bool:
        """Whether devices conduct otherwise than the nominal one in the same state."""
        return self.windows or self.write_noise > 0.0

    @property
    def scattered(self) -> bool:
        """Whether a pulse acts otherwise on another device, or another time."""
        return bool(self.laws or self.c2c or self.c2c_range or self.write_noise or self.stuck or self.endurance)

    @property
    def laws(self) -> bool:
        """Whether devices have alpha or beta of their own, or steps that their windows leave as they are."""
        return bool(self.alpha_sigma or self.alpha_common_sigma or self.beta_sigma or self.kept_steps)

    @property
    def kept_steps(self) -> bool:
        """Whether steps are not stretched with the windows of devices."""
        return self.window_steps == "kept" and bool(self.g_min_sigma or self.g_max_sigma)

    @property
    def counted(self) -> bool:
        """Whether what a device is depends on how often it was pulsed and reset: then a replay starts where a run
        did.
        """
        return bool(self.endurance or self.write_noise)

    @property
    def any(self) -> bool:
        """Whether anything is on."""
        aging = self.drift or self.drift_sigma or self.relax_time
        return self.windows or self.scattered or bool(self.device_noise or aging)
