"""A linear layer that learns the weights of another, against the twins."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import Layout
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.defaults import settle
from xbarsim.learn.table import state_of

from ...rules.stochastic.naive_loop import Descent
from ...rules.tiki_taka.naive_loop import TwoArrays
from .naive_towards import train_towards


@pytest.mark.compiles
@pytest.mark.parametrize("rule", ["stochastic", "agad"])
def test_learning_another_layer_equals_the_twin(rule):
    own = {"chop_probability": 0.5, "transfer_length": 3, "buffer_granularity": 2.0} if rule == "agad" else {}
    layout = settle(
        Layout.of(
            layers=(5, 3), bias=False, rule=rule, method="c", beta=1.5, n_max=30, gradient_rate=0.4, seed=2,
            iterations=50, engine="analog", **own,
        )
    )  # fmt: skip
    state = state_of(layout)
    state.initialise()
    numbers = [state.number_of(0, q) for q in range(state.copies)]
    network = Descent if rule == "stochastic" else TwoArrays
    twin = network(layout, [state.nominal(n) for n in numbers], state.step, layout.weight_range, 50)
    rng = np.random.default_rng(0)
    x = (rng.random((50, 5)) * (rng.random((50, 5)) < 0.6)).astype(np.float32)
    wanted = (rng.uniform(-0.5, 0.5, (5, 3)) * layout.weight_range).astype(np.float32)
    order = np.arange(50)
    samples = to_samples(x, order, layout.array.v_read)
    state.learn_outputs(samples, wanted)
    events, curves = state.new_buffers()
    state.train(0, order, samples, events, curves)
    losses = train_towards(twin, x, wanted.tolist(), twin.per_w)
    np.testing.assert_allclose(curves.loss[:50], losses, rtol=1e-4, atol=1e-9)
    arrays = [*twin.arrays, *getattr(twin, "fast_arrays", [])]
    for number, array in zip(numbers, arrays, strict=True):
        plus, minus = state.nominal(number)
        assert plus.tolist() == array.plus
        assert minus.tolist() == array.minus
    assert not curves.wrong[:50].any()  # there are no classes
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])  # it has learned
