"""Arrays with wires obey the laws of any circuit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xbarsim import LayoutError
from xbarsim.arrays.nodal import lines_of, sensed, sheets_of, solve, tiles_of
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.wires import Wires

pytestmark = pytest.mark.usefixtures("one_thread")


resistances = st.sampled_from([0.0, 0.1, 3.0, 100.0, 5000.0])
circuits = st.fixed_dictionaries(
    {
        "wire_resistance": resistances,
        "wire_resistance_s": st.none() | resistances,
        "driver_resistance": st.sampled_from([0.0, 50.0, 2000.0]),
        "sense_resistance": st.sampled_from([0.0, 50.0, 2000.0]),
        "double_sided": st.booleans(),
        "tile_rows": st.sampled_from([0, 0, 1, 3, 50]),
        "tile_columns": st.sampled_from([0, 0, 2, 3, 50]),
    }
).map(lambda kw: Wires(**kw, wire_tolerance=1e-11, wire_sweeps=20_000))
arrays = {"rows": st.integers(1, 7), "cols": st.integers(1, 7), "seed": st.integers(0, 2**32), "wires": circuits}
routings = st.sampled_from(list(ROUTINGS))
law = settings(deadline=None, derandomize=True, max_examples=40)


def pairs(rows, cols, seed):
    """(generator, G+, G-), with cells that do not conduct."""
    rng = np.random.default_rng(seed)
    plus, minus = rng.uniform(1e-7, 1e-5, (2, rows, cols)) * (rng.random((2, rows, cols)) < 0.9)
    return rng, plus.astype(np.float32), minus.astype(np.float32)


def read(plus, minus, routing, wires, volts, forward):
    """(solutions, current of W)."""
    solutions = [solve(sheet, wires, volts, forward=forward) for sheet in sheets_of(plus, minus, routing)]
    return solutions, np.subtract(*sensed(solutions, plus.shape[1 if forward else 0], forward=forward))


def scale(plus, minus, volts):
    """A current that none is above."""
    return (plus.sum(dtype=float) + minus.sum(dtype=float)) * max(np.abs(volts).max(), 1e-9)


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_charge_is_conserved(rows, cols, seed, wires, routing, forward):
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    for s in read(plus, minus, routing, wires, volts, forward)[0]:
        assert abs(s.out_d.sum() + s.out_s.sum()) <= 1e-9 * scale(plus, minus, volts)


@law
@given(**arrays, routing=routings)
def test_reciprocity(rows, cols, seed, wires, routing):
    _, plus, minus = pairs(rows, cols, seed)
    ahead = np.array([read(plus, minus, routing, wires, unit, True)[1] for unit in np.eye(rows)])
    back = np.array([read(plus, minus, routing, wires, unit, False)[1] for unit in np.eye(cols)])
    np.testing.assert_allclose(ahead, back.T, rtol=0, atol=1e-8 * scale(plus, minus, np.ones(1)))


@law
@given(**arrays, routing=routings, forward=st.booleans(), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_superposition(rows, cols, seed, wires, routing, forward, a, b):
    rng, plus, minus = pairs(rows, cols, seed)
    x, y = rng.uniform(-0.1, 0.1, (2, rows if forward else cols))
    one, other, both = (read(plus, minus, routing, wires, v, forward)[1] for v in (x, y, a * x + b * y))
    np.testing.assert_allclose(both, a * one + b * other, rtol=0, atol=1e-8 * scale(plus, minus, np.ones(1)))


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_exchanging_the_sides_changes_the_sign(rows, cols, seed, wires, routing, forward):
    """Where the two sides have wires alike: apart, or next to a terminal that both reach the same way."""
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    one, other = (read(*sides, routing, wires, volts, forward)[1] for sides in ((plus, minus), (minus, plus)))
    if routing == "split-both":
        np.testing.assert_allclose(one, -other, rtol=0, atol=1e-9 * scale(plus, minus, volts))
        return
    # The lines of a pair lie side by side: one of them is a segment further from where the crossing lines end.
    ideal = Wires()
    np.testing.assert_allclose(
        read(plus, minus, routing, ideal, volts, forward)[1],
        -read(minus, plus, routing, ideal, volts, forward)[1],
        rtol=0,
        atol=1e-12 * scale(plus, minus, volts),
    )
    if wires.wire_resistance == 0 and not wires.wire_resistance_s and not (wires.tile_rows or wires.tile_columns):
        np.testing.assert_allclose(one, -other, rtol=0, atol=1e-9 * scale(plus, minus, volts))


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_equal_sides_give_no_current_where_their_wires_are_apart(rows, cols, seed, wires, routing, forward):
    rng, plus, _ = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    current = read(plus, plus, "split-both", wires, volts, forward)[1]
    np.testing.assert_allclose(current, 0, atol=1e-10 * scale(plus, plus, volts))


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_no_node_is_outside_the_drives(rows, cols, seed, wires, routing, forward):
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    for s in read(plus, minus, routing, wires, volts, forward)[0]:
        drives = np.concatenate([s.drive_d, s.drive_s])
        for v in (s.v_d, s.v_s):
            assert v.min() >= drives.min() - 1e-9 * 0.1
            assert v.max() <= drives.max() + 1e-9 * 0.1


@law
@given(**arrays, routing=routings, forward=st.booleans())
def test_what_is_delivered_is_dissipated(rows, cols, seed, wires, routing, forward):
    """In cells, wires and terminals."""
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    lines = lines_of(wires)
    for s in read(plus, minus, routing, wires, volts, forward)[0]:
        heat, cells = 0.0, s.sheet.g.astype(np.float64)
        heat += np.sum(cells * (s.v_d - s.v_s) ** 2)
        for r, c in tiles_of(cells.shape, wires):
            through, v_d, v_s = (cells * (s.v_d - s.v_s))[r, c], s.v_d[r, c], s.v_s[r, c]
            # Where a wire has no resistance its nodes are at one voltage, and it stays cold.
            for v, drive, ohm, end in (
                (v_d, s.drive_d[r], lines.r_d, lines.end_d),
                (v_s.T[:, ::-1], s.drive_s[c], lines.r_s, lines.end_s),
            ):
                if ohm > 0:
                    heat += np.sum(np.diff(v, axis=1) ** 2) / ohm
                if end > 0:
                    heat += np.sum((v[:, 0] - drive) ** 2) / end
                    if wires.double_sided:
                        heat += np.sum((v[:, -1] - drive) ** 2) / end
            assert through.shape == v_d.shape
        assert s.power == pytest.approx(heat, rel=1e-7, abs=1e-22)
        assert s.power >= -1e-22


@law
@given(
    rows=st.integers(1, 7), cols=st.integers(1, 7), seed=st.integers(0, 2**32), routing=routings, forward=st.booleans()
)
def test_without_resistance_currents_are_ideal(rows, cols, seed, routing, forward):
    rng, plus, minus = pairs(rows, cols, seed)
    volts = rng.uniform(-0.1, 0.1, rows if forward else cols)
    w = plus.astype(np.float64) - minus
    ideal = volts @ w if forward else w @ volts
    top = scale(plus, minus, volts)
    np.testing.assert_allclose(read(plus, minus, routing, Wires(), volts, forward)[1], ideal, rtol=0, atol=1e-12 * top)
    double = Wires(double_sided=True)
    np.testing.assert_allclose(read(plus, minus, routing, double, volts, forward)[1], ideal, rtol=0, atol=1e-12 * top)
    before = None
    for ohm in (10.0, 0.1, 1e-3, 1e-5):  # and nearly so with nearly none
        wires = Wires(wire_resistance=ohm, driver_resistance=ohm, sense_resistance=ohm, wire_tolerance=1e-12)
        error = np.abs(read(plus, minus, routing, wires, volts, forward)[1] - ideal).max()
        assert error <= 1e-5 * ohm * 14 * 14 * 4 * top
        assert before is None or error <= 0.02 * before + 1e-11 * top
        before = error


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("kind", ["wire_resistance", "driver_resistance", "sense_resistance"])
def test_currents_fall_as_resistance_rises(kind, forward):
    _, plus, minus = pairs(6, 8, 3)
    volts = np.full(6 if forward else 8, 0.1)
    before, ideal = None, None
    for ohm in (0.0, 1.0, 1e2, 1e4, 1e6) if kind == "wire_resistance" else (0.0, 1.0, 1e2, 1e4, 1e6, 1e8, 1e10):
        wires = Wires(**{kind: ohm}, wire_tolerance=1e-10, wire_sweeps=200_000)
        solutions, _ = read(plus, minus, "split-both", wires, volts, forward)
        total = sum(np.abs(s.out_s).sum() for s in solutions)
        ideal = total if ideal is None else ideal
        assert before is None or total < before
        before = total
    assert total < (1e-2 if kind == "wire_resistance" else 1e-4) * ideal


# ---------------------------------------------------------------------------------------------------------------------
# What is said when the sweeps do not suffice


@pytest.mark.parametrize("forward", [True, False])
def test_sweeps_that_do_not_suffice_are_an_error(forward):
    _, plus, minus = pairs(12, 12, 1)
    sheet = sheets_of(plus, minus, "split-source")[0]
    wires = Wires(wire_resistance=5000.0, wire_sweeps=3)
    with pytest.raises(
        LayoutError, match=r"^wires\.wire_sweeps: expected a residual of 1e-06 after at most 3 "
    ) as caught:
        solve(sheet, wires, np.full(12, 0.1), forward=forward)
    assert "allow more sweeps, lower the wire resistance" in str(caught.value)
    assert "\n" not in str(caught.value)
    got = solve(sheet, Wires(wire_resistance=5000.0), np.full(12, 0.1), forward=forward)
    assert 3 < got.sweeps < 1000
    assert got.residual <= 1e-6
