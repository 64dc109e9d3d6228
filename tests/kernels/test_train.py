"""The fused training loop against two naive trainers: one of plain Python, one of Crossbar objects.

States, events and counts are compared bit for bit.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from xbarsim.kernels import loop
from xbarsim.kernels.base import buffers
from xbarsim.kernels.pair import pairs
from xbarsim.kernels.path import dense
from xbarsim.kernels.way import room as ways

from xbarsim import Crossbar, Layout, run
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.defaults import settle
from xbarsim.learn.sign import SignState

from .. import naive
from .states import counts_of, layer_of, read_back

NAMES = ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")

CASES = {
    # name: (engine, dtype, layout values)
    "1-a-ladder": ("ladder", np.uint8, {"layers": (6, 3), "method": "a", "beta": 2.0, "n_max": 7}),
    "1-b-analog": ("analog", np.float32, {"layers": (6, 3), "method": "b", "beta": 1.0, "n_max": 7, "bias": False}),
    "1-c": ("analog", np.uint8, {"layers": (6, 3), "method": "c", "beta": 2.0, "n_max": 6, "input_threshold": 0.3}),
    "1-a-analog-wide": ("analog", np.uint8, {"layers": (9, 18), "method": "a", "beta": 0.5, "n_max": 5}),
    "1-b-ladder-wide": ("ladder", np.float32, {"layers": (17, 17), "method": "b", "beta": 3.0, "n_max": 5}),
    "2-a-ladder": ("ladder", np.float32, {"layers": (6, 5, 3), "method": "a", "beta": 1.0, "n_max": 6}),
    "2-a-analog": ("analog", np.uint8, {"layers": (6, 5, 3), "method": "a", "beta": 3.0, "n_max": 8, "bias": False}),
    "2-b-ladder": ("ladder", np.uint8, {"layers": (6, 5, 3), "method": "b", "beta": 2.0, "n_max": 6}),
    "2-b-threshold": (
        "ladder",
        np.uint8,
        {"layers": (6, 7, 3), "method": "b", "beta": 0.0, "n_max": 9, "input_threshold": 0.42, "bias": False},
    ),
    "2-b-analog": ("analog", np.float32, {"layers": (6, 5, 4), "method": "b", "beta": 1.5, "n_max": 5}),
    "2-c": ("analog", np.float32, {"layers": (6, 5, 3), "method": "c", "beta": 1.0, "n_max": 6}),
    "2-c-asymmetric": (
        "analog",
        np.uint8,
        {"layers": (6, 5, 3), "method": "c", "beta": 1.0, "n_max": 6, "beta_d": 3.0, "n_max_d": 9},
    ),
    "2-b-wide-dead-zone": (
        "ladder",
        np.uint8,
        {"layers": (6, 8, 3), "method": "b", "beta": 2.0, "hidden_dead_zone": 0.4, "output_dead_zone": 0.02},
    ),
    "3-a-ladder": ("ladder", np.uint8, {"layers": (6, 5, 4, 3), "method": "a", "beta": 2.0, "n_max": 6}),
    "3-b-analog": ("analog", np.uint8, {"layers": (6, 4, 5, 3), "method": "b", "beta": 1.0, "n_max": 7}),
    "3-b-ladder": (
        "ladder",
        np.float32,
        {"layers": (6, 5, 4, 3), "method": "b", "beta": 3.0, "n_max": 6, "bias": False},
    ),
    # Errors of the two outputs are small against the first array's dead zone, but not against the second's.
    "3-b-narrow-top": (
        "ladder",
        np.uint8,
        {"layers": (4, 3, 20, 2), "method": "b", "beta": 1.0, "n_max": 6, "hidden_dead_zone": 0.4},
    ),
    "3-c": ("analog", np.float32, {"layers": (6, 4, 4, 3), "method": "c", "beta": 0.0, "n_max": 5}),
}


def layout_of(engine, values):
    quick = {
        "c": 0.8,
        "hidden_dead_zone": 0.02,
        "output_dead_zone": 0.06,
        "softmax_scale": 1.25,
        "inner_c": 1.4,
        "initial_steps": 5,
        "seed": 3,
        "eval_last": 1,
    }
    return settle(Layout.of(**{"engine": engine, **quick, **values}))


def data(n, layers, dtype, seed=0):
    """Inputs with zeros, and labels that depend on them."""
    rng = np.random.default_rng(seed)
    x = np.where(rng.random((n, layers[0])) < 0.3, 0, rng.integers(1, 256, (n, layers[0])))
    y = rng.integers(0, layers[-1], n)
    x[np.arange(n), y % layers[0]] = 255
    x = x.astype(np.uint8) if dtype == np.uint8 else (x / 255).astype(np.float32)
    return x, y.astype(np.int64)


def states_of(state):
    return [state.nominal(k) for k in range(state.n_layers)]


def scales_of(state):
    return [state.window(k) for k in range(state.n_layers)]


def train_library(state, x, y, blocks, iteration=0):
    """Train on all samples (all whole batches) in blocks of the given sizes, cyclically; returns what was recorded."""
    samples = to_samples(x, y, state.layout.array.v_read)
    events, curves = state.new_buffers()
    log = [[] for _ in range(state.n_layers)]
    kept = {name: [] for name in curves._fields}
    sizes = itertools.cycle(blocks)
    done, batch = 0, state.batch
    while done < len(y) // batch:
        n = min(next(sizes), len(y) // batch - done, state.block)
        state.train(iteration + done, np.arange(done * batch, (done + n) * batch), samples, events, curves)
        done += n
        for k in range(state.n_layers):
            for e in range(events.count[k]):
                log[k].append(
                    (
                        int(events.iteration[k, e]),
                        *(getattr(events, f)[k, e].copy() for f in ("rows", "raised", "lowered")),
                    )
                )
        for name in kept:
            kept[name] += getattr(curves, name)[:n].tolist()
    return log, kept


class CrossbarNetwork(naive.Network):
    """The naive network, with `Crossbar` objects for arrays."""

    def __init__(self, layout, states, routing):
        super().__init__(layout, states)
        self.arrays = [
            Crossbar.from_conductance(layout.device, *s, method=layout.pulses.method, routing=routing) for s in states
        ]

    def read_forward(self, array, volts):
        plus, minus = array.read_forward(volts)
        return (plus - minus).astype(np.float32)

    def read_backward(self, array, volts):
        plus, minus = array.read_backward(volts)
        return (plus - minus).astype(np.float32)

    def pulse(self, k, rows, up, down):
        signs = [+1] * len(up) + [-1] * len(down)
        issued = self.arrays[k].program(rows, up + down, signs)
        assert issued.pairs == len(rows) * len(signs)
        return issued.pulses, issued.resets


def check_log(log, records, state):
    row_bytes = (int(state.geometry.rows.max()) + 7) // 8
    col_bytes = (int(state.geometry.cols.max()) + 7) // 8
    for k in range(state.n_layers):
        expected = [(t, r.events[k]) for t, r in enumerate(records, start=1) if k in r.events]
        assert [e[0] for e in log[k]] == [t for t, _ in expected]
        for (_, *got), (_, want) in zip(log[k], expected, strict=True):
            for packed, lines, size in zip(got, want, (row_bytes, col_bytes, col_bytes), strict=True):
                np.testing.assert_array_equal(packed, naive.pack_bits(lines, size))


def check_states(state, arrays):
    for k, array in enumerate(arrays):
        plus, minus = state.nominal(k)
        counts = counts_of(state, k)
        if isinstance(array, Crossbar):
            np.testing.assert_array_equal(plus, array.g_plus)
            np.testing.assert_array_equal(minus, array.g_minus)
            for name in NAMES:
                np.testing.assert_array_equal(getattr(counts, name), array.counts[name])
            weights = array.weights
        else:
            assert plus.tolist() == array.plus
            assert minus.tolist() == array.minus
            for name in NAMES:
                assert getattr(counts, name).tolist() == getattr(array, name)
            weights = np.array(array.weights)
        w = state.layer(k).w
        np.testing.assert_array_equal(w[:, : plus.shape[1]], weights)
        assert not w[:, plus.shape[1] :].any()


@pytest.mark.parametrize("name", CASES)
def test_fused_training_equals_the_naive_trainers(name):
    engine, dtype, values = CASES[name]
    layout = layout_of(engine, values)
    state = SignState(layout)
    assert state.engine == engine
    state.initialise()
    start = states_of(state)
    x, y = data(160, layout.network.layers, dtype)
    log, curves = train_library(state, x, y, blocks=(1, 50, 7))
    replayed = SignState(layout)
    replayed.initialise()
    for k in range(state.n_layers):
        if log[k]:
            replayed.replay(k, *(np.array([event[f] for event in log[k]]) for f in range(4)))
    twins = [naive.Network(layout, start)]
    twins += [CrossbarNetwork(layout, start, routing) for routing in ("split-both", "split-source", "split-drain")]
    for twin in twins:
        records = naive.train_block(twin, x, y.tolist())
        check_log(log, records, state)
        check_states(state, twin.arrays)
        check_states(replayed, twin.arrays)
        assert curves["pulses"] == [r.pulses for r in records]
        assert curves["resets"] == [r.resets for r in records]
        assert curves["wrong"] == [int(r.wrong) for r in records]
        np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-5)
    # The case is worth its time: every layer was pulsed, and full sides were met.
    assert all(log) or "narrow" in name
    if layout.pulses.method != "c" and "dead-zone" not in name:
        assert sum(curves["resets"]) > 0
    total = sum(int(getattr(counts_of(state, k), n).sum()) for k in range(state.n_layers) for n in NAMES)
    assert total == sum(curves["pulses"]) + sum(curves["resets"])


@pytest.mark.parametrize("method", ["a", "b"])
@pytest.mark.parametrize("layers", [(6, 4), (6, 9, 4), (6, 5, 5, 4)])
@pytest.mark.parametrize("beta", [0.0, 2.0])
def test_both_engines_do_the_same(method, layers, beta):
    x, y = data(200, layers, np.uint8)
    results = []
    for engine in ("ladder", "analog"):
        state = SignState(layout_of(engine, {"layers": layers, "method": method, "beta": beta, "n_max": 7}))
        state.initialise()
        log, curves = train_library(state, x, y, blocks=(64,))
        results.append((state, log, curves))
    (one, one_log, one_curves), (two, two_log, two_curves) = results
    assert (one.engine, two.engine) == ("ladder", "analog")
    assert one_curves == two_curves
    for k in range(one.n_layers):
        for a, b in zip(one.conductance(k), two.conductance(k), strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(one.layer(k).w, two.layer(k).w)
        for name in NAMES:
            np.testing.assert_array_equal(getattr(counts_of(one, k), name), getattr(counts_of(two, k), name))
        assert len(one_log[k]) == len(two_log[k])
        for a, b in zip(one_log[k], two_log[k], strict=True):
            assert a[0] == b[0]
            np.testing.assert_array_equal(np.concatenate(a[1:]), np.concatenate(b[1:]))


def test_blocks_do_not_matter():
    x, y = data(120, (6, 5, 3), np.uint8)
    results = []
    for blocks in ((120,), (1,), (13, 40)):
        state = SignState(layout_of("auto", {"layers": (6, 5, 3), "n_max": 6}))
        state.initialise()
        log, curves = train_library(state, x, y, blocks, iteration=1000)
        assert log[1][0][0] > 1000
        results.append((states_of(state), [[e[0] for e in layer] for layer in log], curves))
    for states, iterations, curves in results[1:]:
        np.testing.assert_equal(states, results[0][0])
        assert iterations == results[0][1]
        assert curves == results[0][2]


def test_pulses_come_after_all_reads():
    """An update of the output array must not change the error that the hidden layer sees."""
    layout = layout_of(
        "auto", {"layers": (2, 2, 2), "n_max": 4, "beta": 0.0, "hidden_dead_zone": 0.0, "output_dead_zone": 0.0}
    )
    state = SignState(layout)
    steps = layout.device.staircase()
    low = np.full((3, 2), steps[0])
    state.set_nominal(0, low, low)
    # The output array has W = 0 before the iteration: no error can come down, though W is not 0 after its pulses.
    state.set_nominal(1, low, low)
    log, _ = train_library(state, np.full((1, 2), 255, np.uint8), np.zeros(1, np.int64), (1,))
    assert len(log[0]) == 0
    assert len(log[1]) == 1
    assert state.layer(1).w.any()


def test_the_hidden_error_is_normalised_and_not_dead_zoned():
    """Deltas inside the output's dead zone still go down."""
    values = {"layers": (2, 2, 2), "n_max": 4, "beta": 0.0, "output_dead_zone": 0.9}
    for full, fires, exponent in itertools.product((0.40, 0.50), (True, False), (0.0, 0.5, 1.0)):
        if fires is not (full == 0.40):  # the error below is 2 * 0.5 * W = 0.5: it is not above 0.5
            continue
        zone = {"hidden_dead_zone": full * (10 / 2) ** exponent, "dead_zone_exponent": exponent}
        layout = layout_of("auto", values | zone)
        state = SignState(layout)
        steps = layout.device.staircase()
        low = np.full((3, 2), steps[0])
        state.set_nominal(0, low, low)
        plus, minus = low.copy(), low.copy()
        plus[0, 0] = minus[0, 1] = steps[2]  # W = +1/2 and -1/2 of the range
        plus[1, 1] = minus[1, 0] = steps[2]  # and the mirror image, so that the outputs are equal
        state.set_nominal(1, plus, minus)
        log, _ = train_library(state, np.full((1, 2), 255, np.uint8), np.zeros(1, np.int64), (1,))
        assert len(log[1]) == 0
        assert bool(len(log[0])) is fires
        if fires:  # delta = (-0.5, 0.5): neuron 0 sees -0.5 and is raised, neuron 1 is lowered
            assert log[0][0][1].tolist() == [0b111]
            assert log[0][0][2].tolist() == [0b01]
            assert log[0][0][3].tolist() == [0b10]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_rows_without_input_are_not_pulsed(dtype):
    layout = layout_of("auto", {"layers": (4, 2), "bias": False, "output_dead_zone": 0.0, "initial_steps": 0})
    state = SignState(layout)
    state.initialise()
    x = np.array([[0, 255, 1, 0], [0, 0, 0, 0]])
    x = x.astype(np.uint8) if dtype == np.uint8 else (x / 255).astype(np.float32)
    log, curves = train_library(state, x, np.array([1, 0]), (2,))
    assert [(e[0], *(int(p[0]) for p in e[1:])) for e in log[0]] == [(1, 0b0110, 0b10, 0b01)]
    assert curves["pulses"] == [4, 0]
    assert counts_of(state, 0).pulses_plus.tolist() == [[0, 0], [0, 1], [0, 1], [0, 0]]
    assert counts_of(state, 0).pulses_minus.tolist() == [[0, 0], [1, 0], [1, 0], [0, 0]]


