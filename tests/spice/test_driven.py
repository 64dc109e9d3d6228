"""What a read of a layer is driven with."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, LayoutError, Trace, XbarsimError, spice
from xbarsim.learn.reading import reading_of

pytestmark = pytest.mark.jit  # nothing here is a kernel's own test, and netlists of trained runs take their time


def test_reads_get_what_training_gives_them(runs):
    """With ideal wires, each layer's voltages are those of a plain forward and backward pass."""
    with Trace(runs / "two.h5") as trace:
        layout = trace.layout.replace(c=0.5)  # so that some neurons are beyond their linear range
        w = [trace.weights(k, 60).astype(np.float64) for k in (1, 2)]
        data = np.load(runs / "data.npz")
        settings = reading_of(layout)
        c, gain, unit = float(settings.c[0]), settings.softmax_gain, float(settings.span) * 0.1
        for sample in (0, 7, 31):
            got = [
                spice.read_of(layout, trace=trace, layer=layer, forward=forward, sample=sample)
                for layer, forward in ((1, True), (2, True), (2, False), (1, False))
            ]
            v1 = np.append(data["x_test"][sample] / 255 * 0.1, 0.1)
            hidden = v1 @ w[0]
            v2 = np.append(np.clip(0.5 + hidden / (2 * c), 0, 1) * 0.1, 0.1)
            p = np.exp(gain * (v2 @ w[1] - np.max(v2 @ w[1])))
            delta = p / p.sum() - (np.arange(16) == data["y_test"][sample])
            below = (w[1] @ delta * 0.1)[:5] / unit * (np.abs(hidden) < c)
            for read, want in zip(got, (v1, v2, delta * 0.1, below * 0.1), strict=True):
                np.testing.assert_allclose(read.volts, want, rtol=1e-4, atol=1e-8)
                assert read.origin["sample"] == sample
            np.testing.assert_array_equal(got[2].g_plus, trace.conductance(2, 60)[0])
    assert 0 < np.sum(np.abs(hidden) < c) < 5


def test_reads_of_a_network_that_was_trained_elsewhere(runs, tmp_path):
    """Its own neurons drive the rows of deeper layers; nothing is read backwards."""
    rng = np.random.default_rng(3)
    data = np.load(runs / "data.npz")
    n = data["x_test"].reshape(len(data["x_test"]), -1).shape[1]
    w1, b1, w2 = rng.normal(size=(5, n)) / 3, rng.normal(size=5), rng.normal(size=(16, 5))
    out = tmp_path / "net.h5"
    xbarsim.import_weights([(w1, b1), (w2, None)], neurons="tanh", dataset=str(runs / "data.npz"), out=out)
    with Trace(out) as trace:
        read = spice.read_of(trace.layout, trace=trace, layer=2, sample=3)
        want = np.tanh(w1 @ (data["x_test"][3].reshape(-1) / 255) + b1) * 0.1
        np.testing.assert_allclose(read.volts, want, rtol=1e-4, atol=1e-7)
        with pytest.raises(LayoutError, match="expected forward"):
            spice.read_of(trace.layout, trace=trace, layer=1, forward=False)


def test_wires_change_what_deeper_layers_get(runs):
    with Trace(runs / "two.h5") as trace:
        layout = trace.layout.replace(wire_resistance=1000.0)
        kw = {"trace": trace, "layer": 2, "iteration": 30}
        ideal, real = spice.read_of(trace.layout, **kw), spice.read_of(layout, **kw)
        off = spice.read_of(layout.replace(circuit="ideal"), **kw)
    assert np.any(ideal.volts != real.volts)
    np.testing.assert_array_equal(ideal.volts, off.volts)
    assert (real.wires.wire_resistance, off.wires.wire_resistance, real.origin["iteration"]) == (1000.0, 0.0, 30)


def test_initial_states_come_from_the_layout():
    layout = Layout.of(layers=(2, 2), dataset="two-pixels", n_max=8, seed=4, sigma=0.3)
    read = spice.read_of(layout, sample=1)
    np.testing.assert_allclose(read.volts, [0, 0.1, 0.1], rtol=1e-6)
    from xbarsim.learn.sign import SignState

    state = SignState(layout)
    state.initialise()
    np.testing.assert_array_equal(read.g_plus, state.conductance(0)[0])
    assert np.any(read.g_plus != spice.read_of(layout.replace(seed=5)).g_plus)


def test_what_cannot_be_read_is_refused(runs):
    layout = Layout.of(layers=(2, 2), dataset="two-pixels")
    for kw, what in (
        ({"layer": 2}, "--layer"),
        ({"layer": 0}, "--layer"),
        ({"sample": 2}, "--sample"),
        ({"sample": -1}, "--sample"),
        ({"iteration": 3}, "--trace"),
    ):
        with pytest.raises(LayoutError, match=what):
            spice.read_of(layout, **kw)
    with pytest.raises(LayoutError, match="software"):
        spice.read_of(layout.replace(rule="software"))
    with Trace(runs / "one.h5") as trace:
        with pytest.raises(LayoutError, match="layers 2,2"):
            spice.read_of(layout, trace=trace)
        with pytest.raises(XbarsimError, match="iteration"):
            spice.read_of(trace.layout, trace=trace, iteration=61)
