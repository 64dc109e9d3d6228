"""Kernels of pulse trains against the twins, with the same draws: words, lines of slots, and whole training."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base import trains
from xbarsim.kernels.base.buffers import make_lists
from xbarsim.kernels.base.trains import new_trains
from xbarsim.kernels.pair.counts import RESET_BITS
from xbarsim.kernels.way import gradient

from xbarsim import Layout
from xbarsim.describe.defaults import settle
from xbarsim.learn.stochastic import StochasticState
from xbarsim.learn.table import plan_of

from ... import naive
from ...kernels.base import naive_trains
from ...kernels.test_train import check_states, data, states_of, train_library
from ...kernels.way import naive_gradient
from . import naive_kernels
from .naive_loop import Descent

SEED = 2**40 + 7


def test_words_equal_the_twin():
    rng = np.random.default_rng(0)
    for n in range(60):
        p = float(rng.choice([0.0, 1.0, 1e-3, 0.5, 1 - 1e-9, rng.random(), 0.25, 2.0**-32]))
        slots, stream = int(rng.integers(1, 32)), int(trains.train_stream(n % 3, n % 2))
        assert stream == naive_trains.train_stream(n % 3, n % 2)
        at = slots, SEED, stream, n, 3 * n, n % 5
        assert trains.draw_word(p, *at) == naive_trains.draw_word(p, *at)


@pytest.mark.parametrize("managed", [(1, 1), (0, 1), (0, 0)])
@pytest.mark.parametrize("longest", [1, 10, 31])
def test_trains_and_their_slots_equal_the_twin(longest, managed):
    rng = np.random.default_rng(longest)
    lists, met = make_lists(8), 0
    made = new_trains(SEED, longest, *map(bool, managed), 8)
    for n in range(12):
        rows = np.sort(rng.permutation(7)[:4]).astype(np.int32)
        xs = rng.random(4).astype(np.float32)
        ds = (rng.normal(size=5) * (n % 4)).astype(np.float32)  # one in four is without an error
        rate = float(rng.choice([0.003, 0.05, 0.6]))
        slots = trains.draw_trains(1, n, 2, rows, xs, 4, ds, 5, rate, 0.01, made)
        twin = naive_kernels.draw_trains(
            1, n, 2, rows.tolist(), xs.tolist(), ds.tolist(), rate, 0.01, SEED, (longest, *managed)
        )
        assert slots == twin[0]
        if slots == 0:
            continue
        for side, words, listed, all_lines, expected in (
            (trains.ROW, made.rows, made.row_lines, rows, twin[1]),
            (trains.COLUMN, made.cols, made.col_lines, range(5), twin[2]),
        ):
            some = made.count[side]
            found = dict(zip(listed[:some].tolist(), words[:some].tolist(), strict=True))
            assert found == {line: word for line, word in zip(all_lines, expected, strict=True) if word}
        for k in range(slots):
            m, n_up, n_down = trains.lines_of_slot(k, ds, made, lists)
            seen = lists.firing[:m].tolist(), lists.up[:n_up].tolist(), lists.down[:n_down].tolist()
            assert seen == naive_kernels.lines_of_slot(k, rows.tolist(), *twin[1:], ds.tolist())
            met += m * (n_up + n_down)
    assert met > 10


def test_neurons_equal_the_twin():
    c, rng = np.float32(3e-7), np.random.default_rng(2)
    currents = np.array([-9e-5, -3e-7, 0, 3e-7, 9e-5, *rng.normal(size=20) * 3e-7], np.float32)
    lines, volts, slopes = np.empty(25, np.int32), np.empty(25, np.float32), np.empty(25, np.float32)
    for kind, name in enumerate(("hard-sigmoid", "sigmoid")):
        for comparator in (0, 1):
            slope = gradient.Slope(kind, comparator, np.float32(1.0), np.ones(2), 0.0)
            n = gradient.outputs(currents, 25, slope, c, np.float32(0.3), lines, volts, slopes)
            driven, twin = naive_gradient.outputs(currents, name, c, 0.3)
            assert lines[:n].tolist() == driven
            np.testing.assert_allclose(volts[:n], twin, rtol=2e-7)
            for current, derivative in zip(currents, slopes, strict=True):
                expected = naive_gradient.slope_at(current, name, comparator, c)
                assert derivative == pytest.approx(expected, rel=1e-6)
                y, again = gradient.respond(current, slope, c)
                assert (again, 0 <= y <= 1) == (derivative, True)
            gated = np.empty(25, np.int32)
            m = gradient.gate(25, slopes, gated)
            assert gated[:m].tolist() == list(naive_gradient.gate(currents, name, comparator, c))


CASES = {
    "1-b": {"layers": (6, 3), "method": "b", "n_max": 40},
    "1-c-unmanaged": {
        "layers": (6, 3), "method": "c", "n_max": 30, "length_management": False, "update_management": False,
        "train_length": 10,
    },
    "2-a": {"layers": (6, 5, 3), "method": "a", "n_max": 25, "bias": False},
    "2-b-falling": {"layers": (6, 5, 3), "method": "b", "n_max": 30, "gradient_rate_end": 0.1},
    "2-b-comparator": {
        "layers": (6, 5, 3), "method": "b", "n_max": 30, "hidden_neuron": "hard-sigmoid", "hidden_slope": "one",
    },
    "2-b-batch": {"layers": (6, 5, 3), "method": "b", "n_max": 30, "batch": 3, "train_length": 6},
    "3-b-hard": {"layers": (6, 5, 4, 3), "method": "b", "n_max": 30, "hidden_neuron": "hard-sigmoid"},
}  # fmt: skip


def layout_of(values):
    quick = {"beta": 1.5, "gradient_rate": 0.3, "seed": 5, "eval_last": 1, "iterations": 60, "engine": "analog"}
    return settle(Layout.of(**{"rule": "stochastic", **quick, **values}))


@pytest.mark.compiles
@pytest.mark.parametrize("name", CASES)
def test_training_equals_the_naive_network(name):
    layout = layout_of(CASES[name])
    state = StochasticState(layout)
    state.initialise()
    x, y = data(60, layout.network.layers, np.uint8)
    twin = Descent(layout, states_of(state), state.step, layout.weight_range, 60)
    start = [np.array(array.plus) for array in twin.arrays]
    _, curves = train_library(state, x, y, blocks=(1, 11))
    records = twin.run(x, y.tolist(), state.batch)
    check_states(state, twin.arrays)
    assert curves["pulses"] == [r.pulses for r in records]
    assert curves["resets"] == [r.resets for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-5)
    assert sum(curves["pulses"]) > 200
    assert all((np.array(array.plus) != before).any() for array, before in zip(twin.arrays, start, strict=True))
    assert naive.Network.read is not Descent.read


def test_slots_fit_the_packed_counts_of_the_ladder_engine():
    """A pair may be updated in every slot: blocks are as long as the counts have room for, or the engine is another."""
    layout = Layout.of(layers=(6, 4, 3), rule="stochastic", method="b", batch=4)
    state = StochasticState(settle(layout))
    assert state.plan.array == "ladder"
    assert state.block * state.updates_per_iteration <= state._flush_limit < 1 << RESET_BITS
    assert state.updates_per_iteration == 4 * 31
    assert "4,650 slots" in plan_of(layout.replace(batch=150)).why["array"]
