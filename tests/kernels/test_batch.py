"""Mini-batches: the four rules by hand, against the online loop with one sample, and against the naive twin."""

from __future__ import annotations

import itertools
import types

import numpy as np
import pytest
from xbarsim.kernels import loop
from xbarsim.kernels.base import buffers
from xbarsim.kernels.batch import kept as keeping
from xbarsim.kernels.batch import netted, products, summed
from xbarsim.kernels.batch.online import Online
from xbarsim.kernels.batch.signs import Signs
from xbarsim.kernels.pair import ladder
from xbarsim.kernels.rules.sign import Sign
from xbarsim.kernels.way import room as ways

from xbarsim.arrays.geometry import new_buffers
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.pulses import BATCHES
from xbarsim.learn import rule as rule_module
from xbarsim.learn.plan import BATCH_KINDS
from xbarsim.learn.sign import SignState

from .. import naive
from .states import counts_of, release, sign_rule
from .test_train import CASES, NAMES, check_states, data, layout_of, scales_of, states_of, train_library

RULES = tuple(BATCHES)
KINDS = {rule: rule_module.BATCHES[BATCH_KINDS[rule]] for rule in RULES}


def unpacked(event):
    """(rows, raised, lowered) as lists of numbers, of an event as `train_library` logs it."""
    return tuple(naive.unpack_bits(bits) for bits in event[1:])


def fresh(layout):
    state = SignState(layout)
    state.initialise()
    return state


def replayed(layout, log):
    """The state that the recorded events lead to."""
    state = fresh(layout)
    for k, events in enumerate(log):
        if events:
            state.replay(k, *(np.array([event[f] for event in events]) for f in range(4)))
    return state


def check_events(log, records, rule):
    for k, events in enumerate(log):
        want = [(t, event) for t, r in enumerate(records, start=1) for event in r.events.get(k, [])]
        if rule != "products":  # one event for what one sample, or one batch, fired
            assert [(event[0], unpacked(event)) for event in events] == want
            continue
        for t in range(1, len(records) + 1):  # which pairs share an event does not matter
            got = naive.pulsed_pairs([unpacked(event) for event in events if event[0] == t])
            assert got == naive.pulsed_pairs([event for when, event in want if when == t])
            assert len({pair[:2] for pair in got}) == len(got)
        assert [event[0] for event in events] == sorted(event[0] for event in events)


NETWORKS = {
    # name: (engine, dtype, layout values)
    "1-b-ladder": ("ladder", np.uint8, {"layers": (6, 3), "method": "b", "beta": 2.0, "n_max": 6}),
    "1-c-threshold": ("analog", np.uint8, {"layers": (6, 3), "method": "c", "n_max": 6, "input_threshold": 0.42}),
    "1-a-wide": ("ladder", np.float32, {"layers": (9, 18), "method": "a", "beta": 1.0, "n_max": 4, "bias": False}),
    "2-a-analog": ("analog", np.uint8, {"layers": (6, 5, 3), "method": "a", "beta": 1.0, "n_max": 5}),
    "2-b-ladder": ("ladder", np.float32, {"layers": (6, 5, 3), "method": "b", "beta": 3.0, "n_max": 5, "bias": False}),
    "2-b-varied": ("ladder", np.uint8, {"layers": (6, 5, 3), "method": "b", "n_max": 6, "sigma": 0.5}),
    "3-b-analog": ("analog", np.uint8, {"layers": (6, 4, 5, 3), "method": "b", "beta": 1.0, "n_max": 5}),
    "3-b-ladder": ("ladder", np.uint8, {"layers": (6, 5, 4, 3), "method": "b", "n_max": 5, "output_dead_zone": 0.3}),
    "3-c": ("analog", np.float32, {"layers": (6, 4, 4, 3), "method": "c", "beta": 0.0, "n_max": 5}),
}


COMPILED = {"ladder": {"lines", "products"}, "varied": set(), "analog": {"products"}}
"""By kind of array: the rules that are compiled, besides being run without the JIT."""


