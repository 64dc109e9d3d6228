"""State of a network that is trained by the conditional reverse update scheme (CRUS, a reconstruction), or by one of its rivals."""

from __future__ import annotations

import functools
import math
import statistics
from typing import Any

import numpy as np

from ..arrays.drawn import draw_faults
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.rules.crus import BASELINES
from ..kernels import train
from ..kernels.base import noise
from ..kernels.rules.crus import loop as crus
from ..kernels.rules.crus import rule as crus_rule
from ..kernels.rules.crus import update_noise
from ..kernels.rules.crus.pairs import CRUS, REFRESH, THRESHOLD, Scheme
from ..kernels.train import Curves, Events, Samples
from .evaluators import Evaluator, RealEvaluator
from .network import NetworkState

_ITERATIONS = 60_000  # a layout's default


@functools.lru_cache(maxsize=1)
def quantiles() -> np.ndarray:
    """Quantiles of the standard normal at (k + 1/2) / 4096, float32."""
    normal = statistics.NormalDist()
    return np.array([normal.inv_cdf((k + 0.5) / 4096) for k in range(4096)], np.float32)


def scheme_of(layout: Layout) -> Scheme:
    """What the kernels need to know of the section ``[crus]``."""
    s, device = layout.crus, layout.device.kernel()
    top, mode = 2**s.level_bits - 1, list(BASELINES).index(s.baseline)
    rule = np.zeros((top + 1) ** 2, np.uint64)
    condition = crus_rule.Condition(s.theta_forward, s.theta_reverse, s.line_forward, s.line_reverse, s.line_level)
    if mode == CRUS:
        forward, reverse = s.compensate in ("both", "forward"), s.compensate in ("both", "reverse")
        crus_rule.fill_rule(
            condition, forward, reverse, s.compensate_floor, s.mirrored, top, s.level_noise, device, rule
        )
    rates = np.full(len(layout.network.layers) - 1, s.crus_rate)
    rates[-1] = s.crus_rate if s.crus_output_rate is None else s.crus_output_rate
    total = layout.run.schedule or layout.run.iterations or _ITERATIONS
    return Scheme(
        mode, s.mirrored, top, s.level_noise, s.sense_every, np.uint64(layout.run.seed),
        rates / (s.compensate_floor if mode == CRUS else 1.0), s.crus_decay, total, s.full_level, s.lower_level,
        np.float32(s.pulse_threshold), quantiles(), rule, layout.device.staircase(),
    )  # fmt: skip


