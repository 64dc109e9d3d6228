"""Devices for the twins of learning rules: objects with `up`, `down` and `read`, in weight units.

The laws are those of aihwkit's simple devices, so that its numbers can be compared with
(`tests/golden/aihwkit/README.md`).
"""

from __future__ import annotations


class Constant:
    """Every pulse moves it by the same step, until a bound; with a tilt, more upwards than downwards."""

    def __init__(self, step=0.01, low=-1.0, high=1.0, value=0.0, offset=0.0, tilt=0.0):
        self.step, self.low, self.high, self.value, self.offset, self.tilt = step, low, high, value, offset, tilt
        self.ups = self.downs = 0

    def rise(self):
        return self.step * (1 + self.tilt)

    def fall(self):
        return self.step * (1 - self.tilt)

    def up(self):
        self.ups += 1
        self.value = min(self.high, self.value + self.rise())

    def down(self):
        self.downs += 1
        self.value = max(self.low, self.value - self.fall())

    def read(self):
        """What a circuit gives that compares with a reference; `offset` says how wrong that is."""
        return self.value + self.offset


class SoftBounds(Constant):
    """Steps get smaller towards the bound: step (1 - w/high) up, step (1 - w/low) down.

    Up and down are equal at w = 0, its symmetry point, if there is no tilt.
    """

    def rise(self):
        return super().rise() * (1 - self.value / self.high)

    def fall(self):
        return super().fall() * (1 - self.value / self.low)


def symmetry_point(cell, rounds=4000):
    """Where a device goes to under up and down pulses in turn: the middle of the two states it ends up in."""
    for _ in range(rounds):
        cell.up()
        cell.down()
    lower = cell.value
    cell.up()
    return (lower + cell.value) / 2


def grid(kind, rows, columns, **settings):
    """Rows by columns devices of one kind: rows are inputs, columns are outputs."""
    return [[kind(**settings) for _ in range(columns)] for _ in range(rows)]


def values(cells):
    return [[cell.value for cell in row] for row in cells]
