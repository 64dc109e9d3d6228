"""What the training of a layout costs, and which kernels it compiles."""

from __future__ import annotations

from ..arrays.drawn import is_scattered
from ..arrays.engine import engine_for
from ..describe.layout import Layout

# Time of an iteration by method, relative to the ladder engine: orders of magnitude.
COSTS = {
    "ladder": {"a": 1.0, "b": 1.0, "c": 4.0},
    "analog": {"a": 14.0, "b": 5.0, "c": 4.0},
    "scatter": {"a": 80.0, "b": 40.0, "c": 6.0},
    "own laws": {"a": 1000.0, "b": 500.0, "c": 10.0},
    "software": {"a": 1.5, "b": 1.5, "c": 1.5},
    "crus": {"a": 4.0, "b": 4.0, "c": 4.0},
    "binary": {"a": 2.0, "b": 2.0, "c": 2.0},
    "binary cells": {"a": 8.0, "b": 8.0, "c": 8.0},
}


def pace(layout: Layout) -> str:
    """What the time of an iteration follows."""
    engine = engine_for(layout)
    if engine == "binary" and layout.bs.bs_digits:
        return "binary cells"
    if layout.pulses.rule == "crus":
        return "crus"
    if engine != "analog" or not is_scattered(layout):
        return engine
    v = layout.variation
    # Replays of devices with a law or a window of their own are climbed pulse by pulse.
    return "own laws" if v.windows or v.alpha_sigma or v.beta_sigma or v.endurance else "scatter"


def kind_of(layout: Layout) -> str:
    """Which training kernel a layout needs, and which of its specialisations."""
    if layout.pulses.rule == "software" and layout.software.benchmark:
        return "benchmark"
    if layout.pulses.rule == "crus":
        return f"crus{' rivals' * (layout.crus.baseline != 'crus')}{' scatter' * is_scattered(layout)}"
    if layout.pulses.rule != "sign":
        return layout.pulses.rule
    kind = "online" if layout.run.batch == 1 and not layout.real_circuits else "batch"
    kind += " scatter" if is_scattered(layout) else ""
    return kind + ("" if layout.device.model == "exponential" else " table")
