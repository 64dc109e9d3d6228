"""Layers of crossbars and neurons: the state of a network, and what the kernels need to know of its layout.

All layers live in flat buffers, one after another, each row padded to whole cache lines, so that one compiled kernel
serves any number of layers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from ..arrays.board import board_of, gates_of, sense_of
from ..arrays.drawn import Window, draw_faults, draw_into, draw_windows, is_scattered, scatter_of
from ..arrays.engine import engine_for
from ..arrays.nodal import not_solved
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.pulses import BATCHES, METHODS
from ..kernels import batch, train
from ..kernels.base import noise
from ..kernels.circuit import gates, real, wired
from ..kernels.pair import pair, scatter
from ..kernels.train import Curves, Events, Samples
from .evaluators import Evaluator, RealEvaluator

_LINE = 16  # float32 per 64-byte cache line
_BLOCK = 1024  # most iterations per call of the hot loop
_NO_BOUND = np.float32(1e30)  # a `reach` that no dead zone is larger than
_EVENTS = 8192  # pulse events per layer that the buffers of a block hold, if one iteration can have more than one


def geometry_of(layout: Layout, copies: int = 1) -> train.Geometry:
    """Where each layer's array lies in the flat buffers; of `copies` arrays per layer, these follow one another."""
    sizes = layout.network.layers
    bias = int(layout.array.bias)
    rows = np.repeat([n + bias for n in sizes[:-1]], copies).astype(np.int64)
    cols = np.repeat(sizes[1:], copies).astype(np.int64)
    stride = -(-cols // _LINE) * _LINE
    offset = np.concatenate([[0], np.cumsum(rows * stride)[:-1]]).astype(np.int64)
    offset_t = np.concatenate([[0], np.cumsum(rows * cols)[:-1]]).astype(np.int64)
    return train.Geometry(rows, cols, stride, offset, offset_t, np.full(len(rows), bias, np.int64))


def reading_of(layout: Layout) -> train.Reading:
    """Voltages, neuron and comparator settings in SI, from the layout's normalised ones."""
    sizes = layout.network.layers
    v_read, span = layout.array.v_read, layout.device.span
    unit = span * v_read  # A: the current of a full weight at a full input
    pulses = layout.pulses
    c = layout.neuron.c * unit if layout.neuron.c_current is None else layout.neuron.c_current
    hidden = [pulses.hidden_dead_zone * (above / 10.0) ** pulses.dead_zone_exponent for above in sizes[2:]]
    return train.Reading(
        np.float32(v_read),
        np.float32(span),
        # Rule `lines` adds up errors that cannot fire alone: none of them may be left out.
        np.float32(_NO_BOUND if layout.run.batch > 1 and pulses.batch_rule == "lines" else 1.0),
        np.array([c * (layout.neuron.inner_c if k else 1.0) for k in range(len(sizes) - 1)], np.float32),
        layout.neuron.softmax_scale / unit,
        np.array([*hidden, pulses.output_dead_zone], np.float32),
        np.float32(pulses.input_threshold) * np.float32(v_read),  # rounded as an input is
    )


@dataclass
class Counts:
    """Cumulative pulses and resets of every device of one layer, each (rows, cols) int64."""

    pulses_plus: np.ndarray
    pulses_minus: np.ndarray
    resets_plus: np.ndarray
    resets_minus: np.ndarray


class NetworkState:
    """All conductances of a network, with the one engine that moves them.

    Parameters
    ----------
    layout : Layout
    copies : int
        Arrays per layer, each with devices and circuits of its own, numbered ``layer * copies + copy``.
    """

    def __init__(self, layout: Layout, copies: int = 1) -> None:
        self.layout = layout
        self.engine = engine_for(layout)
        self.geometry = geometry_of(layout, copies)
        self.reading = reading_of(layout)
        self.device = layout.device.kernel()
        self.method = list(METHODS).index(layout.pulses.method)
        self.batch = layout.run.batch
        # All rules are one and the same for single samples; this one is the simplest.
        self.batch_rule = list(BATCHES).index(layout.pulses.batch_rule if self.batch > 1 else "deferred")
        self.varied = layout.variation.windows
        self.steps = layout.device.staircase()
        self.ladder = pair.empty_ladder(len(self.steps) ** 2 if self.engine == "ladder" else 0, self.steps)
        if self.engine == "ladder":
            pair.build_ladder(self.steps, self.method, self.device, self.ladder)
        g = self.geometry
        shape, shape_t = (int(np.sum(g.rows * g.stride)),), (int(np.sum(g.rows * g.cols)),)
        scattered = is_scattered(layout)
        _check_memory(layout, pair.bytes_of(shape, shape_t) + scatter.bytes_of(shape_t) * scattered)
        self.pairs = pair.empty_pairs(shape, shape_t)
        if scattered:
            self.pairs = self.pairs._replace(scatter=scatter_of(layout, shape_t[0]))
        self.real = layout.real_circuits
        self.board = board_of(layout, g)
        self.circuits = sense_of(layout, g, int(max(g.rows.max(), g.cols.max())))
        self.gates = gates_of(layout, g)
        self.costs = np.zeros((gates.LEDGER if self.gates.active else 0, 0))  # ledgers of the last block
        self.iteration = 0  # updates done
        self._board_stale = self._gates_stale = True
        self._stats = np.zeros(3)
        self._unflushed = 0
        self._flush_limit = (1 << pair.RESET_BITS) - 1
        if self.engine == "ladder":
            self._flush_limit = min(self._flush_limit, ((1 << pair.PULSE_BITS) - 1) // (len(self.steps) + 1))

    @property
    def n_layers(self) -> int:
        """Number of arrays."""
        return len(self.geometry.rows)

    @property
    def code(self) -> int:
        """Engine as the kernels name it."""
        if self.engine != "ladder":
            return train.ENGINE_ANALOG
        return train.ENGINE_VARIED if self.varied else train.ENGINE_LADDER

    @property
    def kernel(self) -> str:
        """Which kernel trains."""
        return "train.train_block" if self.batch == 1 and not self.real else "batch.train_batches"

    @property
    def weights(self) -> np.ndarray:
        """W of all layers, flat float32, as the kernels take it; a view."""
        return self.pairs.w

    def layer(self, k: int) -> pair.Pairs:
        """Views of the buffers of layer `k` (0 is the first), shaped as `Pairs` says."""
        g, (rows, cols) = self.geometry, self.shape(k)
        w = self.pairs.w[g.offset[k] : g.offset[k] + rows * g.stride[k]].reshape(rows, -1)
        a = int(g.offset_t[k])
        b, shape = a + rows * cols, (cols, rows)
        own = scatter.layer_scatter(self.pairs.scatter, k, a, b, shape)
        fields = self.pairs._asdict()
        parts = {name: fields[name][a:b].reshape(shape) for name in pair.Pairs._fields[1:-1]}
        return self.pairs._replace(w=w, scatter=own, **parts)

    def shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of layer `k`."""
        return int(self.geometry.rows[k]), int(self.geometry.cols[k])

    def initialise(self) -> None:
        """Seeded devices and initial states: every device some pulses above Gmin, stuck ones where they are stuck."""
        self.draw_devices()
        seed = np.uint64(self.layout.run.seed)
        for k in range(self.n_layers):
            choices = self.layout.array.initial_range(self.layout.network.layers[k], len(self.steps) - 1) + 1
            plus, minus = np.empty(self.shape(k), np.int64), np.empty(self.shape(k), np.int64)
            noise.fill_steps(seed, noise.STREAM_STATE_PLUS, k, choices, plus)
            noise.fill_steps(seed, noise.STREAM_STATE_MINUS, k, choices, minus)
            g_plus, g_minus = self.steps[plus], self.steps[minus]
            if self.layout.variation.stuck:
                faults = draw_faults(self.layout, k, self.shape(k), self.layout.run.seed)
                g_plus = np.where(faults.stuck_plus, faults.at_plus, g_plus)
                g_minus = np.where(faults.stuck_minus, faults.at_minus, g_minus)
            self.set_nominal(k, g_plus, g_minus)

    def draw_devices(self) -> None:
        """Seeded devices; the conductances have to be set after it."""
        for k in range(self.n_layers):
            if self.varied:
                self.set_window(k, draw_windows(self.layout, k, self.shape(k), self.layout.run.seed))
            views = self.layer(k).scatter
            if views is not None:
                draw_into(views, self.layout, k, self.shape(k))

    def set_window(self, k: int, window: Window) -> None:
        """Let the devices of layer `k` conduct this; the conductances have to be set after it."""
        views = self.layer(k)
        for name, values in window._asdict().items():
            getattr(views, name)[:] = values.T
        # What a weight can reach, with room for rounding.
        p = self.pairs
        sides = ((p.x_plus, p.y_plus), (p.x_minus, p.y_minus))
        top = max(float((x * np.float32(self.device.g_max) + y).max()) for x, y in sides)
        if self.varied and self.reading.reach < _NO_BOUND:
            self.reading = self.reading._replace(reach=np.float32(1.00001 * top / float(self.reading.span)))

    def window(self, k: int) -> Window:
        """What the devices of layer `k` conduct, each (rows, cols) float32, copied."""
        views = self.layer(k)
        return Window(*(np.array(getattr(views, name).T, order="C") for name in Window._fields))

    def set_nominal(self, k: int, g_plus: np.ndarray, g_minus: np.ndarray) -> None:
        """Put layer `k` into the given nominal states, (rows, cols) float32, S."""
        views, cols = self.layer(k), self.shape(k)[1]
        if self.engine == "ladder":
            p, m = np.searchsorted(self.steps, g_plus), np.searchsorted(self.steps, g_minus)
            top = len(self.steps) - 1
            if not (
                np.array_equal(self.steps[np.minimum(p, top)], g_plus)
                and np.array_equal(self.steps[np.minimum(m, top)], g_minus)
            ):
                raise LayoutError(
                    "ladder engine: expected conductances on the device's staircase; use the analog engine"
                )
            views.state[:] = (p * len(self.steps) + m).T
        else:
            views.g_plus[:] = g_plus.T
            views.g_minus[:] = g_minus.T
        plus = views.x_plus.T * g_plus + views.y_plus.T
        views.w[:, :cols] = plus - (views.x_minus.T * g_minus + views.y_minus.T)
        self._board_stale = self._gates_stale = True

    def nominal(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Nominal (G+, G-) of layer `k`, before the devices' scales, each (rows, cols) float32, S, copied."""
        views = self.layer(k)
        if self.engine == "ladder":
            n = len(self.steps)
            plus, minus = np.repeat(self.steps, n), np.tile(self.steps, n)  # of every state
            return np.ascontiguousarray(plus[views.state].T), np.ascontiguousarray(minus[views.state].T)
        return np.array(views.g_plus.T, order="C"), np.array(views.g_minus.T, order="C")

    def conductance(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-) of layer `k` as the devices conduct, each (rows, cols) float32, S, copied."""
        g_plus, g_minus = self.nominal(k)
        views = self.layer(k)
        if not self.varied:
            return g_plus, g_minus
        return views.x_plus.T * g_plus + views.y_plus.T, views.x_minus.T * g_minus + views.y_minus.T

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(G+, G-) of every array of layer `k`."""
        return [self.conductance(k)]

    # What the trace keeps of every layer: name, units, meaning.
    kept: tuple[tuple[str, str, str], ...] = (
        ("g_plus", "S", "conductance of the plus devices"),
        ("g_minus", "S", "conductance of the minus devices"),
    )

    un_window = 0
    """Samples per window of update noise; 0: it is not followed."""

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`: nominal conductances."""
        return self.nominal(k)

    def set_frame(self, k: int, values: tuple[np.ndarray, ...]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.set_nominal(k, values[0], values[1])

    def check_recordable(self) -> None:
        """Raise a `LayoutError` if a run file would be no record: pulse events always are one."""

    def window_noise(self) -> tuple[int, np.ndarray] | None:
        """(iteration, update noise) of the window that the last block ended; none is followed."""
        return None

    def begin_replay(self, k: int, after: int) -> None:
        """Layer `k` is in its state after so many updates."""

    def end_replay(self, k: int, until: int) -> None:
        """All events up to so many updates were replayed."""

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of layer `k`."""
        kept: dict[str, np.ndarray] = {}
        if self.varied:
            window = self.window(k)
            kept = {"scale_plus": window.x_plus, "scale_minus": window.x_minus}
            if self.layout.variation.g_min_sigma or self.layout.variation.g_max_sigma:
                kept |= {"offset_plus": window.y_plus, "offset_minus": window.y_minus}
        views = self.layer(k).scatter
        if views is not None:
            sides = (("plus", views.traits_plus, views.stuck_plus, views.life_plus),
                     ("minus", views.traits_minus, views.stuck_minus, views.life_minus))  # fmt: skip
            for side, traits, stuck, life in sides:
                if views.spread:
                    for q, name in enumerate(("alpha", "alpha_d", "beta", "beta_d")):
                        kept[f"{name}_factor_{side}"] = np.array(traits[:, :, q].T, order="C")
                if self.layout.variation.stuck:
                    kept[f"stuck_{side}"] = np.array(stuck.T, order="C")
                if views.wears:
                    kept[f"life_{side}"] = np.array(life.T, order="C")
        return kept

    def counts(self, k: int) -> Counts:
        """Cumulative pulses and resets of every device of layer `k`."""
        self.flush()
        views = self.layer(k)
        return Counts(
            *(
                np.array(getattr(views, name).T, order="C")
                for name in ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")
            )
        )

    def most_writes(self) -> int:
        """Pulses and resets of the device that got most of both together, of all layers."""
        self.flush()
        p = self.pairs
        return int(max((p.pulses_plus + p.resets_plus).max(), (p.pulses_minus + p.resets_minus).max()))

    def clear_counts(self, k: int) -> None:
        """Set the counts of layer `k` back to 0."""
        self.flush()
        views = self.layer(k)
        for counts in (views.pulses_plus, views.pulses_minus, views.resets_plus, views.resets_minus):
            counts[:] = 0

    def flush(self) -> None:
        """Move packed counts into the counters."""
        if self.engine == "ladder":
            for k in range(self.n_layers):
                pair.flush_tally(self.layer(k))
        self._unflushed = 0

    def _reserve(self, events: int) -> None:
        """Make room in the packed counts for so many updates per pair."""
        if self._unflushed + events > self._flush_limit:
            self.flush()
        self._unflushed += events

    @property
    def numbered(self) -> bool:
        """Whether a pair can be pulsed by several events of one iteration."""
        return self.batch > 1 and self.layout.pulses.batch_rule == "deferred"

    @property
    def events_per_iteration(self) -> int:
        """Most pulse events that one layer records in one iteration."""
        if self.batch == 1 or self.layout.pulses.batch_rule == "lines":
            return 1
        if self.layout.pulses.batch_rule == "products":
            return self.batch + 2 * int(self.geometry.cols.max())
        return self.batch

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take."""
        return max(1, min(_BLOCK, _EVENTS // self.events_per_iteration, self._flush_limit // self.batch))

    def train(self, iteration: int, order: np.ndarray, samples: Samples, events: Events, curves: Curves) -> None:
        """Train on the samples `order`, `batch` of them per iteration, after `iteration` earlier updates.

        At most `block` iterations.
        """
        self._reserve(len(order))
        if self.costs.shape[1] < self.block:
            self.costs = np.zeros((len(self.costs), self.block))
        if self.batch == 1 and not self.real:
            train.train_block(
                iteration, order, samples, self.geometry, self.reading, self.code, self.method, self.device,
                self.ladder, self.pairs, events, curves,
            )  # fmt: skip
        else:
            batch.train_batches(
                iteration, order, self.batch, self.batch_rule, samples, self.geometry, self.reading, self.code,
                self.method, self.device, self.ladder, self.pairs, self.real, self.fresh_board(), self.circuits,
                self.fresh_gates(), events, curves, self.costs, self._stats,
            )  # fmt: skip
            self._check_reads()
        self.iteration = iteration + len(order) // self.batch

    def fresh_board(self) -> wired.Board:
        """The wired arrays, as the conductances are now."""
        if self.board.wired and self._board_stale:
            wired.refresh_all(self.geometry, self.code, self.ladder, self.pairs, self.board)
        self._board_stale = False
        return self.board

    def fresh_gates(self) -> gates.Gates:
        """The pulse lines, as the conductances are now."""
        if self.gates.active and self._gates_stale:
            for k in range(self.n_layers):
                gates.add_up_all(self.code, self.ladder, self.layer(k), self.layer_gates(k))
        self._gates_stale = False
        return self.gates

    def layer_gates(self, k: int) -> gates.Gates:
        """The pulse lines of layer `k`, with views of their counters."""
        own: gates.Gates = gates.layer_gates(self.gates, self.geometry, k)
        return own

    def energies(self, n: int) -> dict[str, np.ndarray]:
        """What the last block's `n` iterations cost, by the names of `trace_format.ENERGY`; nothing if the gates are not active.

        Energies of pulses are C V^2 (see kernels/gates.py), those of reads V I t; reads of one layer follow those of another, while
        all arrays are pulsed at the same time, each for as long as its longest replay.
        """
        if not self.gates.active:
            return {}
        g, c = self.layout.gates, self.costs[:, :n]
        pulse = g.gate_capacitance * g.pulse_voltage**2
        reads = self.batch * (2 * self.n_layers - 1)
        return {
            "read_energy": c[gates.POWER] * g.read_width,
            "write_energy": pulse * (c[gates.SINGLE] + c[gates.HALF] / 4.0),
            "replay_energy": pulse * (c[gates.REPLAYED] + c[gates.RESETS]),
            "latency": reads * g.read_width + c[gates.LONGEST] * g.pulse_width,
            "half_selects": c[gates.HALF],
        }

    def half_selects(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """How often each device of layer `k` was half-selected, (rows, cols) int64 for G+ and for G-."""
        own = self.layer_gates(k)
        sides = [own.row_fired[:, None] + own.column_fired[side][None, :] - 2 * own.selected[side].T for side in (0, 1)]
        return sides[0], sides[1]

    @property
    def reads(self) -> dict[str, float]:
        """Reads solved with real wires so far: their number, mean sweeps, and the largest residual."""
        n, sweeps, residual = self._stats.tolist()
        return {"reads": n, "sweeps": sweeps / n if n else 0.0, "residual": residual}

    def _check_reads(self) -> None:
        if self._stats[real.RESIDUAL] > self.board.tolerance:
            raise not_solved(self.board.most, float(self._stats[real.RESIDUAL]), self.layout.wires)

    def transfer(self) -> np.ndarray:
        """What the arrays make of voltages, laid out as `weights`: W, or with real wires the matrix that stands for them."""
        if not self.board.wired:
            return self.weights
        flat = np.zeros_like(self.weights)
        sweeps, residual = wired.transfer_matrix(self.geometry, self.fresh_board(), flat)
        real.note_read(sweeps, residual, self._stats)
        self._check_reads()
        return flat

    def replay(self, k: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray) -> None:
        """Apply recorded pulse events, each (events, bytes) uint8, to layer `k`.

        All events of an iteration have to come in one call.
        """
        netted = self.batch > 1 and self.layout.pulses.batch_rule == "signs"
        together = netted or self.gates.active or self.numbered
        self.fresh_gates()
        a = 0
        while a < len(rows):
            b = min(a + self._flush_limit, len(rows))
            if together and b < len(rows):  # keep the events of an iteration together
                b = int(np.searchsorted(iteration, iteration[b]))
            part = slice(a, b)
            self._reserve(b - a)
            self._board_stale = True
            bits, tables = (rows[part], raised[part], lowered[part]), (self.code, self.method, self.device, self.ladder)
            views, own = self.layer(k), self.layer_gates(k)
            if netted:
                batch.replay_signs(iteration[part], *bits, *tables, views, own)
            elif self.gates.active:
                gates.replay_fired(iteration[part], self.numbered, *bits, *tables, views, own)
            else:
                train.replay(iteration[part], self.numbered, *bits, *tables, views)
            a = b

    def evaluator(self, samples: Samples) -> Evaluator | RealEvaluator:
        """What computes the test accuracy."""
        return RealEvaluator(self, samples) if self.real else Evaluator(self, samples)

    def new_buffers(self) -> tuple[Events, Curves]:
        """Event and curve buffers for one block."""
        g, n = self.geometry, self.block
        return new_buffers(g, n, n * self.events_per_iteration)


def new_buffers(geometry: train.Geometry, iterations: int, events: int) -> tuple[Events, Curves]:
    """Curve buffers for so many iterations, and event buffers for so many events per layer."""
    g, layers = geometry, len(geometry.rows)
    row_bytes, col_bytes = (int(g.rows.max()) + 7) // 8, (int(g.cols.max()) + 7) // 8
    log = Events(
        np.zeros(layers, np.int64),
        np.zeros((layers, events), np.int64),
        np.zeros((layers, events, row_bytes), np.uint8),
        np.zeros((layers, events, col_bytes), np.uint8),
        np.zeros((layers, events, col_bytes), np.uint8),
    )
    n = iterations
    curves = Curves(np.zeros(n, np.float32), np.zeros(n, np.uint16), np.zeros(n, np.int64), np.zeros(n, np.int64))
    return log, curves


def _check_memory(layout: Layout, needed: int) -> None:
    """Refuse layers that cannot fit: the system would hand out the memory and kill the process later."""
    try:
        there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # pragma: no cover - not on every system
        return
    if needed > 0.8 * there:
        raise LayoutError(
            f"network.layers: expected arrays that fit into {there / 2**30:.1f} GiB of memory, "
            f"got {'-'.join(map(str, layout.network.layers))} which needs {needed / 2**30:.1f} GiB; make the layers smaller"
        )
