"""Test accuracy of a network of devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..kernels.circuit import real
from ..kernels.way import evaluate

if TYPE_CHECKING:
    from ..kernels.train import Events, Samples
    from .bs import BinaryState
    from .network import NetworkState


class Evaluator:
    """Test accuracy of a network; reads again only the columns that were pulsed since the last time."""

    def __init__(self, state: NetworkState | BinaryState, samples: Samples) -> None:
        self._state, self._samples = state, samples
        n = len(samples.label)
        self._currents = np.empty((n, state.shape(0)[1]), np.float32)
        self._winners = np.empty(n, np.int64)
        self._stale = np.ones(state.shape(0)[1], bool)
        self._changed = True
        self._accuracy = 0.0

    def note(self, events: Events) -> None:
        """Take note of a block's pulses."""
        n = int(events.count[0])
        if n:
            fired = np.bitwise_or.reduce(events.raised[0, :n] | events.lowered[0, :n], axis=0)
            self._stale |= np.unpackbits(fired, bitorder="little", count=len(self._stale)).astype(bool)
        self._changed = self._changed or bool(events.count.any())

    def refresh(self) -> None:
        """Forget all currents: the weights were changed by other means than pulses."""
        self._stale[:] = True
        self._changed = True

    def accuracy(self) -> float:
        """Fraction of the test samples that are classified rightly now."""
        if self._changed:
            self.classify()
            self._accuracy = float(np.mean(self._winners == self._samples.label))
            self._stale[:] = False
            self._changed = False
        return self._accuracy

    def classify(self) -> None:
        """Find the class of every sample."""
        s = self._state
        self._read_stale()
        evaluate.classify(self._currents, s.geometry, s.reading, s.weights, self._winners)

    def _read_stale(self) -> None:
        """Bring the currents of the first array up to date."""
        if self._stale.any():
            s, columns = self._state, np.flatnonzero(self._stale)
            evaluate.first_layer(self._samples, s.geometry, s.reading, s.weights, columns, self._currents)


class RealEvaluator:
    """Test accuracy through real circuits. What wires make of voltages is linear, and so a matrix, solved for once per evaluation."""

    def __init__(self, state: NetworkState, samples: Samples) -> None:
        self._state, self._samples = state, samples
        self._winners = np.empty(len(samples.label), np.int64)
        self._changed = True
        self._transfer = np.empty(0, np.float32)

    def note(self, events: Events) -> None:
        """Take note of a block's pulses."""
        self._changed = self._changed or bool(events.count.any())

    def refresh(self) -> None:
        """The weights were changed by other means than pulses."""
        self._changed = True

    def accuracy(self) -> float:
        """Fraction of the test samples that are classified rightly now."""
        s = self._state
        if self._changed:
            self._transfer = s.transfer()
        if self._changed or s.circuits.noise or s.circuits.device:
            real.classify_real(
                s.iteration, self._samples, s.geometry, s.reading, self._transfer, s.circuits, self._winners
            )
        self._changed = False
        return float(np.mean(self._winners == self._samples.label))
