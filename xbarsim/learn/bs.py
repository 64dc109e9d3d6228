"""Networks that learn binary-stochastically, a reconstruction (see kernels/rules/bs/bits.py): their states."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.rules.bs import BS_INPUTS, BS_OUTPUTS, BS_SLOPES
from ..kernels.base import noise
from ..kernels.base.buffers import Curves, Samples
from ..kernels.rules.bs import bits, carry, digits
from ..kernels.rules.bs import learning as kernel
from ..kernels.rules.bs.arrays import Arrays
from ..kernels.rules.bs.ideal import Steps
from ..kernels.rules.bs.nominal import Nominal, layer_digits
from ..kernels.way.hardware import Reading
from .bs_evaluators import BitsEvaluator, DigitsEvaluator
from .devices import COUNTS
from .network import NetworkState
from .plan import Plan, batch_plan
from .rule import Count, Evaluator, Kept, State, as_kept
from .usage import Inputs, Usage

_WRITE = 4  # a write ends after so many times the pulses from Gmin to Gmax
_NO_BOUND = 1e30

_WORK = (
    "READ_ROWS",
    "EVENTS",
    "EVENT_ROWS",
    "EVENT_COLUMNS",
    "PULSES",
    "BACK_READS",
    "BACK_ROWS",
    "BACK_COLUMNS",
    "CARRIES",
    "CARRY_PULSES",
    "CARRY_RESETS",
)


def reading_of(n: int) -> Reading:
    """Units of a network of `n` layers that has none."""
    one, zeros = np.float32(1.0), np.zeros(n, np.float32)
    return Reading(one, one, one, np.ones(n, np.float32), 1.0, zeros, np.float32(0.0))


def initial_weights(layout: Layout, k: int, shape: tuple[int, int]) -> np.ndarray:
    """Seeded initial weights of layer `k`, uniform between -w and w with w = bs_initial_weight /
    sqrt(inputs), float32.
    """
    w = np.empty(shape, np.float32)
    width = layout.bs.bs_initial_weight / math.sqrt(layout.network.layers[k])
    noise.fill_weights(np.uint64(layout.run.seed), k, width, w)
    return w


def written(layout: Layout, w: np.ndarray) -> tuple[np.ndarray, ...]:
    """Conductances of all digits that stand for `w`: the nearest step of the lowest digit, without an error; of each
    pair one side is at Gmin.
    """
    bs, span = layout.bs, layout.device.span
    steps = layout.device.staircase()
    heights = (steps - steps[0]) / span  # of the stairs, 0 to 1
    rest, frame = w.astype(np.float64) / bs.bs_scale, []
    for k in range(bs.bs_digits):
        size = np.abs(rest)
        below = np.searchsorted(heights, size * (1.0 + 1e-9), "right") - 1
        if k == bs.bs_digits - 1:
            above = np.minimum(below + 1, len(steps) - 1)
            below = np.where(heights[above] - size < size - heights[below], above, below)
        sign = np.where(rest < 0.0, -1.0, 1.0)
        frame += [steps[np.where(sign > 0, below, 0)], steps[np.where(sign < 0, below, 0)]]
        rest = (rest - sign * heights[below]) * bs.bs_base
    return tuple(frame)


def _carry_threshold(layout: Layout) -> float:
    """Where a digit carries, S; an error if it cannot get there."""
    bs, device = layout.bs, layout.device
    n = len(device.staircase()) - 1
    threshold: float = bs.bs_carry_threshold * bs.bs_base * device.span / n
    if bs.bs_digits > 1 and bs.bs_carry_every and not threshold < device.span:
        raise LayoutError(
            "bs.bs_carry_threshold: expected a threshold that a digit can reach, "
            f"got {threshold / device.span:.3g} of its range "
            f"({bs.bs_carry_threshold:g} times base {bs.bs_base:g} of {n} steps); lower it or bs_base, or raise n_max"
        )
    return threshold


def cells_of(layout: Layout) -> carry.Cells:
    """Number system and device of a layout, as the kernels take them."""
    bs, device, v = layout.bs, layout.device, layout.variation
    n = len(device.staircase()) - 1
    linear = device.model == "exponential" and device.beta == 0.0 and device.beta_depression == 0.0
    return carry.Cells(
        np.float32(bs.bs_scale / device.span),
        np.float32(bs.bs_base),
        _carry_threshold(layout),
        v.c2c,
        v.c2c_range * device.span,
        _WRITE * n,
        int(linear),
        int(bool(v.c2c or v.c2c_range)),
    )


class BitsState(State):
    """What all states of the rule have in common: settings, draws, what was done, inference.

    Weights have no unit. With ideal steps they are what is kept; with devices the conductances of all digits are, the
    highest digit's being ``g_plus`` and ``g_minus``, the next one's ``g_plus_1`` and ``g_minus_1``, and so on.
    """

    label = "bs"
    color = "tab:green"

    def set_up(self, layout: Layout) -> None:
        """Take the settings from the section ``[bs]``."""
        n, bs = len(layout.network.layers) - 1, layout.bs
        self.digits = bs.bs_digits
        self.temperature = np.full(n, bs.bs_temperature, np.float32)
        self.temperature[-1] = bs.bs_output_temperature
        dead_zone = np.full(n, bs.bs_inner_dead_zone, np.float32)
        dead_zone[-2:] = bs.bs_dead_zone
        self.work = np.zeros((n, kernel.WORK), np.int64)
        slope_temperature = (self.temperature * np.float32(bs.bs_slope_temperature)).astype(np.float32)
        self.learning = kernel.Learning(
            np.uint64(layout.run.seed),
            self.temperature,
            slope_temperature,
            dead_zone,
            list(BS_SLOPES).index(bs.bs_slope),
            np.float32(bs.bs_window),
            list(BS_INPUTS).index(bs.bs_input),
            list(BS_OUTPUTS).index(bs.bs_output),
            bs.bs_reads,
            bs.bs_draws,
            np.array(bs.periods, np.int64),
            bits.build_tables(),
            self.work,
        )
        self.carried = False  # whether there was a carry in the last block

    @property
    def rule(self) -> Any:
        """What the kernels need to know of the rule."""
        return self.learning

    def weight_matrix(self, k: int) -> np.ndarray:
        """Whole weights of layer `k`, (rows, cols) float32, without unit."""
        return self.layer_weights(k)

    @property
    def passes(self) -> int:
        """Output samples of an image, each with its pulses."""
        return int(self.learning.reads * self.learning.draws)

    def after_block(self, iteration: int, n: int, curves: Curves) -> None:
        """Note whether there was a carry."""
        super().after_block(iteration, n, curves)
        self.carried = any(p and (iteration + n) // p > iteration // p for p in self.layout.bs.periods)

    def work_done(self) -> dict[str, list[float]]:
        """What was done since the state was made, per layer: see kernels/rules/bs; and the mean conductance of a device
        now, S.
        """
        done = {name.lower(): self.work[:, q].astype(float).tolist() for q, name in enumerate(_WORK)}
        if self.digits:
            done["conductance"] = [float(np.mean(self.frame(k), dtype=np.float64)) for k in range(self.n_layers)]
        return done

    def summary(self) -> dict[str, Any]:
        """What was done; of a run that goes on from a file it is not known."""
        return {**super().summary(), "work": None if self.resumed else self.work_done()}

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """Driven rows and columns are counted, and every line is driven at the full read voltage."""
        if not self.has_devices:
            return super().usage(iteration, inputs)
        work, n, digits = self.work_done(), self.n_layers, self.digits
        pairs = [
            np.array([plus.astype(np.float64) + minus for plus, minus in self.conductances(k)]) for k in range(n)
        ]  # G+ + G-, (digits, rows, cols) float64, S
        square = self.layout.array.v_read**2
        rows = [float(p.sum(axis=(0, 2)).mean()) for p in pairs]  # S, of a row
        driven = np.append(inputs.mean, np.ones(len(pairs[0][0]) - len(inputs.mean)))  # how often: the bias row always
        rows[0] = float(driven @ pairs[0].sum(axis=(0, 2)) / driven.sum())
        columns = [float(p.sum(axis=(0, 1)).mean()) for p in pairs]
        reads = np.array([*work["read_rows"], *work["back_columns"]])
        scans = [iteration // period if period else 0 for period in self.layout.bs.periods]
        scanned = [sum(float(p[q].sum()) for p in pairs) for q in range(digits)]
        device = [float(p.mean()) / 2.0 for p in pairs]  # verified after a carry pulse
        return Usage(
            reads,
            square * np.array(rows + columns),
            np.array([*map(float, scans), *work["carry_pulses"]]),
            square * np.array(scanned + device),
        )

    @classmethod
    def reader(cls, layout: Layout) -> Any:
        """Digits that are written and read: where they would carry does not matter."""
        return ArraysState(layout.replace(bs_carry_every=0)) if layout.bs.bs_digits else super().reader(layout)

    @classmethod
    def reads_noise(cls, layout: Layout) -> bool:
        """By expectation noise averages out, in passes it does not."""
        return bool(layout.bs.bs_samples)

    resumed = False

    def begin_replay(self, k: int, after: int) -> None:
        """Layer `k` is in its state after so many updates."""
        super().begin_replay(k, after)
        self.resumed = True

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        return BitsEvaluator(self, samples)


def digits_kept(n: int) -> tuple[Kept, ...]:
    """What keyframes hold of so many digits."""
    names = ["", *(f"_{k}" for k in range(1, n))]
    return as_kept(
        (f"g_{side}{name}", "S", f"conductance of the {side} devices of digit {k}")
        for k, name in enumerate(names)
        for side in ("plus", "minus")
    )


class IdealState(BitsState):
    """Float weights that move by ideal steps.

    Parameters
    ----------
    layout : Layout
        Of the rule ``bs``, without digits.
    """

    kept = (Kept("weight", "1", "weight"),)

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 2.0

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        batch, why = batch_plan(layout)
        return Plan(
            "bs", "steps", "ideal", batch, "silent", "binary", {"array": "ideal steps of float weights", "batch": why}
        )

    @property
    def known_as(self) -> str:
        """What errors call a run of it."""
        return f"{super().known_as} with ideal steps"

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.set_up(layout)
        self.reading, g = reading_of(self.n_layers), self.geometry
        self._w = np.zeros(int(np.sum(g.rows * g.stride)), np.float32)
        width = int(g.stride.max())
        self._adds = np.empty((1, width), np.float32)
        self._waiting = np.empty((layout.bs.bs_draws, int(g.stride[0])), np.float32)
        self._rows, self._count = np.empty(int(g.rows[0]) + 1, np.int32), np.zeros(2, np.int64)
        if self.batch > 1:
            self._count[0] = -1  # steps of one image must not wait for those of another

    @property
    def array(self) -> Steps:
        """The weights."""
        bs, run = self.layout.bs, self.layout.run
        first = self._w[: int(self.geometry.rows[0] * self.geometry.stride[0])].reshape(int(self.geometry.rows[0]), -1)
        return Steps(
            self._w,
            bs.bs_step,
            bs.bs_step_end,
            run.schedule or run.iterations or 1,
            np.float32(bs.bs_reach or _NO_BOUND),
            self._adds,
            first,
            self._waiting,
            self._rows,
            self._count,
        )

    @property
    def replayed_array(self) -> Steps:
        """The weights, whose steps do not wait for a read."""
        return self.array._replace(count=np.full(2, -1))

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, as the kernels take them; a view."""
        return self._w

    def initialise(self) -> None:
        """Seeded initial weights, see `initial_weights`."""
        reach = np.float32(self.layout.bs.bs_reach or _NO_BOUND)
        for k in range(self.n_layers):
            self.set_frame(k, (np.clip(initial_weights(self.layout, k, self.shape(k)), -reach, reach),))

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """The weights of layer `k`, copied."""
        return (np.array(self.layer_weights(k), order="C"),)

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.layer_weights(k)[:] = values[0]


