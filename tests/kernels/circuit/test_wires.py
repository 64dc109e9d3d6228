"""One sheet with its wires: the line solver against the dense nodal solution."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.circuit import wires as kernel

from ... import naive
from .sheets import HEAVY, LINES, check, draw, drives, solved

pytestmark = pytest.mark.usefixtures("one_thread")
SHAPES = [(1, 1), (1, 9), (9, 1), (2, 3), (16, 17), (17, 16), (64, 5), (5, 65), (3, 129)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", LINES)
def test_sheets_equal_the_dense_solution(name, shape):
    g, rng = draw(shape, seed=len(name))
    forward = bool(rng.integers(2))
    drive_d, drive_s = drives(shape, forward, rng)
    if not drive_d.any() and not drive_s.any():
        (drive_d if forward else drive_s)[0] = 0.05
    want = naive.solve(g, drive_d, drive_s, LINES[name])
    got = solved(g, drive_d, drive_s, LINES[name], forward=forward)
    assert got.residual <= 1e-12
    check(got, want, drive_d, drive_s, 1e-9)
    g32 = g.astype(np.float32)
    want = naive.solve(g32, drive_d, drive_s, LINES[name])
    got = solved(g32, drive_d, drive_s, LINES[name], forward=forward, tolerance=1e-6)
    assert got.residual <= 1e-6
    check(got, want, drive_d, drive_s, 2e-6)


@pytest.mark.jit
@pytest.mark.parametrize(("shape", "name", "forward"), [((33, 65), "ends", True), ((40, 33), "double", False)])
def test_larger_sheets_equal_the_dense_solution(shape, name, forward):
    g, rng = draw(shape, seed=5)
    drive_d, drive_s = drives(shape, forward, rng)
    want = naive.solve(g, drive_d, drive_s, LINES[name])
    check(solved(g, drive_d, drive_s, LINES[name], forward=forward), want, drive_d, drive_s, 1e-9)


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("name", ["unequal", "ends", "double", "d-only", "terminals-only", "strong"])
def test_both_kinds_of_lines_may_be_driven(name, forward):
    g, rng = draw((7, 11), seed=3)
    drive_d, drive_s = drives((7, 11), forward, rng, both=True)
    want = naive.solve(g, drive_d, drive_s, LINES[name])
    check(solved(g, drive_d, drive_s, LINES[name], forward=forward), want, drive_d, drive_s, 1e-9)


@pytest.mark.parametrize("name", ["unequal", "ends", "double", "d-only", "s-only", "strong"])
@pytest.mark.parametrize("hole", ["cells", "row", "column", "edges", "all"])
def test_cells_that_do_not_conduct(name, hole):
    g, rng = draw((9, 12), seed=4)
    if hole == "cells":
        g[rng.random(g.shape) < 0.6] = 0
    elif hole == "row":
        g[4] = 0
    elif hole == "column":
        g[:, 5] = 0
    elif hole == "edges":
        g[0] = g[-1] = g[:, 0] = g[:, -1] = 0
    else:
        g[:] = 0
    for forward in (True, False):
        drive_d, drive_s = drives(g.shape, forward, rng)
        got = solved(g, drive_d, drive_s, LINES[name], forward=forward)
        check(got, naive.solve(g, drive_d, drive_s, LINES[name]), drive_d, drive_s, 1e-9)
        if hole == "all":
            assert not got.out_d.any()
            assert not got.out_s.any()
            assert (got.sweeps, got.residual) == (1, 0.0)
        if hole == "row":
            assert got.out_d[4] == 0
        if hole == "column":
            assert got.out_s[5] == 0


def test_nothing_driven_nothing_flows():
    g, _ = draw((5, 6), seed=1)
    got = solved(g, np.zeros(5), np.zeros(6), LINES["strong"])
    assert not got.out_d.any()
    assert not got.out_s.any()
    assert got.sweeps == 1


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("double_sided", [0, 1])
def test_wires_that_take_most_of_the_current(forward, double_sided):
    """A few percent of the ideal current is left; over-relaxation makes up for the slow alternation."""
    lines = HEAVY._replace(double_sided=double_sided)
    g, _ = draw((20, 24), seed=6, low=1e-5, high=1e-4)
    drive_d, drive_s = (np.full(20, 0.1), np.zeros(24)) if forward else (np.zeros(20), np.full(24, 0.1))
    want = naive.solve(g, drive_d, drive_s, lines)
    assert np.abs(want.out_s).sum() < 0.09 * 0.1 * g.sum()
    rho = kernel.coupling(float(g.mean()), *g.shape, lines)
    assert rho > 0.7
    got = solved(g, drive_d, drive_s, lines, forward=forward)
    check(got, want, drive_d, drive_s, 1e-9)
    plain = solved(g, drive_d, drive_s, lines, forward=forward, rho=0.0)
    check(plain, want, drive_d, drive_s, 1e-9)
    assert got.sweeps < 0.35 * plain.sweeps
    g32 = g.astype(np.float32)
    got = solved(g32, drive_d, drive_s, lines, forward=forward, tolerance=1e-6)
    check(got, naive.solve(g32, drive_d, drive_s, lines), drive_d, drive_s, 2e-5)
    assert got.residual <= 1e-6


@pytest.mark.jit
@pytest.mark.parametrize("ohm", [500.0, 5000.0])
def test_float32_ends_where_little_current_is_left(ohm):
    lines = kernel.Lines(ohm, ohm, ohm + 100.0, ohm + 100.0, 0)
    g, _ = draw((20, 24), seed=6, dtype=np.float32, low=1e-5, high=1e-4)
    drive_d, drive_s = np.full(20, 0.1), np.zeros(24)
    want = naive.solve(g, drive_d, drive_s, lines)
    got = solved(g, drive_d, drive_s, lines, tolerance=1e-6, most=1000)
    check(got, want, drive_d, drive_s, 2e-5)  # is right, but does not know it
    assert got.residual <= 1e-6


@pytest.mark.parametrize(
    "rho",
    [
        0.0,
        0.079,
        0.081,
        0.5,
        0.9,
        pytest.param(0.9999999, marks=pytest.mark.jit),
        pytest.param(1.0, marks=pytest.mark.jit),
    ],
)
def test_the_answer_does_not_depend_on_the_relaxation(rho):
    g, rng = draw((8, 9), seed=7)
    drive_d, drive_s = drives(g.shape, True, rng)
    want = naive.solve(g, drive_d, drive_s, LINES["strong"])
    got = solved(g, drive_d, drive_s, LINES["strong"], rho=rho, most=100_000)
    assert got.residual <= 1e-12
    check(got, want, drive_d, drive_s, 1e-9)
