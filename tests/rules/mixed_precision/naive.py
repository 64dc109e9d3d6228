"""Twin of mixed precision training; see `tests/naive.py`.

Nandakumar et al., Front. Neurosci. 14:406 (2020): gradients are summed up digitally in chi, and a device gets a pulse
for each whole step of it. Rows are inputs, columns are outputs; devices as in `tests/rules/cells.py`.
"""

from __future__ import annotations

import math

from ..stochastic.naive import send_pulses


class MixedPrecision:
    """An array of devices with a digital sum beside it, [row][column].

    `granularity` is the step that a pulse is taken for. Every so many updates the whole steps of all sums are written;
    what is no whole step stays in the sum.
    """

    def __init__(self, cells, granularity, transfer_every=1, chi=None):
        self.cells, self.granularity, self.transfer_every = cells, granularity, transfer_every
        self.chi = chi or [[0.0 for _ in row] for row in cells]
        self.updates = 0

    def update(self, xs, ds, rate):
        """One sample; returns the signed numbers of pulses."""
        for i, x in enumerate(xs):
            for j, d in enumerate(ds):
                self.chi[i][j] -= rate * x * d  # what the weight is to change by
        self.updates += 1
        if self.updates % self.transfer_every:
            return [[0 for _ in row] for row in self.cells]
        return [[self.write(i, j) for j in range(len(row))] for i, row in enumerate(self.cells)]

    def write(self, i, j):
        n = math.trunc(self.chi[i][j] / self.granularity)
        self.chi[i][j] -= n * self.granularity
        send_pulses(self.cells[i][j], n)
        return n
