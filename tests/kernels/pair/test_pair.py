"""One update of a pair by methods a, b and c, against hand-made cases, the naive twin, and the ladder's tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.pair import analog, ladder, methods, pairs, weight
from xbarsim.kernels.pair import counts as packing
from xbarsim.kernels.pair import update as pair
from xbarsim.kernels.pair.analog import Analog
from xbarsim.kernels.pair.varied import Varied

from xbarsim import Device, Layout
from xbarsim.learn.sign import SignState

from ... import naive
from ..states import counts_of, pulse, walk

CODES = {"a": methods.METHOD_A, "b": methods.METHOD_B, "c": methods.METHOD_C}
SCALES = [tuple(map(np.float32, x)) for x in ((1, 1), (1.3, 0.7), (0.4, 2.1), (0, 1), (1, 0), (0, 0))]
EXACT = Device(g_min=2.0**-30, g_max=2.0**-30 + 2.0**-20, n_max=64, beta=0.0)  # every state is a float32, exactly
UNIT = 2.0**-26  # its step


def update(this, other, method, description, x_this=1.0, x_other=1.0):
    """The kernel's answer as plain numbers."""
    scales = np.float32(x_this), np.float32(x_other)
    answer = pair.update(np.float32(this), np.float32(other), *scales, CODES[method], description.kernel())
    return tuple(float(x) for x in answer[:2]) + tuple(int(x) for x in answer[2:])


def level(k):
    """Conductance of `EXACT` after k pulses."""
    return 2.0**-30 + k * UNIT


def test_find_step_equals_the_twin():
    steps = Device(n_max=9, beta=2.0).staircase()
    between = np.concatenate([steps, np.nextafter(steps, np.float32(0)), np.nextafter(steps, np.float32(1))])
    for g in between:
        assert pair.find_step(steps, g) == naive.find_step(steps.tolist(), float(g))


