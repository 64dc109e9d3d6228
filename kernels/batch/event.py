"""One pulse event on one layer, with all that its lines do besides."""

from __future__ import annotations

from ..base._jit import inlined
from ..lines.table import account, settle
from ..rules.arrays import event_lines
from ..rules.table import move


@inlined
def event(rule, array, lines, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """`rules.table.move` of the layer `array`, accounted for in `lines`; returns the pulses and resets issued."""
    if n == 0 or n_up + n_down == 0:
        return 0, 0
    own = event_lines(rule, array, lines, geometry, layer, number)
    account(own, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down)
    pulses, resets = move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down)
    settle(own, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down)
    return pulses, resets
