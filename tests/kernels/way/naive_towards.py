"""Twins of a linear layer that learns the weights of another; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import F


def output_difference(volts, wanted, unit, currents):
    """(errors in units of w, mean of their squares); weights in S, `unit` in A."""
    delta = []
    for j, current in enumerate(currents):
        meant = sum(float(v) * float(row[j]) for v, row in zip(volts, wanted, strict=True))
        delta.append(F((float(current) - meant) / float(unit)))
    return delta, sum(float(d) ** 2 for d in delta) / len(delta)


def train_towards(network, xs, wanted, unit):
    """One update for each input; returns the mean squared errors."""
    losses = []
    for at, x in enumerate(xs):
        volts, currents = network.read(x)
        delta, loss = output_difference(volts[0], wanted, unit, currents[0])
        network.train_update(at, [(volts, [delta], loss, False)])
        losses.append(loss)
    return losses
