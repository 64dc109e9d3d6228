"""The buffers of a network's pairs of devices: arrays, views of one, and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays.drawn import is_scattered, scatter_of
from ..arrays.geometry import check_memory, geometry_of
from ..describe.layout import Layout
from ..describe.pulses import METHODS
from ..kernels.pair import ladder, lasting, pairs, scatter
from ..kernels.pair.analog import Analog
from ..kernels.pair.counts import PULSE_BITS, RESET_BITS
from ..kernels.pair.refreshing import Refresh
from ..kernels.pair.scattered import Scattered
from ..kernels.pair.single import Single
from ..kernels.pair.single_scattered import SingleScattered
from ..kernels.pair.varied import Varied
from .reading import reading_of
from .rule import Count, State, as_kept

COUNTS = ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")


def refresh_of(layout: Layout) -> Refresh | None:
    """When the kernels write one-sided pairs anew, and which; None of other methods."""
    p, d = layout.pulses, layout.device
    if not layout.one_sided:
        return None
    return Refresh(p.refresh_every, layout.run.batch, p.refresh_level, p.refresh_lower, float(d.g_min), float(d.span))


class PairsState(State):
    """All pairs of a network, in flat buffers, and what was counted of them.

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
        self.lasting = layout.variation.write_noise > 0.0
        self.steps = layout.device.staircase()
        self._on_ladder = self.plan.array in ("ladder", "varied")
        self.tables = (
            ladder.tables_of(self.steps, self.method, self.device) if self._on_ladder else ladder.empty_tables(0)
        )
        g = self.arrays
        shape, shape_t = (int(np.sum(g.rows * g.stride)),), (int(np.sum(g.rows * g.cols)),)
        scattered = is_scattered(layout)
        check_memory(layout, pairs.bytes_of(shape, shape_t) + scatter.bytes_of(shape_t, self.lasting) * scattered)
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

    def array_shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of array `k`."""
        return int(self.arrays.rows[k]), int(self.arrays.cols[k])

    @property
    def owners(self) -> list[int]:
        """Layer of every array, by its number."""
        owners = {self.number_of(k, copy): k for k in range(self.n_layers) for copy in range(self.copies)}
        return [owners[number] for number in range(len(owners))]

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
        self.settle_writes(k)

    def settle_writes(self, k: int) -> None:
        """Bring the noise of writing of array `k`, if devices have it, and W up to what was counted and set."""
        if not self.lasting:
            return
        views, cols = self.layer(k), self.array_shape(k)[1]
        lasting.settle_all(views)
        plus = views.x_plus.T * views.g_plus.T + views.y_plus.T
        views.w[:, :cols] = plus - (views.x_minus.T * views.g_minus.T + views.y_minus.T)

    def set_counts(self, k: int, counts: Mapping[str, np.ndarray]) -> None:
        """Put the pulses and resets of array `k` to what `counts` gave."""
        self.flush()
        views = self.layer(k)
        for name in COUNTS:
            getattr(views, name)[:] = counts[name].T
        self.settle_writes(k)

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
