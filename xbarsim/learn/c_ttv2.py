"""State of a network that is trained by Tiki-Taka with a digital buffer and choppers."""

from __future__ import annotations

from ..describe.layout import Layout
from .fast_slow import FastSlowState
from .rule import State


class ChoppedTikiTakaState(FastSlowState):
    """All conductances of a network, and what is kept digitally."""

    label = "c-ttv2"
    color = "tab:cyan"


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return ChoppedTikiTakaState