@pytest.mark.parametrize("method", "abc")
@pytest.mark.parametrize(("n_max", "beta"), [(1, 0.0), (2, 1.0), (7, 0.0), (13, 2.0), (12, 5.0), (40, 3.0)])
def test_replays_looked_up_equal_replays_pulsed(method, n_max, beta):
    """From every pair of stairs, and from states between the stairs."""
    description = Device(n_max=n_max, beta=beta)
    d, steps = description.kernel(), description.staircase()
    middle = (steps[1:] + steps[:-1]) / np.float32(2)
    others = np.concatenate(
        [steps, middle, np.nextafter(steps[1:], np.float32(0)), np.nextafter(steps[:-1], np.float32(1))]
    )
    for this in (steps[-1], steps[0], steps[n_max // 2]):
        for other in others:
            for x in SCALES:
                pulsed = pair.update(this, other, *x, CODES[method], d)
                assert pair.update_known(this, other, *x, CODES[method], d, steps) == pulsed
                assert pair.update_known(this, other, *x, CODES[method], d, steps[:0]) == pulsed


@pytest.mark.parametrize("method", "abc")
def test_below_gmax_an_update_is_one_pulse(method):
    assert update(level(0), level(0), method, EXACT) == (level(1), level(0), 1, 0, 0, 0)
    assert update(level(62), level(64), method, EXACT) == (level(63), level(64), 1, 0, 0, 0)
    assert update(level(63), level(5), method, EXACT) == (level(64), level(5), 1, 0, 0, 0)


@pytest.mark.parametrize("method", "abc")
def test_both_at_gmax_are_reset(method):
    assert update(level(63), level(64), method, EXACT) == (level(0), level(0), 1, 0, 1, 1)


def test_method_a_at_a_full_side():
    # W is 64 - 40 = 24 steps; both reset, then 25 pulses.
    assert update(level(64), level(40), "a", EXACT) == (level(25), level(0), 25, 0, 1, 1)
    assert update(level(64), level(1), "a", EXACT) == (level(64), level(0), 64, 0, 1, 1)
    # W cannot be raised any more: the side ends full again.
    assert update(level(64), level(0), "a", EXACT) == (level(64), level(0), 64, 0, 1, 1)
    # Both full before the update: W is 0, the target one step.
    assert update(level(64), level(64), "a", EXACT) == (level(1), level(0), 1, 0, 1, 1)


def test_method_b_at_a_full_side():
    assert update(level(64), level(40), "b", EXACT) == (level(64), level(39), 0, 39, 0, 1)
    assert update(level(64), level(1), "b", EXACT) == (level(64), level(0), 0, 0, 0, 1)
    assert update(level(64), level(0), "b", EXACT) == (level(64), level(0), 0, 0, 0, 1)
    assert update(level(64), level(64), "b", EXACT) == (level(64), level(63), 0, 63, 0, 1)


def test_method_c_at_a_full_side():
    assert update(level(64), level(40), "c", EXACT) == (level(64), level(39), 0, 1, 0, 0)
    assert update(level(64), level(0), "c", EXACT) == (level(64), level(0), 0, 1, 0, 0)
    assert update(level(64), level(64), "c", EXACT) == (level(64), level(63), 0, 1, 0, 0)


def test_method_a_overshoots_on_the_steep_part_of_the_staircase():
    description = Device(g_min=0.0, g_max=1.0, n_max=10, beta=3.0)
    steps = description.staircase().astype(float)
    d = naive.Device.of(description)
    for m in range(10):
        this, other, pulses, _, resets, resets_other = update(1.0, steps[m], "a", description)
        target = 1.0 - steps[m] + naive.step_up(1.0, d)
        assert (other, resets, resets_other) == (0.0, 1, 1)
        assert this == steps[pulses]
        assert this >= target - d.near_top or this == 1.0
        assert steps[pulses - 1] < target - d.near_top  # it stopped as soon as the target was crossed


scale = st.one_of(st.just(1.0), st.just(0.0), st.floats(0.0, 3.0, width=32))


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    n=st.integers(1, 40),
    beta=st.floats(0.0, 4.0),
    beta_d=st.floats(0.0, 4.0),
    method=st.sampled_from("abc"),
    this=st.one_of(st.just(1.0), st.floats(0.0, 1.0)),
    other=st.one_of(st.just(1.0), st.just(0.0), st.floats(0.0, 1.0)),
    scales=st.tuples(scale, scale),
)
def test_an_update_equals_the_twin(n, beta, beta_d, method, this, other, scales):
    description = Device(g_min=1e-7, g_max=1e-6, n_max=n, beta=beta, beta_d=beta_d)
    d = naive.Device.of(description)
    this, other = (min(naive.single(d.g_min + x * (d.g_max - d.g_min)), d.g_max) for x in (this, other))
    got = update(this, other, method, description, *scales)
    assert got == naive.update(this, other, method, d, *scales)
    if method != "a":
        assert got == update(this, other, method, description)
    assert d.g_min <= got[0] <= d.g_max
    assert d.g_min <= got[1] <= d.g_max
    assert not got[0] == got[1] == d.g_max


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    n=st.integers(1, 30),
    beta=st.floats(0.0, 4.0),
    method=st.sampled_from("ab"),
    p=st.integers(0, 30),
    m=st.integers(0, 30),
)
def test_methods_a_and_b_never_move_w_the_wrong_way(n, beta, method, p, m):
    description = Device(n_max=n, beta=beta)
    steps = description.staircase().astype(float)
    this, other = steps[min(p, n)], steps[min(m, n)]
    new_this, new_other, *_ = update(this, other, method, description)
    if new_this == new_other == steps[0]:
        return  # both were full
    assert new_this - new_other >= this - other - 1e-12


def one_pair(plus, minus, method, description, scales=(1.0, 1.0)):
    """An array of a single pair."""
    p = pairs.empty_pairs((16,), (1,))
    p.g_plus[:], p.g_minus[:] = plus, minus
    p.x_plus[:], p.x_minus[:] = scales
    p.w[0] = p.x_plus[0] * p.g_plus[0] - p.x_minus[0] * p.g_minus[0]
    return Analog(p.w, p, CODES[method], description.kernel(), description.staircase())