def test_propagate_error_equals_the_twin():
    layout = layout_of("analog", {"layers": (5, 7, 6, 4), "n_max": 9, "hidden_dead_zone": 0.0})
    state = SignState(layout)
    state.initialise()
    network = naive.Network(layout, states_of(state))
    rng = np.random.default_rng(1)
    width = naive.widest(state.geometry)
    for layer in (2, 1):
        c = float(state.reading.c[layer - 1])
        below = int(state.geometry.cols[layer - 1])
        above = int(state.geometry.cols[layer])
        currents = rng.uniform(-2 * c, 2 * c, (3, width)).astype(np.float32)
        currents[layer - 1, 0], currents[layer - 1, 1] = c, -c
        currents[layer - 1, 2] = 0.0
        delta = np.full((3, width), 9.0, np.float32)
        delta[layer, :above] = rng.uniform(-0.5, 0.5, above)
        twin = network.propagate_error(layer, delta[layer, :above], currents[layer - 1, :below])
        room = ways.hardware_room_of(ways.make_hardware_room(state.geometry, 1), 0)
        assert room.delta.shape == (3, width)
        room.delta[:], room.currents[:] = delta, currents
        read_back(state.rule, state.array, state.circuit, state.lines, layer, 0, 0, state.geometry, room)
        delta = room.delta
        assert delta[layer - 1, :below].tolist() == [float(x) for x in twin]
        assert delta[layer - 1, 2] != 0
        assert delta[layer - 1, 0] == delta[layer - 1, 1] == 0


