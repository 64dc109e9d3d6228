"""The twin of mixed precision keeps what it does not write; and each check notices a twin that is broken."""

from __future__ import annotations

import math
import random

import pytest

from ..cells import Constant, SoftBounds, grid, values
from ..mutants import notices
from . import naive

pytestmark = pytest.mark.once

STEP = 0.01


def samples(n):
    rng = random.Random(3)
    return [([rng.random() for _ in range(3)], [rng.uniform(-1, 1) for _ in range(2)]) for _ in range(n)]


def conserves_the_gradient(twin):
    """Pulses written, times the step, and what is left are the gradient; less than a step is left."""
    for every in (1, 4):
        array = twin.MixedPrecision(grid(Constant, 3, 2, step=STEP), STEP, every)
        total = [[0.0] * 2 for _ in range(3)]
        for k, (xs, ds) in enumerate(samples(40), 1):
            array.update(xs, ds, 0.1)
            total = [[total[i][j] - 0.1 * xs[i] * ds[j] for j in range(2)] for i in range(3)]
            for i in range(3):
                for j in range(2):
                    assert math.isclose(array.cells[i][j].value + array.chi[i][j], total[i][j], abs_tol=1e-9)
                    assert k % every or abs(array.chi[i][j]) < STEP


def truncates_towards_zero(twin):
    array = twin.MixedPrecision(grid(Constant, 1, 2, step=STEP), STEP)
    assert array.update([1.0], [0.29, -0.29], 0.1) == [[-2, 2]]
    assert all(math.isclose(abs(chi), 0.009) for chi in array.chi[0])


def writes_in_the_same_update(twin):
    """Update 1 is written after update 1."""
    array = twin.MixedPrecision(grid(Constant, 1, 1, step=STEP), STEP)
    assert array.update([1.0], [-0.503], 0.1) == [[5]]
    assert math.isclose(array.cells[0][0].value, 0.05)


def pulses_although_devices_move_less(twin):
    """A soft-bounds device takes fewer steps than the sum says: chi is open loop, and does not look."""
    array = twin.MixedPrecision(grid(SoftBounds, 1, 1, step=STEP, value=0.5), STEP)
    array.update([1.0], [-1.0], 0.1)
    assert array.cells[0][0].ups == 10
    assert math.isclose(values(array.cells)[0][0], 1 - 0.5 * 0.99**10)
    assert abs(array.chi[0][0]) < 1e-12


CHECKS = (
    (conserves_the_gradient, "-= n * self.granularity", "*= 0"),
    (conserves_the_gradient, "-= rate * x * d", "-= rate * abs(x * d)"),
    (conserves_the_gradient, "if self.updates % self.transfer_every:", "if self.updates % 3:"),
    (truncates_towards_zero, "math.trunc(", "math.floor("),
    (writes_in_the_same_update, "if self.updates % self.transfer_every:", "if self.updates == 1:"),
    (pulses_although_devices_move_less, "send_pulses(self.cells[i][j], n)", "send_pulses(self.cells[i][j], n // 2)"),
)


@pytest.mark.parametrize(("check", "old", "new"), CHECKS)
def test_the_twin_is_right_and_a_broken_one_is_noticed(check, old, new):
    notices(check, naive, old, new)
