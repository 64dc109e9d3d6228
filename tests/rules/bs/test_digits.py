"""Digits on arrays of any device and circuit.

Against the engine of nominal devices bit for bit, against twins, and against `Crossbar` objects.
"""

from __future__ import annotations

import math
import types

import numpy as np
import pytest
from xbarsim.kernels.base import noise
from xbarsim.kernels.base._jit import jit
from xbarsim.kernels.pair.weights import Weights
from xbarsim.kernels.rules.bs import bits as binary
from xbarsim.kernels.rules.bs import digits, kinds
from xbarsim.kernels.rules.bs.room import make_room, room_of
from xbarsim.kernels.rules.bs.transfer import Transfer

import xbarsim
from xbarsim import Crossbar, Device, Layout, LayoutError
from xbarsim.data_sets.load import to_samples
from xbarsim.data_sets.order import SampleOrder
from xbarsim.learn.bs_digits import ArraysState, NominalState
from xbarsim.learn.network import NetworkState
from xbarsim.learn.table import state_of

from ... import naive
from ...h5compare import assert_same
from .cases import LAYERS, classify_expected, classify_sampled, problem, train_blocks

twin, naive_scatter = naive.naive_digits, naive.naive_scatter
BASE = {
    "layers": LAYERS,
    "rule": "bs",
    "seed": 11,
    "iterations": 40,
    "bs_initial_weight": 3.0,
    "bs_digits": 2,
    "beta": 0.0,
    "bs_base": 8.0,
    "bs_carry_every": 7,
    "bs_carry_ratio": 3,
}
SCATTERED = {
    "beta": 1.0,
    "c2c": 0.3,
    "c2c_range": 0.002,
    "sigma": 0.1,
    "alpha_sigma": 0.2,
    "beta_sigma": 0.2,
    "g_min_sigma": 0.1,
    "g_max_sigma": 0.1,
    "stuck_at_g_min": 0.03,
    "stuck_anywhere": 0.03,
}


def fresh(**values):
    state = state_of(Layout.of(**{**BASE, **values}))
    state.initialise()
    return state


def samples_of(n=40):
    x, y = problem(n)
    return to_samples(x, y.astype(np.int64), 1.0)


def frames(state):
    return [g for k in range(state.n_layers) for g in (*state.frame(k), np.array(state.layer_weights(k)))]


def counts_of(state, n):
    """What is counted of array `n`, as plain arrays."""
    return types.SimpleNamespace(**{name: count.values for name, count in NetworkState.counts(state, n).items()})


@jit
def read_bits(array, circuit, lines, layer, n, at, number, geometry, room):
    """The stage of this name, to be called from Python."""
    kinds.read_bits(array, circuit, lines, layer, n, at, number, geometry, room)


@jit
def read_signs(array, circuit, lines, layer, n, at, number, geometry, room):
    """The stage of this name, to be called from Python."""
    kinds.read_signs(array, circuit, lines, layer, n, at, number, geometry, room)


# ---------------------------------------------------------------------------------------------------------------------
# The other engine


