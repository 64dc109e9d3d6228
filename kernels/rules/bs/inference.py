"""Reads of test samples: of weights, or of the arrays of digits through the matrix that stands for their wires, or
through wires that none stands for.
"""

from __future__ import annotations

from ...base.stage import stage
from ...pair.weights import Weights
from . import solved, transfer, weights

TESTED = {Weights: weights, transfer.Transfer: transfer, solved.Solved: solved}


@stage(TESTED)
def test_layer(array, layer, n, k, number, geometry, room):
    """Forward read of a layer for test sample `k`, pass `number`: `n` rows of ``room.lines``, driven with
    ``room.volts`` (parts of the read voltage); ``room.currents[layer]``, in units of W, is updated.
    """
