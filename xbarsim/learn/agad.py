"""State of a network that is trained by AGAD."""

from __future__ import annotations

from ..describe.layout import Layout
from .fast_slow import FastSlowState
from .rule import State


class AgadState(FastSlowState):
    """All conductances of a network, and what is kept digitally."""

    label = "agad"
    color = "tab:olive"


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return AgadState
