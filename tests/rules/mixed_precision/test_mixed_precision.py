"""Mixed precision: kernels against their twins, bit for bit; nothing that was asked for is lost; whole training."""

from __future__ import annotations

import hashlib
import math

import h5py
import numpy as np
import pytest
from xbarsim.kernels.base import noise
from xbarsim.kernels.base.buffers import layer_weights, make_lists
from xbarsim.kernels.rules.mixed_precision import sums as kernel

import xbarsim
from xbarsim import Layout, LayoutError, Trace, TraceError
from xbarsim.base.notes import collected
from xbarsim.data_sets.data_set import build
from xbarsim.describe.defaults import settle
from xbarsim.learn.mixed_precision import MixedPrecisionState
from xbarsim.learn.table import state_of

from ...kernels.test_train import check_states, data, states_of, train_library
from . import naive_sums as naive
from .naive_loop import Accumulating

F = np.float32
QUICK = {"beta": 1.5, "gradient_rate": 0.3, "seed": 5, "eval_last": 1, "iterations": 60, "engine": "analog"}


def layout_of(**values):
    return settle(Layout.of(**{"rule": "mixed-precision", **QUICK, **values}))


def test_levels_equal_the_twin():
    rng = np.random.default_rng(0)
    assert kernel.on_levels(F(0.5), F(1.0), 1.0) == 1.0  # halves go away from 0
    assert kernel.on_levels(F(-0.5), F(1.0), 1.0) == -1.0
    assert kernel.on_levels(F(0.0), F(0.0), 7.0) == 0.0
    for _ in range(50):
        levels, full = float(rng.integers(1, 40)), F(rng.random())
        value = F(rng.choice([-1.0, 1.0]) * full * rng.integers(0, 2 * levels + 1) / (2 * levels))
        found = kernel.on_levels(value, full, levels)
        assert found == naive.on_levels(value, full, levels)
        assert kernel.on_levels(-value, full, levels) == -found
        assert abs(found - value) <= full / levels / 2 + 1e-7


CASES = {
    "plain": {},
    "most": {"accumulate_most": 1, "accumulate_step": 0.3},
    "room": {"accumulate_step": 0.01},
    "every": {"accumulate_every": 3, "batch": 2},
    "rows": {"accumulate_rows": 2, "accumulate_every": 2},
    "rows of a batch": {"accumulate_rows": 2, "batch": 3},
    "bits": {"accumulate_input_bits": 2, "accumulate_error_bits": 3},
    "dead zone": {"accumulate_dead_zone": 0.1, "accumulate_output_dead_zone": 0.2},
}


@pytest.mark.parametrize("name", CASES)
def test_sums_and_pulses_equal_the_twin_and_nothing_is_lost(name):
    state = MixedPrecisionState(layout_of(layers=(6, 4, 3), n_max=30, **CASES[name]))
    rng, layer, lists = np.random.default_rng(1), 1, make_lists(8)
    own, g, v_read = state.sums, state.geometry, state.reading.v_read
    rows, cols = state.shape(layer)
    s, chi = state.layout.mixed_precision, [[F(0)] * cols for _ in range(rows)]
    zone, sent, asked, spread = state.reading.dead_zone[layer], np.zeros((rows, cols)), np.zeros((rows, cols)), 0.0
    levels = 2**s.accumulate_input_bits - 1, 2 ** (s.accumulate_error_bits - 1) - 1 if s.accumulate_error_bits else 0
    for at in range(1, 25):
        rate = F(rng.choice([0.2, 1.0, 9.0]))
        for _ in range(state.batch):
            volts = (np.where(rng.random(rows) < 0.3, 0.0, rng.random(rows)) * v_read).astype(F)
            error = rng.normal(size=cols).astype(F) * F(0.3)
            lines = np.flatnonzero(volts).astype(np.int32)
            n = len(lines)
            kernel.add_sample(own, g, layer, lines, volts[lines], n, error, zone, rate, v_read)
            before = np.array(chi, float)
            naive.add_sample(chi, volts, error, zone, rate, v_read, own.eps, *levels)
            asked += np.array(chi, float) - before
            spread += np.abs(before).max() + np.abs(chi).max()
        due = {i for i in range(rows) if naive.is_due(s.accumulate_every, state.batch, s.accumulate_rows, rows, at, i)}
        found = naive.take_off(chi, due, own.eps, own.most, own.events)
        own.cursor[:] = kernel.take_off(own, g, layer, at), 0, 0
        events, more = [], True
        while more:
            m, n_up, n_down, more = kernel.next_round(own, own.over.shape[1], lists)
            if m:
                events.append((int(lists.firing[0]), lists.up[:n_up].tolist(), lists.down[:n_down].tolist()))
        assert events == list(naive.next_round(found))
        assert len(events) <= own.events
        for i, up, down in events:
            sent[i, up] += 1
            sent[i, down] -= 1
        np.testing.assert_array_equal(state.layer_sums(layer), np.array(chi, F))
        np.testing.assert_array_equal(own.over[layer, :rows], (np.abs(state.layer_sums(layer)) >= own.eps).any(axis=1))
    assert np.abs(sent).sum() > 20
    # Each addition, and each write, rounds once to float32.
    np.testing.assert_allclose(np.array(chi, float) + sent * float(own.eps), asked, atol=spread * 2**-23 + 1e-6)
    assert np.all(layer_weights(own.chi, g, layer)[:, cols:] == 0.0)


