"""Runs with drivers and sense circuits that are not ideal."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.data_sets.load import load_dataset

pytestmark = pytest.mark.usefixtures("one_thread")


def quick(**kw):
    base = {
        "layers": (784, 10),
        "dataset": "digits",
        "iterations": 1500,
        "eval_every": 0,
        "eval_last": 1,
        "beta": 0.0,
        "n_max": 128,
    }
    return Layout.of(**{**base, **kw})


@pytest.mark.jit
def test_circuits_that_are_not_ideal_cost_accuracy():
    digits = load_dataset("digits")

    def accuracy(**kw):
        return np.mean([xbarsim.run(quick(seed=seed, **kw), dataset=digits).accuracy for seed in (1, 2)])

    ideal = accuracy()
    assert ideal > 0.75
    for small, large in (
        ({"read_noise": 0.01}, {"read_noise": 20.0}),
        ({"offset_sigma": 0.01}, {"offset_sigma": 60.0}),
        ({"sense_range": 100.0}, {"sense_range": 0.01}),
        ({"sense_range": 30.0, "sense_bits": 12}, {"sense_range": 30.0, "sense_bits": 2}),
        ({"wire_resistance": 0.01}, {"wire_resistance": 2000.0}),
    ):
        assert abs(accuracy(**small) - ideal) < 0.06
        assert accuracy(**large) < ideal - 0.08


@pytest.mark.jit
def test_a_run_says_the_same_again():
    lay = quick(
        iterations=300, read_noise=0.3, gain_sigma=0.1, offset_sigma=0.1, sense_range=20.0, sense_bits=8, driver_bits=6
    )
    one, two, other = (xbarsim.run(lay.replace(seed=seed)).as_dict() for seed in (1, 1, 2))
    for key in ("accuracy", "pulses", "resets"):
        assert one[key] == two[key]
    assert one["pulses"] != other["pulses"]
