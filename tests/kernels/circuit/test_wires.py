"""One sheet with its wires: the line solver against the dense nodal solution, and the laws that any circuit obeys."""

from __future__ import annotations

import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.circuit import wires as kernel

from xbarsim import LayoutError
from xbarsim.arrays.nodal import lines_of, sensed, sheets_of, solve, tiles_of
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.wires import Wires

from ... import naive

pytestmark = pytest.mark.usefixtures("one_thread")

LINES = {
    "equal": kernel.Lines(20.0, 20.0, 20.0, 20.0, 0),
    "unequal": kernel.Lines(35.0, 4.0, 35.0, 4.0, 0),
    "ends": kernel.Lines(5.0, 11.0, 405.0, 1511.0, 0),
    "double": kernel.Lines(30.0, 12.0, 130.0, 40.0, 1),
    "d-only": kernel.Lines(50.0, 0.0, 50.0, 0.0, 0),
    "s-only": kernel.Lines(0.0, 50.0, 0.0, 50.0, 0),
    "d-only-double": kernel.Lines(50.0, 0.0, 70.0, 0.0, 1),
    "terminals-only": kernel.Lines(0.0, 0.0, 300.0, 500.0, 0),
    "terminals-double": kernel.Lines(0.0, 0.0, 300.0, 500.0, 1),
    "ideal": kernel.Lines(0.0, 0.0, 0.0, 0.0, 0),
    "strong": kernel.Lines(9000.0, 4000.0, 9100.0, 4200.0, 0),
    "strong-double": kernel.Lines(9000.0, 4000.0, 9100.0, 4200.0, 1),
}
SHAPES = [(1, 1), (1, 9), (9, 1), (2, 3), (16, 17), (17, 16), (64, 5), (5, 65), (3, 129)]


def draw(shape, seed, dtype=np.float64, low=1e-7, high=1e-6):
    """(g, a generator)."""
    rng = np.random.default_rng(seed)
    return rng.uniform(low, high, shape).astype(dtype), rng


def drives(shape, forward, rng, both=False):
    """Voltages of the D and of the S terminals; a third of the driven ones are off."""
    d, s = (np.where(rng.random(n) < 0.3, 0.0, rng.uniform(-0.1, 0.1, n)) for n in shape)
    if both:
        return d, s
    return (d, np.zeros(shape[1])) if forward else (np.zeros(shape[0]), s)


def solved(g, drive_d, drive_s, lines, *, forward=True, tolerance=1e-12, most=20_000, rho=None):
    """What the kernel makes of it, in the type of `g`."""
    g = np.ascontiguousarray(g)
    cd, cs, u, s = (np.full(g.shape, np.nan, g.dtype) for _ in range(4))
    out_d, out_s = np.full(g.shape[0], np.nan), np.full(g.shape[1], np.nan)
    kernel.fold(g, lines, cd, cs)
    if rho is None:
        rho = kernel.coupling(float(g.mean()), *g.shape, lines)
    sweeps, residual = kernel.solve(
        g, cd, cs, drive_d, drive_s, lines, rho, tolerance, most, forward, u, s, out_d, out_s
    )
    return types.SimpleNamespace(u=u, s=s, out_d=out_d, out_s=out_s, sweeps=sweeps, residual=residual)


def check(got, want, drive_d, drive_s, rtol):
    """Currents against the largest current, voltages against the largest drive."""
    current = max(np.abs(want.out_d).max(), np.abs(want.out_s).max())
    volts = max(np.abs(drive_d).max(), np.abs(drive_s).max())
    for a, b in ((got.out_d, want.out_d), (got.out_s, want.out_s)):
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * current)
    np.testing.assert_allclose(drive_d[:, None] + got.u, want.v_d, rtol=0, atol=rtol * volts)
    np.testing.assert_allclose(drive_s + got.s, want.v_s, rtol=0, atol=rtol * volts)


# ---------------------------------------------------------------------------------------------------------------------
# Against the dense solution


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


HEAVY = kernel.Lines(2000.0, 3000.0, 2500.0, 3500.0, 0)


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


