"""The twin of pulse trains has the properties that the papers say; and each check notices a twin that is broken."""

from __future__ import annotations

import itertools
import math
import random
from statistics import fmean, pvariance

import pytest

from ..cells import Constant, grid, values
from ..mutants import notices
from . import naive

pytestmark = pytest.mark.once

STEP = 0.01


def counts_of(twin, x, d, length, length_management, update_management, repeats, rate=STEP):
    """Numbers of pulses of a single device, below 0 where it was lowered."""
    rng = random.Random(5)
    draw = lambda kind, line, slot: rng.random()  # noqa: E731
    settings = length, length_management, update_management
    return [twin.draw_pulses([x], [d], rate, STEP, *settings, draw)[0][0] for _ in range(repeats)]


def every_outcome(twin, xs, ds, rate, length, length_management, update_management):
    """(chance, numbers of pulses) of all that can be drawn."""
    settings = length, length_management, update_management
    slots, chance_x, chance_d = twin.train_chances(xs, ds, rate, STEP, *settings)
    chances = {("x", i): p for i, p in enumerate(chance_x)} | {("d", j): p for j, p in enumerate(chance_d)}
    open_bits = [(*line, slot) for line, p in chances.items() if 0 < p < 1 for slot in range(slots)]
    for bits in itertools.product((False, True), repeat=len(open_bits)):
        drawn = dict(zip(open_bits, bits, strict=True))
        weight = math.prod(chances[kind, at] if bit else 1 - chances[kind, at] for (kind, at, _), bit in drawn.items())
        draw = lambda kind, line, slot, drawn=drawn: 0.0 if drawn.get((kind, line, slot), True) else 1 - 1e-12  # noqa: E731
        yield weight, twin.draw_pulses(xs, ds, rate, STEP, *settings, draw)


def moments(outcomes, *devices):
    """Means and covariance matrix of the pulse counts of some devices."""
    outcomes = [(weight, [pulses[i][j] for i, j in devices]) for weight, pulses in outcomes]
    mean = [sum(w * n[k] for w, n in outcomes) for k in range(len(devices))]
    covariance = [
        [sum(w * (n[a] - mean[a]) * (n[b] - mean[b]) for w, n in outcomes) for b in range(len(devices))]
        for a in range(len(devices))
    ]
    return mean, covariance


# ---------------------------------------------------------------------------------------------------------------------
# What holds


def expects_what_a_gradient_asks_for(twin):
    """The mean is rate x d / step, whichever way lengths and chances are managed, while nothing is clipped."""
    xs, ds = [0.9, -0.4, 0.0], [-0.8, 0.3]
    for length, by_length, by_chance in itertools.product((2, 3), (False, True), (False, True)):
        outcomes = list(every_outcome(twin, xs, ds, STEP, length, by_length, by_chance))
        assert math.isclose(sum(w for w, _ in outcomes), 1, rel_tol=1e-9)
        for i, j in itertools.product(range(3), range(2)):
            mean = sum(w * pulses[i][j] for w, pulses in outcomes)
            assert math.isclose(mean, -xs[i] * ds[j], abs_tol=1e-9)


def varies_as_a_binomial(twin):
    """BL 10: k = 1 has variance 0.9; k = 4 without management clips: mean 10 sqrt(0.1), variance 2.162."""
    n = 6000
    for x, d, by_chance, mean, variance in (
        (1.0, 1.0, False, 1.0, 0.9),
        (1.0, 1.0, True, 1.0, 0.9),
        (1.0, 4.0, False, math.sqrt(10), 2.162),
        (1.0, 4.0, True, 4.0, 2.4),
    ):
        counts = counts_of(twin, x, d, 10, False, by_chance, n)
        assert abs(-fmean(counts) - mean) < 4 * math.sqrt(variance / n)
        assert abs(pvariance(counts) / variance - 1) < 4 * math.sqrt(2.2 / n)


def gives_whole_numbers_exactly(twin):
    """With both managed, a whole k gives exactly k pulses, and never more than the longest train."""
    for k, expected in ((1, 1), (3, 3), (4, 4), (31, 31), (40, 31)):
        assert set(counts_of(twin, 1.0, -float(k), 31, True, True, 20)) == {expected}
        assert set(counts_of(twin, 0.5, 2.0 * k, 31, True, True, 20)) == {-expected}


