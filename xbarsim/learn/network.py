"""Networks of pairs of devices: their state, whatever rule moves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arrays.board import board_of, gates_of, sense_of
from ..arrays.drawn import Window, draw_faults, draw_into, draw_windows, is_scattered, scatter_of
from ..arrays.geometry import check_memory, geometry_of
from ..arrays.nodal import not_solved
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.pulses import METHODS
from ..kernels.base import noise
from ..kernels.base.buffers import Samples
from ..kernels.circuit import gates, tiles, wired
from ..kernels.circuit.ideal import Ideal
from ..kernels.circuit.sense import FORWARD
from ..kernels.circuit.sensed import Sensed
from ..kernels.circuit.silent import Silent
from ..kernels.lines.gates import add_up_all
from ..kernels.pair import ladder, pairs, scatter
from ..kernels.pair.analog import Analog
from ..kernels.pair.counts import PULSE_BITS, RESET_BITS
from ..kernels.pair.scattered import Scattered
from ..kernels.pair.table import ARRAYS
from ..kernels.pair.varied import Varied
from ..kernels.way.hardware import Neurons, Reading
from .evaluators import HardwareEvaluator, RealEvaluator
from .plan import Plan, batch_plan, circuit_plan, device_plan, lines_plan
from .rule import Count, Evaluator, Rows, Series, State, as_kept
from .usage import Inputs, Usage, image_power

PACES = {
    "ladder": {"a": 1.0, "b": 1.0, "c": 4.0},
    "varied": {"a": 1.0, "b": 1.0, "c": 4.0},
    "analog": {"a": 14.0, "b": 5.0, "c": 4.0},
    "scattered": {"a": 80.0, "b": 40.0, "c": 6.0},
    "own laws": {"a": 1000.0, "b": 500.0, "c": 10.0},
}
"""Time of an iteration by kind of array and pair method, relative to the ladder engine: orders of magnitude."""

NO_BOUND = np.float32(1e30)
"""A `Reading.reach` that no dead zone is larger than."""

COUNTS = ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")

ENERGY = Series(
    "energy",
    "Costs, per iteration",
    {
        "read_energy": ("J", "delivered by the drivers in all reads"),
        "write_energy": ("J", "pulses of updates, and half-selected gates"),
        "replay_energy": ("J", "pulses and resets of replays"),
        "latency": ("s", "reads, one after another, and the longest sequence of pulses"),
        "half_selects": ("1", "half-selected devices"),
    },
    per_layer=False,
    per_iteration=True,
)
"""Costs kept for every iteration, float64."""


def reading_of(layout: Layout) -> Reading:
    """Voltages, neuron and comparator settings in SI, from the layout's normalised ones."""
    sizes = layout.network.layers
    v_read, span = layout.array.v_read, layout.device.span
    unit = span * v_read  # A: the current of a full weight at a full input
    pulses = layout.pulses
    c = layout.neuron.c * unit if layout.neuron.c_current is None else layout.neuron.c_current
    hidden = [pulses.hidden_dead_zone * (above / 10.0) ** pulses.dead_zone_exponent for above in sizes[2:]]
    return Reading(
        np.float32(v_read),
        np.float32(span),
        # Rule `lines` adds up errors that cannot fire alone: none of them may be left out.
        np.float32(NO_BOUND if layout.run.batch > 1 and pulses.batch_rule == "lines" else 1.0),
        np.array([c * (layout.neuron.inner_c if k else 1.0) for k in range(len(sizes) - 1)], np.float32),
        layout.neuron.softmax_scale / unit,
        np.array([*hidden, pulses.output_dead_zone], np.float32),
        np.float32(pulses.input_threshold) * np.float32(v_read),  # rounded as an input is
    )


