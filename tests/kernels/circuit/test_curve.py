"""Devices that are not ohmic, in reads of ideal and of real wires, against the twin and against laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from xbarsim.kernels.circuit import curve as kernel
from xbarsim.kernels.circuit import tiles, wires

from xbarsim import Layout
from xbarsim.arrays.curves import curve_of
from xbarsim.data_sets.load import to_samples

from ... import naive
from ..test_train import data, layout_of
from . import naive_curve
from .naive_wires import Wire
from .wirings import compare, fresh, twin_of, wired_layout, wiring_of

pytestmark = pytest.mark.usefixtures("one_thread")

SINH = {"iv": "sinh", "iv_scale": 0.04}
TABLE = {"iv": "table", "iv_points": ((0.02, 0.5), (0.05, 2.0), (0.08, 4.5), (0.1, 7.0))}
BOTH = pytest.mark.parametrize("kw", [SINH, TABLE], ids=["sinh", "table"])


def both(kw, cells=0, dtype=np.float64):
    """(the kernel's curve, the twin's)."""
    layout = Layout.of(layers=(2, 2), v_read=0.1, **kw)
    return curve_of(layout.iv, 0.1, 32, cells, dtype), naive_curve.Curve(layout.iv, 0.1)


@BOTH
def test_the_curve_equals_the_twin_and_the_description(kw):
    curve, twin = both(kw)
    iv = Layout.of(layers=(2, 2), v_read=0.1, **kw).iv
    for v in (0.0, 1e-18, 1e-6, 0.00199, 0.00201, 0.02, 0.049, 0.05, 0.0999, 0.1, 0.3):
        want = naive.effective(twin, v)
        assert kernel.effective(curve, v) == pytest.approx(want, rel=1e-13)
        assert kernel.effective(curve, -v) == pytest.approx(-want, rel=1e-13)
        assert iv.effective(v, 0.1) == pytest.approx(want, rel=1e-13)
        assert kernel.slope_at(curve, v) == pytest.approx(naive.slope_at(twin, v), rel=1e-13)
        np.testing.assert_allclose(kernel.both_at(curve, v), (want, naive.slope_at(twin, v)), rtol=1e-13)
        assert kernel.inverse(curve, -want) == pytest.approx(-v, rel=1e-12, abs=1e-18)
        assert naive.inverse(twin, want) == pytest.approx(v, rel=1e-12, abs=1e-18)
        if kw is TABLE:
            assert kernel.segment(curve, v) == naive.segment(twin, v)
    assert kernel.effective(curve, 0.1) == pytest.approx(0.1, rel=1e-15)  # G is what the read voltage measures


def test_the_ratio_that_others_call_nonlinearity_gives_the_scale():
    """I(V) / I(V/2) = 2 cosh(V / 2 V0)."""
    for ratio in (2.1, 3.0, 10.0):
        iv = Layout.of(layers=(2, 2), iv="sinh", iv_scale=1.0 / (2.0 * math.acosh(ratio / 2.0))).iv
        assert 1.0 / iv.effective(0.5, 1.0) == pytest.approx(ratio)


@BOTH
def test_lines_are_bent_and_put_back(kw):
    curve, twin = both(kw)
    volts = np.array([0.0, 0.03, -0.07, 0.1, 0.12, 9.0], np.float32)
    got = volts.copy()
    kernel.bend(curve, got, 5)
    np.testing.assert_allclose(got[:5], naive.bend(twin, volts[:5]), rtol=1e-7)
    kernel.weigh(curve, got, 5)
    np.testing.assert_allclose(got[:5], naive.weigh(twin, volts[:5]), rtol=2e-7)
    kernel.unbend(curve, got, 5)
    np.testing.assert_array_equal(got, volts)


@BOTH
@pytest.mark.parametrize("backward", [False, True])
def test_tangents_equal_the_twin(kw, backward):
    curve, twin = both(kw)
    rng = np.random.default_rng(3)
    g, u, s = rng.uniform(1e-6, 1e-4, (4, 3)), rng.uniform(-0.01, 0, (4, 3)), rng.uniform(0, 0.009, (4, 3))
    u[2] = s[2] = 1e-9  # of nearly nothing nothing is lost
    drive_d, drive_s = rng.uniform(-0.08, 0.08, 4), np.zeros(3)
    drive_d[2:] = 0.0
    if backward:
        drive_d, drive_s = np.zeros(4), rng.uniform(-0.08, 0.08, 3)
    at, slope, shift = (np.zeros((4, 3)) for _ in range(3))
    drawn = drive_d, drive_s
    mean, apart = kernel.linearise(curve, g, *drawn, u, s, True, at, slope, shift)
    v = drive_d[:, None] + u - s - drive_s
    want = naive.linearise(twin, g.tolist(), v.tolist())
    assert apart == want[3] == 0.0
    for got, expected in zip((slope, shift, mean), want[:3], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)
    for away in (0.0, 0.003, 0.1):  # the last one by exponentials
        u[1] -= away
        v[1] -= away
        before = slope.tolist(), shift.tolist()
        touched = [naive.touch(twin, False, a, x) for a, x in zip(at.tolist(), v.tolist(), strict=True)]
        mean, apart = kernel.linearise(curve, g, *drawn, u, s, False, at, slope, shift)
        want = naive.linearise(twin, g.tolist(), touched)
        for got, expected in zip((at, slope, shift, mean), (touched, *want[:3]), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)
        want = naive.linearise(twin, g.tolist(), v.tolist(), before)[3]
        assert apart == pytest.approx(want, rel=1e-9, abs=1e-15)  # a tangent touches
    out = np.empty((4, 3))
    kernel.put_sum(u, s, -1.0, out)
    np.testing.assert_array_equal(out, naive.put_sum(u.tolist(), s.tolist(), -1.0))


@BOTH
def test_devices_of_a_line_equal_the_twin(kw):
    curve, twin = both(kw)
    drive_s = np.array([0.0, 0.0, 0.02, -0.03])
    sine, cosine, odd, even, f, steep = (np.zeros(4) for _ in range(6))
    kernel.put_driven(both(SINH)[0], 0.05, drive_s, sine, cosine)
    for got, want in zip((sine, cosine), naive.put_driven(both(SINH)[1], 0.05, drive_s.tolist()), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-14)
    for taken in (0.0, 1e-12, 0.002, 0.019, 0.5):
        u, s = np.full(4, -taken), np.array([0.0, 1e-9, 0.0, 1e-4])
        v = 0.05 - drive_s + u - s
        kernel.put_both(curve, v, u, s, sine, cosine, odd, even, f, steep)
        for got, want in zip((f, steep), naive.put_both(twin, v.tolist()), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-16)
    for begin in (True, False):
        v, at = np.array([0.3, -0.4, 0.01, 0.08]), np.array([0.1, 0.1, 0.01, 0.079])
        want = naive.touch(twin, begin, at.tolist(), v.tolist())
        kernel.touch(curve, begin, at, v, f, steep)
        np.testing.assert_allclose(v, want, rtol=1e-13)
        moved = [0, 1] if begin or kw is SINH else []
        for got, values in zip((f, steep), naive.put_both(twin, want), strict=True):
            np.testing.assert_allclose(got[moved], np.array(values)[moved], rtol=1e-13)


def test_voltages_that_grow_are_followed_slowly():
    curve, twin = both(SINH)
    for before in (0.0, 0.01, -0.3, 0.2, 0.5):
        for v in (0.0, 0.05, -0.09, 0.3, 2.0, -2.0):
            got = kernel.limited(curve, before, v)
            assert got == pytest.approx(naive.limited(twin, before, v), rel=1e-12)
            assert got * v >= 0.0
            assert abs(got) <= abs(v)
    assert kernel.limited(both(TABLE)[0], 0.01, 2.0) == 2.0


@pytest.mark.parametrize("routing", ["split-both", "split-drain"])
def test_errors_far_above_the_read_voltage_are_solved(routing):
    """Errors are not limited to a full input, and a sine at ten V0 is a thousand times as steep as a wire."""
    layout = wired_layout("analog", layers=(6, 5), routing=routing, wire_resistance=2000.0, v_read=0.1, **SINH)
    state = fresh(layout)
    array = twin_of(state).arrays[0]
    volts, out = np.array([0.5, -0.4, 0.1, 0.0, -0.45]), np.empty(7)
    sweeps, residual = tiles.read_tiles(0, volts, False, state.circuit.board, out)
    assert residual <= 1e-6
    assert sweeps < 400
    curve = naive_curve.Curve(layout.iv, layout.array.v_read)
    want = naive.read_tiles(array, volts, False, *wiring_of(layout), curve)
    np.testing.assert_allclose(out, want, rtol=0, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("ends", [(0.0, 0.0, False), (70.0, 30.0, True)], ids=["plain", "double-sided"])
@pytest.mark.parametrize(("ohm", "forward"), [(3.0, True), (300.0, False), (3000.0, True)])
@BOTH
def test_newton_finds_what_the_dense_twin_finds(kw, ohm, forward, ends):
    rng = np.random.default_rng(int(ohm))
    curve, twin = both(kw, 42)
    g = rng.uniform(1e-6, 1e-4, (7, 6))
    lines = wires.Lines(ohm, 0.4 * ohm, ohm + ends[0], 0.4 * ohm + ends[1], int(ends[2]))
    drive_d, drive_s = np.zeros(7), np.zeros(6)
    (drive_d if forward else drive_s)[:] = rng.uniform(-0.1, 0.1, 7 if forward else 6)
    u, s, cd, cs = (np.empty(g.shape) for _ in range(4))
    out_d, out_s = np.empty(7), np.empty(6)
    sheet = drive_d, drive_s, lines
    _, residual = kernel.solve_tile(curve, g, cd, cs, *sheet, 0.0, 1e-10, 500, forward, u, s, out_d, out_s)
    assert residual <= 1e-10
    want = naive_curve.solve_tile(g, drive_d, drive_s, Wire(*lines[:4], bool(lines.double_sided)), twin)
    top = np.abs(want.out_d).max() + np.abs(want.out_s).max()
    np.testing.assert_allclose(out_d, want.out_d, rtol=0, atol=1e-9 * top)
    np.testing.assert_allclose(out_s, want.out_s, rtol=0, atol=1e-9 * top)
    np.testing.assert_allclose(drive_d[:, None] + u, want.v_d, rtol=0, atol=1e-10)
    few = kernel.solve_tile(curve, g, cd, cs, *sheet, 0.0, 1e-10, 1, forward, u, s, out_d, out_s)
    assert few[0] == 1  # what did not suffice is told
    assert few[1] > 1e-10


def test_without_wires_newton_gives_what_bent_lines_give():
    rng = np.random.default_rng(8)
    curve, twin = both(SINH, 20)
    g, drive = rng.uniform(1e-6, 1e-4, (5, 4)), rng.uniform(-0.1, 0.1, 5)
    u, s, cd, cs = (np.empty(g.shape) for _ in range(4))
    out_d, out_s = np.empty(5), np.empty(4)
    ideal = wires.Lines(0.0, 0.0, 0.0, 0.0, 0)
    kernel.solve_tile(curve, g, cd, cs, drive, np.zeros(4), ideal, 0.0, 1e-9, 50, True, u, s, out_d, out_s)
    np.testing.assert_allclose(out_s, np.array([naive.effective(twin, v) for v in drive]) @ g, rtol=1e-12)


@pytest.mark.compiles
@pytest.mark.parametrize("routing", ["split-both", "split-source", "split-drain"])
def test_reads_of_tiles_equal_the_twin(routing):
    layout = wired_layout("analog", layers=(6, 5), routing=routing, tile_rows=3, v_read=0.1, **SINH)
    state = fresh(layout)
    array, (plus, minus) = twin_of(state).arrays[0], state.conductance(0)
    rng = np.random.default_rng(1)
    curve = naive_curve.Curve(layout.iv, layout.array.v_read)
    for forward in (True, False):
        n, m = (7, 5) if forward else (5, 7)
        volts, out = rng.uniform(-0.1, 0.1, n), np.full(m, np.nan)
        _, residual = tiles.read_tiles(0, volts, forward, state.circuit.board, out)
        assert residual <= 1e-6
        top = (plus.sum() + minus.sum()) * 0.1
        want = naive.read_tiles(array, volts, forward, *wiring_of(layout), curve)
        np.testing.assert_allclose(out, want, rtol=0, atol=3e-7 * top)


RUNS = [
    ("ladder", {"layers": (6, 5, 3), **SINH}),
    ("analog", {"layers": (6, 4, 3), "method": "c", "device_noise": 0.05, **TABLE}),
    ("ladder", {"layers": (6, 4, 3), "wire_resistance": 1000.0, **SINH}),
]


@pytest.mark.compiles
@pytest.mark.parametrize(("engine", "kw"), RUNS, ids=["ideal", "noisy devices", "wires"])
def test_training_and_answers_equal_the_twin(engine, kw):
    layout = layout_of(engine, {"n_max": 9, **kw})
    n = 40 if "wire_resistance" not in kw else 12
    state, twin, log, _ = compare(layout, n)
    assert any(log)
    x, y = data(12, layout.network.layers, np.uint8, seed=1)
    evaluator = state.evaluator(to_samples(x, y, layout.array.v_read))
    evaluator.accuracy()
    assert evaluator.winners.tolist() == naive.classify_real(twin, x)
