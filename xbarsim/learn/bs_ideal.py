"""Networks that learn binary-stochastically in ideal steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..describe.layout import Layout
from ..kernels.rules.bs.ideal import Steps
from .bs_state import NO_BOUND, BitsState, initial_weights, reading_of
from .plan import Plan, batch_plan
from .rule import Kept


class IdealState(BitsState):
    """Float weights that move by ideal steps.

    Parameters
    ----------
    layout : Layout
        Of the rule ``bs``, without digits.
    """

    kept = (Kept("weight", "1", "weight"),)

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine."""
        return 2.0

    @classmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout."""
        batch, why = batch_plan(layout)
        return Plan(
            "bs", "steps", "ideal", batch, "silent", "binary", {"array": "ideal steps of float weights", "batch": why}
        )

    @property
    def known_as(self) -> str:
        """What errors call a run of it."""
        return f"{super().known_as} with ideal steps"

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.set_up(layout)
        self.reading, g = reading_of(self.n_layers), self.geometry
        self._w = np.zeros(int(np.sum(g.rows * g.stride)), np.float32)
        width = int(g.stride.max())
        self._adds = np.empty((1, width), np.float32)
        self._waiting = np.empty((layout.bs.bs_draws, int(g.stride[0])), np.float32)
        self._rows, self._count = np.empty(int(g.rows[0]) + 1, np.int32), np.zeros(2, np.int64)
        if self.batch > 1 or layout.network.mapped:
            self._count[0] = -1  # steps of one image, or position, must not wait for those of another

    @property
    def array(self) -> Steps:
        """The weights."""
        bs, run = self.layout.bs, self.layout.run
        first = self._w[: int(self.geometry.rows[0] * self.geometry.stride[0])].reshape(int(self.geometry.rows[0]), -1)
        return Steps(
            self._w,
            bs.bs_step,
            bs.bs_step_end,
            run.schedule or run.iterations or 1,
            np.float32(bs.bs_reach or NO_BOUND),
            self._adds,
            first,
            self._waiting,
            self._rows,
            self._count,
        )

    @property
    def replayed_array(self) -> Steps:
        """The weights, whose steps do not wait for a read."""
        return self.array._replace(count=np.full(2, -1))

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, as the kernels take them; a view."""
        return self._w

    def initialise(self) -> None:
        """Seeded initial weights, see `initial_weights`."""
        reach = np.float32(self.layout.bs.bs_reach or NO_BOUND)
        for k in range(self.n_layers):
            self.set_frame(k, (np.clip(initial_weights(self.layout, k, self.shape(k)), -reach, reach),))

    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """The weights of layer `k`, copied."""
        return (np.array(self.layer_weights(k), order="C"),)

    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""
        self.layer_weights(k)[:] = values[0]
