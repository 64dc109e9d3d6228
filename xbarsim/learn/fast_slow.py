"""State of a network whose layers have a fast and a slow array (see kernels/rules/fast_slow)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.rules.fast_slow import ESTIMATE, flips_every
from ..kernels.base.buffers import Samples
from ..kernels.base.trains import new_trains
from ..kernels.circuit.joined import Joined
from ..kernels.circuit.silent import Silent
from ..kernels.rules.fast_slow.buffered import Buffered
from ..kernels.rules.fast_slow.direct import Direct
from ..kernels.rules.fast_slow.estimated import Estimated
from ..kernels.rules.fast_slow.moving import Moving
from ..kernels.rules.fast_slow.rule import FastSlow
from ..kernels.rules.fast_slow.two import Two, make_room
from ..kernels.way.room import hardware_room_of
from .gradient import TrainsState
from .rule import Kept, Rows, Series, as_kept
from .several import Several
from .usage import Inputs, Usage

MEANS = Series(
    "means",
    "Running means that scale the updates of the fast arrays, per iteration",
    {
        "largest_input": ("1", "running mean of the largest input of a sample"),
        "largest_error": ("1", "running mean of the largest error of a sample"),
    },
    per_layer=True,
    per_iteration=True,
)
"""What updates are scaled by, kept for every iteration: a run goes on with them."""

BUFFER = (Kept("buffer", "1", "digital buffer, in steps of the slow array"),)
CHOPPER = (Kept("chopper", "1", "sign of the line, +1 or -1"),)
REFERENCE = as_kept(
    (
        ("read_mean", "1", "running mean of the reads of the fast array, in units of the largest W"),
        ("reference", "1", "what is taken for the symmetry point of the fast array, in the same units"),
    )
)


class FastSlowState(Several, TrainsState):
    """All conductances of a network, and what is kept digitally. Of each layer the slow array is the weight."""

    apart = True
    drawn_replays = False

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 4.0 * super().pace(layout)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout, copies=2)
        s, g = self.layout.fast_slow, self.geometry
        traits = self.layout.rule.traits
        self.chops = "chopper" in traits and s.chop_probability > 0.0
        self.buffers, self.estimates = "buffer" in traits, ESTIMATE in traits
        cells = int(np.sum(g.rows * g.stride))
        width = int(max(g.rows.max(), g.stride.max())) + 1
        self.hidden = np.zeros(cells if self.buffers else 0, np.float32)
        self.mean, self.reference = (np.zeros(cells if self.estimates else 0, np.float32) for _ in range(2))
        self.means = np.zeros((self.n_layers, 2))
        self.moving = self._moving(width)
        self.digest = self._digest(width)
        names = ["", "_1"]
        self.kept = (
            *as_kept(
                (f"g_{side}{name}", "S", f"conductance of the {side} devices of the {array} array")
                for name, array in zip(names, ("slow", "fast"), strict=True)
                for side in ("plus", "minus")
            ),
            *(BUFFER if self.buffers else ()),
            *(CHOPPER if self.chops else ()),
            *(REFERENCE if self.estimates else ()),
        )
        self.scaled = self.buffers and s.auto_scale
        if self.scaled:
            self.series = (*self.series, MEANS)
        self._log = np.zeros((self.block if self.scaled else 1, self.n_layers, 2))
        self._begin = np.zeros(1, np.int64)
        self._again: Any = None

    def _moving(self, width: int) -> Moving:
        s, run = self.layout.fast_slow, self.layout.run
        regular = flips_every(s.chop_probability) if self.chops or self.estimates else 0
        at_random = self.chops and s.chop_random and not self.estimates
        return Moving(
            s.transfer_every,
            s.transfer_reads,
            int(s.transfer_by == "rows"),
            np.float32(s.fast_weight),
            run.batch,
            s.transfer_rate,
            np.uint64(run.seed),
            s.chop_probability if at_random else 0.0,
            0 if at_random else regular,
            np.zeros((self.n_layers, width), np.uint8),
            np.zeros(width, np.float32),
            np.zeros(width, np.int64),
            np.zeros(4, np.int64),
            None,
        )

    def _digest(self, width: int) -> Any:
        s, t, seed = self.layout.fast_slow, self.layout.trains, self.layout.run.seed
        if not self.buffers:
            trains = new_trains(seed, s.transfer_length, t.length_management, t.update_management, width)
            return Direct(trains, np.zeros(width, np.float32), np.zeros(1, np.int32), np.ones(1, np.float32))
        lines = self.geometry.rows if s.transfer_by == "rows" else self.geometry.cols
        worth = s.buffer_granularity * np.ones(self.n_layers)
        if s.auto_granularity > 0.0:
            worth = s.auto_granularity / (lines * max(s.transfer_every, 1.0))
        buffer = Buffered(
            self.hidden, self.step * worth, np.float32(s.buffer_momentum), int(s.buffer_forget), s.transfer_length
        )
        if not self.estimates:
            return buffer
        follow = min(s.tail_weight / self.moving.regular, 1.0)
        return Estimated(buffer, self.mean, self.reference, np.float32(follow))

    # What the kernels take -----------------------------------------------------------------------------------------

    @property
    def rule(self) -> FastSlow:
        """What the kernels need to know of the rule."""
        return self._rule(self.moving)

    def _rule(self, moving: Moving) -> FastSlow:
        s, rate = self.layout.fast_slow, self.layout.gradient.gradient_rate
        each = self.slope.rates / rate  # of products of input and error
        return FastSlow(
            self.reading,
            self.slope,
            self.trains,
            self.step,
            s.fast_rate * each * (rate if s.fast_rate_scales else 1.0),
            int(s.fast_rate_scales),
            s.fast_rate * self.trains.longest if self.scaled else 0.0,
            0.01 / self.batch,
            self.means,
            self._log,
            self._begin,
            rate,
            moving,
            self.digest,
            self.refresh,
        )

    @property
    def replayed_rule(self) -> FastSlow:
        """The same for a replay, in which lines of the fast arrays are read again."""
        if self._again is None:
            self._again = make_room(self.geometry, 1)
        again = self.circuit_as_it_is, Silent(0), hardware_room_of(self._again, 0)
        return self._rule(self.moving._replace(again=again))

    @property
    def array(self) -> Two:
        """Both arrays."""
        return Two(self.pairs.w, self.pairs_array, self.arrays)

    @property
    def weights(self) -> np.ndarray:
        """W of all layers as reads see it, flat float32, S."""
        n = int(np.sum(self.geometry.rows * self.geometry.stride))
        gamma = self.moving.gamma
        if not gamma:
            return self.pairs.w[:n]
        return self._joined(self.pairs.w)

    def _joined(self, flat: np.ndarray) -> np.ndarray:
        """Slow plus gamma times the chopped fast array, of all layers."""
        g, out = self.geometry, flat[: int(np.sum(self.geometry.rows * self.geometry.stride))].copy()
        for k in range(self.n_layers):
            rows, stride = int(g.rows[k]), int(g.stride[k])
            a, b = int(g.offset[k]), int(self.arrays.offset[self.number_of(k, 1)])
            part = self.moving.gamma * flat[b : b + rows * stride].reshape(rows, stride)
            out[a : a + rows * stride] += (self._signs(k, stride) * part).ravel()
        return out

    def _signs(self, k: int, width: int) -> np.ndarray:
        """What the choppers of layer `k` multiply its reads with, (rows, width) float32, +1 or -1."""
        rows = self.shape(k)[0]
        n = rows if self.moving.by_rows else width
        signs = (1 - 2 * self.moving.chopper[k, :n].astype(np.int8)).astype(np.float32)
        signs = signs[:, None] if self.moving.by_rows else signs[None, :]
        return np.ascontiguousarray(np.broadcast_to(signs, (rows, width)))

    def transfer(self) -> np.ndarray:
        """What the arrays make of voltages, laid out as `weights`."""
        if self.plan.circuit != "wired":
            return self.weights
        flat = super().transfer()
        return self._joined(flat) if self.moving.gamma else flat

    @property
    def tested(self) -> Any:
        """Wires of both arrays of a layer, whose currents are added."""
        own, m = super().tested, self.moving
        if not m.gamma:
            return own
        return Joined._make((*own, m.gamma, m.by_rows, m.chopper, np.zeros_like(own.sensed)))

    def as_read(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(G+, G-) of both arrays; those of the fast one are exchanged where a chopper changes their sign, as a reader
        has no choppers.
        """
        slow, (plus, minus) = self.conductances(k)
        if self.moving.gamma and self.chops:
            turned = self._signs(k, self.shape(k)[1]) < 0.0
            plus, minus = np.where(turned, minus, plus), np.where(turned, plus, minus)
        return [slow, (plus, minus)]

    def weight_matrix(self, k: int) -> np.ndarray:
        """W of layer `k` as reads see it, (rows, cols) float32, S."""
        return self.layer_weights(k) if self.moving.gamma else super().weight_matrix(k)

    @property
    def updates_per_iteration(self) -> int:
        """Most updates of one pair in an iteration: of the fast arrays, or of the slow ones."""
        due = int(math.ceil(self.batch / max(self.moving.every, 1.0)) * self.moving.reads)
        return max(super().updates_per_iteration, due * int(self.layout.fast_slow.transfer_length))

    @property
    def events_per_iteration(self) -> int:
        """Most pulse events that one layer records in one iteration."""
        chopped = 2 if self.chops and self.moving.by_rows else 1
        due = int(math.ceil(self.batch / max(self.moving.every, 1.0)) * self.moving.reads)
        moved: int = due * self.layout.fast_slow.transfer_length * (1 if self.moving.by_rows else 2)
        return chopped * super().events_per_iteration + moved + 1

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """What was read up to so many updates, lines of the fast arrays by themselves, and what it takes now."""
        moved = math.floor(iteration * self.batch / max(self.moving.every, 1.0)) * self.moving.reads
        line = []
        for k in range(self.n_layers):
            plus, minus = self.conductances(k)[1]
            every = self.shape(k)[0 if self.moving.by_rows else 1]
            line.append((float(plus.sum(dtype=np.float64)) + float(minus.sum(dtype=np.float64))) / every)
        power = float(self.reading.v_read) ** 2 * np.array(line)
        found = super().usage(iteration, inputs)
        lines = np.full(self.n_layers, float(moved))
        if self.refresh is None:
            return found._replace(sensings=lines, sensing_power=power)
        return found._replace(
            sensings=np.append(found.sensings, lines), sensing_power=np.append(found.sensing_power, power)
        )

    def totals(self) -> list[np.ndarray]:
        """G+ + G- of what is read for a layer's W, (rows, cols) float64, S."""
        read = 2 if self.moving.gamma else 1
        found = []
        for k in range(self.n_layers):
            total = np.zeros(self.shape(k))
            for plus, minus in self.conductances(k)[:read]:
                total += plus.astype(np.float64) + minus
            found.append(total)
        return found

    def reference_sigma(self, k: int) -> float:
        """Slow arrays, which come first, may have a spread of their own."""
        own = self.layout.fast_slow.slow_reference_sigma
        return super().reference_sigma(k) if own is None or k >= self.n_layers else float(own)

    # States --------------------------------------------------------------------------------------------------------

    def initialise(self) -> None:
        """Seeded devices; initial weights in the slow arrays, none in the fast ones."""
        self.draw_devices()
        self.moving.chopper[:] = 0
        for values in (self.hidden, self.mean, self.reference):
            values[:] = 0
        for k in range(self.n_layers):
            slow, fast = self.number_of(k, 0), self.number_of(k, 1)
            w = self.initial_weights(k)
            self.write(slow, w)
            self.write(fast, np.zeros_like(w))

    def _matrix(self, flat: np.ndarray, k: int) -> np.ndarray:
        """View of what is kept as W is, (rows, cols)."""
        (rows, cols), stride, a = self.shape(k), int(self.geometry.stride[k]), int(self.geometry.offset[k])
        return flat[a : a + rows * stride].reshape(rows, stride)[:, :cols]

    def _digital(self) -> list[np.ndarray]:
        return [flat for flat in (self.hidden, self.mean, self.reference) if len(flat)]

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`, copied."""
        sides = [side for q in range(2) for side in self.nominal(self.number_of(k, q))]
        digital = [self._matrix(flat, k).copy() for flat in self._digital()]
        signs = [self._signs(k, self.shape(k)[1])] if self.chops else []
        return (*sides, *digital[:1], *signs, *digital[1:])

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        for q in range(2):
            n = self.number_of(k, q)
            plus, minus = self.with_faults(n, values[2 * q], values[2 * q + 1])
            self.set_nominal(n, plus.astype(np.float32), minus.astype(np.float32))
        digital = list(values[4:])
        if self.chops:  # after the buffer
            signs = digital.pop(1)
            along = signs[:, :1] if self.moving.by_rows else signs[:1]
            if not (np.abs(signs) == 1.0).all() or not (signs == along).all():
                raise LayoutError("chopper: expected +1 or -1, the same along a line, got something else")
            line = signs[:, 0] if self.moving.by_rows else signs[0]
            self.moving.chopper[k, : len(line)] = line < 0.0
        for flat, one in zip(self._digital(), digital, strict=True):
            self._matrix(flat, k)[:] = one

    # Running means -------------------------------------------------------------------------------------------------

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Begin the record of running means."""
        super().before_block(iteration, order, samples)
        self._begin[0] = iteration

    def rows_of(self, n: int) -> dict[str, Rows]:
        """Running means of the last block's `n` iterations, and costs."""
        found = super().rows_of(n)
        if self.scaled:
            columns = {name: self._log[:n, :, q] for q, name in enumerate(MEANS.columns)}
            found["means"] = Rows(np.arange(self.iteration - n + 1, self.iteration + 1), columns)
        return found

    def take_rows(self, name: str, rows: Rows) -> None:
        """Go on with the running means of a file."""
        super().take_rows(name, rows)
        if name == MEANS.name and len(rows.iteration):
            for q, column in enumerate(MEANS.columns):
                last = rows.columns[column][-1]
                if not (np.isfinite(last).all() and (last >= 0.0).all()):
                    raise LayoutError(
                        f"means/{column}: expected finite numbers that are not below 0, got {last.tolist()}; the file "
                        "is damaged, use a copy, or run it anew"
                    )
                self.means[:, q] = last
