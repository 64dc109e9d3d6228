"""What is kept of a sample at every position of every array, until pulses have followed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base._jit import inlined
from ..base.buffers import copy_line
from ..base.mapped import Mapped


class Memory(NamedTuple):
    """Of all samples of a batch, (batch, ...) unless said; places as in `base.mapped`."""

    lines: np.ndarray  # int32: driven rows; without room for any, they are not kept
    volts: np.ndarray  # float32, V
    n_lines: np.ndarray  # int64
    currents: np.ndarray  # float32: what columns gave
    errors: np.ndarray  # float32: of the columns
    winner: np.ndarray  # int32: members of pools that were the largest
    values: np.ndarray  # flat float32, scratch: what is given, and sources, of all layers
    slopes: np.ndarray  # flat float32, scratch: derivatives of a layer's neurons
    back: np.ndarray  # flat float32, scratch: what came back to a source
    through: np.ndarray  # flat float32, scratch: and through the pools


def make_memory(geometry: Mapped, batch: int, *, lines: bool = True) -> Memory:
    """Room for so many samples; without `lines` for reads alone."""
    g = geometry
    n_lines = int((g.positions * g.rows).sum()) if lines else 0
    outs = int((g.positions * g.cols).sum())
    values = int(max((g.given_at + g.given).max(), (g.source_at + g.source).max())) + 1
    widest = int(max(g.given.max(), g.source.max(), (g.positions * g.cols).max())) + 1
    return Memory(
        np.zeros((batch, n_lines), np.int32),
        np.zeros((batch, n_lines), np.float32),
        np.zeros((batch, int(g.positions.sum())), np.int64),
        np.zeros((batch, outs), np.float32),
        np.zeros((batch, outs), np.float32),
        np.zeros((batch, int(g.source[g.pool != 0].sum())), np.int32),
        np.zeros(values, np.float32),
        np.zeros(widest, np.float32),
        np.zeros(widest, np.float32),
        np.zeros(widest, np.float32),
    )


@inlined
def save_inputs(geometry, layer, p, b, room, memory):
    """Keep the rows that were driven at a position."""
    if memory.lines.shape[1] == 0:
        return
    n, a = room.n_lines[layer], geometry.line_at[layer] + p * geometry.rows[layer]
    memory.n_lines[b, geometry.slot_at[layer] + p] = n
    copy_line(room.lines[layer], n, memory.lines[b, a:])
    copy_line(room.volts[layer], n, memory.volts[b, a:])


@inlined
def load_inputs(geometry, layer, p, b, room, memory):
    """Put them back where reads have them."""
    n, a = memory.n_lines[b, geometry.slot_at[layer] + p], geometry.line_at[layer] + p * geometry.rows[layer]
    room.n_lines[layer] = n
    copy_line(memory.lines[b, a:], n, room.lines[layer])
    copy_line(memory.volts[b, a:], n, room.volts[layer])


@inlined
def save_currents(geometry, layer, p, b, room, memory):
    """Keep what the columns gave at a position."""
    a = geometry.out_at[layer] + p * geometry.cols[layer]
    copy_line(room.currents[layer], geometry.cols[layer], memory.currents[b, a:])


@inlined
def load_currents(geometry, layer, p, b, room, memory):
    """Put it back."""
    a = geometry.out_at[layer] + p * geometry.cols[layer]
    copy_line(memory.currents[b, a:], geometry.cols[layer], room.currents[layer])