@pytest.mark.parametrize("method", "abc")
@pytest.mark.parametrize("beta", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("scales", SCALES, ids=str)
def test_walk_equals_the_twin(method, beta, scales):
    """What the devices conduct after every update, and the nominal state after the last."""
    description = Device(n_max=9, beta=beta)
    d = naive.Device.of(description)
    rng = np.random.default_rng(5)
    signs = np.concatenate([np.where(rng.random(400) < 0.75, 1, -1), np.where(rng.random(400) < 0.25, 1, -1)])
    plus, minus = description.staircase()[3], description.staircase()[5]
    array = one_pair(plus, minus, method, description, scales)
    walked = walk(array, 1, 1, 0, 0, signs)
    states = naive.walk_pair(signs, method, d, float(plus), float(minus), *map(float, scales))
    x, y = scales
    assert walked.tolist() == [[x * np.float32(a), y * np.float32(b)] for a, b in states]
    assert (array.pairs.g_plus[0], array.pairs.g_minus[0]) == states[-1]
    assert max(a for a, _ in states) == max(b for _, b in states) == np.float32(d.g_max)  # it did meet full sides
    # The same step by step: nominal states, of a device that conducts nothing, too.
    for n in (1, 57, 256, 601):
        array = one_pair(plus, minus, method, description, scales)
        walk(array, 1, 1, 0, 0, signs[:n])
        assert (array.pairs.g_plus[0], array.pairs.g_minus[0]) == states[n]


def test_methods_a_and_b_coincide_in_w_without_nonlinearity_state_by_state():
    for p in range(65):
        for m in range(0, 65, 1 if p == 64 else 7):
            a, b = update(level(p), level(m), "a", EXACT), update(level(p), level(m), "b", EXACT)
            assert a[0] - a[1] == b[0] - b[1]


@settings(deadline=None, derandomize=True, max_examples=15)
@given(seed=st.integers(0, 2**32), drift=st.floats(0.3, 0.7), p=st.integers(0, 64), m=st.integers(0, 64))
def test_methods_a_and_b_coincide_in_w_without_nonlinearity_over_long_sequences(seed, drift, p, m):
    rng = np.random.default_rng(seed)
    signs = np.where(rng.random(1500) < drift, 1, -1).astype(np.int8)
    walks = {}
    for method in "ab":
        plus, minus = walk(one_pair(level(p), level(m), method, EXACT), 1, 1, 0, 0, signs[1:]).T
        walks[method] = plus - minus
    np.testing.assert_array_equal(walks["a"], walks["b"])


def test_methods_a_and_b_differ_with_nonlinearity():
    rng = np.random.default_rng(1)
    signs = np.where(rng.random(500) < 0.6, 1, -1).astype(np.int8)
    walks = {}
    for method in "ab":
        array = one_pair(0.0, 0.0, method, Device(g_min=0.0, n_max=16, beta=2.0))
        plus, minus = walk(array, 1, 1, 0, 0, signs[1:]).T
        walks[method] = plus - minus
    assert not np.array_equal(walks["a"], walks["b"])


def flush(tally, p):
    """Move packed counts into the counters of pairs."""
    ladder.flush_tally(tally, p.pulses_plus, p.pulses_minus, p.resets_plus, p.resets_minus)


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    counts=st.tuples(
        st.integers(0, 2**20 - 1), st.integers(0, 2**20 - 1), st.integers(0, 2**12 - 1), st.integers(0, 2**12 - 1)
    )
)
def test_packed_counts(counts):
    packed = packing.pack(*counts)
    assert int(packed) == naive.pack(*counts)
    assert naive.unpack(packed) == packing.unpack(np.uint64(packed)) == counts
    buffers, tally = pairs.empty_pairs((2, 16), (3, 2)), np.zeros((3, 2), np.uint64)
    tally[2, 1] = packed
    buffers.pulses_plus[2, 1] = 7
    flush(tally, buffers)
    assert not tally.any()
    names = ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")
    flushed = [int(getattr(buffers, name)[2, 1]) for name in names]
    assert flushed == [counts[0] + 7, *counts[1:]]
    assert sum(int(getattr(buffers, name).sum()) for name in names) == sum(flushed)


@pytest.mark.parametrize("method", "ab")
@pytest.mark.parametrize(("beta", "n"), [(0.0, 1), (0.0, 6), (1.0, 9), (3.0, 12)])
def test_ladder_tables_equal_the_twin(method, beta, n):
    description = Device(n_max=n, beta=beta)
    steps = description.staircase()
    shapes = {name: array.shape for name, array in ladder.empty_tables(len(steps) ** 2)._asdict().items()}
    assert shapes == naive.empty_tables(len(steps) ** 2)
    tables = ladder.tables_of(steps, CODES[method], description.kernel())
    twin = naive.tables_of(naive.Device.of(description), method)
    for sign, entries, issued in (
        (1, tables.raising, tables.issued_raising),
        (-1, tables.lowering, tables.issued_lowering),
    ):
        for (p, m), (new_p, new_m, w, counts) in twin[sign].items():
            assert (tables.plus[p * (n + 1) + m], tables.minus[p * (n + 1) + m]) == (steps[p], steps[m])
            entry = int(entries[p * (n + 1) + m])
            assert divmod(entry >> 32, n + 1) == (new_p, new_m)
            assert np.uint32(entry & 0xFFFFFFFF).view(np.float32) == w
            assert naive.unpack(issued[p * (n + 1) + m]) == counts


