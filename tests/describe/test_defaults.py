"""Defaults that follow from the network, the device and the training images."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from xbarsim import Layout, LayoutError
from xbarsim.describe.defaults import MNIST, Activity, derived_keys, settle

pytestmark = pytest.mark.once

DEEP = (784, 300, 100, 10)


def numbers(layers=(784, 200, 10), activity=MNIST, **values):
    lay = settle(Layout.of(layers=layers, **values), activity)
    return lay.neuron, lay.pulses, lay.array


def test_mnist_has_what_was_found_with_it():
    neuron, pulses, array = numbers()
    assert (neuron.c, neuron.softmax_scale) == pytest.approx((4.55, 1.27))
    assert (pulses.output_dead_zone, pulses.hidden_dead_zone, pulses.input_threshold) == (0.1, (0.0703,), 0.0)
    assert array.initial_steps == (7, 64)


def test_what_an_update_moves_scales_with_inputs_and_steps():
    """c is so many updates, whatever the images, the device and the sizes are."""
    for factor, states in itertools.product((0.5, 1, 3), (8, 64, 250)):
        neuron, pulses, _ = numbers(activity=Activity(factor * 103.0, factor * 88.3, 0.0), n_max=states)
        assert neuron.c * states / (factor * 103 + 1) == pytest.approx(2.8, rel=6e-3)
        assert pulses.hidden_dead_zone[0] * states == pytest.approx(4.5, rel=6e-3)
    wide, narrow = (numbers(layers=(784, n, 50, 10))[0].c for n in (1000, 100))
    assert wide[0] == narrow[0]
    assert wide[1] / narrow[1] == pytest.approx((501 / 51) ** 0.8, rel=1e-2)


def test_dead_zones_grow_downwards_and_with_large_steps():
    _, pulses, _ = numbers(layers=(784, 400, 200, 100, 10))
    a, b, c = pulses.hidden_dead_zone
    assert (b / c, a / b) == pytest.approx((0.16 * 100**0.5, 0.16 * 200**0.5), rel=1e-2)


def test_outputs_are_surer_and_left_alone_sooner_with_large_steps_and_with_fine_ones():
    for devices in (((64, 0), (64, 2), (32, 2), (8, 2), (2, 2)), ((64, 0), (128, 0), (250, 0), (500, 0))):
        found = [numbers(n_max=n, beta=beta) for n, beta in devices]
        zones = [pulses.output_dead_zone for _, pulses, _ in found]
        scales = [neuron.softmax_scale for neuron, _, _ in found]
        assert zones[0] == 0.1
        assert scales[0] == 1.27
        assert zones == sorted(zones)
        assert scales == sorted(scales)
        assert 0.25 < zones[-1] <= 0.28
    # Of one mean step the device with larger steps.
    assert numbers(beta=5.0)[0].softmax_scale > 2 * numbers(beta=2.0)[0].softmax_scale
    # Reasons are not added up beyond what has won by all means.
    assert numbers(layers=(784, 20, 20, 20, 10), beta=5.0)[1].output_dead_zone == 0.28


def test_a_settled_layout_is_left_as_it_is_and_can_be_written():
    for layers in ((784, 10), (784, 200, 10), DEEP):
        lay = settle(Layout.of(layers=layers), MNIST)
        assert settle(lay, Activity(1.0, 1.0, 0.5)) is lay
        assert Layout.from_toml_text(lay.to_toml()) == lay


@pytest.mark.parametrize("layers", [(20, 10), (20, 9, 10), (20, 9, 8, 10), (20, 9, 8, 7, 10)])
def test_what_is_given_stays(layers):
    hidden = len(layers) - 2
    given = {"softmax_scale": 0.7, "output_dead_zone": 0.3, "input_threshold": 0.2, "initial_fan_in": 50.0}
    lay = settle(Layout.of(layers=layers, c=2.0, hidden_dead_zone=0.4, **given), MNIST)
    assert {k: getattr(getattr(lay, s), k) for k, s in derived_keys().items() if k in given} | {
        "initial_fan_in": lay.array.initial_fan_in
    } == given
    assert lay.array.initial_steps is None
    assert lay.pulses.hidden_dead_zone == 0.4
    if hidden > 1:  # c is that of the first; the others are in the proportion of the rule
        free = settle(Layout.of(layers=layers), MNIST).neuron.c
        assert lay.neuron.c == pytest.approx([2.0 * x / free[0] for x in free], rel=1e-2)
    else:
        assert lay.neuron.c == 2.0


def test_factors_of_inner_neurons():
    neuron, _, _ = numbers(DEEP, inner_c=1.5)
    assert (neuron.c, neuron.inner_c) == (pytest.approx(4.55), 1.5)
    neuron, _, _ = numbers(DEEP, c_current=4e-7)
    assert (neuron.c, neuron.inner_c) == (None, pytest.approx(4.2 * 151 / (2.8 * 104) * (151 / 101) ** -0.2, rel=1e-2))


def test_rules_without_currents_need_none():
    for rule in ("software", "bs"):
        lay = Layout.of(layers=DEEP, rule=rule)
        assert settle(lay, MNIST) is lay
        assert settle(lay, MNIST, whole=True).neuron.c is not None


def test_extremes_are_numbers_that_a_layout_takes():
    for layers, states, beta in itertools.product(((1, 2), (3072, 1000, 1000, 1000, 100)), (1, 2, 500), (0.0, 5.0)):
        if states < 3 and beta:
            continue
        for activity in (Activity(0.0, 0.0, 0.0), Activity(layers[0], layers[0], 0.0)):
            lay = settle(Layout.of(layers=layers, n_max=states, beta=beta, bias=False), activity)
            for name, section in derived_keys().items():
                value = getattr(getattr(lay, section), name)
                assert value is None or np.isfinite(value).all(), name


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"c": (1.0, 2.0, 3.0)}, "neuron.c: expected one number, or one for each of the 2 hidden layers"),
        ({"hidden_dead_zone": (0.1,)}, "pulses.hidden_dead_zone: expected one number, or one for each of the 2 hidden"),
        ({"initial_steps": (1, 2)}, "array.initial_steps: expected one number, or one for each of the 3 arrays"),
        ({"c": ()}, "neuron.c: expected a number, or a list with one for each layer"),
        ({"c": (1.0, -2.0)}, "neuron.c: expected a number >= 1e-06"),
        ({"c": (1.0, 2.0), "inner_c": 2.0}, "neuron.inner_c: expected none beside a list of c"),
    ],
)
def test_lists_that_do_not_fit(values, message):
    with pytest.raises(LayoutError) as error:
        Layout.of(layers=DEEP, **values)
    assert message in str(error.value)


def test_fast_arrays_get_some_pulses_of_a_sample():
    """Whatever the step, the train and the network; what is given stays."""
    for n_max in (8, 64, 1000):
        lay = settle(Layout.of(layers=(784, 200, 10), rule="tiki-taka", n_max=n_max, beta=0.0), MNIST)
        step = 2.0 / n_max  # in w, of a device beside a fixed reference
        assert lay.fast_slow.fast_rate == pytest.approx(min(1.0, 6.4 * step), rel=1e-2)
        noisy = settle(
            Layout.of(layers=(784, 200, 10), rule="tiki-taka", n_max=n_max, beta=0.0, write_noise=0.02), MNIST
        )
        assert noisy.fast_slow.fast_rate == pytest.approx(min(1.0, 6.4 * max(step, 0.04)), rel=1e-2)
    for length in (1, 5, 31):
        lay = settle(Layout.of(layers=(784, 200, 10), rule="ttv2", train_length=length, auto_scale=True), MNIST)
        assert lay.fast_slow.fast_rate * length == pytest.approx(min(3.1, length), rel=1e-2)
    for rule, scales, want in (("tiki-taka", True, 6.4 * 0.02 / 0.01), ("ttv2", False, 6.4 * 0.02)):
        more = {"fast_rate_scales": scales, "n_max": 100, "beta": 0.0, "gradient_rate": 0.01}
        lay = settle(Layout.of(layers=(784, 200, 10), rule=rule, **more), MNIST)
        assert lay.fast_slow.fast_rate == pytest.approx(want if scales else min(1.0, want), rel=1e-2)
    lay = settle(Layout.of(layers=(784, 200, 10), rule="agad", fast_rate=0.7, chop_probability=0.2), MNIST)
    assert (lay.fast_slow.fast_rate, lay.fast_slow.chop_probability) == (0.7, 0.2)
    assert settle(Layout.of(layers=(784, 200, 10), rule="stochastic"), MNIST).fast_slow.fast_rate is None


def test_choppers_of_an_estimated_reference_flip_after_a_while():
    for layers, sweeps in (((784, 200, 10), 2), ((300, 10), 5), ((64, 10), 10)):
        lay = settle(Layout.of(layers=layers, rule="agad"), MNIST)
        assert lay.fast_slow.chop_probability == pytest.approx(1.0 / sweeps)
        assert settle(Layout.of(layers=layers, rule="c-ttv2"), MNIST).fast_slow.chop_probability == 0.1
