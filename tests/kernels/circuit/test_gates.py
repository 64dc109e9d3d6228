"""The pulse lines: what an event selects and half-selects, what that disturbs, and what an iteration costs."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base import noise
from xbarsim.kernels.batch.event import event
from xbarsim.kernels.circuit import gates

import xbarsim
from xbarsim import Layout, Trace, run
from xbarsim.learn.sign import SignState

from ... import naive
from ...conftest import JIT
from ..states import layer_of

METHODS = {"a": "ladder", "b": "ladder", "c": "analog", "fixed": "analog", "one-sided": "ladder"}


def layout(**kw):
    base = {
        "layers": (6, 5, 3),
        "n_max": 6,
        "initial_steps": 5,
        "iterations": 90,
        "seed": 4,
        "eval_every": 0,
        "eval_last": 1,
        "snapshot_every": 30,
        "hidden_dead_zone": 0.01,
        "output_dead_zone": 0.05,
        "c": 0.8,
        "account": True,
    }
    return Layout.of(**{**base, **kw})


def events_of(state, rng, n=30):
    """Random events of the first layer."""
    rows, cols = state.shape(0)
    for _ in range(n):
        firing = np.flatnonzero(rng.random(rows) < 0.5).astype(np.int32)
        signs = rng.choice([-1, 0, 1], cols)
        yield firing, np.flatnonzero(signs > 0).astype(np.int32), np.flatnonzero(signs < 0).astype(np.int32)


COMPILED = [m if m in "abc" else pytest.param(m, marks=pytest.mark.compiles) for m in METHODS]
"""Without the compiler the others do."""


@pytest.mark.parametrize("method", COMPILED)
@pytest.mark.parametrize("engine", ["auto", "analog"])
@pytest.mark.parametrize("disturb", [{}, {"half_select_step": 0.1}, {"half_select_probability": 0.2}])
def test_events_equal_the_twin(method, engine, disturb):
    """Ledger, counters, states and G+ + G- after every single event."""
    state = SignState(layout(method=method, engine=engine, **disturb))
    assert state.engine == ("analog" if disturb or engine == "analog" else METHODS[method])
    state.initialise()
    lines, own, d = state.lines, state.layer_gates(0), naive.Device.of(state.layout.device)
    array = naive.Array(*state.conductance(0))
    rows, cols = array.shape
    halves = np.zeros((2, rows, cols), int)
    probability, seed = state.layout.gates.half_select_probability, state.layout.run.seed
    for number, (firing, up, down) in enumerate(events_of(state, np.random.default_rng(2)), start=1):
        lists = firing.tolist(), up.tolist(), down.tolist()
        own.ledger[:] = 0.0

        def hits(side, i, j, number=number):
            stream = noise.STREAM_DISTURB + 16 * side + (1 << 12)  # the first event of its iteration
            return probability > 0 and naive.uniform(seed, stream, number, i, j) < probability

        kinds = state.rule, layer_of(state, 0), lines, state.geometry
        issued = event(*kinds, 0, number, 0, firing, len(firing), up, len(up), down, len(down))
        if len(firing) == 0 or len(up) + len(down) == 0:
            assert issued == (0, 0)
            continue
        counts, expected = naive.event(array, *lists, method, d, state.layout.gates.half_select_step, hits)
        assert issued == expected
        assert not own.chosen.any()
        assert tuple(own.ledger[: gates.HALF + 1].tolist()) == counts
        assert expected[0] == counts[0] + counts[1]
        assert [g.tolist() for g in state.conductance(0)] == [array.plus, array.minus]
        np.testing.assert_array_equal(own.total[:, :cols], naive.add_up_all(array))
        # In whole units sums are exact, so that they are those of the states, and not of the way to them.
        exact = [sum(float(g) for g in row) for row in naive.add_up_all(array)]
        assert (own.row_sum / lines.per_siemens).tolist() == exact
        for side in (0, 1):
            for i in range(rows):
                for j in range(cols):
                    halves[side, i, j] += naive.device_sees(i, j, side, *lists, method) == 0.5
    np.testing.assert_array_equal(state.half_selects(0), halves)
    assert halves.sum() > 0


def test_power_of_reads_equals_the_twin():
    rng = np.random.default_rng(3)
    total = rng.uniform(1e-7, 1e-6, (5, 4)).astype(np.float32)
    volts = rng.uniform(-0.1, 0.1, 5).astype(np.float32)
    volts[2] = 0.0
    lines = np.array([0, 1, 3, 4], np.int32)
    driven = np.ascontiguousarray(volts[lines])
    per = 2.0**56
    sums = np.array([sum(int(gates.whole_units(g, per)) for g in row) for row in total])
    assert gates.read_power(lines, driven, 4, sums, per) == pytest.approx(naive.read_power(volts, total), rel=1e-12)
    assert gates.error_power(volts[:3], 3, total) == pytest.approx(naive.error_power(volts[:3], total), rel=1e-12)


@pytest.mark.compiles
@pytest.mark.parametrize("method", METHODS)
def test_energies_of_a_run_from_its_own_states(tmp_path, tiny_data, method):
    """Every iteration's costs, computed anew from the traced conductances and events."""
    path = tmp_path / "run.h5"
    lay = layout(method=method)
    result = run(lay, out=path, dataset=tiny_data)
    from xbarsim.data_sets.order import SampleOrder

    order = SampleOrder(lay.run.seed, len(tiny_data.y_train)).take(0, 90)
    d, g = naive.Device.of(lay.device), lay.gates
    pulse = g.gate_capacitance * g.pulse_voltage**2
    with Trace(path) as trace:
        energy = trace.energy
        for n in range(0, 90, 7):
            network = naive.Network(trace.layout, [trace.conductance(k, n) for k in (1, 2)])
            arrays = network.arrays
            x, y = tiny_data.x_train[order[n]], int(tiny_data.y_train[order[n]])
            volts, currents = network.read(x)
            delta, _, _ = naive.softmax_error(currents[-1], network.gain, y)
            power = sum(naive.read_power(v, naive.add_up_all(a)) for v, a in zip(volts, arrays, strict=True))
            power += naive.error_power([e * naive.F(lay.array.v_read) for e in delta], naive.add_up_all(arrays[1]))
            assert energy["read_energy"][n] == pytest.approx(power * g.read_width, rel=1e-5)
            counts = [
                naive.account(naive.Array(a.plus, a.minus), *network_events, method, d)
                for a, network_events in zip(arrays, events_at(trace, n + 1), strict=True)
                if network_events is not None
            ]
            single, replayed, resets, longest, half = (
                sum(c[0] for c in counts),
                sum(c[1] for c in counts),
                sum(c[2] for c in counts),
                max((c[3] for c in counts), default=0),
                sum(c[4] for c in counts),
            )
            assert energy["write_energy"][n] == pytest.approx(pulse * (single + half / 4))
            assert energy["replay_energy"][n] == pytest.approx(pulse * (replayed + resets))
            assert energy["latency"][n] == pytest.approx(3 * g.read_width + longest * g.pulse_width)
            assert energy["half_selects"][n] == half
        half = sum(int(trace.counts(k)[f"half_selects_{s}"].sum()) for k in (1, 2) for s in ("plus", "minus"))
        assert half == energy["half_selects"].sum() > 0
        assert result.costs == pytest.approx({name: values.sum() for name, values in energy.items()})


