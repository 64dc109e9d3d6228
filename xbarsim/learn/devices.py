"""The devices of a network: their states and windows, whatever moves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..arrays.drawn import Window, draw_faults, draw_into, draw_windows
from ..arrays.references import conducting, programmed, reach_of, states_for
from ..arrays.symmetry import zero_point
from ..base.errors import LayoutError
from ..describe.array import SEARCHED
from ..kernels.base import noise
from ..kernels.pair import lasting, shifting
from ..kernels.pair.lasting import Lasting
from .buffers import PairsState
from .reading import NO_BOUND


class DevicesState(PairsState):
    """All conductances of a network: what its devices are in, and the windows that they have."""

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
                reach = reach_of(self.layout.device, zero_point(self.layout), most)
                away = np.empty(self.shape(k), np.int64)
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
        zero = np.full(shape, zero_point(self.layout))
        g_plus = zero.astype(np.float32)
        wanted = g_plus.astype(np.float64)
        if asked.reference == "conductance":
            window, device = self.window(k), self.layout.device
            plus = states_for(zero, window.x_plus, window.y_plus)
            g_plus = np.clip(plus, device.g_min, device.g_max).astype(np.float32)
            wanted = states_for(zero, window.x_minus, window.y_minus)
        elif asked.reference in SEARCHED:
            self.set_nominal(k, *self.with_faults(k, g_plus, g_plus))
            array, (rows, cols) = self.pairs_array, (np.arange(n, dtype=np.int32) for n in shape)
            if array.pairs.scatter is not None:
                scatter = array.pairs.scatter._replace(wears=0)
                if asked.reference == "exact":
                    scatter = scatter._replace(law=scatter.law._replace(c2c=0.0, c2c_range=0.0))
                young = array.pairs._replace(scatter=scatter)
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

    def draw_devices(self) -> None:
        """Seeded devices; the conductances have to be set after it."""
        for k in range(len(self.arrays.rows)):
            if self.varied:
                self.set_window(k, draw_windows(self.layout, k, self.array_shape(k), self.layout.run.seed))
            elif self.lasting:
                lasting.draw_first(self.layer(k).scatter)
            views = self.layer(k).scatter
            if views is not None:
                draw_into(views, self.layout, k, self.array_shape(k))

    def set_window(self, k: int, window: Window) -> None:
        """Let the devices of array `k` conduct this; the conductances have to be set after it."""
        views = self.layer(k)
        for name, values in window._asdict().items():
            getattr(views, name)[:] = values.T
        noisy = self.writes_of(k)
        if noisy is not None:
            noisy.own_plus[:], noisy.own_minus[:] = window.y_plus.T, window.y_minus.T
            lasting.draw_first(views.scatter)
        # What a weight can reach, with room for rounding.
        p = self.pairs
        sides = ((p.x_plus, p.y_plus), (p.x_minus, p.y_minus))
        top = max(float((x * np.float32(self.device.g_max) + y).max()) for x, y in sides)
        if self.varied and self.reading.reach < NO_BOUND:
            self.reading = self.reading._replace(reach=np.float32(1.00001 * top / float(self.reading.span)))

    def window(self, k: int) -> Window:
        """What the devices of array `k` conduct, without noise of their writes, each (rows, cols) float32, copied."""
        views = self.layer(k)
        found = Window(*(np.array(getattr(views, name).T, order="C") for name in Window._fields))
        noisy = self.writes_of(k)
        if noisy is None:
            return found
        y_plus, y_minus = (np.array(y.T, order="C") for y in (noisy.own_plus, noisy.own_minus))
        return found._replace(y_plus=y_plus, y_minus=y_minus)

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
        self.settle_writes(k)
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
        if not (self.varied or self.lasting):
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
        noisy = self.writes_of(k)
        for side in ("plus", "minus") if noisy is not None else ():
            kept[f"first_{side}"] = np.array(getattr(noisy, f"first_{side}").T, order="C")
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
        self.set_first(k, read)

    def writes_of(self, k: int) -> Lasting | None:
        """Views of the noise of writing of array `k`; None of devices that have none."""
        scatter = self.layer(k).scatter
        return None if scatter is None else scatter.lasting

    def set_first(self, k: int, read: Callable[[str], np.ndarray | None]) -> None:
        """Take over with what noise the devices of array `k` were written before their first pulse."""
        noisy = self.writes_of(k)
        for side in ("plus", "minus") if noisy is not None else ():
            values = read(f"first_{side}")
            if values is not None:
                getattr(noisy, f"first_{side}")[:] = values.T

    def draw_writes(self, draw: int) -> None:
        """Let noise of writing be that of another time of writing, 0 being that of training; devices are drawn after
        it.
        """
        scatter = self.pairs.scatter
        if scatter is not None and scatter.lasting is not None:
            scatter = scatter._replace(lasting=scatter.lasting._replace(draw=draw))
            self.pairs = self.pairs._replace(scatter=scatter)

    def end_writing(self, k: int) -> None:
        """What the devices of array `k` conduct now is what they were written with: so a file keeps it, which has no
        counts of what came before.
        """
        views, noisy = self.layer(k), self.writes_of(k)
        if noisy is not None:
            noisy.first_plus[:], noisy.first_minus[:] = views.y_plus, views.y_minus
