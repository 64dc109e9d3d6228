"""Networks that learn binary-stochastically on digits of devices: nominal ones, and any on any circuit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..kernels.base.buffers import Samples
from ..kernels.rules.bs import carry, digits
from ..kernels.rules.bs.arrays import Arrays
from ..kernels.rules.bs.nominal import Nominal, layer_digits
from .bs_evaluators import BitsEvaluator, DigitsEvaluator
from .bs_state import BitsState, initial_weights, reading_of
from .network import NetworkState
from .plan import Plan, batch_plan
from .rule import Evaluator, Kept, as_kept
from .several import Several

_WRITE = 4  # a write ends after so many times the pulses from Gmin to Gmax


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


def digits_kept(n: int) -> tuple[Kept, ...]:
    """What keyframes hold of so many digits."""
    names = ["", *(f"_{k}" for k in range(1, n))]
    return as_kept(
        (f"g_{side}{name}", "S", f"conductance of the {side} devices of digit {k}")
        for k, name in enumerate(names)
        for side in ("plus", "minus")
    )


class DigitsState(BitsState):
    """Weights of digits."""

    state: carry.Digits

    @classmethod
    def reader(cls, layout: Layout) -> Any:
        """Digits that are written and read: where they would carry does not matter."""
        return ArraysState(layout.replace(bs_carry_every=0))

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, composed of their digits, as the kernels take them; a view."""
        return self.state.w

    def layer_digits(self, k: int) -> carry.Digits:
        """Views of the buffers of layer `k`; of digits that are arrays of their own, of its weights."""
        own: carry.Digits = layer_digits(self.state, self.geometry, k)
        return own


class NominalState(DigitsState):
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


class ArraysState(Several, DigitsState, BitsState, NetworkState):  # in this order: what bits say goes before pairs
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

    @property
    def reads_per_iteration(self) -> int:
        """Reads of layers, one after another, in an iteration."""
        positions = [a.positions for a in self.layout.network.arrays]
        forward, backward = self.layout.bs.bs_reads * sum(positions), self.passes * sum(positions[1:])
        reads: int = self.batch * (forward + backward)
        return reads

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        return DigitsEvaluator(self, samples) if self.real else BitsEvaluator(self, samples)