def events_at(trace, iteration):
    """(rows, up, down) of each layer's one event at an iteration, or None."""
    for k in (1, 2):
        every = trace.event_iterations(k)
        at = np.flatnonzero(every == iteration)
        if not len(at):
            yield None
            continue
        event = trace.events(k, every, slice(int(at[0]), int(at[0]) + 1))
        yield tuple(naive.unpack_bits(bits[0]) for bits in (event.rows, event.raised, event.lowered))


@pytest.mark.jit
@pytest.mark.parametrize(
    "kw",
    [
        {"half_select_probability": 0.1, "method": "c"},
        # The covering array of all combinations has the like without the JIT.
        *(
            pytest.param(kw, marks=pytest.mark.slow)
            for kw in (
                {"half_select_step": 0.05},
                {"half_select_probability": 0.1, "batch": 3, "batch_rule": "deferred", "account": False},
                {"half_select_step": 0.02, "batch": 2, "batch_rule": "signs", "method": "a"},
            )
        ),
        pytest.param({"half_select_step": 0.05, "wire_resistance": 200.0}, marks=pytest.mark.compiles),
    ],
)
def test_disturbed_runs_replay_and_resume_exactly(tmp_path, tiny_data, kw):
    from ...h5compare import assert_same

    lay = layout(**kw)
    whole, cut = tmp_path / "whole.h5", tmp_path / "cut.h5"
    run(lay, out=whole, dataset=tiny_data)
    ticks = iter([False, True])
    xbarsim.run(lay, out=cut, dataset=tiny_data, stop=lambda: next(ticks), commit_seconds=0.0)
    while not xbarsim.resume(
        cut, dataset=tiny_data, stop=iter([False, False, True]).__next__, commit_seconds=0.0
    ).finished:
        pass
    assert_same(whole, cut)
    with Trace(whole) as trace:
        for k in (1, 2):
            held = [trace.conductance(k, n) for n in range(91)]
            history = trace.synapse(k, 2, 1)
            assert history.g_plus.tolist() == [g[0][2, 1] for g in held]
            assert history.g_minus.tolist() == [g[1][2, 1] for g in held]
            rows, cols = held[0][0].shape
            moved = [(held[n + 1][0] != held[n][0]) | (held[n + 1][1] != held[n][1]) for n in range(90)]
            assert any(m.sum() > 0.7 * rows * cols for m in moved) or "half_select_probability" in kw