def test_memory_of_the_buffers():
    numbers = np.zeros((5, 3), np.uint16), np.zeros((5, 3), np.uint64)  # of the ladder engine
    buffers = [*pairs.empty_pairs((3, 16), (5, 3))[:-1], *numbers]
    assert pairs.bytes_of((3, 16), (5, 3)) == naive.bytes_of(48, 15) == sum(b.nbytes for b in buffers)


def test_weights_equal_the_twin():
    """Rounded after every operation, as the devices conduct, each for itself and in their buffers."""
    rng = np.random.default_rng(6)
    g, x, y = rng.uniform(0, 1e-6, (2, 4, 3)), rng.uniform(0, 2, (2, 4, 3)), rng.uniform(-1e-8, 1e-8, (2, 4, 3))
    array = naive.Array(*g, *x, *y)
    own = pairs.empty_pairs((4, 16), (3, 4))
    for name, values in (("g", g), ("x", x), ("y", y)):
        for side, part in zip(("plus", "minus"), values, strict=True):
            getattr(own, f"{name}_{side}")[:] = part.T
    for i in range(4):
        for j in range(3):
            six = [np.float32(values[side][i, j]) for values in (g, x, y) for side in (0, 1)]
            want = naive.weight(*six)
            assert weight.weight(*six) == want == naive.weigh_pair(array, i, j)
            weight.weigh_pair(own, i, j)
            assert own.w[i, j] == want
            for side in (0, 1):
                assert weight.conducted(own, i, j, side) == naive.conducted(array, i, j, side)
    assert not own.w[:, 3:].any()


def random_event(rng, rows, cols):
    """Firing rows and columns of one pulse event."""
    firing = np.flatnonzero(rng.random(rows) < 0.6).astype(np.int32)
    signs = rng.choice([-1, 0, 1], cols, p=[0.3, 0.2, 0.5])
    return firing, np.flatnonzero(signs > 0).astype(np.int32), np.flatnonzero(signs < 0).astype(np.int32)


@pytest.mark.parametrize(
    ("engine", "method"), [("ladder", "a"), ("ladder", "b"), ("analog", "a"), ("analog", "b"), ("analog", "c")]
)
@pytest.mark.parametrize("beta", [0.0, 2.0])
@pytest.mark.parametrize("known", [True, False], ids=["staircase", "pulse-by-pulse"])
@pytest.mark.parametrize("varied", [False, True], ids=["alike", "varied"])
def test_arrays_of_pairs_equal_the_twin(engine, method, beta, known, varied):
    if (engine, method, varied) == ("ladder", "a", True):
        return  # a replay depends on the scales: there is no ladder of it
    rows, cols, n = 5, 4, 6
    description = Device(n_max=n, beta=beta)
    steps, d, k = description.staircase(), naive.Device.of(description), description.kernel()
    rng = np.random.default_rng(3)
    p, m = rng.integers(0, n + 1, (rows, cols)), rng.integers(0, n, (rows, cols))
    twin = naive.Array(steps[p], steps[m])
    own = pairs.empty_pairs((rows, 16), (cols, rows))
    assert (own.x_plus == 1).all()
    assert (own.x_minus == 1).all()
    if varied:
        x_plus, x_minus = np.maximum(rng.normal(1.0, 0.5, (2, rows, cols)), 0).astype(np.float32)
        x_plus[1, 2] = x_minus[3, 0] = 0.0
        twin = naive.Array(steps[p], steps[m], x_plus, x_minus)
        own.x_plus[:], own.x_minus[:] = x_plus.T, x_minus.T
    own.w[:, :cols] = twin.weights
    numbers, tally = (p * (n + 1) + m).T.astype(np.uint16), np.zeros((cols, rows), np.uint64)
    own.g_plus[:], own.g_minus[:] = steps[p].T, steps[m].T
    windows = own.x_plus, own.x_minus, own.y_plus, own.y_minus
    tables = ladder.tables_of(steps, CODES[method], k) if method != "c" else ladder.empty_tables((n + 1) ** 2)
    if varied:
        on_ladder = Varied(own.w, numbers, tally, *windows, tables, float(k.g_max))
    else:
        on_ladder = ladder.Ladder(own.w, own.w.view(np.uint32).reshape(-1), numbers, tally, tables, float(k.g_max))
    seen = 0
    for _ in range(60):
        firing, up, down = random_event(rng, rows, cols)
        # Room beyond the listed lines must not be looked at.
        padded = [np.concatenate([x, np.zeros(3, np.int32)]) for x in (firing, up, down)]
        lines = (padded[0], len(firing), padded[1], len(up), padded[2], len(down))
        if engine == "ladder":
            issued = pulse(on_ladder, *lines)
            g_plus, g_minus = (steps[s] for s in np.divmod(numbers.T, n + 1))
        else:
            issued = analog.update_analog(*lines, own, CODES[method], k, steps if known else steps[:0])
            g_plus, g_minus = own.g_plus.T, own.g_minus.T
        assert issued == naive.update_analog(firing.tolist(), up.tolist(), down.tolist(), twin, method, d)
        assert g_plus.tolist() == twin.plus
        assert g_minus.tolist() == twin.minus
        assert own.w[:, :cols].tolist() == [[float(x) for x in row] for row in twin.weights]
        assert not own.w[:, cols:].any()
        seen += issued[1]
    flush(tally, own)
    for name in ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus"):
        assert getattr(own, name).T.tolist() == getattr(twin, name)
    assert (seen > 0) or method == "c"


