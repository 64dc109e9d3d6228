"""Which state a layout is trained in, or replayed in."""

from __future__ import annotations

from ..arrays.engine import engine_for
from ..describe.layout import Layout
from .bs import BinaryState
from .crus import CrusState
from .digits import DigitState
from .network import NetworkState
from .software import SoftwareState

NETWORKS: dict[str, type[NetworkState]] = {"crus": CrusState}
"""By rule; all others are `NetworkState`."""


def network_of(layout: Layout) -> NetworkState:
    """A network of devices, as the layout's rule needs it."""
    return NETWORKS.get(layout.pulses.rule, NetworkState)(layout)


def binary_of(layout: Layout) -> BinaryState:
    """A network that learns binary-stochastically."""
    return BinaryState(layout) if engine_for(layout) == "binary" else DigitState(layout)


State = NetworkState | BinaryState | SoftwareState
"""What can be trained."""


def state_of(layout: Layout) -> State:
    """What is trained: a network of devices, one that learns binary-stochastically, or the software reference."""
    if layout.pulses.rule == "bs":
        return binary_of(layout)
    return SoftwareState(layout) if layout.pulses.rule == "software" else network_of(layout)


def reads_of(state: State) -> dict[str, float] | None:
    """Reads solved with real wires so far, see `NetworkState.reads`; None without wires."""
    arrays = state.arrays if isinstance(state, DigitState) else state
    return arrays.reads if isinstance(arrays, NetworkState) and arrays.board.wired else None


def falls(layout: Layout) -> bool:
    """Whether steps or rates fall during a run of this layout."""
    return layout.rule.falls(layout)
