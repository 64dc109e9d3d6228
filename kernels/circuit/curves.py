"""Stages of devices in reads: what current a voltage drives through a device that conducts G at the read voltage.

The current is ``G f(V)`` with one odd, growing f for all devices, and ``f(v_read) = v_read``: G is what a read at the
full voltage measures, and reads whose lines are at the full voltage or at 0 do not see the curve. On ideal wires all
devices of a driven line have the line's voltage, so that driving the line with f(V) gives exactly the currents, forward
and backward. On real wires each device has a voltage of its own, and the nodal equations are solved by Newton's method
(`curve.solve_tile`).
"""

from __future__ import annotations

from ..base.stage import stage
from . import curve, ohmic

CURVES = {ohmic.Ohmic: ohmic, curve.Curve: curve}


@stage(CURVES)
def bend(curve, volts, n):
    """Replace `n` voltages by what ohmic devices would have to be driven with: `volts`, float32, V, is updated."""


@stage(CURVES)
def weigh(curve, volts, n):
    """After `bend`: replace them by the root of V f(V), whose square times G is the power of a device."""


@stage(CURVES)
def unbend(curve, volts, n):
    """After `bend`: put back what was asked for."""


@stage(CURVES)
def inverse(curve, x):
    """What a line has to be driven with, V, for the currents of ohmic devices at `x`, float64, V."""
    return x


@stage(CURVES)
def solve_tile(curve, g, cd, cs, drive_d, drive_s, lines, rho, tolerance, most, forward, u, s, out_d, out_s):
    """Node voltages and terminal currents of a sheet; parameters and results as of `wires.solve`."""