def _cases():
    for name, (engine, _, values) in NETWORKS.items():
        kind = "varied" if "sigma" in values else engine
        for rule in RULES:
            yield pytest.param(name, rule, marks=() if rule in COMPILED[kind] else pytest.mark.compiles)


@pytest.mark.parametrize("size", [2, 3, 7])
@pytest.mark.parametrize(("name", "rule"), list(_cases()))
def test_batches_equal_the_twin(name, rule, size):
    engine, dtype, values = NETWORKS[name]
    layout = layout_of(engine, {**values, "batch": size, "batch_rule": rule})
    state = fresh(layout)
    assert state.engine == engine
    twin = naive.Network(layout, states_of(state), scales_of(state))
    x, y = data(90, layout.network.layers, dtype)
    log, curves = train_library(state, x, y, blocks=(1, 5, 2))
    records = naive.train_batches(twin, x, y.tolist(), size, rule)
    assert len(curves["loss"]) == len(records) == 90 // size
    check_states(state, twin.arrays)
    check_events(log, records, rule)
    assert curves["pulses"] == [r.pulses for r in records]
    assert curves["resets"] == [r.resets for r in records]
    assert curves["wrong"] == [r.wrong for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-5)
    check_states(replayed(layout, log), twin.arrays)
    # The case is worth its time: every layer was pulsed.
    assert all(log)
    assert max(len([e for e in events if e[0] == t]) for events in log for t in range(90)) <= state.events_per_iteration


