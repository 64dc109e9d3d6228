"""State of a network that is trained by pulse trains (Gokmen & Vlasov 2016)."""

from __future__ import annotations

from ..describe.layout import Layout
from ..kernels.rules.stochastic import Stochastic
from .gradient import TrainsState
from .rule import State


class StochasticState(TrainsState):
    """All conductances of a network."""

    label = "stochastic"
    color = "tab:purple"

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 2.0 * super().pace(layout)

    @property
    def rule(self) -> Stochastic:
        """What the kernels need to know of the rule."""
        return Stochastic(self.reading, self.slope, self.trains, self.step, self.refresh)


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return StochasticState