class NetworkState(State):
    """All conductances of a network, with the one engine that moves them.

    Parameters
    ----------
    layout : Layout
    copies : int
        Arrays per layer, each with devices and circuits of its own, numbered ``layer * copies + copy``.
    """

    kept = as_kept(
        (
            ("g_plus", "S", "conductance of the plus devices"),
            ("g_minus", "S", "conductance of the minus devices"),
        )
    )

    has_devices = True

    drawn_replays = False
    """Whether replays of a whole train of pulses occur, and their outcome is drawn at once where steps scatter."""

    ladder_obstacle: str | None = None
    """Why the rule cannot run on the ladder engine, if it cannot."""

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        engine, array, why_array = device_plan(layout, cls.ladder_obstacle)
        circuit, why_circuit = circuit_plan(layout)
        batch, why_batch = batch_plan(layout)
        lines, why_lines = lines_plan(layout)
        why = {"array": why_array, "circuit": why_circuit, "batch": why_batch, "lines": why_lines}
        return Plan(layout.pulses.rule, array, circuit, batch, lines, engine, why)

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine: an order of magnitude."""
        v, array = layout.variation, cls.plan_of(layout).array
        # Replays of devices with a law or a window of their own are climbed pulse by pulse.
        own = v.windows or v.alpha_sigma or v.beta_sigma or v.endurance
        return PACES["own laws" if array == "scattered" and own else array][layout.pulses.method]

    def __init__(self, layout: Layout, copies: int = 1) -> None:
        self.arrays = geometry_of(layout, copies)  # of all arrays; of one array per layer the geometry of the layers
        super().__init__(layout)
        self.copies = copies
        self.reading = reading_of(layout)
        self.device = layout.device.kernel()
        self.method = list(METHODS).index(layout.pulses.method)
        self.varied = layout.variation.windows
        self.steps = layout.device.staircase()
        self._on_ladder = self.plan.array in ("ladder", "varied")
        self.tables = (
            ladder.tables_of(self.steps, self.method, self.device) if self._on_ladder else ladder.empty_tables(0)
        )
        g = self.arrays
        shape, shape_t = (int(np.sum(g.rows * g.stride)),), (int(np.sum(g.rows * g.cols)),)
        scattered = is_scattered(layout)
        check_memory(layout, pairs.bytes_of(shape, shape_t) + scatter.bytes_of(shape_t) * scattered)
        self.pairs = pairs.empty_pairs(shape, shape_t)
        if scattered:
            self.pairs = self.pairs._replace(scatter=scatter_of(layout, shape_t[0], self.drawn_replays))
        cells = shape_t if self._on_ladder else (0,)
        self._numbers, self._tally = np.zeros(cells, np.uint16), np.zeros(cells, np.uint64)
        self.real = layout.real_circuits
        self._board = board_of(layout, g)
        self.sense = sense_of(layout, g, int(max(g.rows.max(), g.cols.max())))
        self._gates = gates_of(layout, g)
        if layout.gates.active:
            self.costs = np.zeros((gates.LEDGER, 0))
            self.series = (ENERGY,)
        self._board_stale = self._gates_stale = True
        self._stats = np.zeros(3)
        width = int(max(g.rows.max(), g.stride.max()))
        self._lines = np.zeros(width), np.zeros(width)
        self._unflushed = 0
        self._flush_limit = (1 << RESET_BITS) - 1
        if self._on_ladder:
            self._flush_limit = min(self._flush_limit, ((1 << PULSE_BITS) - 1) // (len(self.steps) + 1))

    @property
    def weights(self) -> np.ndarray:
        """W of all layers, flat float32, as the kernels take it; a view."""
        return self.pairs.w

    # What the kernels take -----------------------------------------------------------------------------------------

    @property
    def array(self) -> Any:
        """What the rule moves: the pairs."""
        return self.pairs_array

    @property
    def pairs_array(self) -> Any:
        """The pairs, as the plan's kernels take them."""
        p, top = self.pairs, float(self.device.g_max)
        if self.plan.array == "ladder":
            return ladder.Ladder(p.w, p.w.view(np.uint32), self._numbers, self._tally, self.tables, top)
        if self.plan.array == "varied":
            windows = p.x_plus, p.x_minus, p.y_plus, p.y_minus
            return Varied(p.w, self._numbers, self._tally, *windows, self.tables, top)
        kind = Analog if p.scatter is None else Scattered
        return kind(p.w, p, self.method, self.device, self.steps)

    @property
    def circuit(self) -> Any:
        """Wires and sense circuits; the wires are brought up to date with the conductances."""
        if self.plan.circuit == "wired":
            if self._board_stale:
                tiles.refresh_all(self.arrays, self.pairs_array, self._board)
            self._board_stale = False
            return wired.Wired(self._board, self.sense, self._stats, *self._lines)
        return Sensed(self.sense, FORWARD) if self.plan.circuit == "sensed" else Ideal(0)

    @property
    def lines(self) -> Any:
        """The pulse lines, brought up to date with the conductances."""
        if self.plan.lines == "silent":
            return Silent(0)
        if self._gates_stale:
            for k in range(len(self.arrays.rows)):
                self._renew_lines(k)
        self._gates_stale = False
        return gates.Disturbing(*self._gates) if self.plan.lines == "disturbing" else self._gates

    def _renew_lines(self, k: int) -> None:
        own = ARRAYS[type(self.pairs_array)].layer_of(self.pairs_array, self.arrays, k)
        add_up_all(own, self.layer_gates(k), int(self.arrays.cols[k]))

    def layer_gates(self, k: int) -> gates.Gates:
        """The pulse lines of array `k`, with views of their counters."""
        own: gates.Gates = gates.layer_lines(self._gates, self.arrays, k)
        return own

    def layer(self, k: int) -> pairs.Pairs:
        """Views of the buffers of array `k` (0 is the first), shaped as `Pairs` says."""
        # Not by the kernel of that name, which would have to be compiled for it.
        g, (rows, cols) = self.arrays, self.array_shape(k)
        w = self.pairs.w[g.offset[k] : g.offset[k] + rows * g.stride[k]].reshape(rows, -1)
        a = int(g.offset_t[k])
        b, shape = a + rows * cols, (cols, rows)
        fields = self.pairs._asdict()
        parts = {name: fields[name][a:b].reshape(shape) for name in pairs.Pairs._fields[1:-1]}
        own = scatter.layer_scatter(self.pairs.scatter, k, a, b, shape)
        return self.pairs._replace(w=w, scatter=own, **parts)

    def columns(self, flat: np.ndarray, k: int) -> np.ndarray:
        """(cols, rows) view of array `k` in a flat buffer of what is kept by columns."""
        rows, cols = self.array_shape(k)
        a = int(self.arrays.offset_t[k])
        return flat[a : a + rows * cols].reshape(cols, rows)

    def layer_steps(self, k: int) -> np.ndarray:
        """View of the step numbers of array `k`, (cols, rows) uint16, of the ladder engine."""
        return self.columns(self._numbers, k)

    # States --------------------------------------------------------------------------------------------------------

    def initialise(self) -> None:
        """Seeded devices and initial states: every device some pulses above Gmin, stuck ones where they are stuck."""
        self.draw_devices()
        seed = np.uint64(self.layout.run.seed)
        for k in range(self.n_layers):
            choices = self.layout.array.initial_range(self.layout.network.layers[k], len(self.steps) - 1) + 1
            plus, minus = np.empty(self.shape(k), np.int64), np.empty(self.shape(k), np.int64)
            noise.fill_steps(seed, noise.STREAM_STATE_PLUS, k, choices, plus)
            noise.fill_steps(seed, noise.STREAM_STATE_MINUS, k, choices, minus)
            self.set_nominal(k, *self.with_faults(k, self.steps[plus], self.steps[minus]))

    def with_faults(self, k: int, g_plus: np.ndarray, g_minus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The given states of array `k`, with stuck devices where they are stuck."""
        if not self.layout.variation.stuck:
            return g_plus, g_minus
        faults = draw_faults(self.layout, k, g_plus.shape, self.layout.run.seed)
        return (
            np.where(faults.stuck_plus, faults.at_plus, g_plus),
            np.where(faults.stuck_minus, faults.at_minus, g_minus),
        )

    def array_shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of array `k`."""
        return int(self.arrays.rows[k]), int(self.arrays.cols[k])

    def draw_devices(self) -> None:
        """Seeded devices; the conductances have to be set after it."""
        for k in range(len(self.arrays.rows)):
            if self.varied:
                self.set_window(k, draw_windows(self.layout, k, self.array_shape(k), self.layout.run.seed))
            views = self.layer(k).scatter
            if views is not None:
                draw_into(views, self.layout, k, self.array_shape(k))

    def set_window(self, k: int, window: Window) -> None:
        """Let the devices of array `k` conduct this; the conductances have to be set after it."""
        views = self.layer(k)
        for name, values in window._asdict().items():
            getattr(views, name)[:] = values.T
        # What a weight can reach, with room for rounding.
        p = self.pairs
        sides = ((p.x_plus, p.y_plus), (p.x_minus, p.y_minus))
        top = max(float((x * np.float32(self.device.g_max) + y).max()) for x, y in sides)
        if self.varied and self.reading.reach < NO_BOUND:
            self.reading = self.reading._replace(reach=np.float32(1.00001 * top / float(self.reading.span)))

    def window(self, k: int) -> Window:
        """What the devices of array `k` conduct, each (rows, cols) float32, copied."""
        views = self.layer(k)
        return Window(*(np.array(getattr(views, name).T, order="C") for name in Window._fields))

    def set_nominal(self, k: int, g_plus: np.ndarray, g_minus: np.ndarray) -> None:
        """Put array `k` into the given nominal states, (rows, cols) float32, S."""
        views, cols = self.layer(k), self.array_shape(k)[1]
        if self._on_ladder:
            p, m = np.searchsorted(self.steps, g_plus), np.searchsorted(self.steps, g_minus)
            top = len(self.steps) - 1
            if not (
                np.array_equal(self.steps[np.minimum(p, top)], g_plus)
                and np.array_equal(self.steps[np.minimum(m, top)], g_minus)
            ):
                raise LayoutError(
                    "ladder engine: expected conductances on the device's staircase; use the analog engine"
                )
            self.layer_steps(k)[:] = (p * len(self.steps) + m).T
        else:
            views.g_plus[:] = g_plus.T
            views.g_minus[:] = g_minus.T
        plus = views.x_plus.T * g_plus + views.y_plus.T
        views.w[:, :cols] = plus - (views.x_minus.T * g_minus + views.y_minus.T)
        self._board_stale = self._gates_stale = True

    def nominal(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Nominal (G+, G-) of array `k`, before the devices' scales, each (rows, cols) float32, S, copied."""
        if self._on_ladder:
            n, numbers = len(self.steps), self.layer_steps(k)
            plus, minus = np.repeat(self.steps, n), np.tile(self.steps, n)  # of every state
            return np.ascontiguousarray(plus[numbers].T), np.ascontiguousarray(minus[numbers].T)
        views = self.layer(k)
        return np.array(views.g_plus.T, order="C"), np.array(views.g_minus.T, order="C")

    def conductance(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-) of array `k` as the devices conduct, each (rows, cols) float32, S, copied."""
        g_plus, g_minus = self.nominal(k)
        views = self.layer(k)
        if not self.varied:
            return g_plus, g_minus
        return views.x_plus.T * g_plus + views.y_plus.T, views.x_minus.T * g_minus + views.y_minus.T

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(G+, G-) of all arrays of layer `k` as the devices conduct, each (rows, cols) float32, S, copied."""
        return [self.conductance(k * self.copies + q) for q in range(self.copies)]

    def weight_matrix(self, k: int) -> np.ndarray:
        """G+ - G- of layer `k`, (rows, cols) float32, S."""
        g_plus, g_minus = self.conductance(k)
        difference: np.ndarray = g_plus - g_minus
        return difference

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`: nominal conductances."""
        return self.nominal(k)

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.set_nominal(k, values[0], values[1])

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of array `k`."""
        kept: dict[str, np.ndarray] = {}
        if self.varied:
            window = self.window(k)
            kept = {"scale_plus": window.x_plus, "scale_minus": window.x_minus}
            if self.layout.variation.g_min_sigma or self.layout.variation.g_max_sigma:
                kept |= {"offset_plus": window.y_plus, "offset_minus": window.y_minus}
        views = self.layer(k).scatter
        if views is not None:
            sides = (
                ("plus", views.traits_plus, views.stuck_plus, views.life_plus),
                ("minus", views.traits_minus, views.stuck_minus, views.life_minus),
            )
            for side, traits, stuck, life in sides:
                if views.spread:
                    for q, name in enumerate(("alpha", "alpha_d", "beta", "beta_d")):
                        kept[f"{name}_factor_{side}"] = np.array(traits[:, :, q].T, order="C")
                if self.layout.variation.stuck:
                    kept[f"stuck_{side}"] = np.array(stuck.T, order="C")
                if views.wears:
                    kept[f"life_{side}"] = np.array(life.T, order="C")
        return kept

    def set_fixed(self, k: int, read: Callable[[str], np.ndarray | None]) -> None:
        """Take over the windows that a file keeps of layer `k`."""
        window = {}
        for name, field in (("scale", "x"), ("offset", "y")):
            for side in ("plus", "minus"):
                values = read(f"{name}_{side}")
                if values is None:
                    values = np.full(self.shape(k), 1.0 if field == "x" else 0.0, np.float32)
                window[f"{field}_{side}"] = values
        self.set_window(k, Window(**window))

    # Counts --------------------------------------------------------------------------------------------------------

    def counts(self, k: int) -> dict[str, Count]:
        """Cumulative pulses and resets of every device of array `k`, and how often it was half-selected."""
        self.flush()
        views = self.layer(k)
        found = {
            name: Count(np.array(getattr(views, name).T, order="C"), name.replace("_", ", ") + " devices, cumulative")
            for name in COUNTS
        }
        if self.plan.lines != "silent":
            for side, values in zip(("plus", "minus"), self.half_selects(k), strict=True):
                found[f"half_selects_{side}"] = Count(values, f"half-selects, {side} devices, cumulative", rare=False)
        return found

    def half_selects(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """How often each device of array `k` was half-selected, (rows, cols) int64 for G+ and for G-."""
        own = self.layer_gates(k)
        sides = [own.row_fired[:, None] + own.column_fired[side][None, :] - own.crossed[side].T for side in (0, 1)]
        return sides[0], sides[1]

    def most_writes(self) -> int:
        """Pulses and resets of the device that got most of both together, of all layers."""
        self.flush()
        p = self.pairs
        return int(max((p.pulses_plus + p.resets_plus).max(), (p.pulses_minus + p.resets_minus).max()))

    def clear_counts(self, k: int) -> None:
        """Set the counts of array `k` back to 0."""
        self.flush()
        views = self.layer(k)
        for counts in (views.pulses_plus, views.pulses_minus, views.resets_plus, views.resets_minus):
            counts[:] = 0

    def flush(self) -> None:
        """Move packed counts into the counters."""
        if self._on_ladder:
            for k in range(len(self.arrays.rows)):
                tally, v = self.columns(self._tally, k), self.layer(k)
                ladder.flush_tally(tally, v.pulses_plus, v.pulses_minus, v.resets_plus, v.resets_minus)
        self._unflushed = 0

    def _reserve(self, events: int) -> None:
        """Make room in the packed counts for so many updates per pair."""
        if self._unflushed + events > self._flush_limit:
            self.flush()
        self._unflushed += events

    # Blocks --------------------------------------------------------------------------------------------------------

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take."""
        return max(1, min(super().block, self._flush_limit // (self.batch * self.passes)))

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Make room in the counters."""
        self._reserve(len(order) * self.passes)

    def after_block(self, iteration: int, n: int, curves: Any) -> None:
        """Check that all reads were solved."""
        if self.plan.circuit == "wired":
            self._check_reads()

    def rows_of(self, n: int) -> dict[str, Rows]:
        """What the last block's `n` iterations cost; nothing if the pulse lines are not followed.

        Energies of pulses are C V^2 (see kernels/circuit/gates.py), those of reads V I t; reads of one layer follow
        those of another, while all arrays are pulsed at the same time, each for as long as its longest replay.
        """
        if self.plan.lines == "silent":
            return {}
        g, c = self.layout.gates, self.costs[:, :n]
        pulse = g.gate_capacitance * g.pulse_voltage**2
        columns = {
            "read_energy": c[gates.POWER] * g.read_width,
            "write_energy": pulse * (c[gates.SINGLE] + c[gates.HALF] / 4.0),
            "replay_energy": pulse * (c[gates.REPLAYED] + c[gates.RESETS]),
            "latency": self.reads_per_iteration * g.read_width + c[gates.LONGEST] * g.pulse_width,
            "half_selects": c[gates.HALF],
        }
        return {"energy": Rows(np.arange(self.iteration - n + 1, self.iteration + 1), columns)}

    @property
    def reads_per_iteration(self) -> int:
        """Reads of layers, one after another, in an iteration."""
        return self.batch * (2 * self.n_layers - 1)

    def _replay(
        self, k: int, until: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray
    ) -> None:
        """Apply recorded pulse events in parts that the packed counts have room for; those of an iteration stay
        together.
        """
        a, n = 0, len(iteration)
        while True:
            b = min(a + self._flush_limit, n)
            if a < b < n:
                b = int(np.searchsorted(iteration, iteration[b]))
                b = b if b > a else int(np.searchsorted(iteration, iteration[a], "right"))
            part = slice(a, b)
            self._reserve(b - a)
            end = until if b >= n else int(iteration[b - 1])
            super()._replay(k, end, iteration[part], rows[part], raised[part], lowered[part])
            self._board_stale = True
            a = b
            if a >= n:
                return

    # Circuits ------------------------------------------------------------------------------------------------------

    @property
    def reads(self) -> dict[str, float] | None:
        """Reads solved with real wires so far: their number, mean sweeps, and the largest residual;
        None without wires.
        """
        if self.plan.circuit != "wired":
            return None
        n, sweeps, residual = self._stats.tolist()
        return {"reads": n, "sweeps": sweeps / n if n else 0.0, "residual": residual}

    def summary(self) -> dict[str, Any]:
        """Reads through wires."""
        return {"reads": self.reads}

    def _check_reads(self) -> None:
        if self._stats[wired.RESIDUAL] > self._board.tolerance:
            raise not_solved(self._board.most, float(self._stats[wired.RESIDUAL]), self.layout.wires)

    def transfer(self) -> np.ndarray:
        """What the arrays make of voltages, laid out as `pairs.w`: W, or with real wires the matrix that stands for
        them.
        """
        if self.plan.circuit != "wired":
            return self.pairs.w
        flat = np.zeros_like(self.pairs.w)
        sweeps, residual = tiles.transfer_matrix(self.arrays, self.circuit.board, *self._lines, flat)
        wired.note_read(sweeps, residual, self._stats)
        self._check_reads()
        return flat

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """What was read up to so many updates, and what it takes now."""
        totals = self.totals()
        power = image_power(self.reading, self.geometry, self.weights, totals, inputs)
        none = np.zeros(1)
        return Usage(np.array([float(iteration * self.batch)]), np.array([power]), none, none)

    def totals(self) -> list[np.ndarray]:
        """G+ + G- of every layer, (rows, cols) float64, S."""
        return [plus.astype(np.float64) + minus for k in range(self.n_layers) for plus, minus in self.conductances(k)]

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        return RealEvaluator(self, samples) if self.real else HardwareEvaluator(self, samples)


class ReadNetwork(NetworkState):
    """A network of devices that is written and read, and not trained."""

    @property
    def rule(self) -> Neurons:
        """What the kernels need to know of the neurons."""
        return Neurons(self.reading)
