"""Answers through wires that no matrix stands for: digits of rule `bs`, and layers of two arrays, against the twin."""

from __future__ import annotations

import types

import numpy as np
import pytest
from xbarsim.kernels import evaluate
from xbarsim.kernels.circuit.silent import Silent
from xbarsim.kernels.pair.weights import Weights
from xbarsim.kernels.path.table import new_memory
from xbarsim.kernels.rules.table import new_room

from xbarsim import Layout
from xbarsim.data_sets.load import to_samples
from xbarsim.learn import through
from xbarsim.learn.table import state_of

from .. import naive
from ..kernels.circuit.naive_curve import Curve
from ..kernels.circuit.wirings import wiring_of

pytestmark = [pytest.mark.compiles, pytest.mark.usefixtures("one_thread")]

SINH = {"iv": "sinh", "iv_scale": 0.03, "v_read": 0.1}
TABLE = {"iv": "table", "iv_points": ((0.02, 0.5), (0.05, 2.0), (0.1, 7.0)), "v_read": 0.1}
WIRES = {"layers": (6, 3), "wire_resistance": 3e4, "driver_resistance": 1e4, "tile_rows": 4, "n_max": 64, "seed": 3}
X = np.random.default_rng(5).integers(0, 256, (4, 6)).astype(np.uint8)
DIGITS = {"rule": "bs", "bs_digits": 2, "bs_base": 3.0}


def made(**values):
    state = state_of(Layout.of(**{**WIRES, **values}))
    state.initialise()
    return state, to_samples(X, np.zeros(len(X), np.int64), state.reading.v_read)


def answers(state, samples, rule, array, circuit):
    room, memory = new_room(rule, state.geometry, 1), new_memory(state.geometry, 1, lines=False)
    found = np.zeros((len(X), 3), np.float32)
    evaluate.answers(0, samples, state.geometry, rule, array, circuit, Silent(0), room, memory, found)
    return found


def read(state, number, volts):
    """Twin: currents of one array."""
    plus, minus = state.conductance(number)
    layout, array = state.layout, types.SimpleNamespace(shape=plus.shape, conducting=(plus.tolist(), minus.tolist()))
    curve = Curve(layout.iv, layout.array.v_read)
    return np.array(naive.read_tiles(array, list(volts), True, *wiring_of(layout), curve))


def driven(volts=1.0):
    """What the rows are driven with, the bias row, too."""
    return np.append(X / 255.0, np.ones((len(X), 1)), axis=1) * volts


@pytest.mark.parametrize("by", ["rows", "columns"])
def test_layers_of_two_arrays(by):
    state, samples = made(rule="c-ttv2", fast_weight=0.5, chop_probability=0.5, transfer_by=by, **SINH)
    rng = np.random.default_rng(1)
    for n in range(2):
        state.set_nominal(n, *rng.uniform(1e-7, 1e-6, (2, 7, 3)).astype(np.float32))
    chopper = state.moving.chopper[0]
    chopper[: 7 if by == "rows" else 3] = [1, 0, 1, 1, 0, 0, 1][: 7 if by == "rows" else 3]
    weights, circuit = through.tested_through(state)
    got = answers(state, samples, state.neurons, Weights(weights), circuit)
    signs = 1.0 - 2.0 * chopper[:7]
    for volts, found in zip(driven(0.1), got, strict=True):
        if by == "rows":
            fast = read(state, 1, volts * signs)
        else:
            fast = read(state, 1, volts) * signs[:3]
        want = read(state, 0, volts) + 0.5 * fast
        np.testing.assert_allclose(found, want, rtol=0, atol=3e-6 * np.abs(want).max())
        assert np.abs(fast).max() > 0.1 * np.abs(want).max()


def of_digits(state, samples, monkeypatch):
    """What digits answer by expectation, as their evaluator reads them."""
    seen, evaluator = [], state.evaluator(samples)
    monkeypatch.setattr(evaluator, "classify_all", seen.append)
    evaluator.classify()
    return answers(state, samples, evaluator.inference(), seen[0], None)


@pytest.mark.parametrize("kw", [SINH, TABLE], ids=["sinh", "table"])
def test_digits(kw, monkeypatch):
    """Bits, and parts of them: lines are driven so that devices without wires would carry that part."""
    state, samples = made(**DIGITS, bs_initial_weight=8.0, **kw)
    got = of_digits(state, samples, monkeypatch)
    curve = Curve(state.layout.iv, 0.1)
    for parts, found in zip(driven(), got, strict=True):
        volts = [naive.inverse(curve, 0.1 * p) for p in parts]
        want = sum(unit * read(state, n, volts) / 0.1 for n, unit in enumerate(state.own.unit))
        np.testing.assert_allclose(found, want, rtol=0, atol=3e-6 * np.abs(want).max())


def test_without_resistance_they_are_the_mean_of_bits(monkeypatch):
    values = {**DIGITS, "bs_initial_weight": 8.0, "circuit": "exact"}
    ideal = {"wire_resistance": 0.0, "driver_resistance": 0.0}
    state, samples = made(**values, **ideal, **SINH)
    np.testing.assert_allclose(of_digits(state, samples, monkeypatch), driven() @ state.layer_weights(0), rtol=1e-5)
