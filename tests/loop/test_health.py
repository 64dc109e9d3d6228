"""Numbers that are none, networks that are dead, values that are odd: never in silence."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from xbarsim.kernels.base.buffers import Curves, Events

import xbarsim
from xbarsim import Layout, SimulationError
from xbarsim.base.errors import DeadNetworkWarning, OddWarning
from xbarsim.describe.oddities import oddities
from xbarsim.learn.table import state_of
from xbarsim.loop.health import Health


def layout(**more):
    values = {"layers": (2, 3, 2), "dataset": "two-pixels", "n_max": 9, "iterations": 300, "eval_last": 1}
    return Layout.of(**{**values, **more})


def buffers(state, n=10):
    zeros = np.zeros(n)
    curves = Curves(zeros.astype(np.float32), zeros.astype(np.uint16), zeros.astype(np.int64), zeros.astype(np.int64))
    none = np.empty((state.n_layers, 0, 0), np.uint8)
    return curves, Events(np.zeros(state.n_layers, np.int64), np.empty((state.n_layers, 0), np.int64), none, none, none)


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


class Said:
    """Stands for an evaluator."""

    def __init__(self, *classes):
        self.winners = np.array(classes)


def told(health, *evaluations):
    """Texts of the warnings at these evaluations, (iteration, classes)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for done, classes in evaluations:
            health.evaluated(done, Said(*classes))
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
    health.evaluated(200, Said(0, 0))
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
}


@pytest.mark.parametrize("said", ODD)
def test_odd_values_are_told_as_they_were_understood(said):
    (text,) = oddities(layout(**ODD[said]))
    assert said in text


def test_usual_values_are_not_odd():
    assert oddities(layout()) == []
    assert oddities(layout(sigma=1.0, c2c=0.3)) == []
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