def needs_no_more_slots_than_pulses(twin):
    lengths = [twin.train_chances([1.0], [k], STEP, STEP, 31, True, True)[0] for k in (0, 0.15, 1, 2.5, 31, 40)]
    assert lengths == [0, 1, 1, 3, 31, 31]
    assert twin.train_chances([1.0], [0.15], STEP, STEP, 31, False, False)[0] == 31


def shares_trains_along_lines(twin):
    """x = (1, .5, .1), d = (3, -1): devices of one x line go together, with 0.447; of one d line not, as d0 is sure."""
    outcomes = list(every_outcome(twin, [1.0, 0.5, 0.1], [3.0, -1.0], STEP, 3, True, True))
    mean, covariance = moments(outcomes, (1, 0), (1, 1), (2, 0), (2, 1))
    assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(mean, (-1.5, 0.5, -0.3, 0.1), strict=True))
    correlation = lambda a, b: covariance[a][b] / math.sqrt(covariance[a][a] * covariance[b][b])  # noqa: E731
    assert math.isclose(-correlation(0, 1), 1 / math.sqrt(5), abs_tol=1e-9)  # 0.447
    assert abs(correlation(0, 2)) < 1e-9
    assert correlation(1, 3) > 0.05  # d1 is sent in a third of the slots only, to both


def balances_the_chances(twin):
    """With management, the largest of both sides are sent equally often."""
    slots, on_x, on_d = twin.train_chances([0.2, 0.1], [3.0, 1.5], STEP, STEP, 31, False, True)
    assert slots == 31
    assert math.isclose(on_x[0], on_d[0])
    assert math.isclose(on_x[0], math.sqrt(0.6 / 31))
    assert math.isclose(on_x[0] / on_x[1], 2)
    _, on_x, on_d = twin.train_chances([0.2, 0.1], [3.0, 1.5], STEP, STEP, 31, False, False)
    assert math.isclose(on_x[0] / on_d[0], 0.2 / 3.0)


def saturates_in_proportion_of_errors(twin):
    """k = 100: the largest is sent in all slots, and so is what asks for more than the longest train."""
    slots, on_x, on_d = twin.train_chances([1.0], [1.0, 0.5, 0.155], 1.0, STEP, 31, True, True)
    assert (slots, on_x) == (31, [1.0])
    assert on_d[:2] == [1.0, 1.0]
    assert math.isclose(on_d[2], 0.5)


def moves_against_the_gradient(twin):
    cells = grid(Constant, 2, 2, step=STEP)
    ones = lambda kind, line, slot: 0.0  # noqa: E731
    pulses = twin.train_update(cells, [1.0, -1.0], [2.0, -2.0], STEP, STEP, 31, True, True, ones)
    assert pulses == [[-2, 2], [2, -2]]
    for row, expected in zip(values(cells), pulses, strict=True):
        assert all(math.isclose(value, n * STEP) for value, n in zip(row, expected, strict=True))


CHECKS = (
    (expects_what_a_gradient_asks_for, "math.sqrt(rate / (step * slots))", "math.sqrt(rate / (step * length))"),
    (expects_what_a_gradient_asks_for, "on_d *= math.sqrt(top_x / top_d)", "on_d *= math.sqrt(top_d / top_x)"),
    (varies_as_a_binomial, "draw(kind, line, slot) < chance", "draw(kind, line, 0) < chance * 1.1"),
    (varies_as_a_binomial, "sum(a and b for", "sum(a or b for"),
    (gives_whole_numbers_exactly, "math.ceil(k)", "math.ceil(k) + 1"),
    (gives_whole_numbers_exactly, "min(math.ceil(k), length)", "math.ceil(k)"),
    (needs_no_more_slots_than_pulses, "if length_management else length", "if not length_management else length"),
    (shares_trains_along_lines, "return [draw(kind, line, slot) < chance", "return [slot % 2 == 0 or 0.4 < chance"),
    (balances_the_chances, "math.sqrt(top_d / top_x)", "(top_d / top_x)"),
    (saturates_in_proportion_of_errors, "top_d *= length / k", "top_d *= 1"),
    (moves_against_the_gradient, "1 if x * d < 0 else -1", "1 if x * d > 0 else -1"),
)


@pytest.mark.parametrize(("check", "old", "new"), CHECKS)
def test_the_twin_is_right_and_a_broken_one_is_noticed(check, old, new):
    notices(check, naive, old, new)
