"""Reads of a crossbar whose wires have resistance: the nodal solution, by alternating solves along the two kinds of
lines.

A *sheet* is a rectangle of devices, one at every crossing of a row line (D) and a column line (S). A line is a chain of
equal segments; its terminal, at the end where it is driven or sensed, adds a resistance. Node voltages are kept as
differences from the voltage that the line's terminal is driven with, u on D lines and s on S lines::

    D node i,j:  sum of currents into it along the line = G_ij (drive_d[i] + u_ij - drive_s[j] - s_ij)
    S node i,j:  sum of currents into it along the line = the same with the opposite sign

For given s the u of one D line follow from a tridiagonal system, solved exactly by folding the line from its far end: Y
is the conductance seen from a node outwards, and J the current that the folded part would send into it if it were
grounded::

    Y_j = G_j + Y_{j+1} (1 - c_{j+1})        c_j = r Y_j / (1 + r Y_j)
    J_j = G_j (s_j + drive_s[j] - drive_d) + J_{j+1} (1 - c_{j+1})        u_j = (u_{j-1} + r J_j) (1 - c_j)

Nothing is subtracted from anything nearly equal, so that float32 conductances and c lose nothing, and r = 0 is a case
like any other. D and S lines are solved in turn with an over-relaxation omega, D. M. Young's for two blocks, 2 / (1 +
sqrt(1
- rho)), with rho from the longest wave on a line of the mean conductance. After a plain half-step the lines of that
kind are balanced, and the imbalance of the others is G times the change: the residual comes free. Where nodes are kept
as float32, changes in their last places do not count; the currents, which are summed in float64, do not feel them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base._jit import allocates, jit

_LANES = 64  # columns that are solved side by side
_FOLDED = 16  # rows that are folded side by side
_ROUNDING = 2.4e-7  # relative change of a float32 node that is no change: two of its last places


class Lines(NamedTuple):
    """Resistances of a sheet's lines, Ohm."""

    r_d: float  # per segment between neighbouring crossings of a D line
    r_s: float
    end_d: float  # from a D line's terminal to its first crossing
    end_s: float
    double_sided: int  # 1: terminals at both ends of all lines, joined


@jit
def far_conductance(end, double_sided):
    """Conductance of the terminal at the far end of a line, S; 0 if there is none."""
    return 1.0 / end if double_sided and end > 0.0 else 0.0


@jit
def fold_row(g, i, r, end, far, c):
    """Fold D line `i` from its last column to its first: ``c[i]`` is updated.

    Parameters
    ----------
    g : (rows, cols) float32 or float64, S
    r, end : float, Ohm
        Of a segment, and of the terminal.
    far : float, S
        Conductance of the far terminal.
    c : (rows, cols), updated
    """
    n = g.shape[1]
    gi, ci = g[i], c[i]
    y = far
    for k in range(n):
        j = np.uint64(n - 1 - k)
        y += np.float64(gi[j])
        q = (end if k == n - 1 else r) * y
        q /= 1.0 + q
        ci[j] = q
        y -= y * q


@jit
def fold_column(g, j, r, end, far, c):
    """Fold S line `j` from row 0 to the last one, where its terminal is: ``c[:, j]`` is updated. See `fold_row`."""
    n = g.shape[0]
    y = far
    for i in range(n):
        y += np.float64(g[i, j])
        q = (end if i == n - 1 else r) * y
        q /= 1.0 + q
        c[i, j] = q
        y -= y * q


@allocates
def fold(g, lines, cd, cs):
    """Fold all lines of a sheet: `cd` and `cs`, (rows, cols), are updated.

    Lines go side by side, each as `fold_row` and `fold_column` have it.
    """
    n_rows, n_cols = g.shape
    far = far_conductance(lines.end_d, lines.double_sided)
    t, y = np.zeros((n_cols, _FOLDED), g.dtype), np.empty(max(_FOLDED, n_cols))
    for i0 in range(0, n_rows, _FOLDED):
        m = min(_FOLDED, n_rows - i0)
        for k in range(m):
            gi = g[i0 + k]
            for j in range(n_cols):
                t[j, k] = gi[j]
        y[:_FOLDED] = far
        for q in range(n_cols):
            j = np.uint64(n_cols - 1 - q)
            r, tj = lines.end_d if q == n_cols - 1 else lines.r_d, t[j]
            for k in range(_FOLDED):
                y[k] += np.float64(tj[k])
                x = r * y[k]
                x /= 1.0 + x
                tj[k] = x
                y[k] -= y[k] * x
        for k in range(m):
            ci = cd[i0 + k]
            for j in range(n_cols):
                ci[j] = t[j, k]
    y[:] = far_conductance(lines.end_s, lines.double_sided)
    for i in range(n_rows):
        r, gi, ci = lines.end_s if i == n_rows - 1 else lines.r_s, g[i], cs[i]
        for j in range(n_cols):
            y[j] += np.float64(gi[j])
            x = r * y[j]
            x /= 1.0 + x
            ci[j] = x
            y[j] -= y[j] * x


