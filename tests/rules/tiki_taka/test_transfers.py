"""The twins of the Tiki-Taka family have the properties that the papers say; each check notices a broken twin."""

from __future__ import annotations

import math
import random

import pytest

from ..cells import Constant, SoftBounds, grid, symmetry_point, values
from ..mutants import notices
from . import naive

pytestmark = pytest.mark.once

STEP = 1 / 128  # whole numbers of it are exact


def always(kind, line, slot):
    """A draw of which every line with any chance sends in every slot."""
    return 0.0


def pair_of(rows, columns, fast=0.0, offset=0.0, kind=Constant):
    return (
        grid(kind, rows, columns, step=STEP, value=fast, offset=offset),
        grid(kind, rows, columns, step=STEP),
        STEP,
        STEP,
    )


def nothing_comes_in(array, updates, rate=1.0, draw=always):
    """Updates without a gradient; returns the lines of the slow array that changed, update by update."""
    changed = []
    for _ in range(updates):
        before = values(array.slow)
        array.update([0.0] * array.rows, [0.0] * array.columns, rate, draw)
        after = values(array.slow)
        found = {
            i if array.by_rows else j for i in range(array.rows) for j in range(array.columns)
            if before[i][j] != after[i][j]
        }  # fmt: skip
        changed.append(tuple(sorted(found)))
    return changed


# ---------------------------------------------------------------------------------------------------------------------
# The schedule, and version 1


def reads_lines_in_turn(twin):
    """Rows 0, 1, 2 or, two at a time, (0, 1), (2, 0), (1, 2); columns as well."""
    assert nothing_comes_in(twin.TikiTaka(*pair_of(3, 2, 5 * STEP)), 4) == [(0,), (1,), (2,), (0,)]
    assert nothing_comes_in(twin.TikiTaka(*pair_of(3, 2, 5 * STEP), transfer_every=2), 5) == [(), (0,), (), (1,), ()]
    assert nothing_comes_in(twin.TikiTaka(*pair_of(3, 2, 5 * STEP), transfer_every=0.5), 3) == [(0,), (1,), (2,)]
    two = nothing_comes_in(twin.TikiTaka(*pair_of(3, 2, 5 * STEP), transfer_reads=2), 4)
    assert two == [(0, 1), (0, 2), (1, 2), (0, 1)]
    columns = nothing_comes_in(twin.TikiTaka(*pair_of(2, 3, 5 * STEP), transfer_by="columns"), 4)
    assert columns == [(0,), (1,), (2,), (0,)]


def writes_what_was_read(twin):
    """A fast weight of 5 steps at a transfer rate of 1 is 5 pulses, with its sign; 4 at rate 0.5 are 2."""
    for steps, rate, expected in ((5, 1.0, 5), (-5, 1.0, -5), (4, 0.5, 2)):
        array = twin.TikiTaka(*pair_of(1, 1, steps * STEP), transfer_rate=rate)
        nothing_comes_in(array, 1)
        assert array.slow[0][0].value == expected * STEP
        assert array.fast[0][0].value == steps * STEP


def is_read_after_the_pulses_of_its_update(twin):
    array = twin.TikiTaka(*pair_of(1, 1), fast_rate=1.0)
    array.update([1.0], [-3 * STEP], 1.0, always)
    assert array.fast[0][0].value == array.slow[0][0].value == 3 * STEP


def has_a_fast_rate_of_its_own(twin):
    """The learning rate scales transfers; gradients only if asked."""
    for scales, expected in ((False, 8), (True, 4)):
        array = twin.TikiTaka(*pair_of(1, 1), fast_rate=0.5, fast_rate_scales=scales)
        array.update([1.0], [-16 * STEP], 0.5, always)
        assert array.fast[0][0].value == expected * STEP
        assert array.slow[0][0].value == expected * STEP / 2


def scales_the_fast_rate_to_the_largest(twin):
    """auto_scale: whatever the size of x and d, the largest product asks for fast_rate * train_length pulses."""
    for size in (1e-3, 1.0, 50.0):
        array = twin.TikiTaka(*pair_of(1, 1), fast_rate=0.5, auto_scale=True, train_length=30)
        array.update([0.0], [0.0], 1.0, always)
        array.update([size], [-size], 1.0, always)
        assert array.fast[0][0].ups == 15
        array.update([0.0], [0.0], 1.0, always)
        assert array.top_x == size
    array.update([2 * size], [-2 * size], 1.0, always)
    assert math.isclose(array.top_x, 1.01 * size)
    assert array.fast[0][0].ups == 15 + 30


