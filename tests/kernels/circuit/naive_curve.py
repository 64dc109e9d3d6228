"""Twins of devices that are not ohmic, and of inputs bit by bit; see `tests/naive.py`."""

from __future__ import annotations

import math

import numpy as np

from ..base.naive import F
from .naive_wires import Nodes, Resistors, line


class Curve:
    """What a device of G at `v_read` carries: G times `effective`."""

    def __init__(self, iv, v_read):
        self.kind, self.scale, self.v_read = iv.iv, iv.iv_scale, v_read
        self.points = [(0.0, 0.0), *(iv.iv_points or ())]

    def current(self, v):
        """In any unit."""
        if self.kind == "ohmic":
            return v
        if self.kind == "sinh":
            return math.sinh(v / self.scale)
        if v < 0:
            return -self.current(-v)
        k = segment(self, v)
        (v0, i0), (v1, i1) = self.points[k : k + 2]
        return i0 + (i1 - i0) * (v - v0) / (v1 - v0)

    def slope(self, v):
        if self.kind == "ohmic":
            return 1.0
        if self.kind == "sinh":
            return math.cosh(v / self.scale) / self.scale
        (v0, i0), (v1, i1) = self.points[segment(self, abs(v)) :][:2]
        return (i1 - i0) / (v1 - v0)


def segment(curve, a):
    """The last point, but one, that is not beyond a voltage."""
    return max(k for k, (v, _) in enumerate(curve.points[:-1]) if v <= a)


def effective(curve, v):
    return curve.current(v) * curve.v_read / curve.current(curve.v_read)


def slope_at(curve, v):
    return curve.slope(v) * curve.v_read / curve.current(curve.v_read)


def inverse(curve, x):
    """By halving: where the curve is `x`."""
    low, high = 0.0, 1.0
    while effective(curve, high) < abs(x):
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(curve, middle) < abs(x) else (low, middle)
    return math.copysign(low, x)


def both_at(curve, v):
    return effective(curve, v), slope_at(curve, v)


def bend(curve, volts):
    return list(volts) if curve.kind == "ohmic" else [F(effective(curve, float(v))) for v in volts]


def weigh(curve, volts):
    """Powers per conductance are the squares of these."""
    return [math.sqrt(float(v) * float(x)) for v, x in zip(volts, bend(curve, volts), strict=True)]


def limited(curve, before, v):
    """A voltage that grows on its side by more than a quarter of V0 is followed by a logarithm, another is followed."""
    start = abs(before) if (before > 0) == (v > 0) and before else 0.0
    if curve.kind != "sinh" or abs(v) <= max(start + curve.scale / 4, 2 * curve.scale):
        return v
    reached = max(start, curve.scale) + curve.scale * math.log(1 + (abs(v) - start) / curve.scale)
    return math.copysign(min(abs(v), reached), v)


def put_driven(curve, volt, drive_s):
    """(sinh, cosh) of what lines are driven with."""
    return tuple([f((volt - x) / curve.scale) for x in drive_s] for f in (math.sinh, math.cosh))


def put_both(curve, v):
    """Currents per conductance, and slopes, of a line of devices."""
    return [effective(curve, x) for x in v], [slope_at(curve, x) for x in v]


def touch(curve, begin, at, v):
    """Where the tangents of a line of devices touch."""
    if begin:
        return [math.copysign(min(abs(x), curve.v_read), x) for x in v]
    return [limited(curve, a, x) for a, x in zip(at, v, strict=True)]


def linearise(curve, g, v, before=None):
    """(slopes in S, the voltages at which the tangents are 0) of devices at voltages, and the mean slope; and how far
    their currents are from those of the tangents `before`.
    """
    slope = [[x * slope_at(curve, y) for x, y in zip(*two, strict=True)] for two in zip(g, v, strict=True)]
    shift = [[y - effective(curve, y) / slope_at(curve, y) for y in row] for row in v]
    apart = 0.0
    for i, row in enumerate(v) if before else ():
        for j, y in enumerate(row):
            apart += abs(g[i][j] * effective(curve, y) - before[0][i][j] * (y - before[1][i][j]))
    return slope, shift, float(np.mean(slope)), apart


def put_sum(a, b, sign):
    return [[x + sign * y for x, y in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]


def solve_tile(g, drive_d, drive_s, lines, curve):
    """All nodes of a sheet at once by Newton's method: every device by its tangent, a conductance to a source that is
    held at what is missing, until no device is off its curve.
    """
    g = np.asarray(g, np.float64)
    rows, cols = g.shape
    v_d, v_s = np.repeat(np.asarray(drive_d, float)[:, None], cols, 1), np.repeat([drive_s], rows, 0).astype(float)
    for _ in range(200):
        circuit = Tangents()
        for i in range(rows):
            circuit.hold(("D", i), drive_d[i])
            line(circuit, [("d", i, j) for j in range(cols)], ("D", i), lines.r_d, lines.end_d, lines.double_sided)
        for j in range(cols):
            circuit.hold(("S", j), drive_s[j])
            nodes = [("s", i, j) for i in reversed(range(rows))]
            line(circuit, nodes, ("S", j), lines.r_s, lines.end_s, lines.double_sided)
        for i in range(rows):
            for j in range(cols):
                v = v_d[i, j] - v_s[i, j]
                steep = g[i, j] * slope_at(curve, v)
                circuit.device(("d", i, j), ("s", i, j), steep, g[i, j] * effective(curve, v) - steep * v)
        volts = circuit.solve()
        new_d, new_s = (np.array([[volts[kind, i, j] for j in range(cols)] for i in range(rows)]) for kind in "ds")
        moved = max(np.abs(new_d - v_d).max(), np.abs(new_s - v_s).max())
        v_d, v_s = new_d, new_s
        if moved < 1e-13:
            break
    assert moved < 1e-13
    through = g * [[effective(curve, v) for v in row] for row in v_d - v_s]
    return Nodes(v_d, v_s, -through.sum(axis=1), through.sum(axis=0))


class Tangents(Resistors):
    """Resistors, and devices that carry a current of their own beside."""

    def __init__(self):
        super().__init__()
        self.own = []

    def device(self, a, b, siemens, amperes):
        self.conductor(a, b, siemens)
        self.own.append((a, b, amperes))

    def injected(self):
        """Current into each node, by its root."""
        into = {}
        for a, b, amperes in self.own:
            into[self.root(a)] = into.get(self.root(a), 0.0) - amperes
            into[self.root(b)] = into.get(self.root(b), 0.0) + amperes
        return into


def drive_bit(volts, bit, bits, full):
    """Lines at the full voltage, with their signs, where the bit of what is asked for is 1."""
    codes = [min(round(abs(float(v)) / float(full) * (2**bits - 1)), 2**bits - 1) for v in volts]
    digits = [f"{code:0{bits}b}"[::-1] for code in codes]
    return [F(math.copysign(full, v)) if d[bit] == "1" else F(0) for v, d in zip(volts, digits, strict=True)]


def read_serially(volts, bits, full, read):
    """What is left of reads of all bits, shifted and added; `read(volts, bit)` is what is sensed of one."""
    total = None
    for bit in range(bits):
        sensed = read(drive_bit(volts, bit, bits, full), bit)
        part = [2**bit / (2**bits - 1) * float(x) for x in sensed]
        total = part if total is None else [a + b for a, b in zip(total, part, strict=True)]
    return [F(x) for x in total]
