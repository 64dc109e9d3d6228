"""Weights in slices, and counts of currents, against the twin and against laws."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base.buffers import layer_weights
from xbarsim.kernels.circuit import recorder
from xbarsim.kernels.circuit.recorder import BINS, Recorder
from xbarsim.kernels.circuit.sense import TEST
from xbarsim.kernels.circuit.sensed import Sensed
from xbarsim.kernels.circuit.silent import Silent
from xbarsim.kernels.circuit.sliced import Sliced
from xbarsim.kernels.rules.table import new_room, room_of

from xbarsim.after.slicing import layouts_of, slices_of
from xbarsim.arrays.board import bare_of
from xbarsim.data_sets.load import to_samples
from xbarsim.learn.through import parts_of

from ... import naive
from ..test_train import layout_of
from . import naive_slices
from .test_serial import read_layer
from .wirings import fresh

pytestmark = pytest.mark.usefixtures("one_thread")

X = np.array([0.0, 0.13, 0.4, 0.77, 1.0, 0.5], np.float32)


def test_bins_equal_the_twin_and_hold_their_ends():
    ends = 2.0 ** (recorder.LOWEST + np.arange(BINS) / recorder.PER_OCTAVE)
    for x in (0.0, 1e-12, 2.0**-24, 1e-3, 0.7, 1.0, 3.3, 511.0, 1e9, 1e12):
        k = recorder.bin_of(x)
        assert k == naive.bin_of(x)
        if 2.0**-24 < x < 1e6:
            assert ends[k - 1] < x <= ends[k] * (1 + 1e-9)
    assert [recorder.bin_of(ends[k]) for k in (0, 1, 64, 1000)] == [0, 1, 64, 1000]


def read(circuit, state, flat, volts, number=0):
    g = state.geometry
    room = room_of(state.neurons, new_room(state.neurons, g, 1), 0)
    one = to_samples(volts[None], np.zeros(1, int), state.layout.array.v_read)
    n = int(one.start[1])
    room.lines[0, :n], room.volts[0, :n] = one.line[:n], one.volts[:n]
    read_layer(circuit, 0, n, 0, number, g, flat, room, Silent(0))
    return room.currents[0, : g.cols[0]].copy()


@pytest.mark.compiles
def test_currents_are_counted_as_they_are_and_go_on():
    state = fresh(layout_of("auto", {"layers": (6, 5), "sense_range": 0.01}))
    counts = np.zeros((1, 5, BINS), np.int64)
    flat, circuit = parts_of(state, counts)
    assert isinstance(circuit, Recorder)
    unit = state.layout.device.span * state.layout.array.v_read
    got = read(circuit, state, flat, X)
    want = X @ layer_weights(flat, state.geometry, 0)[:6, :5] * state.layout.array.v_read
    np.testing.assert_allclose(got, want, rtol=1e-5)  # no range yet
    assert counts.sum(axis=2).tolist() == [[1] * 5]
    assert counts.argmax(axis=2)[0].tolist() == [naive.bin_of(abs(float(x)) / unit) for x in got]
    assert np.abs(read(parts_of(state)[1], state, flat, X)).max() < 0.011 * unit


@pytest.mark.parametrize(("slices", "bits"), [(1, 1), (3, 2), (2, 5), (8, 1)])
def test_slices_equal_the_twin_and_add_up_to_the_weights(slices, bits):
    state = fresh(layout_of("auto", {"layers": (6, 5), "n_max": 40}))
    layout, sides = state.layout, state.conductance(0)
    pieces, share = slices_of([sides], layout, slices, bits)
    d = layout.device
    want, worth = naive_slices.slices_of(*sides, d.g_min, d.span, slices, bits)
    np.testing.assert_allclose([p[0] for p in pieces], want, rtol=2e-7)
    np.testing.assert_allclose(share[0], worth, rtol=1e-13)
    w = (sides[0].astype(float) - sides[1]) / d.span
    whole = sum(s * (p[0][0].astype(float) - p[0][1]) / d.span for s, p in zip(share[0], pieces, strict=True))
    step = np.abs(w).max() / (2 ** (slices * bits) - 1)
    assert np.abs(whole - w).max() <= 0.5001 * step + 1e-6
    states = {round(float(x), 4) for p in pieces for side in p[0] for x in ((side - d.g_min) / d.span).ravel()}
    assert len(states) <= 2**bits  # that is all that a device has to hold


@pytest.mark.compiles
@pytest.mark.parametrize("drive", ["amplitude", "pulses"])
def test_reads_of_slices_are_reads_of_the_weights_that_they_make_up(drive):
    kw = {"layers": (6, 5), "drive": drive, "driver_bits": 6}
    state = fresh(layout_of("auto", kw))
    pieces, share = slices_of([state.conductance(0)], state.layout, 4, 3)
    parts = []
    for layout, piece in zip(layouts_of(state.layout, 4), pieces, strict=True):
        one = fresh(layout.replace(engine="analog"))
        one.set_nominal(0, *piece[0])
        parts.append(parts_of(one))
    weights = np.stack([w for w, _ in parts])
    circuit = Sliced(tuple(c for _, c in parts), weights, share, np.zeros(16))
    codes = np.rint(X * 63).astype(np.float32) / np.float32(63)
    got = read(state.managed(circuit, test=True), state, weights[0], codes)
    want = read(Sensed(state.sense, TEST), state, state.weights, codes)
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-3 * np.abs(want).max())
    assert isinstance(bare_of(circuit), Sensed)


@pytest.mark.compiles
def test_every_slice_has_noise_of_its_own():
    """Independent noise of slices, each times what it is worth."""
    state = fresh(layout_of("auto", {"layers": (6, 5), "read_noise": 0.5}))
    _, share = slices_of([state.conductance(0)], state.layout, 2, 1)
    parts = [parts_of(fresh(layout)) for layout in layouts_of(state.layout, 2)]
    weights = np.zeros((2, len(state.weights)), np.float32)
    circuit = Sliced(tuple(c for _, c in parts), weights, share, np.zeros(16))
    found = np.array([read(circuit, state, weights[0], X, k) for k in range(300)])
    unit = state.layout.device.span * state.layout.array.v_read
    assert found.std() == pytest.approx(0.5 * unit * np.sqrt((share[0] ** 2).sum()), rel=0.06)
