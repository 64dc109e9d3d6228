"""The devices of a network: their states, windows and counts, whatever moves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays.drawn import Window, draw_faults, draw_into, draw_windows, is_scattered, scatter_of
from ..arrays.geometry import check_memory, geometry_of
from ..arrays.references import conducting, programmed, reach_of, symmetry_point
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.pulses import METHODS
from ..kernels.base import noise
from ..kernels.pair import ladder, pairs, scatter, shifting
from ..kernels.pair.analog import Analog
from ..kernels.pair.counts import PULSE_BITS, RESET_BITS
from ..kernels.pair.refreshing import Refresh
from ..kernels.pair.scattered import Scattered
from ..kernels.pair.single import Single
from ..kernels.pair.single_scattered import SingleScattered
from ..kernels.pair.varied import Varied
from .reading import NO_BOUND, reading_of
from .rule import Count, State, as_kept

COUNTS = ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")


def refresh_of(layout: Layout) -> Refresh | None:
    """When the kernels write one-sided pairs anew, and which; None of other methods."""
    p, d = layout.pulses, layout.device
    if not layout.one_sided:
        return None
    return Refresh(p.refresh_every, layout.run.batch, p.refresh_level, p.refresh_lower, float(d.g_min), float(d.span))


class DevicesState(State):
    """All conductances of a network.

    Parameters
    ----------
    layout : Layout
    copies : int
        Arrays per layer, each with devices and circuits of its own, numbered as `number_of` says.
    """

    kept = as_kept(
        (
            ("g_plus", "S", "conductance of the plus devices"),
            ("g_minus", "S", "conductance of the minus devices"),
        )
    )

    has_devices = True

    drawn_replays = True
    """Whether the outcome of a replay's train of pulses is drawn at once where steps scatter, and not pulse by pulse:
    about eight times as quick. A rule without replays, or with its own, says no."""

    apart = False
    """Whether the first arrays of all layers come before the second ones."""

    def __init__(self, layout: Layout, copies: int = 1) -> None:
        # Of all arrays; of one array per layer the geometry of the layers.
        self.arrays = geometry_of(layout, copies, apart=self.apart)
        super().__init__(layout)
        self.copies = copies
        self.reading = reading_of(layout)
        self.device = layout.device.kernel()
        self.method = list(METHODS).index(layout.pulses.method)
        self.refresh = refresh_of(layout)
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
        self._unflushed = 0
        self._flush_limit = (1 << RESET_BITS) - 1
        if self._on_ladder:
            self._flush_limit = min(self._flush_limit, ((1 << PULSE_BITS) - 1) // (len(self.steps) + 1))

    @property
    def weights(self) -> np.ndarray:
        """W of all layers, flat float32, as the kernels take it; a view."""
        return self.pairs.w

    @property
    def pairs_array(self) -> Any:
        """The pairs, as the plan's kernels take them."""
        p, top = self.pairs, float(self.device.g_max)
        if self.plan.array == "ladder":
            return ladder.Ladder(p.w, p.w.view(np.uint32), self._numbers, self._tally, self.tables, top)
        if self.plan.array == "varied":
            windows = p.x_plus, p.x_minus, p.y_plus, p.y_minus
            return Varied(p.w, self._numbers, self._tally, *windows, self.tables, top)
        if self.plan.array == "single":
            return Single(p.w, p, self.device, int(self.varied))
        if self.plan.array == "single scattered":
            return SingleScattered(p.w, p, self.device)
        kind = Analog if p.scatter is None else Scattered
        return kind(p.w, p, self.method, self.device, self.steps)

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

    def number_of(self, k: int, copy: int) -> int:
        """Number of an array of layer `k`."""
        return copy * self.n_layers + k if self.apart else k * self.copies + copy

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
        """Seeded devices and initial states: every device some pulses above Gmin, or some from its fixed reference, and
        stuck ones where they are stuck.
        """
        self.draw_devices()
        seed = np.uint64(self.layout.run.seed)
        for k in range(self.n_layers):
            most = self.layout.array.initial_range(k, self.layout.network.arrays[k].inputs, len(self.steps) - 1)
            if self.layout.fixed_reference:
                g_plus, g_minus = self.references(k)
                reach, away = reach_of(self.layout.device, most), np.empty(self.shape(k), np.int64)
                noise.fill_steps(seed, noise.STREAM_STATE_PLUS, k, reach.down + reach.up + 1, away)
                shifting.lead_away(g_plus, away - reach.down, self.device)
                self.set_nominal(k, *self.with_faults(k, g_plus, g_minus))
                continue
            choices = most + 1
            plus, minus = np.empty(self.shape(k), np.int64), np.empty(self.shape(k), np.int64)
            noise.fill_steps(seed, noise.STREAM_STATE_PLUS, k, choices, plus)
            noise.fill_steps(seed, noise.STREAM_STATE_MINUS, k, choices, minus)
            self.set_nominal(k, *self.with_faults(k, self.steps[plus], self.steps[minus]))

    def references(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Nominal states of array `k` in which W is 0, as far as its references can be programmed to that: where G+ is,
        and the references, each (rows, cols) float32, S. The devices have to be drawn.

        A search for symmetry points pulses G+; its pulses are not counted, and no device is the older for them.
        """
        asked, shape = self.layout.array, self.array_shape(k)
        g_plus = np.full(shape, symmetry_point(self.layout.device), np.float32)
        wanted = g_plus.astype(np.float64)
        if asked.reference == "symmetry":
            self.set_nominal(k, *self.with_faults(k, g_plus, g_plus))
            array, (rows, cols) = self.pairs_array, (np.arange(n, dtype=np.int32) for n in shape)
            if array.pairs.scatter is not None:
                young = array.pairs._replace(scatter=array.pairs.scatter._replace(wears=0))
                array = array._replace(pairs=young)
            shifting.shift(array, self.arrays, k, asked.zero_shift_pulses, rows, cols)
            DevicesState.clear_counts(self, k)  # of array `k`, whatever a layer has
            g_plus, _ = self.nominal(k)
            wanted = conducting(g_plus, self.window(k))
        return g_plus, programmed(self.layout, k, wanted, self.reference_sigma(k))

    def reference_sigma(self, k: int) -> float:
        """Spread of the references of array `k`, in units of the largest weight."""
        sigma: float = self.layout.array.reference_sigma
        return sigma

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
        return [self.conductance(self.number_of(k, q)) for q in range(self.copies)]

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
        """Cumulative pulses and resets of every device of array `k`."""
        self.flush()
        views = self.layer(k)
        return {
            name: Count(np.array(getattr(views, name).T, order="C"), name.replace("_", ", ") + " devices, cumulative")
            for name in COUNTS
        }

    def most_writes(self) -> int:
        """Pulses and resets of the device that got most of both together, of all layers."""
        self.flush()
        p = self.pairs
        return int(max((p.pulses_plus + p.resets_plus).max(), (p.pulses_minus + p.resets_minus).max()))

    def left(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Pulses and resets that every device still bears, flat float64 by columns, of G+ and of G-: 0 and less is
        dead; None of devices that do not wear out.
        """
        p = self.pairs
        if p.scatter is None or not p.scatter.wears:
            return None
        plus, minus = p.scatter.life_plus - p.pulses_plus, p.scatter.life_minus - p.pulses_minus
        return plus - p.resets_plus, minus - p.resets_minus

    def clear_counts(self, k: int) -> None:
        """Set the counts of array `k` back to 0."""
        self.flush()
        views = self.layer(k)
        for counts in (views.pulses_plus, views.pulses_minus, views.resets_plus, views.resets_minus):
            counts[:] = 0

    def set_counts(self, k: int, counts: Mapping[str, np.ndarray]) -> None:
        """Put the pulses and resets of array `k` to what `counts` gave."""
        self.flush()
        views = self.layer(k)
        for name in COUNTS:
            getattr(views, name)[:] = counts[name].T

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
