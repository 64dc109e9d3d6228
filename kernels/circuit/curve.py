"""Devices whose current is not in proportion to the voltage: a hyperbolic sine, or a table; see `curves`.

The sine is that of a tunnel or hopping current, ``I = G v_read sinh(V / V0) / sinh(v_read / V0)`` (for instance
G. W. Burr et al., Adv. Phys. X 2:89, 2017, and the user manual of MLP+NeuroSim V3.0, where I-V nonlinearity is why
inputs come bit by bit). A table is linear between its points, odd, and goes on beyond the last one with the last slope.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base._jit import allocates, jit
from ..base.buffers import copy_line
from . import wires

SINH, TABLE = 0, 1
"""Kinds of curves."""

_CLOSER = 0.1  # how much of the present residual the inner sweeps may leave
_STRIDE = 0.25  # of V0: a voltage that grows by no more is followed at once


class Curve(NamedTuple):
    """One curve for all devices."""

    kind: int
    v_read: float  # V: there f is the voltage itself
    scale: float  # V: V0 of the sine
    peak: float  # sinh(v_read / V0)
    volts: np.ndarray  # (points,) float64, V: of the table, ascending from 0
    values: np.ndarray  # (points,) float64, V: f there
    asked: np.ndarray  # (width,) float32, V, scratch: voltages of a read
    slope: np.ndarray  # (cells,) float32, S, scratch of the nodal solution: G f'
    shift: np.ndarray  # (cells,) float32, V, scratch: see `solve_tile`
    other: np.ndarray  # (cells,) float32, V, scratch: shifted nodes
    at: np.ndarray  # (cells,) float32, V, scratch: where the tangents touch


@jit
def segment(curve, a):
    """Number of the table's segment where a voltage ``a >= 0`` lies; the last one beyond it."""
    low, high = 0, curve.volts.shape[0] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if curve.volts[middle] <= a:
            low = middle
        else:
            high = middle
    return low


@jit
def effective(curve, v):
    """f(v), V: the voltage at which an ohmic device of the same G has the same current; `v` is float64, V."""
    if curve.kind == SINH:
        return curve.v_read * math.sinh(v / curve.scale) / curve.peak
    a = abs(v)
    k = segment(curve, a)
    rise = (curve.values[k + 1] - curve.values[k]) / (curve.volts[k + 1] - curve.volts[k])
    return math.copysign(curve.values[k] + rise * (a - curve.volts[k]), v)


@jit
def slope_at(curve, v):
    """f'(v): what a small voltage on top of `v`, float64, V, sees, relative to G."""
    if curve.kind == SINH:
        return curve.v_read / curve.scale * math.cosh(v / curve.scale) / curve.peak
    k = segment(curve, abs(v))
    return (curve.values[k + 1] - curve.values[k]) / (curve.volts[k + 1] - curve.volts[k])


@jit
def both_at(curve, v):
    """(f(v), f'(v)); of a sine by one exponential, or near 0, where nothing would be left of its difference, by series:
    an error may be as small as the rounding of a larger one.
    """
    if curve.kind == SINH:
        x, unit = v / curve.scale, curve.v_read / curve.peak
        if abs(x) < 0.05:
            q = x * x
            sine = x * (1.0 + q / 6.0 * (1.0 + q / 20.0 * (1.0 + q / 42.0)))
            return unit * sine, unit * (1.0 + q / 2.0 * (1.0 + q / 12.0 * (1.0 + q / 30.0))) / curve.scale
        e = math.exp(x)
        return 0.5 * unit * (e - 1.0 / e), 0.5 * unit * (e + 1.0 / e) / curve.scale
    return effective(curve, v), slope_at(curve, v)


def inverse(curve, x):
    """Where f is `x`, V; see `curves.inverse`."""
    if curve.kind == SINH:
        return curve.scale * math.asinh(x * curve.peak / curve.v_read)
    a = abs(x)
    low, high = 0, curve.volts.shape[0] - 1
    while high - low > 1:
        middle = (low + high) // 2
        if curve.values[middle] <= a:
            low = middle
        else:
            high = middle
    rise = (curve.volts[low + 1] - curve.volts[low]) / (curve.values[low + 1] - curve.values[low])
    return math.copysign(curve.volts[low] + rise * (a - curve.values[low]), x)


def bend(curve, volts, n):
    """Voltages of ohmic devices with the same currents; see `curves.bend`."""
    copy_line(volts, n, curve.asked)
    for q in range(n):
        volts[q] = np.float32(effective(curve, np.float64(volts[q])))


def weigh(curve, volts, n):
    """Voltages of ohmic devices with the same power; see `curves.weigh`."""
    for q in range(n):
        volts[q] = np.float32(math.sqrt(np.float64(volts[q]) * np.float64(curve.asked[q])))


