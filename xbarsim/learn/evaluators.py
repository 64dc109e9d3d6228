"""Test accuracy of a network of devices."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..kernels import evaluate
from ..kernels.base.buffers import Events, Geometry, Samples
from ..kernels.circuit.ideal import Ideal
from ..kernels.circuit.sense import Sense
from ..kernels.circuit.silent import Silent
from ..kernels.pair.weights import Weights
from ..kernels.path.table import new_memory
from ..kernels.rules.table import new_room
from ..kernels.way.hardware import Reading
from .rule import Evaluator
from .through import tested_through


class Evaluated(Protocol):
    """What an evaluator asks a state for."""

    geometry: Geometry
    reading: Reading
    iteration: int

    @property
    def weights(self) -> np.ndarray:
        """W of all layers, flat float32."""

    def shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of layer `k`."""


class Neural(Evaluated, Protocol):
    """And what one of networks of devices asks for."""

    @property
    def neurons(self) -> Any:
        """What the kernels need to know of the neurons in inference."""


class Sensing(Neural, Protocol):
    """And what one through real circuits asks for."""

    sense: Sense

    def check_reads(self) -> None:
        """Raise an error if a read was not solved."""


class CachedEvaluator:
    """Reads again only the columns of the first array that were pulsed since the last time; ideal circuits."""

    def __init__(self, state: Evaluated, samples: Samples) -> None:
        self._state, self._samples = state, samples
        n = len(samples.label)
        self._currents = np.empty((n if self.follows else 0, state.shape(0)[1]), np.float32)
        self.winners = np.empty(n, np.int64)
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
            self._accuracy = float(np.mean(self.winners == self._samples.label))
            self._stale[:] = False
            self._changed = False
        return self._accuracy

    @property
    def follows(self) -> bool:
        """Whether currents of the first array are kept: not where it is read at many positions."""
        return isinstance(self._state.geometry, Geometry)

    def classify(self) -> None:
        """Find the class of every sample."""
        if self.follows:
            self.read_stale()
        self.classify_by(self.inference(), self._currents if self.follows else None)

    def inference(self) -> Any:
        """What the kernels need to know of the neurons."""
        raise NotImplementedError

    def classify_by(self, rule: Any, known: np.ndarray | None) -> None:
        """Find the class of every sample from the known currents of the first array, if any."""
        s = self._state
        kinds = rule, Weights(s.weights), Ideal(0), Silent(0)
        room, memory = new_room(rule, s.geometry, 1), new_memory(s.geometry, 1, lines=False)
        evaluate.classify(s.iteration, self._samples, s.geometry, *kinds, room, memory, known, self.winners)

    def read_stale(self) -> None:
        """Bring the currents of the first array up to date."""
        if self._stale.any():
            s, columns = self._state, np.flatnonzero(self._stale)
            full = np.float32(s.reading.v_read)
            room = evaluate.first_scratch(int(s.geometry.rows[0]), len(columns))
            evaluate.first_layer(self._samples, s.geometry, full, s.weights, columns, *room, self._currents)


class HardwareEvaluator(CachedEvaluator):
    """Of networks of hardware neurons, whatever these are."""

    _state: Neural

    def inference(self) -> Any:
        """The network's own."""
        return self._state.neurons


class RealEvaluator:
    """Test accuracy through real circuits. What wires make of the voltages of ohmic devices is linear, and so a matrix,
    solved for once per evaluation; of others it is solved for every sample.
    """

    senses = True
    """Whether answers are sensed currents, so that ranges can be found and weights cut into slices."""

    def __init__(self, state: Sensing, samples: Samples) -> None:
        self._state, self._samples = state, samples
        self.winners = np.empty(len(samples.label), np.int64)
        self._changed = True
        self._transfer, self._circuit = np.empty(0, np.float32), None

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
            self._transfer, self._circuit = tested_through(s)
        if self._changed or s.sense.noise or s.sense.device:
            kinds = s.neurons, Weights(self._transfer), self._circuit, Silent(0)
            room, memory = new_room(kinds[0], s.geometry, 1), new_memory(s.geometry, 1, lines=False)
            evaluate.classify(s.iteration, self._samples, s.geometry, *kinds, room, memory, None, self.winners)
            s.check_reads()
        self._changed = False
        return float(np.mean(self.winners == self._samples.label))


class Refreshed(Protocol):
    """A state whose pairs may move outside the recorded events."""

    refreshed: bool


class RefreshedEvaluator:
    """An evaluator that also takes note of refreshes."""

    def __init__(self, state: Refreshed, evaluator: Evaluator) -> None:
        self._state, self._evaluator = state, evaluator
        self.plain = evaluator
        self.accuracy, self.refresh = evaluator.accuracy, evaluator.refresh

    @property
    def winners(self) -> np.ndarray:
        """The class that each test sample was last taken for."""
        return self._evaluator.winners

    def note(self, events: Events) -> None:
        """Take note of a block's pulses and refreshes."""
        self._evaluator.note(events)
        if self._state.refreshed:
            self.refresh()
