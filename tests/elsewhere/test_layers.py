"""Which arrays are layers, in which order, and how they lie: by names and shapes."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import DataError
from xbarsim.elsewhere.layers import Layer, Model, Pool, model_of
from xbarsim.elsewhere.network import network_of, words_of

pytestmark = pytest.mark.once
RNG = np.random.default_rng(6)


def array(*shape):
    return RNG.normal(size=shape)


W1, B1, W2, B2 = array(5, 6), array(5), array(3, 5), array(3)
NAMED = {
    "PyTorch": {"fc1.weight": W1, "fc1.bias": B1, "fc2.weight": W2, "fc2.bias": B2},
    "Sequential": {"0.weight": W1, "0.bias": B1, "2.weight": W2, "2.bias": B2},
    "letters": {"W1": W1, "b1": B1, "W2": W2, "b2": B2},
    "turned round": {"b2": B2, "W2": W2, "b1": B1, "W1": W1},
    "Keras": {"d/kernel:0": W1.T, "d/bias:0": B1, "e/kernel:0": W2.T, "e/bias:0": B2},
    "numpy.savez": {"arr_0": W1, "arr_1": B1, "arr_2": W2, "arr_3": B2},
    "shapes alone": {"z.weight": W1, "z.bias": B1, "a.weight": W2, "a.bias": B2},
    "counters beside": {"1.weight": W1, "1.bias": B1, "2.weight": W2, "2.bias": B2, "steps": np.array(7)},
}


@pytest.mark.parametrize("kind", NAMED)
def test_names_and_shapes_say_it(kind):
    model = model_of(NAMED[kind], "file")
    for layer, w, b in zip(model.with_weights, (W1, W2), (B1, B2), strict=True):
        np.testing.assert_array_equal(layer.weight, w)
        np.testing.assert_array_equal(layer.bias, b)
    assert "->" in model.lines[0]
    assert ("not used: steps" in model.lines) == (kind == "counters beside")


def test_square_matrices_lie_as_their_names_say():
    w = array(4, 4)
    assert model_of({"a.weight": w}, "file").with_weights[0].weight is not w
    np.testing.assert_array_equal(model_of({"a.weight": w}, "file").with_weights[0].weight, w)
    np.testing.assert_array_equal(model_of({"a/kernel:0": w}, "file").with_weights[0].weight, w.T)


def test_inputs_that_are_known_tell_how_a_matrix_lies():
    np.testing.assert_array_equal(model_of({"w": W1.T}, "file", inputs=6).with_weights[0].weight, W1)
    np.testing.assert_array_equal(model_of({"w": W1}, "file", inputs=6).with_weights[0].weight, W1)
    with pytest.raises(DataError, match="begin with 7 inputs"):
        model_of({"w": W1}, "file", inputs=7)


def test_map_overrides():
    odd = {"first": W1, "shift": B1, "second": W2, "other": array(9, 9)}
    model = model_of(odd, "file", mapping="first+shift, second")
    assert [layer.name for layer in model.with_weights] == ["first", "second"]
    assert model.with_weights[1].bias is None
    assert "not used: other" in model.lines
    wrong = {"first+": "WEIGHT", "frist": "'frist'", "second,second": "in order", "shift": "shape"}
    for mapping, what in wrong.items():
        with pytest.raises(DataError, match=what):
            model_of(odd, "file", mapping=mapping)


@pytest.mark.parametrize(
    ("arrays", "what"),
    [
        ({}, "expected weights of dense layers"),
        ({"a.bias": B1}, "expected weights of dense layers"),
        ({"a.weight": array(2, 3, 4)}, "of shape"),
        ({"a.weight": W1, "bn.running_mean": B1}, "expected mean and variance"),
        ({"bn.running_mean": B1, "bn.running_var": B1 * B1, "a.weight": W1}, "no layer stands before it"),
        ({"a.weight": W1, "bn.running_mean": B2, "bn.running_var": B2 * B2}, "of the 5 outputs of a.weight"),
        ({"a.weight": W1, "bn.running_mean": B1, "bn.running_var": -1.0 - B1 * B1}, "expected finite numbers and var"),
        (
            {
                "a.weight": W1,
                **dict.fromkeys(("b.running_mean", "b.running_var", "c.running_mean", "c.running_var"), np.ones(5)),
            },
            "has b already",
        ),
        ({"a.weight": W1, "c.weight": W2, "d.bias": B1, "e.bias": B2}, "does not say to which"),
        ({"a.weight": W1, "b.weight": array(3, 7)}, "each of which takes what the one before gives"),
        ({"a.weight": np.full((5, 6), np.inf)}, "NaN or infinity"),
    ],
)
def test_what_makes_no_network(arrays, what):
    with pytest.raises(DataError, match=what):
        model_of(arrays, "file")


def test_batch_normalisations_are_folded():
    """As they are defined, after the sum and before the neurons; by numbers where they stand behind all layers."""
    x, mean, var, gamma, beta = array(6), array(5), array(5) ** 2, array(5), array(5)
    normed = gamma * (W1 @ x + B1 - mean) / np.sqrt(var + 1e-5) + beta
    wanted = W2 @ np.tanh(normed) + B2
    own = {"bn1.weight": gamma, "bn1.bias": beta, "bn1.running_mean": mean, "bn1.running_var": var}
    fc = {"fc1.weight": W1, "fc1.bias": B1, "fc2.weight": W2, "fc2.bias": B2}
    counted = {"bn1.num_batches_tracked": np.array(3)}
    for arrays in (
        {**fc, **own, **counted},
        {"fc1.weight": W1, "fc1.bias": B1, **own, "fc2.weight": W2, "fc2.bias": B2},
    ):
        model = model_of(arrays, "file")
        assert model.lines[-1].startswith("batch normalisation: bn1 folded")
        network = network_of(model, ("tanh",), 3.0)
        np.testing.assert_allclose(network.logits(x[None])[0], wanted, rtol=1e-10)
    normed = (W1 @ x - mean) / np.sqrt(var + 1e-3) + beta  # Keras
    keras = {"d/kernel:0": W1.T, "n/beta:0": beta, "n/moving_mean:0": mean, "n/moving_variance:0": var}
    model = model_of({**keras, "e/kernel:0": W2.T, "e/bias:0": B2}, "file")
    np.testing.assert_allclose(
        network_of(model, ("tanh",), 3.0).logits(x[None])[0], W2 @ np.tanh(normed) + B2, rtol=1e-10
    )


def test_lone_letters_are_in_their_order():
    """A "b" may be a bias, but a matrix of that name is none."""
    arrays = {"b": array(4, 4), "a": array(4, 6), "c": array(3, 4)}
    assert [layer.name for layer in model_of(arrays, "file").with_weights] == ["a", "b", "c"]


def by_hand(x, kernel, bias, padding, stride):
    """A convolution of one image, channel after channel, in plain loops."""
    out, channels, high, wide = kernel.shape
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    rows = (x.shape[1] - high) // stride + 1
    cols = (x.shape[2] - wide) // stride + 1
    found = np.zeros((out, rows, cols))
    for o in range(out):
        for i in range(rows):
            for j in range(cols):
                found[o, i, j] = bias[o]
                for c in range(channels):
                    for a in range(high):
                        for b in range(wide):
                            found[o, i, j] += kernel[o, c, a, b] * x[c, i * stride + a, j * stride + b]
    return found


@pytest.mark.parametrize(("padding", "stride", "kind"), [(0, 1, "max"), (1, 1, "mean"), (1, 2, "max")])
def test_convolutions_are_laid_out_as_pytorch_means_them(padding, stride, kind):
    """Two convolutions, a pool and a dense layer that PyTorch flattens channel after channel, against plain loops."""
    k1, k2 = array(3, 2, 3, 3), array(4, 3, 2, 2)
    b1, b2, b3 = array(3), array(4), array(5)
    x = RNG.uniform(size=(2, 9, 9))  # channels first
    one = np.maximum(by_hand(x, k1, b1, padding, stride), 0)
    high, wide = one.shape[1] // 2, one.shape[2] // 2
    windows = one[:, : 2 * high, : 2 * wide].reshape(3, high, 2, wide, 2)
    pooled = windows.max(axis=(2, 4)) if kind == "max" else windows.mean(axis=(2, 4))
    two = np.maximum(by_hand(pooled, k2, b2, 0, 1), 0)
    w3 = array(5, two.size)
    wanted = w3 @ two.reshape(-1) + b3
    layers = (
        Layer("c1", k1, b1, stride, padding),
        Pool(kind, 2, 2),
        Layer("c2", k2, b2),
        Layer("d", w3, b3),
    )
    model = Model(layers, whole=True)
    network = network_of(model, ("relu", "relu"), 3.0, inputs=162)
    np.testing.assert_allclose(network.logits(x.transpose(1, 2, 0).reshape(1, -1))[0], wanted, rtol=1e-10)
    mean, std = np.array([0.3, -0.2]), np.array([2.0, 0.5])
    if padding:
        with pytest.raises(DataError, match="without padding"):
            network.normalised(mean, std)
        return
    raw = (x * std[:, None, None] + mean[:, None, None]).transpose(1, 2, 0).reshape(1, -1)
    np.testing.assert_allclose(network.normalised(mean, std).logits(raw)[0], wanted, rtol=1e-9)


def test_words_of_a_graph():
    layers = (Layer("c", array(4, 1, 5, 5), None), Pool("max", 2, 2), Layer("d", array(10, 576), None))
    assert words_of(Model(layers, whole=True), (), 784).layers == ("28x28x1", "conv5x4", "pool2", 10)
    with pytest.raises(DataError, match="expected --layers"):
        words_of(Model((layers[0], layers[2])), (), 784)
    with pytest.raises(DataError, match="correct --layers"):
        network_of(Model((layers[0], layers[2])), ("relu",), 3.0, ("28x28x1", "conv3x4", "pool2", 10))
