"""The section ``[bs]`` of a layout: binary-stochastic learning."""

from __future__ import annotations

from dataclasses import dataclass

from ...base import checks
from ...base.errors import LayoutError
from ..choices import BS_INPUTS, BS_OUTPUTS, BS_SLOPES

MAX_DRAWS = 256
"""Most output samples of one image."""

MAX_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Bs:
    """Binary-stochastic learning (Li et al., arXiv 2304.12866), for the rule ``bs``.

    A reconstruction: of the paper only the abstract and a summary were at hand, which name the stochastic binarisation of forward
    signals and derivatives, signs of errors, and steps with a periodical carry. Every value is a parameter. The dead zone, the
    temperature of the derivative and several draws per read are additions of this project. Temperatures, dead zones, steps and weights are in
    units of W, which has none: a hidden neuron fires with probability ``1 / (1 + exp(-z / T))``, z being the sum of W over the rows that fire.

    Attributes
    ----------
    bs_input, bs_output, bs_slope : str
        How inputs, outputs and derivatives become bits: see ``BS_INPUTS``, ``BS_OUTPUTS``, ``BS_SLOPES``.
    bs_window : float
        Half width of the slope ``window``, in units of the derivative's temperature.
    bs_temperature, bs_output_temperature : float
        T of hidden comparators, and of the output.
    bs_slope_temperature : float
        T of the derivative, as a multiple of that of the neuron.
    bs_dead_zone, bs_inner_dead_zone : float
        A hidden error goes back as its sign if it is above a threshold that is drawn anew, uniformly between 0 and this; the first is for
        neurons below the output, the second for deeper ones. 0: the plain sign.
    bs_reads, bs_draws : int
        Forward reads of an image, and output samples of each read, every one with its own signs and pulses.
    bs_step, bs_step_end : float
        Ideal step, and the factor on it at the end of the run (or of ``run.schedule``); it falls exponentially.
    bs_reach : float
        No ideal weight gets larger; 0: any.
    bs_initial_weight : float
        Weights start uniformly between -w and w, w = bs_initial_weight / sqrt(inputs of the layer).
    bs_samples : int
        Inference by the most frequent class of so many stochastic passes; 0: by expectation.
    bs_digits : int
        Digits of a weight, each a pair of the layout's devices; 0: ideal steps instead.
    bs_base : float
        A digit is worth so many times the next lower one.
    bs_scale : float
        W of a full highest digit.
    bs_carry_every : int
        Images between carries of the lowest digit; 0: never.
    bs_carry_ratio : int
        Every higher digit carries so many times less often.
    bs_carry_threshold : float
        A digit is carried if it is above this, in units of what one mean step of the next higher digit is worth.

    Examples
    --------
    >>> Bs(bs_digits=3, bs_carry_every=100).periods
    (0, 1000, 100)
    """

    bs_input: str = "bits"
    bs_output: str = "softmax"
    bs_slope: str = "norm"
    bs_window: float = 1.0
    bs_temperature: float = 1.0
    bs_output_temperature: float = 2.0
    bs_slope_temperature: float = 2.0
    bs_dead_zone: float = 2.0
    bs_inner_dead_zone: float = 1.0
    bs_reads: int = 2
    bs_draws: int = 4
    bs_step: float = 0.007
    bs_step_end: float = 0.1
    bs_reach: float = 0.0
    bs_initial_weight: float = 1.0
    bs_samples: int = 0
    bs_digits: int = 0
    bs_base: float = 16.0
    bs_scale: float = 4.0
    bs_carry_every: int = 250
    bs_carry_ratio: int = 10
    bs_carry_threshold: float = 1.0

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        checks.choice("bs.bs_input", self.bs_input, BS_INPUTS)
        checks.choice("bs.bs_output", self.bs_output, BS_OUTPUTS)
        checks.choice("bs.bs_slope", self.bs_slope, BS_SLOPES)
        for key, least, most in (
            ("bs_reads", 1, MAX_DRAWS), ("bs_draws", 1, MAX_DRAWS), ("bs_samples", 0, 65_536), ("bs_digits", 0, MAX_DIGITS),
            ("bs_carry_every", 0, 2**31), ("bs_carry_ratio", 1, 1_000_000),
        ):  # fmt: skip
            put(self, key, checks.integer(f"bs.{key}", getattr(self, key), least=least, most=most))
        for key, low, high in (
            ("bs_window", 1e-6, 1e6), ("bs_temperature", 1e-6, 1e6), ("bs_output_temperature", 1e-6, 1e6), ("bs_slope_temperature", 1e-6, 1e6),
            ("bs_dead_zone", 0.0, 1e6), ("bs_inner_dead_zone", 0.0, 1e6), ("bs_step", 1e-9, 1e6), ("bs_step_end", 1e-6, 1e6),
            ("bs_reach", 0.0, 1e9), ("bs_initial_weight", 0.0, 1e6), ("bs_base", 1.5, 1e4), ("bs_scale", 1e-9, 1e6),
            ("bs_carry_threshold", 0.0, 1e6),
        ):  # fmt: skip
            put(self, key, checks.number(f"bs.{key}", getattr(self, key), least=low, most=high))
        if self.bs_reads * self.bs_draws > MAX_DRAWS:
            raise LayoutError(
                f"bs.bs_draws: expected bs_reads * bs_draws up to {MAX_DRAWS}, got {self.bs_reads * self.bs_draws}; lower one of them"
            )

    @property
    def periods(self) -> tuple[int, ...]:
        """Images between carries of each digit, from the highest, which is never carried; 0: never."""
        n = self.bs_digits
        return tuple(self.bs_carry_every * self.bs_carry_ratio ** (n - 1 - k) if k else 0 for k in range(n))
