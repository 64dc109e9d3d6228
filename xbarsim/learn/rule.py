"""What every rule gives to a run: a state, and what all states have in common; what a rule says is in `said`.

A state owns everything that a rule trains. To add a rule, derive from `State` (or from `network.NetworkState`, if it
trains pairs of devices), and give it a line in `table.RULES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays.geometry import new_buffers, paths_of
from ..describe.defaults import settle
from ..describe.layout import Layout
from ..kernels import loop
from ..kernels.base._jit import is_compiled, note_compiled
from ..kernels.base.buffers import Curves, Events, Samples, layer_weights, make_lists
from ..kernels.batch.deferred import Deferred
from ..kernels.batch.online import Online
from ..kernels.batch.products import Products
from ..kernels.batch.signs import Signs
from ..kernels.batch.summed import Summed
from ..kernels.batch.trains import InTrains
from ..kernels.batch.whole import Whole
from ..kernels.batch.written import Written
from .kept import Count, Evaluator, Kept, Rows, Series, Vector, as_kept
from .said import Said

__all__ = ["BLOCK", "Count", "Evaluator", "Kept", "Rows", "Series", "State", "Vector", "as_kept"]

BLOCK = 1024
"""Most iterations per call of the training loop."""

EVENTS = 8192
"""Pulse events per layer that the buffers of a block hold, if one iteration can have more than one."""

BATCHES: dict[str, Callable[[int], Any]] = {
    "online": Online,
    "summed": Summed,
    "deferred": Deferred,
    "signs": Signs,
    "products": Products,
    "whole": Whole,
    "trains": InTrains,
    "written": Written,
}


class State(Said):
    """What is trained: see `said.Said`."""

    def __init__(self, layout: Layout) -> None:
        layout = settle(layout)
        self.layout, self.geometry, self.plan = layout, paths_of(layout), type(self).plan_of(layout)
        self.batch = layout.run.batch
        self.costs = np.zeros((0, 0))  # ledgers of the last block
        self.iteration = 0  # updates done
        self._scratch: loop.Scratch | None = None
        self._at = [0] * len(self.geometry.rows)  # updates that each layer was replayed to

    @property
    def engine(self) -> str:
        """What computes: a name for users."""
        return self.plan.engine

    @property
    def n_layers(self) -> int:
        """Number of layers with weights."""
        return len(self.geometry.rows)

    def shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of layer `k`; the bias row is the last."""
        return int(self.geometry.rows[k]), int(self.geometry.cols[k])

    def weight_matrix(self, k: int) -> np.ndarray:
        """Weights of layer `k`, (rows, cols) float32, as a user asks for them."""
        return self.layer_weights(k)

    def layer_weights(self, k: int) -> np.ndarray:
        """View of the weights of layer `k`, (rows, cols) float32."""
        weights: np.ndarray = layer_weights(self.weights, self.geometry, k)
        return weights[:, : self.shape(k)[1]]

    @property
    def batches(self) -> Any:
        """What the kernels need to know of mini-batches."""
        return BATCHES[self.plan.batch](self.batch)

    @property
    def events_per_iteration(self) -> int:
        """Most pulse events that one layer records in one iteration."""
        if self.plan.batch == "whole":
            return 0
        if self.plan.batch in ("online", "summed"):
            return self.passes
        marks = int(self.passes > 1)  # between groups
        if self.plan.batch == "products":  # a column has one for each sign, or shares one with others
            return self.passes * (2 * int(self.geometry.cols.max()) + marks)
        return self.passes * (self.samples_per_iteration + marks)

    @property
    def samples_per_iteration(self) -> int:
        """Samples of one iteration to the array that is read most often for each: every position is one."""
        return self.batch * max(a.positions for a in self.layout.network.arrays)

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take."""
        return max(
            1,
            min(
                BLOCK // (self.batch if self.plan.batch == "whole" else 1), EVENTS // max(self.events_per_iteration, 1)
            ),
        )

    def new_buffers(self) -> tuple[Events, Curves]:
        """Event and curve buffers for one block."""
        n = self.block
        return new_buffers(self.geometry, n, n * self.events_per_iteration, placed=any(self.placed))

    @property
    def placed(self) -> tuple[bool, ...]:
        """Of each layer, whether it is kept of its events which sample and position they are of: where networks have
        maps, events are of one, and there are several.
        """
        network, each = self.layout.network, self.plan.batch in ("deferred", "signs", "trains")
        return tuple(network.mapped and each and self.batch * a.positions > 1 for a in network.arrays)

    def train(self, iteration: int, order: np.ndarray, samples: Samples, events: Events, curves: Curves) -> None:
        """Train on the samples `order`, `batch` of them per iteration, after `iteration` earlier updates; at most
        `block` iterations.
        """
        self.before_block(iteration, order, samples)
        if self.costs.shape[1] < self.block:
            self.costs = np.zeros((len(self.costs), self.block))
        kinds = self.kinds
        if self._scratch is None:
            self._scratch = loop.new_scratch(self.geometry, kinds[0], kinds[3])
        loop.train(iteration, order, samples, self.geometry, *kinds, self._scratch, events, curves, self.costs)
        self.iteration = iteration + len(order) // self.batch
        self.after_block(iteration, len(order) // self.batch, curves)

    @property
    def kinds(self) -> tuple[Any, ...]:
        """The five tuples that the training loop is compiled for."""
        return self.rule, self.array, self.circuit, self.batches, self.lines

    @property
    def compiled(self) -> bool:
        """Whether the training loop was compiled for this earlier, on this machine."""
        return is_compiled("train", *self.kinds)

    def note_compiled(self) -> None:
        """Remember that it was."""
        note_compiled("train", *self.kinds)

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Get ready for a block."""
        return

    def after_block(self, iteration: int, n: int, curves: Curves) -> None:
        """Take note of a block."""
        return

    def begin_replay(self, k: int, after: int) -> None:
        """Layer `k` is in its state after so many updates."""
        self._at[k] = after

    def replay(self, k: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray) -> None:
        """Apply recorded pulse events, each (events, bytes) uint8, to layer `k`, and what else happens to it up to the
        last of them.

        All events of an iteration have to come in one call.
        """
        if len(iteration):
            self._replay(k, int(iteration[-1]), iteration, rows, raised, lowered)

    def end_replay(self, k: int, until: int) -> None:
        """All events up to so many updates were replayed: bring layer `k` there."""
        rows, cols = ((n + 7) // 8 for n in self.shape(k))
        none = np.empty((0, cols), np.uint8)
        self._replay(k, until, np.empty(0, np.int64), np.empty((0, rows), np.uint8), none, none)

    def _replay(
        self, k: int, until: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray
    ) -> None:
        after = min(self._at[k], int(iteration[0]) - 1) if len(iteration) else self._at[k]
        rule, array, batch, lines = self.replayed_rule, self.replayed_array, self.batches, self.lines
        scratch = loop.replay_scratch(self.geometry, batch, iteration)
        loop.replay(
            k, after, until, iteration, rows, raised, lowered, self.geometry, rule, array, batch, lines, scratch
        )
        self._at[k] = until

    def walk(
        self, k: int, i: int, j: int, iteration: np.ndarray, number: np.ndarray, signs: np.ndarray, until: int
    ) -> np.ndarray:
        """History of a pair, from its initial state and the events that cross it.

        Parameters
        ----------
        k, i, j : int
            Layer, row and column.
        iteration, number : (events,) int64
            See kernels/loop.py.
        signs : (events,) int8
        until : int

        Returns
        -------
        (until + 1, 2 * copies) float32, S
            What the devices conduct after 0, 1, ..., `until` updates; G+ and G- of all digits, from the highest down.
        """
        out = np.empty((until + 1, 2 * len(self.conductances(k))), np.float32)
        lists = make_lists(1)
        loop.walk(k, iteration, number, signs, i, j, self.geometry, self.rule, self.replayed_array, lists, out)
        return out
