"""Devices of one array that are not nominal: what each conducts, how it ages, and the noise of every read."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from ..base import checks
from ..base.errors import LayoutError, shown
from ..describe.device import Device
from ..describe.layout import Layout
from ..describe.variation import Variation
from ..kernels.base import noise
from ..kernels.circuit.sense import BACKWARD, FORWARD
from .aging import age, exponents
from .drawn import Window, draw_windows

_PULSED = (
    *("alpha_sigma", "alpha_common_sigma", "beta_sigma", "c2c", "c2c_range", "write_noise", "stuck", "endurance"),
    "kept_steps",
)
"""What acts on pulses."""


class RealDevices:
    """What departs from the nominal device when an array is read.

    Parameters
    ----------
    device : Device
    variation : Variation, optional
        Without one all devices are nominal.
    shape : (rows, cols)
    seed : int

    Attributes
    ----------
    window : Window, optional
        What the devices conduct; None if all are alike.
    """

    def __init__(self, device: Device, variation: Variation | None, shape: tuple[int, int], seed: int) -> None:
        if variation is not None and not isinstance(variation, Variation):
            raise LayoutError(
                f"Crossbar.variation: expected a Variation, got {shown(variation)}; take Layout.of(...).variation"
            )
        v = self._variation = variation if variation is not None else Variation()
        self._seed = checks.integer("Crossbar.seed", seed, least=0, most=2**63 - 1)
        if v.scattered:
            on = (k.replace("kept_steps", "window_steps = 'kept'") for k in _PULSED if getattr(v, k))
            raise LayoutError(
                f"Crossbar.variation: expected keys that act on reads (sigma, g_min_sigma, g_max_sigma, device_noise, "
                f"drift, relax_time), got {next(on)}, which acts on pulses; leave it out, or train with xbarsim.run"
            )
        self._device, self._shape = device, shape
        self.window: Window | None = None
        if v.windows:
            layout = dataclasses.replace(Layout.of(layers=(2, 2)), device=device, variation=v)
            self.window = draw_windows(layout, 0, shape, seed)
        self._reads = 0

    def aged(self, g_plus: np.ndarray, g_minus: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
        """Conductances (rows, cols) float32, S, some seconds after they were written."""
        seconds, v = checks.number("Crossbar.seconds", seconds, least=0.0, most=1e30), self._variation
        if not seconds or not (v.drift or v.drift_sigma or v.relax_time):
            return g_plus, g_minus
        nu = exponents(v, 0, self._shape, self._seed, 0)
        return age(g_plus, self._device, v, seconds, nu[0]), age(g_minus, self._device, v, seconds, nu[1])

    def add_noise(self, volts: np.ndarray, plus: np.ndarray, minus: np.ndarray, *, forward: bool) -> None:
        """Add the noise of the next reads to the currents of both sides, (n, lines) A each; `volts` are (n, driven).

        A line of devices whose conductances scatter by sigma, driven at v, has a current that scatters by sigma |v|
        (see kernels/circuit/sense.py). Reads are numbered as they come, so that many at once are what they are one by
        one.
        """
        sigma = self._variation.device_noise * self._device.span
        if not sigma:
            return
        stream, z = noise.STREAM_READ + 16 * (FORWARD if forward else BACKWARD), np.empty((2, plus.shape[1]))
        size = sigma * np.sqrt((volts * volts).sum(axis=1))
        for one, p, m in zip(size, plus, minus, strict=True):
            noise.fill_deviates(np.uint64(self._seed), stream, self._reads, z)
            p += one * z[0]
            m += one * z[1]
            self._reads += 1


def numbers_of(where: str, values: npt.ArrayLike, what: str) -> np.ndarray:
    """An array of real numbers, whole or not; ragged lists, complex numbers and texts are none."""
    try:
        found = np.asarray(values)
    except (TypeError, ValueError):  # ragged
        found = np.asarray(None)
    if found.dtype.kind not in "fiu":
        raise LayoutError(f"{where}: expected {what}, got {shown(values)}; give an array of real numbers")
    return found


def line_numbers(where: str, lines: npt.ArrayLike, n: int) -> np.ndarray:
    """Different numbers of lines, of `n`, as int32."""
    a: Any = numbers_of(f"Crossbar.program {where}", lines, "line numbers")
    if a.size == 0:
        return np.empty(0, np.int32)
    if a.ndim != 1 or a.dtype.kind not in "iu" or a.min() < 0 or a.max() >= n or len(np.unique(a)) != len(a):
        raise LayoutError(
            f"Crossbar.program {where}: expected different line numbers from 0 to {n - 1}, got {a.tolist()}; "
            "correct the list"
        )
    return np.asarray(a, np.int32)


def voltages(where: str, v: npt.ArrayLike, n: int, *, many: bool = False) -> np.ndarray:
    """One voltage for each of `n` lines, or for each read `many` times."""
    volts = numbers_of(f"Crossbar.{where}", v, "voltages").astype(np.float64)
    if volts.shape != ((len(volts), n) if many else (n,)) or not np.all(np.isfinite(volts)):
        raise LayoutError(
            f"Crossbar.{where}: expected {n} finite voltages{' in each read' if many else ''}, got shape "
            f"{volts.shape}; give one per driven line"
        )
    return volts
