"""Rules by name: what is trained."""

from __future__ import annotations

from collections.abc import Callable

from ..base import compiling
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.plugin import errors_noted
from . import agad, bs, c_ttv2, crus, imported, mixed_precision, sign, software, stochastic, tiki_taka, ttv2
from .plan import Plan, check_maps
from .rule import State

compiling.listen()

RULES: dict[str, Callable[[Layout], type[State]]] = {
    "sign": sign.kind_of,
    "crus": crus.kind_of,
    "bs": bs.kind_of,
    "stochastic": stochastic.kind_of,
    "tiki-taka": tiki_taka.kind_of,
    "ttv2": ttv2.kind_of,
    "c-ttv2": c_ttv2.kind_of,
    "agad": agad.kind_of,
    "mixed-precision": mixed_precision.kind_of,
    "software": software.kind_of,
    "imported": imported.kind_of,
}
"""The state that a layout is trained in."""


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout is trained in."""
    return RULES[layout.pulses.rule](layout)


def state_of(layout: Layout) -> State:
    """What is trained."""
    check_maps(layout)
    with errors_noted(layout.device) as raised:  # what a plug-in makes of many noises is looked at first
        state = kind_of(layout)(layout)
    if raised:
        raise LayoutError(
            f"device.step: expected {layout.device.step} to return a number for every state and every noise, it raised "
            f"{raised[0]}; mend it"
        )
    return state


def plan_of(layout: Layout) -> Plan:
    """Which kernels compute a layout, and why."""
    check_maps(layout)
    return kind_of(layout).plan_of(layout)


def engine_for(layout: Layout) -> str:
    """The engine a layout runs on, by the name that users see: the ladder where it applies, unless the layout says
    otherwise.
    """
    return plan_of(layout).engine