class NominalState(BitsState):
    """Digits of devices that differ in nothing but noise, on ideal circuits.

    Parameters
    ----------
    layout : Layout
        Of the rule ``bs``, with digits.
    """

    has_devices = True

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 8.0

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        _carry_threshold(layout)
        batch, why = batch_plan(layout)
        reasons = {"array": "digits of devices that differ in nothing but noise", "batch": why}
        return Plan("bs", "nominal", "ideal", batch, "silent", "binary", reasons)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.set_up(layout)
        self.reading, g = reading_of(self.n_layers), self.geometry
        self.kept = digits_kept(self.digits)
        self.device = layout.device.kernel()
        self.cells = cells_of(layout)
        n = int(np.sum(g.rows * g.stride))
        one, all_digits = (np.zeros(n, np.float32), np.zeros(n, np.float32)), self.digits * n
        self.state = carry.Digits(*one, np.zeros(all_digits, np.float32), np.zeros(all_digits, np.float32))
        self._keys = np.empty((2, int(max(g.stride.max(), g.rows.max())) + 16), np.uint64)

    @property
    def array(self) -> Nominal:
        """The digits."""
        return Nominal(self.state.w, self.state, self.device, self.cells, self._keys)

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, as the kernels take them; a view."""
        return self.state.w

    def layer_digits(self, k: int) -> carry.Digits:
        """Views of the buffers of layer `k`."""
        own: carry.Digits = layer_digits(self.state, self.geometry, k)
        return own

    def initialise(self) -> None:
        """Seeded initial weights, written into devices without an error."""
        for k in range(self.n_layers):
            self.set_frame(k, written(self.layout, initial_weights(self.layout, k, self.shape(k))))

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`, copied."""
        d, cols = self.layer_digits(k), self.shape(k)[1]
        return tuple(np.array(side[q, :, :cols], order="C") for q in range(self.digits) for side in (d.plus, d.minus))

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        d, cols = self.layer_digits(k), self.shape(k)[1]
        for q in range(self.digits):
            d.plus[q, :, :cols], d.minus[q, :, :cols] = values[2 * q], values[2 * q + 1]
        carry.weigh_all(cols, self.cells, d)

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(G+, G-) of all digits of layer `k`, from the highest down, each (rows, cols) float32, S, copied."""
        frame = self.frame(k)
        return list(zip(frame[::2], frame[1::2], strict=True))


class ArraysState(BitsState, NetworkState):
    """Digits of devices that depart from the nominal one, or whose reads pass real circuits: digit q of layer k is
    array ``k * digits + q``.

    Parameters
    ----------
    layout : Layout
        Of the rule ``bs``, with digits.
    """

    drawn_replays = False

    ladder_obstacle = "rule bs, whose pulses are those of method c"

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 50.0

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        _carry_threshold(layout)
        plan = super().plan_of(layout)
        why = {**plan.why, "array": f"digits, each an array of its own: {plan.why['array']}"}
        return dataclasses.replace(plan, array="arrays", engine="analog", why=why)

    def __init__(self, layout: Layout) -> None:
        NetworkState.__init__(self, layout, layout.bs.bs_digits)
        self.set_up(layout)
        self.reading, g = reading_of(self.n_layers), self.geometry
        self.kept = digits_kept(self.digits)
        cells = cells_of(layout)
        unit = [cells.per_siemens]
        for _ in range(1, self.digits):
            unit.append(unit[-1] / cells.base)
        self.own = digits.DigitArrays(
            self.arrays,
            self.pairs,
            self.digits,
            np.array(unit, np.float32),
            float(cells.base),
            cells.threshold,
            cells.most,
            self.steps,
            layout.array.v_read,
            digits.array_of(self.pairs, self.device, self.steps, self.pairs.scatter),
        )
        n, none = int(np.sum(g.rows * g.stride)), np.zeros(0, np.float32)
        self.state = carry.Digits(np.zeros(n, np.float32), np.zeros(n, np.float32), none, none)

    @property
    def array(self) -> Arrays:
        """The digits."""
        return Arrays(self.state.w, self.state, self.own, self.device)

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, composed of their digits; a view."""
        return self.state.w

    def layer_digits(self, k: int) -> carry.Digits:
        """Views of the weights of layer `k`."""
        own: carry.Digits = layer_digits(self.state, self.geometry, k)
        return own

    def initialise(self) -> None:
        """Seeded devices; seeded initial weights, written into them without an error, but for stuck ones."""
        self.draw_devices()
        for k in range(self.n_layers):
            self.set_frame(k, written(self.layout, initial_weights(self.layout, k, self.shape(k))))

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`, copied: nominal conductances."""
        return tuple(side for q in range(self.digits) for side in self.nominal(k * self.digits + q))

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave: nominal conductances."""
        for q in range(self.digits):
            n = k * self.digits + q
            plus, minus = self.with_faults(n, values[2 * q], values[2 * q + 1])
            self.set_nominal(n, plus.astype(np.float32), minus.astype(np.float32))
        digits.compose_all(k, self.shape(k)[1], self.own, self.layer_digits(k))

    def fill(self, sides: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        """Let the devices conduct this: (G+, G-) of all digits of every layer, each (rows, cols) float32, S."""
        super().fill(sides)
        for k in range(self.n_layers):
            digits.compose_all(k, self.shape(k)[1], self.own, self.layer_digits(k))

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of layer `k`; of lower digits with their number at the end."""
        return {
            name if q == 0 else f"{name}_{q}": values
            for q in range(self.digits)
            for name, values in NetworkState.fixed(self, k * self.digits + q).items()
        }

    def set_fixed(self, k: int, read: Any) -> None:
        """Windows of digits follow from the seed."""

    def counts(self, k: int) -> dict[str, Count]:
        """What was counted of the devices of layer `k`; of lower digits with their number at the end."""
        return {
            name if q == 0 else f"{name}_{q}": count
            for q in range(self.digits)
            for name, count in NetworkState.counts(self, k * self.digits + q).items()
        }

    def clear_counts(self, k: int) -> None:
        """Set the counts of layer `k` back to 0."""
        for q in range(self.digits):
            NetworkState.clear_counts(self, k * self.digits + q)

    def set_counts(self, k: int, counts: Mapping[str, np.ndarray]) -> None:
        """Put the pulses and resets of the devices of layer `k` to what `counts` gave."""
        for q in range(self.digits):
            own = {name: counts[name if q == 0 else f"{name}_{q}"] for name in COUNTS}
            NetworkState.set_counts(self, k * self.digits + q, own)

    @property
    def reads_per_iteration(self) -> int:
        """Reads of layers, one after another, in an iteration."""
        forward, backward = self.layout.bs.bs_reads * self.n_layers, self.passes * (self.n_layers - 1)
        reads: int = self.batch * (forward + backward)
        return reads

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        return DigitsEvaluator(self, samples) if self.real else BitsEvaluator(self, samples)


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    if not layout.bs.bs_digits:
        return IdealState
    plain = dataclasses.replace(layout.variation, c2c=0.0, c2c_range=0.0)
    differ = plain.any or layout.real_circuits or not layout.device.deterministic
    return ArraysState if differ or layout.run.engine == "analog" else NominalState
