"""Reads of arrays whose wires, drivers and sense circuits are ideal."""

from __future__ import annotations

from typing import NamedTuple

from ..base.buffers import layer_weights
from . import read


class Ideal(NamedTuple):
    """Nothing stands between a voltage and a current."""

    wired: int  # 0


def may_skip(circuit):
    """Nothing but the error comes of a read: one that can fire nothing need not be taken."""
    return True


def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""
    out = room.currents[layer, : geometry.stride[layer]]
    read.forward(room.lines[layer], room.volts[layer], n, layer_weights(w, geometry, layer), out)


def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""
    weights = layer_weights(w, geometry, layer)
    read.backward(room.back_volts, geometry.cols[layer], weights, room.gated, n_gated, room.back_currents)
