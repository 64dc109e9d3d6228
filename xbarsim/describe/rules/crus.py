"""The section ``[crus]`` of a layout: the conditional reverse update scheme, and the schemes it is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from ...base import checks
from ...base.errors import LayoutError
from ..choices import BASELINES, COMPENSATIONS

MAX_LEVEL_BITS = 8
"""Both levels of a pair are one 16-bit number."""


@dataclass(frozen=True, kw_only=True)
class Crus:
    """The conditional reverse update scheme (CRUS, Lee et al., arXiv 2111.07113), for the rule ``crus``.

    A reconstruction: of the paper only the abstract could be had, which says that the scheme is conditional, uses inaccurate and infrequent
    sensing, and is designed by the smallest average update noise. Every value is a parameter; levels and steps are parts of Gmax - Gmin.

    Attributes
    ----------
    baseline : str
        What a crossing does: see ``BASELINES``.
    sense_every : int
        Iterations between sensings; between them the copies are stale.
    level_bits : int
        A sensed level is one of ``2**level_bits`` on equal intervals from Gmin to Gmax.
    level_noise : float
        Standard deviation of what is sensed, before it is rounded.
    theta_forward, theta_reverse : float
        Reverse where the sensed level of the forward device is above the one and that of the reverse device above the other.
    line_forward, line_reverse, line_level : float
        And where ``line_forward s_forward + line_reverse s_reverse > line_level``; the default does not restrict anything.
    mirrored : bool
        The mirrored form, for abrupt LTP: forward depresses, reverse potentiates, and levels are taken from Gmax down.
    compensate : str
        Which actions are thinned out, so that the mean change follows SGD: see ``COMPENSATIONS``.
    compensate_floor : float
        Mean step of a compensated crossing.
    crus_rate, crus_output_rate : float
        Learning rate: the mean change of W per ``-delta a``; of the output layer, if it differs. A column fires with probability
        ``min(1, rate |delta| / compensate_floor)``. With baseline lim or refresh: that probability per ``|delta|``; with threshold: what
        is added up.
    crus_decay : float
        Rates fall by ``exp(-crus_decay)`` over the run.
    crus_dead_zone, crus_output_dead_zone : float
        No pulse where ``|delta|`` is not above this.
    initial_low, initial_high, initial_inner_low, initial_inner_high : float
        States that devices start from, uniformly: of the first layer, and of the others.
    un_window : int
        Samples per window of update noise; 0: it is not followed.
    full_level : float
        lim: a side counts as full from this sensed level on; refresh: the larger side's threshold.
    lower_level : float
        refresh: the smaller side's threshold.
    pulse_threshold : float
        threshold: requests that are worth one pulse.
    """

    baseline: str = "crus"
    sense_every: int = 1000
    level_bits: int = 3
    level_noise: float = 0.05
    theta_forward: float = 0.6
    theta_reverse: float = 0.4
    line_forward: float = 0.0
    line_reverse: float = 0.0
    line_level: float = -1.0
    mirrored: bool = False
    compensate: str = "both"
    compensate_floor: float = 0.003125
    crus_rate: float = 0.0125
    crus_output_rate: float | None = None
    crus_decay: float = 0.0
    crus_dead_zone: float = 0.0
    crus_output_dead_zone: float = 0.0
    initial_low: float = 0.4
    initial_high: float = 0.6
    initial_inner_low: float = 0.3
    initial_inner_high: float = 0.7
    un_window: int = 1000
    full_level: float = 0.95
    lower_level: float = 0.25
    pulse_threshold: float = 1.5

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        checks.choice("crus.baseline", self.baseline, BASELINES)
        checks.choice("crus.compensate", self.compensate, COMPENSATIONS)
        put(self, "mirrored", checks.flag("crus.mirrored", self.mirrored))
        for key, least, most in (
            ("sense_every", 1, 2**40),
            ("level_bits", 1, MAX_LEVEL_BITS),
            ("un_window", 0, 2**40),
        ):
            put(self, key, checks.integer(f"crus.{key}", getattr(self, key), least=least, most=most))
        for key, low, high in (
            ("level_noise", 0.0, 10.0), ("theta_forward", -10.0, 10.0), ("theta_reverse", -10.0, 10.0), ("line_forward", -1e6, 1e6),
            ("line_reverse", -1e6, 1e6), ("line_level", -1e6, 1e6), ("compensate_floor", 1e-9, 1.0), ("crus_rate", 0.0, 1e9),
            ("crus_output_rate", 0.0, 1e9), ("crus_decay", 0.0, 100.0), ("crus_dead_zone", 0.0, 1e9), ("crus_output_dead_zone", 0.0, 1e9),
            ("initial_low", 0.0, 1.0), ("initial_high", 0.0, 1.0), ("initial_inner_low", 0.0, 1.0), ("initial_inner_high", 0.0, 1.0),
            ("full_level", 0.0, 10.0), ("lower_level", 0.0, 10.0), ("pulse_threshold", 1e-9, 1e9),
        ):  # fmt: skip
            if getattr(self, key) is not None:
                put(self, key, checks.number(f"crus.{key}", getattr(self, key), least=low, most=high))
        for low_key, high_key in (("initial_low", "initial_high"), ("initial_inner_low", "initial_inner_high")):
            a, b = getattr(self, low_key), getattr(self, high_key)
            if a > b:
                raise LayoutError(
                    f"crus.{high_key}: expected a number >= {low_key} = {a:g}, got {b:g}; choose a larger value"
                )
        if self.mirrored and self.baseline != "crus":
            raise LayoutError(
                f"crus.mirrored: expected false with baseline '{self.baseline}', which has no mirrored form, got true; leave it out"
            )
