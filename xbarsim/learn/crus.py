"""State of a network that is trained by the conditional reverse update scheme (CRUS, a reconstruction), or by one of
its rivals.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.rules.crus import BASELINES, FORMERLY, THRESHOLD
from ..kernels.base import noise
from ..kernels.base.buffers import Curves, Samples, layer_weights
from ..kernels.rules.crus import rule as crus_rule
from ..kernels.rules.crus import update_noise
from ..kernels.rules.crus.conditional import Conditional
from ..kernels.rules.crus.pairs import CRUS, REFRESH, Scheme
from ..kernels.rules.crus.rival import Rival
from .evaluators import RefreshedEvaluator
from .network import NetworkState
from .plan import Plan
from .reading import NO_BOUND
from .rule import Evaluator, Kept, Rows, Series, State
from .usage import Inputs, Usage

_ITERATIONS = 60_000  # a layout's default


@functools.lru_cache(maxsize=1)
def quantiles() -> np.ndarray:
    """Quantiles of the standard normal at (k + 1/2) / 4096, float32."""
    normal = statistics.NormalDist()
    return np.array([normal.inv_cdf((k + 0.5) / 4096) for k in range(4096)], np.float32)


def scheme_of(layout: Layout) -> Scheme:
    """What the kernels need to know of the section ``[crus]``."""
    s, device = layout.crus, layout.device.kernel()
    former = s.baseline in FORMERLY  # forward pulses alone: a refresh that never comes
    top, mode = 2**s.level_bits - 1, REFRESH if former else list(BASELINES).index(s.baseline)
    rule = np.zeros((top + 1) ** 2, np.uint64)
    condition = crus_rule.Condition(s.theta_forward, s.theta_reverse, s.line_forward, s.line_reverse, s.line_level)
    if mode == CRUS:
        forward, reverse = s.compensate in ("both", "forward"), s.compensate in ("both", "reverse")
        crus_rule.fill_rule(
            condition, forward, reverse, s.compensate_floor, s.mirrored, top, s.level_noise, device, rule
        )
    rates = np.full(len(layout.network.arrays), s.crus_rate)
    rates[-1] = s.crus_rate if s.crus_output_rate is None else s.crus_output_rate
    total = layout.run.schedule or layout.run.iterations or _ITERATIONS
    return Scheme(
        mode,
        s.mirrored,
        top,
        s.level_noise,
        s.sense_every,
        np.uint64(layout.run.seed),
        rates / (s.compensate_floor if mode == CRUS else 1.0),
        s.crus_decay,
        total,
        math.inf if former else s.full_level,
        s.lower_level,
        quantiles(),
        rule,
        layout.device.staircase(),
    )


UPDATE_NOISE = Series(
    "update_noise",
    "Update noise, per window",
    {
        "un": ("1", "update noise of each layer over a window, scale-free: 1 / rho^2 - 1"),
        "un_nominal": ("1", "the same at the nominal learning rate"),
    },
    per_layer=True,
    per_iteration=False,
)
"""What is kept of every window of update noise."""


class CrusState(NetworkState):
    """All conductances of a network and what was last sensed of them; a reconstruction, see kernels/rules/crus/rule.py.

    Parameters
    ----------
    layout : Layout
        Of the rule ``crus``.
    """

    drawn_replays = False

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 4.0

    label = "crus"
    color = "tab:red"
    ladder_obstacle = "rule crus, whose reverse pulses leave the staircase"
    kept = (
        *NetworkState.kept,
        Kept("sensed_plus", "1", "sensed level of the plus devices, 0 at Gmin, 1 at Gmax"),
        Kept("sensed_minus", "1", "sensed level of the minus devices"),
    )

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        s, n = layout.crus, len(self.pairs.g_plus)
        self.scheme = scheme_of(layout)
        # Errors are never skipped: a small one can fire, and update noise needs all.
        dead_zones = np.full(self.n_layers, s.crus_dead_zone, np.float32)
        dead_zones[-1] = s.crus_output_dead_zone
        self.reading = self.reading._replace(dead_zone=dead_zones, reach=NO_BOUND)
        self.codes = np.zeros(n, np.uint16)
        self.per_window = s.un_window
        if self.per_window:
            self.series = (*self.series, UPDATE_NOISE)
        self.asked = np.zeros(len(self.pairs.w) if s.un_window else 0, np.float32)
        self._before = np.zeros_like(self.asked)
        self._noise: Rows | None = None
        self._all_noise: list[np.ndarray] = []

    @property
    def rule(self) -> Any:
        """What the kernels need to know of the scheme."""
        return Conditional(self.reading, self.scheme, self.codes, self.asked)

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
            self.set_nominal(k, *self.with_faults(k, sides[0], sides[1]))
        self.codes[:] = 0

    def layer_codes(self, k: int) -> np.ndarray:
        """View of the sensed levels of layer `k`, (cols, rows) uint16, see kernels/rules/crus/pairs.py."""
        return self.columns(self.codes, k)

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

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.set_nominal(k, values[0], values[1])
        self.set_sensed(k, values[2], values[3])

    # Update noise --------------------------------------------------------------------------------------------------

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Begin a window of update noise, if one begins here."""
        super().before_block(iteration, order, samples)
        if self.per_window and iteration % self.per_window == 0:
            self._before[:] = self.pairs.w
            self.asked[:] = 0

    def after_block(self, iteration: int, n: int, curves: Curves) -> None:
        """Take the update noise of a window that ended."""
        super().after_block(iteration, n, curves)
        self._noise = None
        if self.per_window and n and self.iteration % self.per_window == 0:
            now = self._window_noise()
            self._noise = Rows(np.array([self.iteration]), {"un": now[None, :, 0], "un_nominal": now[None, :, 1]})

    def may_commit(self, iteration: int, *, keyframe: bool) -> bool:
        """What update noise adds up within a window does not follow from recorded pulses."""
        return self.per_window == 0 or iteration % self.per_window == 0

    def _window_noise(self) -> np.ndarray:
        """Update noise of the window that ends now: (layers, 2) float64, scale-free and nominal."""
        out = np.zeros((self.n_layers, 2))
        unit = float(self.reading.span) / float(self.reading.v_read)
        fade = math.exp(-self.scheme.decay * self.iteration / self.scheme.total)
        fade *= self.layout.crus.compensate_floor if self.scheme.mode == CRUS else 1.0
        for k in range(self.n_layers):
            moments = np.zeros(3)
            views = (layer_weights(x, self.geometry, k) for x in (self.pairs.w, self._before, self.asked))
            update_noise.window_moments(*views, self.shape(k)[1], moments)
            out[k, 0] = update_noise.update_noise(moments)
            out[k, 1] = update_noise.nominal_noise(moments, float(self.scheme.rate[k]) * fade * unit)
        return out

    def rows_of(self, n: int) -> dict[str, Rows]:
        """Update noise of the window that the last block ended, if it did, and costs."""
        found = super().rows_of(n)
        return found if self._noise is None else {**found, "update_noise": self._noise}

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """What was read and sensed up to so many updates, and what it takes now."""
        whole = float(self.reading.v_read) ** 2 * sum(float(t.sum()) for t in self.totals())
        sensings = -(-iteration // self.layout.crus.sense_every)  # the first one before the first update
        found = super().usage(iteration, inputs)
        return found._replace(sensings=np.array([float(sensings)]), sensing_power=np.array([whole]))

    def take_rows(self, name: str, rows: Rows) -> None:
        """Take in the update noise of windows."""
        if name == UPDATE_NOISE.name:
            self._all_noise += list(rows.columns["un"])

    def summary(self) -> dict[str, Any]:
        """Mean update noise of each layer."""
        mean = tuple(np.mean(self._all_noise, axis=0).tolist()) if self._all_noise else None
        return {**super().summary(), "update_noise": mean}


class RivalState(CrusState):
    """The same under a scheme that CRUS is compared with."""

    @property
    def rule(self) -> Any:
        """What the kernels need to know of the scheme."""
        return Rival(self.reading, self.scheme, self.codes, self.asked)

    def after_block(self, iteration: int, n: int, curves: Curves) -> None:
        """Note whether pairs were refreshed."""
        super().after_block(iteration, n, curves)
        self.refreshed = self.scheme.mode == REFRESH and bool(curves.resets[:n].any())

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy: pairs that a refresh moved are read again, too."""
        return RefreshedEvaluator(self, super().evaluator(samples))


class ThresholdState(CrusState):
    """Runs of the former baseline `threshold`, to be looked at: requests added up pair by pair, and what was pulsed
    came from their sums. Nothing was sensed.
    """

    kept = (
        *NetworkState.kept,
        Kept("gathered", "1", "requests that were not yet worth a pulse", replayed=False),
    )

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels replay it: events of a sample are a group, one for each column that was pulsed."""
        plan = super().plan_of(layout)
        why = {**plan.why, "batch": "requests added up pair by pair; runs of it can be looked at, not trained"}
        return dataclasses.replace(plan, batch="products", why=why)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.gathered = np.zeros(len(self.codes), np.float32)

    @property
    def rule(self) -> Any:
        """What the kernels need to know of the scheme."""
        return Rival(self.reading, self.scheme, self.codes, self.asked)

    def check_trainable(self) -> None:
        """Its sums are in units that no rule has any more."""
        raise LayoutError(
            f"crus.baseline: expected one of {', '.join(BASELINES)}, got '{THRESHOLD}' of a run of an earlier version, "
            "which can be looked at but not trained; go on with it in the version that began it, or train a layout "
            "with method = 'one-sided' and accumulate_most = 1 of [mixed_precision], see docs/rules.md"
        )

    def initialise(self) -> None:
        """Seeded devices and initial states."""
        super().initialise()
        self.gathered[:] = 0

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k`."""
        return (*self.nominal(k), np.ascontiguousarray(self.columns(self.gathered, k).T))

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.set_nominal(k, values[0], values[1])
        self.columns(self.gathered, k)[:] = values[2].T

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """What was read up to so many updates, and what it takes now: nothing was sensed."""
        return super().usage(iteration, inputs)._replace(sensings=np.zeros(1), sensing_power=np.zeros(1))


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    if layout.crus.baseline == THRESHOLD:
        return ThresholdState
    return CrusState if layout.crus.baseline == "crus" else RivalState