NETWORKS = {
    "1-b": {"layers": (6, 3), "method": "b", "n_max": 40},
    "1-c-rows": {"layers": (6, 3), "method": "c", "n_max": 30, "accumulate_rows": 3},
    "2-a-most": {"layers": (6, 5, 3), "method": "a", "n_max": 25, "bias": False, "accumulate_most": 2},
    "2-b-falling-bits": {
        "layers": (6, 5, 3), "method": "b", "n_max": 30, "gradient_rate_end": 0.1, "accumulate_input_bits": 4,
        "accumulate_error_bits": 6, "hidden_neuron": "hard-sigmoid",
    },
    "2-one-sided": {"layers": (6, 5, 3), "n_max": 12, "method": "one-sided", "refresh_every": 10**9},
    "2-b-batch": {"layers": (6, 5, 3), "method": "b", "n_max": 30, "batch": 3, "accumulate_every": 5},
    "3-b-dead-zone": {
        "layers": (6, 5, 4, 3), "method": "b", "n_max": 30, "hidden_slope": "one", "hidden_neuron": "hard-sigmoid",
        "accumulate_dead_zone": 0.01, "accumulate_output_dead_zone": 0.05, "accumulate_output_rate": 0.5,
    },
}  # fmt: skip


@pytest.mark.compiles
@pytest.mark.parametrize("name", NETWORKS)
def test_training_equals_the_naive_network(name):
    layout = layout_of(**NETWORKS[name])
    state = state_of(layout)
    state.initialise()
    x, y = data(60, layout.network.layers, np.uint8)
    twin = Accumulating(layout, states_of(state), state.step, layout.weight_range, 60)
    log, curves = train_library(state, x, y, blocks=(1, 11))
    records = twin.run(x, y.tolist())
    check_states(state, twin.arrays)
    assert curves["pulses"] == [r.pulses for r in records]
    assert curves["resets"] == [r.resets for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-5)
    assert sum(curves["pulses"]) > 100
    assert all(len(events) > 10 for events in log)
    for k in range(state.n_layers):
        np.testing.assert_allclose(state.layer_sums(k), np.array(twin.chi[k]), atol=3e-5 * float(twin.eps) * 60)


def test_an_error_of_one_bit_is_refused():
    with pytest.raises(LayoutError, match="accumulate_error_bits: expected 0 or a whole number from 2 on"):
        Layout.of(layers=(4, 2), rule="mixed-precision", accumulate_error_bits=1)


def test_what_a_pulse_is_taken_for_is_the_mean_step():
    linear = MixedPrecisionState(layout_of(layers=(4, 2), beta=0.0, n_max=50, accumulate_step=2.0))
    assert linear.sums.eps == pytest.approx(2.0 / 50)
    assert math.isclose(linear.step, 1 / 50, rel_tol=1e-5)


def run_of(folder, **more):
    values = {"layers": (6, 4, 3), "n_max": 30, "method": "b", "dataset": "tiny", "snapshot_every": 20, **more}
    x, y = data(60, (6, 4, 3), np.uint8)
    layout = Layout.of(**{"rule": "mixed-precision", **QUICK, **values})
    return xbarsim.run(layout, out=folder / "run.h5", force=True, dataset=build("tiny", x, y, x[:5], y[:5], "tests"))


@pytest.mark.compiles
def test_sums_are_known_between_keyframes_if_they_are_recorded_and_else_it_is_told(tmp_path):
    chi = {}
    for record in (True, False):
        run_of(tmp_path, accumulate_record=record)
        with Trace(tmp_path / "run.h5") as trace, collected() as lines:
            chi[record] = [trace.frame(1, n)[2] for n in (20, 33)]
            assert trace.conductance(1, 33)[0].shape == (7, 4)
        assert len(lines) == (not record)
    assert "chi of iteration 33 is not known, since this run keeps it at keyframes only (0, 20, 40, 60)" in lines[0]
    np.testing.assert_array_equal(chi[True][0], chi[False][0])
    assert np.isfinite(chi[True][1]).all()
    assert (chi[True][1] != chi[True][0]).any()
    assert np.isnan(chi[False][1]).all()


