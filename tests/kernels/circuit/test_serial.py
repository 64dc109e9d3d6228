"""Inputs bit by bit, against the twin and against laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from xbarsim.kernels.base._jit import jit
from xbarsim.kernels.circuit import gates, serial
from xbarsim.kernels.circuit.managed import Managed
from xbarsim.kernels.circuit.sensed import Sensed
from xbarsim.kernels.circuit.table import read_columns, round_drive
from xbarsim.kernels.rules.table import new_room, room_of

from xbarsim import Layout, LayoutError
from xbarsim.arrays.board import bare_of
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.idle import idle

from ... import naive
from ..test_train import data, layout_of
from .wirings import compare, fresh, twin_of

pytestmark = pytest.mark.usefixtures("one_thread")

PULSES = {"drive": "pulses", "driver_bits": 3}


@pytest.mark.parametrize("bits", [1, 3, 8, 16])
def test_bits_equal_the_twin_and_add_up(bits):
    rng = np.random.default_rng(bits)
    levels = 2**bits - 1
    asked = (rng.integers(-levels, levels + 1, 20) / levels * 0.2).astype(np.float32)
    asked[:3] = 0.2, -0.2, 0.0
    total, volts = np.zeros(20), np.empty(20, np.float32)
    for bit in range(bits):
        serial.drive_bit(asked, 20, bit, float(levels), np.float32(0.2), volts)
        np.testing.assert_array_equal(volts, naive.drive_bit(asked, bit, bits, np.float32(0.2)))
        assert set(np.abs(volts).tolist()) <= {0.0, float(np.float32(0.2))}
        total += 2**bit / levels * volts
    np.testing.assert_allclose(total, asked, rtol=0, atol=2e-8)
    serial.drive_bit(np.full(1, 5.0, np.float32), 1, bits - 1, float(levels), np.float32(0.2), volts)
    assert volts[0] == np.float32(0.2)  # what is above a full input is a full one


@jit
def round_lines(circuit, volts, n, v_read):
    round_drive(circuit, volts, n, v_read)


@jit
def read_layer(circuit, layer, n, now, number, geometry, w, room, lines):
    """A stage as compiled code calls it."""
    read_columns(circuit, layer, n, now, number, geometry, w, room, lines)


def read_of(state, x, numbers):
    """Currents of the first array for a sample, for several numbers of the read; (numbers, cols)."""
    circuit, g, room = (
        state.circuit,
        state.geometry,
        room_of(state.neurons, new_room(state.neurons, state.geometry, 1), 0),
    )
    one = to_samples(x[None], np.zeros(1, int), state.layout.array.v_read)
    n, found = int(one.start[1]), []
    for number in numbers:
        room.lines[0, :n], room.volts[0, :n] = one.line[:n], one.volts[:n]
        round_lines(circuit, room.volts[0], n, np.float32(state.layout.array.v_read))
        given = room.volts[0, :n].copy()
        read_layer(circuit, 0, n, 0, number, g, state.weights, room, state.lines)
        np.testing.assert_array_equal(room.volts[0, :n], given)  # updates see what was asked for
        found.append(room.currents[0, : g.cols[0]].copy())
    return np.array(found), given


X = np.array([0.0, 0.13, 0.4, 0.77, 1.0, 0.5], np.float32)


@pytest.mark.compiles
def test_curves_do_not_count_where_every_line_is_full_or_off():
    """The whole point: with amplitudes a sine loses most of what half an input gives, with pulses nothing."""
    currents = {}
    for drive in ("amplitude", "pulses"):
        for iv in ("ohmic", "sinh"):
            layout = layout_of("auto", {"layers": (6, 5), "driver_bits": 8, "drive": drive, "iv": iv, "iv_scale": 0.02})
            state = fresh(layout)
            currents[drive, iv] = read_of(state, X, [0])[0][0]
    unit = np.abs(currents["amplitude", "ohmic"]).max()
    for other in (("pulses", "ohmic"), ("pulses", "sinh")):
        np.testing.assert_allclose(currents[other], currents["amplitude", "ohmic"], rtol=0, atol=1e-6 * unit)
    assert np.abs(currents["amplitude", "sinh"] - currents["amplitude", "ohmic"]).max() > 0.1 * unit


@pytest.mark.compiles
def test_noise_averages_out_as_the_weights_of_the_bits_say():
    """Independent noise of reads, weighed 2^p / (2^bits - 1): the root of (2^bits + 1) / (3 (2^bits - 1)) is left."""
    for bits in (1, 4):
        layout = layout_of("auto", {"layers": (6, 5), "drive": "pulses", "driver_bits": bits, "read_noise": 0.3})
        found, _ = read_of(fresh(layout), X, range(400))
        unit = layout.device.span * layout.array.v_read
        want = 0.3 * unit * math.sqrt((2**bits + 1) / (3 * (2**bits - 1)))
        assert found.std(axis=0).mean() == pytest.approx(want, rel=0.06)


@pytest.mark.compiles
def test_every_bit_is_a_read_and_takes_its_power():
    """Sum over bits of V^2 G, as many reads in time; one line at the full voltage is one read."""
    layout = layout_of("auto", {"layers": (6, 5), "account": True, **PULSES})
    state = fresh(layout)
    before = state.lines.ledger[gates.POWER]
    _, given = read_of(state, X, [0])
    codes = np.rint(given / layout.array.v_read * 7).astype(int)
    on = np.array([bin(c).count("1") for c in codes])
    rows = np.flatnonzero(X)
    totals = sum(side.astype(float) for side in state.conductance(0)).sum(axis=1)[rows]
    want = layout.array.v_read**2 * float(on @ totals)
    assert state.lines.ledger[gates.POWER] - before == pytest.approx(want, rel=1e-5)
    assert layout.sense.planes == 3
    assert isinstance(bare_of(state.circuit), Sensed)


@pytest.mark.compiles
@pytest.mark.parametrize(
    "kw",
    [
        {},
        {"sense_range": 2.1, "sense_bits": 5, "offset_sigma": 0.1, "noise_management": "both", "iv": "sinh"},
        {"read_noise": 0.2, "device_noise": 0.05, "bound_management": "both", "sense_range": 1.0},
        {"wire_resistance": 800.0, "iv": "sinh"},
    ],
    ids=["plain", "range", "noise", "wires"],
)
def test_training_and_answers_equal_the_twin(kw):
    layout = layout_of("ladder", {"layers": (6, 4, 3), "n_max": 9, "iv_scale": 0.05, **PULSES, **kw})
    state, twin, log, _ = compare(layout, 10 if "wire_resistance" in kw else 30)
    assert any(log)
    x, y = data(10, layout.network.layers, np.uint8, seed=1)
    evaluator = state.evaluator(to_samples(x, y, layout.array.v_read))
    evaluator.accuracy()
    assert evaluator.winners.tolist() == naive.classify_real(twin, x)


def test_bits_are_asked_for_and_bounds_are_said_to_do_nothing():
    with pytest.raises(LayoutError, match=r"sense.driver_bits: expected 1 to 16 with drive = 'pulses', got 0"):
        Layout.of(layers=(2, 2), drive="pulses")
    layout = Layout.of(layers=(2, 2), bound_management="both", sense_range=3.0, **PULSES)
    assert "bound_management" in idle(layout)
    assert not isinstance(fresh(layout).circuit, Managed)
    assert twin_of(fresh(layout)).bits == 3
