"""Networks that were trained elsewhere: what the arrays answer is what the float network answers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from xbarsim.kernels.rules import imported as kernels

import xbarsim
from xbarsim import DataError, Layout, LayoutError, Trace
from xbarsim.after.imported import TARGETS
from xbarsim.data_sets.data_set import build
from xbarsim.describe.rules.imported import NEURONS
from xbarsim.elsewhere.layers import Layer, Model
from xbarsim.elsewhere.network import network_of

from . import naive

KINDS = list(NEURONS)
pytestmark = pytest.mark.compiles  # with machine code the examples of the documentation do it


def floats(weights, kind, x, half_width=3.0):
    """The network in plain NumPy."""
    act = {
        "linear": lambda z: z,
        "relu": lambda z: np.maximum(z, 0),
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh,
        "hard-sigmoid": lambda z: np.clip(0.5 + z / (2 * half_width), 0, 1),
    }[kind]
    for w, b in weights[:-1]:
        x = act(x @ w.T + b)
    w, b = weights[-1]
    return x @ w.T + (0.0 if b is None else b)


def network(rng, *sizes, bias=1.0):
    return [(rng.normal(size=(b, a)) / np.sqrt(a), bias * rng.normal(size=b)) for a, b in itertools.pairwise(sizes)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mapping", ["single", "both", "offset"])
def test_answers_are_those_of_the_float_network(kind, mapping, tiny_data):
    """Signed inputs and activations, too; biases that are larger than any weight are added digitally."""
    rng = np.random.default_rng(3)
    weights = network(rng, 6, 5, 4, 3, bias=4.0)
    found = xbarsim.import_weights(weights, neurons=kind, mapping=mapping, dataset=tiny_data, n_max=9)
    x = rng.uniform(-1.0, 1.0, (20, 6))
    wanted = floats(weights, kind, x)
    assert np.abs(found.outputs(x) - wanted).max() < 1e-5 * max(1.0, np.abs(wanted).max())
    tests = tiny_data.x_test / 255.0 if tiny_data.x_test.dtype == np.uint8 else tiny_data.x_test
    right = (floats(weights, kind, tests).argmax(axis=1) == tiny_data.y_test).mean()
    assert found.accuracy == found.accuracy_float == pytest.approx(right)
    assert all(layer.clipped == 0 for layer in found.found.layers)
    low, high = found.layout.device.g_min, found.layout.device.g_max
    for k in range(3):
        plus, minus = found.found.state.nominal(k)
        assert low * 0.999 <= min(plus.min(), minus.min()) <= max(plus.max(), minus.max()) <= high * 1.001
        if mapping == "single":
            np.testing.assert_allclose(np.minimum(plus, minus), low, rtol=1e-6)
        if mapping == "both":
            np.testing.assert_allclose(plus.astype(float) + minus, low + high, rtol=1e-6)
        if mapping == "offset":
            assert len(np.unique(minus)) == 1


def test_a_bias_row_carries_biases_that_are_as_small_as_weights(tiny_data):
    rng = np.random.default_rng(4)
    weights = [(w, np.clip(b, -np.abs(w).max(), np.abs(w).max())) for w, b in network(rng, 6, 4, 3, bias=0.1)]
    found = xbarsim.import_weights(weights, bias="row", dataset=tiny_data, full=1.0)
    assert found.layout.array.bias
    assert found.found.state.shape(0) == (7, 4)
    x = rng.uniform(0.0, 1.0, (9, 6))
    np.testing.assert_allclose(found.outputs(x), floats(weights, "relu", x), atol=1e-5)
    np.testing.assert_allclose(
        found.found.state.float_weights(0), np.vstack([weights[0][0].T, weights[0][1]]), atol=1e-6
    )
    large = [(weights[0][0], np.array([9.0, 0.0, 0.0, 0.0])), weights[1]]
    lines = xbarsim.import_weights(large, bias="row", dataset=tiny_data).found.lines
    assert any("1 of 28 weights are beyond" in line and "1 of them are biases" in line for line in lines)


def test_clipping_is_told_in_numbers_and_acts(tiny_data):
    weights = [(np.array([[4.0, 1.0, -1.0, 0.5, 0, 0], [0.0, 0.0, 1.0, 0.0, 0, 0], [0, 0, 0, 0, 0, 1.0]]), None)]
    found = xbarsim.import_weights(weights, scale="1", dataset=tiny_data)
    assert found.found.layers[0].clipped == 1
    assert "1 of 18 weights are beyond 1 and clipped to it, the largest is 4" in " ".join(found.found.lines)
    np.testing.assert_allclose(found.found.state.float_weights(0)[0, 0], 1.0, atol=1e-6)
    tenth = xbarsim.import_weights(weights, scale="percentile=50", dataset=tiny_data)
    assert tenth.found.layers[0].scale == pytest.approx(np.percentile(np.abs(weights[0][0]), 50) or 4.0)


def test_normalisation_is_folded_into_the_first_layer(tiny_data):
    rng = np.random.default_rng(5)
    weights = network(rng, 6, 4, 3)
    mean, std = rng.uniform(0, 1, 6), rng.uniform(0.5, 2, 6)
    x = rng.uniform(0, 1, (9, 6))
    for m, s in ((mean, std), (0.1307, 0.3081)):
        found = xbarsim.import_weights(weights, input_mean=m, input_std=s, dataset=tiny_data)
        np.testing.assert_allclose(found.outputs(x), floats(weights, "relu", (x - m) / s), atol=2e-5)


def test_drivers_that_end_at_the_full_voltage(tiny_data):
    """A hidden output of 2 where a full voltage stands for 1."""
    weights = [(np.eye(6)[:4] * 2, np.zeros(4)), (np.eye(4)[:3], np.zeros(3))]
    x = np.full((1, 6), 1.0)
    free = xbarsim.import_weights(weights, neurons="linear", full=1.0, dataset=tiny_data)
    np.testing.assert_allclose(free.outputs(x), [[2.0, 2.0, 2.0]], rtol=1e-6)
    np.testing.assert_allclose(free.outputs(-x), [[-2.0, -2.0, -2.0]], rtol=1e-6)
    limited = xbarsim.import_weights(weights, neurons="linear", full=1.0, dataset=tiny_data, imported_limit=True)
    np.testing.assert_allclose(limited.outputs(x), [[1.0, 1.0, 1.0]], rtol=1e-6)
    np.testing.assert_allclose(limited.outputs(-x), [[-1.0, -1.0, -1.0]], rtol=1e-6)
    # Without being told, a full voltage stands for the largest output of the training samples, so nothing is limited.
    data = tiny_data.x_train / 255.0 if tiny_data.x_train.dtype == np.uint8 else tiny_data.x_train
    own = xbarsim.import_weights(weights, neurons="relu", dataset=tiny_data)
    assert own.layout.imported.imported_full == (pytest.approx(2.0 * data[:1000, :4].max()),)


@pytest.mark.parametrize("kind", range(5))
def test_kernels_equal_their_twins(kind):
    rng = np.random.default_rng(kind)
    for z in (*rng.normal(scale=4, size=40), 0.0, -800.0, 800.0, 3.0, -3.0):
        assert kernels.activation(float(z), kind, 3.0) == pytest.approx(
            naive.activation(z, kind, 3.0), rel=1e-12, abs=1e-15
        )
    currents = rng.normal(scale=2e-7, size=12).astype(np.float32)
    for limited in (0, 1):
        lines, volts = np.zeros(12, np.int32), np.zeros(12, np.float32)
        asked = kind, 1e-7, 1.5, 3.0, limited, np.float32(0.1)
        n = kernels.drive_with(currents, 12, *asked, lines, volts)
        twin = naive.drive_with(currents, *asked)
        assert lines[:n].tolist() == list(twin)
        np.testing.assert_allclose(volts[:n], list(twin.values()), rtol=1e-6)
    bias = rng.normal(size=12).astype(np.float32)
    added = currents.copy()
    kernels.add_biases(added, 12, bias)
    assert added.tolist() == [float(x) for x in naive.add_biases(currents, bias)]


def test_a_whole_way_equals_its_twin(tiny_data):
    rng = np.random.default_rng(8)
    found = xbarsim.import_weights(network(rng, 6, 5, 3), neurons="tanh", dataset=tiny_data, n_max=9)
    state, rule = found.found.state, found.found.state.rule
    arrays = []
    for k in range(2):
        plus, minus = state.conductance(k)
        shared = {"half_width": 3.0, "limited": 0, "v_read": rule.reading.v_read, "bias_row": False}
        own = {
            "kind": int(rule.kinds[k]),
            "unit": rule.unit[k],
            "full": rule.full[k],
            "bias": rule.bias[k][: plus.shape[1]],
        }
        arrays.append({"g_plus": plus.tolist(), "g_minus": minus.tolist(), **shared, **own})
    x = rng.uniform(-1, 1, (5, 6)).astype(np.float32)
    twin = [naive.answers(arrays, sample.tolist()) for sample in x]
    np.testing.assert_allclose(found.outputs(x) * rule.unit[-1], twin, rtol=2e-6, atol=1e-6 * np.abs(twin).max())


@pytest.mark.parametrize("layers", [("6x6x2", "conv3x4p1", "pool2", 3), ("6x6x2", "conv3x4", "mean2", "conv2x5", 3)])
def test_convolutions_answer_as_the_float_network(layers):
    """Which is that of PyTorch: see tests/elsewhere/test_layers.py."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 256, (12, 72)).astype(np.uint8), np.arange(12) % 3
    data = build("images", x, y, x, y, "tests")
    kernels_of = [rng.normal(size=(4, 2, 3, 3)), rng.normal(size=(5, 4, 2, 2))][: len(layers) - 3]
    weights = [(k, rng.normal(size=len(k))) for k in kernels_of]
    inputs = 36 if len(layers) == 4 else 5
    weights.append((rng.normal(size=(3, inputs)), rng.normal(size=3)))
    found = xbarsim.import_weights(weights, layers=layers, neurons="tanh", dataset=data, n_max=9)
    parts = [Layer(str(k), w, b) for k, (w, b) in enumerate(weights)]
    network = network_of(Model(tuple(parts)), ("tanh",) * (len(weights) - 1), 3.0, layers)
    x = rng.uniform(-1, 1, (5, 72))
    np.testing.assert_allclose(found.outputs(x), network.logits(x), atol=1e-5)
    assert found.accuracy == found.accuracy_float