def weighs_the_fast_array(twin):
    array = twin.TikiTaka(*pair_of(1, 1, 0.3), fast_weight=0.5)
    array.slow[0][0].value = 0.2
    assert math.isclose(array.weights()[0][0], 0.35)


# ---------------------------------------------------------------------------------------------------------------------
# Version 2


def keeps_what_it_does_not_write(twin):
    """H and the steps written are the sum of all that was read, in both forms."""
    rng = random.Random(1)
    for buffer in ("relative", "threshold"):
        arrays = pair_of(3, 2, fast=0.0)
        array = twin.TikiTaka2(*arrays, buffer=buffer, buffer_granularity=2.5, transfer_length=50)
        total = [[0.0] * 2 for _ in range(3)]
        for update in range(60):
            for row in array.fast:
                for cell in row:
                    cell.value = rng.uniform(-1, 1)
            row = update % 3
            for j in range(2):
                total[row][j] += 0.3 * array.fast[row][j].value
            array.update([0.0] * 3, [0.0] * 2, 0.3, always)
        one = 1.0 if buffer == "relative" else 2.5 * STEP
        to_h = 1 / (2.5 * STEP) if buffer == "relative" else 1.0
        for i in range(3):
            for j in range(2):
                steps = array.slow[i][j].ups - array.slow[i][j].downs
                assert math.isclose(array.h[i][j] + steps * one, total[i][j] * to_h, abs_tol=1e-9)
                assert abs(array.h[i][j]) < one
                assert array.slow[i][j].ups > 2


def writes_no_more_than_its_length(twin):
    """One step at a time, and the rest stays."""
    array = twin.TikiTaka2(*pair_of(1, 1, 3.5 * STEP), transfer_length=1)
    assert nothing_comes_in(array, 1) == [(0,)]
    assert array.slow[0][0].ups == 1
    assert math.isclose(array.h[0][0], 2.5)


def forgets_if_asked(twin):
    array = twin.TikiTaka2(*pair_of(1, 1, 3.5 * STEP), forget=True, buffer_momentum=0.1)
    nothing_comes_in(array, 1)
    assert math.isclose(array.h[0][0], 0.35)
    array = twin.TikiTaka2(*pair_of(1, 1, 3.5 * STEP), buffer_momentum=0.1)
    nothing_comes_in(array, 1)
    assert math.isclose(array.h[0][0], 3.5 - 0.9)


def takes_longer_with_auto_granularity(twin):
    """A read counts rate * lines * transfer_every / (auto_granularity * step)."""
    array = twin.TikiTaka2(*pair_of(4, 1, 0.5), auto_granularity=1000, transfer_every=2)
    nothing_comes_in(array, 2, rate=0.1)
    assert math.isclose(array.h[0][0], 0.1 * 0.5 * 4 * 2 / (1000 * STEP))


# ---------------------------------------------------------------------------------------------------------------------
# Choppers


def chops_in_turn(twin):
    """Not at random: every ceil(1 / p) sweeps, at least 2, a line after its read."""
    for probability, period in ((1.0, 2), (0.5, 2), (0.3, 4)):
        array = twin.Chopped(*pair_of(3, 1), chop_probability=probability, chop_random=False)
        signs = []
        for _ in range(6 * period):
            nothing_comes_in(array, 1)
            signs.append(tuple(array.signs))
        first = 3 * (period - 1)
        assert signs[first - 1] == (1, 1, 1)
        assert signs[first : first + 3] == [(-1, 1, 1), (-1, -1, 1), (-1, -1, -1)]
        assert signs[first + 3 * period : first + 3 * period + 2] == [(1, -1, -1), (1, 1, -1)]


def chops_where_it_is_told(twin):
    array = twin.Chopped(*pair_of(2, 1), flip=lambda line, visit: (line, visit) in {(0, 2), (1, 1), (1, 2)})
    signs = []
    for _ in range(6):
        nothing_comes_in(array, 1)
        signs.append(tuple(array.signs))
    assert signs == [(1, 1), (1, -1), (-1, -1), (-1, 1), (-1, 1), (-1, 1)]


