"""Test accuracy of given conductances: arrays that are read and never pulsed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..data_sets.data_set import Dataset
from ..data_sets.load import to_samples
from ..describe.layout import Layout
from ..learn.table import kind_of
from ..record.trace import Trace


def readable(layout: Layout) -> Layout:
    """The layout of arrays that are only read: any conductance may be set, and no pulse, so no law, is needed."""
    return layout.replace(engine="analog", model="exponential", jump_p=None, jump_d=None, step=None, step_sha256=None)


def fixed(layout: Layout) -> Layout:
    """Arrays that conduct what is written and are read as the layout says: no device differs by itself any more."""
    plain = dataclasses.replace(
        Layout.of(layers=layout.network.layers).variation, device_noise=layout.variation.device_noise
    )
    return readable(dataclasses.replace(layout, variation=plain))


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
    """

    def __init__(self, layout: Layout, data: Dataset, iteration: int = 0) -> None:
        self._state = kind_of(layout).reader(layout)
        self._state.iteration = iteration
        self._evaluator = self._state.evaluator(to_samples(data.x_test, data.y_test, self._state.reading.v_read))

    def redraw(self, seed: int, *, circuits: bool) -> None:
        """Let noise come from another seed, and, if asked for, the gain and offset of every sense circuit, too."""
        self._state.redraw(seed, circuits=circuits)

    def accuracy_of(self, pieces: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]]) -> float:
        """The same of a network in one piece; see `slicing.SlicedReader`."""
        return self.accuracy(pieces[0])

    def accuracy(self, sides: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
        """Fraction of the test samples that are classified rightly with these (G+, G-) of every array, S."""
        self._state.fill(sides)
        self._evaluator.refresh()
        right: float = self._evaluator.accuracy()
        return right
