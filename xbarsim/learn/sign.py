"""State of a network that is trained by the rule of Lim et al. (2019): lines fire by the sign of the error."""

from __future__ import annotations

from ..describe.layout import Layout
from ..kernels.rules.sign import Sign
from .network import NetworkState
from .rule import State


class SignState(NetworkState):
    """All conductances of a network."""

    label = "sign"
    color = "tab:blue"

    @property
    def rule(self) -> Sign:
        """What the kernels need to know of the rule."""
        return Sign(self.reading, self.refresh)


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return SignState
