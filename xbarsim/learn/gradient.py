"""What networks have in common that descend a gradient: neurons, rates, initial weights."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from ..arrays.symmetry import zero_point
from ..base.notes import note
from ..describe.defaults import settle
from ..describe.layout import Layout
from ..describe.rules.gradient import NEURONS
from ..kernels.base import noise
from ..kernels.base.buffers import Samples
from ..kernels.base.trains import Trains, new_trains
from ..kernels.device import law
from ..kernels.pair.counts import RESET_BITS
from ..kernels.way.gradient import SIGMOID, Slope, Smooth
from ..kernels.way.towards import Towards
from .network import NetworkState
from .plan import Plan
from .reading import NO_BOUND, reading_of
from .usage import Neurons, hard_neurons

_ITERATIONS = 60_000  # a layout's default


def slope_of(layout: Layout, reading: Any) -> Slope:
    """Neurons of a layout, and what errors of its layers are worth; see kernels/way/gradient.py."""
    s, unit = layout.gradient, layout.weight_range
    full = unit * layout.array.v_read  # A: the current of a full weight at a full input
    # What a hidden neuron's slope in the middle, and the softmax's scale, multiply an error with, per w.
    middle = [full / (2.0 * float(c)) for c in reading.c[:-1]] if s.hidden_slope == "derivative" else []
    middle = middle or [1.0] * (len(reading.c) - 1)
    output = reading.softmax_gain * full
    rates = [s.gradient_rate * output * math.prod(middle[k:]) for k in range(len(reading.c))]
    total = layout.run.schedule or layout.run.iterations or _ITERATIONS
    return Slope(
        list(NEURONS).index(s.hidden_neuron),
        int(s.hidden_slope == "one"),
        np.float32(unit),
        np.array(rates),
        -math.log(s.gradient_rate_end) / total,
    )


def step_of(layout: Layout) -> float:
    """Step of a pulse in units of w: the mean one from Gmin to Gmax, or, beside a fixed reference, that of up and down
    where W is 0.
    """
    steps, device = layout.device.staircase(), layout.device.kernel()
    if layout.fixed_reference:
        g = np.float32(zero_point(layout))
        return float(law.step_up(g, device) + law.step_down(g, device)) / 2.0 / layout.weight_range
    return float(steps[-1] - steps[0]) / (len(steps) - 1) / layout.weight_range


class GradientState(NetworkState):
    """All conductances of a network whose weights follow a gradient."""

    def __init__(self, layout: Layout, copies: int = 1) -> None:
        super().__init__(layout, copies)
        # Every error counts: none is so small that a read for it could be left out.
        none = np.zeros(self.n_layers, np.float32)
        self.reading = self.reading._replace(dead_zone=none, reach=NO_BOUND, input_threshold=np.float32(0.0))
        self.slope: Any = slope_of(self.layout, self.reading)  # a `Slope`, or a `Towards` in its place
        self.step = step_of(self.layout)

    def learn_outputs(self, samples: Samples, wanted: np.ndarray) -> None:
        """From now on learn what `wanted`, (inputs, outputs) float32, S, makes of the samples, in place of classes: the
        label of each has to be its number. The loss is the mean square of the differences, in units of w.
        """
        s = self.slope
        self.slope = Towards(s.kind, s.comparator, s.unit, s.rates, s.fade, samples, wanted)

    @property
    def neurons(self) -> Any:
        """What the kernels need to know of the neurons in inference."""
        return Smooth(self.reading, self.slope)

    @classmethod
    def neurons_of(cls, layout: Layout) -> Neurons:
        """The same of a layout, in NumPy."""
        own = slope_of(settle(layout), reading_of(layout))
        hard = hard_neurons(float(own.unit))
        if own.kind != SIGMOID:
            return hard

        def output(current: np.ndarray, c: float) -> np.ndarray:
            y: np.ndarray = 0.5 + 0.5 * np.tanh(current / c)
            return y

        def slope(current: np.ndarray, c: float) -> np.ndarray:
            return 1.0 - np.tanh(current / c) ** 2  # 4 y (1 - y)

        return Neurons(output, hard.slope if own.comparator else slope, hard.unit)

    @classmethod
    def reader(cls, layout: Layout) -> Any:
        """A network that is written and read."""
        return cls(layout)

    def initialise(self) -> None:
        """Seeded devices and initial weights, uniform, see `initial_weights`; stuck devices where they are stuck."""
        self.draw_devices()
        for k in range(self.n_layers):
            self.write(k, self.initial_weights(k))

    def initial_weights(self, k: int) -> np.ndarray:
        """w of layer `k` at the start, uniform within `gradient_initial_weight` / sqrt(inputs), (rows, cols)
        float64.
        """
        rows, width = self.shape(k)[0], self.layout.gradient.gradient_initial_weight
        w, reach = np.empty(self.shape(k), np.float32), width / math.sqrt(rows)
        if reach > 1.0:
            note(
                f"gradient.gradient_initial_weight: weights of array {k + 1} would start within {reach:.3g}, and start "
                "within 1, the largest"
            )
        noise.fill_weights(np.uint64(self.layout.run.seed), k, min(reach, 1.0), w)
        return w.astype(np.float64)

    def write(self, k: int, w: np.ndarray) -> None:
        """Let the nominal devices of array `k` conduct `w`, (rows, cols) float64, -1 to 1; stuck ones are where they
        are stuck.
        """
        sides = self._beside_references(k, w) if self.layout.fixed_reference else self._on_stairs(k, w)
        self.set_nominal(k, *self.with_faults(k, *sides))

    def _beside_references(self, k: int, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """G+ as far from where W is 0 as `w` says, within the range; and the references."""
        g_plus, g_minus = self.references(k)
        asked = g_plus + w * self.layout.weight_range
        return np.clip(asked, self.device.g_min, self.device.g_max).astype(np.float32), g_minus

    def _on_stairs(self, k: int, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One side on its staircase, the other at Gmin.

        Of the two stairs beside a weight one is drawn, the nearer the likelier, so that steps which are larger than the
        weights do not make all of them 0.
        """
        heights = (self.steps - self.steps[0]).astype(np.float64) / float(self.reading.span)
        size = np.minimum(np.abs(w) * self.layout.weight_range / float(self.reading.span), 1.0)
        below = np.clip(np.searchsorted(heights, size, "right") - 1, 0, len(heights) - 2)
        share = (size - heights[below]) / (heights[below + 1] - heights[below])
        drawn = np.empty(w.shape)
        noise.fill_uniform(np.uint64(self.layout.run.seed), noise.STREAM_STATE_PLUS + 16 * k, 0, drawn)
        stair = below + (drawn < share)
        low = np.zeros_like(stair)
        return self.steps[np.where(w > 0.0, stair, low)], self.steps[np.where(w < 0.0, stair, low)]


