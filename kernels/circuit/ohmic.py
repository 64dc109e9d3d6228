"""Devices whose current is G V at every voltage of a read: nothing is bent, and nothing is compiled for it."""

from __future__ import annotations

from typing import NamedTuple

from . import wires


class Ohmic(NamedTuple):
    """Current in proportion to voltage."""

    curved: int  # 0


def inverse(curve, x):
    """The voltage itself; see `curves.inverse`."""
    return x


def solve_tile(curve, g, cd, cs, drive_d, drive_s, lines, rho, tolerance, most, forward, u, s, out_d, out_s):
    """The nodal solution as it is; see `curves.solve_tile`."""
    return wires.solve(g, cd, cs, drive_d, drive_s, lines, rho, tolerance, most, forward, u, s, out_d, out_s)
