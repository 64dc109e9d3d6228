"""Test accuracy between evaluations a few steps apart: the first layer's currents follow the steps, and are not read
again.
"""

from __future__ import annotations

import numpy as np

from ...base._jit import allocates
from ...way.hardware import load_sample


@allocates
def follow_steps(order, rate, first_delta, bias, trained, tests, currents):
    """Bring the test samples' currents of the first layer up to date after some steps, without reading it again.

    A step changes W by ``-rate * input * delta``, and so the current of a test sample by -rate times the scalar product
    of the two inputs, times delta.

    Parameters
    ----------
    order : (steps,) int64
        Training samples of the steps.
    rate : float32
        Of the first layer, per sample.
    first_delta : (>= steps, >= cols) float32
    bias : int
        1 if a bias row is driven, else 0.
    trained, tests : Samples
    currents : (test samples, cols) float32, updated
    """
    n_tests, cols = currents.shape
    room = 1
    for s in range(order.shape[0]):
        room = max(room, trained.start[order[s] + 1] - trained.start[order[s]])
    inputs = 1
    for q in range(tests.start[n_tests]):
        inputs = max(inputs, tests.line[q] + 1)
    lines, volts = np.empty(room, np.int32), np.empty(room, np.float32)
    for s in range(order.shape[0]):
        n = load_sample(trained, order[s], lines, volts)
        dense = np.zeros(max(inputs, lines[n - 1] + 1 if n else 1), np.float32)
        for q in range(n):
            dense[lines[q]] = volts[q]
        for k in range(n_tests):
            overlap = np.float32(bias)
            for q in range(tests.start[k], tests.start[k + 1]):
                overlap += dense[tests.line[q]] * tests.volts[q]
            step = rate * overlap
            for j in range(cols):
                currents[k, j] -= step * first_delta[s, j]
