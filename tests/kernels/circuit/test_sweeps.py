"""The parts of the line solver: folding, sweeps, coupling."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.circuit import wires as kernel

from ... import naive
from .sheets import LINES, draw, drives

pytestmark = pytest.mark.usefixtures("one_thread")


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


def _swept(function, n, dtype):
    """What a sweep of D lines (n = 3) or S lines (n = 5) gives."""
    g, rng = draw((3, 5), 2, dtype)
    drive_d, drive_s = drives(g.shape, True, rng, both=True)
    cd, cs = np.empty(g.shape, dtype), np.empty(g.shape, dtype)
    kernel.fold(g, LINES["unequal"], cd, cs)
    moved, out = np.zeros(g.shape, dtype), np.zeros(n)
    c = cd if n == 3 else cs
    change = function(g, np.zeros_like(g), c, drive_d, drive_s, LINES["unequal"], 1.0, moved, out)
    return change, moved, out


def test_memory_that_was_used_before_does_not_matter(monkeypatch):
    """Lines are solved several at a time; what stands in the places that are left over must not overflow."""
    cases = [
        (s, n, d) for d in (np.float64, np.float32) for s, n in ((kernel.sweep_rows, 3), (kernel.sweep_columns, 5))
    ]
    compiled = [_swept(*case) for case in cases]  # before the memory becomes dirty, which Numba could not compile
    monkeypatch.setattr(kernel, "np", Dirty())
    for (sweep, n, dtype), answer in zip(cases, compiled, strict=True):
        python = _swept(getattr(sweep, "py_func", sweep), n, dtype)
        for a, b in zip(python, answer, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)
