"""The section ``[aging]`` of a layout: what writing and time do to a device, by the state that was written into it."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.errors import LayoutError
from .fields import Description, choice, number
from .needs import DEVICES, Need, value

DRIFT_LAWS = {
    "constant": "nu ~ N(drift, drift_sigma), the same for every state",
    "by-state": "mean and spread of nu follow from x = G / Gmax, as it was asked for, by the keys `nu_...`",
}
"""What a device's drift exponent follows from: arrays/aging.py."""

NEGATIVE_EXPONENTS = {
    "keep": "the device gains conductance in time",
    "reflect": "its absolute value is taken",
    "zero": "the device does not drift",
}
"""What becomes of a drift exponent that is drawn below 0."""

CLOCKS = {
    "written": "time counts from the last pulse: a device drifts as (t / drift_start)^-nu once t is past drift_start",
    "verified": "time counts from the last verifying read, drift_start after the last pulse: (1 + t / drift_start)^-nu",
}
"""What time counts from."""

_BY_STATE = Need("drift_law = 'by-state'", lambda layout: layout.aging.by_state)
_FLICKER = value("flicker", "aging", "flicker")


def _law(default: float, what: str, *, least: float = -10.0) -> float:
    found: float = number(default, least=least, most=10.0, help=what, needs=(_BY_STATE,))
    return found


@dataclass(frozen=True, kw_only=True)
class Aging(Description):
    """What writing and time do to a device, by its state; everything is off by default.

    With x = G / Gmax, G as it was asked for, the drift exponent of a device is nu ~ N(m, s), with m = clip(nu_mean +
    nu_mean_log ln x + nu_mean_linear x + nu_mean_square x^2, nu_mean_least, nu_mean_most) and s likewise; and an error
    of writing has the deviation Gmax max(write_error + write_error_linear x + write_error_square x^2, 0).
    """

    section = "aging"
    panel = "After it was written"
    comment = "after training: errors of writing, and what time does, by the state that was written"
    needs = (DEVICES,)

    write_error: float = number(
        0.0,
        least=-10.0,
        most=10.0,
        help="Deviation of what is written, per Gmax.",
        comment="deviation of what is written from what was asked for, relative to g_max: this, and so much per x, x^2",
        doc="Deviation of what `infer` writes from what was asked for, relative to Gmax: at x = 0, see above.",
    )
    write_error_linear: float = number(0.0, least=-10.0, most=10.0, help="And so much of it per x = G / Gmax.")
    write_error_square: float = number(0.0, least=-10.0, most=10.0, help="And so much of it per x^2.")
    drift_law: str = choice(
        "constant",
        DRIFT_LAWS,
        help="Drift exponents: constant or by-state.",
        comment='drift exponents; or "by-state": they follow from x = G / g_max',
        doc="What a device's drift exponent follows from.",
    )
    nu_mean: float = _law(0.0, "Mean drift exponent: constant part.")
    nu_mean_log: float = _law(0.0, "And so much of it per ln x.")
    nu_mean_linear: float = _law(0.0, "And so much of it per x.")
    nu_mean_square: float = _law(0.0, "And so much of it per x^2.")
    nu_mean_least: float = _law(0.0, "Its least value.")
    nu_mean_most: float = _law(10.0, "Its largest value.")
    nu_sigma: float = _law(0.0, "Spread of drift exponents: constant part.")
    nu_sigma_log: float = _law(0.0, "And so much of it per ln x.")
    nu_sigma_linear: float = _law(0.0, "And so much of it per x.")
    nu_sigma_square: float = _law(0.0, "And so much of it per x^2.")
    nu_sigma_least: float = _law(0.0, "Its least value.", least=0.0)
    nu_sigma_most: float = _law(10.0, "Its largest value.", least=0.0)
    nu_negative: str = choice(
        "keep",
        NEGATIVE_EXPONENTS,
        help="A drift exponent below 0: keep, reflect or zero.",
        comment='a drift exponent below 0: "keep", "reflect" or "zero"',
        doc="What becomes of a drift exponent below 0.",
        needs=(_BY_STATE,),
    )
    drift_clock: str = choice(
        "written",
        CLOCKS,
        help="Time counts from: written or verified.",
        comment='what time counts from: "written" or "verified" (drift_start after it was written)',
        doc="What time counts from.",
    )
    flicker: float = number(
        0.0,
        least=0.0,
        most=10.0,
        help="1/f noise: its Q at Gmax.",
        comment="1/f noise of G: deviation G Q sqrt(ln((t + t_r) / 2 t_r)), Q = min(flicker x^-flicker_power, "
        "flicker_most)",
        doc="1/f noise: G deviates by G Q sqrt(ln((t + t_r) / (2 t_r))), with Q = min(flicker x^-flicker_power, "
        "flicker_most), x = G / Gmax as written, and t_r = flicker_read. It stays as it is while the test samples are "
        "read.",
    )
    flicker_power: float = number(0.0, least=0.0, most=10.0, help="Power with which Q rises.", needs=(_FLICKER,))
    flicker_most: float = number(10.0, least=0.0, most=10.0, help="Its largest value.", needs=(_FLICKER,))
    flicker_read: float = number(
        250e-9,
        unit="s",
        above=0.0,
        most=1e30,
        help="Length of a read, s, which 1/f noise is averaged over.",
        comment="length of a read, t_r",
        needs=(_FLICKER,),
    )

    def check(self) -> None:
        """Least values are not above largest ones."""
        for name in ("nu_mean", "nu_sigma"):
            low, high = getattr(self, f"{name}_least"), getattr(self, f"{name}_most")
            if low > high:
                raise LayoutError(
                    f"aging.{name}_least: expected at most {name}_most = {high:g}, got {low:g}; raise the one or lower "
                    "the other"
                )

    @property
    def by_state(self) -> bool:
        """Whether drift exponents follow from states."""
        return self.drift_law == "by-state"

    @property
    def errs(self) -> bool:
        """Whether what is written departs from what was asked for."""
        return bool(self.write_error or self.write_error_linear or self.write_error_square)

    @property
    def drifts(self) -> bool:
        """Whether time changes anything by the keys of this section."""
        mean = (self.nu_mean, self.nu_mean_log, self.nu_mean_linear, self.nu_mean_square, self.nu_mean_least)
        return bool((self.by_state and (any(mean) or self.spreads)) or self.flicker)

    @property
    def spreads(self) -> bool:
        """Whether drift exponents by state differ from device to device."""
        return self.by_state and bool(
            self.nu_sigma or self.nu_sigma_log or self.nu_sigma_linear or self.nu_sigma_square or self.nu_sigma_least
        )

    @property
    def any(self) -> bool:
        """Whether anything is on."""
        return self.errs or self.drifts
