"""Arrays with wires in the training loop: tiles that follow the pulses, reads, whole runs, against the dense twin."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.circuit import real, wired

from xbarsim import LayoutError
from xbarsim.arrays.board import board_of
from xbarsim.arrays.nodal import sensed, sheets_of, solve
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.wires import Wires
from xbarsim.learn.evaluators import Evaluator, RealEvaluator
from xbarsim.learn.network import NetworkState

from ... import naive
from ..test_batch import check_events, unpacked
from ..test_train import check_log, check_states, data, layout_of, scales_of, states_of, train_library

pytestmark = pytest.mark.usefixtures("one_thread")

ALL = list(ROUTINGS)
TILES = [
    {},
    {"tile_rows": 3, "tile_columns": 4},
    {"tile_rows": 5, "tile_columns": 3},
    {"tile_rows": 1},
    {"tile_columns": 1},
]
CODES = {"split-both": wired.SPLIT_BOTH, "split-source": wired.SPLIT_SOURCE, "split-drain": wired.SPLIT_DRAIN}


def wired_layout(engine="auto", **kw):
    values = {
        "layers": (6, 5, 3),
        "n_max": 9,
        "wire_resistance": 1000.0,
        "wire_resistance_s": 400.0,
        "driver_resistance": 700.0,
    }
    return layout_of(engine, values | kw)


def fresh(layout):
    state = NetworkState(layout)
    state.initialise()
    return state


def twin_of(state):
    return naive.RealNetwork(state.layout, states_of(state), scales_of(state))


def tiles_of(board):
    """[(g, cd, cs)] of every tile, copied."""
    return [
        tuple(wired.tile_of(flat, board, t).copy() for flat in (board.g, board.cd, board.cs))
        for t in range(len(board.offset))
    ]


def wiring_of(layout):
    w = layout.wires
    return layout.array.routing, w.tile_rows, w.tile_columns, naive.Wire.of(w)


# ---------------------------------------------------------------------------------------------------------------------
# Tiles


@pytest.mark.parametrize("tiles", TILES, ids=str)
@pytest.mark.parametrize("routing", ALL)
def test_tiles_equal_the_twin(routing, tiles):
    for engine, kw in (
        ("ladder", {}),
        ("analog", {}),
        ("ladder", {"sigma": 0.5}),
        ("analog", {"sigma": 0.5, "method": "a"}),
    ):
        layout = wired_layout(engine, routing=routing, **tiles, **kw)
        state = fresh(layout)
        board, arrays = state.fresh_board(), twin_of(state).arrays
        want = naive.refresh_all(arrays, *wiring_of(layout))
        got = tiles_of(board)
        assert len(got) == len(want) == board.first[-1]
        per_layer = [len(naive.tiles_of(array, *wiring_of(layout)[:3])) for array in arrays]
        assert np.diff(board.first).tolist() == per_layer
        for t, ((g, cd, cs), (g_twin, cd_twin, cs_twin)) in enumerate(zip(got, want, strict=True)):
            np.testing.assert_array_equal(g, g_twin)
            np.testing.assert_allclose(cd, cd_twin, rtol=1e-6)
            np.testing.assert_allclose(cs, cs_twin, rtol=1e-6)
            rho = naive.coupling(g.astype(float).mean(), *g.shape, naive.Wire.of(layout.wires))
            assert board.rho[t] == pytest.approx(rho, rel=1e-9)
        # No two tiles share a cell of the flat buffers, and none is left.
        assert sum(g.size for g, _, _ in got) == board.g.size == board.u.size == board.s.size
        for t in range(len(got)):
            wired.tile_of(board.u, board, t)[:] = t
        for t in range(len(got)):
            assert (wired.tile_of(board.u, board, t) == t).all()


def test_owners_of_lines():
    for line in range(6):
        for routing in ALL:
            for split in ("split-source", "split-drain"):
                got = wired.owner(line, CODES[routing], CODES[split])
                assert tuple(got) == naive.owner(line, routing, split)


def test_what_a_device_conducts_equals_the_twin():
    for engine, kw in (("ladder", {}), ("analog", {}), ("ladder", {"sigma": 0.5}), ("analog", {"sigma": 0.5})):
        state = fresh(wired_layout(engine, **kw))
        array = twin_of(state).arrays[0]
        for i in range(7):
            for j in range(5):
                for side in (0, 1):
                    got = wired.conductance_of(i, j, side, state.code, state.ladder, state.layer(0))
                    assert got == naive.conductance_of(i, j, side, array)


@pytest.mark.parametrize(
    ("engine", "kw"),
    [
        ("ladder", {"method": "b"}),
        ("analog", {"method": "c", "tile_rows": 3, "tile_columns": 3}),
        ("ladder", {"method": "b", "sigma": 0.5, "double_sided": True}),
        pytest.param("analog", {"method": "a", "sigma": 0.5, "tile_columns": 1}, marks=pytest.mark.jit),
        ("ladder", {"method": "a", "batch": 3, "batch_rule": "lines"}),
        pytest.param("ladder", {"batch": 3, "batch_rule": "deferred", "tile_rows": 2}, marks=pytest.mark.jit),
        ("ladder", {"batch": 4, "batch_rule": "signs"}),
        ("analog", {"batch": 4, "batch_rule": "products", "method": "c"}),
        pytest.param("ladder", {"layers": (9, 17, 5, 3), "tile_columns": 5}, marks=pytest.mark.jit),
    ],
    ids=str,
)
@pytest.mark.parametrize("routing", ALL)
def test_tiles_follow_the_pulses(engine, kw, routing):
    """What is brought up to date event by event is what a new start would give, to the last bit."""
    layout = wired_layout(engine, routing=routing, output_dead_zone=0.3, hidden_dead_zone=0.1, **kw)
    state = fresh(layout)
    x, y = data(24, layout.network.layers, np.uint8)
    start = [g.copy() for g, _, _ in tiles_of(state.fresh_board())]
    pulsed = 0
    for part in (slice(0, 4), slice(4, 12), slice(12, 24)):
        log, _ = train_library(state, x[part], y[part], (2, 1))
        pulsed += sum(map(len, log))
        assert not state._board_stale
        kept, rho = tiles_of(state.board), state.board.rho.copy()
        other = board_of(layout, state.geometry)
        wired.refresh_all(state.geometry, state.code, state.ladder, state.pairs, other)
        for one, two in zip(kept, tiles_of(other), strict=True):
            for a, b in zip(one, two, strict=True):
                np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(rho, other.rho)
    assert pulsed > 3
    assert sum((a != b[0]).any() for a, b in zip(start, kept, strict=True)) > 1


def test_only_crossings_of_changed_lines_are_refreshed():
    layout = wired_layout("analog", routing="split-source", tile_rows=3, tile_columns=5)
    state = fresh(layout)
    board = state.fresh_board()
    before = [g for g, _, _ in tiles_of(board)]
    state.pairs.g_plus[:] *= 2
    rows, cols = np.zeros(7, bool), np.zeros(5, bool)
    rows[[1, 5]], cols[2] = True, True
    wired.refresh(0, rows, cols, state.code, state.ladder, state.layer(0), board)
    for t, old in enumerate(before):
        new = wired.tile_of(board.g, board, t)
        for r, c in np.ndindex(old.shape):
            i, j, minus = board.row0[t] + r, (board.col0[t] + c) // 2, (board.col0[t] + c) % 2
            changed = t < board.first[1] and rows[i] and cols[j] and not minus
            assert new[r, c] == (2 * old[r, c] if changed else old[r, c])


def test_replay_and_new_states_are_noticed():
    layout = wired_layout()
    state, other = fresh(layout), fresh(layout)
    state.fresh_board()
    other.fresh_board()
    log, _ = train_library(state, *data(10, (6, 5, 3), np.uint8), (10,))
    for k, events in enumerate(log):
        other.replay(k, *(np.array([event[f] for event in events]) for f in range(4)))
    for a, b in zip(tiles_of(state.fresh_board()), tiles_of(other.fresh_board()), strict=True):
        np.testing.assert_equal(a, b)
    state.set_nominal(0, *fresh(layout).nominal(0))
    first = state.board.first[1]
    want = tiles_of(fresh(layout).fresh_board())[:first]
    np.testing.assert_equal(tiles_of(state.fresh_board())[:first], want)


# ---------------------------------------------------------------------------------------------------------------------
# Reads


@pytest.mark.parametrize("tiles", TILES, ids=str)
@pytest.mark.parametrize("routing", ALL)
def test_reads_equal_the_twin_and_the_python_interface(routing, tiles):
    layout = wired_layout("analog", layers=(6, 5), routing=routing, sense_resistance=300.0, **tiles)
    state = fresh(layout)
    array, (plus, minus) = twin_of(state).arrays[0], state.conductance(0)
    exact = Wires(**{**vars(layout.wires), "wire_tolerance": 1e-12})
    rng = np.random.default_rng(1)
    for forward in (True, False):
        n, m = (7, 5) if forward else (5, 7)
        volts, out = rng.uniform(-0.1, 0.1, n), np.full(m, np.nan)
        volts[1] = 0
        sweeps, residual = wired.read_tiles(0, volts, forward, state.fresh_board(), out)
        assert 0 < residual <= 1e-6
        want = naive.read_tiles(array, volts, forward, *wiring_of(layout))
        top = (plus.sum() + minus.sum()) * 0.1
        np.testing.assert_allclose(out, want, rtol=0, atol=2e-7 * top)
        solutions = [solve(sheet, exact, volts, forward=forward) for sheet in sheets_of(plus, minus, routing)]
        np.testing.assert_allclose(np.subtract(*sensed(solutions, m, forward=forward)), want, rtol=0, atol=1e-10 * top)
        ideal = volts @ (plus.astype(float) - minus) if forward else (plus.astype(float) - minus) @ volts
        assert np.abs(ideal - want).max() > 2e-5 * top  # the wires matter
        assert sweeps > 1


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("routing", ALL)
def test_tiles_are_arrays_whose_currents_are_added(routing, forward):
    """Pairs are cut apart where the lines of a pair are side by side and a tile takes an odd number of them."""
    rng = np.random.default_rng(4)
    plus, minus = rng.uniform(1e-7, 1e-6, (2, 7, 6)).astype(np.float32)
    whole = Wires(wire_resistance=800.0, sense_resistance=90.0, wire_tolerance=1e-12)
    volts = rng.uniform(-0.1, 0.1, 7 if forward else 6)
    n = 6 if forward else 7
    for tall, wide in ((3, 0), (0, 5), (3, 5), (1, 1), (2, 4), (100, 100)):
        tiled = Wires(**{**vars(whole), "tile_rows": tall, "tile_columns": wide})
        solutions = [solve(sheet, tiled, volts, forward=forward) for sheet in sheets_of(plus, minus, routing)]
        got = np.subtract(*sensed(solutions, n, forward=forward))
        want = np.zeros(n)
        for sheet in sheets_of(plus, minus, routing):
            a, b = sheet.g.shape
            for r in range(0, a, tall or a):
                for c in range(0, b, wide or b):
                    rows, cols = slice(r, r + (tall or a)), slice(c, c + (wide or b))
                    drive_d = (
                        volts[sheet.row_of[rows]] * sheet.row_drive[rows] if forward else np.zeros(len(sheet.g[rows]))
                    )
                    drive_s = (
                        np.zeros(sheet.g[:, cols].shape[1])
                        if forward
                        else volts[sheet.column_of[cols]] * sheet.column_drive[cols]
                    )
                    part = naive.solve(sheet.g[rows, cols], drive_d, drive_s, naive.Wire.of(whole))
                    out, sign, of = (
                        (part.out_s, sheet.column_sense[cols], sheet.column_of[cols])
                        if forward
                        else (part.out_d, sheet.row_sense[rows], sheet.row_of[rows])
                    )
                    for current, s, k in zip(out, sign, of, strict=True):
                        want[k] += s * current
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-10 * np.abs(want).max())


@pytest.mark.parametrize("tiles", TILES[:3], ids=str)
@pytest.mark.parametrize("routing", ALL)
def test_the_transfer_matrix_is_the_reads_of_unit_vectors(routing, tiles):
    layout = wired_layout("ladder", routing=routing, double_sided=True, **tiles)
    state = fresh(layout)
    flat, board = np.full_like(state.weights, 9.0), state.fresh_board()
    _, residual = wired.transfer_matrix(state.geometry, board, flat)
    assert 0 < residual <= 1e-6
    for k, array in enumerate(twin_of(state).arrays):
        rows, cols = state.shape(k)
        a, stride = int(state.geometry.offset[k]), int(state.geometry.stride[k])
        got = flat[a : a + rows * stride].reshape(rows, stride)
        assert (got[:, cols:] == 9).all()  # the padding is not touched
        want = naive.transfer_matrix(array, *wiring_of(layout))
        top = sum(np.sum(side) for side in array.conducting)
        np.testing.assert_allclose(got[:, :cols], want, rtol=0, atol=2e-7 * top)
        out = np.empty(cols)
        for i, unit in enumerate(np.eye(rows)):
            wired.read_tiles(k, unit, True, board, out)
            np.testing.assert_allclose(out, got[i, :cols], rtol=0, atol=2e-7 * top)


def test_what_is_noted_of_reads():
    stats, reads = np.zeros(3), [(3, 1e-7), (5, 4e-7), (2, 1e-9)]
    for sweeps, residual in reads:
        real.note_read(sweeps, residual, stats)
    assert tuple(stats) == naive.note_read(reads)
    assert (real.READS, real.SWEEPS, real.RESIDUAL) == (0, 1, 2)
    state = fresh(wired_layout())
    assert state.reads == {"reads": 0, "sweeps": 0.0, "residual": 0.0}
    train_library(state, *data(4, (6, 5, 3), np.uint8), (2,))
    got = state.reads
    assert got["reads"] == 4 * 3  # forward twice, backward once
    assert got["sweeps"] >= 2
    assert 0 < got["residual"] <= 1e-6


# ---------------------------------------------------------------------------------------------------------------------
# Training

RUNS = [
    ("ladder", {"method": "b"}),
    ("analog", {"method": "c", "routing": "split-source", "tile_rows": 3}),
    ("analog", {"method": "a", "routing": "split-drain", "double_sided": True, "layers": (6, 4, 5, 3)}),
    ("ladder", {"method": "b", "sigma": 0.4, "routing": "split-source", "tile_columns": 3}),
    ("ladder", {"method": "b", "bias": False, "driver_resistance": 0.0, "wire_resistance_s": 0.0, "layers": (6, 3)}),
    ("ladder", {"method": "a", "batch": 3, "batch_rule": "signs", "routing": "split-drain", "tile_rows": 5}),
    ("analog", {"method": "c", "batch": 3, "batch_rule": "products"}),
    ("ladder", {"method": "b", "batch": 3, "batch_rule": "lines", "sense_resistance": 2000.0}),
    ("ladder", {"method": "b", "batch": 3, "batch_rule": "deferred", "routing": "split-source"}),
]  # fmt: skip


def compare(layout, samples, dtype=np.uint8, closest=1e-5):
    """Train the library and the twin; returns (state, twin, log, curves)."""
    state = fresh(layout)
    twin = twin_of(state)
    x, y = data(samples, layout.network.layers, dtype)
    log, curves = train_library(state, x, y, blocks=(1, 7, 4))
    if layout.run.batch == 1:
        records = naive.train_block(twin, x, y.tolist())
        check_log(log, records, state)
    else:
        records = naive.train_batches(twin, x, y.tolist(), layout.run.batch, layout.pulses.batch_rule)
        check_events(log, records, layout.pulses.batch_rule)
    assert twin.closest > closest, "a comparator is so near its threshold that rounding decides: take another seed"
    check_states(state, twin.arrays)
    for name in ("pulses", "resets", "wrong"):
        assert curves[name] == [getattr(r, name) for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-4)
    return state, twin, log, curves


@pytest.mark.parametrize(("engine", "kw"), RUNS, ids=str)
def test_training_equals_the_twin(engine, kw):
    from ...conftest import JIT

    _, _, log, _ = compare(wired_layout(engine, **kw), 90 if JIT else 12)
    assert all(log)


@pytest.mark.jit
@pytest.mark.parametrize("routing", ALL)
def test_wires_change_what_is_learned_and_tiny_ones_do_not(routing):
    x, y = data(150, (6, 5, 3), np.uint8)
    logs = []
    for ohm in (0.0, 1e-9, 1000.0):
        wires = {"wire_resistance": ohm, "wire_resistance_s": ohm, "driver_resistance": ohm, "sense_resistance": ohm}
        state = fresh(wired_layout(routing=routing, **wires))
        assert state.real is (ohm > 0)
        log, curves = train_library(state, x, y, (50,))
        logs.append(([[(e[0], unpacked(e)) for e in layer] for layer in log], curves["pulses"], states_of(state)))
    np.testing.assert_equal(logs[1], logs[0])
    assert logs[2][0] != logs[0][0]


@pytest.mark.parametrize("routing", ALL)
def test_exact_wires_without_resistance_are_ideal(routing):
    values = dict.fromkeys(("wire_resistance", "wire_resistance_s", "driver_resistance"), 0.0)
    x, y = data(24, (6, 5, 3), np.uint8)
    answers = []
    for circuit in ("auto", "exact", "ideal"):
        state = fresh(wired_layout(circuit=circuit, routing=routing, **values))
        assert bool(state.board.wired) is (circuit == "exact")
        log, _ = train_library(state, x, y, (5,))
        answers.append([[(e[0], unpacked(e)) for e in layer] for layer in log])
    assert answers[0] == answers[1] == answers[2]


def test_ideal_wires_on_demand():
    state = fresh(wired_layout(circuit="ideal"))
    assert not state.real
    assert not state.board.wired
    assert len(state.board.offset) == 0
    assert isinstance(state.evaluator(to_samples(*data(3, (6, 5, 3), np.uint8), 0.1)), Evaluator)


def test_a_training_that_does_not_converge_is_an_error():
    state = fresh(wired_layout(wire_resistance=50_000.0, wire_sweeps=2))
    with pytest.raises(
        LayoutError, match=r"^wires\.wire_sweeps: expected a residual of 1e-06 after at most 2 sweeps, got"
    ):
        train_library(state, *data(4, (6, 5, 3), np.uint8), (2,))
    state = fresh(wired_layout(wire_resistance=50_000.0, wire_sweeps=2))
    with pytest.raises(LayoutError, match="allow more sweeps"):
        state.transfer()


# ---------------------------------------------------------------------------------------------------------------------
# Test accuracy


@pytest.mark.parametrize("routing", ALL)
@pytest.mark.parametrize("layers", [(6, 3), (6, 5, 3), (6, 5, 4, 3)])
def test_classes_equal_the_twin(layers, routing):
    """The twin solves the whole circuit for every sample."""
    layout = wired_layout(routing=routing, layers=layers, c=0.3, initial_steps=9, tile_rows=4, wire_resistance=40_000.0)
    state = fresh(layout)
    x, y = data(40, layers, np.uint8, seed=8)
    evaluator = state.evaluator(to_samples(x, y, 0.1))
    assert isinstance(evaluator, RealEvaluator)
    want = naive.classify_real(twin_of(state), x)
    assert evaluator.accuracy() == np.mean(np.array(want) == y)
    assert evaluator._winners.tolist() == want
    assert len(set(want)) > 1
    change = np.abs(state.transfer() - state.weights).max()
    assert change > 0.02 * np.abs(state.weights).max()  # the wires matter


@pytest.mark.jit
def test_accuracy_follows_the_pulses():
    layout = wired_layout(output_dead_zone=0.35, hidden_dead_zone=0.25)
    state = fresh(layout)
    samples = to_samples(*data(60, (6, 5, 3), np.uint8), 0.1)
    tests = to_samples(*data(40, (6, 5, 3), np.uint8, seed=1), 0.1)
    events, curves = state.new_buffers()
    evaluator, seen = state.evaluator(tests), set()
    for t in range(60):
        state.train(t, np.arange(t, t + 1), samples, events, curves)
        evaluator.note(events)
        before = state.reads["reads"]
        seen.add(evaluator.accuracy())
        # Solved again only if something was pulsed.
        assert (state.reads["reads"] > before) is (t == 0 or bool(events.count.any()))
        assert evaluator.accuracy() == state.evaluator(tests).accuracy()
    assert len(seen) > 2
    state.set_nominal(0, *fresh(layout).nominal(0))
    evaluator.refresh()
    assert evaluator.accuracy() == state.evaluator(tests).accuracy()


def test_the_twins_of_the_parts_agree_with_each_other():
    """Reads one by one, and the way of a sample through the network."""
    layout = wired_layout()
    state = fresh(layout)
    twin = twin_of(state)
    x, y = data(1, (6, 5, 3), np.uint8)
    volts, deltas, _, _ = naive.pass_real(twin, x[0], int(y[0]))
    currents = naive.read_columns(twin, 0, volts[0])
    again = naive.read_error(twin, 1, deltas[1], currents)
    assert [float(a) for a in again] == [float(a) for a in deltas[0]]
