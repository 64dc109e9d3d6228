"""Test accuracy of networks that learn binary-stochastically."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.board import bare_of
from ..kernels import evaluate
from ..kernels.base.buffers import Events, Samples
from ..kernels.circuit.ideal import Ideal
from ..kernels.circuit.silent import Silent
from ..kernels.pair.weights import Weights
from ..kernels.path.table import new_memory
from ..kernels.rules.bs.expected import Expected
from ..kernels.rules.bs.sampled import Sampled
from ..kernels.rules.bs.solved import Solved
from ..kernels.rules.bs.transfer import Transfer
from ..kernels.rules.table import new_room
from .evaluators import CachedEvaluator


class BitsEvaluator(CachedEvaluator):
    """Test accuracy by expectation, where only columns that were pulsed are read again, or by stochastic passes."""

    _state: Any

    def __init__(self, state: Any, samples: Samples) -> None:
        if state.layout.bs.bs_input == "threshold":
            driven = np.flatnonzero(samples.volts[: samples.start[-1]] > 0.5)
            start = np.searchsorted(driven, samples.start).astype(np.int64)
            ones = np.ones(len(driven) + 1, np.float32)
            samples = samples._replace(start=start, line=np.append(samples.line[driven], np.int32(0)), volts=ones)
        super().__init__(state, samples)

    def note(self, events: Events) -> None:
        """Take note of a block's pulses."""
        if self._state.carried:
            self.refresh()
        super().note(events)

    def inference(self) -> Any:
        """By the most frequent class of stochastic passes, or by expectation."""
        s = self._state
        passes = s.layout.bs.bs_samples
        if not passes:
            return Expected(s.temperature)
        return Sampled(np.uint64(s.layout.run.seed), passes, s.temperature, s.learning.inputs, s.learning.tables)

    def classify(self) -> None:
        """Find the class of every sample."""
        if self._state.layout.bs.bs_samples:
            self.classify_all(Weights(self._state.weights))
            return
        super().classify()

    def classify_all(self, array: Any) -> None:
        """Find the class of every sample by reads of all layers of `array`."""
        s, rule = self._state, self.inference()
        kinds, room = (rule, array, Ideal(0), Silent(0)), new_room(rule, s.geometry, 1)
        memory = new_memory(s.geometry, 1, lines=False)
        if s.layout.bs.bs_samples:
            classes = s.shape(s.n_layers - 1)[1]
            votes, total = np.zeros(classes, np.int64), np.zeros(classes)
            evaluate.poll(s.iteration, self._samples, s.geometry, *kinds, room, memory, votes, total, self.winners)
        else:
            evaluate.classify(s.iteration, self._samples, s.geometry, *kinds, room, memory, None, self.winners)


class DigitsEvaluator(BitsEvaluator):
    """Test accuracy through real circuits; what wires make of voltages is solved for once per evaluation, or, where
    devices are not ohmic, for every sample.
    """

    def classify(self) -> None:
        """Find the class of every sample."""
        s, sense = self._state, self._state.sense
        if not s.layout.bs.bs_samples:
            sense = sense._replace(noise=0.0, device=0.0)
        own = s.arrays, s.digits, s.own.unit, s.layout.array.v_read
        if s.layout.curved_wires:
            self.classify_all(Solved(bare_of(s.circuit)._replace(sense=sense), *own))
            s.check_reads()
        else:
            self.classify_all(Transfer(s.transfer(), *own, sense))
