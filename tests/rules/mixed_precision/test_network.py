"""Kernels of mixed precision against the twin that was written from the paper: pulses, sums, whole training."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import Layout
from xbarsim.describe.defaults import settle
from xbarsim.describe.rules.table import RULES
from xbarsim.learn.table import state_of

from ...kernels.naive_train import Record
from ...kernels.test_train import check_states, data, states_of, train_library
from ...kernels.way.naive_gradient import rate_of
from ..stochastic.naive_loop import Descent
from ..tiki_taka.naive_loop import Pair, same_sums
from .naive import MixedPrecision


class SummedUp(Descent):
    """A network whose layers are mixed precision arrays of pairs."""

    def __init__(self, layout, states, step, unit, total, every):
        super().__init__(layout, states, step, unit, total)
        self.unit, self.done = unit, Record(0.0, False)
        self.sums = []
        for array in self.arrays:
            rows, columns = array.shape
            cells = [[Pair(array, i, j, self) for j in range(columns)] for i in range(rows)]
            self.sums.append(MixedPrecision(cells, step, every))

    def issue(self, issued):
        self.done.pulses += issued[0]
        self.done.resets += issued[1]

    def train_update(self, at, passed):
        (sample,) = passed
        self.done = Record(sample[2], sample[3])
        g = self.layout.gradient
        rate = rate_of(g.gradient_rate, g.gradient_rate_end, at, self.total)
        for sums, volts, ds in zip(self.sums, sample[0], self.derivatives(sample[1]), strict=True):
            sums.update([float(v) / float(self.v_read) for v in volts], ds, rate)
        return self.done


CASES = {
    "1-b": {"layers": (6, 3), "method": "b"},
    "2-b": {"layers": (6, 5, 3), "method": "b", "accumulate_every": 3, "gradient_rate_end": 0.3, "gradient_rate": 0.1},
    "2-c-hard": {"layers": (6, 5, 3), "method": "c", "hidden_neuron": "hard-sigmoid"},
}


@pytest.mark.compiles
@pytest.mark.skipif("mixed-precision" not in RULES, reason="no rule of this name yet")
@pytest.mark.parametrize("name", CASES)
def test_training_equals_the_twin(name):
    quick = {"beta": 1.5, "gradient_rate": 0.3, "seed": 5, "eval_last": 1, "iterations": 60, "n_max": 30}
    layout = settle(Layout.of(rule="mixed-precision", engine="analog", **{**quick, **CASES[name]}))
    state = state_of(layout)
    state.initialise()
    every = CASES[name].get("accumulate_every", 1)
    x, y = data(60, layout.network.layers, np.uint8)
    twin = SummedUp(layout, states_of(state), state.step, layout.weight_range, 60, every)
    _, curves = train_library(state, x, y, blocks=(1, 11))
    records = twin.run(x, y.tolist(), 1)
    check_states(state, twin.arrays)
    assert curves["pulses"] == [r.pulses for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-5)
    for k, sums in enumerate(twin.sums):
        kept = dict(zip([each.name for each in state.kept], state.frame(k), strict=True))
        (chi,) = [values for key, values in kept.items() if not key.startswith("g_")]
        assert same_sums(chi.tolist(), sums.chi, of=0.1)
    assert sum(curves["pulses"]) > 100