@allocates
def sweep_rows(g, s, c, drive_d, drive_s, lines, omega, u, out, measured=True):
    """Solve all D lines for given S nodes.

    Parameters
    ----------
    g, c : (rows, cols), S and 1
    s : (rows, cols), V
    drive_d, drive_s : (rows,) and (cols,) float64, V
    lines : Lines
    omega : float
        1: the lines are balanced; else they are moved omega times as far.
    u : (rows, cols), V, updated
    out : (rows,) float64, A, updated
        Current that flows out of each D line at its terminals, if omega is 1.
    measured : bool
        Whether the change is wanted.

    Returns
    -------
    float
        Sum of ``G |change of u|``, A; 0 if it is not wanted.
    """
    n_rows, n = g.shape
    lanes = 16
    t, cc = np.zeros((n, lanes), g.dtype), np.zeros((n, lanes), g.dtype)
    total = np.zeros(lanes)
    far = far_conductance(lines.end_d, lines.double_sided)
    rounding = _ROUNDING if u.itemsize == 4 else 0.0
    change = 0.0
    for i0 in range(0, n_rows, lanes):
        m = min(lanes, n_rows - i0)
        # A few lines side by side, so that their recurrences overlap in time.
        for k in range(m):
            gi, si, ci, v = g[i0 + k], s[i0 + k], c[i0 + k], drive_d[i0 + k]
            for j in range(n):
                t[j, k] = gi[j] * (si[j] + (drive_s[j] - v))
                cc[j, k] = ci[j]
        total[:] = 0.0
        for q in range(n):
            j = np.uint64(n - 1 - q)
            tj, cj = t[j], cc[j]
            for k in range(lanes):
                a = tj[k] + total[k]
                tj[k] = a
                total[k] = a - cj[k] * a
        for k in range(m):
            out[i0 + k] = total[k]
        total[:] = 0.0
        for q in range(n):
            j = np.uint64(q)
            r = lines.end_d if q == 0 else lines.r_d
            tj, cj = t[j], cc[j]
            for k in range(lanes):
                a = total[k] + r * tj[k]
                a -= cj[k] * a
                total[k] = a
                tj[k] = a
        for k in range(m):
            gi, ui = g[i0 + k], u[i0 + k]
            moved = 0.0
            if measured:
                for j in range(n):
                    old = ui[j]
                    ui[j] = old + omega * (t[j, k] - old)
                    moved += gi[j] * max(abs(ui[j] - old) - rounding * abs(old), 0.0)
            else:
                for j in range(n):
                    ui[j] = ui[j] + omega * (t[j, k] - ui[j])
            change += moved
            out[i0 + k] += far * total[k]
    return change