class TrainsState(GradientState):
    """The same, moved by pulse trains."""

    events_per_slot = 1

    def __init__(self, layout: Layout, copies: int = 1) -> None:
        super().__init__(layout, copies)
        t, g = self.layout.trains, self.arrays
        width = int(max(g.rows.max(), g.stride.max())) + 1
        # Rows are in V, not from 0 to 1, and errors of p - t, not of the sums. The rates hold what this makes of their
        # product; chances that are not balanced also depend on what it makes of either.
        rate, v_read = self.layout.gradient.gradient_rate, self.layout.array.v_read
        share = np.empty(self.n_layers * copies)
        for k in range(self.n_layers):
            share[[self.number_of(k, q) for q in range(copies)]] = math.sqrt(rate / (self.slope.rates[k] * v_read))
        managed = t.length_management, t.update_management
        self.trains: Trains = new_trains(self.layout.run.seed, t.train_length, *managed, width, share)

    @classmethod
    def obstacle_of(cls, layout: Layout) -> str | None:
        """Updates of a pair in an iteration have to fit the packed counts."""
        most = layout.run.batch * layout.trains.train_length
        return f"{most:,} slots of trains in an iteration" if most >= 1 << RESET_BITS else super().obstacle_of(layout)

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        plan = super().plan_of(layout)
        why = {**plan.why, "batch": "pulse trains: each sample's in turn, after all samples of the batch were read"}
        return dataclasses.replace(plan, batch="trains", why=why)

    @property
    def updates_per_iteration(self) -> int:
        """Most updates of one pair in an iteration."""
        return self.samples_per_iteration * int(self.layout.trains.train_length)

    @property
    def events_per_iteration(self) -> int:
        """Most pulse events that one layer records in one iteration."""
        return self.samples_per_iteration * self.trains.longest * self.events_per_slot
