"""Synapse devices: how one gate pulse moves one conductance.

A device is described by its conductance range and, for each direction, either the step alpha or the dynamic range
n_max, the number of pulses that takes it from one rail to the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.errors import LayoutError
from ..base.shown import presented
from . import laws, plugin
from .device_checks import check_law, check_measured, check_steps
from .fields import Description, choice, integer, number, text
from .laws import MODELS
from .needs import DEVICES, Need
from .refusals import Refusal
from .short import in_short, rows_of

if TYPE_CHECKING:
    import numpy as np

    from ..kernels.device.law import Device as DeviceKernel

REFUSALS = (
    Refusal(
        "variation",
        ("c2c",),
        reason="whose steps scatter by themselves",
        expected="0",
        given="device model '{layout.device.model}'",
        advice="leave it out",
        when=lambda layout: not layout.device.deterministic,
        variant="a plug-in or a table with several quantiles",
    ),
)
"""What devices do not go together with, whatever the rule."""

_LAW = Need("a law that has a nonlinearity", lambda layout: layout.device.model in ("exponential", "soft-bounds"))

MAX_PULSES = 4096
"""Largest dynamic range: above it a step is too small for a float32 conductance to count pulses exactly."""


@presented(in_short, rows_of)
@dataclass(frozen=True, kw_only=True)
class Device(Description):
    """A three-terminal synapse device with identical gate pulses.

    What is not given for depression (`n_max_d`, `alpha_d`, `beta_d`) is as for potentiation. The laws ``exponential``
    and ``soft-bounds`` take these keys, a ``table`` takes `jump_p` and `jump_d`, a ``plugin`` takes `step`.

    Examples
    --------
    >>> device = Device(g_min=1e-7, g_max=1e-6, n_max=64, beta=2.0)
    >>> round(device.alpha_p / (device.g_max - device.g_min), 10)
    0.0491354054
    >>> len(device.staircase()) - 1
    64
    """

    section = "device"
    panel = "Device"
    comment = "one gate pulse: equations (1) and (2)"
    needs = (DEVICES,)

    model: str = choice(
        "exponential",
        MODELS,
        help="Law: exponential or soft-bounds.",
        comment='"soft-bounds": steps fall linearly; "table": jump_p_S, jump_d_S; "plugin": step = "file.py:function"',
        doc="The law of the steps.",
    )
    g_min: float = number(
        1e-7,
        unit="S",
        least=0.0,
        most=1e6,
        help="Gmin, S.",
        comment="the paper normalises conductance",
        doc="Least conductance.",
        calibrated=True,
    )
    g_max: float = number(
        1e-6,
        unit="S",
        above=0.0,
        most=1e6,
        help="Gmax, S.",
        comment="the largest one",
        doc="Largest conductance.",
        calibrated=True,
    )
    n_max: int | None = integer(
        None,
        least=1,
        most=MAX_PULSES,
        help="Pulses from Gmin to Gmax.",
        comment="pulses from g_min to g_max; alpha follows. Or give alpha_S instead.",
        doc="Pulses from Gmin to Gmax; alpha follows from it.",
        usual=64,
    )
    alpha: float | None = number(
        None,
        unit="S",
        above=0.0,
        most=1e6,
        help="First potentiation step, S, instead of --n-max.",
        comment="first potentiation step, instead of n_max",
        doc="First potentiation step, instead of `n_max`.",
        instead_of="n_max",
        example=4.4e-8,
    )
    beta: float = number(
        2.0,
        least=-20.0,
        most=100.0,
        help="Nonlinearity of potentiation.",
        comment="nonlinearity of potentiation; the paper compares 0, 1, 2, 3",
        doc="Nonlinearity of potentiation; 0 is linear, below 0 steps grow.",
        needs=(_LAW,),
    )
    n_max_d: int | None = integer(
        None,
        least=1,
        most=MAX_PULSES,
        help="Pulses from Gmax to Gmin.",
        comment="the same for depression, if it differs",
        doc="Pulses from Gmax to Gmin.",
        like="n_max",
        example=64,
    )
    alpha_d: float | None = number(
        None,
        unit="S",
        above=0.0,
        most=1e6,
        help="First depression step, S, instead of --n-max-d.",
        comment="first depression step, instead of n_max_d",
        doc="First depression step, instead of `n_max_d`.",
        instead_of="n_max_d",
        example=4.4e-8,
    )
    beta_d: float | None = number(
        None,
        least=-20.0,
        most=100.0,
        help="Nonlinearity of depression.",
        comment="nonlinearity of depression",
        like="beta",
        example=2.0,
    )
    jump_p: tuple[tuple[float, ...], ...] | None = text(
        None,
        kind="steps",
        unit="S",
        help="Potentiation steps, S, of a table.",
        doc="For `table`: a row for each of two or more conductances on equal intervals from Gmin to Gmax, with "
        "quantiles of the step, from the least to the largest on equal intervals of probability 0 to 1. Positive where "
        "the device goes the right way.",
        flag=False,
    )
    jump_d: tuple[tuple[float, ...], ...] | None = text(
        None,
        kind="steps",
        unit="S",
        help="Depression steps, S, of a table.",
        doc="The same for depression.",
        flag=False,
    )
    step: str | None = text(
        None,
        help="Step function of a plug-in, file.py:function.",
        doc="For `plugin`: `file.py:function`, a `step(s, up, z)` that returns the change of the state s, 0 to 1.",
        flag=False,
    )
    step_sha256: str | None = text(
        None,
        help="SHA-256 of that file.",
        doc="What that file's SHA-256 has to be; it is noted when the device is made.",
        flag=False,
    )

    def __post_init__(self) -> None:
        """Check every value, once."""
        self.check_keys("model", "g_min", "g_max")
        if not self.g_min < self.g_max:
            raise LayoutError(
                f"device.g_max_S: expected more than g_min_S = {self.g_min:g} S, got {self.g_max:g} S; "
                "swap or widen the range"
            )
        if self.g_max < 1e-30 or self.g_max - self.g_min < 1e-3 * self.g_max:
            raise LayoutError(
                f"device.g_max_S: expected a range float32 can resolve, got {self.g_min:g} to {self.g_max:g} S; "
                "give siemens, with (Gmax - Gmin) at least a thousandth of Gmax"
            )
        if self.model in ("exponential", "soft-bounds"):
            check_law(self)
        else:
            check_measured(self)
        if not self.runs_code:  # else what its steps are shows when it is run, which is not here
            check_steps(self)

    @property
    def runs_code(self) -> bool:
        """Whether its steps are a user's own code: asking for them runs it."""
        return self.model == "plugin"

    @property
    def deterministic(self) -> bool:
        """Whether a pulse does the same every time."""
        if self.model == "plugin":
            return False
        return all(len(table[0]) == 1 for table in (self.jump_p, self.jump_d) if table)

    @property
    def alpha_p(self) -> float:
        """Potentiation step at Gmin, S."""
        if self.model in ("table", "plugin"):
            return float(self.steps_up()[0])
        if self.alpha is not None:
            return self.alpha
        assert self.n_max is not None
        return self._alpha(self.n_max, self.beta)

    @property
    def beta_depression(self) -> float:
        """Nonlinearity of depression."""
        return self.beta if self.beta_d is None else self.beta_d

    @property
    def alpha_depression(self) -> float:
        """Depression step at Gmax, S."""
        if self.model in ("table", "plugin"):
            return float(self.steps_down()[-1])
        if self.alpha_d is not None:
            return self.alpha_d
        if self.n_max_d is None and self.alpha is not None:
            return self.alpha
        n = self.n_max if self.n_max_d is None else self.n_max_d
        assert n is not None
        return self._alpha(n, self.beta_depression)

    def _alpha(self, n: int, beta: float) -> float:
        law = laws.normalised_alpha if self.model == "exponential" else laws.soft_bounds_alpha
        return (self.g_max - self.g_min) * law(n, beta)

    def steps_up(self) -> np.ndarray:
        """Mean potentiation steps from Gmin to Gmax, S: at the rails, or at the nodes of a table."""
        if self.model == "table":
            assert self.jump_p is not None
            return laws.means(self.jump_p)
        if self.model == "plugin":
            assert self.step is not None
            return plugin.sample_step(self.step, self.step_sha256)[0] * self.span
        return laws.ends(self.alpha_p, self.alpha_p * math.exp(-self.beta))

    def steps_down(self) -> np.ndarray:
        """Mean depression steps from Gmin to Gmax, S."""
        if self.model == "table":
            assert self.jump_d is not None
            return laws.means(self.jump_d)
        if self.model == "plugin":
            assert self.step is not None
            return plugin.sample_step(self.step, self.step_sha256)[1] * self.span
        return laws.ends(self.alpha_depression * math.exp(-self.beta_depression), self.alpha_depression)

    @property
    def span(self) -> float:
        """Gmax - Gmin, S."""
        return self.g_max - self.g_min

    def kernel(self) -> DeviceKernel:
        """The device as the kernels take it. Rails are rounded to float32, as conductances are."""
        from .staircase import counted_alpha, kernel_of

        return kernel_of(self, counted_alpha(self))

    def staircase(self) -> np.ndarray:
        """Conductances after 0, 1, 2, ... potentiation pulses from Gmin up to Gmax: (n + 1,) float32, S."""
        from .staircase import staircase_of

        return staircase_of(self)
