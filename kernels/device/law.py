"""One gate pulse on one device: potentiation and depression with identical pulses.

Notes
-----
The step of a conductance depends on the conductance alone (Querlioz et al., NANOARCH 2011,
10.1109/NANOARCH.2011.5941497; equations 1 and 2 of Lim et al., Neural Comput. & Applic. 31, 8101, 2019)::

    potentiation  G <- G + alpha_p exp(-beta_p (G - Gmin) / (Gmax - Gmin))       (1)
    depression    G <- G - alpha_d exp(-beta_d (Gmax - G) / (Gmax - Gmin))       (2)

clipped to [Gmin, Gmax]. A conductance is a float32; the arithmetic of one pulse is float64, rounded once, so that
the result does not depend on the machine. Other step laws are tables of the step over G, between whose nodes it is
linear; the soft-bounds law, whose step is linear in G, needs two. Departure from the paper: a pulse that ends within
1/20 of the smallest step of a rail is taken to have reached the rail. Without that the rounding of n_max float32 steps
could leave a device 1e-7 of its range short of Gmax, and it would need one pulse more than its dynamic range says.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base._jit import inlined, jit

SNAP = 0.05
"""Fraction of the smallest step within which a device counts as being at its rail."""

ROUNDING = 1e-5
"""Fraction of the range within which a replay has reached its target: what float32 steps can add up to, and no more."""


class Device(NamedTuple):
    """Parameters of a device: conductances and steps in S, betas dimensionless."""

    g_min: float
    g_max: float
    alpha_p: float
    beta_p: float
    alpha_d: float
    beta_d: float
    snap_p: float  # distance from Gmax that counts as being there
    snap_d: float  # distance from Gmin that counts as being there
    up: np.ndarray | None  # (nodes,) float64, S: potentiation steps from Gmin to Gmax; None: equation (1)
    down: np.ndarray | None  # (nodes,) float64, S: depression steps from Gmin to Gmax; None: equation (2)


@inlined
def look_up(table, s):
    """Value at `s` of a function given on equal intervals of [0, 1], linear between its nodes.

    Parameters
    ----------
    table : (nodes,) float64, two nodes at least
    s : float64
    """
    x = min(max(s, 0.0), 1.0) * (table.shape[0] - 1)
    k = min(int(x), table.shape[0] - 2)
    return table[k] + (x - k) * (table[k + 1] - table[k])


@inlined
def _law_up(g, d, table):
    # Numba compiles the one branch that the type of `table` leaves; an array in `d` would cost its counting in and out.
    if table is None:
        return d.alpha_p * math.exp(-d.beta_p * (np.float64(g) - d.g_min) / (d.g_max - d.g_min))
    return look_up(table, (np.float64(g) - d.g_min) / (d.g_max - d.g_min))


@inlined
def _law_down(g, d, table):
    if table is None:
        return d.alpha_d * math.exp(-d.beta_d * (d.g_max - np.float64(g)) / (d.g_max - d.g_min))
    return look_up(table, (np.float64(g) - d.g_min) / (d.g_max - d.g_min))


@jit
def step_up(g, d):
    """Size of the next potentiation step at conductance `g`, in S: equation (1), or the table."""
    return _law_up(g, d, d.up)


@jit
def step_down(g, d):
    """Size of the next depression step at conductance `g`, in S: equation (2), or the table."""
    return _law_down(g, d, d.down)


@jit
def potentiate(g, d):
    """Conductance (float32, S) after one potentiation pulse at `g`."""
    new = np.float64(g) + step_up(g, d)
    if new > d.g_max - d.snap_p:
        new = d.g_max
    return np.float32(new)


@jit
def depress(g, d):
    """Conductance (float32, S) after one depression pulse at `g`."""
    new = np.float64(g) - step_down(g, d)
    if new < d.g_min + d.snap_d:
        new = d.g_min
    return np.float32(new)


@jit
def staircase(d, out):
    """Conductances reached from Gmin by 0, 1, 2, ... potentiation pulses, until Gmax.

    Parameters
    ----------
    d : Device
    out : (capacity,) float32, S, updated

    Returns
    -------
    int
        Number of pulses from Gmin to Gmax, or -1 if `out` is too short or the steps are too small for float32.
    """
    out[0] = np.float32(d.g_min)
    top = np.float32(d.g_max)
    for k in range(1, out.shape[0]):
        out[k] = potentiate(out[k - 1], d)
        if out[k] >= top:
            return k
        if out[k] <= out[k - 1]:
            return -1
    return -1


@jit
def follow(g, up, pulses, d, out):
    """Conductances after the given numbers of pulses of one polarity, without noise.

    Parameters
    ----------
    g : float32, S
        Before the first pulse.
    up : bool
    pulses : (reads,) int64
        Rising from 0.
    d : Device
    out : (reads,) float32, S, updated
    """
    done = 0
    for k in range(pulses.shape[0]):
        while done < pulses[k]:
            g = potentiate(g, d) if up else depress(g, d)
            done += 1
        out[k] = g
