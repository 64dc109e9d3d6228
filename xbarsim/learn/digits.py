"""Binary-stochastic learning on any devices and circuits, a reconstruction (see kernels/binary.py): every digit of a layer is an array."""

from __future__ import annotations

import numpy as np

from ..arrays.drawn import draw_faults
from ..describe.layout import Layout
from ..kernels.rules.bs import carry, digits
from ..kernels.rules.bs import circuits as binary_real
from ..kernels.rules.bs import loop as binary_train
from ..kernels.train import Curves, Events, Samples
from .bs import BinaryEvaluator, BinaryState
from .network import NetworkState


class DigitState(BinaryState):
    """A `BinaryState` whose devices depart from the nominal one, or whose reads pass real circuits.

    Parameters
    ----------
    layout : Layout
        Of the rule ``bs``, with digits.

    Attributes
    ----------
    arrays : NetworkState
        Digit k of layer l is its array ``l * digits + k``: devices, counters, wires and sense circuits.
    """

    engine = "analog"

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.arrays = NetworkState(layout, self.digits)
        unit = [self.cells.per_siemens]
        for _ in range(1, self.digits):
            unit.append(unit[-1] / self.cells.base)
        self.own = digits.Arrays(
            self.arrays.geometry, self.arrays.pairs, self.digits, np.array(unit, np.float32), float(self.cells.base), self.cells.threshold,
            self.cells.most, self.arrays.steps,
        )  # fmt: skip
        self.real = layout.real_circuits

    def _new_digits(self) -> carry.Digits:
        size = int(np.sum(self.geometry.rows * self.geometry.stride))
        none = np.zeros(0, np.float32)
        return carry.Digits(np.zeros(size, np.float32), np.zeros(size, np.float32), none, none)

    def _circuits(self) -> binary_real.Circuits | None:
        if not self.real:
            return None
        a = self.arrays
        return binary_real.Circuits(a.fresh_board(), a.circuits, a.ladder, self.layout.array.v_read, a._stats)

    def array(self, k: int, digit: int) -> int:
        """Number of the array of one digit (0 is the highest) of layer `k`."""
        return int(k * self.digits + digit)

    def draw_devices(self) -> None:
        """Seeded devices; the conductances have to be set after it."""
        self.arrays.draw_devices()

    def set_frame(self, k: int, values: tuple[np.ndarray, ...]) -> None:
        """Put layer `k` into a state that `frame` gave: nominal conductances."""
        for q in range(self.digits):
            n, plus, minus = self.array(k, q), *values[2 * q : 2 * q + 2]
            if self.layout.variation.stuck:
                faults = draw_faults(self.layout, n, self.shape(k), self.layout.run.seed)
                plus = np.where(faults.stuck_plus, faults.at_plus, plus)
                minus = np.where(faults.stuck_minus, faults.at_minus, minus)
            self.arrays.set_nominal(n, plus.astype(np.float32), minus.astype(np.float32))
        digits.compose_all(k, self.shape(k)[1], self.own, self.layer_digits(k))

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`, copied: nominal conductances."""
        return tuple(side for q in range(self.digits) for side in self.arrays.nominal(self.array(k, q)))

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(G+, G-) of every digit of layer `k`, the highest first."""
        return [self.arrays.conductance(self.array(k, q)) for q in range(self.digits)]

    def conductance(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-) of the highest digit of layer `k` as the devices conduct, each (rows, cols) float32, S, copied."""
        return self.arrays.conductance(self.array(k, 0))

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of layer `k`; of lower digits with their number at the end."""
        return {
            name if q == 0 else f"{name}_{q}": values
            for q in range(self.digits)
            for name, values in self.arrays.fixed(self.array(k, q)).items()
        }

    def clear_counts(self, k: int) -> None:
        """Set the counts of layer `k` back to 0."""
        for q in range(self.digits):
            self.arrays.clear_counts(self.array(k, q))

    def most_writes(self) -> int:
        """Pulses and resets of the device that got most of both together, of all digits."""
        return self.arrays.most_writes()

    def train(self, iteration: int, order: np.ndarray, samples: Samples, events: Events, curves: Curves) -> None:
        """Train on the samples `order`, one iteration each, after `iteration` earlier ones; at most `block`."""
        until = iteration + len(order)
        self.carried = any(p and until // p > iteration // p for p in self.layout.bs.periods)
        binary_train.train_binary(
            np.uint64(self.layout.run.seed), iteration, order, samples, self.geometry, self.learning, self.device, self.cells, self.tables,
            self.state, self.own, self._circuits(), events, curves, self.work,
        )  # fmt: skip
        if self.real:
            self.arrays._check_reads()

    def _replay(
        self, k: int, until: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray
    ) -> None:
        self.arrays._board_stale = True
        binary_train.replay_binary(
            np.uint64(self.layout.run.seed), k, int(self._at[k]), until, self.shape(k)[1], iteration, rows, raised, lowered, self.learning,
            self.device, self.cells, self.layer_digits(k), self.own,
        )  # fmt: skip
        self._at[k] = until

    def evaluator(self, samples: Samples) -> BinaryEvaluator:
        """What computes the test accuracy."""
        return CircuitEvaluator(self, samples) if self.real else BinaryEvaluator(self, samples)


class CircuitEvaluator(BinaryEvaluator):
    """Test accuracy through real circuits; what wires make of voltages is solved for once per evaluation."""

    _state: DigitState

    def classify(self) -> None:
        """Find the class of every sample."""
        s = self._state
        passes, sense = s.layout.bs.bs_samples, s.arrays.circuits
        if not passes:
            sense = sense._replace(noise=0.0, device=0.0)
        binary_real.classify_circuits(
            np.uint64(s.layout.run.seed), passes, self._samples, s.geometry, s.temperature, s.learning.inputs, s.tables, s.own,
            s.arrays.transfer(), s.layout.array.v_read, sense, self._winners,
        )  # fmt: skip
