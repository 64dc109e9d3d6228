"""Digits of devices that differ in nothing but noise, on ideal circuits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import view
from ...base.buffers import layer_weights
from ...device.law import Device
from .bits import USE_CARRY, USE_CYCLE, forward_bits, sum_signs
from .carry import Cells, Digits, carry, step_cells, weigh_all


class Nominal(NamedTuple):
    """Digits of all layers, flat, or of one (see `layer_view`)."""

    w: np.ndarray  # (rows, stride) float32: `Digits.w`
    digits: Digits
    device: Device
    cells: Cells
    keys: np.ndarray  # (2, width) uint64: scratch


@view
def layer_digits(state, geometry, layer):
    """Views of one layer's `Digits` in the flat buffers of all; a layer's digits lie together."""
    a, r, s = geometry.offset[layer], geometry.rows[layer], geometry.stride[layer]
    b = a + r * s
    k = state.plus.shape[0] // state.w.shape[0]
    high = state.high[a:b].reshape((r, s)) if state.high.shape[0] > 0 else state.high[:0].reshape((0, s))
    return Digits(
        state.w[a:b].reshape((r, s)),
        high,
        state.plus[k * a : k * b].reshape((k, r, s)),
        state.minus[k * a : k * b].reshape((k, r, s)),
    )


def layer_view(array, geometry, layer):
    """Views of one layer; see `kinds.layer_view`."""
    digits = layer_digits(array.digits, geometry, layer)
    return Nominal(digits.w, digits, array.device, array.cells, array.keys)


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
    """One pulse at every crossing; see `kinds.press`."""
    stream = noise.bits_stream(layer, USE_CYCLE)
    d, cells, keys = array.device, array.cells, array.keys
    step_cells(firing, n, up, n_up, down, n_down, seed, stream, at, number, d, cells, keys, array.digits)


def carry_all(array, seed, layer, digit, at, rows, cols):
    """Carry a digit; see `kinds.carry_all`."""
    stream = noise.bits_stream(layer, USE_CARRY)
    return carry(digit, rows, cols, seed, stream, at, array.device, array.cells, array.digits)


def weigh_layer(array, geometry, layer):
    """Bring the weights up to the conductances; see `kinds.weigh_layer`."""
    weigh_all(geometry.cols[layer], array.cells, array.digits)


def look_at(array, layer, i, j, out):
    """What all digits conduct; see `kinds.look_at`."""
    for k in range(array.digits.plus.shape[0]):
        out[2 * k], out[2 * k + 1] = array.digits.plus[k, i, j], array.digits.minus[k, i, j]
