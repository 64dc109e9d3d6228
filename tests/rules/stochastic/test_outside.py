"""Pulse trains in aihwkit, against the theory and the twin."""

from __future__ import annotations

import math

import pytest

from ..outside import binomial, fits, golden
from . import naive

pytestmark = pytest.mark.once

STEP = 0.01  # also the learning rate


def recorded(kinds=("StochasticCompressed", "Stochastic")):
    return [case for case in golden("trains")["single"] if case["type"] in kinds]


def shares(case, **changed):
    """The distribution of pulses in theory: slots in which both lines send.

    In aihwkit management of lengths turns that of chances on.
    """
    case = case | changed
    slots, (x,), (d,) = naive.train_chances(
        [case["x"]],
        [case["d"]],
        STEP,
        STEP,
        case["train_length"],
        case["length_management"],
        case["update_management"] or case["length_management"],
    )
    return binomial(slots, x * d)


def overdispersed(case):
    """Trains of 31 slots that are not all used scatter more in aihwkit than independent slots can; theory wins."""
    return case["train_length"] == 31 and not case["length_management"] and case["k"] < 31


def test_pulse_counts_are_those_of_the_theory():
    tried = [case for case in recorded() if not overdispersed(case)]
    assert len(tried) > 40
    for case in tried:
        assert fits(case["counts"], shares(case), case["repeats"]), case


def test_the_comparison_notices_another_theory():
    for case in recorded():
        if case["repeats"] == 40000 and case["train_length"] == 10:
            other = not case["update_management"]
            assert case["k"] != 4 or not fits(case["counts"], shares(case, update_management=other), case["repeats"])
            assert not fits(case["counts"], shares(case, train_length=24), case["repeats"])


def test_long_trains_have_the_mean_of_the_theory_and_scatter_more():
    tried = [case for case in recorded() if overdispersed(case) and "mean" in case]
    assert len(tried) == 4
    for case in tried:
        p = shares(case)
        mean = sum(n * share for n, share in enumerate(p))
        variance = sum(n * n * share for n, share in enumerate(p)) - mean**2
        assert math.isclose(mean, case["k"], rel_tol=1e-9)
        assert abs(case["mean"] - mean) < 4 * math.sqrt(case["variance"] / case["repeats"])
        assert case["variance"] > 1.08 * variance
        assert not fits(case["counts"], p, case["repeats"])


def test_devices_of_one_line_have_the_means_and_variances_of_shared_trains():
    case = golden("trains")["lines"]
    _, on_x, on_d = naive.train_chances(case["x"], case["d"], STEP, STEP, case["train_length"], True, True)
    for j, d in enumerate(case["d"]):
        for i, x in enumerate(case["x"]):
            p = on_x[i] * on_d[j]
            mean, variance = case["mean [output][input]"][j][i], case["variance [output][input]"][j][i]
            assert abs(mean + x * d) < 4 * math.sqrt(3 * p * (1 - p) / case["repeats"]) + 1e-4
            assert math.isclose(variance, 3 * p * (1 - p), rel_tol=0.04, abs_tol=1e-3)
    (across, along, _) = (pair["correlation"] for pair in case["correlations"])
    assert abs(-across - 1 / math.sqrt(5)) < 4 / math.sqrt(case["repeats"])
    assert abs(along) < 4 / math.sqrt(case["repeats"])
