"""The software reference: the same network with float weights, trained by back-propagation. No devices, no pulses."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..describe.layout import Layout
from ..describe.rules.software import ACTIVATIONS
from ..kernels import train
from ..kernels.base import noise
from ..kernels.rules import backprop, software
from ..kernels.train import Curves, Events, Samples
from .network import geometry_of, new_buffers

_BLOCK = 1024  # most iterations per call of the training kernel
_FOLLOW = 16  # up to so many steps the first layer's currents are brought up to date rather than read again


class Steps(NamedTuple):
    """The last block's steps: what a `SoftwareEvaluator` needs to follow them."""

    order: np.ndarray  # (steps,) int64: training samples
    delta: np.ndarray  # (>= steps, cols) float32: errors of the first layer
    samples: Samples | None


class SoftwareState:
    """Weights of a software network; in a run it stands where `NetworkState` stands for devices.

    Inputs and outputs of neurons run from 0 to 1, weights have no unit.

    Parameters
    ----------
    layout : Layout
        Of the rule ``software``.
    """

    engine = "software"
    kernel = "software.train_software"
    kept = (("weight", "1", "weight"),)
    un_window = 0

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.geometry = geometry_of(layout)
        n = self.n_layers
        settings = layout.software
        self.reading = train.Reading(
            np.float32(1.0), np.float32(1.0), np.float32(1.0), np.full(n, settings.software_c, np.float32), 1.0,
            np.zeros(n, np.float32), np.float32(0.0),
        )  # fmt: skip
        # An error that has come down through m hidden layers has met m slopes of 1 / (2c).
        slopes = (1.0 / (2.0 * settings.software_c)) ** np.arange(n - 1, -1, -1)
        self.rates = (settings.learning_rate * slopes).astype(np.float32)
        self.batch = layout.run.batch
        room = self.block * self.batch
        self.steps = Steps(np.empty(0, np.int64), np.empty((room, self.shape(0)[1]), np.float32), None)
        self.weights = np.zeros(int(np.sum(self.geometry.rows * self.geometry.stride)), np.float32)

    @property
    def n_layers(self) -> int:
        """Number of weight matrices."""
        return len(self.geometry.rows)

    def shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of layer `k`, 0 the first; the bias row is the last."""
        return int(self.geometry.rows[k]), int(self.geometry.cols[k])

    def layer(self, k: int) -> np.ndarray:
        """View of the weights of layer `k`, (rows, cols) float32."""
        weights: np.ndarray = train.layer_weights(self.weights, self.geometry, k)
        return weights[:, : self.shape(k)[1]]

    def set_weights(self, k: int, weights: np.ndarray) -> None:
        """Put layer `k` into the given state, (rows, cols) float32."""
        self.layer(k)[:] = weights

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """There are no arrays."""
        return []

    def initialise(self) -> None:
        """Seeded initial weights, uniform between -w and w with w = initial_weight / sqrt(inputs)."""
        for k in range(self.n_layers):
            width = self.layout.software.initial_weight / math.sqrt(self.layout.network.layers[k])
            noise.fill_weights(np.uint64(self.layout.run.seed), k, width, self.layer(k))

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`."""
        return (np.ascontiguousarray(self.layer(k)),)

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of a layer: nothing."""
        return {}

    def flush(self) -> None:
        """Nothing is counted."""

    def most_writes(self) -> int:
        """There is no device to write."""
        return 0

    def energies(self, n: int) -> dict[str, np.ndarray]:
        """Nothing costs energy that a circuit would."""
        return {}

    def window_noise(self) -> None:
        """No update noise is followed."""

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take."""
        return max(1, _BLOCK // self.batch)

    def new_buffers(self) -> tuple[Events, Curves]:
        """Curve buffers for one block; there are no events."""
        return new_buffers(self.geometry, self.block, 0)

    def train(self, iteration: int, order: np.ndarray, samples: Samples, events: Events, curves: Curves) -> None:
        """Train on the samples `order`, `batch` of them per iteration; at most `block` iterations."""
        self.steps = self.steps._replace(order=order, samples=samples)
        settings, run = self.layout.software, self.layout.run
        if settings.benchmark:
            kind = list(ACTIVATIONS).index(settings.activation)
            backprop.backprop(
                iteration, order, samples, self.geometry, kind, np.float32(settings.software_c), settings.learning_rate,
                settings.learning_rate_end, run.schedule or run.iterations or 1, self.weights, curves,
            )  # fmt: skip
            return
        software.train_software(
            order, self.batch, samples, self.geometry, self.reading, self.rates, self.weights, self.steps.delta, curves
        )

    def evaluator(self, samples: Samples) -> SoftwareEvaluator:
        """What computes the test accuracy."""
        return SoftwareEvaluator(self, samples)


class SoftwareEvaluator:
    """Test accuracy by matrix products. Between evaluations a few steps apart the first layer, by far the largest, is not
    read again: each step's change of its currents is added.
    """

    def __init__(self, state: SoftwareState, samples: Samples) -> None:
        self._state, self._samples = state, samples
        n, inputs = len(samples.label), state.layout.network.layers[0]
        self._inputs = np.zeros((n, inputs), np.float32)
        driven = np.diff(samples.start)
        self._inputs[np.repeat(np.arange(n), driven), samples.line[: driven.sum()]] = samples.volts[: driven.sum()]
        self._currents: np.ndarray | None = None  # of the first layer

    def note(self, events: Events) -> None:
        """Take note of a block's steps."""
        s = self._state
        order, delta, trained = s.steps
        if len(order) > _FOLLOW or s.layout.software.benchmark:
            self._currents = None
        elif self._currents is not None and len(order):
            rate = np.float32(s.rates[0] / np.float32(s.batch))
            bias = int(s.layout.array.bias)
            software.follow_steps(order, rate, delta, bias, trained, self._samples, self._currents)

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
        return float(np.mean(x.argmax(axis=1) == self._samples.label))

    def _through(self, k: int, x: np.ndarray) -> np.ndarray:
        w = self._state.layer(k)
        if not self._state.layout.array.bias:
            return np.asarray(x @ w)
        out: np.ndarray = x @ w[:-1]
        out += w[-1]
        return out