@allocates
def sweep_columns(g, u, c, drive_d, drive_s, lines, omega, s, out, measured=True):
    """Solve all S lines for given D nodes: `s` and `out`, (cols,), are updated. See `sweep_rows`."""
    n, n_cols = g.shape
    t = np.empty((n, _LANES), g.dtype)
    total, moved = np.empty(_LANES), np.zeros(_LANES)
    far = far_conductance(lines.end_s, lines.double_sided)
    rounding = _ROUNDING if s.itemsize == 4 else 0.0
    for j0 in range(0, n_cols, _LANES):
        m = min(_LANES, n_cols - j0)
        total[:] = 0.0
        for i in range(n):
            gi, ui, ci, ti = g[i, j0 : j0 + m], u[i, j0 : j0 + m], c[i, j0 : j0 + m], t[i]
            v = drive_d[i]
            for k in range(m):
                a = gi[k] * (ui[k] + (v - drive_s[j0 + k])) + total[k]
                ti[k] = a
                total[k] = a - ci[k] * a
        for k in range(m):
            out[j0 + k] = total[k]
        total[:] = 0.0
        for q in range(n):
            i = n - 1 - q
            r = lines.end_s if q == 0 else lines.r_s
            gi, si, ci, ti = g[i, j0 : j0 + m], s[i, j0 : j0 + m], c[i, j0 : j0 + m], t[i]
            if measured:
                for k in range(m):
                    a = total[k] + r * ti[k]
                    a -= ci[k] * a
                    total[k] = a
                    old = si[k]
                    si[k] = old + omega * (a - old)
                    moved[k] += gi[k] * max(abs(si[k] - old) - rounding * abs(old), 0.0)
            else:
                for k in range(m):
                    a = total[k] + r * ti[k]
                    a -= ci[k] * a
                    total[k] = a
                    si[k] = si[k] + omega * (a - si[k])
        for k in range(m):
            out[j0 + k] += far * total[k]
    change = 0.0
    for k in range(_LANES):
        change += moved[k]
    return change


@jit
def coupling(mean_g, rows, cols, lines):
    """Square of the spectral radius of the alternation, estimated: how much of an error one sweep leaves.

    The slowest error is the longest wave along both kinds of lines: along a line of n crossings with one terminal it is
    a quarter wave, with two a half one, for which the line's resistance counts ``r (2n/pi)^2`` or ``r (n/pi)^2``.
    """
    per = 1.0 if lines.double_sided else 2.0
    d = mean_g * (lines.r_d * (per * cols / math.pi) ** 2 + (lines.end_d - lines.r_d) * cols * per / 2.0)
    s = mean_g * (lines.r_s * (per * rows / math.pi) ** 2 + (lines.end_s - lines.r_s) * rows * per / 2.0)
    return (d / (1.0 + d)) * (s / (1.0 + s))


@jit
def solve(g, cd, cs, drive_d, drive_s, lines, rho, tolerance, most, forward, u, s, out_d, out_s):
    """Node voltages and terminal currents of a sheet.

    Parameters
    ----------
    g, cd, cs : (rows, cols)
        Conductances, S, and what `fold` makes of them.
    drive_d, drive_s : (rows,) and (cols,) float64, V
        Voltages at the terminals.
    lines : Lines
    rho : float
        See `coupling`; 0 leaves out the over-relaxation.
    tolerance : float
        Sum of the imbalances of all nodes, relative to the sum of the currents that the driven terminals deliver.
    most : int
        Most sweeps.
    forward : bool
        Whether D lines are driven and S lines sensed, which come last then.
    u, s : (rows, cols) float32 or float64, V, updated
        ``drive_d + u`` and ``drive_s + s`` are the node voltages.
    out_d, out_s : (rows,) and (cols,) float64, A, updated
        Currents that flow out at the terminals.

    Returns
    -------
    sweeps : int
    residual : float
        As `tolerance` has it; above it if the sweeps did not suffice.
    """
    u[:] = 0.0
    s[:] = 0.0
    best = 2.0 / (1.0 + math.sqrt(1.0 - min(rho, 0.999999)))
    plain, residual = True, 1.0
    for k in range(most):
        omega = 1.0 if plain else best
        if forward:
            sweep_rows(g, s, cd, drive_d, drive_s, lines, omega, u, out_d, False)
            change = sweep_columns(g, u, cs, drive_d, drive_s, lines, omega, s, out_s)
        else:
            sweep_columns(g, u, cs, drive_d, drive_s, lines, omega, s, out_s, False)
            change = sweep_rows(g, s, cd, drive_d, drive_s, lines, omega, u, out_d)
        given = 0.0
        for x in out_d if forward else out_s:
            given += abs(x)
        moved = change / given if given > 0.0 else 0.0
        if plain:
            residual = moved
            if residual <= tolerance:
                return k + 1, residual
        # Over-relax while it pays, and end with a plain sweep, which balances the lines and tells the residual.
        plain = rho < 0.08 or moved <= 2.0 * tolerance or k + 2 == most
    return most, residual
