"""The software reference: the same network with float weights, trained by back-propagation. No devices, no pulses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..describe.layout import Layout
from ..describe.rules.software import ACTIVATIONS
from ..kernels import evaluate
from ..kernels.base import noise
from ..kernels.base.buffers import Events, Samples
from ..kernels.circuit.ideal import Ideal
from ..kernels.circuit.silent import Silent
from ..kernels.pair.weights import Weights
from ..kernels.path.table import new_memory
from ..kernels.rules.software import follow
from ..kernels.rules.software.backprop import Backprop
from ..kernels.rules.software.descent import Descent
from ..kernels.rules.table import new_room
from ..kernels.way.hardware import Reading
from .plan import Plan
from .rule import Evaluator, Kept, State

_FOLLOW = 16  # up to so many steps the first layer's currents are brought up to date rather than read again


class SoftwareState(State):
    """Weights of a software network. Inputs and outputs of neurons run from 0 to 1, weights have no unit.

    Parameters
    ----------
    layout : Layout
        Of the rule ``software``.
    """

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 1.5

    label = "software"
    color = "tab:gray"
    kept = (Kept("weight", "1", "weight", replayed=False),)
    replays = False

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        why = {
            "array": "float weights, no devices",
            "batch": f"steps by the mean gradient of {layout.run.batch} samples"
            if layout.run.batch > 1
            else "one sample",
        }
        return Plan("software", "weights", "ideal", "whole", "silent", "software", why)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        n, settings = self.n_layers, layout.software
        one = np.float32(1.0)
        no_dead_zone, c = np.zeros(n, np.float32), np.full(n, settings.software_c, np.float32)
        self.reading = Reading(one, one, one, c, 1.0, no_dead_zone, np.float32(0.0))
        # An error that has come down through m hidden layers has met m slopes.
        slope = 1.0 if settings.slope == "one" else 1.0 / (2.0 * settings.software_c)
        slopes = slope ** np.arange(n - 1, -1, -1)
        self.rates = (settings.learning_rate * slopes).astype(np.float32)
        self.first_delta = np.empty((self.block * self.batch, self.shape(0)[1]), np.float32)
        self.order, self.samples = np.empty(0, np.int64), None  # of the last block
        self._weights = np.zeros(int(np.sum(self.geometry.rows * self.geometry.stride)), np.float32)
        self._clock = np.zeros(1, np.int64)

    order: np.ndarray
    samples: Samples | None

    @property
    def known_as(self) -> str:
        """What errors call a run of it."""
        return "a software run"

    @property
    def rule(self) -> Any:
        """What the kernels need to know: gradient descent, or the benchmark."""
        settings, run = self.layout.software, self.layout.run
        if not settings.benchmark:
            return Descent(self.reading, self.rates, self.first_delta)
        kind, schedule = list(ACTIVATIONS).index(settings.activation), run.schedule or run.iterations or 1
        c, rate, end = np.float32(settings.software_c), settings.learning_rate, settings.learning_rate_end
        slope = np.float32(1.0) if settings.slope == "one" else np.float32(0.5) / c
        return Backprop(kind, c, slope, rate, end, schedule, self._clock)

    @property
    def array(self) -> Weights:
        """The weights."""
        return Weights(self._weights)

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, as the kernels take them; a view."""
        return self._weights

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """There are no arrays."""
        return []

    def initialise(self) -> None:
        """Seeded initial weights, uniform between -w and w with w = initial_weight / sqrt(inputs)."""
        for k in range(self.n_layers):
            width = self.layout.software.initial_weight / math.sqrt(self.layout.network.arrays[k].inputs)
            noise.fill_weights(np.uint64(self.layout.run.seed), k, width, self.layer_weights(k))

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """The weights of layer `k`, copied."""
        return (np.array(self.layer_weights(k), order="C"),)

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.layer_weights(k)[:] = values[0]

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Note the steps, for the evaluator."""
        self.order, self.samples = order, samples

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        return MappedEvaluator(self, samples) if self.layout.network.mapped else SoftwareEvaluator(self, samples)


class SoftwareEvaluator:
    """Test accuracy by matrix products. Between evaluations a few steps apart the first layer, by far the largest, is
    not read again: each step's change of its currents is added.
    """

    def __init__(self, state: SoftwareState, samples: Samples) -> None:
        self._state, self._samples = state, samples
        n, inputs = len(samples.label), state.layout.network.inputs
        self._inputs = np.zeros((n, inputs), np.float32)
        driven = np.diff(samples.start)
        self._inputs[np.repeat(np.arange(n), driven), samples.line[: driven.sum()]] = samples.volts[: driven.sum()]
        self._currents: np.ndarray | None = None  # of the first layer
        self.winners = np.zeros(n, np.int64)

    def note(self, events: Events) -> None:
        """Take note of a block's steps."""
        s = self._state
        if len(s.order) > _FOLLOW or s.layout.software.benchmark:
            self._currents = None
        elif self._currents is not None and len(s.order):
            rate = np.float32(s.rates[0] / np.float32(s.batch))
            bias = int(s.layout.array.bias)
            follow.follow_steps(s.order, rate, s.first_delta, bias, s.samples, self._samples, self._currents)

    def refresh(self) -> None:
        """Forget the currents; the next evaluation reads everything."""
        self._currents = None

    def accuracy(self) -> float:
        """Fraction of the test samples that are classified rightly now."""
        s = self._state
        if self._currents is None:
            self._currents = self._through(0, self._inputs)
        x = self._currents
        for k in range(1, s.n_layers):
            if s.layout.software.activation == "sigmoid":
                x = np.tanh(x * np.float32(0.5)) * np.float32(0.5)
                x += np.float32(0.5)
            else:
                x = x * np.float32(0.5 / s.reading.c[k - 1])
                x += np.float32(0.5)
                np.clip(x, 0.0, 1.0, out=x)
            x = self._through(k, x)
        self.winners = x.argmax(axis=1)
        return float(np.mean(self.winners == self._samples.label))

    def _through(self, k: int, x: np.ndarray) -> np.ndarray:
        w = self._state.layer_weights(k)
        if not self._state.layout.array.bias:
            return np.asarray(x @ w)
        out: np.ndarray = x @ w[:-1]
        out += w[-1]
        return out


class MappedEvaluator:
    """Test accuracy of a network with maps: every sample goes its way."""

    def __init__(self, state: SoftwareState, samples: Samples) -> None:
        self._state, self._samples, self._changed, self._accuracy = state, samples, True, 0.0
        self.winners = np.zeros(len(samples.label), np.int64)

    def note(self, events: Events) -> None:
        """Take note of a block's steps."""
        self._changed = True

    def refresh(self) -> None:
        """The weights were changed."""
        self._changed = True

    def accuracy(self) -> float:
        """Fraction of the test samples that are classified rightly now."""
        if self._changed:
            s = self._state
            kinds = s.rule, Weights(s.weights), Ideal(0), Silent(0)
            room, memory = new_room(s.rule, s.geometry, 1), new_memory(s.geometry, 1, lines=False)
            evaluate.classify(s.iteration, self._samples, s.geometry, *kinds, room, memory, None, self.winners)
            self._changed, self._accuracy = False, float(np.mean(self.winners == self._samples.label))
        return self._accuracy


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return SoftwareState
