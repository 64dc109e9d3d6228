"""Test accuracy of given conductances: arrays that are read and never pulsed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data_sets.data_set import Dataset
from ..data_sets.load import to_samples
from ..describe.layout import Layout
from ..learn.network import ReadNetwork


def readable(layout: Layout) -> Layout:
    """The layout of arrays that are only read: any conductance may be set, and no pulse, so no law, is needed."""
    return layout.replace(engine="analog", model="exponential", jump_p=None, jump_d=None, step=None, step_sha256=None)


class Reader:
    """A network of pairs of devices that is filled and tested, again and again.

    Parameters
    ----------
    layout : Layout
        On the analog engine, whose devices conduct what they are given.
    data : Dataset
        Its test samples are used.
    """

    def __init__(self, layout: Layout, data: Dataset) -> None:
        self._state = ReadNetwork(layout)
        self._evaluator = self._state.evaluator(to_samples(data.x_test, data.y_test, layout.array.v_read))

    def accuracy(self, sides: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
        """Fraction of the test samples that are classified rightly with these (G+, G-) of every layer, S."""
        for k, (g_plus, g_minus) in enumerate(sides):
            self._state.set_nominal(k, g_plus, g_minus)
        self._evaluator.refresh()
        return self._evaluator.accuracy()
