"""Weights that move by ideal steps: floats, without devices."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...base.buffers import copy_line, layer_weights
from .bits import fill_steps, forward_bits, step_ideal, step_rows, sum_signs


class Steps(NamedTuple):
    """Weights of all layers, flat, or of one (see `layer_view`)."""

    w: np.ndarray  # (rows, stride) float32
    step: float  # in units of W, at iteration 0
    step_end: float  # factor on it at iteration `schedule`
    schedule: int  # images
    reach: np.float32  # no |W| gets larger
    adds: np.ndarray  # (1, stride) float32: scratch
    first: np.ndarray  # (rows, stride) float32: the first layer, whose steps wait
    # (draws, stride of the first layer) float32: steps of one read, carried out together before the next
    waiting: np.ndarray
    rows: np.ndarray  # (rows,) int32: their firing rows
    # (2,) int64, updated: steps that wait, and their rows; the first is -1 where none may wait
    count: np.ndarray  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


@jit
def step_at(iteration, step, step_end, schedule):
    """Ideal step after `iteration` images, float32, in units of W: it falls exponentially, and stays where it is after
    `schedule` images.
    """
    part = min(iteration / schedule, 1.0)
    return np.float32(step * math.exp(math.log(step_end) * part))


def layer_view(array, geometry, layer):
    """Views of one layer; see `kinds.layer_view`."""
    w, a = layer_weights(array.w, geometry, layer), array
    return Steps(w, a.step, a.step_end, a.schedule, a.reach, a.adds, a.first, a.waiting, a.rows, a.count)


def flush(array):
    """Carry out the steps that wait; see `kinds.flush`."""
    if array.count[0] > 0:
        step_rows(array.rows, array.count[1], array.waiting, array.count[0], array.reach, array.first)
        array.count[0] = 0


def read_bits(array, circuit, lines, layer, n, at, number, geometry, room):
    """Forward read; see `kinds.read_bits`."""
    w = layer_weights(array.w, geometry, layer)
    forward_bits(room.lines[layer], n, w, room.currents[layer, : geometry.stride[layer]])


def read_signs(array, circuit, lines, layer, n, at, number, geometry, room):
    """Backward read; see `kinds.read_signs`."""
    w = layer_weights(array.w, geometry, layer)
    up, down = room.up[layer], room.down[layer]
    sum_signs(w, up, room.n_up[layer], down, room.n_down[layer], room.gated, n, room.back_currents)


def press(array, seed, layer, at, number, firing, n, up, n_up, down, n_down):
    """One step; see `kinds.press`."""
    step, waits = step_at(at - 1, array.step, array.step_end, array.schedule), array.count
    if layer == 0 and waits[0] >= 0:
        if waits[0] == 0:
            copy_line(firing, n, array.rows)
            waits[1] = n
        fill_steps(up, n_up, down, n_down, step, array.waiting[waits[0]])
        waits[0] += 1
        return
    step_ideal(firing, n, up, n_up, down, n_down, step, array.reach, array.adds, array.w)