def unbend(curve, volts, n):
    """Voltages as they were; see `curves.unbend`."""
    copy_line(curve.asked, n, volts)


@jit
def limited(curve, before, v):
    """Where the next tangent touches, V, if the one before touched at `before`, and the voltage is `v` now.

    A tangent at a small voltage knows nothing of how steep a sine gets, and sends the voltage far beyond; the next one
    there sends it back. So a voltage that grows by more than a quarter of V0 is followed by the logarithm of the way,
    in units of V0 (as circuit simulators do it for diodes since L. W. Nagel, UCB/ERL M520, 1975); others are followed
    at once.
    """
    a, b = abs(v), abs(before) if before * v > 0.0 else 0.0
    if curve.kind != SINH or a <= 2.0 * curve.scale or a <= b + _STRIDE * curve.scale:
        return v
    return math.copysign(min(a, max(b, curve.scale) + curve.scale * math.log1p((a - b) / curve.scale)), v)


@jit
def put_driven(curve, volt, drive_s, sine, cosine):
    """(sinh, cosh) of the voltages between a D line that is driven with `volt` and all S lines, over V0: `sine` and
    `cosine`, (cols,) float64, are updated.
    """
    for j in range(drive_s.shape[0]):
        if j > 0 and drive_s[j] == drive_s[j - 1]:
            sine[j], cosine[j] = sine[j - 1], cosine[j - 1]
        else:
            x = (volt - drive_s[j]) / curve.scale
            sine[j], cosine[j] = math.sinh(x), math.cosh(x)


@jit
def put_both(curve, v, u, s, sine, cosine, odd, even, f, steep):
    """`both_at` of the devices of a D line: `f`, V, and `steep`, (cols,) float64, are updated.

    What wires take is little beside V0, mostly. Then the sine of a sum is one of what the lines are driven with, known
    beforehand, and one of the rest, by its series, which takes no exponential. Each loop is of few arrays: of more, the
    compiler does not see that columns can go side by side.

    Parameters
    ----------
    v : (cols,) float64, V
    u, s : (cols,), V
        `v` is what the lines are driven with and ``u - s``.
    sine, cosine : (cols,) float64
        See `put_driven`; of the sine alone.
    odd, even : (cols,) float64, scratch
    """
    n, far = v.shape[0], 0
    if curve.kind == SINH:
        per, unit = 1.0 / curve.scale, curve.v_read / curve.peak
        for j in range(n):
            odd[j] = (np.float64(u[j]) - np.float64(s[j])) * per
        for j in range(n):
            far += abs(odd[j]) > 0.5
        if far == 0:
            for j in range(n):
                d = odd[j]
                q = d * d
                x = 1.0 + q * (1.0 / 72.0) * (1.0 + q * (1.0 / 110.0) * (1.0 + q * (1.0 / 156.0)))
                x = 1.0 + q * (1.0 / 42.0) * x
                odd[j] = d * (1.0 + q * (1.0 / 6.0) * (1.0 + q * (1.0 / 20.0) * x))
                x = 1.0 + q * (1.0 / 56.0) * (1.0 + q * (1.0 / 90.0) * (1.0 + q * (1.0 / 132.0)))
                x = 1.0 + q * (1.0 / 30.0) * x
                even[j] = 1.0 + q * 0.5 * (1.0 + q * (1.0 / 12.0) * x)
            for j in range(n):
                f[j] = unit * (sine[j] * even[j] + cosine[j] * odd[j])
            unit *= per
            for j in range(n):
                steep[j] = unit * (cosine[j] * even[j] + sine[j] * odd[j])
            return
    for j in range(n):
        f[j], steep[j] = both_at(curve, v[j])


@jit
def touch(curve, begin, at, v, f, steep):
    """Where the tangents of a D line touch: `v`, V, and `f` and `steep` there, (cols,) float64, are updated where that
    is not at the present voltages; see `linearise`.
    """
    if not begin and curve.kind != SINH:
        return
    n, far, near = v.shape[0], 0, curve.v_read if begin else _STRIDE * curve.scale
    for j in range(n):
        far += abs(v[j] - (0.0 if begin else np.float64(at[j]))) > near
    if far == 0:  # as mostly: what is looked at one by one takes longer
        return
    for j in range(n):
        x = math.copysign(min(abs(v[j]), curve.v_read), v[j]) if begin else limited(curve, np.float64(at[j]), v[j])
        if x != v[j]:
            v[j] = x
            f[j], steep[j] = both_at(curve, x)


