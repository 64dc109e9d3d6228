"""Sheets with their wires: lines of every kind, drives, and what the kernel makes of them."""

from __future__ import annotations

import types

import numpy as np
from xbarsim.kernels.circuit import wires as kernel

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
HEAVY = kernel.Lines(2000.0, 3000.0, 2500.0, 3500.0, 0)  # wires that take most of the current


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