class CrusState(NetworkState):
    """All conductances of a network and what was last sensed of them; a reconstruction, see `kernels.crus_rule`.

    Parameters
    ----------
    layout : Layout
        Of the rule ``crus``.
    """

    kept = (
        *NetworkState.kept,
        ("sensed_plus", "1", "sensed level of the plus devices, 0 at Gmin, 1 at Gmax"),
        ("sensed_minus", "1", "sensed level of the minus devices"),
    )

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        s, n = layout.crus, len(self.pairs.g_plus)
        self.scheme = scheme_of(layout)
        # Errors are never skipped: a small one can fire, and update noise needs all.
        dead_zones = np.full(self.n_layers, s.crus_dead_zone, np.float32)
        dead_zones[-1] = s.crus_output_dead_zone
        self.reading = self.reading._replace(dead_zone=dead_zones, reach=np.float32(1e30))
        self.codes = np.zeros(n, np.uint16)
        self.gathered: np.ndarray | None = None
        if self.scheme.mode != CRUS:
            self.gathered = np.zeros(n if self.scheme.mode == THRESHOLD else 0, np.float32)
        self.un_window = s.un_window
        self.asked = np.zeros(len(self.pairs.w) if s.un_window else 0, np.float32)
        self._before = np.zeros_like(self.asked)
        self._noise: tuple[int, np.ndarray] | None = None
        self._clock = [0] * self.n_layers  # replays: updates whose sensings are done

    kernel = "loop.train_crus"

    @property
    def recordable(self) -> bool:
        """Whether the run follows from packed pulse events."""
        return self.scheme.mode != THRESHOLD

    def initialise(self) -> None:
        """Seeded devices and initial states, uniform over a part of the range; stuck devices where they are stuck."""
        self.draw_devices()
        s, d, seed = self.layout.crus, self.device, np.uint64(self.layout.run.seed)
        for k in range(self.n_layers):
            low, high = (s.initial_inner_low, s.initial_inner_high) if k else (s.initial_low, s.initial_high)
            sides = []
            for stream in (noise.STREAM_STATE_PLUS, noise.STREAM_STATE_MINUS):
                u = np.empty(self.shape(k))
                noise.fill_uniform(seed, stream + 16 * k, 0, u)
                sides.append((d.g_min + (d.g_max - d.g_min) * (low + (high - low) * u)).astype(np.float32))
            if self.layout.variation.stuck:
                faults = draw_faults(self.layout, k, self.shape(k), self.layout.run.seed)
                sides[0] = np.where(faults.stuck_plus, faults.at_plus, sides[0])
                sides[1] = np.where(faults.stuck_minus, faults.at_minus, sides[1])
            self.set_nominal(k, *sides)
        self.codes[:] = 0
        if self.gathered is not None:
            self.gathered[:] = 0

    def layer_codes(self, k: int) -> np.ndarray:
        """View of the sensed levels of layer `k`, (cols, rows) uint16, see `kernels.crus_pairs.sense_pairs`."""
        codes: np.ndarray = crus.layer_columns(self.codes, self.geometry, k)
        return codes

    def sensed(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Levels last sensed of G+ and G- of layer `k`, each (rows, cols) float32, 0 at Gmin and 1 at Gmax."""
        top = self.scheme.top
        first, second = np.divmod(self.layer_codes(k).T.astype(np.int64), top + 1)
        if self.scheme.mirror:
            first, second = top - second, top - first
        return np.ascontiguousarray(first / top, np.float32), np.ascontiguousarray(second / top, np.float32)

    def set_sensed(self, k: int, plus: np.ndarray, minus: np.ndarray) -> None:
        """Put the sensed levels of layer `k`, as `sensed` gives them."""
        top = self.scheme.top
        first, second = (np.rint(x.astype(np.float64) * top).astype(np.int64) for x in (plus, minus))
        if self.scheme.mirror:
            first, second = top - second, top - first
        self.layer_codes(k)[:] = (first * (top + 1) + second).T

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`."""
        return (*self.nominal(k), *self.sensed(k))

    def set_frame(self, k: int, values: tuple[np.ndarray, ...]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.set_nominal(k, values[0], values[1])
        self.set_sensed(k, values[2], values[3])

    def train(self, iteration: int, order: np.ndarray, samples: Samples, events: Events, curves: Curves) -> None:
        """Train on the samples `order`, after `iteration` earlier updates; at most `block`, and not past the end of a window."""
        if self.un_window and iteration % self.un_window == 0:
            self._before[:] = self.pairs.w
            self.asked[:] = 0
        circuits = None
        if self.real:
            circuits = crus.Circuits(self.fresh_board(), self.circuits, self.fresh_gates(), self.ladder, self._stats)
        crus.train_crus(
            iteration, order, samples, self.geometry, self.reading, self.device, self.scheme, self.pairs, self.codes,
            self.gathered, circuits, self.asked, events, curves,
        )  # fmt: skip
        if self.real:
            self._check_reads()
        self.iteration = iteration + len(order)
        self._noise = None
        if self.un_window and len(order) and self.iteration % self.un_window == 0:
            self._noise = self.iteration, self._window_noise()
        self.refreshed = self.scheme.mode == REFRESH and bool(curves.resets[: len(order)].any())

    refreshed = False
    """Whether pairs were moved outside the recorded events of the last block."""

    def _window_noise(self) -> np.ndarray:
        """Update noise of the window that ends now: (layers, 2) float64, scale-free and nominal."""
        out = np.zeros((self.n_layers, 2))
        unit = float(self.reading.span) / float(self.reading.v_read)
        fade = math.exp(-self.scheme.decay * self.iteration / self.scheme.total)
        fade *= self.layout.crus.compensate_floor if self.scheme.mode == CRUS else 1.0
        for k in range(self.n_layers):
            moments = np.zeros(3)
            views = (train.layer_weights(x, self.geometry, k) for x in (self.pairs.w, self._before, self.asked))
            update_noise.window_moments(*views, self.shape(k)[1], moments)
            out[k, 0] = update_noise.update_noise(moments)
            out[k, 1] = update_noise.nominal_noise(moments, float(self.scheme.rate[k]) * fade * unit)
        return out

    def window_noise(self) -> tuple[int, np.ndarray] | None:
        """(iteration, update noise) of the window that the last block ended, if it did: see `_window_noise`."""
        return self._noise

    def begin_replay(self, k: int, after: int) -> None:
        """Layer `k` is in its state after so many updates."""
        self._clock[k] = after

    def end_replay(self, k: int, until: int) -> None:
        """Catch up on what was sensed of layer `k` after its last event."""
        views = self.layer(k)
        crus.sense_between(
            k, self._clock[k], until, views, self.layer_codes(k), self.gathered, self.scheme, self.device
        )
        self._clock[k] = until

    def replay(self, k: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray) -> None:
        """Apply recorded pulse events, each (events, bytes) uint8, to layer `k`, and what was sensed in between."""
        if not len(rows):
            return
        self._board_stale = True
        views, own = self.layer(k), self.layer_codes(k)
        crus.replay_crus(
            k, self._clock[k], iteration, rows, raised, lowered, views, own, self.gathered, self.scheme, self.device
        )  # fmt: skip
        self._clock[k] = int(iteration[-1])

    def walk(self, k: int, i: int, j: int, iteration: np.ndarray, signs: np.ndarray, n: int) -> tuple[Any, Any]:
        """(G+, G-) of one pair of layer `k` after 0, 1, ..., `n` updates, from its initial state and the events that cross it."""
        g_plus, g_minus = np.empty(n + 1, np.float32), np.empty(n + 1, np.float32)
        views, own = self.layer(k), self.layer_codes(k)
        crus.walk_crus(
            k, iteration, signs, i, j, views, own, self.gathered, self.scheme, self.device, g_plus, g_minus
        )  # fmt: skip
        return g_plus, g_minus

    def evaluator(self, samples: Samples) -> Evaluator | RealEvaluator:
        """What computes the test accuracy."""
        return _RealEvaluator(self, samples) if self.real else _Evaluator(self, samples)

    def check_recordable(self) -> None:
        """Raise a `LayoutError` if a run file would be no record."""
        if not self.recordable:
            raise LayoutError(
                f"crus.baseline: expected a scheme that follows from pulse events in a run with a file, got '{self.layout.crus.baseline}', "
                "which adds up requests in floating point; run it with --no-trace"
            )


class _Evaluator(Evaluator):
    """Pairs that a refresh moved are read again, too."""

    def note(self, events: Events) -> None:
        super().note(events)
        if isinstance(self._state, CrusState) and self._state.refreshed:
            self.refresh()


class _RealEvaluator(RealEvaluator):
    def note(self, events: Events) -> None:
        super().note(events)
        if isinstance(self._state, CrusState) and self._state.refreshed:
            self.refresh()
