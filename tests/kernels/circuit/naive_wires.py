"""Twins of wires: the whole nodal matrix of a sheet, dense; see `tests/naive.py`."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np


class Resistors:
    """A circuit of resistors and voltage sources to ground. A resistor of 0 Ohm makes one node of two."""

    def __init__(self):
        self.parent, self.held, self.branches = {}, {}, []

    def root(self, node):
        while node in self.parent:
            node = self.parent[node]
        return node

    def hold(self, node, volts):
        self.held[node] = float(volts)

    def resistor(self, a, b, ohm):
        if ohm > 0:
            self.branches.append((a, b, 1 / ohm))
        elif self.root(a) != self.root(b):
            self.parent[self.root(a)] = self.root(b)

    def conductor(self, a, b, siemens):
        self.branches.append((a, b, float(siemens)))

    def injected(self):
        """Current into each node from elsewhere."""
        return {}

    def solve(self):
        """Voltage of every node that a branch or a source ends at."""
        held = {self.root(node): volts for node, volts in self.held.items()}
        assert len(held) == len(self.held)
        nodes = {self.root(x) for a, b, _ in self.branches for x in (a, b)}
        number = {node: k for k, node in enumerate(sorted(nodes - set(held)))}
        matrix, into = np.zeros((len(number), len(number))), np.zeros(len(number))
        for a, b, g in self.branches:
            for here, there in ((self.root(a), self.root(b)), (self.root(b), self.root(a))):
                if here in number:
                    matrix[number[here], number[here]] += g
                    if there in number:
                        matrix[number[here], number[there]] -= g
                    else:
                        into[number[here]] += g * held[there]
        for node, amperes in self.injected().items():
            if node in number:
                into[number[node]] += amperes
        volts = np.linalg.solve(matrix, into) if number else into
        named = {x for a, b, _ in self.branches for x in (a, b)} | set(self.held)
        return {x: held[self.root(x)] if self.root(x) in held else volts[number[self.root(x)]] for x in named}


def line(circuit, nodes, terminal, r, end, double_sided):
    """Wire up the nodes of a line, the one at its terminal first."""
    circuit.resistor(terminal, nodes[0], end)
    for a, b in itertools.pairwise(nodes):
        circuit.resistor(a, b, r)
    if double_sided:
        circuit.resistor(nodes[-1], terminal, end)


@dataclass
class Nodes:
    """Solution of a sheet; voltages are absolute."""

    v_d: np.ndarray
    v_s: np.ndarray
    out_d: np.ndarray
    out_s: np.ndarray


def solve(g, drive_d, drive_s, lines):
    """`lines` has r_d, r_s, end_d, end_s and double_sided. D terminals are at column 0, S terminals at the last row."""
    g = np.asarray(g, np.float64)
    rows, cols = g.shape
    circuit = Resistors()
    for i in range(rows):
        circuit.hold(("D", i), drive_d[i])
        line(circuit, [("d", i, j) for j in range(cols)], ("D", i), lines.r_d, lines.end_d, lines.double_sided)
    for j in range(cols):
        circuit.hold(("S", j), drive_s[j])
        nodes = [("s", i, j) for i in reversed(range(rows))]
        line(circuit, nodes, ("S", j), lines.r_s, lines.end_s, lines.double_sided)
    for i in range(rows):
        for j in range(cols):
            circuit.conductor(("d", i, j), ("s", i, j), g[i, j])
    volts = circuit.solve()
    v_d, v_s = (np.array([[volts[kind, i, j] for j in range(cols)] for i in range(rows)]) for kind in "ds")
    through = g * (v_d - v_s)  # what enters a line at its cells leaves it at its terminals
    return Nodes(v_d, v_s, -through.sum(axis=1), through.sum(axis=0))


def far_conductance(end, double_sided):
    return 1 / end if double_sided and end > 0 else 0.0


def in_series(ohm, siemens):
    return 1 / (ohm + 1 / siemens) if siemens > 0 else 0.0


def fold_line(g, r, end, far):
    """What part of its voltage a line loses on the way to each crossing, if all is grounded behind; terminal first."""
    lost, siemens = [], far
    for k in reversed(range(len(g))):
        ohm = r if k else end
        siemens = in_series(ohm, siemens + float(g[k]))
        lost.insert(0, ohm * siemens)
    return lost


def fold_row(g, i, r, end, far):
    return fold_line(g[i], r, end, far)


def fold_column(g, j, r, end, far):
    return fold_line([row[j] for row in g][::-1], r, end, far)[::-1]


def fold(g, lines):
    """(cd, cs) as lists of rows."""
    far_d, far_s = (far_conductance(end, lines.double_sided) for end in (lines.end_d, lines.end_s))
    cd = [fold_row(g, i, lines.r_d, lines.end_d, far_d) for i in range(len(g))]
    columns = [fold_column(g, j, lines.r_s, lines.end_s, far_s) for j in range(len(g[0]))]
    return cd, [list(row) for row in zip(*columns, strict=True)]


def sweep_lines(g, other, drive, r, end, double_sided):
    """(node voltages, currents out at the terminals) of lines, terminal first, whose cells lead to nodes at `other`."""
    volts, out = np.empty(g.shape), np.empty(len(g))
    for i, cells in enumerate(np.asarray(g, np.float64)):
        circuit = Resistors()
        circuit.hold(("T",), drive[i])
        nodes = [("n", k) for k in range(len(cells))]
        line(circuit, nodes, ("T",), r, end, double_sided)
        for k, siemens in enumerate(cells):
            circuit.hold(("o", k), other[i][k])
            circuit.conductor(("n", k), ("o", k), siemens)
        answer = circuit.solve()
        volts[i] = [answer[node] for node in nodes]
        out[i] = (cells * (other[i] - volts[i])).sum()
    return volts, out


def sweep_rows(g, v_s, drive_d, lines):
    return sweep_lines(g, v_s, drive_d, lines.r_d, lines.end_d, lines.double_sided)


def sweep_columns(g, v_d, drive_s, lines):
    volts, out = sweep_lines(g.T[:, ::-1], v_d.T[:, ::-1], drive_s, lines.r_s, lines.end_s, lines.double_sided)
    return volts[:, ::-1].T, out


def coupling(mean_g, rows, cols, lines):
    """Largest eigenvalue of a pair of sweeps on equal cells, whose longest waves decide.

    A quarter of one fits on a line, or a half.
    """
    fraction = 1.0
    for n, r, end in ((cols, lines.r_d, lines.end_d), (rows, lines.r_s, lines.end_s)):
        crossings = (1 if lines.double_sided else 2) * n / math.pi  # per radian
        terminal = (end - r) * n / (2 if lines.double_sided else 1)
        load = mean_g * (r * crossings**2 + terminal)
        fraction *= load / (1 + load)
    return fraction


@dataclass
class Wire:
    """Resistances of lines."""

    r_d: float
    r_s: float
    end_d: float
    end_s: float
    double_sided: bool

    @classmethod
    def of(cls, w):
        """From a description of wires."""
        r_s = w.wire_resistance if w.wire_resistance_s is None else w.wire_resistance_s
        ends = w.wire_resistance + w.driver_resistance, r_s + w.sense_resistance
        return cls(w.wire_resistance, r_s, *ends, w.double_sided)