@pytest.mark.parametrize("name", ["2-b-threshold", "3-b-analog", "1-c"])
def test_a_sample_step_by_step(name):
    """Up, down, pulses: each by itself, sample after sample."""
    engine, dtype, values = CASES[name]
    layout = layout_of(engine, values)
    state = SignState(layout)
    state.initialise()
    twin = naive.Network(layout, states_of(state))
    x, y = data(25, layout.network.layers, dtype)
    samples, (events, _) = to_samples(x, y, layout.array.v_read), state.new_buffers()
    kinds, scratch = (
        (state.rule, state.array, state.circuit, state.lines),
        loop.new_scratch(state.geometry, state.rule, state.batches),
    )
    room, pulsed = ways.hardware_room_of(scratch.room, 0), 0
    for k in range(25):
        dense.go_up(*kinds, k, k, 0, samples, state.geometry, room)
        volts, currents = naive.go_up(twin, x[k])
        for layer, (v, z) in enumerate(zip(volts, currents, strict=True)):
            n = room.n_lines[layer]
            driven = dict(zip(room.lines[layer, :n].tolist(), room.volts[layer, :n].tolist(), strict=True))
            assert driven == {i: float(u) for i, u in enumerate(v) if u > 0}
            assert room.currents[layer, : len(z)].tolist() == [float(i) for i in z]
        loss, wrong = dense.go_down(*kinds, samples.label[k], k, 0, state.geometry, room)
        deltas, twin_loss, twin_wrong = naive.go_down(twin, currents, int(y[k]))
        assert (loss, wrong) == (pytest.approx(twin_loss), twin_wrong)
        np.testing.assert_allclose(room.delta[-1, : len(deltas[-1])], np.array(deltas[-1]), rtol=1e-6, atol=1e-9)
        for layer, delta in enumerate(deltas[:-1]):  # a read that can fire nothing is not taken
            got = room.delta[layer, : len(delta)]
            assert not got.any() or got.tolist() == pytest.approx([float(e) for e in delta], rel=1e-5, abs=1e-9)
        events.count[:] = 0
        scratch.numbers[:] = 0
        after, rest = (k + 1, scratch.numbers, 0, room), (scratch.kept, scratch.lists, events)
        issued = loop.pulse_layers(*kinds[:3], state.batches, kinds[3], state.geometry, *after, *rest)
        done = naive.pulse_layers(twin, volts, deltas)
        assert issued == (done.pulses, done.resets)
        assert events.count.tolist() == [int(layer in done.events) for layer in range(state.n_layers)]
        assert scratch.numbers.tolist() == events.count.tolist()
        pulsed += done.pulses
    check_states(state, twin.arrays)
    assert pulsed > 100