@pytest.mark.compiles
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["1-b-analog", "1-c", "2-a-ladder", "2-b-threshold", "3-b-ladder", "3-c"])
def test_a_batch_of_one_is_the_online_rule(name, rule):
    engine, dtype, values = CASES[name]
    layout = layout_of(engine, values)
    x, y = data(60, layout.network.layers, dtype)
    online, batched = fresh(layout), fresh(layout)
    samples, order = to_samples(x, y, layout.array.v_read), np.arange(60)
    one = new_buffers(online.geometry, 60, 60)
    two = new_buffers(online.geometry, 60, 60 * (1 + 2 * int(online.geometry.cols.max())))
    for each in (one, two):
        each[0].count[:] = 99  # is set to 0 first
    for own, kind, (events, curves) in ((online, Online, one), (batched, KINDS[rule], two)):
        common = own.rule, own.array, own.circuit, kind(1), own.lines
        scratch = loop.new_scratch(own.geometry, common[0], common[3])
        loop.train(7, order, samples, own.geometry, *common, scratch, events, curves, own.costs)
    np.testing.assert_array_equal(one[0].count, two[0].count)
    assert one[0].count.all()
    for k, n in enumerate(one[0].count):
        for a, b in zip(one[0][1:5], two[0][1:5], strict=True):  # iteration, and lines
            np.testing.assert_array_equal(a[k, :n], b[k, :n])
    for a, b in zip(one[1], two[1], strict=True):
        np.testing.assert_array_equal(a, b)
    online.flush()
    batched.flush()
    for k in range(online.n_layers):
        for a, b in zip(online.nominal(k), batched.nominal(k), strict=True):
            np.testing.assert_array_equal(a, b)
    for a, b in zip(online.pairs, batched.pairs, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("rule", RULES)
def test_blocks_of_batches_do_not_matter(rule):
    layout = layout_of("auto", {"layers": (6, 5, 3), "n_max": 6, "batch": 4, "batch_rule": rule})
    x, y = data(120, (6, 5, 3), np.uint8)
    results = []
    for blocks in ((30,), (1,), (7, 2)):
        state = fresh(layout)
        log, curves = train_library(state, x, y, blocks, iteration=500)
        assert log[0][0][0] > 500
        results.append((states_of(state), [[(e[0], unpacked(e)) for e in layer] for layer in log], curves))
    for states, log, curves in results[1:]:
        np.testing.assert_equal(states, results[0][0])
        assert log == results[0][1]
        assert curves == results[0][2]


@pytest.mark.parametrize("rule", ["signs", "products"])
def test_a_pair_is_pulsed_at_most_once_per_batch(rule):
    """No device ever is full here, so that an update is one pulse."""
    layout = layout_of("auto", {"layers": (6, 8, 3), "n_max": 200, "beta": 0.0, "batch": 6, "batch_rule": rule})
    state, before, most = fresh(layout), [0, 0], 0
    x, y = data(180, (6, 8, 3), np.uint8)
    for t in range(30):
        part = slice(6 * t, 6 * t + 6)
        train_library(state, x[part], y[part], (1,))
        for k in range(2):
            c = counts_of(state, k)
            issued = c.pulses_plus + c.pulses_minus
            assert not c.resets_plus.any()
            assert not c.resets_minus.any()
            assert set(np.unique(issued - before[k])) <= {0, 1}
            most = max(most, int((issued - before[k]).sum()))
            before[k] = issued
    assert most > 20


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("limit", [3, 8, 11])
def test_replay_in_parts(rule, limit):
    """Parts that the packed counts, or a caller, ask for; events of one iteration stay together."""
    layout = layout_of("ladder", {"layers": (6, 5, 3), "n_max": 6, "batch": 3, "batch_rule": rule})
    state = fresh(layout)
    log, _ = train_library(state, *data(90, (6, 5, 3), np.uint8), blocks=(30,))
    parts = fresh(layout)
    parts._flush_limit = limit
    for k, events in enumerate(log):
        fields = [np.array([event[f] for event in events]) for f in range(4)]
        borders = [0, *(int(np.searchsorted(fields[0], t, "right")) for t in (4, 4, 17, 30))]
        for a, b in itertools.pairwise(borders):
            parts.replay(k, *(f[a:b] for f in fields))
    for k in range(2):
        for a, b in zip(state.nominal(k), parts.nominal(k), strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(state.layer(k).w, parts.layer(k).w)
        for name in NAMES:
            np.testing.assert_array_equal(getattr(counts_of(state, k), name), getattr(counts_of(parts, k), name))


@pytest.mark.parametrize("layers", [(11, 9), (40, 3), (3, 40)])
def test_replay_signs_equals_the_twin(layers):
    """Of events that no training made: rows and columns at random."""
    layout = layout_of("ladder", {"layers": layers, "n_max": 5, "batch": 5})
    rng = np.random.default_rng(2)
    state = fresh(layout)
    twin = naive.Array(*state.nominal(0))
    iteration = np.sort(rng.integers(3, 40, 90))
    events = []
    for _ in iteration:
        rows, signs = rng.random(layers[0] + 1) < 0.5, rng.choice([-1, 0, 1], layers[1])
        events.append(tuple(np.flatnonzero(part).tolist() for part in (rows, signs > 0, signs < 0)))
    sizes = [(len(part) + 7) // 8 for part in (rows, signs, signs)]
    packed = [np.array([naive.pack_bits(e[f], size) for e in events]) for f, size in enumerate(sizes)]
    scratch = loop.replay_scratch(state.geometry, Signs(5), iteration)
    common = state.geometry, state.rule, state.array, Signs(5), state.lines, scratch
    issued = loop.replay(0, 2, int(iteration[-1]), iteration, *packed, *common)
    assert issued == naive.replay_signs(iteration.tolist(), events, twin, "b", naive.Device.of(layout.device))
    check_states(state, [twin])
    assert loop.replay(0, 40, 40, iteration[:0], *(p[:0] for p in packed), *common) == (0, 0)


def test_more_resets_in_batches_than_a_packed_count_holds():
    values = {"layers": (1, 2), "bias": False, "n_max": 3, "method": "b", "output_dead_zone": 0.0, "initial_steps": 0}
    state = fresh(layout_of("ladder", {**values, "batch": 900, "batch_rule": "deferred"}))
    assert state.block * 900 <= state._flush_limit
    n = 9000
    log, curves = train_library(state, np.full((n, 1), 255, np.uint8), np.zeros(n, np.int64), (state.block,))
    assert len(log[0]) == n
    assert sum(curves["resets"]) == 2 * (n - 3)
    counts = counts_of(state, 0)
    assert counts.resets_minus.tolist() == [[n - 3, 0]]
    assert counts.resets_plus.tolist() == [[0, n - 3]]


# ---------------------------------------------------------------------------------------------------------------------
# By hand: two outputs, W = 0 at first, so that every error is -1/2 at the label and +1/2 at the other output


def by_hand(rule, x, labels, layers=(2, 2), **kw):
    """One batch; returns the state, the events, the changes of W in steps, and the curves."""
    values = {"layers": layers, "bias": False, "n_max": 9, "beta": 0.0, "initial_steps": 0, "output_dead_zone": 0.1}
    values |= {"batch": len(labels), "batch_rule": rule, "eval_last": 1}
    layout = layout_of("auto", {**values, **kw})
    state = fresh(layout)
    log, curves = train_library(state, np.array(x, np.uint8), np.array(labels), (1,))
    step = layout.device.span / 9
    return [unpacked(event) for event in log[0]], np.round(state.layer(0).w[:, :2] / step).tolist(), curves


def test_opposite_signs_cancel():
    x, labels = [[255, 0], [255, 0]], [0, 1]
    assert by_hand("lines", x, labels)[:2] == ([], [[0, 0], [0, 0]])
    assert by_hand("products", x, labels)[:2] == ([], [[0, 0], [0, 0]])
    seen = [([0], [0], [1]), ([0], [1], [0])]
    events, w, curves = by_hand("signs", x, labels)
    assert (events, w, curves["pulses"]) == (seen, [[0, 0], [0, 0]], [0])
    events, w, curves = by_hand("deferred", x, labels)
    assert (events, w, curves["pulses"]) == (seen, [[0, 0], [0, 0]], [4])  # up and down again, on the two sides


def test_only_where_they_meet():
    """Row 0 sees both labels, row 1 the first, with the sign that its sample has."""
    x, labels = [[255, 255], [255, 0]], [0, 1]
    for rule in ("signs", "products"):
        assert by_hand(rule, x, labels)[1] == [[0, 0], [1, -1]]
    assert by_hand("lines", x, labels)[1] == [[0, 0], [0, 0]]
    assert by_hand("deferred", x, labels)[1] == [[0, 0], [1, -1]]


def test_lines_unites_rows():
    x, labels = [[0, 255], [255, 0], [0, 0]], [0, 0, 0]
    events, w, curves = by_hand("lines", x, labels)
    assert (events, w, curves["pulses"]) == ([([0, 1], [0], [1])], [[1, -1], [1, -1]], [4])
    events, w, curves = by_hand("deferred", x, labels)
    assert (events, curves["pulses"]) == ([([1], [0], [1]), ([0], [0], [1])], [4])
    # The column is lowered for the first sample and raised for two: so are rows that only the first drove.
    assert by_hand("lines", [[255, 0], [0, 255], [0, 255]], [1, 0, 0])[1] == [[1, -1], [1, -1]]
    assert by_hand("signs", [[255, 0], [0, 255], [0, 255]], [1, 0, 0])[1] == [[-1, 1], [1, -1]]


def test_deferred_pulses_a_pair_once_per_sample():
    x, labels = [[255, 0], [255, 0], [255, 0]], [0, 0, 0]
    assert by_hand("deferred", x, labels)[1] == [[3, -3], [0, 0]]
    for rule in ("lines", "signs", "products"):
        events, w, curves = by_hand(rule, x, labels)
        assert (w, curves["pulses"]) == ([[1, -1], [0, 0]], [2])
        assert len(events) == {"lines": 1, "signs": 3, "products": 2}[rule]


def test_signs_count_and_products_weigh():
    """One full input against two faint ones."""
    x, labels = [[255, 0], [51, 0], [51, 0]], [0, 1, 1]
    assert by_hand("signs", x, labels)[1] == [[-1, 1], [0, 0]]
    assert by_hand("lines", x, labels)[1] == [[-1, 1], [0, 0]]
    assert by_hand("products", x, labels)[1] == [[1, -1], [0, 0]]


def test_only_lines_adds_up_errors_inside_the_dead_zone():
    x, labels = [[255, 0], [255, 0]], [0, 0]
    for rule in RULES:
        assert by_hand(rule, x, labels, output_dead_zone=0.6)[1] == [[1, -1] if rule == "lines" else [0, 0], [0, 0]]
        assert by_hand(rule, x, labels, output_dead_zone=1.0)[1] == [[0, 0], [0, 0]]  # not above it
        assert by_hand(rule, x, labels, output_dead_zone=0.5)[1][0] == ([1, -1] if rule == "lines" else [0, 0])


def test_curves_of_a_batch():
    """The loss is a mean, the misclassified samples are a sum; equal outputs mean the first class."""
    for rule in RULES:
        _, _, curves = by_hand(rule, [[255, 0]] * 3, [0, 1, 1])
        assert curves["loss"] == pytest.approx([np.log(2)])
        assert curves["wrong"] == [2]


def test_samples_that_do_not_fill_a_batch_are_left():
    layout = layout_of("auto", {"layers": (6, 3), "batch": 4})
    state, samples = fresh(layout), to_samples(*data(11, (6, 3), np.uint8), 0.1)
    events, curves = state.new_buffers()
    state.train(0, np.arange(11), samples, events, curves)
    assert events.iteration[0, : events.count[0]].max() == 2
    assert curves.loss[2] == 0


# ---------------------------------------------------------------------------------------------------------------------
# The parts, on samples at random


def rule_of(state, dead_zone, threshold=0.0):
    """The rule `sign` with these comparators."""
    zones = np.full(state.n_layers, dead_zone, np.float32)
    return Sign(state.reading._replace(dead_zone=zones, input_threshold=np.float32(threshold)))


def kept_at_random(rng, state, size, all_errors=None):
    """(room, kept, lists, twin) of a batch with few different errors, so that sums of 0 come up.

    `all_errors`: keep errors inside the dead zone, too, as the batch rule `lines` does; None: by chance.
    """
    geometry, (rows, cols) = state.geometry, state.shape(0)
    rooms, kept = ways.make_hardware_room(geometry, size), keeping.one_kept(keeping.make_all_kept(geometry, size), 0)
    kept.rows[:], kept.volts[:], kept.error[:] = -9, np.nan, np.nan
    lists, twins = buffers.make_lists(buffers.widest(geometry)), []
    for s in range(size):
        lines = np.flatnonzero(rng.random(rows) < 0.6).astype(np.int32)
        volts = rng.choice([0.025, 0.05, 0.1], len(lines)).astype(np.float32)
        delta = rng.choice([-0.5, -0.25, -0.125, 0.125, 0.25, 0.5], cols).astype(np.float32)
        threshold, zone = np.float32(rng.choice([0.0, 0.03, 0.1])), np.float32(rng.choice([-1.0, 0.125, 0.3]))
        if all_errors is not None:
            zone = np.float32(-1.0) if all_errors else max(zone, np.float32(0.0))
        room = ways.hardware_room_of(rooms, s)
        room.lines[0, : len(lines)], room.volts[0, : len(lines)], room.n_lines[0] = lines, volts, len(lines)
        room.delta[0, :cols] = delta
        keep = keeping.keep_all if zone < 0 else keeping.keep_fired
        keep(rule_of(state, zone, threshold), geometry, 0, s, 0, s, room, kept, lists)
        dense = np.zeros(rows, np.float32)
        dense[lines] = volts
        seen = dense.tolist(), delta, threshold
        twins.append(naive.keep_all(*seen) if zone < 0 else naive.keep_fired(*seen, zone))
        n = int(kept.n_rows[s])
        if zone >= 0 and n:  # firing rows are still listed
            own = kept._replace(volts=np.full_like(kept.volts, np.nan), rows=kept.rows.copy())
            products.keep_by_row(rows, 0, s, n, room, own, lists)
            assert own.volts[s, :rows].tolist() == [float(v) for v in naive.keep_by_row(dense.tolist(), threshold)]
            assert own.rows[s, :n].tolist() == list(twins[-1].volts)
    return rooms, kept, lists, twins


def by_row(kept, size):
    """The same as `products` keeps it: voltages of all rows, 0 where none fired."""
    dense = kept._replace(volts=np.zeros_like(kept.volts))
    for s in range(size):
        firing = kept.rows[s, : kept.n_rows[s]]
        dense.volts[s, firing] = kept.volts[s, : len(firing)]
    return dense


def test_the_parts_equal_their_twins():
    state = fresh(layout_of("ladder", {"layers": (8, 6)}))
    rng, (rows, cols) = np.random.default_rng(0), state.shape(0)
    for trial in range(120):
        size = 1 + trial % 7  # more than four are summed in one sweep
        _, kept, lists, twins = kept_at_random(rng, state, size)
        for s, twin in enumerate(twins):
            n = kept.n_rows[s]
            seen = dict(zip(kept.rows[s, :n].tolist(), kept.volts[s, :n].tolist(), strict=True))
            assert seen == {i: float(v) for i, v in twin.volts.items()}
            assert list(seen) == sorted(seen)
            assert kept.error[s, :cols].tolist() == [float(e) for e in twin.error]
            assert np.isnan(kept.error[s, cols:]).all()
            n_up, n_down = keeping.sort_columns(kept.error[s], cols, lists)
            assert (lists.up[:n_up].tolist(), lists.down[:n_down].tolist()) == naive.sort_columns(twin)
        summed_by_row = by_row(kept, size)
        netted.mark_columns(size, kept, cols)
        met = naive.mark_columns(twins)
        for s in range(size):
            n_up, n_down = netted.single_columns(s, kept, cols, lists)
            assert (lists.up[:n_up].tolist(), lists.down[:n_down].tolist()) == naive.single_columns(s, twins)
        for j in range(cols):
            samples = met.get(j, [])
            several = netted.SEVERAL if samples else netted.NEVER
            assert kept.only[j] == (samples[0] if len(samples) == 1 else several)
            for name, sums_of in (("net_signs", kept), ("net_products", summed_by_row)):
                n_up, n_down = getattr(netted, name)(j, size, sums_of, rows, lists)
                found = lists.firing[:n_up].tolist(), kept.other[:n_down].tolist()
                assert found == getattr(naive, name)(j, twins)
                assert not kept.total.any()
        n = summed.unite_rows(size, kept, rows, lists)
        assert lists.firing[:n].tolist() == naive.unite_rows(twins)
        assert not kept.total.any()
        kept.total[:] = 9.0
        summed.sum_errors(size, kept, cols)
        assert kept.total[:cols].tolist() == [float(e) for e in naive.sum_errors(twins)]


def test_a_border_between_groups_is_an_event_without_lines():
    state = fresh(layout_of("ladder", {"layers": (8, 6)}))
    events, _ = new_buffers(state.geometry, 1, 4)
    lists = buffers.make_lists(buffers.widest(state.geometry))
    for each in lists:
        each[:] = 3
    netted.separate(0, 17, lists, events)
    assert (events.count.tolist(), events.iteration[0, 0]) == ([1], 17)
    assert unpacked((17, *(getattr(events, f)[0, 0] for f in ("rows", "raised", "lowered")))) == naive.separate()


@pytest.mark.parametrize("rule", RULES)
def test_pulses_of_a_batch_equal_the_twin(rule):
    """On one array, batch after batch."""
    layout = layout_of("ladder", {"layers": (8, 6), "n_max": 4, "beta": 1.0})
    state, rng = fresh(layout), np.random.default_rng(1)
    array, d = naive.Array(*state.nominal(0)), naive.Device.of(layout.device)
    own = ladder.layer_of(state.array, state.geometry, 0)
    events, _ = new_buffers(state.geometry, 1, 400)
    for trial in range(40):
        size = 1 + trial % 7  # more than four are summed in one sweep
        rooms, kept, lists, twins = kept_at_random(rng, state, size, rule == "lines")
        kept = by_row(kept, size) if rule == "products" else kept
        events.count[:] = 0
        numbers, common = np.zeros(1, np.int64), (rule_of(state, 0.2), own, state.lines, state.geometry)
        issued = release(KINDS[rule](size), *common, 0, 5, numbers, 0, rooms, kept, lists, events)
        if rule == "lines":
            want = naive.pulse_lines_events(twins, 0.2)
            assert issued == naive.pulse_lines(twins, 0.2, array, "b", d)
        elif rule == "deferred":
            want = naive.record_signs(twins)
            assert issued == naive.pulse_deferred(twins, array, "b", d)
        else:
            assert issued == getattr(naive, f"pulse_{rule}")(twins, array, "b", d)
            want = naive.record_signs(twins) if rule == "signs" else naive.record_netted(twins)
        check_states(state, [array])
        got = [(5, *(getattr(events, f)[0, e] for f in ("rows", "raised", "lowered"))) for e in range(events.count[0])]
        assert (events.iteration[0, : len(got)] == 5).all()
        check_events([got], [types.SimpleNamespace(events={})] * 4 + [types.SimpleNamespace(events={0: want})], rule)
        assert numbers.tolist() == [len(want) if rule == "deferred" else int(bool(want))]
        assert not kept.total.any()


def test_working_memory_equals_the_twin():
    def shapes(buffers):
        return {name: getattr(buffers, name).shape for name in buffers._fields} if buffers else 0

    assert shapes(buffers.make_lists(7)) == naive.make_lists(7)
    geometry = SignState(layout_of("auto", {"layers": (5, 20, 3)})).geometry
    rooms, kept = ways.make_hardware_room(geometry, 4), keeping.make_all_kept(geometry, 4)
    assert shapes(rooms) == naive.make_hardware_room(geometry, 4)
    assert shapes(ways.hardware_room_of(rooms, 2)) == naive.hardware_room_of(naive.make_hardware_room(geometry, 4))
    assert shapes(kept) == naive.make_all_kept(geometry, 4)
    assert shapes(keeping.one_kept(kept, 1)) == naive.one_kept(naive.make_all_kept(geometry, 4))
    width = naive.widest(geometry)
    assert shapes(keeping.make_one_kept(width, 4)) == naive.make_one_kept(width, 4) == shapes(keeping.one_kept(kept, 0))
    rule, iteration = sign_rule(), np.array([3, 3, 4, 9, 9, 9, 11])
    for kind, remembers in ((Online, False), *((kind, True) for kind in KINDS.values())):
        scratch = loop.new_scratch(geometry, rule, kind(4))
        want = naive.new_scratch(remembers, naive.new_room(geometry, 4), geometry, 4)
        assert {name: shapes(getattr(scratch, name)) for name in ("room", "lists", "kept")} == {
            name: want[name] for name in ("room", "lists", "kept")
        }
        assert scratch.numbers.shape == want["numbers"]
        for numbers in (iteration, iteration[:0]):
            scratch = loop.replay_scratch(geometry, kind(4), numbers)
            want = naive.replay_scratch(remembers, geometry, numbers.tolist())
            assert {name: shapes(getattr(scratch, name)) for name in ("lists", "kept")} == want
    assert not kept.total.any()
    for s in range(4):
        ways.hardware_room_of(rooms, s).delta[:] = s
    assert (rooms.delta == np.arange(4)[:, None, None]).all()
    for k in range(2):
        keeping.one_kept(kept, k).volts[:] = k
    assert (kept.volts == np.arange(2)[:, None, None]).all()


@pytest.mark.parametrize("rule", RULES)
def test_test_accuracy_follows_batches(rule):
    """Columns of all events of a batch are read again."""
    from xbarsim.learn.evaluators import HardwareEvaluator

    values = {"layers": (6, 20, 3), "n_max": 9, "batch": 3, "batch_rule": rule, "hidden_dead_zone": 0.1}
    state = fresh(layout_of("auto", values))
    samples = to_samples(*data(60, (6, 20, 3), np.uint8), 0.1)
    tests = to_samples(*data(40, (6, 20, 3), np.uint8, seed=1), 0.1)
    events, curves = state.new_buffers()
    evaluator = HardwareEvaluator(state, tests)
    evaluator.accuracy()
    for t in range(20):
        state.train(t, np.arange(3 * t, 3 * t + 3), samples, events, curves)
        evaluator.note(events)
        full = HardwareEvaluator(state, tests)
        assert evaluator.accuracy() == full.accuracy()
        np.testing.assert_array_equal(evaluator._currents, full._currents)