def test_the_file_is_an_ordinary_run_at_iteration_0(tmp_path, tiny_data, caplog):
    rng = np.random.default_rng(9)
    path = tmp_path / "net.h5"
    found = xbarsim.import_weights(network(rng, 6, 5, 3), dataset=tiny_data, out=path, sigma=0.3, c2c=0.1)
    with Trace(path) as trace:
        assert (trace.finished, trace.iterations_done, trace.devices) == (True, 0, TARGETS)
        assert trace.accuracy[1].tolist() == [found.accuracy]
        for k in (1, 2):
            for a, b in zip(trace.conductance(k, 0), found.found.state.nominal(k - 1), strict=True):
                np.testing.assert_array_equal(a, b)  # ideal targets: no device has a scale of its own
        assert trace.is_imported
        assert trace.synapse(1, 2, 3).g_plus.shape == (1,)
    caplog.set_level("INFO", "xbarsim")
    assert xbarsim.infer(path, dataset=tiny_data).own == found.accuracy
    assert "ideal targets, never programmed" in caplog.text
    assert 0.0 <= xbarsim.infer(path, dataset=tiny_data, wire_resistance=100.0, device_noise=0.05).mean[0] <= 1.0
    for refused in (
        lambda: xbarsim.resume(path, dataset=tiny_data),
        lambda: xbarsim.run(found.layout, dataset=tiny_data),
    ):
        with pytest.raises(LayoutError, match="trained elsewhere, and there is no rule that moves them"):
            refused()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"imported_neurons": "relu,swish"}, "got 'swish'"),
        ({"imported_neurons": "relu,relu,relu"}, "each of the 2 hidden layers, got 3"),
        ({"imported_scales": (1.0, 2.0)}, "each of the 3 arrays, got 2"),
        ({"imported_full": (1.0, 2.0, 3.0)}, "each of the 2 hidden layers, got 3"),
        ({"imported_biases": (1.0,)}, "each of the 12 columns, got 1"),
        ({"imported_half_width": 0.0}, "imported.imported_half_width"),
        ({"method": "one-sided"}, "pulses.method: expected 'b'"),
        ({"engine": "ladder"}, "run.engine"),
        ({"account": True}, "gates"),
    ],
)
def test_what_a_layout_cannot_be(values, what):
    with pytest.raises(LayoutError, match=what):
        Layout.of(layers=(6, 5, 4, 3), rule="imported", **values)


