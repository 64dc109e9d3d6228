"""Networks whose weights are made of one or several arrays, filled and tested: slices, and what calibrates ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..kernels import evaluate
from ..kernels.base.buffers import Samples
from ..kernels.circuit.recorder import BINS
from ..kernels.circuit.silent import Silent
from ..kernels.circuit.sliced import Sliced
from ..kernels.pair.weights import Weights
from ..kernels.path.table import new_memory
from ..kernels.rules.table import new_room
from ..learn.evaluators import RefreshedEvaluator
from ..learn.table import kind_of
from ..learn.tests_ahead import tell_long
from ..learn.through import parts_of
from .reader import readable
from .writing import Sides, seed_of


class Pieces:
    """A network of devices of which each layer is one or several arrays.

    Parameters
    ----------
    layouts : sequence of Layout
        Of each slice; they differ in ranges and seeds alone.
    samples : Samples
    iteration : int
        Number of updates that noise is drawn for.
    tests, what, ways
        How often it will be tested, and what is told if that is long; see `tests_ahead.tell_long`.
    """

    def __init__(
        self,
        layouts: Sequence[Layout],
        samples: Samples,
        iteration: int,
        *,
        tests: int = 1,
        what: str = "a test",
        ways: Sequence[str] = (),
    ) -> None:
        self._ahead, self._what, self._ways = tests, what, ways
        self._states = [kind_of(readable(layout)).reader(readable(layout)) for layout in layouts]
        for state in self._states:
            state.iteration = iteration
        first, self._samples = self._states[0], samples
        evaluator = first.evaluator(samples)
        if isinstance(evaluator, RefreshedEvaluator):
            evaluator = evaluator.plain
        if first.real and not getattr(evaluator, "senses", False):
            raise LayoutError(
                f"pulses.rule: expected a rule whose answers are sensed currents, to calibrate or to slice, got "
                f"'{layouts[0].pulses.rule}'; leave --calibrate and --slices out"
            )
        self._share: np.ndarray | None = None

    def fill(self, pieces: Sequence[Sides], share: np.ndarray | None = None) -> None:
        """Let the devices of every slice conduct this; `share`: what each slice is worth, (layers, slices)."""
        for state, sides in zip(self._states, pieces, strict=True):
            state.fill(sides)
        self._share = share

    @property
    def states(self) -> list[Any]:
        """Of every slice."""
        return self._states

    def redraw(self, seed: int, *, circuits: bool) -> None:
        """Let noise come from another seed, and, if asked for, the gain and offset of every sense circuit, too."""
        for number, state in enumerate(self._states):
            state.redraw(seed_of(seed, number), circuits=circuits)

    def counters(self) -> list[np.ndarray]:
        """Counts of currents for every slice, empty; see `recorder.Recorder`."""
        g = self._states[0].geometry
        return [np.zeros((len(g.rows), int(g.cols.max()), BINS), np.int64) for _ in self._states]

    def accuracy(self, counts: Sequence[np.ndarray] | None = None) -> float:
        """Fraction of the samples that are classified rightly; where `counts` are given, without ranges, and currents
        are counted.
        """
        if self._ahead:
            read = lambda few: self._winners(few, None if counts is None else self.counters())  # noqa: E731
            tell_long(self._states[0].layout, self._samples, read, tests=self._ahead, what=self._what, ways=self._ways)
            self._ahead = 0
        return float(np.mean(self._winners(self._samples, counts) == self._samples.label))

    def _winners(self, samples: Samples, counts: Sequence[np.ndarray] | None) -> np.ndarray:
        """The class that each of some samples is taken for."""
        first = self._states[0]
        parts = [parts_of(s, None if counts is None else counts[k]) for k, s in enumerate(self._states)]
        flat, inner = parts[0]
        if self._share is not None:
            width = int(first.geometry.stride.max())
            weights = np.ascontiguousarray(np.stack([w for w, _ in parts]))
            inner = Sliced(tuple(circuit for _, circuit in parts), weights, self._share, np.zeros(width))
        circuit: Any = first.managed(inner, test=True)
        kinds = first.neurons, Weights(flat), circuit, Silent(0)
        winners = np.empty(len(samples.label), np.int64)
        room, memory = new_room(kinds[0], first.geometry, 1), new_memory(first.geometry, 1, lines=False)
        evaluate.classify(first.iteration, samples, first.geometry, *kinds, room, memory, None, winners)
        for state in self._states:
            state.check_reads()
        return winners
