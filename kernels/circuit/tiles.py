"""Reads through real wires inside the training loop: the sheets of all layers, and how they follow the pulses.

A tile is one physical array: a rectangle of one sheet (see `wires`), whose lines belong to rows and columns of a layer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base._jit import jit, slice_of
from ..base.bits import unpack_bits
from ..base.buffers import layer_weights
from ..pair.table import conduct, layer_of
from . import wires
from .curves import solve_tile
from .ohmic import Ohmic

SPLIT_BOTH, SPLIT_SOURCE, SPLIT_DRAIN = 0, 1, 2


class Board(NamedTuple):
    """All tiles of a network; the flat buffers hold one after another."""

    wired: int  # 0: the wires are ideal, and there are no tiles
    routing: int
    lines: wires.Lines
    tolerance: float
    most: int  # sweeps
    first: np.ndarray  # (layers + 1,) int64: tiles of a layer are first[layer] .. first[layer + 1] - 1
    offset: np.ndarray  # (tiles,) int64: in the flat buffers
    rows: np.ndarray  # (tiles,) int64: D lines
    cols: np.ndarray  # (tiles,) int64: S lines
    row0: np.ndarray  # (tiles,) int64: number of its first D line in the sheet
    col0: np.ndarray  # (tiles,) int64
    side: np.ndarray  # (tiles,) int64: 0 and 1 for the sheets of G+ and G- (routing split-both)
    rho: np.ndarray  # (tiles,) float64, updated: see `wires.coupling`
    g: np.ndarray  # flat float32, S, updated
    cd: np.ndarray  # flat float32, updated: see `wires.fold`
    cs: np.ndarray  # flat float32, updated
    u: np.ndarray  # flat float32, V, updated: the last read's nodes
    s: np.ndarray  # flat float32, V, updated
    power: np.ndarray  # (1,) float64, W, updated: what the drivers delivered in the last read of a layer
    drives: np.ndarray  # (4, width) float64: scratch, what is driven into D and S lines of a tile, and what comes out
    changed: np.ndarray  # (2, width) bool: scratch, rows and columns
    listed: np.ndarray  # (width,) int32: scratch
    curve: Any = Ohmic(0)  # of the devices, see `curves`


@slice_of
def tile_of(flat, board, t):
    """View of one tile, (rows, cols), in a flat buffer."""
    a, r, c = board.offset[t], board.rows[t], board.cols[t]
    return flat[a : a + r * c].reshape((r, c))


@jit
def owner(line, routing, split):
    """Row or column of the layer that a line belongs to, and the sign of its side; `split` is the routing that pairs
    such lines.
    """
    if routing == split:
        return line // 2, 1.0 - 2.0 * (line % 2)
    return line, 1.0


@jit
def refresh_tiles(layer, row_changed, col_changed, array, board):
    """Bring the tiles of a layer up to date after pulses where a changed row met a changed column.

    Parameters
    ----------
    row_changed, col_changed : (rows,) and (cols,) bool
    array : of the layer, see `pair.table`
    board : Board, updated
    """
    far_d = wires.far_conductance(board.lines.end_d, board.lines.double_sided)
    far_s = wires.far_conductance(board.lines.end_s, board.lines.double_sided)
    for t in range(board.first[layer], board.first[layer + 1]):
        g, cd, cs = tile_of(board.g, board, t), tile_of(board.cd, board, t), tile_of(board.cs, board, t)
        for r in range(board.rows[t]):
            i, row_sign = owner(board.row0[t] + r, board.routing, SPLIT_DRAIN)
            if not row_changed[i]:
                continue
            for c in range(board.cols[t]):
                j, col_sign = owner(board.col0[t] + c, board.routing, SPLIT_SOURCE)
                if col_changed[j]:
                    side = board.side[t] if board.routing == SPLIT_BOTH else (row_sign * col_sign < 0.0)
                    g[r, c] = conduct(array, i, j, side)
            wires.fold_row(g, r, board.lines.r_d, board.lines.end_d, far_d, cd)
        for c in range(board.cols[t]):
            j, _ = owner(board.col0[t] + c, board.routing, SPLIT_SOURCE)
            if col_changed[j]:
                wires.fold_column(g, c, board.lines.r_s, board.lines.end_s, far_s, cs)
        total = 0.0
        for r in range(board.rows[t]):
            for c in range(board.cols[t]):
                total += np.float64(g[r, c])
        board.rho[t] = wires.coupling(
            total / (board.rows[t] * board.cols[t]), board.rows[t], board.cols[t], board.lines
        )


@jit
def refresh_events(layer, number, first_event, events, array, board):
    """`refresh_tiles` after the events that were recorded from `first_event` on."""
    lines, row_changed, col_changed = board.listed, board.changed[0], board.changed[1]
    board.changed[:] = False
    for e in range(first_event, events.count[layer]):
        for q in range(unpack_bits(events.rows[layer, e], lines)):
            row_changed[lines[q]] = True
        for q in range(unpack_bits(events.raised[layer, e], lines)):
            col_changed[lines[q]] = True
        for q in range(unpack_bits(events.lowered[layer, e], lines)):
            col_changed[lines[q]] = True
    if first_event < events.count[layer]:
        refresh_tiles(number, row_changed, col_changed, array, board)


@jit
def refresh_layer(layer, array, board):
    """`refresh_tiles` of a whole layer."""
    board.changed[:] = True
    refresh_tiles(layer, board.changed[0], board.changed[1], array, board)


@jit
def refresh_all(geometry, array, board):
    """`refresh_tiles` of everything."""
    for layer in range(geometry.rows.shape[0]):
        refresh_layer(layer, layer_of(array, geometry, layer), board)


@jit
def read_tiles(layer, volts, forward, board, out):
    """Read a layer.

    Parameters
    ----------
    volts : (n,) float64, V
        One per row if `forward`, else one per column; 0 where nothing is driven.
    forward : bool
        Callers say it with a comparison: for each literal Numba would compile everything below anew.
    out : (m,) float64, A, updated
        Current of W, one per column if `forward`, else one per row.

    Returns
    -------
    sweeps, residual
        Of the tiles: the most and the largest.
    """
    out[:] = 0.0
    board.power[0] = 0.0
    sweeps, residual = 0, 0.0
    for t in range(board.first[layer], board.first[layer + 1]):
        n_rows, n_cols = board.rows[t], board.cols[t]
        drive_d, drive_s = board.drives[0, :n_rows], board.drives[1, :n_cols]
        out_d, out_s = board.drives[2, :n_rows], board.drives[3, :n_cols]
        drive_d[:] = 0.0
        drive_s[:] = 0.0
        if forward:
            for r in range(n_rows):
                i, sign = owner(board.row0[t] + r, board.routing, SPLIT_DRAIN)
                drive_d[r] = sign * volts[i]
        else:
            for c in range(n_cols):
                j, sign = owner(board.col0[t] + c, board.routing, SPLIT_SOURCE)
                drive_s[c] = sign * volts[j]
        k, left = solve_tile(
            board.curve,
            tile_of(board.g, board, t),
            tile_of(board.cd, board, t),
            tile_of(board.cs, board, t),
            drive_d,
            drive_s,
            board.lines,
            board.rho[t],
            board.tolerance,
            board.most,
            forward,
            tile_of(board.u, board, t),
            tile_of(board.s, board, t),
            out_d,
            out_s,
        )
        sweeps, residual = max(sweeps, k), max(residual, left)
        for r in range(n_rows):
            board.power[0] -= drive_d[r] * out_d[r]
        for c in range(n_cols):
            board.power[0] -= drive_s[c] * out_s[c]
        base = -1.0 if board.routing == SPLIT_BOTH and board.side[t] == 1 else 1.0
        if forward:
            for c in range(n_cols):
                j, sign = owner(board.col0[t] + c, board.routing, SPLIT_SOURCE)
                out[j] += base * sign * out_s[c]
        else:
            for r in range(n_rows):
                i, sign = owner(board.row0[t] + r, board.routing, SPLIT_DRAIN)
                out[i] += base * sign * out_d[r]
    return sweeps, residual


@jit
def transfer_matrix(geometry, board, volts, out, flat):
    """What a forward read makes of the wires: ``current[j] = sum_i volts[i] flat[i, j]``, exactly, for all layers.

    A passive network is reciprocal: what row i, driven with 1 V, sends into column j, column j would send into row i.
    So one backward solution per column gives all rows.

    Parameters
    ----------
    volts, out : (>= cols,) and (>= rows,) float64, scratch
    flat : float32, S, updated
        Laid out as the weights are.

    Returns
    -------
    sweeps, residual
    """
    sweeps, residual = 0, 0.0
    for layer in range(geometry.rows.shape[0]):
        rows, cols = geometry.rows[layer], geometry.cols[layer]
        w = layer_weights(flat, geometry, layer)
        volts[:] = 0.0
        for j in range(cols):
            volts[j] = 1.0
            k, left = read_tiles(layer, volts[:cols], layer < 0, board, out[:rows])
            sweeps, residual = max(sweeps, k), max(residual, left)
            for i in range(rows):
                w[i, j] = out[i]
            volts[j] = 0.0
    return sweeps, residual
