"""Reads of arrays with wires, tile by tile, against the dense twin."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.circuit import tiles as kernel
from xbarsim.kernels.circuit import wired

from xbarsim.arrays.nodal import sensed, sheets_of, solve
from xbarsim.describe.wires import Wires

from ... import naive
from ..test_train import data, train_library
from .wirings import ALL, TILES, fresh, twin_of, wired_layout, wiring_of

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("tiles", TILES, ids=str)
@pytest.mark.parametrize("routing", ALL)
def test_reads_equal_the_twin_and_the_python_interface(routing, tiles):
    layout = wired_layout("analog", layers=(6, 5), routing=routing, sense_resistance=300.0, **tiles)
    state = fresh(layout)
    array, (plus, minus) = twin_of(state).arrays[0], state.conductance(0)
    exact = Wires(**{**vars(layout.wires), "wire_tolerance": 1e-12})
    rng = np.random.default_rng(1)
    for forward in (True, False):
        n, m = (7, 5) if forward else (5, 7)
        volts, out = rng.uniform(-0.1, 0.1, n), np.full(m, np.nan)
        volts[1] = 0
        sweeps, residual = kernel.read_tiles(0, volts, forward, state.circuit.board, out)
        assert 0 < residual <= 1e-6
        want = naive.read_tiles(array, volts, forward, *wiring_of(layout))
        top = (plus.sum() + minus.sum()) * 0.1
        np.testing.assert_allclose(out, want, rtol=0, atol=2e-7 * top)
        solutions = [solve(sheet, exact, volts, forward=forward) for sheet in sheets_of(plus, minus, routing)]
        np.testing.assert_allclose(np.subtract(*sensed(solutions, m, forward=forward)), want, rtol=0, atol=1e-10 * top)
        ideal = volts @ (plus.astype(float) - minus) if forward else (plus.astype(float) - minus) @ volts
        assert np.abs(ideal - want).max() > 2e-5 * top  # the wires matter
        assert sweeps > 1


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("routing", ALL)
def test_tiles_are_arrays_whose_currents_are_added(routing, forward):
    """Pairs are cut apart where the lines of a pair are side by side and a tile takes an odd number of them."""
    rng = np.random.default_rng(4)
    plus, minus = rng.uniform(1e-7, 1e-6, (2, 7, 6)).astype(np.float32)
    whole = Wires(wire_resistance=800.0, sense_resistance=90.0, wire_tolerance=1e-12)
    volts = rng.uniform(-0.1, 0.1, 7 if forward else 6)
    n = 6 if forward else 7
    for tall, wide in ((3, 0), (0, 5), (3, 5), (1, 1), (2, 4), (100, 100)):
        tiled = Wires(**{**vars(whole), "tile_rows": tall, "tile_columns": wide})
        solutions = [solve(sheet, tiled, volts, forward=forward) for sheet in sheets_of(plus, minus, routing)]
        got = np.subtract(*sensed(solutions, n, forward=forward))
        want = np.zeros(n)
        for sheet in sheets_of(plus, minus, routing):
            a, b = sheet.g.shape
            for r in range(0, a, tall or a):
                for c in range(0, b, wide or b):
                    rows, cols = slice(r, r + (tall or a)), slice(c, c + (wide or b))
                    drive_d = (
                        volts[sheet.row_of[rows]] * sheet.row_drive[rows] if forward else np.zeros(len(sheet.g[rows]))
                    )
                    drive_s = (
                        np.zeros(sheet.g[:, cols].shape[1])
                        if forward
                        else volts[sheet.column_of[cols]] * sheet.column_drive[cols]
                    )
                    part = naive.solve(sheet.g[rows, cols], drive_d, drive_s, naive.Wire.of(whole))
                    out, sign, of = (
                        (part.out_s, sheet.column_sense[cols], sheet.column_of[cols])
                        if forward
                        else (part.out_d, sheet.row_sense[rows], sheet.row_of[rows])
                    )
                    for current, s, k in zip(out, sign, of, strict=True):
                        want[k] += s * current
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-10 * np.abs(want).max())


@pytest.mark.parametrize("tiles", TILES[:3], ids=str)
@pytest.mark.parametrize("routing", ALL)
def test_the_transfer_matrix_is_the_reads_of_unit_vectors(routing, tiles):
    layout = wired_layout("ladder", routing=routing, double_sided=True, **tiles)
    state = fresh(layout)
    flat, board = np.full_like(state.weights, 9.0), state.circuit.board
    scratch = np.full(20, 7.0), np.full(20, 7.0)
    _, residual = kernel.transfer_matrix(state.geometry, board, *scratch, flat)
    assert 0 < residual <= 1e-6
    for k, array in enumerate(twin_of(state).arrays):
        rows, cols = state.shape(k)
        a, stride = int(state.geometry.offset[k]), int(state.geometry.stride[k])
        got = flat[a : a + rows * stride].reshape(rows, stride)
        assert (got[:, cols:] == 9).all()  # the padding is not touched
        want = naive.transfer_matrix(array, *wiring_of(layout))
        top = sum(np.sum(side) for side in array.conducting)
        np.testing.assert_allclose(got[:, :cols], want, rtol=0, atol=2e-7 * top)
        out = np.empty(cols)
        for i, unit in enumerate(np.eye(rows)):
            kernel.read_tiles(k, unit, True, board, out)
            np.testing.assert_allclose(out, got[i, :cols], rtol=0, atol=2e-7 * top)


def test_what_is_noted_of_reads():
    stats, reads = np.zeros(3), [(3, 1e-7), (5, 4e-7), (2, 1e-9)]
    for sweeps, residual in reads:
        wired.note_read(sweeps, residual, stats)
    assert tuple(stats) == naive.note_read(reads)
    assert (wired.READS, wired.SWEEPS, wired.RESIDUAL) == (0, 1, 2)
    state = fresh(wired_layout())
    assert state.reads == {"reads": 0, "sweeps": 0.0, "residual": 0.0}
    train_library(state, *data(4, (6, 5, 3), np.uint8), (2,))
    got = state.reads
    assert got["reads"] == 4 * 3  # forward twice, backward once
    assert got["sweeps"] >= 2
    assert 0 < got["residual"] <= 1e-6
