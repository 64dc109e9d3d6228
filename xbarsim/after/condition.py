"""What state devices are in, in words: nobody should read a table of targets for one of devices."""

from __future__ import annotations

import numpy as np

from ..arrays.aging import write_law
from ..describe.layout import Layout
from ..record.trace import Trace
from .writing import Into

TRAINED = "trained"


def recorded_state(source: Trace, iteration: int) -> str:
    """What the devices of a run file are after so many updates."""
    if not source.layout.rule.has_devices(source.layout):
        return "no devices: weights are numbers"
    said = condition_of(source)
    if said != TRAINED:
        return said
    if iteration == 0:
        return "as the run began: not trained, and nothing was written"
    return f"as trained, after {iteration:,} updates"


def written_state(source: Trace, iteration: int, device: str | None, how: str, into: Into, layout: Layout) -> str:
    """What devices are that recorded states were written into."""
    what = "W, one device of a pair" if how == "weights" else "G+ and G-"
    where = "fresh devices" if device is None else f"fresh devices {device}"
    parts = []
    if into.errors:
        sigma = 100.0 * write_law(layout.aging, np.linspace(0.0, 1.0, 101))
        parts.append(f"an error of {sigma.min():.2g} to {sigma.max():.2g} % of Gmax")
    if into.noise:
        parts.append(f"noise of writing of {100 * layout.variation.write_noise:.3g} % of the range")
    if into.windows:
        parts.append("windows of their own")
    if into.stuck:
        parts.append(f"{100 * layout.variation.stuck:.3g} % of them stuck")
    made = f"with {' and '.join(parts)}" if parts else "ideally, without any error"
    said = condition_of(source)
    origin = f"states after {iteration:,} updates" if said == TRAINED else f"states of the file ({said})"
    return f"{origin}, {what}, written into {where} {made}"


def condition_of(source: Trace) -> str:
    """What a file says of its devices: that they are trained, or how they were programmed, or that nobody did."""
    return source.devices
