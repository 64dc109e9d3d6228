"""Twins of arrays with wires: sheets, tiles, reads; see `tests/naive.py`."""

from __future__ import annotations

import numpy as np

from .naive_curve import solve_tile
from .naive_wires import fold, solve


def owner(line, routing, split):
    """(row or column, sign) of a line; lines come in pairs if it is these that the routing splits."""
    return (line // 2, (1, -1)[line % 2]) if routing == split else (line, 1)


def sheets_of(array, routing):
    """[(matrix, sign, of D lines, of S lines)]: `of` has the owner of every line."""
    rows, cols = array.shape
    if routing == "split-both":
        lines = [(i, 1) for i in range(rows)], [(j, 1) for j in range(cols)]
        return [
            (np.array(side, np.float32), sign, *lines) for side, sign in zip(array.conducting, (1, -1), strict=True)
        ]
    d = [owner(k, routing, "split-drain") for k in range(rows * (2 if routing == "split-drain" else 1))]
    s = [owner(k, routing, "split-source") for k in range(cols * (2 if routing == "split-source" else 1))]
    sides = array.conducting
    sheet = [[sides[0 if a == b else 1][i][j] for j, b in s] for i, a in d]
    return [(np.array(sheet, np.float32), 1, d, s)]


def cut(n, most):
    return [range(a, min(a + (most or n), n)) for a in range(0, n, most or n)]


def tiles_of(array, routing, tile_rows, tile_columns):
    """As `sheets_of`, of the physical arrays."""
    return [
        (matrix[a.start : a.stop, b.start : b.stop], sign, d[a.start : a.stop], s[b.start : b.stop])
        for matrix, sign, d, s in sheets_of(array, routing)
        for a in cut(len(d), tile_rows)
        for b in cut(len(s), tile_columns)
    ]


def tile_of(array, t, routing, tile_rows, tile_columns):
    return tiles_of(array, routing, tile_rows, tile_columns)[t][0]


def refresh_all(arrays, routing, tile_rows, tile_columns, lines):
    """[(g, cd, cs)] of every tile of every layer."""
    tiles = [tile[0] for array in arrays for tile in tiles_of(array, routing, tile_rows, tile_columns)]
    return [(g, *fold(g.tolist(), lines)) for g in tiles]


refresh_tiles = refresh_layer = refresh_events = refresh_all  # nothing is remembered here


def read_tiles(array, volts, forward, routing, tile_rows, tile_columns, lines, curve=None):
    """Currents of W; volts per row, or per column."""
    rows, cols = array.shape
    total = np.zeros(cols if forward else rows)
    for g, sign, d, s in tiles_of(array, routing, tile_rows, tile_columns):
        drive_d, drive_s = np.zeros(len(d)), np.zeros(len(s))
        if forward:
            drive_d[:] = [side * volts[i] for i, side in d]
        else:
            drive_s[:] = [side * volts[j] for j, side in s]
        nodes = solve_tile(g, drive_d, drive_s, lines, curve) if curve else solve(g, drive_d, drive_s, lines)
        for (k, side), current in zip(s if forward else d, nodes.out_s if forward else nodes.out_d, strict=True):
            total[k] += sign * side * current
    return total


def transfer_matrix(array, *wiring):
    """Currents of all columns for 1 V at every row in turn."""
    return np.array([read_tiles(array, unit, True, *wiring) for unit in np.eye(array.shape[0])])