@pytest.mark.compiles
@pytest.mark.parametrize(
    ("layer", "name", "value", "told"),
    [
        (1, "input", 9.0, "inputs from 0 to 9 V"),
        (2, "input", -0.01, "inputs from -0.01 to"),
        (2, "error", 1.5, "of 1.5"),
    ],
)
def test_vectors_that_no_run_keeps_do_not_become_sums(tmp_path, layer, name, value, told):
    run_of(tmp_path)
    with h5py.File(tmp_path / "run.h5", "r+") as file:
        file[f"entry/vectors/layer_{layer}/{name}"][30, 0] = value
    with Trace(tmp_path / "run.h5") as trace:
        trace.frame(layer, 20)  # a keyframe, before it
        with pytest.raises(
            TraceError, match=rf"vectors/layer_{layer}: expected what a run of this layout keeps.*{told}"
        ):
            trace.frame(layer, 33)


BEYOND = {"hidden_neuron": "hard-sigmoid", "hidden_slope": "one", "accumulate_most": 1}
BEYOND |= {"method": "one-sided", "refresh_every": 10**9}
EARLIER = {
    # What was crus_rate, with what pulse_threshold, crus_dead_zone, crus_output_dead_zone, crus_decay.
    "plain": (2.0, 1.0, 1.5, 0.0, 0.0, 0.0, 1078, "4b690b85b023b8d6f268e5a8"),
    "all": (1.5, 0.7 / 1.5, 0.8, 0.01, 0.05, 1.0, 588, "d034a0f115573f05918e6e67"),
}


@pytest.mark.compiles
@pytest.mark.parametrize("name", EARLIER)
def test_a_threshold_update_gives_what_it_gave_as_a_baseline_of_another_rule(name):
    """Digests are those of the version that had it there, from the same states."""
    rate, output, threshold, zone, output_zone, decay, pulses, digest = EARLIER[name]
    n, rng = 500, np.random.default_rng(3)
    x = np.where(rng.random((1500, 12)) < 0.4, 0, rng.integers(1, 256, (1500, 12))).astype(np.uint8)
    y = rng.integers(0, 4, 1500)
    step = MixedPrecisionState(layout_of(layers=(12, 8, 4), n_max=20, beta=2.0)).step
    own = {"accumulate_step": threshold / step, "gradient_rate": rate / 1.25, "gradient_rate_end": math.exp(-decay)}
    own |= {"accumulate_output_rate": output, "accumulate_dead_zone": zone, "accumulate_output_dead_zone": output_zone}
    device = {"n_max": 20, "beta": 2.0, "c": 2.0, "softmax_scale": 1.25, "seed": 9, "iterations": 1500}
    state = state_of(layout_of(layers=(12, 8, 4), **device, **BEYOND, **own))
    state.initialise()
    d = state.device
    for k in range(2):
        sides = []
        for stream in (noise.STREAM_STATE_PLUS, noise.STREAM_STATE_MINUS):
            u = np.empty(state.shape(k))
            noise.fill_uniform(np.uint64(9), stream + 16 * k, 0, u)
            sides.append((d.g_min + (d.g_max - d.g_min) * 0.3 * u).astype(np.float32))
        state.set_frame(k, (*sides, np.zeros(state.shape(k), np.float32)))
    _, curves = train_library(state, x[:n], y[:n], blocks=(50,))
    assert sum(curves["pulses"]) == pulses
    found = hashlib.sha256()
    for k in range(2):
        for side in state.nominal(k):
            found.update(np.ascontiguousarray(side).tobytes())
    assert found.hexdigest()[:24] == digest


@pytest.mark.once
def test_layouts_that_had_it_as_a_baseline_are_told_what_it_is_called_now():
    text = '[network]\nlayers = [4, 2]\n[pulses]\nrule = "crus"\n[crus]\nbaseline = "{}"\npulse_threshold = 1.5\n'
    with pytest.raises(LayoutError, match=r"got 'threshold', which another rule does now: method = 'one-sided'"):
        Layout.from_toml_text(text.format("threshold"))
    assert Layout.from_toml_text(text.format("refresh")).crus.baseline == "refresh"  # where the key did nothing
