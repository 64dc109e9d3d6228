"""Arrays that are read at many positions: against a twin on paper, finite differences, and dense networks."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base.mapped import Mapped
from xbarsim.kernels.path.table import down, new_memory, up
from xbarsim.kernels.rules.table import new_room, room_of

import xbarsim
from xbarsim import Layout
from xbarsim.data_sets.data_set import build
from xbarsim.data_sets.load import to_samples
from xbarsim.learn.table import state_of
from xbarsim.loop.costs import Meter

from . import naive

pytestmark = pytest.mark.compiles  # tiny networks, each compiled anew


def parts(state, words):
    """The layers of `words` as the twin has them."""
    layers, pools, k = [], [], 0
    for word in words[1:]:
        text = str(word)
        if text.startswith(("pool", "mean")):
            numbers = {"s": None, "p": 0}
            body = text[4:]
            for letter in ("p", "s"):
                body, found, value = body.partition(letter)
                numbers[letter] = int(value) if found else numbers[letter]
            kind = "max" if text.startswith("pool") else "mean"
            pools.append((kind, int(body), numbers["s"] or int(body), numbers["p"]))
            continue
        layer = {"pools": pools, "kernel": None, "weights": state.layer_weights(k)}
        if text.startswith("conv"):
            body, _, padding = text[4:].partition("p")
            body, _, stride = body.partition("s")
            *kernel, _channels = (int(n) for n in body.split("x"))
            layer |= {"kernel": (kernel[0], kernel[-1]), "stride": int(stride or 1), "padding": int(padding or 0)}
        layers.append(layer)
        pools, k = [], k + 1
    return layers


NETWORKS = [
    ("7x6x2", "conv3x3", "pool2", "conv2x4p1", 3),
    ("7x6x2", "conv3x2x3s2p1", "mean2s1", 5, 3),
    ("8x8x1", "pool2", "conv2x3", "pool2s1p1", 4, 3),
    ("8x8x1", "conv1x2", "pool2", "pool2", "conv2x3", 3),
]


@pytest.mark.parametrize("words", NETWORKS)
def test_a_way_up_and_down_is_what_it_is_on_paper(words):
    layout = Layout.of(layers=words, c=3.0, inner_c=1.0, softmax_scale=2.0, initial_steps=40, v_read=1.0, seed=3)
    state = state_of(layout)
    state.initialise()
    rng = np.random.default_rng(1)
    height, width, channels = (int(n) for n in words[0].split("x"))
    x = (rng.random((1, height, width, channels)) * (rng.random((1, height, width, channels)) < 0.6)).astype(np.float32)
    samples = to_samples(x.reshape(1, -1), np.array([1]), 1.0)
    rule, array, circuit, _, lines = state.kinds
    assert isinstance(state.geometry, Mapped)
    memory, room = new_memory(state.geometry, 1), room_of(rule, new_room(rule, state.geometry, 1), 0)
    up(state.geometry, rule, array, circuit, lines, 0, 0, 0, 1, 0, samples, room, memory)
    down(state.geometry, rule, array, circuit, lines, 1, 0, 0, 1, 0, room, memory)
    r, layers = state.reading, parts(state, layout.network.layers)
    currents, errors = naive.go(x[0].tolist(), layers, 1, r.c.tolist(), float(r.span), r.softmax_gain)
    for values, wanted in ((memory.currents, currents), (memory.errors, errors)):
        flat = np.concatenate([np.array(layer).ravel() for layer in wanted])
        assert flat.shape == values[0].shape
        np.testing.assert_allclose(values[0], flat, rtol=2e-5, atol=2e-6 * abs(flat).max())
    assert all(np.any(np.array(layer)) for layer in errors)


@pytest.mark.parametrize("activation", ["sigmoid", "hard-sigmoid"])
@pytest.mark.parametrize("words", NETWORKS[1:3])
def test_steps_follow_the_gradient(words, activation):
    """Of software: against finite differences of the loss of the twin, at some weights of every array."""
    layout = Layout.of(
        layers=words, rule="software", activation=activation, slope="1/2c", learning_rate=1.0, initial_weight=3.0,
        software_c=2.0, iterations=1, seed=5,
    )  # fmt: skip
    state = state_of(layout)
    state.initialise()
    rng = np.random.default_rng(2)
    height, width, channels = (int(n) for n in words[0].split("x"))
    x = rng.random((1, height, width, channels)).astype(np.float32)
    before = [state.layer_weights(k).astype(np.float64) for k in range(state.n_layers)]
    layers = parts(state, layout.network.layers)

    def loss(weights):
        image = x[0].tolist()
        for k, (layer, w) in enumerate(zip(layers, weights, strict=True)):
            for p in layer["pools"]:
                image, _ = naive.pool(image, *p)
            z = np.array(naive.convolve(image, {**layer, "weights": w}))
            y = 1.0 / (1.0 + np.exp(-z)) if activation == "sigmoid" else np.clip(0.5 + z / 4.0, 0.0, 1.0)
            image = y.tolist() if k + 1 < len(weights) else z
        z = image.ravel()
        return float(np.log(np.exp(z).sum()) - z[1])

    events, curves = state.new_buffers()
    state.train(0, np.array([0]), to_samples(x.reshape(1, -1), np.array([1]), 1.0), events, curves)
    for k, w in enumerate(before):
        moved = state.layer_weights(k) - w
        for i, j in {(0, 0), (w.shape[0] // 2, w.shape[1] - 1), (w.shape[0] - 1, 0)}:
            sides = []
            for sign in (1.0, -1.0):
                weights = [v.copy() for v in before]
                weights[k][i, j] += sign * 1e-5
                sides.append(loss(weights))
            assert moved[i, j] == pytest.approx(-(sides[0] - sides[1]) / 2e-5, rel=1e-3, abs=2e-6)


RULES = [
    {"method": "c"}, {"rule": "crus", "crus_rate": 2.0}, {"rule": "bs", "bs_reads": 2, "bs_draws": 2},
    {"rule": "software"}, {"rule": "software", "activation": "sigmoid"}, {"rule": "stochastic"},
    {"rule": "tiki-taka", "fast_weight": 0.5}, {"rule": "mixed-precision"},
    {"read_noise": 0.01, "sense_range": 2.0, "sense_bits": 6, "device_noise": 0.01, "batch": 3},
]  # fmt: skip


@pytest.mark.parametrize("values", RULES, ids=str)
def test_a_kernel_as_large_as_the_image_is_a_dense_layer(values, tmp_path):
    """Bit for bit: what is drawn, read, moved and counted."""
    rng = np.random.default_rng(0)
    x, y = (rng.random((12, 3, 4)) * 255).astype(np.uint8), rng.integers(0, 3, 12)
    data = build("t", x, y, x[:6], y[:6], "t")
    found = []
    for words in ((12, 4, 3), ("3x4x1", "conv3x4x4", 3)):
        layout = Layout.of(**{"layers": words, "iterations": 3, "eval_every": 0, "eval_last": 1, "seed": 1, **values})
        result = xbarsim.run(layout, out=tmp_path / f"{len(found)}.h5", dataset=data)
        with xbarsim.Trace(tmp_path / f"{len(found)}.h5") as trace:
            found.append((result.pulses, result.accuracy, [trace.weights(k, 3) for k in (1, 2)]))
    (pulses, accuracy, dense), (same_pulses, same_accuracy, kernel) = found
    assert (pulses, accuracy) == (same_pulses, same_accuracy)
    for a, b in zip(dense, kernel, strict=True):
        np.testing.assert_array_equal(a, b)


def test_energy_of_bits_in_kernels_is_metered(tmp_path):
    """Rows of a kernel see pixels of many positions, not one each."""
    rng = np.random.default_rng(0)
    x, y = (rng.random((12, 6, 6)) * 255).astype(np.uint8), rng.integers(0, 3, 12)
    data = build("t", x, y, x[:6], y[:6], "t")
    words = ("6x6x1", "conv3x2", "pool2", 3)
    layout = Layout.of(layers=words, rule="bs", bs_digits=2, iterations=3, eval_last=1, account=True)
    meter = Meter(layout, data)
    xbarsim.run(layout, dataset=data, watch=meter, out=tmp_path / "run.h5")
    with xbarsim.Trace(tmp_path / "run.h5") as trace:
        assert meter.energy[-1].reads == pytest.approx(trace.energy["read_energy"].sum(), rel=0.5)