@pytest.mark.parametrize(
    ("weights", "values", "what"),
    [
        ([], {}, "got none"),
        ([(np.ones((3, 5)), None), (np.ones((2, 4)), None)], {}, "each of which takes what the one before gives"),
        ([(np.full((3, 6), np.nan), None)], {}, "got NaN or infinity"),
        ([(np.full((3, 6), 1e38), None)], {}, "below 1e30"),
        ([(np.ones((3, 6)), np.ones(4))], {}, "expected a bias for each output"),
        ([(np.ones((3, 6, 2)), None)], {}, r"got shape \(3, 6, 2\)"),
        ([("weights", None)], {}, "got str"),
        ([(np.ones((3, 6)), None)], {"input_std": 0.0}, "input.std"),
        ([(np.ones((3, 6)), None)], {"input_mean": [1.0, 2.0]}, "input.mean"),
        ([(np.ones((3, 6)), None)], {"scale": "largest"}, "scale: expected"),
        ([(np.ones((3, 6)), None)], {"scale": "percentile=0"}, "scale: expected"),
        ([(np.ones((3, 6)), None)], {"mapping": "neither"}, "mapping: unknown name"),
        ([(np.ones((4, 6)), None), (np.ones((3, 4)), None)], {"full": [1.0, 2.0]}, "full: expected"),
    ],
)
def test_weights_that_make_no_network(weights, values, what, tiny_data):
    with pytest.raises((DataError, LayoutError), match=what):
        xbarsim.import_weights(weights, dataset=tiny_data, **values)


@pytest.mark.parametrize("wires", [{}, {"wire_resistance": 1e-6}])
def test_devices_that_are_not_ohmic_bend_the_inputs(wires, tiny_data):
    """On ideal wires every row is driven with f(V); wires of nearly no resistance change nothing."""
    rng = np.random.default_rng(5)
    weights = network(rng, 6, 5, 3)
    found = xbarsim.import_weights(
        weights, neurons="relu", dataset=tiny_data, iv="sinh", iv_scale=0.03, v_read=0.1, **wires
    )
    full = np.atleast_1d(found.layout.imported.imported_full or 1.0)[0]

    def bent(x):
        return np.sinh(x * 0.1 / 0.03) / np.sinh(0.1 / 0.03)

    x = rng.uniform(0.0, 1.0, (20, 6))
    (w1, b1), (w2, b2) = weights
    wanted = full * bent(np.maximum(bent(x) @ w1.T + b1, 0.0) / full) @ w2.T + b2
    assert np.abs(found.outputs(x) - wanted).max() < 1e-4 * np.abs(wanted).max()
    assert np.abs(floats(weights, "relu", x) - wanted).max() > 0.1
