"""What writing and time do to conductances: errors of writing, drift as a power of time, relaxation, 1/f noise."""

from __future__ import annotations

import numpy as np

from ..describe.aging import Aging
from ..describe.device import Device
from ..describe.layout import Layout
from ..describe.variation import Variation
from ..kernels.base import noise
from .drawn import DRIFT, FLICKER, WRITE

_FAINTEST = 1e-7
"""Least G / Gmax that the laws are asked about: ln 0 is none."""

_MIX = 0x9E3779B97F4A7C15
"""Odd, so that different times give different seeds."""


def age(
    g: np.ndarray,
    device: Device,
    variation: Variation,
    seconds: float,
    nu: np.ndarray,
    clock: str = "written",
) -> np.ndarray:
    """Conductances (rows, cols) float32, S, some seconds after they were written; `nu` are the drift exponents, of the
    same shape. `clock` says what is counted from, see `describe.aging.CLOCKS`.
    """
    v, aged = variation, g.astype(np.float64)
    if v.relax_time > 0.0:
        end = device.g_min + v.relax_to * device.span
        aged = end + (aged - end) * np.exp(-((seconds / v.relax_time) ** v.relax_exponent))
    aged *= (_since_pulse(seconds, v, clock) / v.drift_start) ** -nu
    return aged.astype(np.float32)


def exponents(
    variation: Variation, k: int, shape: tuple[int, int], seed: int, draw: int
) -> tuple[np.ndarray, np.ndarray]:
    """Drift exponents of the devices of array `k`, (rows, cols) float64 for G+ and for G-, the same for all states."""
    sides = [
        variation.drift + variation.drift_sigma * _deviates(k, side, DRIFT, shape, seed, draw)
        if variation.drift_sigma
        else np.full(shape, variation.drift)
        for side in (0, 1)
    ]
    return sides[0], sides[1]


def exponent_law(aging: Aging, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the drift exponents of devices at x = G / Gmax, of the shape of `x`.

    Polynomials in x and a part in ln x, clipped. PCM: Nandakumar et al., ICECS 2019, 10.1109/ICECS46596.2019.8964852,
    and Joshi et al., Nat. Commun. 11, 2473 (2020), 10.1038/s41467-020-16108-9.
    """
    found = []
    for name in ("nu_mean", "nu_sigma"):
        c, per_log, per_x, per_square, low, high = (
            getattr(aging, f"{name}{part}") for part in ("", "_log", "_linear", "_square", "_least", "_most")
        )
        x = np.maximum(x, _FAINTEST)
        found.append(np.clip(c + per_log * np.log(x) + per_x * x + per_square * x * x, low, high))
    return found[0], found[1]


def flicker_law(aging: Aging, x: np.ndarray, since_pulse: float) -> np.ndarray:
    """Relative standard deviation of G by 1/f noise, (rows, cols): Q sqrt(ln((t + t_r) / (2 t_r))), of the same
    sources; none before t = t_r.
    """
    q = np.minimum(aging.flicker * np.maximum(x, _FAINTEST) ** -aging.flicker_power, aging.flicker_most)
    grown = max(float(np.log((since_pulse + aging.flicker_read) / (2.0 * aging.flicker_read))), 0.0)
    return np.asarray(q * np.sqrt(grown))


def write_law(aging: Aging, x: np.ndarray) -> np.ndarray:
    """Standard deviation of what is written, over Gmax, at x = G / Gmax as asked for."""
    sigma = aging.write_error + aging.write_error_linear * x + aging.write_error_square * x * x
    return np.asarray(np.maximum(sigma, 0.0))


def write(layout: Layout, k: int, side: int, asked: np.ndarray, seed: int, draw: int) -> np.ndarray:
    """What one side of array `k` conducts nominally where `asked`, (rows, cols) float32, S, was written: never below
    0.
    """
    if not layout.aging.errs:
        return asked
    top = layout.device.g_max
    z = _deviates(k, side, WRITE, asked.shape, seed, draw)
    found = asked.astype(np.float64)
    found += top * write_law(layout.aging, found / top) * z
    return np.maximum(found, 0.0).astype(np.float32)


class Aged:
    """The devices of one array, from when they were written on.

    Parameters
    ----------
    layout : Layout
        Its device, ``[variation]`` and ``[aging]``.
    k : int
        Number of the array.
    asked, written : pairs of (rows, cols) float32, S
        G+ and G- as they were asked for, which drift exponents follow from, and as the devices conduct.
    seed, draw : int
        Of the draws.
    """

    def __init__(
        self,
        layout: Layout,
        k: int,
        asked: tuple[np.ndarray, np.ndarray],
        written: tuple[np.ndarray, np.ndarray],
        seed: int,
        draw: int,
    ) -> None:
        self._layout, self._k, self._written, self._seed, self._draw = layout, k, written, seed, draw
        if layout.aging.by_state:
            self.nu = tuple(self._by_state(side, asked[side]) for side in (0, 1))
        else:
            self.nu = exponents(layout.variation, k, written[0].shape, seed, draw)

    def _by_state(self, side: int, asked: np.ndarray) -> np.ndarray:
        law = self._layout.aging
        mean, sigma = exponent_law(law, asked.astype(np.float64) / self._layout.device.g_max)
        nu = mean + sigma * _deviates(self._k, side, DRIFT, asked.shape, self._seed, self._draw)
        if law.nu_negative == "reflect":
            nu = np.abs(nu)
        elif law.nu_negative == "zero":
            nu = np.maximum(nu, 0.0)
        return np.asarray(nu)

    def at(self, seconds: float) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-), each (rows, cols) float32, S, so long after they were written.

        1/f noise is drawn anew for every time, independently of other times, whichever else are looked at.
        """
        layout, law = self._layout, self._layout.aging
        sides = []
        for side in (0, 1):
            g = self._written[side]
            aged = age(g, layout.device, layout.variation, seconds, self.nu[side], law.drift_clock)
            if law.flicker:
                since = _since_pulse(seconds, layout.variation, law.drift_clock, early=True)
                sigma = flicker_law(law, np.abs(g.astype(np.float64)) / layout.device.g_max, since)
                z = _deviates(self._k, side, FLICKER, g.shape, seed_at(self._seed, seconds), self._draw)
                aged = np.maximum(aged * (1.0 + sigma * z), 0.0).astype(np.float32)
            sides.append(aged)
        return sides[0], sides[1]


def seed_at(seed: int, seconds: float) -> int:
    """A seed of what is drawn anew at every time."""
    bits = int(np.float64(seconds).view(np.uint64))
    return (seed ^ (bits * _MIX)) % 2**63


def _since_pulse(seconds: float, variation: Variation, clock: str, *, early: bool = False) -> float:
    """Time since the last pulse, s; not below ``drift_start``, but if `early`."""
    if clock == "verified":
        return seconds + variation.drift_start
    return seconds if early else max(seconds, variation.drift_start)


def _deviates(k: int, side: int, quantity: int, shape: tuple[int, ...], seed: int, draw: int) -> np.ndarray:
    z = np.zeros(shape)
    noise.fill_deviates(np.uint64(seed), noise.trait_stream(k, side, quantity), draw, z)
    return z
