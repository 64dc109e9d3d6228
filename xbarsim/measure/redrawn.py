"""The device that is written, pulsed as the measured one was: does it describe what was read?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..describe.device import Device
from ..kernels.device.law import follow


@dataclass(frozen=True)
class Redrawn:
    """Mean curve of a written device beside the mean of the reads.

    Attributes
    ----------
    curve : (columns,), S
        At the measured pulse numbers.
    r2, rmse : float
        The latter as a fraction of the measured range.
    line_r2 : float
        Of the best straight line over the pulse number.
    """

    curve: np.ndarray
    r2: float
    rmse: float
    line_r2: float

    @property
    def poor(self) -> str:
        """What is wrong with it; empty if nothing is."""
        # A line has two numbers of its own, and a noisy line is no reason to complain of a law.
        if 1.0 - self.r2 > 1.1 * (1.0 - self.line_r2) + 1e-4:
            return f"describes its reads worse than a straight line (R2 {self.r2:.3f}, of the line {self.line_r2:.3f})"
        return f"describes its reads poorly (R2 {self.r2:.3f})" if self.r2 < 0.5 else ""


def redraw(device: Device, side: int, start: float, pulses: np.ndarray, mean: np.ndarray, size: float) -> Redrawn:
    """Pulse a device of this description.

    Parameters
    ----------
    device : Device
    side : int
        +1 potentiation, -1 depression.
    start : float, S
    pulses : (columns,)
        Pulse numbers, rising from 0.
    mean : (columns,), S
        Of the reads.
    size : float, S
        Measured range.
    """
    curve = np.empty(len(pulses), np.float32)
    begin = np.float32(min(max(start, device.g_min), device.g_max))
    follow(begin, side > 0, np.asarray(pulses, np.int64), device.kernel(), curve)
    known = np.isfinite(mean)
    x, y, c = pulses[known], mean[known], curve[known].astype(float)
    total = max(float(((y - y.mean()) ** 2).sum()), 1e-300)
    line = np.polyval(np.polyfit(x / x.max(), y / size, 1), x / x.max()) * size
    return Redrawn(
        curve.astype(float),
        1.0 - float(((y - c) ** 2).sum()) / total,
        float(np.sqrt(((y - c) ** 2).mean())) / size,
        1.0 - float(((y - line) ** 2).sum()) / total,
    )