@pytest.mark.jit
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"bs_digits": 3, "beta": 2.0},
        {"bs_digits": 1, "bs_carry_every": 0, "beta": 1.0, "beta_d": 3.0, "n_max_d": 20},
    ],
    ids=["linear", "three digits", "one digit"],
)
def test_nominal_devices_do_what_the_other_engine_does(values):
    plain, arrays = fresh(**values), fresh(**values, engine="analog")
    assert type(plain) is NominalState
    assert (type(arrays), arrays.engine) == (ArraysState, "analog")
    start = [arrays.frame(k) for k in range(3)]
    for a, b in zip(frames(plain), frames(arrays), strict=True):
        assert np.array_equal(a, b)
    logs = [train_blocks(state, samples_of(), (1, 16, 23)) for state in (plain, arrays)]
    assert logs[0][0] == logs[1][0]
    assert logs[0][2:] == logs[1][2:]
    assert plain.work_done() == arrays.work_done()
    for a, b in zip(frames(plain), frames(arrays), strict=True):
        assert np.array_equal(a, b)
    # Every pulse and reset is counted, device by device.
    for k in range(3):
        counted = [counts_of(arrays, k * arrays.digits + q) for q in range(arrays.digits)]
        work = arrays.work_done()
        assert (
            sum(int(c.pulses_plus.sum() + c.pulses_minus.sum()) for c in counted)
            == work["pulses"][k] + work["carry_pulses"][k]
        )
        assert sum(int(c.resets_plus.sum() + c.resets_minus.sum()) for c in counted) == work["carry_resets"][k]
    # Replay from the events alone, in parts.
    again = fresh(**values, engine="analog")
    for k in range(3):
        again.set_frame(k, start[k])
        again.begin_replay(k, 0)
        columns = [np.array(v) for v in zip(*logs[1][1][k], strict=True)]
        cut = int(np.searchsorted(columns[0], 20))
        again.replay(k, *(v[:cut] for v in columns))
        again.replay(k, *(v[cut:] for v in columns))
        again.end_replay(k, 40)
    for a, b in zip(frames(again), frames(arrays), strict=True):
        assert np.array_equal(a, b)


# ---------------------------------------------------------------------------------------------------------------------
# Pulses and carries of devices that differ


def array_of(state, n):
    """The twin of one array."""
    v, own = state.layout.variation, state.layer(n).scatter

    def sides(name):
        return [np.swapaxes(getattr(own, f"{name}_{s}"), 0, 1).tolist() for s in ("plus", "minus")]

    return naive_scatter.ScatterArray(
        state.nominal(n),
        state.window(n),
        naive.Law.of(state.layout),
        state.layout.run.seed,
        n,
        stuck=sides("stuck") if v.stuck else None,
        factors=sides("traits") if v.alpha_sigma else None,
        life=sides("life") if v.endurance else None,
        failure=v.endurance_failure,
        closing=v.endurance_closing,
    )


