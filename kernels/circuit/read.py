"""Reads of an array with ideal wires: currents of all cells on a line add up (Kirchhoff's current law).

Forward, voltages on the drains and currents at the sources; backward, the same array the other way round::

    I_Sj = sum_i V_Di G_ij        I_Di = sum_j G_ij V_Sj

The fast reads work on W = G+ - G-, since on ideal wires the difference of the two sensed currents is the current of the
difference. Sums run in float32 over ascending line numbers, one sum per output: their order, and so every bit
of the result, does not depend on how many outputs are computed together.
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit


@jit
def forward(lines, volts, n_lines, w, out):
    """Column currents of the rows that are driven.

    Parameters
    ----------
    lines : (>= n_lines,) int32
        Driven rows, ascending.
    volts : (>= n_lines,) float32, V
        Their voltages.
    w : (rows, stride) float32, S
    out : (stride,) float32, A, updated
        ``out[j] = sum_i volts[i] w[lines[i], j]``

    Notes
    -----
    Four rows are taken per sweep over the columns, which saves three of four loads and stores of the sums; each
    sum still adds its rows in order.
    """
    n = out.shape[0]
    for j in range(n):
        out[j] = np.float32(0.0)
    k = 0
    while k + 4 <= n_lines:
        r0, r1, r2, r3 = w[lines[k]], w[lines[k + 1]], w[lines[k + 2]], w[lines[k + 3]]
        v0, v1, v2, v3 = volts[k], volts[k + 1], volts[k + 2], volts[k + 3]
        for j in range(n):
            out[j] = (((out[j] + v0 * r0[j]) + v1 * r1[j]) + v2 * r2[j]) + v3 * r3[j]
        k += 4
    while k < n_lines:
        r0 = w[lines[k]]
        v0 = volts[k]
        for j in range(n):
            out[j] += v0 * r0[j]
        k += 1


@jit
def backward(volts, n_columns, w, lines, n_lines, out):
    """Row currents of the listed rows when the columns are driven.

    Parameters
    ----------
    volts : (>= n_columns,) float32, V
    w : (rows, stride) float32, S
    lines : (>= n_lines,) int32
        Rows whose current is sensed; the others are not computed.
    out : (rows,) float32, A, updated at the listed rows
        ``out[i] = sum_j w[i, j] volts[j]``

    Notes
    -----
    Eight rows at a time keep eight independent sums in flight. Columns at 0 V, which are most behind a pool that takes
    the largest, add nothing and are left out.
    """
    q = 0
    while q + 8 <= n_lines:
        r0, r1, r2, r3 = w[lines[q]], w[lines[q + 1]], w[lines[q + 2]], w[lines[q + 3]]
        r4, r5, r6, r7 = w[lines[q + 4]], w[lines[q + 5]], w[lines[q + 6]], w[lines[q + 7]]
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = np.float32(0.0)
        for j in range(n_columns):
            v = volts[j]
            if v != np.float32(0.0):
                a0 += r0[j] * v
                a1 += r1[j] * v
                a2 += r2[j] * v
                a3 += r3[j] * v
                a4 += r4[j] * v
                a5 += r5[j] * v
                a6 += r6[j] * v
                a7 += r7[j] * v
        out[lines[q]], out[lines[q + 1]], out[lines[q + 2]], out[lines[q + 3]] = a0, a1, a2, a3
        out[lines[q + 4]], out[lines[q + 5]], out[lines[q + 6]], out[lines[q + 7]] = a4, a5, a6, a7
        q += 8
    while q < n_lines:
        r0 = w[lines[q]]
        a0 = np.float32(0.0)
        for j in range(n_columns):
            a0 += r0[j] * volts[j]
        out[lines[q]] = a0
        q += 1


@jit
def side_currents(volts, g, out):
    """Column currents of one side of an array, ``out[j] = sum_i volts[i] g[i, j]``, summed in float64.

    Parameters
    ----------
    volts : (rows,) float64, V
    g : (rows, cols) float32, S
        Pass the transposed array for the backward read.
    out : (cols,) float64, A, updated
    """
    out[:] = 0.0
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            out[j] += volts[i] * np.float64(g[i, j])
