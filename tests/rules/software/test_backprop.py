"""The benchmark of rule `bs` is back-propagation."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base import buffers
from xbarsim.kernels.rules.software import backprop

from xbarsim import Layout
from xbarsim.data_sets.load import to_samples
from xbarsim.learn.software import SoftwareState

from ... import naive
from ..bs.cases import problem, sigma

pytestmark = pytest.mark.jit


@pytest.mark.parametrize(("activation", "slope"), [("sigmoid", None), ("hard-sigmoid", 1.0), ("hard-sigmoid", None)])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_benchmark_is_back_propagation(activation, batch, slope):
    layers, (x, y) = (12, 7, 6, 3), problem(30 * batch, 12, 3, 1)
    state = SoftwareState(
        Layout.of(
            layers=layers,
            rule="software",
            activation=activation,
            learning_rate=0.2,
            learning_rate_end=0.3,
            schedule=20,
            software_c=1.5,
            slope="one" if slope else "1/2c",
            initial_weight=2.0,
            batch=batch,
        )
    )
    state.initialise()
    weights = [state.layer_weights(k).astype(np.float64) for k in range(3)]
    events, curves = state.new_buffers()
    samples = to_samples(x, y.astype(np.int64), 1.0)
    losses, wrongs = [], []
    for a, b in ((0, 1), (1, 17), (17, 30)):
        state.train(a, np.arange(a * batch, b * batch), samples, events, curves)
        losses += curves.loss[: b - a].tolist()
        wrongs += curves.wrong[: b - a].tolist()
    slow = naive.backprop(weights, x, y, activation, 1.5, 0.2, 0.3, 20, batch=batch, slope=slope)
    np.testing.assert_allclose(losses, [c[0] for c in slow], rtol=2e-3, atol=1e-5)
    assert wrongs == [c[1] for c in slow]
    for k in range(3):
        np.testing.assert_allclose(state.layer_weights(k), weights[k], rtol=2e-3, atol=2e-5)
        assert not buffers.layer_weights(state.weights, state.geometry, k)[:, layers[k + 1] :].any()
    assert backprop.rate_at(10, 0.2, 0.3, 20) == pytest.approx(naive.rate_at(10, 0.2, 0.3, 20))
    h = [np.append(v, 1.0) for v in x]
    for k in range(3):
        z = [v @ state.layer_weights(k) for v in h]
        h = [np.append(sigma(v) if activation == "sigmoid" else np.clip(0.5 + v / 3, 0, 1), 1.0) for v in z]
    assert state.evaluator(samples).accuracy() == np.mean(np.argmax(z, axis=1) == y)