# ---------------------------------------------------------------------------------------------------------------------
# The parts


@pytest.mark.parametrize("name", LINES)
def test_folding_equals_series_and_parallel_conductances(name):
    lines = LINES[name]
    for dtype, rtol in ((np.float64, 1e-12), (np.float32, 1e-6)):
        g, _ = draw((6, 9), 8, dtype)
        g[2, 3] = g[0, 0] = 0
        g[4], g[:, 7] = 0, 0
        cd, cs = np.full(g.shape, np.nan, dtype), np.full(g.shape, np.nan, dtype)
        kernel.fold(g, lines, cd, cs)
        want_d, want_s = naive.fold(g.tolist(), lines)
        np.testing.assert_allclose(cd, want_d, rtol=rtol, atol=1e-30)
        np.testing.assert_allclose(cs, want_s, rtol=rtol, atol=1e-30)
        far_d, far_s = (kernel.far_conductance(end, lines.double_sided) for end in (lines.end_d, lines.end_s))
        assert far_d == naive.far_conductance(lines.end_d, lines.double_sided)
        a, b = np.zeros(g.shape, dtype), np.zeros(g.shape, dtype)
        kernel.fold_row(g, 3, lines.r_d, lines.end_d, far_d, a)
        kernel.fold_column(g, 5, lines.r_s, lines.end_s, far_s, b)
        np.testing.assert_array_equal(a[3], cd[3])  # and nothing else is touched
        np.testing.assert_array_equal(b[:, 5], cs[:, 5])
        assert not np.delete(a, 3, axis=0).any()
        assert not np.delete(b, 5, axis=1).any()
        np.testing.assert_allclose(a[3], naive.fold_row(g.tolist(), 3, lines.r_d, lines.end_d, far_d), rtol=rtol)
        want = naive.fold_column(g.tolist(), 5, lines.r_s, lines.end_s, far_s)
        np.testing.assert_allclose(b[:, 5], want, rtol=rtol)


def test_far_terminals():
    assert kernel.far_conductance(50.0, 1) == 0.02
    assert kernel.far_conductance(50.0, 0) == kernel.far_conductance(0.0, 1) == 0.0


@pytest.mark.parametrize(
    "shape", [(1, 1), (15, 4), (16, 5), (17, 6), (33, 3), (3, 63), (4, 64), (5, 65), (2, 129)], ids=str
)
@pytest.mark.parametrize("name", ["unequal", "double", "d-only", "s-only", "terminals-double"])
def test_sweeps_equal_the_twin(name, shape):
    """One line solve, for given voltages on the other lines."""
    lines = LINES[name]
    g, rng = draw(shape, seed=9)
    drive_d, drive_s = drives(shape, True, rng, both=True)
    u, s = rng.uniform(-0.1, 0.1, (2, *shape))
    cd, cs = np.empty(shape), np.empty(shape)
    kernel.fold(g, lines, cd, cs)
    want_d, out_d = naive.sweep_rows(g, drive_s + s, drive_d, lines)
    want_s, out_s = naive.sweep_columns(g, drive_d[:, None] + u, drive_s, lines)
    for omega in (1.0, 1.4):
        moved, out = u.copy(), np.full(shape[0], np.nan)
        change = kernel.sweep_rows(g, s, cd, drive_d, drive_s, lines, omega, moved, out)
        want = u + omega * (want_d - drive_d[:, None] - u)
        np.testing.assert_allclose(moved, want, rtol=0, atol=1e-14)
        np.testing.assert_allclose(out, out_d, rtol=1e-9, atol=1e-17)
        assert change == pytest.approx(np.sum(g * np.abs(want - u)), rel=1e-9)
        moved, out = s.copy(), np.full(shape[1], np.nan)
        change = kernel.sweep_columns(g, u, cs, drive_d, drive_s, lines, omega, moved, out)
        want = s + omega * (want_s - drive_s - s)
        np.testing.assert_allclose(moved, want, rtol=0, atol=1e-14)
        np.testing.assert_allclose(out, out_s, rtol=1e-9, atol=1e-17)
        assert change == pytest.approx(np.sum(g * np.abs(want - s)), rel=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (64, 65), (785, 400)], ids=str)
