"""The engine that a layout runs on."""

from __future__ import annotations

from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..kernels.pair import pair
from .drawn import is_scattered

_LADDER_PULSES = 255  # (n_max + 1)^2 states fit 16 bits
_LADDER_ROWS = (1 << pair.RESET_BITS) - 1  # one column's resets fit a packed count


def engine_for(layout: Layout) -> str:
    """The engine a layout runs on: the ladder where it applies, unless the layout says otherwise."""
    own = layout.rule.engine(layout)
    if own is not None:
        return own
    obstacle = _ladder_obstacle(layout)
    if layout.run.engine == "ladder" and obstacle:
        raise LayoutError(
            f"run.engine: expected a layout the ladder engine can run, got {obstacle}; choose 'auto' or 'analog'"
        )
    if layout.run.engine == "auto":
        return "analog" if obstacle else "ladder"
    return layout.run.engine


def _ladder_obstacle(layout: Layout) -> str | None:
    if layout.rule.leaves_staircase:
        return f"rule {layout.rule.name}, {layout.rule.leaves_staircase}"
    if layout.pulses.method == "c":
        return "method c, whose depression pulses leave the staircase"
    if layout.gates.disturb:
        return "half-select disturb, which leaves the staircase"
    if layout.pulses.method == "a" and layout.variation.windows:
        return "method a on devices with variation, where a replay depends on both scales"
    if is_scattered(layout):
        return (
            "devices that leave the common staircase (steps that scatter, own alpha or beta, stuck, worn out, a "
            "plug-in)"
        )
    n = len(layout.device.staircase()) - 1
    if n > _LADDER_PULSES:
        return f"a device with {n} steps (at most {_LADDER_PULSES})"
    rows = max(layout.network.layers[:-1]) + 1
    if rows > _LADDER_ROWS or rows * (n + 2) >= 1 << pair.PULSE_BITS:
        return f"an array of {rows} rows"
    return None
