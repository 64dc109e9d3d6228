"""Where steps up and down of a nominal device are equal, and where W is 0 beside a fixed reference."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..describe.device import Device
from ..describe.layout import Layout
from ..kernels.device import law
from ..kernels.device.law import look_up

_FLAT = 1e-9
"""Steps that differ by less than this part of the largest are equal."""


POINT, REPELS, ALIKE, NOWHERE = "point", "repels", "alike", "nowhere"
"""Pulses up and down in turn lead to where steps are equal, or away from it; or steps are equal everywhere, or nowhere
inside the range.
"""


class Symmetry(NamedTuple):
    """Where steps up and down of a nominal device are equal."""

    g: float  # S; mid-range if that is nowhere inside, or everywhere
    kind: str  # see `POINT`


def symmetry(device: Device) -> Symmetry:
    """Where steps up and down of the nominal device are equal, and whether pulses lead there.

    Of several points that nearest to the middle of those that pulses up and down in turn lead to, if there is one.

    Examples
    --------
    >>> symmetry(Device(g_min=0.0, g_max=1.0, n_max=64, beta=2.0))
    Symmetry(g=0.5, kind='point')
    >>> symmetry(Device(g_min=0.0, g_max=1.0, n_max=64, beta=0.0)).kind
    'alike'
    """
    d = device.kernel()
    s, kind = _exponential(d) if d.up is None or d.down is None else _of_tables(d.up, d.down)
    return Symmetry(d.g_min + s * (d.g_max - d.g_min), kind)


def symmetry_point(device: Device) -> float:
    """The conductance of `symmetry`, S.

    Examples
    --------
    >>> table = Device(model="table", g_min=0.0, g_max=1.0, jump_p=((0.2,), (0.1,)), jump_d=((0.05,), (0.2,)))
    >>> round(symmetry_point(table), 12)  # where 0.2 - 0.1 s = 0.05 + 0.15 s
    0.6
    """
    return symmetry(device).g


def _exponential(d: law.Device) -> tuple[float, str]:
    """From equations (1) and (2) of Lim et al. (2019): alpha_p exp(-beta_p s) = alpha_d exp(-beta_d (1 - s))."""
    bend = d.beta_p + d.beta_d
    if abs(bend) <= _FLAT:  # then steps are in the same proportion everywhere
        return 0.5, ALIKE if abs(np.log(d.alpha_p / d.alpha_d) + d.beta_d) <= _FLAT else NOWHERE
    s = float((np.log(d.alpha_p / d.alpha_d) + d.beta_d) / bend)
    return (s, POINT if bend > 0.0 else REPELS) if 0.0 < s < 1.0 else (0.5, NOWHERE)


def _of_tables(up: np.ndarray, down: np.ndarray) -> tuple[float, str]:
    nodes = np.unique(np.concatenate([np.linspace(0.0, 1.0, len(up)), np.linspace(0.0, 1.0, len(down))]))
    f = np.array([look_up(up, s) - look_up(down, s) for s in nodes])
    f[np.abs(f) <= _FLAT * max(up.max(), down.max())] = 0.0
    leads: list[float] = []
    repels: list[float] = []
    for a, b, fa, fb in zip(nodes[:-1], nodes[1:], f[:-1], f[1:], strict=True):
        if fa == fb == 0.0:
            leads.append(min(max(0.5, a), b))
        elif fa * fb <= 0.0:
            (leads if fa > fb else repels).append(a + (b - a) * fa / (fa - fb))
    for found, kind in ((leads, ALIKE if not f.any() else POINT), (repels, REPELS)):
        inside = [s for s in found if 0.0 < s < 1.0]
        if inside:
            return float(min(inside, key=lambda s: abs(s - 0.5))), kind
    return 0.5, NOWHERE


def zero_point(layout: Layout) -> float:
    """The state of a nominal device beside a fixed one in which W is 0, S, whatever spreads.

    Examples
    --------
    >>> asked = {"layers": (2, 2), "method": "fixed", "g_min": 0.0, "g_max": 1.0, "n_max": 40, "n_max_d": 80}
    >>> round(zero_point(Layout.of(**asked, beta=2.0)), 3)  # where steps are equal
    0.67
    >>> zero_point(Layout.of(**asked, beta=2.0, reference="conductance"))
    0.5
    """
    asked, d = layout.array, layout.device
    if asked.reference != "conductance":
        return symmetry_point(d)
    return (d.g_min + d.g_max) / 2.0 if asked.reference_g is None else asked.reference_g
