"""A device of a few states: too few pulses for a law, enough for a table of the mean steps between them."""

from __future__ import annotations

import numpy as np

from ..base.errors import DataError
from .fitted import Fit
from .measurement import Measurement
from .model import mean_curve
from .prepare import NAMES, gathered

NODES = 101
"""Of the table. Between states, the step is a straight line over the conductance."""


def from_states(measured: Measurement) -> Fit:
    """The table device of the mean states.

    Raises
    ------
    DataError
        If there are fewer than three states, or they do not follow the pulses.
    """
    states: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    lines = []
    for side in (1, -1):
        sweeps = measured.of(side)
        if not sweeps:
            continue
        raw, _, pulses = gathered(sweeps)
        mean = mean_curve(raw)
        name = NAMES[side]
        if len(mean) < 3:
            raise DataError(
                f"fit: expected three states of {name} or more, got {len(mean)}; read after every pulse, or describe "
                "the device by hand (n_max, beta)"
            )
        steps = side * np.diff(mean) / np.diff(pulses)
        if np.any(steps <= 0.0):
            raise DataError(
                f"fit: expected states that {'rise' if side > 0 else 'fall'} with every pulse of {name}, got a mean "
                f"step of {steps.min():.3g} S; measure more trains, or check --map"
            )
        states[side] = mean, steps
        spread = f", which scatter by {np.nanmean(np.nanstd(raw, axis=0)):.2g} S" if len(raw) > 1 else ""
        lines.append(f"{len(mean)} states of {name} in {len(raw)} trains{spread}")
    low = float(np.mean([min(m[0], m[-1]) for m, _ in states.values()]))
    high = float(np.mean([max(m[0], m[-1]) for m, _ in states.values()]))
    out = Fit("table", {}, {}, table=True, variation={"c2c": 0.0, "c2c_range": 0.0}, warnings=list(measured.warnings))
    out.device = {"model": "table", "g_min_S": low, "g_max_S": high}
    g = np.linspace(low, high, NODES)
    for side, key in ((1, "jump_p_S"), (-1, "jump_d_S")):
        own = side if side in states else -side
        mean, steps = states[own]
        grid = g if own == side else low + high - g
        order = np.argsort(mean[:-1])
        out.device[key] = np.interp(grid, mean[:-1][order], steps[order])[:, None].tolist()
    out.warnings.append(
        f"a table device of {'; '.join(lines)}: too few pulses for a law. Not known: how steps scatter from pulse to "
        "pulse and from device to device (both are written as none), the noise of reads, and steps between the states"
    )
    out.warnings += [f"no {NAMES[s]} was measured: it is taken as {NAMES[-s]}" for s in (1, -1) if s not in states]
    return out