KINDS = {
    "all": SCATTERED,
    "closing": {**SCATTERED, "endurance": 20.0, "endurance_sigma": 0.5, "endurance_failure": "closing"},
    "worn": {"endurance": 20.0, "endurance_failure": "max", "c2c": 0.2},
    "soft bounds": {"model": "soft-bounds", "beta": 2.0, "c2c": 0.2, "stuck_at_g_max": 0.05},
    "jumps": {
        "model": "table",
        "n_max": None,
        "jump_p": ((5e-8, 1e-7, 2e-7), (1e-8, 3e-8, 1e-7)),
        "jump_d": ((1e-8, 3e-8, 5e-8), (5e-8, 9e-8, 2e-7)),
        "bs_base": 4.0,
    },
}


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(k, marks=pytest.mark.compiles) if k in ("soft bounds", "jumps", "worn", "all", "closing") else k
        for k in KINDS
    ],
)
def test_pulses_and_carries_equal_the_twins(kind):
    values = {k: v for k, v in KINDS[kind].items() if v is not None}
    state = fresh(layers=(7, 5), bias=False, **values)
    assert isinstance(state, ArraysState)
    d, rng, seed = state.layout.device, np.random.default_rng(4), 11
    slow = [array_of(state, n) for n in (0, 1)]
    done, carried, pulsed = 0, 0, 0
    state.begin_replay(0, 0)
    for at in range(1, 23):
        rows = rng.random(7) < 0.6
        sign = rng.choice([-1, 0, 1], 5, p=[0.2, 0.3, 0.5])
        if not rows.any() or not sign.any():
            continue
        bits = [np.packbits(x, bitorder="little")[None] for x in (rows, sign > 0, sign < 0)]
        state.replay(0, np.array([at]), *bits)
        for due in range(done + 1, at + 1):
            if due == at:
                a, _ = twin.pulse_arrays(
                    slow[1],
                    at,
                    0,
                    np.flatnonzero(rows).tolist(),
                    np.flatnonzero(sign > 0).tolist(),
                    np.flatnonzero(sign < 0).tolist(),
                    d,
                )
                pulsed += a
            if due % 7 == 0:
                own, stream = state.own, noise.bits_stream(0, 5)
                carried += twin.carry_arrays(1, *slow, seed, stream, due, own.base, own.threshold, own.most, d)[0]
        done = at
    assert carried > 10
    assert pulsed > 200
    for n, array in enumerate(slow):
        for got, name in zip(state.nominal(n), twin.SIDES, strict=True):
            np.testing.assert_allclose(got, getattr(array, name), rtol=2e-6, atol=1e-6 * d.span)
        counts = counts_of(state, n)
        for name in ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus"):
            assert getattr(counts, name).tolist() == getattr(array, name), name
    expected = twin.compose_all(slow, state.own.unit)
    np.testing.assert_allclose(state.layer_weights(0), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.compiles
def test_any_device_on_any_circuit_replays_and_resumes(tmp_path, tiny_data):
    layout = Layout.of(
        layers=(6, 4, 3),
        rule="bs",
        iterations=22,
        eval_every=20,
        eval_last=2,
        snapshot_every=9,
        seed=4,
        bs_digits=2,
        bs_base=8.0,
        bs_reads=1,
        bs_draws=3,
        bs_carry_every=7,
        **{**SCATTERED, "endurance": 9.0, "endurance_failure": "closing"},
        wire_resistance=100.0,
        read_noise=0.02,
    )
    whole = xbarsim.run(layout, out=tmp_path / "whole.h5", dataset=tiny_data)
    assert whole.engine == "analog"
    assert whole.reads["reads"] > 50
    assert whole.most_writes > 10
    seen = []
    stopped = xbarsim.run(
        layout,
        out=tmp_path / "parts.h5",
        dataset=tiny_data,
        listener=seen.append,
        stop=lambda: seen[-1].iteration >= 13,
    )
    assert not stopped.finished
    assert xbarsim.resume(tmp_path / "parts.h5", dataset=tiny_data).accuracy_curve == whole.accuracy_curve
    assert_same(tmp_path / "whole.h5", tmp_path / "parts.h5")
    state = state_of(layout.replace(schedule=22))
    state.initialise()
    samples, order = to_samples(tiny_data.x_train, tiny_data.y_train, 1.0), SampleOrder(4, len(tiny_data.y_train))
    events, curves = state.new_buffers()
    with xbarsim.Trace(tmp_path / "whole.h5") as trace:
        for at in range(23):
            for k in (1, 2):
                assert np.array_equal(trace.weights(k, at), state.layer_weights(k - 1))
                for a, b in zip(trace.conductance(k, at), state.conductances(k - 1)[0], strict=True):
                    assert np.array_equal(a, b)
            state.train(at, order.take(at, 1), samples, events, curves)


@pytest.mark.compiles
def test_a_carry_conserves_what_the_devices_conduct():
    state = fresh(
        layers=(60, 16),
        bias=False,
        n_max=64,
        **{k: v for k, v in SCATTERED.items() if "stuck" not in k},
        bs_carry_every=0,
    )
    steps, rng, own = state.layout.device.staircase(), np.random.default_rng(2), state.own
    # The higher digit in the middle of its range, so that it has room.
    middle = [steps[rng.integers(10, 40, (60, 16))] for _ in range(2)]
    state.set_frame(0, (*middle, *(steps[rng.integers(0, 65, (60, 16))] for _ in range(2))))
    before = np.array(state.layer_weights(0), float)
    carries, _, _ = digits.carry_arrays(
        0, 1, (0, 60), (0, 16), np.uint64(5), 15, 100, state.device, own, state.layer_digits(0)
    )
    change = np.array(state.layer_weights(0), float) - before
    # In the largest steps of the lower digit; devices differ in scale and step, so bounds are those of the largest.
    unit = float(own.unit[1]) * state.layout.device.alpha_p
    assert carries > 300
    assert np.max(np.abs(change)) / unit < 2.5
    assert np.mean(np.abs(change)) / unit < 0.5
    assert abs(change.mean()) < 5 * change.std() / math.sqrt(change.size) + 0.05 * unit


@pytest.mark.compiles
def test_a_stuck_device_ends_a_carry():
    state = fresh(layers=(3, 2), bias=False, stuck_at_g_min=1.0)
    low = state.layer(1)
    before = frames(state)
    for i in range(3):
        for j in range(2):
            got = digits.raise_digit(low, i, j, 1e-6, 8.0, 1000, np.uint64(3), state.device, low.scatter)
            assert got == (0.0, digits.IDLE)
            assert digits.write_digit(low, i, j, 5e-7, 0, 1000, np.uint64(3), state.device, low.scatter) == digits.IDLE
    for a, b in zip(before, frames(state), strict=True):
        assert np.array_equal(a, b)


# ---------------------------------------------------------------------------------------------------------------------
# Reads


def crossbars(state, k, **wires):
    wide = Device(g_min=0.0, g_max=1e-5)
    return [
        Crossbar.from_conductance(
            wide,
            *state.conductance(k * state.digits + q),
            routing=state.layout.array.routing,
            wires=state.layout.wires,
        )
        for q in range(state.digits)
    ]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(
            {"wire_resistance": 300.0, "driver_resistance": 100.0, "routing": "split-both"}, marks=pytest.mark.compiles
        ),
        pytest.param(
            {"wire_resistance": 300.0, "routing": "split-source", "tile_rows": 11}, marks=pytest.mark.compiles
        ),
        pytest.param(
            {"gain_sigma": 0.2, "offset_sigma": 0.1, "sense_range": 2.0, "sense_bits": 5}, marks=pytest.mark.compiles
        ),
    ],
    ids=["wires", "tiles", "sense"],
)
def test_reads_pass_the_circuits(values):
    state = fresh(**SCATTERED, **values, wire_tolerance=1e-9)
    unit, sense, v = state.own.unit.astype(float), state.sense, state.layout.array.v_read
    through, room = (state.array, state.circuit, state.lines), room_of(state.rule, make_room(state.geometry, 1), 0)
    for k in range(3):
        rows, cols = state.shape(k)
        fired = np.flatnonzero(np.random.default_rng(k).random(rows) < 0.5).astype(np.int32)
        room.lines[k, : len(fired)] = fired
        read_bits(*through, k, len(fired), 3, 1, state.geometry, room)
        room.up[k, 0], room.n_up[k], room.down[k, 0], room.n_down[k] = 0, 1, cols - 1, 1
        room.gated[:rows] = np.arange(rows)
        read_signs(*through, k, rows, 3, 1, state.geometry, room)
        z, sums, bars = room.currents[k].copy(), room.back_currents[:rows].copy(), crossbars(state, k)

        def read(digit, volts, forward, bars=bars):
            currents = bars[digit].read_forward(volts) if forward else bars[digit].read_backward(volts)
            return currents.plus - currents.minus

        def sensed(digit, direction, line, current, k=k, sense=sense):
            n, full = k * state.digits + digit, sense.limit[0, 0, 0]
            x = sense.gain[n, direction, line] * (current + sense.offset[n, direction, line])
            return np.rint(np.clip(x, -full, full) / full * sense.levels) * full / sense.levels if full else x

        expected = np.array(twin.read_bits(state.digits, rows, set(fired.tolist()), unit, v, read, sensed))
        returned = np.array(twin.read_errors(state.digits, cols, [0], [cols - 1], unit, v, read, sensed))
        # float32 nodes; a sensed value at the border of two levels may fall to either side.
        level = unit[0] / v * sense.limit[0, 0, 0] / sense.levels if sense.levels else 0.0
        assert np.mean(np.abs(z[:cols] - expected) > 1e-4 * np.abs(expected).max()) <= (0.2 if level else 0.0)
        np.testing.assert_allclose(z[:cols], expected, atol=1e-4 * np.abs(expected).max() + 1.01 * level)
        np.testing.assert_allclose(sums, returned, atol=1e-4 * np.abs(returned).max() + 1.01 * level)