def never_chops_at_probability_zero(twin):
    array = twin.Chopped(*pair_of(2, 1), chop_probability=0.0, chop_random=False)
    nothing_comes_in(array, 40)
    assert array.signs == [1, 1]


def cancels_a_constant_offset(twin):
    """A reference that is wrong by a constant gives no net drift over two periods; without choppers it does."""
    for by in ("rows", "columns"):
        settings = {"transfer_by": by, "transfer_length": 100}
        plain = twin.TikiTaka2(*pair_of(2, 2, offset=3 * STEP), **settings)
        nothing_comes_in(plain, 2 * 2 * 4)
        chopped = twin.Chopped(
            *pair_of(2, 2, offset=3 * STEP), chop_probability=0.25, chop_random=False, **settings
        )  # fmt: skip
        nothing_comes_in(chopped, 2 * 4)
        assert all(cell.value == 12 * STEP for row in chopped.slow for cell in row)  # half way
        nothing_comes_in(chopped, 2 * 4)
        for i in range(2):
            for j in range(2):
                assert math.isclose(plain.slow[i][j].value, 24 * STEP)
                assert abs(chopped.slow[i][j].value) < 1e-9
                assert abs(chopped.h[i][j]) < 1e-9


def lets_gradients_through(twin):
    """Signs cancel in what reaches the slow array: a steady gradient raises it under either sign."""
    for by in ("rows", "columns"):
        array = twin.Chopped(
            *pair_of(2, 2), chop_probability=0.5, chop_random=False, fast_rate=1.0, transfer_by=by, transfer_length=50
        )
        for _ in range(40):
            before = [cell.value for row in array.fast for cell in row]
            signs = list(array.signs)
            array.update([1.0, 1.0], [-2 * STEP, -2 * STEP], 1.0, always)
            after = [cell.value for row in array.fast for cell in row]
            for n, (a, b) in enumerate(zip(before, after, strict=True)):
                line = n // 2 if by == "rows" else n % 2
                assert math.isclose(b - a, signs[line] * 2 * STEP)
        assert all(cell.ups > 5 for row in array.slow for cell in row)
        assert min(cell.value for row in array.slow for cell in row) > 0.05


# ---------------------------------------------------------------------------------------------------------------------
# AGAD


def estimates_the_reference(twin):
    """Reads that stay at r: mu = r (1 - (1 - m)^n) after n, and P is mu at the flip."""
    array = twin.Agad(*pair_of(1, 1, 0.2), chop_probability=0.25, tail_weight=2.0)
    assert array.m == 0.5
    for n in range(1, 20):
        nothing_comes_in(array, 1)
        assert math.isclose(array.mu[0][0], 0.2 * (1 - 0.5**n))
        flips = (n - 1) // 4  # seen at the read after
        assert math.isclose(array.p[0][0], 0.2 * (1 - 0.5 ** (4 * flips)), abs_tol=1e-12)
    assert twin.Agad(*pair_of(1, 1), chop_probability=0.25).m == 1.0
    assert twin.Agad(*pair_of(1, 1), chop_probability=0.02).m == 0.1


def converges_to_the_true_reference(twin):
    """Pulses up and down in turn drive a device to its symmetry point: P ends up there, and the slow array stays."""
    start = {"step": STEP, "low": -0.5, "high": 1.0, "tilt": 0.2}
    true = symmetry_point(SoftBounds(**start))
    assert math.isclose(true, 2 / 14, abs_tol=STEP)  # where 1.2 (1 - w) = 0.8 (1 + 2 w)
    array = twin.Agad(
        grid(SoftBounds, 1, 1, **start, value=0.5, offset=0.4),
        grid(Constant, 1, 1, step=STEP, low=-9.0, high=9.0),
        STEP,
        STEP,
        fast_rate=1.0,
        chop_probability=0.02,
        transfer_length=99,
    )
    slow = []
    for update in range(1000):
        array.update([1.0], [STEP if update % 2 else -STEP], 0.1, always)
        slow.append(array.slow[0][0].value)
    assert math.isclose(array.p[0][0], true + 0.4, abs_tol=STEP)
    assert max(slow[-100:]) - min(slow[-100:]) < 0.1  # 50 of these updates would give 2.7 if all of the read counted


