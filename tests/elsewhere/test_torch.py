"""PyTorch and ONNX, where they are installed: the recipe of the documentation, and files that could run code."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim import DataError
from xbarsim.data_sets.data_set import build
from xbarsim.elsewhere.files import read_model
from xbarsim.elsewhere.network import network_of

pytestmark = pytest.mark.once
PAGE = Path(__file__).parents[2] / "docs" / "trained-elsewhere.md"


@pytest.fixture
def torch():
    """PyTorch: an extra of some 200 MB, so that a job of its own has it."""
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'xbarsim[torch]'")


def test_the_recipe_of_the_documentation(torch, tmp_path, monkeypatch, capsys):
    """As it stands on the page; what the array answers is what the model answers, to 1e-5."""
    if not PAGE.exists():
        pytest.skip("runs in a checkout")
    recipe = re.search(r"```python\n(import torch\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert recipe is not None
    assert len(recipe[1].strip().splitlines()) <= 12
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    names = {}
    exec(compile(recipe[1], str(PAGE), "exec"), names)
    assert len(capsys.readouterr().out.split()) == 3
    x = np.random.default_rng(1).uniform(size=(20, 784)).astype(np.float32)
    wanted = names["model"](torch.from_numpy(x)).detach().numpy()
    assert np.abs(names["found"].outputs(x) - wanted).max() < 1e-5
    assert (tmp_path / "programmed.h5").exists()


def lenet(torch):
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.Tanh(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 5, 2, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(20, 6),
        nn.Hardsigmoid(),
        nn.Linear(6, 3),
    )


def test_a_state_dict_with_convolutions(torch, tmp_path):
    """Against PyTorch's own convolution, pool, flattening and neurons."""
    model = lenet(torch)
    torch.save(model.state_dict(), tmp_path / "a.pt")
    layers = ("8x8x1", "conv3x4p1", "pool2", "conv2x5s2", 6, 3)
    network = network_of(read_model(tmp_path / "a.pt"), ("tanh", "relu", "hard-sigmoid"), 3.0, layers)
    x = torch.rand(7, 1, 8, 8)
    np.testing.assert_allclose(network.logits(x.numpy().reshape(7, -1)), model(x).detach().numpy(), atol=1e-5)
    images = (x.numpy()[:, 0] * 255).astype(np.uint8)
    data = build("images", images, np.arange(7) % 3, images, np.arange(7) % 3, "tests")
    weights = [(m.weight.detach().numpy(), m.bias.detach().numpy()) for m in model if hasattr(m, "weight")]
    found = xbarsim.import_weights(weights, layers=layers, neurons="tanh,relu,hard-sigmoid", dataset=data)
    np.testing.assert_allclose(found.outputs(x.numpy().reshape(7, -1)), model(x).detach().numpy(), atol=1e-5)


def test_batch_normalisations_as_pytorch_has_them(torch, tmp_path):
    """After a convolution and after a dense layer; with and without factors."""
    nn = torch.nn
    model = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(64, 6), nn.BatchNorm1d(6, affine=False), nn.ReLU(), nn.Linear(6, 3)),
    )
    for _ in range(20):
        model(2 * torch.rand(32, 1, 8, 8))
    torch.save(model.eval().state_dict(), tmp_path / "a.pt")
    read = read_model(tmp_path / "a.pt")
    network = network_of(read, ("relu", "relu"), 3.0, ("8x8x1", "conv3x4p1", "pool2", 6, 3))
    x = torch.rand(7, 1, 8, 8)
    np.testing.assert_allclose(network.logits(x.numpy().reshape(7, -1)), model(x).detach().numpy(), atol=1e-5)


class Pwned:
    def __reduce__(self):
        return (open, ("pwned.txt", "w"))


def test_a_pickled_model_is_refused_and_not_run(torch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(lenet(torch), "whole.pt")
    torch.save({"a.weight": Pwned()}, "bad.pt")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:100])
    torch.save({"epoch": 3, "a.weight": torch.zeros(2, 2)}, "more.pt")
    for name, what in (("whole", "without running code"), ("bad", "without running code"), ("cut", "damaged")):
        with pytest.raises(DataError, match=what) as caught:
            read_model(tmp_path / f"{name}.pt")
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(DataError, match="epoch: expected an array, got int"):
        read_model(tmp_path / "more.pt")
    assert not (tmp_path / "pwned.txt").exists()


def onnx_file(onnx, path, nodes, arrays, shape=(1, 1, 8, 8)):
    helper = onnx.helper
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(a, name) for name, a in arrays.items()],
    )
    onnx.save(helper.make_model(graph), path)
    return path


