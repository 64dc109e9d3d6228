"""Numbers that are none, networks that are dead, values that are odd: never in silence."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from xbarsim.kernels.base.buffers import Curves, Events

import xbarsim
from xbarsim import Layout, SimulationError
from xbarsim.base.errors import DeadNetworkWarning, OddWarning
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.oddities import oddities
from xbarsim.learn.table import state_of
from xbarsim.loop.health import Health
from xbarsim.loop.saturation import passing


def layout(**more):
    values = {"layers": (2, 3, 2), "dataset": "two-pixels", "n_max": 9, "iterations": 300, "eval_last": 1}
    return Layout.of(**{**values, **more})


def buffers(state, n=10):
    zeros = np.zeros(n)
    curves = Curves(zeros.astype(np.float32), zeros.astype(np.uint16), zeros.astype(np.int64), zeros.astype(np.int64))
    none = np.empty((state.n_layers, 0, 0), np.uint8)
    count, places = np.zeros(state.n_layers, np.int64), np.empty((state.n_layers, 0), np.uint32)
    return curves, Events(
        count, np.empty((state.n_layers, 0), np.int64), none, none, none, places, np.zeros(1, np.uint32)
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rule", ["sign", "software", "bs", "crus"])
def test_a_weight_that_is_none_names_its_layer(rule, bad):
    made = layout(rule=rule)
    state = state_of(made)
    state.initialise()
    health = Health(made, state)
    curves, events = buffers(state)
    health.block(10, 10, curves, events, now=True)
    state.layer_weights(1)[2, 1] = bad
    health.block(11, 1, curves, events, now=False)  # not looked at every iteration
    with pytest.raises(SimulationError, match=r"^iteration 300: expected finite .* in layer 2 that are not, with law"):
        health.block(300, 1, curves, events, now=False)


def test_a_loss_that_is_none_names_its_iteration():
    made = layout()
    state = state_of(made)
    state.initialise()
    curves, events = buffers(state)
    curves.loss[3] = np.nan
    with pytest.raises(SimulationError, match=r"^iteration 94: expected finite currents"):
        Health(made, state).block(100, 10, curves, events, now=False)


@pytest.mark.parametrize(("value", "said"), [(-1e-7, "-1e-07 S"), (np.nan, "nan or infinity")])
def test_devices_that_cannot_be_are_refused_at_the_start(value, said):
    made = layout(sigma=0.3)
    state = state_of(made)
    state.initialise()
    health = Health(made, state)
    health.devices()
    window = state.window(1)
    window.y_minus[1, 0] += np.float32(value) - state.conductance(1)[1][1, 0]
    state.set_window(1, window)
    with pytest.raises(SimulationError, match=rf"layer 2: expected conductances .* G- of {said}; narrow the spreads"):
        health.devices()


@pytest.mark.jit
def test_wires_of_a_teraohm_end_the_run(tmp_path):
    with pytest.raises((SimulationError, xbarsim.LayoutError), match=r"wires|sweeps"):
        xbarsim.run(layout(wire_resistance=1e12), out=tmp_path / "run.h5")


NO_SAMPLES = to_samples(np.zeros((1, 2), np.uint8), np.zeros(1, np.int64), 0.1)
"""A dark image, at which no neuron is at 0 or 1 as long as all weights are 0."""


class Said:
    """Stands for an evaluator."""

    def __init__(self, *classes):
        self.winners = np.array(classes)


def told(health, *evaluations):
    """Texts of the warnings at these evaluations, (iteration, classes)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for done, classes in evaluations:
            health.evaluated(done, Said(*classes), NO_SAMPLES)
    return [str(w.message) for w in caught if w.category is DeadNetworkWarning]


def test_one_class_twice_in_a_row_is_told_once():
    made = layout()
    health = Health(made, state_of(made))
    assert told(health, (200, (1, 1, 1)), (300, (1, 0, 1)), (400, (0, 0, 0))) == []
    (text,) = told(health, (500, (1, 1, 1)), (600, (1, 1, 1)), (700, (1, 1, 1)))
    assert text.startswith("iteration 500: every test sample is taken for class 1, as at the evaluation before")
    assert told(Health(made, state_of(made)), (0, (1, 1)), (50, (1, 1))) == []  # any network begins somewhere


@pytest.mark.parametrize(
    ("values", "pulses", "said"),
    [
        ({}, False, "layer 1, 2 gets no pulses any more"),
        ({"n_max": 5}, True, "5 states are probably too few"),
        ({"n_max": 64}, True, "try another c"),
    ],
)
def test_what_is_probably_wrong(values, pulses, said):
    made = layout(**values)
    state = state_of(made)
    state.initialise()
    health, (curves, events) = Health(made, state), buffers(state)
    health.evaluated(200, Said(0, 0), NO_SAMPLES)
    events.count[:] = int(pulses)
    health.block(300, 10, curves, events, now=False)
    (text,) = told(health, (300, (0, 0)))
    assert said in text


