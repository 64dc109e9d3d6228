"""Defaults train whatever network one brings: some of the thirty-six; `python -m tests.defaults` has all."""

from __future__ import annotations

import warnings

import pytest

from xbarsim.base.errors import DeadNetworkWarning

from .networks import NETS, train

pytestmark = pytest.mark.jit

LEAST = {
    "784-200-10 digits n 64 beta 5 b": 0.6,  # a third of its iterations
    "784-100-50-10 digits n 64 beta 2 b": 0.7,
    "784-60-50-40-30-10 digits n 128 beta 0 b": 0.3,
    "16-10-2 sparse n 64 beta 2 b": 0.9,
    "400-100-50-7 dense n 64 beta 2 b": 0.9,
    "256-50-50-50-50-5 dense n 64 beta 2 b": 0.9,
    "100-30-30-4 bright n 8 beta 1 b": 0.45,
    "3072-40-30-20-10-5 grey n 250 beta 0 b": 0.4,
}
"""Networks that died with fixed defaults, or nearly, and an accuracy that is far above chance."""


def test_the_networks_are_as_different_as_they_should_be():
    assert len({net.name for net in NETS}) == 36
    hidden = [n for net in NETS for n in net.layers[1:-1]]
    assert {len(net.layers) - 2 for net in NETS} == {1, 2, 3, 4}
    assert (min(hidden), max(hidden)) == (10, 1000)
    assert (min(n.layers[0] for n in NETS), max(n.layers[0] for n in NETS)) == (16, 3072)
    assert (min(n.layers[-1] for n in NETS), max(n.layers[-1] for n in NETS)) == (2, 100)
    assert {n.states for n in NETS} >= {8, 64, 500}
    assert {n.beta for n in NETS} >= {0.0, 2.0, 5.0}
    assert {n.kind for n in NETS} == {"digits", "sparse", "dense", "bright", "grey"}


@pytest.mark.parametrize("name", LEAST)
def test_defaults_train(name):
    net = next(net for net in NETS if net.name == name)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeadNetworkWarning)
        accuracy, _ = train(net, seed=1, iterations=max(1500, net.iterations // 3))
    assert accuracy > LEAST[name]


def test_the_defaults_of_before_did_not():
    """The one that was found by a user: 400-100-50-7 on dense grey images stayed at chance, in silence."""
    net = next(net for net in NETS if net.name == "400-100-50-7 dense n 64 beta 2 b")
    before = {"c": 4.5, "inner_c": 1.4, "softmax_scale": 1.25, "initial_fan_in": 100.0, "input_threshold": 0.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accuracy, _ = train(net, seed=1, output_dead_zone=0.1, hidden_dead_zone=0.07, **before)
    assert accuracy < 0.5
