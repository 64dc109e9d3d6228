"""One-sided pairs: what a pulse does, which pairs are written anew, when, and what follows; by hand and by the twin."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.pair import open_loop, refreshing

from xbarsim import Crossbar, Device, Layout, LayoutError
from xbarsim.data_sets.data_set import build
from xbarsim.data_sets.load import to_samples
from xbarsim.learn.sign import SignState
from xbarsim.learn.stochastic import StochasticState
from xbarsim.loop.costs import inputs_of

from ... import naive
from ..scattered import layout_of, twin_of
from ..states import counts_of, foresee, layer_of, refresh
from ..test_train import check_log, check_states, data, scales_of, states_of, train_library
from .naive_refresh import RefreshedNetwork, RefreshedScatterNetwork

TENTHS = {"g_min": 0.0, "g_max": 1e-6, "n_max": 10, "beta": 0.0}
ENGINES = {
    "ladder": {},
    "varied": {"sigma": 1e-12},
    "analog": {"engine": "analog"},
    "scattered": {"endurance": 1e18},
}


def state_of(**values):
    state = SignState(Layout.of(**{"layers": (4, 2), "bias": False, "method": "one-sided", **values}))
    state.initialise()
    return state


@pytest.mark.parametrize("kind", ENGINES)
def test_by_hand(kind):
    """In tenths: which pairs are reset, and what is written."""
    state = state_of(**TENTHS, **ENGINES[kind])
    assert state.plan.array == kind
    plus = [[8, 8], [7, 3], [10, 10], [6, 10]]
    minus = [[6, 2], [6, 8], [10, 4], [10, 3]]
    after = ([[2, 8], [7, 0], [0, 6], [0, 7]], [[0, 2], [6, 5], [0, 0], [4, 0]])
    pulses = ([[2, 0], [0, 0], [0, 6], [0, 7]], [[0, 0], [0, 5], [0, 0], [4, 0]])
    reset = [[1, 0], [0, 1], [1, 1], [1, 1]]
    state.set_nominal(0, *(state.steps[np.array(x)] for x in (plus, minus)))
    array = layer_of(state, 0)
    assert state.refresh[:4] == (1000, 1, 0.75, 0.25)
    assert refresh(array, state.refresh, 1000, (0, 4), (0, 2)) == (24, 12)
    for side, want in zip(state.nominal(0), after, strict=True):
        np.testing.assert_allclose(side / 1e-7, want, atol=1e-5)
    np.testing.assert_allclose(state.weight_matrix(0) / 1e-7, np.subtract(*after), atol=1e-5)
    np.testing.assert_array_equal(state.layer_weights(0), state.weight_matrix(0))
    counts = counts_of(state, 0)
    assert (counts.pulses_plus.tolist(), counts.pulses_minus.tolist()) == pulses
    assert counts.resets_plus.tolist() == counts.resets_minus.tolist() == reset
    assert refresh(array, state.refresh, 2000, (0, 4), (0, 2)) == (0, 0)


def test_a_pair_by_itself_is_what_it_is_among_others():
    """Its draws do not depend on what is looked at besides: so histories can be followed."""
    values = {"c2c": 0.3, "n_max": 9, "refresh_level": 0.2, "refresh_lower": 0.1, "initial_steps": 9}
    whole, alone = state_of(**values), state_of(**values)
    refresh(layer_of(whole, 0), whole.refresh, 7, (0, 4), (0, 2))
    for i in range(4):
        for j in range(2):
            refresh(layer_of(alone, 0), alone.refresh, 7, (i, i + 1), (j, j + 1))
    np.testing.assert_array_equal(whole.nominal(0), alone.nominal(0))
    assert counts_of(whole, 0).resets_plus.any()


@pytest.mark.parametrize("kind", ["ladder", "varied", "analog", pytest.param("scattered", marks=pytest.mark.compiles)])
def test_a_full_side_is_pulsed_and_nothing_more(kind):
    state = state_of(**TENTHS, **ENGINES[kind])
    top = np.full((4, 2), state.steps[-1])
    state.set_nominal(0, top, top)
    for raising in (True, False):
        assert foresee(layer_of(state, 0), 0, 0, raising) == (False, 1, 0)
    if kind == "analog":
        xb = Crossbar.from_conductance(state.layout.device, top, top, method="one-sided")
        assert xb.program([0, 1], [0, 1], [+1, -1]) == (4, 4, 0)
        assert xb.g_plus.tolist() == xb.g_minus.tolist() == top.tolist()
        assert xb.counts["pulses_plus"].tolist() == [[1, 0], [1, 0], [0, 0], [0, 0]]


def test_when_and_which_equal_the_twins():
    for every in (1, 2, 3, 7, 10):
        for batch in (1, 2, 3, 8):
            limits = refreshing.Refresh(every, batch, 0.75, 0.25, 0.0, 1.0)
            due = [refreshing.is_due(limits, at) for at in range(1, 40)]
            assert due == [naive.is_due(every, batch, at) for at in range(1, 40)]
    for a in np.linspace(0, 1, 21):
        for b in np.linspace(0, 1, 21):
            assert refreshing.is_high(a, b, limits) == naive.is_high(a, b, 0.75, 0.25)
    steps = Device(n_max=7, beta=2.0).staircase()
    for g in np.linspace(steps[0], steps[-1], 50).tolist():
        assert open_loop.nearest_step(steps, g) == naive.nearest_step([float(x) for x in steps], g)
    assert refreshing.refresh_key(np.uint64(5), 1, 40, 3) == naive.refresh_key(5, 1, 40, 3)


QUICK = {"method": "one-sided", "refresh_every": 4, "refresh_level": 0.4, "refresh_lower": 0.2}
PLAIN = {
    "ladder": {"engine": "auto"},
    "varied": {"engine": "auto", "sigma": 0.3, "g_min_sigma": 0.1},
    "analog": {"sigma": 0.3},
    "batch": {"engine": "auto", "batch": 3, "batch_rule": "deferred"},
}


@pytest.mark.compiles
@pytest.mark.parametrize("name", [*PLAIN, "c2c", "law", "window", "stuck", "table", "plugin", "worn-closing", "all"])
def test_training_equals_the_twin(name, plugin):
    """Also in blocks, and replayed from the events alone."""
    noise = {"n_max": 6, "beta": 1.0, **PLAIN[name]} if name in PLAIN else name
    layout = layout_of(noise, plugin, **QUICK)
    state = SignState(layout)
    state.initialise()
    if name in PLAIN:
        twin = RefreshedNetwork(state.layout, states_of(state), scales_of(state))
    else:
        plain = twin_of(state, plugin)
        twin = RefreshedScatterNetwork(state.layout, states_of(state), scales_of(state), plain.arrays)
        twin.steps = [float(g) for g in state.steps]  # of a table or a plug-in: they have tests of their own
    x, y = data(48, layout.network.layers, np.uint8)
    log, curves = train_library(state, x, y, blocks=(1, 7, 5))
    size = layout.run.batch
    if size == 1:
        records = naive.train_block(twin, x, y.tolist())
        check_log(log, records, state)
    else:
        records = [twin.train_batch(x[k : k + size], y[k : k + size].tolist(), "deferred") for k in range(0, 48, size)]
    check_states(state, twin.arrays)
    for field in ("pulses", "resets", "wrong"):
        assert curves[field] == [getattr(r, field) for r in records]
    assert sum(curves["resets"]) > 0
    replayed = SignState(layout)
    replayed.initialise()
    for k in range(state.n_layers):
        replayed.begin_replay(k, 0)
        replayed.replay(k, *(np.array([event[f] for event in log[k]]) for f in range(4)))
        replayed.end_replay(k, 48 // size)
    check_states(replayed, twin.arrays)


def test_an_evaluator_notices():
    state = state_of(**TENTHS)
    x, y = data(30, (4, 2), np.uint8)
    evaluator = state.evaluator(to_samples(x, y, state.layout.array.v_read))
    events, _ = state.new_buffers()
    events.count[:] = 0
    found = []
    for first, noticed in ((10, True), (0, False), (0, True)):
        plus = np.zeros((4, 2), np.int64)
        plus[:, 0], plus[:, 1] = first, 10 - first
        state.set_nominal(0, state.steps[plus], state.steps[np.zeros_like(plus)])
        state.refreshed = noticed
        evaluator.note(events)
        found.append((evaluator.accuracy(), evaluator.winners.tolist()))
    assert found[0] == found[1]
    assert found[0][1] == [0] * 30
    assert found[2][1] == [1] * 30


def test_reads_before_a_refresh_are_counted():
    x, y = data(30, (4, 2), np.uint8)
    inputs = inputs_of(build("tiny", x, y, x, y, "tests"))
    for batch, times in ((1, 4), (2, 9), (8, 23)):
        for kind in (SignState, StochasticState):
            rule = kind.label
            state = kind(
                Layout.of(
                    layers=(4, 2), bias=False, method="one-sided", refresh_every=5, rule=rule, batch=batch, **TENTHS
                )
            )
            state.set_nominal(0, *(np.full((4, 2), state.steps[k]) for k in (10, 5)))
            usage = state.usage(23, inputs)
            assert usage.sensings.tolist() == [times]
            np.testing.assert_allclose(usage.sensing_power, 0.1**2 * 8 * (1e-6 + 5e-7), rtol=1e-6)
    plain = state_of(method="b").usage(23, inputs)
    assert (plain.sensings.tolist(), plain.sensing_power.tolist()) == ([0.0], [0.0])


@pytest.mark.once
def test_what_cannot_be():
    assert state_of(method="b").refresh is None
    assert SignState(Layout.of(layers=(4, 2), rule="sign", method="fixed")).refresh is None
    for values in ({"refresh_every": 0}, {"refresh_level": 1.5}, {"refresh_lower": -0.1}):
        with pytest.raises(LayoutError, match=next(iter(values))):
            Layout.of(layers=(4, 2), method="one-sided", **values)
