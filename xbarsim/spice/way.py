"""A sample's way to one read of one array, in NumPy, each read on its way solved as exactly as that one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ..arrays.mapped import Maps
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..kernels.way import neuron
from ..learn.reading import reading_of
from ..learn.table import kind_of
from .array_read import ArrayRead

Reader = Callable[[int, np.ndarray, bool], ArrayRead]
"""The read of an array, 0 is the first, that is driven with these voltages; forward, or backward."""


class Way:
    """The way of one sample through a network.

    Parameters
    ----------
    layout : Layout
    inputs : (inputs,) float64, V
        What the sample drives.
    label : int
    reading : Reader
    """

    def __init__(self, layout: Layout, inputs: np.ndarray, label: int, reading: Reader) -> None:
        self._layout, self._label, self._reading = layout, label, reading
        self._arrays, self._maps, self._settings = layout.network.arrays, Maps(layout.network), reading_of(layout)
        self._given, self._currents = [inputs], list[np.ndarray]()  # before the pools of each array; of its columns
        self._kind = cast("Any", kind_of(layout))
        self._neurons = None if layout.rule.read_only else self._kind.neurons_of(layout)
        self._own: Any = None  # of a network that is only read

    def up_to(self, k: int, position: int) -> np.ndarray:
        """What the rows of array `k` are driven with at a position, (rows,) float64, V."""
        for below in range(k):
            current = np.concatenate([self._current(below, p) for p in range(self._arrays[below].positions)])
            self._currents.append(current)
            self._given.append(self._fired(below, current))
        return self._rows(k, position)

    def back_to(self, k: int, position: int) -> np.ndarray:
        """What the columns of array `k` are driven with at a position, (cols,) float64, V: its errors."""
        v_read, last = float(self._settings.v_read), len(self._arrays) - 1
        if self._neurons is None:
            raise LayoutError(
                f"--read: expected forward with rule '{self._layout.pulses.rule}', whose arrays are not read "
                "backwards, got backward; leave it out"
            )
        self.up_to(last, 0)
        cols = self._arrays[last].outputs
        delta = np.empty(cols, np.float32)
        neuron.softmax_error(self._current(last, 0), cols, self._settings.softmax_gain, self._label, delta)
        for above in range(last, k, -1):
            array, c = self._arrays[above], float(self._settings.c[above - 1])
            slope = self._neurons.slope(self._currents[above - 1], c)
            driven = delta.astype(np.float64).reshape(array.positions, -1) * v_read
            sensed = [_difference(self._reading(above, volts, False))[: array.inputs] for volts in driven]
            back = self._maps.back(above, self._given[above][None], np.array([sensed], np.float32))[0]
            delta = (slope * (back / np.float32(self._neurons.unit * v_read))).astype(np.float32)
        own: np.ndarray = delta.astype(np.float64).reshape(self._arrays[k].positions, -1)[position] * v_read
        return own

    def _rows(self, k: int, position: int) -> np.ndarray:
        rows: np.ndarray = self._maps.read(k, self._given[k][None])[0, position]
        return np.append(rows, float(self._settings.v_read)) if self._layout.array.bias else rows

    def _current(self, k: int, position: int) -> np.ndarray:
        return _difference(self._reading(k, self._rows(k, position), True))

    def _fired(self, k: int, current: np.ndarray) -> np.ndarray:
        """What neurons of array `k` drive the next one with, V."""
        if self._neurons is None:
            cols = self._arrays[k].outputs
            self._own = self._own or self._kind.reader(self._layout)
            return np.concatenate([self._own.fired(k, one) for one in current.reshape(-1, cols)])
        driven: np.ndarray = self._neurons.output(current, float(self._settings.c[k])) * float(self._settings.v_read)
        return driven.astype(np.float64)


def _difference(read: ArrayRead) -> np.ndarray:
    """Sensed I+ - I-, float32, A, as neurons take it."""
    plus, minus = read.sensed(read.solve())
    difference: np.ndarray = (plus - minus).astype(np.float32)
    return difference