@pytest.mark.jit
def test_a_dead_network_is_told_of_while_it_runs():
    made = layout(hidden_dead_zone=50.0, output_dead_zone=1.0, iterations=2000, eval_every=500)
    with pytest.warns(DeadNetworkWarning, match="gets no pulses any more"):
        xbarsim.run(made)


ODD = {
    "variation.c2c = 5: steps scatter by 500 %": {"c2c": 5.0},
    "variation.sigma = 20": {"sigma": 20.0},
    "variation.alpha_sigma = 3: a scatter of 300 %": {"alpha_sigma": 3.0},
    "device.g_max_S = 5: more siemens": {"g_max": 5.0},
    "0.5 pS, less than can be read": {"g_min": 1e-13, "g_max": 5e-13},
    "a first step of 1.11 times the range": {"n_max": None, "alpha": 1e-6},
    "below refresh_lower = 0.6 it decides nothing": {"method": "one-sided", "refresh_level": 0.5, "refresh_lower": 0.6},
    "the run has 300 samples, so no pair is refreshed": {"method": "one-sided", "refresh_every": 301},
    "pulses.refresh_lower = 1: no side": {"method": "one-sided", "refresh_every": 10, "refresh_lower": 1.0},
}


@pytest.mark.parametrize("said", ODD)
def test_odd_values_are_told_as_they_were_understood(said):
    (text,) = oddities(layout(**ODD[said]))
    assert said in text


def test_usual_values_are_not_odd():
    assert oddities(layout()) == []
    assert oddities(layout(sigma=1.0, c2c=0.3)) == []
    assert oddities(layout(method="one-sided", refresh_every=300)) == []
    assert oddities(layout(method="one-sided", rule="crus")) == []
    assert oddities(layout(rule="software", c2c=0.0)) == []


@pytest.mark.jit
def test_runs_and_checks_tell_odd_values(call, tmp_path):
    with pytest.warns(OddWarning, match="steps scatter by 500 %"):
        xbarsim.run(layout(c2c=5.0, iterations=5))
    (tmp_path / "odd.toml").write_text(
        "[network]\nlayers = [2, 2]\n[variation]\nc2c = 5.0\n[run]\ndataset = 'two-pixels'\n"
    )
    code, _, err = call("check", "odd.toml")
    assert (code, "steps scatter by 500 %" in err) == (0, True)


def saturated(state, part):
    """Weights with which about so many of the first layer's neurons are at 1 or 0."""
    state.layer_weights(0)[:] = 0.0
    n = state.layout.network.layers[1]
    state.layer_weights(0)[:, : round(part * n)] = 100.0 * float(state.reading.c[0]) / float(state.reading.v_read)


@pytest.mark.parametrize("rule", ["sign", "crus", "software"])
@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_neurons_within_their_range_are_counted_as_by_hand(rule, part):
    made = layout(layers=(3, 8, 4, 2), rule=rule, c=(0.4, 0.3))
    state, rng = state_of(made), np.random.default_rng(3)
    state.initialise()
    x = rng.integers(0, 256, (20, 3)).astype(np.uint8)
    samples = to_samples(x, np.zeros(20, np.int64), float(state.reading.v_read))
    for k in range(2):
        w = state.layer_weights(k)
        w[:] = rng.normal(0.0, 1e-6 if rule != "software" else 3.0, w.shape)
    if part:
        saturated(state, part)
    v, found = float(state.reading.v_read), passing(state, samples)
    h = x / 255.0
    for k in range(2):
        w = np.array(state.layer_weights(k), np.float64)[:, : made.network.layers[k + 1]]
        z = v * np.array(
            [[sum(a * b for a, b in zip([*row, 1.0], w[:, j], strict=True)) for j in range(w.shape[1])] for row in h]
        )
        c = float(state.reading.c[k])
        assert found[k] == pytest.approx(np.mean(np.abs(z) < c))
        h = np.clip(0.5 + z / (2 * c), 0, 1)
    assert found[0] <= 1.0 - part + 1e-9


def test_rules_without_such_neurons_are_not_looked_at():
    state = state_of(layout(rule="bs"))
    assert passing(state, to_samples(np.zeros((1, 2), np.uint8), np.zeros(1, np.int64), 1.0)) == []


@pytest.mark.jit
@pytest.mark.parametrize("method", ["b", "c"])
def test_a_layer_whose_neurons_are_all_at_an_end_is_named_with_what_to_try(method):
    """The old defaults of a wide network, whose c suited one of 200 neurons."""
    made = Layout.of(
        layers=(784, 300, 200, 10),
        c=(4.5, 0.2),
        n_max=16,
        method=method,
        dataset="digits",
        iterations=1500,
        eval_every=300,
        eval_last=1,
    )
    with pytest.warns(DeadNetworkWarning) as caught, warnings.catch_warnings():
        xbarsim.run(made)
    texts = [str(w.message) for w in caught if w.category is DeadNetworkWarning]
    assert len(texts) == 1
    assert "hidden layer 2 are at 0 or 1" in texts[0] or "taken for class" in texts[0]
    assert "--c " in texts[0]