@pytest.mark.parametrize("name", LINES)
def test_coupling_equals_the_twin(name, shape):
    assert kernel.coupling(3e-7, *shape, LINES[name]) == pytest.approx(
        naive.coupling(3e-7, *shape, LINES[name]), rel=1e-12
    )
    assert 0 <= kernel.coupling(3e-7, *shape, LINES[name]) < 1


@pytest.mark.parametrize("double_sided", [0, 1])
@pytest.mark.parametrize("g", [1e-6, 1e-5, 1e-4])
def test_coupling_tells_how_fast_the_alternation_converges(g, double_sided):
    """What one pair of plain sweeps leaves of an error, in the long run, on a sheet of equal cells."""
    lines = kernel.Lines(30.0, 50.0, 30.0, 50.0, double_sided)
    sheet = np.full((24, 30), g)
    cd, cs, rng = np.empty(sheet.shape), np.empty(sheet.shape), np.random.default_rng(0)
    kernel.fold(sheet, lines, cd, cs)
    u, s, out_d, out_s = np.zeros(sheet.shape), rng.uniform(0.05, 0.1, sheet.shape), np.zeros(24), np.zeros(30)
    zero_d, zero_s, size = np.zeros(24), np.zeros(30), 1.0
    for _ in range(12):
        s /= np.abs(s).max()
        kernel.sweep_rows(sheet, s, cd, zero_d, zero_s, lines, 1.0, u, out_d)
        kernel.sweep_columns(sheet, u, cs, zero_d, zero_s, lines, 1.0, s, out_s)
        size = np.abs(s).max()
    rho = kernel.coupling(g, 24, 30, lines)
    assert size / 1.35 < rho < 1.35 * size
    if rho > 0.5:  # where it matters
        assert (1 - rho) / (1 - size) == pytest.approx(1, abs=0.2)


class Dirty:
    """NumPy, with memory that holds something."""

    def __getattr__(self, name):
        return getattr(np, name)

    def empty(self, shape, dtype=np.float64):
        return np.full(shape, np.finfo(dtype).max, dtype)


def test_memory_that_was_used_before_does_not_matter(monkeypatch):
    """Lines are solved several at a time; what stands in the places that are left over must not overflow."""
    monkeypatch.setattr(kernel, "np", Dirty())
    lines = LINES["unequal"]
    for dtype in (np.float64, np.float32):
        g, rng = draw((3, 5), 2, dtype)
        drive_d, drive_s = drives(g.shape, True, rng, both=True)
        cd, cs = np.empty(g.shape, dtype), np.empty(g.shape, dtype)
        kernel.fold(g, lines, cd, cs)
        for sweep, n in ((kernel.sweep_rows, 3), (kernel.sweep_columns, 5)):
            python, answers = getattr(sweep, "py_func", sweep), []
            for function in (python, sweep):
                moved, out = np.zeros(g.shape, dtype), np.zeros(n)
                c = cd if n == 3 else cs
                change = function(g, np.zeros_like(g), c, drive_d, drive_s, lines, 1.0, moved, out)
                answers.append((change, moved, out))
            for a, b in zip(*answers, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-5)


# ---------------------------------------------------------------------------------------------------------------------
# The residual


