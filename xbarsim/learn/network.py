"""Networks of pairs of devices: their state, whatever rule moves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays.board import bare_of, board_of, gates_of, managed_of, sense_of
from ..arrays.curves import curve_of
from ..arrays.mapped import Maps
from ..arrays.nodal import not_solved
from ..describe.layout import Layout
from ..kernels.base.buffers import Samples
from ..kernels.circuit import gates, tiles, wired
from ..kernels.circuit.ideal import Ideal
from ..kernels.circuit.sense import FORWARD, TEST
from ..kernels.circuit.sensed import Sensed
from ..kernels.circuit.silent import Silent
from ..kernels.lines.gates import add_up_all
from ..kernels.pair.table import ARRAYS
from ..kernels.way.hardware import Neurons
from .devices import DevicesState
from .evaluators import HardwareEvaluator, RealEvaluator, RefreshedEvaluator
from .plan import Plan, batch_plan, circuit_plan, device_plan, lines_plan
from .reading import reading_of
from .rule import Count, Evaluator, Rows, Series
from .usage import Inputs, Usage, hard_neurons, image_power, taken_of
from .usage import Neurons as Neural

PACES = {
    "ladder": {"a": 1.0, "b": 1.0, "c": 4.0, "one-sided": 1.0},
    "varied": {"a": 1.0, "b": 1.0, "c": 4.0, "one-sided": 1.0},
    "analog": {"a": 14.0, "b": 5.0, "c": 4.0, "one-sided": 4.0},
    "scattered": {"a": 80.0, "b": 40.0, "c": 6.0, "one-sided": 6.0},
    "single": {"fixed": 3.0},
    "single scattered": {"fixed": 5.0},
    "own laws": {"a": 1000.0, "b": 500.0, "c": 10.0, "one-sided": 10.0},
}
"""Time of an iteration by kind of array and pair method, relative to the ladder engine: orders of magnitude."""

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
    costs=True,
)
"""Costs kept for every iteration, float64."""


class NetworkState(DevicesState):
    """All conductances of a network, its circuits, and the one engine that moves it; see `DevicesState`."""

    ladder_obstacle: str | None = None
    """Why the rule cannot run on the ladder engine, if it cannot."""

    @classmethod
    def obstacle_of(cls, layout: Layout) -> str | None:
        """Why a layout of the rule cannot run on the ladder engine, if it cannot."""
        return cls.ladder_obstacle

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        engine, array, why_array = device_plan(layout, cls.obstacle_of(layout))
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
        own = v.windows or v.laws or v.endurance
        row = PACES["own laws" if array == "scattered" and own else array]
        return row.get(layout.pulses.method, max(row.values()))

    def __init__(self, layout: Layout, copies: int = 1) -> None:
        super().__init__(layout, copies)
        g = self.arrays
        self.real = layout.real_circuits
        self._board = board_of(layout, g)
        self.sense = sense_of(layout, g, int(max(g.rows.max(), g.cols.max())), self.owners)
        self._gates = gates_of(layout, g)
        if layout.gates.active:
            self.costs = np.zeros((gates.LEDGER, 0))
            self.series = (ENERGY,)
        self._board_stale = self._gates_stale = True
        self.refreshed = False  # whether pairs were moved outside the recorded events of the last block
        self._stats = np.zeros(3)
        width = int(max(g.rows.max(), g.stride.max()))
        self._lines = np.zeros(width), np.zeros(width)
        self.curve = curve_of(layout.iv, layout.array.v_read, width)
        self._managed_room, self._managed_stats = np.zeros((3, width), np.float32), np.zeros(3, np.int64)

    # What the kernels take -----------------------------------------------------------------------------------------

    @property
    def array(self) -> Any:
        """What the rule moves: the pairs."""
        return self.pairs_array

    @property
    def neurons(self) -> Any:
        """What the kernels need to know of the neurons in inference."""
        return Neurons(self.reading)

    @classmethod
    def neurons_of(cls, layout: Layout) -> Neural:
        """The same of a layout, in NumPy."""
        return hard_neurons(float(reading_of(layout).span))

    @property
    def circuit(self) -> Any:
        """Wires and sense circuits; the wires are brought up to date with the conductances."""
        if self.plan.circuit == "wired" and self._board_stale:
            tiles.refresh_all(self.arrays, self.pairs_array, self._board)
            self._board_stale = False
        return self.circuit_as_it_is

    @property
    def circuit_as_it_is(self) -> Any:
        """The same, whatever the wires know of the conductances."""
        if self.plan.circuit == "wired":
            return self.managed(wired.Wired(self._board, self.sense, self._stats, *self._lines))
        return self.managed(Sensed(self.sense, FORWARD, self.curve)) if self.plan.circuit == "sensed" else Ideal(0)

    @property
    def tested(self) -> Any:
        """Wires and sense circuits that test samples are read through, where wires are solved for every sample."""
        return bare_of(self.circuit)._replace(direction=TEST)

    def managed(self, circuit: Any, *, test: bool = False) -> Any:
        """Circuits with the range of their reads managed, if the layout says so; those of a test are not counted."""
        stats = np.zeros_like(self._managed_stats) if test else self._managed_stats
        return managed_of(self.layout, circuit, self._managed_room, stats)

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

    def set_nominal(self, k: int, g_plus: np.ndarray, g_minus: np.ndarray) -> None:
        """Put array `k` into the given nominal states, (rows, cols) float32, S."""
        super().set_nominal(k, g_plus, g_minus)
        self._board_stale = self._gates_stale = True

    @classmethod
    def reader(cls, layout: Layout) -> Any:
        """A network that is written and read."""
        return ReadNetwork(layout)

    def fill(self, sides: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        """Let the devices conduct this: (G+, G-) of all arrays, layer after layer, each (rows, cols) float32,
        S.
        """
        for k, (g_plus, g_minus) in enumerate(sides):
            self.set_nominal(self.number_of(*divmod(k, self.copies)), g_plus, g_minus)

    def redraw(self, seed: int, *, circuits: bool) -> None:
        """Draw the noise of reads from another seed; and gain and offset of every sense circuit, if asked for."""
        g = self.arrays
        fresh = sense_of(self.layout.replace(seed=seed), g, int(max(g.rows.max(), g.cols.max())), self.owners)
        self.sense = fresh if circuits else self.sense._replace(seed=fresh.seed)

    def counts(self, k: int) -> dict[str, Count]:
        """Cumulative pulses and resets of every device of array `k`, and how often it was half-selected."""
        found = super().counts(k)
        if self.plan.lines != "silent":
            for side, values in zip(("plus", "minus"), self.half_selects(k), strict=True):
                found[f"half_selects_{side}"] = Count(values, f"half-selects, {side} devices, cumulative", rare=False)
        return found

    def half_selects(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """How often each device of array `k` was half-selected, (rows, cols) int64 for G+ and for G-."""
        own = self.layer_gates(k)
        sides = [own.row_fired[:, None] + own.column_fired[side][None, :] - own.crossed[side].T for side in (0, 1)]
        return sides[0], sides[1]

    # Blocks --------------------------------------------------------------------------------------------------------

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take."""
        return max(1, min(super().block, self._flush_limit // self.updates_per_iteration))

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Make room in the counters."""
        self._reserve(len(order) // self.batch * self.updates_per_iteration)

    def after_block(self, iteration: int, n: int, curves: Any) -> None:
        """Note whether pairs were refreshed, and check that all reads were solved."""
        # Nothing else resets a one-sided pair.
        self.refreshed = self.refresh is not None and bool(curves.resets[:n].any())
        if self.plan.circuit == "wired":
            self.check_reads()

    def rows_of(self, n: int) -> dict[str, Rows]:
        """What the last block's `n` iterations cost; nothing if the pulse lines are not followed.

        Energies of pulses are C V^2 (see kernels/circuit/gates.py), those of reads V I t; reads of one layer follow
        those of another, while all arrays are pulsed at the same time, each for as long as its longest replay.
        """
        if self.plan.lines == "silent":
            return {}
        g, c, reads = self.layout.gates, self.costs[:, :n], self.reads_per_iteration * self.layout.sense.planes
        pulse = g.gate_capacitance * g.pulse_voltage**2
        columns = {
            "read_energy": c[gates.POWER] * g.read_width,
            "write_energy": pulse * (c[gates.SINGLE] + c[gates.HALF] / 4.0),
            "replay_energy": pulse * (c[gates.REPLAYED] + c[gates.RESETS]),
            "latency": (reads + c[gates.AGAIN]) * g.read_width + c[gates.LONGEST] * g.pulse_width,
            "half_selects": c[gates.HALF],
        }
        return {"energy": Rows(np.arange(self.iteration - n + 1, self.iteration + 1), columns)}

    @property
    def updates_per_iteration(self) -> int:
        """Most updates of one pair in an iteration: what packed counts need room for."""
        netted = self.plan.batch in ("summed", "signs", "products")
        return self.passes * (1 if netted else self.samples_per_iteration)

    @property
    def reads_per_iteration(self) -> int:
        """Reads of layers, one after another, in an iteration."""
        positions = [a.positions for a in self.layout.network.arrays]
        return self.batch * (sum(positions) + sum(positions[1:]))

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
        """Reads through wires, and reads whose range is managed."""
        return {"reads": self.reads, "managed_reads": self.managed_reads}

    @property
    def managed_reads(self) -> dict[str, int] | None:
        """Reads whose range was managed so far, how often one of them was taken again, and how many are clipped all the
        same; None without. Those of test samples are not among them.
        """
        if not self.layout.sense.managed or self.plan.circuit == "ideal":
            return None
        n, again, clipped = self._managed_stats.tolist()
        return {"reads": n, "again": again, "clipped": clipped}

    def check_reads(self) -> None:
        """Raise an error if a read through wires was not solved."""
        if self._stats[wired.RESIDUAL] > self._board.tolerance:
            raise not_solved(self._board.most, float(self._stats[wired.RESIDUAL]), self.layout.wires)

    def transfer(self) -> np.ndarray:
        """What the arrays make of voltages, laid out as `pairs.w`: W, or with real wires the matrix that stands for
        them.
        """
        if self.plan.circuit != "wired":
            return self.pairs.w
        flat = np.zeros_like(self.pairs.w)
        inner: Any = bare_of(self.circuit)
        sweeps, residual = tiles.transfer_matrix(self.arrays, inner.board, *self._lines, flat)
        wired.note_read(sweeps, residual, self._stats)
        self.check_reads()
        return flat

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """What was read up to so many updates, and what it takes now."""
        totals = self.totals()
        scaled = self.layout.sense.noise_management if self.layout.sense.managed else "off"
        full = scaled in ("forward", "both"), scaled in ("backward", "both")
        maps = Maps(self.layout.network) if self.layout.network.mapped else None
        what = self.neurons_of(self.layout), full, taken_of(self.layout), maps
        power = image_power(self.reading, self.geometry, self.weights, totals, inputs, *what)
        none = np.zeros(1)
        found = Usage(np.array([float(iteration * self.batch)]), np.array([power]), none, none)
        if self.refresh is None:
            return found
        # Before a refresh every device is read, at the full voltage.
        times = min(iteration * self.batch // self.refresh.every, iteration)
        whole = [float(g.sum()) for k in range(len(self.arrays.rows)) for g in self.conductance(k)]
        power = float(self.reading.v_read) ** 2 * sum(whole)
        return found._replace(sensings=np.array([float(times)]), sensing_power=np.array([power]))

    def totals(self) -> list[np.ndarray]:
        """G+ + G- of every layer, (rows, cols) float64, S."""
        return [plus.astype(np.float64) + minus for k in range(self.n_layers) for plus, minus in self.conductances(k)]

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        found = RealEvaluator(self, samples) if self.real else HardwareEvaluator(self, samples)
        return found if self.refresh is None else RefreshedEvaluator(self, found)


class ReadNetwork(NetworkState):
    """A network of devices that is written and read, and not trained."""

    drawn_replays = False

    @property
    def rule(self) -> Neurons:
        """What the kernels need to know of the neurons."""
        return Neurons(self.reading)