def test_comparators_of_signs():
    rng = np.random.default_rng(0)
    w = rng.normal(size=(30, 4)).astype(np.float32)
    gated, draws = np.array([1, 5, 6, 29], np.int32), rng.integers(0, 65_536, 4).astype(np.uint16)
    up, down = np.array([2], np.int32), np.array([0], np.int32)
    a, b, c, e = (np.zeros(8, np.int32) for _ in range(4))
    for dead in (0.0, 1.5):
        read = np.full(30, np.nan, np.float32)
        binary.sum_signs(w, up, 1, down, 1, gated, 4, read)
        one = binary.sign_sums(read, gated, 4, np.float32(dead), draws, a, b)
        sums = w[:, 2] - w[:, 0]
        two = binary.sign_sums(sums, gated, 4, np.float32(dead), draws, c, e)
        assert one == two
        rows = [a[: one[0]].tolist(), b[: one[1]].tolist()]
        assert rows == [c[: one[0]].tolist(), e[: one[1]].tolist()]
        assert rows == list(twin.sign_sums(sums.tolist(), gated.tolist(), dead, draws))


def test_steps_of_several_events_at_once():
    rng = np.random.default_rng(3)
    w = rng.normal(size=(12, 16)).astype(np.float32).clip(-1.5, 1.5)
    slow, firing = w.tolist(), np.array([0, 3, 11], np.int32)
    adds, columns = np.zeros((4, 16), np.float32), []
    for e in range(3):
        up, down = np.array([e, 5], np.int32), np.array([7 + e], np.int32)
        binary.fill_steps(up, 2, down, 1, np.float32(0.3), adds[e])
        columns.append(twin.fill_steps(up.tolist(), down.tolist(), np.float32(0.3), 16))
    binary.step_rows(firing, 3, adds, 3, np.float32(1.5), w)
    twin.step_rows(firing.tolist(), columns, 1.5, slow)
    assert np.array_equal(w, np.array(slow, np.float32))


