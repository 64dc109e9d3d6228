"""What is left when the sweeps of a sheet end: the imbalance of its currents."""

from __future__ import annotations

import numpy as np
import pytest

from .sheets import HEAVY, LINES, draw, drives, solved

pytestmark = pytest.mark.usefixtures("one_thread")


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