def imbalance(g, v_d, v_s, drive_d, drive_s, lines):
    """Sum of |what flows into a node|, from the node voltages alone; wires have resistance here."""
    g, v_d, v_s = (np.asarray(x, np.float64) for x in (g, v_d, v_s))
    into_d, into_s = -g * (v_d - v_s), g * (v_d - v_s)
    flow = np.diff(v_d, axis=1) / lines.r_d  # from the right to the left
    into_d[:, :-1] += flow
    into_d[:, 1:] -= flow
    into_d[:, 0] += (drive_d - v_d[:, 0]) / lines.end_d
    flow = np.diff(v_s, axis=0) / lines.r_s
    into_s[:-1] += flow
    into_s[1:] -= flow
    into_s[-1] += (drive_s - v_s[-1]) / lines.end_s
    if lines.double_sided:
        into_d[:, -1] += (drive_d - v_d[:, -1]) / lines.end_d
        into_s[0] += (drive_s - v_s[0]) / lines.end_s
    return into_d, into_s


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("name", ["strong", "strong-double", "ends"])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-6, 1e-9])
def test_the_residual_is_the_imbalance(name, forward, tolerance):
    lines = LINES[name]
    g, rng = draw((11, 13), seed=10, low=1e-6, high=1e-5)
    drive_d, drive_s = drives(g.shape, forward, rng)
    got = solved(g, drive_d, drive_s, lines, forward=forward, tolerance=tolerance)
    into_d, into_s = imbalance(g, drive_d[:, None] + got.u, drive_s + got.s, drive_d, drive_s, lines)
    given = np.abs(got.out_d if forward else got.out_s).sum()
    total = (np.abs(into_d).sum() + np.abs(into_s).sum()) / given
    assert got.residual == pytest.approx(total, rel=1e-3, abs=1e-11)
    assert got.residual <= tolerance
    balanced = into_s if forward else into_d  # the lines that came last
    assert np.abs(balanced).sum() < 1e-10 * given


def test_the_residual_of_few_sweeps_is_their_own():
    g, rng = draw((11, 13), seed=10, low=1e-5, high=1e-4)
    lines = LINES["strong"]
    drive_d, drive_s = drives(g.shape, True, rng)
    got = solved(g, drive_d, drive_s, lines, most=solved(g, drive_d, drive_s, lines, tolerance=1e-4).sweeps - 1)
    into_d, into_s = imbalance(g, drive_d[:, None] + got.u, drive_s + got.s, drive_d, drive_s, lines)
    total = (np.abs(into_d).sum() + np.abs(into_s).sum()) / np.abs(got.out_d).sum()
    assert got.residual == pytest.approx(total, rel=0.5)


