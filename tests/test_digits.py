"""Digits on arrays of any device and circuit: against the engine of nominal devices bit for bit, against twins, and against `Crossbar` objects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from xbarsim.kernels import binary_infer, binary_real, digits, noise

import xbarsim
from xbarsim import Crossbar, Device, Layout, LayoutError
from xbarsim.binary import BinaryState
from xbarsim.datasets import to_samples
from xbarsim.digits import DigitState
from xbarsim.states import state_of

from . import naive_scatter as twin
from .naive import F, random_bits, single
from .test_binary import LAYERS, problem, train_blocks

pytestmark = pytest.mark.jit

BASE = {
    "layers": LAYERS, "rule": "bs", "seed": 11, "iterations": 40, "bs_initial_weight": 3.0, "bs_digits": 2, "beta": 0.0, "bs_base": 8.0,
    "bs_carry_every": 7, "bs_carry_ratio": 3,
}  # fmt: skip
SCATTERED = {
    "beta": 1.0, "c2c": 0.3, "c2c_range": 0.002, "sigma": 0.1, "alpha_sigma": 0.2, "beta_sigma": 0.2, "g_min_sigma": 0.1, "g_max_sigma": 0.1,
    "stuck_at_g_min": 0.03, "stuck_anywhere": 0.03,
}  # fmt: skip


def fresh(**values):
    state = state_of(Layout.of(**{**BASE, **values}))
    state.initialise()
    return state


def samples_of(n=40):
    x, y = problem(n)
    return to_samples(x, y.astype(np.int64), 1.0)


def frames(state):
    return [g for k in range(state.n_layers) for g in (*state.frame(k), np.array(state.layer(k)))]


# ---------------------------------------------------------------------------------------------------------------------
# The other engine


@pytest.mark.parametrize("values", [
    {}, {"bs_digits": 3, "beta": 2.0}, {"bs_digits": 1, "bs_carry_every": 0, "beta": 1.0, "beta_d": 3.0, "n_max_d": 20},
], ids=["linear", "three digits", "one digit"])  # fmt: skip
def test_nominal_devices_do_what_the_other_engine_does(values):
    plain, arrays = fresh(**values), fresh(**values, engine="analog")
    assert type(plain) is BinaryState
    assert (type(arrays), arrays.engine) == (DigitState, "analog")
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
        counted = [arrays.arrays.counts(arrays.array(k, q)) for q in range(arrays.digits)]
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
    v, own = state.layout.variation, state.arrays.layer(n).scatter

    def sides(name):
        return [np.swapaxes(getattr(own, f"{name}_{s}"), 0, 1).tolist() for s in ("plus", "minus")]

    return twin.ScatterArray(
        state.arrays.nominal(n), state.arrays.window(n), twin.Law.of(state.layout), state.layout.run.seed, n,
        stuck=sides("stuck") if v.stuck else None, factors=sides("traits") if v.alpha_sigma else None,
        life=sides("life") if v.endurance else None, failure=v.endurance_failure, closing=v.endurance_closing,
    )  # fmt: skip


NAMES = ("plus", "minus")


def part_of(array, i, j, side, key, number, d):
    part = twin.Part((getattr(array, NAMES[side])[i][j] - d.g_min) / (d.g_max - d.g_min), i, (side * 2**16, key))
    part.drawn = number
    part.fixed = bool(array.stuck and array.stuck[side][i][j])
    if array.factors:
        part.factors = tuple(array.factors[side][i][j])
    if array.life:
        count = getattr(array, f"pulses_{NAMES[side]}")[i][j] + getattr(array, f"resets_{NAMES[side]}")[i][j]
        twin.age(part, count, array.life[side][i][j], array.failure, array.closing)
    return part


def put(array, part, i, j, side, d, what):
    if not (array.stuck and array.stuck[side][i][j]):
        getattr(array, NAMES[side])[i][j] = single(d.g_min + part.s * (d.g_max - d.g_min))
    getattr(array, f"{what}_{NAMES[side]}")[i][j] += 1


def press(array, i, j, side, up, key, number, d):
    part = part_of(array, i, j, side, key, number, d)
    (twin.rise if up else twin.fall)(part, array.law)
    put(array, part, i, j, side, d, "pulses")


def read_pair(array, i, j):
    g = [
        F(getattr(array, f"x_{s}")[i][j]) * F(getattr(array, s)[i][j]) + F(getattr(array, f"y_{s}")[i][j])
        for s in NAMES
    ]
    return float(g[0]) - float(g[1])


def nominal_step(array, i, j, side, up, d):
    s = (getattr(array, NAMES[side])[i][j] - d.g_min) / (d.g_max - d.g_min)
    return (d.g_max - d.g_min) * (twin.mean_rise if up else twin.mean_fall)(s, 1.0, 1.0, array.law)


def carry_cell(high, low, i, j, key, base, most, d):
    """Raise the higher digit while more than half of its next step is wanted; then write what is left into the lower one."""
    v = read_pair(low, i, j)
    this, other = (0, 1) if v > 0 else (1, 0)
    start, moved, pulses, still = read_pair(high, i, j), 0.0, 0, 0
    while pulses < most and still < 8:
        full = getattr(high, NAMES[this])[i][j] >= single(d.g_max)
        if full and getattr(high, NAMES[other])[i][j] <= single(d.g_min):
            break
        side = other if full else this
        if abs(v) - base * moved <= 0.5 * base * nominal_step(high, i, j, side, not full, d):
            break
        press(high, i, j, side, not full, key, pulses, d)
        now = math.copysign(1.0, v) * (read_pair(high, i, j) - start)
        still, moved, pulses = still + 1 if now == moved else 0, now, pulses + 1
    if moved == 0.0:
        return pulses, 0
    rest = v - math.copysign(1.0, v) * base * moved
    for side in (0, 1):
        part = part_of(low, i, j, side, key, 0, d)
        part.reset()
        put(low, part, i, j, side, d, "resets")
    side, written, still = 0 if rest > 0 else 1, 0, 0
    while written < most and still < 8:
        before = read_pair(low, i, j)
        gap = abs(rest) - math.copysign(1.0, rest) * before
        full = getattr(low, NAMES[side])[i][j] >= single(d.g_max)
        if abs(gap) <= 0.5 * nominal_step(low, i, j, side, True, d) or (gap > 0 and full):
            break
        press(low, i, j, side, gap > 0, key, pulses + written, d)
        still, written = still + 1 if read_pair(low, i, j) == before else 0, written + 1
    return pulses + written, 2


KINDS = {
    "all": SCATTERED,
    "closing": {**SCATTERED, "endurance": 40.0, "endurance_sigma": 0.5, "endurance_failure": "closing"},
    "worn": {"endurance": 40.0, "endurance_failure": "max", "c2c": 0.2},
    "soft bounds": {"model": "soft-bounds", "beta": 2.0, "c2c": 0.2, "stuck_at_g_max": 0.05},
    "jumps": {
        "model": "table", "n_max": None, "jump_p": ((5e-8, 1e-7, 2e-7), (1e-8, 3e-8, 1e-7)),
        "jump_d": ((1e-8, 3e-8, 5e-8), (5e-8, 9e-8, 2e-7)), "bs_base": 4.0,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_pulses_and_carries_equal_the_twins(kind):
    values = {k: v for k, v in KINDS[kind].items() if v is not None}
    state = fresh(layers=(7, 5), bias=False, **values)
    assert isinstance(state, DigitState)
    d, rng, seed = state.layout.device, np.random.default_rng(4), 11
    slow = [array_of(state, n) for n in (0, 1)]
    done, carried, pulsed = 0, 0, 0
    state.begin_replay(0, 0)
    for at in range(1, 43):
        rows = rng.random(7) < 0.6
        sign = rng.choice([-1, 0, 1], 5, p=[0.2, 0.3, 0.5])
        if not rows.any() or not sign.any():
            continue
        bits = [np.packbits(x, bitorder="little")[None] for x in (rows, sign > 0, sign < 0)]
        state.replay(0, np.array([at]), *bits)
        for due in range(done + 1, at + 1):
            if due == at:
                slow[1].clock = at, 0
                a, _ = slow[1].pulse(
                    np.flatnonzero(rows).tolist(),
                    np.flatnonzero(sign > 0).tolist(),
                    np.flatnonzero(sign < 0).tolist(),
                    "c",
                    d,
                )
                pulsed += a
            if due % 7 == 0:
                for i in range(7):
                    for j in range(5):
                        if abs(read_pair(slow[1], i, j)) > state.own.threshold:
                            key = random_bits(seed, noise.binary_stream(0, 5), due, 2**20 + i, j) % 2**32
                            carry_cell(slow[0], slow[1], i, j, key, state.own.base, state.own.most, d)
                            carried += 1
        done = at
    assert carried > 20
    assert pulsed > 200
    for n, array in enumerate(slow):
        for got, name in zip(state.arrays.nominal(n), NAMES, strict=True):
            np.testing.assert_allclose(got, getattr(array, name), rtol=2e-6, atol=1e-6 * d.span)
        counts = state.arrays.counts(n)
        for name in ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus"):
            assert getattr(counts, name).tolist() == getattr(array, name), name
    expected = sum(float(state.own.unit[n]) * np.array(array.weights, float) for n, array in enumerate(slow))
    np.testing.assert_allclose(state.layer(0), expected, rtol=1e-5, atol=1e-5)


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
    before = np.array(state.layer(0), float)
    carries, _, _ = digits.carry_arrays(0, 1, 16, np.uint64(5), 15, 100, state.device, own, state.layer_digits(0))
    change = np.array(state.layer(0), float) - before
    # In the largest steps of the lower digit; devices differ in scale and step, so bounds are those of the largest.
    unit = float(own.unit[1]) * state.layout.device.alpha_p
    assert carries > 300
    assert np.max(np.abs(change)) / unit < 2.5
    assert np.mean(np.abs(change)) / unit < 0.5
    assert abs(change.mean()) < 5 * change.std() / math.sqrt(change.size) + 0.05 * unit


def test_a_stuck_device_ends_a_carry():
    state = fresh(layers=(3, 2), bias=False, stuck_at_g_min=1.0)
    low = state.arrays.layer(1)
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
            wide, *state.arrays.conductance(state.array(k, q)), routing=state.layout.array.routing, wires=state.layout.wires
        )
        for q in range(state.digits)
    ]  # fmt: skip


@pytest.mark.parametrize("values", [
    {"wire_resistance": 300.0, "driver_resistance": 100.0, "routing": "split-both"},
    {"wire_resistance": 300.0, "routing": "split-source", "tile_rows": 11},
    {"gain_sigma": 0.2, "offset_sigma": 0.1, "sense_range": 2.0, "sense_bits": 5},
], ids=["wires", "tiles", "sense"])  # fmt: skip
def test_reads_pass_the_circuits(values):
    state = fresh(**SCATTERED, **values, wire_tolerance=1e-9)
    own, circuits, unit = state.own, state._circuits(), state.own.unit.astype(float)
    v = state.layout.array.v_read
    for k in range(3):
        rows, cols = state.shape(k)
        fired = np.flatnonzero(np.random.default_rng(k).random(rows) < 0.5).astype(np.int32)
        z = np.zeros(state.geometry.stride[k], np.float32)
        binary_real.read_bits(k, fired, len(fired), 3, 1, own, circuits, z)
        up, down = np.array([0], np.int32), np.array([cols - 1], np.int32)
        gated, sums = np.arange(rows, dtype=np.int32), np.zeros(rows, np.float32)
        binary_real.read_errors(k, up, 1, down, 1, gated, rows, 3, 1, own, circuits, sums)
        drive, back = np.zeros(rows), np.zeros(cols)
        drive[fired], back[0], back[-1] = v, v, -v
        expected, returned = np.zeros(cols), np.zeros(rows)
        for q, xb in enumerate(crossbars(state, k)):
            n, sense, full = state.array(k, q), circuits.sense, circuits.sense.limit

            def sensed(current, side, size, n=n, sense=sense, full=full):
                x = sense.gain[n, side, :size] * (current + sense.offset[n, side, :size])
                return np.rint(np.clip(x, -full, full) / full * sense.levels) * full / sense.levels if full else x

            forward, backward = xb.read_forward(drive), xb.read_backward(back)
            expected += unit[q] / v * sensed(forward.plus - forward.minus, 0, cols)
            returned += unit[q] / v * sensed(backward.plus - backward.minus, 1, rows)
        # float32 nodes; a sensed value at the border of two levels may fall to either side.
        level = unit[0] / v * circuits.sense.limit / circuits.sense.levels if circuits.sense.limit else 0.0
        assert np.mean(np.abs(z[:cols] - expected) > 1e-4 * np.abs(expected).max()) <= (0.2 if level else 0.0)
        np.testing.assert_allclose(z[:cols], expected, atol=1e-4 * np.abs(expected).max() + 1.01 * level)
        np.testing.assert_allclose(sums, returned, atol=1e-4 * np.abs(returned).max() + 1.01 * level)


def test_comparators_of_signs():
    from xbarsim.kernels import binary

    rng = np.random.default_rng(0)
    w = rng.normal(size=(30, 4)).astype(np.float32)
    gated, draws = np.array([1, 5, 6, 29], np.int32), rng.integers(0, 65_536, 4).astype(np.uint16)
    up, down = np.array([2], np.int32), np.array([0], np.int32)
    a, b, c, e = (np.zeros(8, np.int32) for _ in range(4))
    for dead in (0.0, 1.5):
        one = binary.sign_errors(w, up, 1, down, 1, gated, 4, np.float32(dead), draws, a, b)
        two = binary.sign_sums(w[:, 2] - w[:, 0], gated, 4, np.float32(dead), draws, c, e)
        assert one == two
        assert np.array_equal(a[: one[0]], c[: one[0]])
        assert np.array_equal(b[: one[1]], e[: one[1]])


def test_inference_through_ideal_circuits_is_that_of_the_weights():
    state = fresh(layers=(30, 60, 4), bs_initial_weight=12.0, bias=False, seed=5)
    arrays = fresh(
        layers=(30, 60, 4), bs_initial_weight=12.0, bias=False, seed=5, read_noise=1e-12
    )  # a circuit, but for no noise that matters
    samples = samples_of(40)
    wins = [np.empty(40, np.int64) for _ in range(4)]
    currents = np.zeros((40, state.shape(0)[1]), np.float32)
    for k in range(40):
        a, b = samples.start[k], samples.start[k + 1]
        w = state.layer(0)
        currents[k] = samples.volts[a:b] @ w[samples.line[a:b]]
    binary_infer.classify_expected(currents, state.geometry, state.temperature, state.weights, wins[0])
    args = samples, arrays.geometry, arrays.temperature, 0, arrays.tables
    more = arrays.own, arrays.arrays.weights, 0.1, arrays.arrays.circuits, wins[1]
    binary_real.classify_circuits(np.uint64(11), 0, *args, *more)
    assert np.mean(wins[0] == wins[1]) > 0.97
    binary_infer.classify_sampled(np.uint64(11), 9, *args[:4], state.tables, state.weights, wins[2])
    binary_real.classify_circuits(np.uint64(11), 9, *args, *more[:-1], wins[3])
    assert np.mean(wins[2] == wins[3]) > 0.97
    assert len(set(wins[2].tolist())) > 1


def test_what_devices_cost_is_told_of_wires():
    result = xbarsim.run(
        Layout.of(**{**BASE, "layers": (784, 10), "iterations": 3, "dataset": "digits", "eval_last": 1, **SCATTERED, "wire_resistance": 5.0})
    )  # fmt: skip
    assert result.engine == "analog"
    assert result.reads["reads"] > 0
    assert result.reads["residual"] < 1e-5


@pytest.mark.parametrize(("values", "text"), [
    ({"batch": 2}, "run.batch: expected 1 with rule 'bs', got 2"),
    ({"account": True}, "gates: expected nothing with rule 'bs'"),
    ({"engine": "ladder"}, "run.engine: expected auto or analog with rule 'bs'"),
    ({"wire_resistance": 1.0, "bs_digits": 0}, "wires: expected nothing of the kind with rule 'bs' without bs_digits"),
])  # fmt: skip
def test_what_does_not_go_together_is_told(values, text):
    with pytest.raises(LayoutError) as error:
        Layout.of(**{**BASE, **values})
    assert str(error.value).startswith(text)
