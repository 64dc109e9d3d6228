"""State of a network that is trained by Tiki-Taka, version 1."""

from __future__ import annotations

from ..describe.layout import Layout
from .fast_slow import FastSlowState
from .rule import State


class TikiTakaState(FastSlowState):
    """All conductances of a network, and what is kept digitally."""

    label = "tiki-taka"
    color = "tab:brown"


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return TikiTakaState
