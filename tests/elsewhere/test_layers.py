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
        ({"bn.running_mean": B1, "bn.running_var": B1 * B1, "a.weight": W1}, "no name and no order says which"),
        ({"a.weight": W1, "bn.running_mean": B2, "bn.running_var": B2 * B2}, "of the 5 outputs of a.weight"),
        ({"a.weight": W1, "bn.running_mean": B1, "bn.running_var": -1.0 - B1 * B1}, "expected variances of 0 or more"),
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
        assert model.lines[-1].startswith("batch normalisation: folded bn1 into fc1.weight")
        network = network_of(model, ("tanh",), 3.0)
        np.testing.assert_allclose(network.logits(x[None])[0], wanted, rtol=1e-10)
    normed = (W1 @ x - mean) / np.sqrt(var + 1e-3) + beta  # Keras
    keras = {"d/kernel:0": W1.T, "n/beta:0": beta, "n/moving_mean:0": mean, "n/moving_variance:0": var}
    model = model_of({**keras, "e/kernel:0": W2.T, "e/bias:0": B2}, "file")
    np.testing.assert_allclose(
        network_of(model, ("tanh",), 3.0).logits(x[None])[0], W2 @ np.tanh(normed) + B2, rtol=1e-10
    )


def dense(name, outputs=8, inputs=8):
    return {f"{name}.weight": array(outputs, inputs), f"{name}.bias": array(outputs)}


def norm(name, n=8):
    names = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": array(n) ** 2 + 0.1 for part in names}


@pytest.mark.parametrize(
    ("arrays", "into", "order"),
    [
        # A sequence has numbers of its own, whatever another one has.
        ({**dense("f.0"), **norm("f.1"), **dense("c.1"), **dense("c.3")}, {"f.1": "f.0"}, "f.0 c.1 c.3"),
        (
            {**dense("f.0"), **norm("f.1"), **dense("f.3"), **norm("f.4"), **dense("c.1"), **dense("c.4")},
            {"f.1": "f.0", "f.4": "f.3"},
            "f.0 f.3 c.1 c.4",
        ),
        (
            {**dense("body.0"), **norm("body.1"), **dense("head.0"), **norm("head.1"), **dense("out.1")},
            {"body.1": "body.0", "head.1": "head.0"},
            "body.0 head.0 out.1",
        ),
        # Sorted by the alphabet, as .safetensors are: 10 and 12 come before 2; bn1 comes before fc1.
        (
            dict(sorted({**norm("10"), **{k: v for n in (0, 2, 9, 12) for k, v in dense(n).items()}}.items())),
            {"10": "9"},
            "0 2 9 12",
        ),
        (
            dict(sorted({**dense("fc1"), **norm("bn1"), **dense("fc2"), **norm("bn2")}.items())),
            {"bn1": "fc1", "bn2": "fc2"},
            "fc1 fc2",
        ),
    ],
)
def test_normalisations_follow_their_own_layers(arrays, into, order):
    counts = {f"{name}.num_batches_tracked": np.array(3) for name in into}
    for given in (arrays, {**counts, **arrays}):
        model = model_of(given, "file")
        assert [layer.name.removesuffix(".weight") for layer in model.with_weights] == order.split()
        for layer in model.with_weights:
            stem, own = layer.name.removesuffix(".weight"), given[layer.name]
            after = next((name for name, before in into.items() if before == stem), None)
            factor = 1.0 if after is None else given[f"{after}.weight"] / np.sqrt(given[f"{after}.running_var"] + 1e-5)
            np.testing.assert_allclose(layer.weight, own * np.reshape(factor, (-1, 1) if np.ndim(factor) else ()))
        assert all(f"{name} into {before}.weight" in model.lines[-1] for name, before in into.items())


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"bn1.running_var": array(8) ** 2 * -1.0}, "variances of 0 or more"),
        ({"bn1.running_var": array(7) ** 2}, r"a variance for each of the 8 outputs of fc1.weight, got shape \(7,\)"),
        ({"bn1.weight": np.full(8, 1e308)}, "keep weights finite"),
        ({"bn1.bias": np.full(8, np.nan)}, "finite numbers, got another shift"),
        ({"bn1.running_var": None}, "mean and variance"),
        ({"bn1.running_var": None, "bn1.running_mean": None, "bn1.bias": None}, "bias that belongs to one of"),
    ],
)
def test_normalisations_that_are_none(more, what):
    given = {**dense("fc1"), **norm("bn1"), **more}
    if "bn1.bias" in more and more["bn1.bias"] is None:
        del given["fc1.bias"]
    with pytest.raises(DataError, match=what):
        model_of({name: values for name, values in given.items() if values is not None}, "file")


def test_a_normalisation_of_inputs_is_refused():
    with pytest.raises(DataError, match=r"bn1: expected a layer that this batch normalisation follows, got none"):
        model_of({**norm("bn1"), **dense("fc1"), **dense("fc2")}, "file")


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
