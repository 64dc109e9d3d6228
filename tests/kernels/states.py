"""Ways into kernels and states that several tests take."""

from __future__ import annotations

import types

import numpy as np
from xbarsim.kernels import loop
from xbarsim.kernels.base._jit import jit
from xbarsim.kernels.base.buffers import Geometry, make_lists
from xbarsim.kernels.batch import table as batches
from xbarsim.kernels.lines import disturbing
from xbarsim.kernels.pair import table
from xbarsim.kernels.pair.analog import Analog
from xbarsim.kernels.pair.scattered import Scattered
from xbarsim.kernels.pair.single import Single
from xbarsim.kernels.pair.single_scattered import SingleScattered
from xbarsim.kernels.rules import table as rules
from xbarsim.kernels.rules.sign import Sign

from xbarsim import Layout
from xbarsim.describe.pulses import METHODS
from xbarsim.learn.reading import reading_of


def counts_of(state, k):
    """What is counted of layer `k`, as plain arrays."""
    return types.SimpleNamespace(**{name: count.values for name, count in state.counts(k).items()})


@jit
def pulse(array, firing, n, up, n_up, down, n_down):
    """The stage of this name, to be called from Python."""
    return table.pulse(array, firing, n, up, n_up, down, n_down)


@jit
def foresee(array, i, j, raising):
    """The stage of this name, to be called from Python."""
    return table.foresee(array, i, j, raising)


@jit
def conduct(array, i, j, side):
    """The stage of this name, to be called from Python."""
    return table.conduct(array, i, j, side)


@jit
def refresh(array, limits, at, rows, cols):
    """The stage of this name, to be called from Python."""
    return table.refresh(array, limits, at, rows, cols)


def array_of(views, method, d, steps):
    """Float pairs as an array: of devices that scatter, or not."""
    if list(METHODS)[method] == "fixed":
        return Single(views.w, views, d, 1) if views.scatter is None else SingleScattered(views.w, views, d)
    kind = Analog if views.scatter is None else Scattered
    return kind(views.w, views, method, d, steps)


def one_layer(rows, cols):
    """Geometry of one array without a bias row, whose W is kept in rows of 16."""
    one = np.ones(1, np.int64)
    return Geometry(rows * one, cols * one, 16 * one, 0 * one, 0 * one, 0 * one)


def sign_rule():
    """The rule whose lines fire by the sign of the error."""
    return Sign(reading_of(Layout.of(layers=(1, 2))))


def walk(array, rows, cols, i, j, signs):
    """What the devices of a pair conduct, (updates + 1, 2) float32, S.

    There is one event in each iteration, of a single array.
    """
    n = len(signs)
    out = np.empty((n + 1, 2), np.float32)
    at, number = np.arange(1, n + 1), np.zeros(n, np.int64)
    signs = np.asarray(signs, np.int8)
    loop.walk(0, at, number, signs, i, j, one_layer(rows, cols), sign_rule(), array, make_lists(1), out)
    return out


@jit
def read_back(rule, array, circuit, lines, layer, now, number, geometry, room):
    """The stage of this name, to be called from Python."""
    rules.read_back(rule, array, circuit, lines, layer, now, number, geometry, room)


@jit
def release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events):
    """The stage of this name, to be called from Python."""
    return batches.release(batch, rule, array, lines, geometry, layer, now, numbers, place, room, kept, lists, events)


@jit
def disturb(lines, array, now, firing, n, up, n_up, down, n_down):
    """What half-selected devices do."""
    disturbing.disturb(lines, array, now, firing, n, up, n_up, down, n_down)


def layer_of(state, k):
    """The array of layer `k`, with views of the state's buffers."""
    return table.ARRAYS[type(state.array)].layer_of(state.array, state.geometry, k)
