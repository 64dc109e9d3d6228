"""Networks that learn binary-stochastically, a reconstruction (see kernels/binary.py): their state, and their test accuracy."""

from __future__ import annotations

import math

import numpy as np

from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.rules.bs import BS_INPUTS, BS_OUTPUTS, BS_SLOPES
from ..kernels import train
from ..kernels.base import noise
from ..kernels.rules.bs import bits as binary
from ..kernels.rules.bs import carry
from ..kernels.rules.bs import infer as binary_infer
from ..kernels.rules.bs import loop as binary_train
from ..kernels.train import Curves, Events, Samples
from .evaluators import Evaluator
from .network import geometry_of, new_buffers

_BLOCK = 1024  # most iterations per call of the training kernel
_EVENTS = 8192  # pulse events per layer that the buffers of a block hold
_WRITE = 4  # a write ends after so many times the pulses from Gmin to Gmax
_NO_BOUND = 1e30


class BinaryState:
    """Weights of a network under binary-stochastic learning; in a run it stands where `NetworkState` stands for the other rules.

    Weights have no unit. With ideal steps they are what is kept; with devices the conductances of all digits are, the highest digit's being
    ``g_plus`` and ``g_minus``, the next one's ``g_plus_1`` and ``g_minus_1``, and so on.

    Parameters
    ----------
    layout : Layout
        Of the rule ``bs``.
    """

    engine = "binary"
    kernel = "loop.train_binary"
    un_window = 0

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.geometry = geometry_of(layout)
        n, bs = self.n_layers, layout.bs
        self.digits = bs.bs_digits
        self.kept: tuple[tuple[str, str, str], ...] = (("weight", "1", "weight"),)
        if self.digits:
            names = ["", *(f"_{k}" for k in range(1, self.digits))]
            self.kept = tuple(
                (f"g_{side}{name}", "S", f"conductance of the {side} devices of digit {k}")
                for k, name in enumerate(names)
                for side in ("plus", "minus")
            )
        self.reading = train.Reading(
            np.float32(1.0), np.float32(1.0), np.float32(1.0), np.ones(n, np.float32), 1.0, np.zeros(n, np.float32), np.float32(0.0)
        )  # fmt: skip
        self.temperature = np.full(n, bs.bs_temperature, np.float32)
        self.temperature[-1] = bs.bs_output_temperature
        dead_zone = np.full(n, bs.bs_inner_dead_zone, np.float32)
        dead_zone[-2:] = bs.bs_dead_zone
        run = layout.run
        self.learning = binary_train.Learning(
            self.temperature, (self.temperature * np.float32(bs.bs_slope_temperature)).astype(np.float32), dead_zone, bs.bs_step, bs.bs_step_end,
            run.schedule or run.iterations or 1, np.float32(bs.bs_reach or _NO_BOUND), list(BS_SLOPES).index(bs.bs_slope), np.float32(bs.bs_window),
            list(BS_INPUTS).index(bs.bs_input), list(BS_OUTPUTS).index(bs.bs_output), bs.bs_reads, bs.bs_draws, np.array(bs.periods, np.int64),
        )  # fmt: skip
        self.tables = binary.build_tables()
        self.device = layout.device.kernel()
        self.cells = cells_of(layout)
        self.state = self._new_digits()
        self.work = np.zeros((n, binary_train.WORK), np.int64)
        self.carried = False  # whether there was a carry in the last block
        self._at = np.zeros(n, np.int64)  # iterations that each layer was replayed to

    def _new_digits(self) -> carry.Digits:
        size = int(np.sum(self.geometry.rows * self.geometry.stride))
        return carry.Digits(
            np.zeros(size, np.float32), np.zeros(size if self.digits else 0, np.float32),
            np.zeros(self.digits * size, np.float32), np.zeros(self.digits * size, np.float32),
        )  # fmt: skip

    @property
    def n_layers(self) -> int:
        """Number of weight matrices."""
        return len(self.geometry.rows)

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, as the kernels take them; a view."""
        return self.state.w

    def shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of layer `k`, 0 the first; the bias row is the last."""
        return int(self.geometry.rows[k]), int(self.geometry.cols[k])

    def layer(self, k: int) -> np.ndarray:
        """View of the weights of layer `k`, (rows, cols) float32."""
        weights: np.ndarray = train.layer_weights(self.state.w, self.geometry, k)
        return weights[:, : self.shape(k)[1]]

    def layer_digits(self, k: int) -> carry.Digits:
        """Views of the buffers of layer `k`."""
        digits: carry.Digits = binary_train.layer_digits(self.state, self.geometry, k)
        return digits

    def draw_devices(self) -> None:
        """Seeded devices: all are nominal here."""

    def initialise(self) -> None:
        """Seeded initial weights, uniform between -w and w with w = bs_initial_weight / sqrt(inputs).

        Devices are written to the nearest step of the lowest digit without an error; of each pair one side is at Gmin.
        """
        self.draw_devices()
        for k in range(self.n_layers):
            w = np.empty(self.shape(k), np.float32)
            width = self.layout.bs.bs_initial_weight / math.sqrt(self.layout.network.layers[k])
            noise.fill_weights(np.uint64(self.layout.run.seed), k, width, w)
            if not self.digits:
                np.clip(w, -self.learning.reach, self.learning.reach, out=w)
            self.set_frame(k, self._written(w) if self.digits else (w,))

    def _written(self, w: np.ndarray) -> tuple[np.ndarray, ...]:
        """Conductances of all digits that stand for `w`."""
        bs, span = self.layout.bs, self.layout.device.span
        steps = self.layout.device.staircase()
        heights = (steps - steps[0]) / span  # of the stairs, 0 to 1
        rest, frame = w.astype(np.float64) / bs.bs_scale, []
        for k in range(self.digits):
            size = np.abs(rest)
            below = np.searchsorted(heights, size * (1.0 + 1e-9), "right") - 1
            if k == self.digits - 1:
                above = np.minimum(below + 1, len(steps) - 1)
                below = np.where(heights[above] - size < size - heights[below], above, below)
            sign = np.where(rest < 0.0, -1.0, 1.0)
            frame += [steps[np.where(sign > 0, below, 0)], steps[np.where(sign < 0, below, 0)]]
            rest = (rest - sign * heights[below]) * bs.bs_base
        return tuple(frame)

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`, copied."""
        if not self.digits:
            return (np.array(self.layer(k), order="C"),)
        d, cols = self.layer_digits(k), self.shape(k)[1]
        return tuple(np.array(side[q, :, :cols], order="C") for q in range(self.digits) for side in (d.plus, d.minus))

    def set_frame(self, k: int, values: tuple[np.ndarray, ...]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        if not self.digits:
            self.layer(k)[:] = values[0]
            return
        d, cols = self.layer_digits(k), self.shape(k)[1]
        for q in range(self.digits):
            d.plus[q, :, :cols], d.minus[q, :, :cols] = values[2 * q], values[2 * q + 1]
        carry.weigh_all(cols, self.cells, d)

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(G+, G-) of every digit of layer `k`, the highest first."""
        frame = self.frame(k)
        return list(zip(frame[0::2], frame[1::2], strict=True)) if self.layout.rule.has_devices(self.layout) else []

    def conductance(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-) of the highest digit of layer `k`, each (rows, cols) float32, S, copied."""
        frame = self.frame(k)
        return frame[0], frame[1]

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of a layer: nothing."""
        return {}

    def check_recordable(self) -> None:
        """Everything that moves a weight is in the pulse events."""

    def clear_counts(self, k: int) -> None:
        """Nothing is counted device by device."""

    def flush(self) -> None:
        """Nothing is counted device by device."""

    def most_writes(self) -> int:
        """0: devices are counted by `DigitState` only, that is with ``run.engine`` analog."""
        return 0

    def energies(self, n: int) -> dict[str, np.ndarray]:
        """The pulse lines are not followed; `energy_bs` counts events instead."""
        return {}

    def window_noise(self) -> None:
        """No update noise is followed."""

    def work_done(self) -> dict[str, list[float]]:
        """What was done since the state was made, per layer: see `kernels.binary_train`; and the mean conductance of a device now, S."""
        done = {name.lower(): self.work[:, q].astype(float).tolist() for q, name in enumerate(_WORK)}
        if self.digits:
            done["conductance"] = [float(np.mean(self.frame(k), dtype=np.float64)) for k in range(self.n_layers)]
        return done

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take."""
        return max(1, min(_BLOCK, _EVENTS // (self.learning.reads * self.learning.draws)))

    def new_buffers(self) -> tuple[Events, Curves]:
        """Event and curve buffers for one block."""
        return new_buffers(self.geometry, self.block, self.block * self.learning.reads * self.learning.draws)

    def train(self, iteration: int, order: np.ndarray, samples: Samples, events: Events, curves: Curves) -> None:
        """Train on the samples `order`, one iteration each, after `iteration` earlier ones; at most `block`."""
        until = iteration + len(order)
        self.carried = any(p and until // p > iteration // p for p in self.layout.bs.periods)
        binary_train.train_binary(
            np.uint64(self.layout.run.seed), iteration, order, samples, self.geometry, self.learning, self.device, self.cells, self.tables,
            self.state, None, None, events, curves, self.work,
        )  # fmt: skip

    def begin_replay(self, k: int, after: int) -> None:
        """Layer `k` is in its state after so many updates."""
        self._at[k] = after

    def replay(self, k: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray) -> None:
        """Apply recorded pulse events, each (events, bytes) uint8, and the carries up to the last of them, to layer `k`.

        All events of an iteration have to come in one call.
        """
        self._replay(k, int(iteration[-1]) if len(iteration) else int(self._at[k]), iteration, rows, raised, lowered)

    def end_replay(self, k: int, until: int) -> None:
        """All events up to so many updates were replayed: what is left are carries."""
        rows, cols = ((n + 7) // 8 for n in self.shape(k))
        none = np.empty((0, cols), np.uint8)
        self._replay(k, until, np.empty(0, np.int64), np.empty((0, rows), np.uint8), none, none)

    def _replay(
        self, k: int, until: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray
    ) -> None:
        binary_train.replay_binary(
            np.uint64(self.layout.run.seed), k, int(self._at[k]), until, self.shape(k)[1], iteration, rows, raised, lowered, self.learning,
            self.device, self.cells, self.layer_digits(k), None,
        )  # fmt: skip
        self._at[k] = until

    def evaluator(self, samples: Samples) -> BinaryEvaluator:
        """What computes the test accuracy."""
        return BinaryEvaluator(self, samples)


_WORK = (
    "READ_ROWS", "EVENTS", "EVENT_ROWS", "EVENT_COLUMNS", "PULSES", "BACK_READS", "BACK_ROWS", "BACK_COLUMNS", "CARRIES", "CARRY_PULSES",
    "CARRY_RESETS",
)  # fmt: skip


def cells_of(layout: Layout) -> carry.Cells:
    """Number system and device of a layout, as the kernels take them."""
    bs, device, v = layout.bs, layout.device, layout.variation
    n = len(device.staircase()) - 1
    linear = device.model == "exponential" and device.beta == 0.0 and device.beta_depression == 0.0
    threshold = bs.bs_carry_threshold * bs.bs_base * device.span / n
    if bs.bs_digits > 1 and bs.bs_carry_every and not threshold < device.span:
        raise LayoutError(
            f"bs.bs_carry_threshold: expected a threshold that a digit can reach, got {threshold / device.span:.3g} of its range "
            f"({bs.bs_carry_threshold:g} times base {bs.bs_base:g} of {n} steps); lower it or bs_base, or raise n_max"
        )
    return carry.Cells(
        np.float32(bs.bs_scale / device.span), np.float32(bs.bs_base), threshold, v.c2c, v.c2c_range * device.span, _WRITE * n, int(linear),
        int(bool(v.c2c or v.c2c_range)),
    )  # fmt: skip


class BinaryEvaluator(Evaluator):
    """Test accuracy by expectation, where only columns that were pulsed are read again, or by stochastic passes."""

    _state: BinaryState

    def __init__(self, state: BinaryState, samples: Samples) -> None:
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

    def classify(self) -> None:
        """Find the class of every sample."""
        s = self._state
        if s.layout.bs.bs_samples:
            binary_infer.classify_sampled(
                np.uint64(s.layout.run.seed), s.layout.bs.bs_samples, self._samples, s.geometry, s.temperature, s.learning.inputs, s.tables,
                s.weights, self._winners,
            )  # fmt: skip
            return
        self._read_stale()
        binary_infer.classify_expected(self._currents, s.geometry, s.temperature, s.weights, self._winners)
