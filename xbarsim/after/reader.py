"""Test accuracy of given conductances: arrays that are read and never pulsed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..data_sets.data_set import Dataset
from ..data_sets.load import to_samples
from ..describe.layout import Layout
from ..learn.known import ideal_reads, known_reads, limits_of, scaled, units_of
from ..learn.table import kind_of
from ..learn.tests_ahead import tell_long
from ..record.trace import Trace


def readable(layout: Layout) -> Layout:
    """The layout of arrays that are only read: any conductance may be set, and no pulse, so no law, is needed."""
    return layout.replace(engine="analog", model="exponential", jump_p=None, jump_d=None, step=None, step_sha256=None)


def fixed(layout: Layout) -> Layout:
    """Arrays that conduct what is written and are read as the layout says: no device differs by itself any more."""
    plain = Layout.of(layers=layout.network.layers)
    noisy = dataclasses.replace(plain.variation, device_noise=layout.variation.device_noise)
    return readable(dataclasses.replace(layout, variation=noisy, aging=plain.aging))


def conductances_of(trace: Trace, iteration: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(G+, G-) of all arrays of a run after so many updates, as they conduct: each (rows, cols) float32, S; where a
    weight has several digits, those of a layer one after another, from the highest down.
    """
    layers = range(1, len(trace.shapes) + 1)
    if trace.is_pairs:  # at keyframes no code is needed
        return [trace.conductance(k, iteration) for k in layers]
    state = trace.state_at(iteration)
    return [sides for k in layers for sides in state.as_read(k - 1)]


class Reader:
    """A network of devices that is filled and tested, again and again.

    Parameters
    ----------
    layout : Layout
        On the analog engine, whose devices conduct what they are given.
    data : Dataset
        Its test samples are used.
    iteration : int
        Number of updates that noise is drawn for, as in a run that has done so many.
    tests : int
        How often it will be tested; what is long is told before the first, with `ways` that would shorten it.
    """

    def __init__(
        self, layout: Layout, data: Dataset, iteration: int = 0, *, tests: int = 1, ways: Sequence[str] = ()
    ) -> None:
        self._state = kind_of(layout).reader(layout)
        self._state.iteration = iteration
        self._samples = to_samples(data.x_test, data.y_test, self._state.reading.v_read)
        self._evaluator = self._state.evaluator(self._samples)
        self._ahead, self._ways = tests, ways

    def redraw(self, seed: int, *, circuits: bool) -> None:
        """Let noise come from another seed, and, if asked for, the gain and offset of every sense circuit, too."""
        self._state.redraw(seed, circuits=circuits)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(rows, cols) of all that is read at once: of arrays, or of layers whose arrays add up."""
        return units_of(self._state).shapes

    @property
    def limits(self) -> list[np.ndarray]:
        """What is not below it is clipped, of every column of each of these, (cols,), A; infinite: nothing is."""
        return limits_of(self._state)

    @property
    def positions(self) -> list[int]:
        """How often an image reads each of these."""
        each = [array.positions for array in self._state.layout.network.arrays]
        return [each[k * len(each) // len(self.shapes)] for k in range(len(self.shapes))]

    def known(
        self,
        pieces: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]],
        patterns: Sequence[Sequence[np.ndarray]],
        seed: int,
        *,
        ideal: bool = False,
    ) -> list[np.ndarray]:
        """Currents (patterns, cols), A, for known rows that are driven, of arrays that conduct this; see `learn.known`.
        `ideal` ones know no wires, noise and sense circuits.
        """
        self._state.fill(pieces[0])
        return ideal_reads(self._state, patterns) if ideal else known_reads(self._state, patterns, seed)

    def accuracy_of(
        self,
        pieces: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]],
        scales: Sequence[np.ndarray] | None = None,
    ) -> float:
        """`accuracy` of a network in one piece."""
        return self.accuracy(pieces[0], scales)

    def accuracy(
        self, sides: Sequence[tuple[np.ndarray, np.ndarray]], scales: Sequence[np.ndarray] | None = None
    ) -> float:
        """Fraction of the test samples that are classified rightly with these (G+, G-) of every array, S.

        `scales` are what outputs are multiplied with digitally, (cols,) float32 for each of `shapes`.
        """
        self._state.fill(scaled(self._state, sides, scales))
        if self._ahead:
            read = lambda few: self._state.evaluator(few).accuracy()  # noqa: E731
            tell_long(self._state.layout, self._samples, read, tests=self._ahead, ways=self._ways)
            self._ahead = 0
        self._evaluator.refresh()
        right: float = self._evaluator.accuracy()
        return right