def test_copied_lines_equal_the_twin():
    source, target = np.arange(5, dtype=np.float32), np.full(7, -1, np.float32)
    for n in (0, 3, 5):
        want = naive.copy_line(source.tolist(), n, target.tolist())
        buffers.copy_line(source, n, target)
        assert target.tolist() == want


@pytest.mark.parametrize("layers", [(3, 4), (3, 17, 5), (6, 2, 33, 3)])
def test_layers_share_the_flat_buffers_without_overlap(layers):
    state = SignState(layout_of("analog", {"layers": layers}))
    for k in range(state.n_layers):
        views = state.layer(k)
        for name in views._fields:
            view = getattr(views, name)
            if name == "scatter":
                continue  # tests/test_scatter.py
            assert (view == (1 if name in ("x_plus", "x_minus") else 0)).all()
            view[:] = k + 1
            rows, cols = layers[k] + 1, layers[k + 1]
            assert view.shape == ((rows, -(-cols // 16) * 16) if name == "w" else (cols, rows))
    for flat in state.pairs[:-1]:
        assert flat.all()  # every cell belongs to a layer
    for k in range(state.n_layers):
        assert all((view == k + 1).all() for view in state.layer(k)[:-1])
        assert (buffers.layer_weights(state.weights, state.geometry, k) == k + 1).all()
        line = buffers.layer_line(state.weights, state.geometry, k)
        assert line.tolist() == naive.layer_line(buffers.layer_weights(state.weights, state.geometry, k))
        assert all((view == k + 1).all() for view in pairs.layer_pairs(state.pairs, state.geometry, k)[:-1])


@pytest.mark.parametrize("layers", [(3, 4), (3, 17, 5), (6, 2, 33, 3)])
def test_layers_share_the_flat_buffers_of_the_ladder_without_overlap(layers):
    state = SignState(layout_of("ladder", {"layers": layers}))
    for k in range(state.n_layers):
        own = layer_of(state, k)
        rows, cols = layers[k] + 1, layers[k + 1]
        assert own.state.shape == own.tally.shape == (cols, rows)
        assert own.w.shape == (rows, -(-cols // 16) * 16)
        for view in (own.w, own.state, own.tally):
            assert not view.any()
            view[:] = k + 1
        np.testing.assert_array_equal(state.layer_steps(k), own.state)
    assert all(flat.all() for flat in (state.array.w, state.array.state, state.array.tally))


def test_initial_states_equal_the_twin():
    layout = layout_of("auto", {"layers": (4, 6, 3), "n_max": 12, "initial_steps": 5, "seed": 77})
    steps = naive.staircase(naive.Device.of(layout.device))
    for engine in ("ladder", "analog"):
        state = SignState(layout.replace(engine=engine))
        state.initialise()
        for k, (rows, cols) in enumerate([(5, 6), (7, 3)]):
            for stream, got in zip(
                (naive.STREAM_STATE_PLUS, naive.STREAM_STATE_MINUS), state.conductance(k), strict=True
            ):
                drawn = naive.fill_steps(77, stream, k, 6, rows, cols)
                assert got.tolist() == [[steps[n] for n in row] for row in drawn]


def test_ladder_counts_past_the_packed_limits_during_training():
    """One column is raised, the other lowered, in every iteration: 4,500 resets of one device."""
    layout = layout_of("ladder", {"layers": (1, 2), "bias": False, "n_max": 3, "method": "b", "output_dead_zone": 0.0})
    state = SignState(layout.replace(initial_steps=0))
    state.initialise()
    n = 4500
    log, curves = train_library(state, np.full((n, 1), 255, np.uint8), np.zeros(n, np.int64), (1024, 900))
    assert len(log[0]) == n
    assert sum(curves["resets"]) == 2 * (n - 3)
    counts = counts_of(state, 0)
    assert counts.resets_minus.tolist() == [[n - 3, 0]]
    assert counts.resets_plus.tolist() == [[0, n - 3]]
    assert counts.pulses_plus.tolist() == [[3, 0]]
    assert counts.pulses_minus.tolist() == [[0, 3]]


def test_methods_a_and_b_train_alike_without_nonlinearity(tiny_data):
    """Over a whole run: where every state is exact, both methods give the same W, and so the same network."""
    exact = {"g_min": 2.0**-30, "g_max": 2.0**-30 + 2.0**-20, "n_max": 8, "beta": 0.0}
    results, weights, curves = {}, {}, {}
    for method in "ab":
        layout = Layout.of(
            layers=(6, 5, 3),
            method=method,
            iterations=270,
            seed=1,
            eval_every=30,
            eval_last=20,
            c=0.8,
            hidden_dead_zone=0.02,
            output_dead_zone=0.03,
            softmax_scale=1.25,
            input_threshold=0.0,
            initial_fan_in=100.0,
            **exact,
        )
        results[method] = run(layout, dataset=tiny_data).as_dict()
        state = SignState(layout)
        state.initialise()
        _, curves[method] = train_library(state, tiny_data.x_train, tiny_data.y_train, (40,))
        weights[method] = [state.layer(k).w.copy() for k in range(2)]
    for a, b in zip(weights["a"], weights["b"], strict=True):
        np.testing.assert_array_equal(a, b)
    for name in ("loss", "wrong"):
        assert curves["a"][name] == curves["b"][name]
    assert sum(curves["a"]["resets"]) > sum(curves["b"]["resets"]) > 0  # full sides were met
    for key in ("accuracy", "accuracy_mean_last", "accuracy_min_last", "accuracy_max_last"):
        assert results["a"][key] == results["b"][key]
    assert results["a"]["accuracy"] > 0.5


def test_an_input_at_the_threshold_does_not_fire():
    for k in range(1, 256):
        layout = layout_of(
            "auto", {"layers": (2, 2), "bias": False, "output_dead_zone": 0.0, "input_threshold": k / 255, "n_max": 1}
        )
        reading = SignState(layout).reading
        volts = to_samples(np.array([[k, 0]], np.uint8), np.zeros(1, np.int64), layout.array.v_read).volts[0]
        assert not volts > reading.input_threshold, k


def test_widest_equals_the_twin():
    for layers in ((2, 2), (700, 3, 2), (2, 300, 4), (15, 16, 17)):
        for bias in (True, False):
            geometry = SignState(Layout.of(layers=layers, bias=bias)).geometry
            assert buffers.widest(geometry) == naive.widest(geometry)
