"""Update noise (UN): how far an array's change of weights departs from what SGD would do on the same samples. A
reconstruction.

Known of Lee et al. (arXiv 2111.07113, read as its abstract only): a metric of this name, of deviations from the
stochastic gradient rule, averaged over the training. The equations are reconstruction. Over a window of some samples::

    D_ij = (W_ij(after) - W_ij(before)) / (Gmax - Gmin)        S_ij = -sum over samples of delta_j a_i
    UN   = min over eta of |D - eta S|^2 / |eta S|^2  =  1 / rho^2 - 1        scale-free
    UN'  = |D - eta S|^2 / |eta S|^2 with the nominal learning rate eta       nominal

rho is the correlation of D and S through the origin.
Gradients are those that the hardware had. The scale-free form says nothing about the rate of learning.
"""

from __future__ import annotations

import math

import numpy as np

from ...base._jit import jit


@jit
def add_request(delta, lines, volts, n, cols, asked):
    """Add one sample's S, in V: ``asked[lines[q], j] -= volts[q] delta[j]``.

    Parameters
    ----------
    delta : (>= cols,) float32
    lines : (>= n,) int32
    volts : (>= n,) float32, V
    asked : (rows, stride) float32, V, updated
    """
    for q in range(n):
        row, v = asked[lines[q]], volts[q]
        for j in range(cols):
            row[j] -= v * delta[j]


@jit
def window_moments(w, before, asked, cols, out):
    """Sums over one array and one window: ``out += (sum D D, sum S S, sum D S)``, D in S and S in V.

    Parameters
    ----------
    w, before : (rows, stride) float32, S
        At the end and at the begin of the window.
    asked : (rows, stride) float32, V
    out : (3,) float64, updated
    """
    for i in range(w.shape[0]):
        for j in range(cols):
            x, y = np.float64(w[i, j]) - np.float64(before[i, j]), np.float64(asked[i, j])
            out[0] += x * x
            out[1] += y * y
            out[2] += x * y


@jit
def update_noise(moments):
    """UN of one window in the scale-free form, of `window_moments`.

    Where D and S do not agree (rho <= 0.001, also where one of them is 0) it is cut at 1e6 - 1.
    """
    rho = moments[2] / math.sqrt(max(moments[0] * moments[1], 1e-300))
    rho = max(rho, 1e-3)
    return 1.0 / (rho * rho) - 1.0


@jit
def nominal_noise(moments, eta):
    """UN of one window in the nominal form; `eta` is in S/V, the learning rate times (Gmax - Gmin) / v_read. At most
    1e6.
    """
    wanted = eta * eta * moments[1]
    if wanted <= 0.0:
        return 1e6
    return min((moments[0] - 2.0 * eta * moments[2] + wanted) / wanted, 1e6)
