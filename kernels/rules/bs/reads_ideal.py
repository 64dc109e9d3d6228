"""Digits on ideal circuits: the weights that they make up are read at once."""

from __future__ import annotations

from ...base.buffers import layer_weights
from .bits import forward_bits, sum_signs


def read_columns_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Forward read; see `kinds.read_bits`."""
    w = layer_weights(array.w, geometry, layer)
    forward_bits(room.lines[layer], n, w, room.currents[layer, : geometry.stride[layer]])


def read_rows_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Backward read; see `kinds.read_signs`."""
    w = layer_weights(array.w, geometry, layer)
    up, down = room.up[layer], room.down[layer]
    sum_signs(w, up, room.n_up[layer], down, room.n_down[layer], room.gated, n, room.back_currents)