@pytest.mark.compiles
def test_inference_through_ideal_circuits_is_that_of_the_weights():
    state = fresh(layers=(30, 60, 4), bs_initial_weight=12.0, bias=False, seed=5)
    arrays = fresh(
        layers=(30, 60, 4), bs_initial_weight=12.0, bias=False, seed=5, read_noise=1e-12
    )  # a circuit, but for no noise that matters
    samples = samples_of(40)
    currents = np.zeros((40, state.shape(0)[1]), np.float32)
    for k in range(40):
        a, b = samples.start[k], samples.start[k + 1]
        w = state.layer_weights(0)
        currents[k] = samples.volts[a:b] @ w[samples.line[a:b]]
    args = samples, arrays.geometry, arrays.temperature
    circuits = Transfer(arrays.pairs.w, arrays.arrays, arrays.digits, arrays.own.unit, 0.1, arrays.sense)
    plain = classify_expected(*args, Weights(state.weights), currents)
    assert np.mean(plain == classify_expected(*args, circuits)) > 0.97
    plain = classify_sampled(11, 9, *args, Weights(state.weights))
    assert np.mean(plain == classify_sampled(11, 9, *args, circuits)) > 0.97
    assert len(set(plain.tolist())) > 1


@pytest.mark.compiles
def test_what_devices_cost_is_told_of_wires(tiny_data):
    few = {"layers": (6, 3), "iterations": 3, "eval_last": 1, "wire_resistance": 5.0}
    result = xbarsim.run(Layout.of(**{**BASE, **SCATTERED, **few}), dataset=tiny_data)
    assert result.engine == "analog"
    assert result.reads["reads"] > 0
    assert result.reads["residual"] < 1e-5


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (
            {"account": True, "bs_digits": 0},
            "gates: expected nothing of the kind with rule 'bs' without bs_digits",
        ),
        ({"engine": "ladder"}, "run.engine: expected auto or analog with rule 'bs'"),
        (
            {"wire_resistance": 1.0, "bs_digits": 0},
            "wires: expected nothing of the kind with rule 'bs' without bs_digits",
        ),
    ],
)
def test_what_does_not_go_together_is_told(values, text):
    with pytest.raises(LayoutError) as error:
        Layout.of(**{**BASE, **values})
    assert str(error.value).startswith(text)