def is_quiet_until_it_knows(twin):
    """Nothing is written for a period, although H gathers."""
    array = twin.Agad(*pair_of(2, 1, 5 * STEP), chop_probability=0.25)
    changed = nothing_comes_in(array, 2 * 5)
    assert changed[: 2 * 4] == [()] * 8
    array = twin.Agad(*pair_of(2, 1, 5 * STEP), chop_probability=0.25, quiet=0)
    assert nothing_comes_in(array, 2) == [(0,), (1,)]


def counts_from_the_reference_with_the_sign(twin):
    """After a flip what the same gradient does has the other sign in the fast array, and the same in H."""
    array = twin.Agad(*pair_of(1, 1), chop_probability=0.5, tail_weight=99, fast_rate=1.0, transfer_length=99)
    written = []
    for _ in range(6):
        array.update([1.0], [-2 * STEP], 1.0, always)
        written.append(
            (array.fast[0][0].value / STEP, array.p[0][0] / STEP, array.slow[0][0].ups - array.slow[0][0].downs)
        )
    expected = [(2, 0, 0), (4, 0, 0), (2, 4, 2), (0, 4, 6), (2, 0, 8), (4, 0, 12)]
    assert written == expected


CHECKS = (
    (reads_lines_in_turn, "(n * reads + k) % lines", "(n + k) % lines"),
    (reads_lines_in_turn, "update % math.ceil(every) == 0", "update % math.ceil(every) == 1"),
    (reads_lines_in_turn, "return array[line][k] if self.by_rows else array[k][line]", "return array[line][k]"),
    (writes_what_was_read, "[-read for read in reads]", "[read for read in reads]"),
    (writes_what_was_read, "self.transfer_rate * rate, draw)", "rate, draw)"),
    (
        is_read_after_the_pulses_of_its_update,
        ".read() for k in range(self.across)]",
        ".value - self.step for k in (0,)]",
    ),
    (has_a_fast_rate_of_its_own, "if self.fast_rate_scales else self.fast_rate", ""),
    (scales_the_fast_rate_to_the_largest, "known if new == 0", "new if new == 0"),
    (scales_the_fast_rate_to_the_largest, "self.trains[0] * self.step", "self.step"),
    (weighs_the_fast_array, "self.fast_weight * a.read()", "a.read()"),
    (keeps_what_it_does_not_write, "steps * one\n", "one\n"),
    (keeps_what_it_does_not_write, "self.granularity * self.slow_step, 1.0", "self.slow_step, 1.0"),
    (writes_no_more_than_its_length, "min(self.transfer_length, steps)", "steps"),
    (forgets_if_asked, "self.h[line][k] *= self.momentum", "self.h[line][k] = 0"),
    (forgets_if_asked, "(1 - self.momentum) * steps", "steps"),
    (takes_longer_with_auto_granularity, "(self.lines * self.transfer_every)", "self.lines"),
    (chops_in_turn, "max(2, math.ceil(1 / self.chop_probability))", "math.ceil(1 / self.chop_probability)"),
    (chops_in_turn, "self.visits[line] % self.period() == 0", "self.visits[line] % self.period() == 1"),
    (chops_where_it_is_told, "self.flip(line, self.visits[line])", "self.flip(line, self.visits[line] - 1)"),
    (never_chops_at_probability_zero, "if self.chop_probability == 0:", "if False:"),
    (cancels_a_constant_offset, "return self.signs[line] * read\n", "return read\n"),
    (cancels_a_constant_offset, "self.signs[line] *= -1", "self.signs[line] *= 1"),
    (lets_gradients_through, "[x * s for x, s", "[x for x, s"),
    (lets_gradients_through, "[d * s for d, s", "[d for d, s"),
    (estimates_the_reference, "mu + self.m * (read - mu)", "mu + self.m * read"),
    (estimates_the_reference, "self.p[line] = list(self.mu[line])", "self.p[line] = list(reads)"),
    (converges_to_the_true_reference, "(read - self.p[line][k])", "read"),
    (converges_to_the_true_reference, "if self.flipped[line]:", "if False:"),
    (is_quiet_until_it_knows, "self.visits[line] >= self.quiet", "self.visits[line] >= 0"),
    (counts_from_the_reference_with_the_sign, "self.signs[line] * (read - self", "(read - self"),
)


@pytest.mark.parametrize(("check", "old", "new"), CHECKS)
def test_the_twin_is_right_and_a_broken_one_is_noticed(check, old, new):
    notices(check, naive, old, new)