def test_an_onnx_file_says_all_of_it(tmp_path):
    onnx = pytest.importorskip("onnx", reason="the package onnx is not installed: pip install 'xbarsim[onnx]'")
    rng, node = np.random.default_rng(3), onnx.helper.make_node
    arrays = {
        "k": rng.normal(size=(4, 1, 3, 3)).astype(np.float32),
        "kb": rng.normal(size=4).astype(np.float32),
        "w": rng.normal(size=(6, 64)).astype(np.float32),
        "wb": rng.normal(size=6).astype(np.float32),
        "v": rng.normal(size=(6, 3)).astype(np.float32),
        "vb": rng.normal(size=3).astype(np.float32),
    }
    nodes = [
        node("Conv", ["x", "k", "kb"], ["a"], name="c", pads=[1, 1, 1, 1], strides=[1, 1], kernel_shape=[3, 3]),
        node("Tanh", ["a"], ["b"]),
        node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["c"], ["d"]),
        node("Gemm", ["d", "w", "wb"], ["e"], name="g", transB=1),
        node("Relu", ["e"], ["f"]),
        node("MatMul", ["f", "v"], ["h"], name="m"),
        node("Add", ["h", "vb"], ["y"]),
    ]
    model = read_model(onnx_file(onnx, tmp_path / "a.onnx", nodes, arrays))
    assert model.neurons == ("tanh", "relu")
    network = network_of(model, model.neurons, 3.0, (), 64)
    assert network.words.layers == ("8x8x1", "conv3x4p1", "pool2", 6, 3)
    # The same network with its layers as words: tests/elsewhere/test_layers.py has plain loops for those.
    np.testing.assert_array_equal(network.weights[2], arrays["v"])
    reference = pytest.importorskip("onnx.reference")
    x = rng.uniform(size=(1, 1, 8, 8)).astype(np.float32)
    (wanted,) = reference.ReferenceEvaluator(str(tmp_path / "a.onnx")).run(None, {"x": x})
    np.testing.assert_allclose(network.logits(x.reshape(1, -1)), wanted, atol=1e-5)
    norm = {name: rng.uniform(0.5, 2.0, size=4).astype(np.float32) for name in ("n1", "n2", "n3", "n4")}
    normed = [nodes[0], node("BatchNormalization", ["a", *norm], ["an"], epsilon=0.1), node("Tanh", ["an"], ["b"])]
    path = onnx_file(onnx, tmp_path / "n.onnx", [*normed, *nodes[2:]], {**arrays, **norm})
    (wanted,) = reference.ReferenceEvaluator(str(path)).run(None, {"x": x})
    folded = read_model(path)
    network = network_of(folded, folded.neurons, 3.0, (), 64)
    np.testing.assert_allclose(network.logits(x.reshape(1, -1)), wanted, atol=1e-5)
    late = [*nodes[:2], node("BatchNormalization", ["b", *norm], ["y"])]
    with pytest.raises(DataError, match="right after a layer"):
        read_model(onnx_file(onnx, tmp_path / "l.onnx", late, {**arrays, **norm}))
    for wrong, what in (
        ([*nodes[:1], node("BatchNormalization", ["a", *list(norm)[:3]], ["y"])], "expected 4 or more arrays"),
        ([node("BatchNormalization", ["x", *norm], ["a"]), node("Relu", ["a"], ["y"])], "one before all layers"),
        ([*nodes[:1], node("BatchNormalization", ["a", *norm], ["y"], training_mode=1)], "evaluation mode"),
        ([*nodes[:1], node("BatchNormalization", ["a", *norm], ["y"], epsilon=float("inf"))], "epsilon above 0"),
        ([*nodes[:3], node("Gemm", ["c"], ["y"])], "expected 1 or more arrays"),
        ([*nodes[:5], node("Softmax", ["e"], ["f"]), node("MatMul", ["f", "v"], ["y"])], "nothing after Softmax"),
        ([*nodes[:2], node("Relu", ["b"], ["y"])], "one kind of neurons after a layer, got tanh and relu"),
        ([*nodes[:6], node("Add", ["f", "wb"], ["y"])], "got Add"),
        ([*nodes[:1], node("Cast", ["a"], ["y"], to=6)], "cast to floating-point numbers"),
    ):
        with pytest.raises(DataError, match=what):
            read_model(onnx_file(onnx, tmp_path / "w.onnx", wrong, {**arrays, **norm}))
    odd = [*nodes[:1], node("Elu", ["a"], ["y"])]
    with pytest.raises(DataError, match="got Elu"):
        read_model(onnx_file(onnx, tmp_path / "b.onnx", odd, arrays))
    (tmp_path / "c.onnx").write_bytes(b"\xff" * 50)
    with pytest.raises(DataError, match="expected an ONNX file"):
        read_model(tmp_path / "c.onnx")


@pytest.mark.parametrize(("name", "extra"), [("a.pt", "torch"), ("a.onnx", "onnx")])
def test_what_is_not_installed_is_said(name, extra, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, extra, None)
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(xbarsim.XbarsimError, match=rf"xbarsim\[{extra}\]"):
        read_model(tmp_path / name)