@allocates
def linearise(curve, g, drive_d, drive_s, u, s, begin, at, slope, shift):
    """Every device by its tangent, ``G f'(at) (V - shift)``: `at`, V, `slope`, S, and `shift`, V, are updated.

    Parameters
    ----------
    begin : bool
        Whether there are no tangents yet: they touch at the present voltages, or at the read voltage, if these are
        above it, where an error far above it would make devices of short circuits; else see `limited`.

    Returns
    -------
    mean : float, S
        Of `slope`.
    apart : float, A
        How far the devices' currents are from those of the tangents before, summed over all of them; 0 if there were
        none.
    """
    n_rows, n = g.shape
    sine, cosine, odd, even = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    v, f, steep = np.empty(n), np.empty(n), np.empty(n)
    total, apart = np.zeros(n), np.zeros(n)  # column by column, so that these sums go side by side
    for i in range(n_rows):
        gi, ui, si, ai, ki, hi, volt = g[i], u[i], s[i], at[i], slope[i], shift[i], drive_d[i]
        if curve.kind == SINH and (i == 0 or volt != drive_d[i - 1]):
            put_driven(curve, volt, drive_s, sine, cosine)
        for j in range(n):
            v[j] = (volt + ui[j]) - (drive_s[j] + si[j])
        put_both(curve, v, ui, si, sine, cosine, odd, even, f, steep)
        if not begin:
            for j in range(n):
                apart[j] += abs(np.float64(gi[j]) * f[j] - np.float64(ki[j]) * (v[j] - hi[j]))
        touch(curve, begin, ai, v, f, steep)
        for j in range(n):
            hi[j] = v[j] - f[j] / steep[j]
        for j in range(n):
            ai[j] = v[j]
        for j in range(n):
            ki[j] = gi[j] * steep[j]
            total[j] += np.float64(ki[j])
    mean, left = 0.0, 0.0
    for j in range(n):
        mean += total[j]
        left += apart[j]
    return mean / g.size, left


@jit
def put_sum(a, b, sign, out):
    """``out = a + sign b``, all (rows, cols)."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + sign * b[i, j]


def solve_tile(curve, g, cd, cs, drive_d, drive_s, lines, rho, tolerance, most, forward, u, s, out_d, out_s):
    """Newton's method: each device by its tangent, a conductance ``G f'`` in series with a source `shift`, and these
    solved by the sweeps of `wires`, to a tenth of the imbalance that there is; see `curves.solve_tile`.

    The source adds to the nodes of the lines that are not being solved, so that the sweeps need not know of it. `cd`
    and `cs`, folded for ohmic devices, are folded anew for every tangent. The residual is that of the tangents, and
    twice (a device ends at two nodes) what the currents of the devices depart from those of the tangents.
    """
    shape = g.shape
    slope = curve.slope[: g.size].reshape(shape)
    shift = curve.shift[: g.size].reshape(shape)
    other = curve.other[: g.size].reshape(shape)
    at = curve.at[: g.size].reshape(shape)
    u[:] = 0.0
    s[:] = 0.0
    sweeps, residual, left = 0, 1.0, 1.0
    mean, _ = linearise(curve, g, drive_d, drive_s, u, s, True, at, slope, shift)
    while sweeps < most:
        wires.fold(slope, lines, cd, cs)
        damping = wires.coupling(mean, shape[0], shape[1], lines)
        best = 2.0 / (1.0 + math.sqrt(1.0 - min(damping, 0.999999)))
        plain, given = True, 0.0
        while sweeps < most:
            sweeps += 1
            omega = 1.0 if plain else best
            if forward:
                put_sum(s, shift, 1.0, other)
                wires.sweep_rows(slope, other, cd, drive_d, drive_s, lines, omega, u, out_d, False)
                put_sum(u, shift, -1.0, other)
                change = wires.sweep_columns(slope, other, cs, drive_d, drive_s, lines, omega, s, out_s)
            else:
                put_sum(u, shift, -1.0, other)
                wires.sweep_columns(slope, other, cs, drive_d, drive_s, lines, omega, s, out_s, False)
                put_sum(s, shift, 1.0, other)
                change = wires.sweep_rows(slope, other, cd, drive_d, drive_s, lines, omega, u, out_d)
            given = 0.0
            for x in out_d if forward else out_s:
                given += abs(x)
            moved = change / given if given > 0.0 else 0.0
            if plain:
                left = moved
                if left <= max(0.5 * tolerance, _CLOSER * min(residual, 1.0)):
                    break
            plain = damping < 0.08 or moved <= 2.0 * tolerance or sweeps + 1 >= most
        mean, apart = linearise(curve, g, drive_d, drive_s, u, s, False, at, slope, shift)
        residual = left + (2.0 * apart / given if given > 0.0 else 0.0)
        if residual <= tolerance:
            break
    return sweeps, residual
