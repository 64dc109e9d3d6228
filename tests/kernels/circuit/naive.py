"""Twins of ideal reads; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import F


def forward(volts, w):
    """Column currents, all rows; volts of undriven rows are 0."""
    out = []
    for j in range(len(w[0])):
        total = F(0)
        for i in range(len(w)):
            total = total + F(volts[i]) * F(w[i][j])
        out.append(total)
    return out


def backward(volts, w):
    """Row currents."""
    return forward(volts, [[row[j] for row in w] for j in range(len(w[0]))])


def side_currents(volts, g):
    return [sum((float(volts[i]) * float(g[i][j]) for i in range(len(g))), 0.0) for j in range(len(g[0]))]
