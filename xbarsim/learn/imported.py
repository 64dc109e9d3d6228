"""State of a network that was trained elsewhere: conductances that stand for its weights, and are only read."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..describe.layout import Layout
from ..describe.rules.imported import NEURONS, neurons_of
from ..kernels import evaluate
from ..kernels.base.buffers import Events, Samples, widest
from ..kernels.circuit.silent import Silent
from ..kernels.pair.weights import Weights
from ..kernels.path.table import new_memory
from ..kernels.rules import imported as kernels
from ..kernels.rules.table import new_room
from .network import NetworkState
from .reading import NO_BOUND
from .rule import Evaluator, State
from .through import tested_through
from .usage import Inputs, Usage
from .usage import Neurons as Neural


def each(value: float | tuple[float, ...] | None, n: int, usual: float) -> np.ndarray:
    """A key of one number or a list as one number for each of `n`, float64."""
    return np.array(value if isinstance(value, tuple) else [usual if value is None else value] * n, np.float64)


class ImportedState(NetworkState):
    """All conductances of a network that was trained elsewhere.

    Attributes
    ----------
    scales : (layers,) float64
        Weight, in software units, that U stands for.
    full : (layers,) float64
        What v_read stands for at the rows of each array.
    unit : (layers,) float64, A
        Current that the software's 1 is.
    """

    label = "imported"
    color = "tab:brown"
    drawn_replays = False
    ladder_obstacle = "weights that were trained elsewhere, which lie between the steps of a device"

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.as_targets = False  # True: devices conduct what is asked of them, whatever real ones would
        own, n = self.layout.imported, self.n_layers
        hidden = each(own.imported_full, n - 1, 1.0)
        self.scales, self.full = each(own.imported_scales, n, 1.0), np.concatenate([[1.0], hidden])
        self.unit = self.layout.weight_range * self.layout.array.v_read / (self.scales * self.full)
        names = neurons_of("imported.imported_neurons", own.imported_neurons, n - 1)
        self.neuron_kinds = np.array([*(list(NEURONS).index(name) for name in names), 0], np.int64)
        self.biases = np.zeros((n, widest(self.geometry)), np.float32)
        given = each(own.imported_biases, int(self.geometry.cols.sum()), 0.0)
        for k, part in enumerate(np.split(given, np.cumsum(self.geometry.cols)[:-1])):
            self.biases[k, : len(part)] = part * self.unit[k]
        none = np.zeros(n, np.float32)
        gain = 1.0 / float(self.unit[-1])
        self.reading = self.reading._replace(dead_zone=none, reach=NO_BOUND, softmax_gain=gain)

    @property
    def rule(self) -> kernels.Imported:
        """What the kernels need to know."""
        own, outputs = self.layout.imported, np.append(self.full[1:], 1.0)
        half, limited = float(own.imported_half_width), int(own.imported_limit)
        return kernels.Imported(self.reading, self.neuron_kinds, self.unit, outputs, self.biases, half, limited)

    @property
    def neurons(self) -> kernels.Imported:
        """The same in inference."""
        return self.rule

    @classmethod
    def reader(cls, layout: Layout) -> Any:
        """A network that is written and read."""
        return cls(layout)

    def initialise(self) -> None:
        """Devices by their seed, at Gmin, or where W is 0; what they are to conduct comes from a file."""
        self.draw_devices()
        for k in range(self.n_layers):
            low = np.full(self.shape(k), self.device.g_min, np.float32)
            sides = self.references(k) if self.layout.fixed_reference else (low, low)
            self.set_nominal(k, *self.with_faults(k, *sides))

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of array `k`: of devices that were never programmed nothing, as they are ideal."""
        return {} if self.as_targets else super().fixed(k)

    def float_weights(self, k: int) -> np.ndarray:
        """Weights of layer `k` as the devices stand for them, in software units: (rows, cols) float64; of a bias row,
        too.
        """
        w: np.ndarray = np.array(self.layer_weights(k), np.float64)
        w *= self.scales[k] / self.layout.weight_range
        if self.geometry.bias[k]:
            w[-1] *= self.full[k]
        return w

    def currents(self, samples: Samples) -> np.ndarray:
        """What the last array answers, through its circuits: (samples, classes) float32, A."""
        found = np.empty((len(samples.label), int(self.geometry.cols[-1])), np.float32)
        weights, circuit = self.weights, self.circuit_as_it_is
        if self.real:
            weights, circuit = tested_through(self)
        kinds = self.neurons, Weights(weights), circuit, Silent(0)
        room, memory = new_room(kinds[0], self.geometry, 1), new_memory(self.geometry, 1, lines=False)
        evaluate.answers(self.iteration, samples, self.geometry, *kinds, room, memory, found)
        self.check_reads()
        return found

    def outputs(self, samples: Samples) -> np.ndarray:
        """The same in the units of the software, float64."""
        answered: np.ndarray = self.currents(samples) / self.unit[-1]
        return answered

    def fired(self, k: int, currents: np.ndarray) -> np.ndarray:
        """What the rows of array `k` + 1 are driven with for sensed currents of array `k`, (cols,) float32, A: (cols,)
        float64, V; without a bias row.
        """
        own = self.rule
        z = (currents + self.biases[k, : len(currents)]).astype(np.float64) / self.unit[k]
        kind, half, v_read = int(self.neuron_kinds[k]), own.half_width, float(self.reading.v_read)
        x: np.ndarray = np.array([kernels.activation(one, kind, half) for one in z.tolist()]) / self.full[k + 1]
        driven: np.ndarray = (np.clip(x, -1.0, 1.0) if own.limited else x) * v_read
        return driven

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        return WholeEvaluator(self, samples)

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """Nothing was read for training."""
        none = np.zeros(1)
        return Usage(none, none, none, none)

    @classmethod
    def neurons_of(cls, layout: Layout) -> Neural:
        """Its neurons are those of `neurons`; nothing is estimated by others."""
        raise TypeError("neurons_of: expected a network that is trained, got one that was trained elsewhere")


class WholeEvaluator:
    """Test accuracy by the answers of all arrays; nothing is kept, as what is added to currents comes with a read."""

    senses = True  # see `evaluators.RealEvaluator`

    def __init__(self, state: ImportedState, samples: Samples) -> None:
        self._state, self._samples = state, samples
        self.winners = np.zeros(len(samples.label), np.int64)

    def note(self, events: Events) -> None:
        """Nothing is pulsed."""

    def refresh(self) -> None:
        """Nothing is kept."""

    def accuracy(self) -> float:
        """Fraction of the test samples that are classified rightly now."""
        self.winners = self._state.currents(self._samples).argmax(axis=1)
        return float(np.mean(self.winners == self._samples.label))


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is read in."""
    return ImportedState
