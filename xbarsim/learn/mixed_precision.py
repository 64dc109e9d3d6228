"""State of a network whose gradients are added up digitally (Nandakumar et al. 2020)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from ..arrays.mapped import rows_of
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.rules.mixed_precision import MOST
from ..kernels.base.buffers import Samples, widest
from ..kernels.rules.mixed_precision.record import Record, replay_sums
from ..kernels.rules.mixed_precision.rule import MixedPrecision
from ..kernels.rules.mixed_precision.sums import Sums
from .gradient import GradientState
from .plan import Plan
from .rule import BLOCK, Kept, State, Vector

_EVENTS = 8
"""Events of an update and layer, at most, over the rows of the largest one."""

_ROUNDING = 1.0 + 1e-5
"""What float32 may make of 1."""

_BUFFER = 128 << 20
"""Bytes that the events of a block may take; only what is used of them is ever touched."""

_VECTORS = 64 << 20
"""Bytes that the vectors of a block may take."""

_CHI = "sum of what was asked for and not yet written, in units of U: w = W / U is -1 to 1"


def new_record(layout: Layout) -> Record:
    """Where the numbers of a layer lie in what is kept of a block, without room for any.

    Of an array that is read at several positions sums are kept, if they are fewer.
    """
    bias, places, inputs, errors, sums = int(layout.array.bias), [], [], [], []
    for array in layout.network.arrays:
        rows = rows_of(array)
        given, columns = array.source.size + bias, array.positions * array.outputs
        pairs = (array.inputs + bias) * array.outputs
        summed = array.positions > 1 and pairs <= layout.run.batch * (given + columns)
        inputs.append(0 if summed else given)
        errors.append(0 if summed else columns)
        sums.append(pairs if summed else 0)
        places.append(np.append(rows, np.full((len(rows), bias), given - 1), axis=1).astype(np.int32))
    none = np.zeros((0, 0), np.float32)
    input_at, error_at, sum_at, place_at = (
        np.append(0, np.cumsum(n)).astype(np.int64) for n in (inputs, errors, sums, [p.size for p in places])
    )
    place = np.concatenate([p.ravel() for p in places])
    return Record(none, none, none, input_at, error_at, sum_at, place, place_at)


def vectors_of(record: Record) -> tuple[Vector, ...]:
    """What a file keeps, by which sums follow after every update."""
    inputs, errors, sums = (tuple(np.diff(at).tolist()) for at in (record.input_at, record.error_at, record.sum_at))
    found = (
        Vector("input", "V", "voltages of the driven rows, or of the numbers that drive them", inputs),
        Vector("error", "1", "errors of the columns, position by position, as they multiply the inputs", errors),
        Vector("chi", "1", _CHI, sums, per_update=True),
    )
    return tuple(each for each in found if any(each.numbers))


class MixedPrecisionState(GradientState):
    """All conductances of a network, and the sums."""

    label = "mixed precision"
    color = "tab:olive"

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 3.0 * super().pace(layout)

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        plan = super().plan_of(layout)
        why = {**plan.why, "batch": "requests add up pair by pair, and are written after all samples of the batch"}
        return dataclasses.replace(plan, batch="written", why=why)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        s, g = self.layout.mixed_precision, self.geometry
        self.record = new_record(self.layout)
        self.vectors = vectors_of(self.record) if s.accumulate_record else ()
        self.kept = (*self.kept, Kept("chi", "1", _CHI, replayed=s.accumulate_record))
        zones = np.full(self.n_layers, s.accumulate_dead_zone, np.float32)
        zones[-1] = s.accumulate_output_dead_zone
        self.reading = self.reading._replace(dead_zone=zones)
        self.slope.rates[-1] *= s.accumulate_output_rate
        width = widest(g)
        self.sums = Sums(
            np.zeros(int(np.sum(g.rows * g.stride)), np.float32),
            np.zeros((self.n_layers, width), np.uint8),
            np.float32(self.step * s.accumulate_step),
            s.accumulate_every,
            s.accumulate_rows,
            s.accumulate_most or MOST,
            self.events_per_iteration,
            self.batch,
            2.0**s.accumulate_input_bits - 1.0,
            2.0 ** (s.accumulate_error_bits - 1) - 1.0 if s.accumulate_error_bits else 0.0,
            np.zeros(width, np.float32),
            np.zeros(int(np.max(g.rows * g.cols)), np.int32),
            np.zeros(int(np.max(g.rows * g.cols)), np.int32),
            np.zeros(3, np.int64),
        )
        self._begin = np.zeros(1, np.int64)

    @property
    def rule(self) -> MixedPrecision:
        """What the kernels need to know of the rule."""
        return MixedPrecision(self.reading, self.slope, self.sums, self._begin, self.record, self.refresh)

    @property
    def events_per_iteration(self) -> int:
        """Most pulse events that one layer records in one iteration."""
        return _EVENTS * int(self.geometry.rows.max())

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take: a pair is pulsed several times in each."""
        g = self.geometry
        event = (int(g.rows.max()) + 7) // 8 + 2 * ((int(g.cols.max()) + 7) // 8) + 8
        room = _BUFFER // (event * self.n_layers * self.events_per_iteration)
        r = self.record
        vectors = 4 * (self.batch * int(r.input_at[-1] + r.error_at[-1]) + int(r.sum_at[-1]))
        return max(1, min(BLOCK, room, _VECTORS // vectors, self._flush_limit // self.sums.most))

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Note the time, and make room in the counters."""
        self._reserve(len(order) // self.batch * self.sums.most)
        self._begin[0] = iteration

    # States --------------------------------------------------------------------------------------------------------

    def initialise(self) -> None:
        """Seeded devices and initial weights; nothing is added up."""
        super().initialise()
        self.sums.chi[:] = 0
        self.sums.over[:] = 0

    def layer_sums(self, k: int) -> np.ndarray:
        """View of the sums of layer `k`, (rows, cols) float32, in units of w."""
        (rows, cols), stride, a = self.shape(k), int(self.geometry.stride[k]), int(self.geometry.offset[k])
        return self.sums.chi[a : a + rows * stride].reshape(rows, stride)[:, :cols]

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`, copied."""
        return (*super().frame(k), self.layer_sums(k).copy())

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        super().set_frame(k, values[:2])
        self._set_sums(k, values[2])

    def _set_sums(self, k: int, chi: np.ndarray) -> None:
        self.layer_sums(k)[:] = chi
        self.sums.over[k, : self.shape(k)[0]] = (np.abs(chi) >= self.sums.eps).any(axis=1)

    def may_commit(self, iteration: int, *, keyframe: bool) -> bool:
        """Sums do not follow from recorded pulses: without vectors a run goes on from keyframes."""
        return keyframe or bool(self.vectors)

    # Vectors -------------------------------------------------------------------------------------------------------

    def keep_vectors(self) -> None:
        """Keep what sums follow from from now on, if it is to be kept."""
        if self.vectors:
            r, n = self.record, self.block
            inputs, errors = (np.zeros((n * self.batch, at[-1]), np.float32) for at in (r.input_at, r.error_at))
            self.record = r._replace(inputs=inputs, errors=errors, sums=np.zeros((n, r.sum_at[-1]), np.float32))

    def without_vectors(self) -> None:
        """Of networks with maps earlier versions kept none."""
        if self.layout.network.mapped:
            self.vectors = ()
            self.kept = (*self.kept[:-1], self.kept[-1]._replace(replayed=False))

    def vectors_of(self, n: int) -> list[dict[str, np.ndarray]]:
        """Inputs and errors, or sums, of the last `n` iterations, of each layer."""
        if not self.vectors:
            return []
        r, m = self.record, n * self.batch
        parts = {
            "input": (r.inputs[:m], r.input_at),
            "error": (r.errors[:m], r.error_at),
            "chi": (r.sums[:n], r.sum_at),
        }
        return [
            {name: values[:, at[k] : at[k + 1]] for name, (values, at) in parts.items() if at[k] < at[k + 1]}
            for k in range(self.n_layers)
        ]

    def take_vectors(self, k: int, after: int, values: Mapping[str, np.ndarray]) -> None:
        """Bring the sums of layer `k` on, from recorded inputs and errors, or to recorded ones."""
        if "chi" in values:
            self._set_sums(k, values["chi"][-1].reshape(self.shape(k)))
            return
        rows, v_read, zone = self.shape(k)[0], self.reading.v_read, self.reading.dead_zone[k]
        lines, volts = np.empty(rows, np.int32), np.empty(rows, np.float32)
        inputs, errors = (np.ascontiguousarray(values[name], np.float32) for name in ("input", "error"))
        self._check_vectors(k, inputs, errors)
        g, record = self.geometry, self.record
        replay_sums(self.sums, record, self.slope, g, k, after, inputs, errors, zone, v_read, lines, volts)

    def _check_vectors(self, k: int, inputs: np.ndarray, errors: np.ndarray) -> None:
        """A row is driven with 0 to the read voltage, and no p - t is beyond 1: others would become sums unnoticed."""
        most = float(self.reading.v_read) * _ROUNDING
        if len(inputs) and not (inputs.min() >= 0.0 and inputs.max() <= most):
            raise LayoutError(f"inputs from {inputs.min():.3g} to {inputs.max():.3g} V, read at {most:.3g} V")
        if k == self.n_layers - 1 and len(errors) and np.abs(errors).max() > _ROUNDING:
            raise LayoutError(f"an error p - t of {np.abs(errors).max():.3g}, which is at most 1")


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return MixedPrecisionState