def test_without_disturb_following_the_lines_changes_nothing(tiny_data):
    plain = run(layout(account=False), dataset=tiny_data)
    followed = run(layout(), dataset=tiny_data)
    for key in ("accuracy", "pulses", "resets"):
        assert getattr(plain, key) == getattr(followed, key)
    assert plain.costs is None
    assert followed.costs["latency"] > 0


def test_a_single_disturbance_by_hand():
    """2 x 2: row 0 and the G+ line of column 0 fire; half-selected are the rest of row 0 and the rest of that line."""
    lay = layout(
        layers=(2, 2), bias=False, half_select_step=0.5, initial_steps=0, n_max=4, beta=0.0, g_min=0.0, g_max=4.0
    )
    state = SignState(lay)
    state.initialise()
    one, none = np.array([0b1], np.uint8)[None], np.zeros((1, 1), np.uint8)
    state.replay(0, np.array([1]), one, one, none)
    plus, minus = state.conductance(0)
    assert plus.tolist() == [[1.0, 0.5], [0.5, 0.0]]
    assert minus.tolist() == [[0.5, 0.5], [0.0, 0.0]]
    assert [h.tolist() for h in state.half_selects(0)] == [[[0, 1], [1, 0]], [[1, 1], [0, 0]]]


@pytest.mark.parametrize(
    "kw",
    [
        {"pulse_voltage": -1},
        {"half_select_step": 1.5},
        {"half_select_probability": 2},
        {"account": 1},
        {"read_width": "x"},
    ],
)
def test_bad_values(kw):
    with pytest.raises(xbarsim.LayoutError, match="gates"):
        layout(**kw)


def test_half_select_disturb_needs_the_analog_engine():
    with pytest.raises(xbarsim.LayoutError, match="half-select disturb"):
        SignState(layout(half_select_step=0.1, engine="ladder"))


def test_energies_are_asked_of_a_run_that_has_none(tmp_path, tiny_data):
    run(layout(account=False), out=tmp_path / "r.h5", dataset=tiny_data)
    with Trace(tmp_path / "r.h5") as trace, pytest.raises(xbarsim.TraceError, match="--account"):
        _ = trace.energy


@pytest.mark.parametrize(
    "method", [pytest.param(m, marks=pytest.mark.jit if m in "abc" else pytest.mark.compiles) for m in METHODS]
)
def test_the_cost_model_agrees_with_the_ledger(method):
    """`costs` counts pulses and resets, and knows reads by their average; the ledger follows every sample."""
    from xbarsim.loop.costs import Meter

    data = xbarsim.load_dataset("digits")
    lay = Layout.of(
        layers=(784, 12, 10),
        beta=2.0,
        n_max=32,
        method=method,
        iterations=600 if JIT else 120,
        eval_every=60,
        eval_last=1,
        account=True,
        dataset="digits",
        pulse_voltage=2.0,
        read_width=3e-7,
    )
    meter = Meter(lay, data)
    costs = run(lay, dataset=data, watch=meter).costs
    energy, pulse = meter.energy[-1], lay.gates.gate_capacitance * 4.0
    written = costs["write_energy"] + costs["replay_energy"] - pulse * costs["half_selects"] / 4.0
    assert energy.pulses + energy.resets == pytest.approx(written, rel=1e-9)
    assert energy.reads == pytest.approx(costs["read_energy"], rel=0.05 if JIT else 0.15)  # of few samples it varies
    assert (energy.sensing > 0.0) == (method == "one-sided")  # pairs are read before a refresh