# ---------------------------------------------------------------------------------------------------------------------
# The ladder's packed counts, past their limits


def hammer(method, n_max, updates):
    """Raise the one pair of the first of two columns so many times; returns the state."""
    state = SignState(Layout.of(layers=(1, 2), bias=False, n_max=n_max, beta=1.0, method=method, initial_steps=0))
    state.initialise()
    rows = np.full((updates, 1), 1, np.uint8)
    state.replay(0, np.arange(1, updates + 1), rows, rows, np.zeros((updates, 1), np.uint8))
    return state


def test_more_resets_than_a_packed_count_holds():
    updates = 3 * 4095 + 2
    state = hammer("b", 3, updates)
    assert state._flush_limit == 4095
    counts = counts_of(state, 0)
    assert counts.pulses_plus.tolist() == [[3, 0]]
    assert counts.pulses_minus.tolist() == [[0, 0]]
    assert counts.resets_plus.tolist() == [[0, 0]]
    assert counts.resets_minus.tolist() == [[updates - 3, 0]]


def test_resets_of_both_sides_past_the_limit():
    updates = 2 * 4095 + 1
    counts = counts_of(hammer("a", 2, updates), 0)
    assert counts.pulses_plus.tolist() == [[2 + 2 * (updates - 2), 0]]
    assert counts.resets_plus.tolist() == counts.resets_minus.tolist() == [[updates - 2, 0]]


@pytest.mark.jit
def test_more_pulses_than_a_packed_count_holds():
    updates = 3 * 4095
    state = hammer("a", 255, updates)
    assert state._flush_limit == (2**20 - 1) // 257
    counts = counts_of(state, 0)
    assert counts.pulses_plus.tolist() == [[255 + 255 * (updates - 255), 0]]
    assert counts.pulses_minus.tolist() == [[0, 0]]
    assert counts.resets_plus.tolist() == counts.resets_minus.tolist() == [[updates - 255, 0]]


def test_flushes_between_small_replays_lose_nothing():
    state = SignState(Layout.of(layers=(1, 2), bias=False, n_max=3, beta=0.0, method="b", initial_steps=0))
    state.initialise()
    one = np.full((700, 1), 1, np.uint8)
    for k in range(1, 15):
        state.replay(0, np.arange(700) + 700 * k, one, one, 0 * one)
        if k == 5:
            assert counts_of(state, 0).resets_minus[0, 0] == 5 * 700 - 3
    assert counts_of(state, 0).resets_minus[0, 0] == 14 * 700 - 3
    assert counts_of(state, 0).pulses_plus[0, 0] == 3
