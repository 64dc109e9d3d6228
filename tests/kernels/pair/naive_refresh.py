"""Twins of one-sided pairs that are written anew now and then; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import single
from ..base.naive_noise import random_bits
from ..device.naive import potentiate, staircase
from ..device.naive_moves import rise
from ..naive_train import Network
from .naive_scatter import ScatterNetwork

SLACK = 1e-5  # of the range: as much may float32 steps add up to


def is_due(every, batch, at):
    """Whether one of the samples of update `at`, counted from 1, is the last of `every`."""
    return any(n % every == 0 for n in range((at - 1) * batch + 1, at * batch + 1))


def is_high(a, b, upper, lower):
    small, large = sorted((a, b))
    return large - upper > SLACK and small - lower > SLACK


def nearest_step(steps, g):
    """The upper one of two that are as near."""
    return min(range(len(steps)), key=lambda k: (abs(steps[k] - g), -k))


def refresh_key(seed, layer, at, column):
    return random_bits(seed, 16 * layer, at, 0, column) % 2**32


def press(array, i, j, side, number, key, d):
    """Pulse number `number` of a refresh on one device, or, with number 0, its reset."""
    name = ("plus", "minus")[side]
    values = getattr(array, name)[i]
    if not hasattr(array, "law"):
        values[j] = potentiate(values[j], d) if number else d.g_min
    elif not (array.stuck and array.stuck[side][i][j]):
        part = array.part(i, j, side, d)
        part.stream, part.drawn = (side * 2**16, key), number
        if number:
            rise(part, array.law)
        else:
            part.reset()
        values[j] = single(d.g_min + part.s * (d.g_max - d.g_min))
    getattr(array, f"{'pulses' if number else 'resets'}_{name}")[i][j] += 1


def rewrite_pair(array, i, j, a, b, key, d, steps):
    """Pulses issued; the resets are two."""
    pulses = nearest_step(steps, d.g_min + (d.g_max - d.g_min) * abs(a - b))
    for side in (0, 1):
        press(array, i, j, side, 0, key, d)
    for k in range(pulses):
        press(array, i, j, int(a < b), k + 1, key, d)
    return pulses


def refresh_floats(array, at, upper, lower, d, steps):
    """All pairs of an array, after update `at`; (pulses, resets) issued."""
    pulses = resets = 0
    rows, cols = array.shape
    for j in range(cols):
        key = refresh_key(array.seed, array.layer, at, j) if hasattr(array, "law") else 0
        for i in range(rows):
            a, b = ((float(side[i][j]) - d.g_min) / (d.g_max - d.g_min) for side in array.conducting)
            if is_high(a, b, upper, lower):
                pulses += rewrite_pair(array, i, j, a, b, key, d, steps)
                resets += 2
    return pulses, resets


refresh_numbered = refresh_floats


def refresh_layer(network, k, at):
    p = network.pulses_section
    if not is_due(p.refresh_every, network.batch, at):
        return 0, 0
    return refresh_floats(network.arrays[k], at, p.refresh_level, p.refresh_lower, network.d, network.steps)


def refresh_layers(network, at):
    issued = [refresh_layer(network, k, at) for k in range(len(network.arrays))]
    return sum(p for p, _ in issued), sum(r for _, r in issued)


class Refreshed:
    """What a network does besides after each update."""

    updates = 0

    def __init__(self, layout, *more):
        super().__init__(layout, *more)
        self.pulses_section, self.batch, self.steps = layout.pulses, layout.run.batch, staircase(self.d)

    def _refreshed(self, done):
        self.updates += 1
        pulses, resets = refresh_layers(self, self.updates)
        done.pulses += pulses
        done.resets += resets
        return done

    def train(self, x, label):
        return self._refreshed(super().train(x, label))

    def train_batch(self, xs, labels, rule):
        return self._refreshed(super().train_batch(xs, labels, rule))


class RefreshedNetwork(Refreshed, Network):
    """Of nominal devices."""


class RefreshedScatterNetwork(Refreshed, ScatterNetwork):
    """Of devices that scatter."""
