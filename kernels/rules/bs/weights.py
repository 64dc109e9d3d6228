"""Test reads of weights on ideal circuits."""

from __future__ import annotations

from ...base.buffers import layer_weights
from ...circuit import read


def test_layer(array, layer, n, k, number, geometry, room):
    """Forward read; see `inference.test_layer`."""
    out = room.currents[layer, : geometry.stride[layer]]
    read.forward(room.lines[layer], room.volts[layer], n, layer_weights(array.w, geometry, layer), out)