@pytest.mark.parametrize("rho", [0.0, None])
def test_few_sweeps_are_told(rho):
    g, rng = draw((14, 15), seed=11, low=1e-5, high=1e-4)
    drive_d, drive_s = drives(g.shape, True, rng)
    for most in (1, 2, 3):
        got = solved(g, drive_d, drive_s, HEAVY, most=most, rho=rho)
        assert got.sweeps == most
        assert got.residual > 1e-12
    # Enough, and half of it is not.
    needed = solved(g, drive_d, drive_s, HEAVY, tolerance=1e-6, rho=rho).sweeps
    assert solved(g, drive_d, drive_s, HEAVY, tolerance=1e-6, rho=rho, most=needed).residual <= 1e-6
    assert solved(g, drive_d, drive_s, HEAVY, tolerance=1e-6, rho=rho, most=needed // 2).residual > 1e-6


# ---------------------------------------------------------------------------------------------------------------------
# Laws

resistances = st.sampled_from([0.0, 0.1, 3.0, 100.0, 5000.0])
circuits = st.fixed_dictionaries(
    {
        "wire_resistance": resistances,
        "wire_resistance_s": st.none() | resistances,
        "driver_resistance": st.sampled_from([0.0, 50.0, 2000.0]),
        "sense_resistance": st.sampled_from([0.0, 50.0, 2000.0]),
        "double_sided": st.booleans(),
        "tile_rows": st.sampled_from([0, 0, 1, 3, 50]),
        "tile_columns": st.sampled_from([0, 0, 2, 3, 50]),
    }
).map(lambda kw: Wires(**kw, wire_tolerance=1e-11, wire_sweeps=20_000))
arrays = {"rows": st.integers(1, 7), "cols": st.integers(1, 7), "seed": st.integers(0, 2**32), "wires": circuits}
routings = st.sampled_from(list(ROUTINGS))
law = settings(deadline=None, derandomize=True, max_examples=40)


def pairs(rows, cols, seed):
    """(generator, G+, G-), with cells that do not conduct."""
    rng = np.random.default_rng(seed)
    plus, minus = rng.uniform(1e-7, 1e-5, (2, rows, cols)) * (rng.random((2, rows, cols)) < 0.9)
    return rng, plus.astype(np.float32), minus.astype(np.float32)


def read(plus, minus, routing, wires, volts, forward):
    """(solutions, current of W)."""
    solutions = [solve(sheet, wires, volts, forward=forward) for sheet in sheets_of(plus, minus, routing)]
    return solutions, np.subtract(*sensed(solutions, plus.shape[1 if forward else 0], forward=forward))


def scale(plus, minus, volts):
    """A current that none is above."""
    return (plus.sum(dtype=float) + minus.sum(dtype=float)) * max(np.abs(volts).max(), 1e-9)


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_charge_is_conserved(rows, cols, seed, wires, routing, forward):
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    for s in read(plus, minus, routing, wires, volts, forward)[0]:
        assert abs(s.out_d.sum() + s.out_s.sum()) <= 1e-9 * scale(plus, minus, volts)


@law
@given(**arrays, routing=routings)
def test_reciprocity(rows, cols, seed, wires, routing):
    _, plus, minus = pairs(rows, cols, seed)
    ahead = np.array([read(plus, minus, routing, wires, unit, True)[1] for unit in np.eye(rows)])
    back = np.array([read(plus, minus, routing, wires, unit, False)[1] for unit in np.eye(cols)])
    np.testing.assert_allclose(ahead, back.T, rtol=0, atol=1e-8 * scale(plus, minus, np.ones(1)))


@law
@given(**arrays, routing=routings, forward=st.booleans(), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_superposition(rows, cols, seed, wires, routing, forward, a, b):
    rng, plus, minus = pairs(rows, cols, seed)
    x, y = rng.uniform(-0.1, 0.1, (2, rows if forward else cols))
    one, other, both = (read(plus, minus, routing, wires, v, forward)[1] for v in (x, y, a * x + b * y))
    np.testing.assert_allclose(both, a * one + b * other, rtol=0, atol=1e-8 * scale(plus, minus, np.ones(1)))


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_exchanging_the_sides_changes_the_sign(rows, cols, seed, wires, routing, forward):
    """Where the two sides have wires alike: apart, or next to a terminal that both reach the same way."""
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    one, other = (read(*sides, routing, wires, volts, forward)[1] for sides in ((plus, minus), (minus, plus)))
    if routing == "split-both":
        np.testing.assert_allclose(one, -other, rtol=0, atol=1e-9 * scale(plus, minus, volts))
        return
    # The lines of a pair lie side by side: one of them is a segment further from where the crossing lines end.
    ideal = Wires()
    np.testing.assert_allclose(
        read(plus, minus, routing, ideal, volts, forward)[1],
        -read(minus, plus, routing, ideal, volts, forward)[1],
        rtol=0,
        atol=1e-12 * scale(plus, minus, volts),
    )
    if wires.wire_resistance == 0 and not wires.wire_resistance_s and not (wires.tile_rows or wires.tile_columns):
        np.testing.assert_allclose(one, -other, rtol=0, atol=1e-9 * scale(plus, minus, volts))


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_equal_sides_give_no_current_where_their_wires_are_apart(rows, cols, seed, wires, routing, forward):
    rng, plus, _ = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    current = read(plus, plus, "split-both", wires, volts, forward)[1]
    np.testing.assert_allclose(current, 0, atol=1e-10 * scale(plus, plus, volts))


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_no_node_is_outside_the_drives(rows, cols, seed, wires, routing, forward):
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    for s in read(plus, minus, routing, wires, volts, forward)[0]:
        drives = np.concatenate([s.drive_d, s.drive_s])
        for v in (s.v_d, s.v_s):
            assert v.min() >= drives.min() - 1e-9 * 0.1
            assert v.max() <= drives.max() + 1e-9 * 0.1


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_what_is_delivered_is_dissipated(rows, cols, seed, wires, routing, forward):
    """In cells, wires and terminals."""
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    lines = lines_of(wires)
    for s in read(plus, minus, routing, wires, volts, forward)[0]:
        heat, cells = 0.0, s.sheet.g.astype(np.float64)
        heat += np.sum(cells * (s.v_d - s.v_s) ** 2)
        for r, c in tiles_of(cells.shape, wires):
            through, v_d, v_s = (cells * (s.v_d - s.v_s))[r, c], s.v_d[r, c], s.v_s[r, c]
            # Where a wire has no resistance its nodes are at one voltage, and it stays cold.
            for v, drive, ohm, end in (
                (v_d, s.drive_d[r], lines.r_d, lines.end_d),
                (v_s.T[:, ::-1], s.drive_s[c], lines.r_s, lines.end_s),
            ):
                if ohm > 0:
                    heat += np.sum(np.diff(v, axis=1) ** 2) / ohm
                if end > 0:
                    heat += np.sum((v[:, 0] - drive) ** 2) / end
                    if wires.double_sided:
                        heat += np.sum((v[:, -1] - drive) ** 2) / end
            assert through.shape == v_d.shape
        assert s.power == pytest.approx(heat, rel=1e-7, abs=1e-22)
        assert s.power >= -1e-22


@law
@given(
    rows=st.integers(1, 7), cols=st.integers(1, 7), seed=st.integers(0, 2**32), routing=routings, forward=st.booleans()
)
def test_without_resistance_currents_are_ideal(rows, cols, seed, routing, forward):
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    w = plus.astype(np.float64) - minus
    ideal = volts @ w if forward else w @ volts
    top = scale(plus, minus, volts)
    np.testing.assert_allclose(read(plus, minus, routing, Wires(), volts, forward)[1], ideal, rtol=0, atol=1e-12 * top)
    double = Wires(double_sided=True)
    np.testing.assert_allclose(read(plus, minus, routing, double, volts, forward)[1], ideal, rtol=0, atol=1e-12 * top)
    before = None
    for ohm in (10.0, 0.1, 1e-3, 1e-5):  # and nearly so with nearly none
        wires = Wires(wire_resistance=ohm, driver_resistance=ohm, sense_resistance=ohm, wire_tolerance=1e-12)
        error = np.abs(read(plus, minus, routing, wires, volts, forward)[1] - ideal).max()
        assert error <= 1e-5 * ohm * 14 * 14 * 4 * top
        assert before is None or error <= 0.02 * before + 1e-11 * top
        before = error


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("kind", ["wire_resistance", "driver_resistance", "sense_resistance"])
def test_currents_fall_as_resistance_rises(kind, forward):
    _, plus, minus = pairs(6, 8, 3)
    volts = np.full(6 if forward else 8, 0.1)
    before, ideal = None, None
    for ohm in (0.0, 1.0, 1e2, 1e4, 1e6) if kind == "wire_resistance" else (0.0, 1.0, 1e2, 1e4, 1e6, 1e8, 1e10):
        wires = Wires(**{kind: ohm}, wire_tolerance=1e-10, wire_sweeps=200_000)
        solutions, _ = read(plus, minus, "split-both", wires, volts, forward)
        total = sum(np.abs(s.out_s).sum() for s in solutions)
        ideal = total if ideal is None else ideal
        assert before is None or total < before
        before = total
    assert total < (1e-2 if kind == "wire_resistance" else 1e-4) * ideal


# ---------------------------------------------------------------------------------------------------------------------
# What is said when the sweeps do not suffice


@pytest.mark.parametrize("forward", [True, False])
def test_sweeps_that_do_not_suffice_are_an_error(forward):
    _, plus, minus = pairs(12, 12, 1)
    sheet = sheets_of(plus, minus, "split-source")[0]
    wires = Wires(wire_resistance=5000.0, wire_sweeps=3)
    with pytest.raises(
        LayoutError, match=r"^wires\.wire_sweeps: expected a residual of 1e-06 after at most 3 "
    ) as caught:
        solve(sheet, wires, np.full(12, 0.1), forward=forward)
    assert "allow more sweeps, lower the wire resistance" in str(caught.value)
    assert "\n" not in str(caught.value)
    got = solve(sheet, Wires(wire_resistance=5000.0), np.full(12, 0.1), forward=forward)
    assert 3 < got.sweeps < 1000
    assert got.residual <= 1e-6
