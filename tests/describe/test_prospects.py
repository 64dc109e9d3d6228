"""Networks that cannot learn are told of before they are trained."""

from __future__ import annotations

import pytest

from xbarsim import Layout
from xbarsim.data_sets.activity import activity_of
from xbarsim.describe.defaults import MNIST, Activity
from xbarsim.describe.prospects import prospects

from ..defaults.images import images
from ..defaults.networks import NETS

pytestmark = pytest.mark.once

BEFORE = {"c": 4.5, "inner_c": 1.4, "softmax_scale": 1.25, "hidden_dead_zone": 0.07, "initial_fan_in": 100.0}
"""What was the default for all networks, and suited MNIST with 784-200-10."""


def test_what_follows_by_itself_is_never_warned_of():
    for net in NETS:
        data = images(net.kind, net.layers[0], net.layers[-1], train=400, test=100)
        made = Layout.of(layers=net.layers, n_max=net.states, beta=net.beta, method=net.method)
        assert prospects(made, activity_of(data)) == [], net.name


@pytest.mark.parametrize(
    ("layers", "activity", "values", "said"),
    [
        ((784, 1024, 512, 10), MNIST, BEFORE, "neuron.c: an update moves the current of hidden layer 2 by 8"),
        (
            (784, 200, 10),
            MNIST,
            {**BEFORE, "n_max": 8},
            "neuron.c: an update moves the current of hidden layer 1 by 13",
        ),
        ((400, 100, 50, 7), Activity(200.0, 140.0, 0.5), {**BEFORE, "input_threshold": 0.0}, "pulses.input_threshold:"),
        (
            ("28x28x1", "conv5x4", "pool2", 9, 10),
            MNIST,
            {"beta": 0.0, "n_max": 60},
            "network.layers: an array that is read at 576 positions has an error for",
        ),
        ((784, 200, 10), MNIST, {"output_dead_zone": 0.95}, "pulses.output_dead_zone: 0.95 is no less than"),
        ((784, 200, 10), MNIST, {"hidden_dead_zone": 3.0}, "pulses.hidden_dead_zone: 3 is wider than the errors"),
        ((784, 200, 10), MNIST, {"c_current": 1e-7}, "neuron.c: an update moves"),
    ],
)
def test_what_was_given_and_cannot_work_is_told(layers, activity, values, said):
    (line, *_) = prospects(Layout.of(layers=layers, **values), activity)
    assert line.startswith(said)
    assert "try" in line


def test_noise_that_replays_add_up_is_told():
    made = Layout.of(layers=(784, 200, 10)).with_device("aihwkit-reram-array-om")
    (line,) = prospects(made, MNIST)
    assert line.startswith("variation.c2c_range: 2.2 % of the range with every pulse, and method b")
    assert prospects(made.replace(method="c"), MNIST) == []
    for name, method in (("reram-sb", "a"), ("reram-es", "b"), ("reram-es", "c")):
        (line,) = prospects(made.with_device(f"aihwkit-{name}").replace(method=method), MNIST)
        assert line.startswith("variation.write_noise: ")
        assert f"in which method {method} loses" in line
    assert prospects(made.with_device("aihwkit-reram-es").replace(rule="agad"), MNIST) == []
    assert prospects(made.with_device("aihwkit-ecram"), MNIST) == []
    assert prospects(made.replace(rule="agad"), MNIST) == []
    assert prospects(made.replace(c2c_range=0.005), MNIST) == []


def test_what_is_told_to_try_is_not_warned_of():
    made = Layout.of(layers=(784, 1024, 512, 10), **BEFORE)
    (line,) = prospects(made, MNIST)
    c = tuple(float(x) for x in line.rpartition("--c ")[2].split(","))
    assert prospects(made.replace(c=c, inner_c=None), MNIST) == []


def test_rules_without_currents_have_none():
    for rule in ("software", "bs"):
        assert prospects(Layout.of(layers=(784, 200, 10), rule=rule, c=1e-3), MNIST) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rule": "agad", "iterations": 3000}, "run.iterations: rule 'agad' moves nothing before its choppers flipped"),
        ({"rule": "ttv2", "iterations": 1000}, "run.iterations: every line of the largest fast array is read once in"),
        ({"rule": "agad", "iterations": 20_000, "chop_probability": 0.05}, "run.iterations: rule 'agad' moves nothing"),
    ],
)
def test_runs_that_end_before_anything_was_moved_are_told(values, said):
    made = Layout.of(layers=(784, 200, 10), **values)
    (line,) = prospects(made)
    assert line.startswith(said)
    reads = int(line.split("--transfer-reads ")[1].split(",")[0])
    assert prospects(made.replace(transfer_reads=reads)) == []
    assert prospects(made.replace(iterations=60_000)) == []
    assert prospects(made.replace(rule="stochastic", **{"method": "fixed"})) == []
