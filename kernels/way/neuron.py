"""Neurons: the current-to-voltage hard sigmoid, its 0/1 derivative, and the output error.

Notes
-----
Lim et al. (2019) print the hard sigmoid as s/(2c) inside [-c, c] and 1 above, which jumps at c. Here it is
continuous: ``clip(0.5 + s/(2c), 0, 1)``. The paper does not state c.
"""

from __future__ import annotations

import math

import numpy as np

from ..base._jit import jit


@jit
def hard_sigmoid(current, c):
    """Output of a hidden neuron, 0 to 1, in units of the read voltage.

    Parameters
    ----------
    current : float32, A
    c : float32, A
        The neuron's output reaches 0 at -c and 1 at +c.
    """
    y = np.float32(0.5) + current / (np.float32(2.0) * c)
    return min(max(y, np.float32(0.0)), np.float32(1.0))


@jit
def passes_error(current, c):
    """Derivative of the hard sigmoid as a comparator gives it: True inside (-c, c), else False."""
    return -c < current < c


@jit
def softmax_error(currents, n, gain, label, delta):
    """Softmax and cross-entropy of the output layer, in software as in the paper: ``delta = p - t``.

    Parameters
    ----------
    currents : (>= n,) float32, A
    gain : float64, 1/A
        Scale of the softmax input.
    label : int
        The class that is right.
    delta : (>= n,) float32, updated

    Returns
    -------
    loss : float64
        Cross-entropy, nat.
    winner : int
        The class with the largest current (the first, if several are equal).
    """
    winner = 0
    for j in range(1, n):
        if currents[j] > currents[winner]:
            winner = j
    top = np.float64(currents[winner])
    total = 0.0
    for j in range(n):
        total += math.exp(gain * (np.float64(currents[j]) - top))
    for j in range(n):
        target = 1.0 if j == label else 0.0
        delta[j] = np.float32(math.exp(gain * (np.float64(currents[j]) - top)) / total - target)
    loss = math.log(total) - gain * (np.float64(currents[label]) - top)
    return loss, winner


@jit
def sigmoid(x):
    """1 / (1 + exp(-x)), float64, without overflow."""
    if x < 0.0:
        e = math.exp(x)
        return e / (1.0 + e)
    return 1.0 / (1.0 + math.exp(-x))
