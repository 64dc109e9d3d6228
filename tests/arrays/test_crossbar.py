"""Crossbar objects: routing, reciprocity, superposition, pulses, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xbarsim
from xbarsim import Crossbar, Device, LayoutError
from xbarsim.describe.array import ROUTINGS

from .. import naive

DEVICE = Device(g_min=1e-7, g_max=1e-6, n_max=8, beta=2.0)
shapes = {"rows": st.integers(1, 7), "cols": st.integers(1, 7), "seed": st.integers(0, 2**32)}


def draw(rows, cols, seed, **kind):
    rng = np.random.default_rng(seed)
    plus, minus = rng.uniform(1e-7, 1e-6, (2, rows, cols)).clip(1.001e-7, 0.999e-6)
    return rng, Crossbar.from_conductance(DEVICE, plus, minus, **kind)


def test_a_new_array_is_at_gmin():
    xb = Crossbar(DEVICE, (2, 3))
    assert xb.shape == (2, 3)
    assert (xb.g_plus == np.float32(1e-7)).all()
    assert (xb.g_minus == np.float32(1e-7)).all()
    assert not xb.weights.any()
    assert all(not c.any() and c.shape == (2, 3) for c in xb.counts.values())


@settings(deadline=None, derandomize=True, max_examples=40)
@given(**shapes)
def test_reads_equal_the_twin(rows, cols, seed):
    rng, xb = draw(rows, cols, seed)
    v, u = rng.uniform(-0.1, 0.1, rows), rng.uniform(-0.1, 0.1, cols)
    plus, minus = xb.read_forward(v)
    assert plus.tolist() == naive.side_currents(v, xb.g_plus)
    assert minus.tolist() == naive.side_currents(v, xb.g_minus)
    plus, minus = xb.read_backward(u)
    assert plus.tolist() == naive.side_currents(u, xb.g_plus.T)
    assert minus.tolist() == naive.side_currents(u, xb.g_minus.T)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(**shapes)
def test_routings_give_the_same_differences_on_ideal_wires(rows, cols, seed):
    differences = []
    for routing in ROUTINGS:
        rng, xb = draw(rows, cols, seed, routing=routing)
        v, u = rng.uniform(-0.1, 0.1, rows), rng.uniform(-0.1, 0.1, cols)
        forward, backward = xb.read_forward(v), xb.read_backward(u)
        assert (not forward.minus.any()) is (routing == "split-drain")
        assert (not backward.minus.any()) is (routing == "split-source")
        differences.append((forward.plus - forward.minus, backward.plus - backward.minus))
        np.testing.assert_allclose(differences[-1][0], v @ (xb.g_plus.astype(float) - xb.g_minus), rtol=0, atol=1e-20)
        np.testing.assert_allclose(differences[-1][1], (xb.g_plus.astype(float) - xb.g_minus) @ u, rtol=0, atol=1e-20)
    for ahead, back in differences[1:]:
        np.testing.assert_allclose(ahead, differences[0][0], rtol=0, atol=1e-20)
        np.testing.assert_allclose(back, differences[0][1], rtol=0, atol=1e-20)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(**shapes, routing=st.sampled_from(list(ROUTINGS)))
def test_reciprocity(rows, cols, seed, routing):
    _, xb = draw(rows, cols, seed, routing=routing)
    ahead = np.array([np.subtract(*xb.read_forward(v)) for v in np.eye(rows)])
    back = np.array([np.subtract(*xb.read_backward(v)) for v in np.eye(cols)])
    np.testing.assert_array_equal(ahead, back.T)
    np.testing.assert_allclose(ahead, xb.weights, rtol=1e-6, atol=1e-13)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(**shapes, routing=st.sampled_from(list(ROUTINGS)), a=st.floats(-5, 5), b=st.floats(-5, 5))
def test_superposition(rows, cols, seed, routing, a, b):
    rng, xb = draw(rows, cols, seed, routing=routing)
    for read, n in ((xb.read_forward, rows), (xb.read_backward, cols)):
        u, v = rng.uniform(-0.1, 0.1, (2, n))
        for whole, one, other in zip(read(a * u + b * v), read(u), read(v), strict=True):
            np.testing.assert_allclose(whole, a * one + b * other, rtol=0, atol=1e-19)


@pytest.mark.parametrize("method", ["a", "b", "c", "fixed", "one-sided"])
@pytest.mark.parametrize("routing", list(ROUTINGS))
def test_programming_equals_the_twin(method, routing):
    rng, xb = draw(4, 5, 11, method=method, routing=routing)
    twin = naive.Array(xb.g_plus, xb.g_minus)
    d = naive.Device.of(DEVICE)
    resets = 0
    for _ in range(80):
        rows = rng.permutation(4)[: rng.integers(0, 5)]
        columns = rng.permutation(5)[: rng.integers(0, 6)]
        signs = rng.choice([-1, 1], len(columns), p=[0.35, 0.65])
        issued = xb.program(rows, columns, signs)
        pulses = naive.update_analog(
            rows.tolist(), columns[signs > 0].tolist(), columns[signs < 0].tolist(), twin, method, d
        )
        assert issued == (len(rows) * len(columns), *pulses)
        assert xb.g_plus.tolist() == twin.plus
        assert xb.g_minus.tolist() == twin.minus
        assert xb.weights.tolist() == [[float(w) for w in row] for row in twin.weights]
        resets += issued.resets
    for name, count in xb.counts.items():
        assert count.tolist() == getattr(twin, name)
    assert (resets > 0) is (method not in ("fixed", "one-sided")) or method == "c"


def test_a_raise_is_undone_by_a_lower_only_in_w():
    xb = Crossbar(Device(g_min=0.0, g_max=1.0, n_max=8, beta=0.0), (1, 1))
    xb.program([0], [0], [+1])
    xb.program([0], [0], [-1])
    assert xb.weights.tolist() == [[0.0]]
    assert xb.g_plus.tolist() == xb.g_minus.tolist() == [[0.125]]


@settings(deadline=None, derandomize=True, max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_methods_a_and_b_keep_the_same_weights_without_nonlinearity(seed):
    device = Device(g_min=2.0**-30, g_max=2.0**-30 + 2.0**-20, n_max=64, beta=0.0)
    rng = np.random.default_rng(seed)
    one, two = Crossbar(device, (3, 2), method="a"), Crossbar(device, (3, 2), method="b")
    drift = rng.uniform(0.2, 0.8)
    for _ in range(300):
        rows = np.flatnonzero(rng.random(3) < 0.8)
        signs = np.where(rng.random(2) < drift, 1, -1)
        for xb in (one, two):
            xb.program(rows, [0, 1], signs)
        np.testing.assert_array_equal(one.weights, two.weights)


def test_copies_go_in_and_out():
    plus, minus = np.full((2, 2), 5e-7, np.float32), np.full((2, 2), 3e-7, np.float32)
    xb = Crossbar.from_conductance(DEVICE, plus, minus)
    plus[:] = 1e-7
    for name in ("g_plus", "g_minus", "weights"):
        getattr(xb, name)[:] = 9.0
    xb.counts["pulses_plus"][:] = 9
    assert (xb.g_plus == np.float32(5e-7)).all()
    assert (xb.g_minus == np.float32(3e-7)).all()
    assert (xb.weights == np.float32(5e-7) - np.float32(3e-7)).all()
    assert not xb.counts["pulses_plus"].any()


def test_reads_do_not_change_states():
    _, xb = draw(3, 3, 0)
    before = xb.g_plus, xb.g_minus
    xb.read_forward([1.0, 2.0, 3.0])
    xb.read_backward([1.0, 2.0, 3.0])
    np.testing.assert_array_equal((xb.g_plus, xb.g_minus), before)


def test_no_lines_no_pulses():
    xb = Crossbar(DEVICE, (2, 2))
    assert xb.program([], [0], [1]) == (0, 0, 0)
    assert xb.program([0], [], []) == (0, 0, 0)
    assert not xb.weights.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Crossbar("paper", (2, 2)), "Crossbar.device"),
        (lambda: Crossbar(DEVICE, 4), "Crossbar.shape"),
        (lambda: Crossbar(DEVICE, (0, 2)), "Crossbar.shape"),
        (lambda: Crossbar(DEVICE, (2, 2), method="d"), "Crossbar.method"),
        (lambda: Crossbar(DEVICE, (2, 2), routing="split"), "Crossbar.routing"),
        (lambda: Crossbar.from_conductance(DEVICE, [[2e-6]], [[1e-7]]), "Crossbar.g_plus"),
        (lambda: Crossbar.from_conductance(DEVICE, [[1e-7]], [[1e-8]]), "Crossbar.g_minus"),
        (lambda: Crossbar.from_conductance(DEVICE, [[float("nan")]], [[1e-7]]), "Crossbar.g_plus"),
        (lambda: Crossbar.from_conductance(DEVICE, [1e-7], [1e-7]), "matrix"),
        (lambda: Crossbar.from_conductance(DEVICE, [["x"]], [[1e-7]]), "Crossbar.g_plus"),
        (lambda: Crossbar.from_conductance(DEVICE, [[1e-7]], [[1e-7, 1e-7]]), "shape of g_plus"),
        (lambda: Crossbar(DEVICE, (2, 3)).read_forward([0.1] * 3), "read_forward: expected 2"),
        (lambda: Crossbar(DEVICE, (2, 3)).read_backward([0.1] * 2), "read_backward: expected 3"),
        (lambda: Crossbar(DEVICE, (1, 1)).read_forward([float("inf")]), "finite"),
        (lambda: Crossbar(DEVICE, (1, 1)).read_forward(["x"]), "voltages"),
        (lambda: Crossbar(DEVICE, (2, 3)).program([2], [0], [1]), "program rows"),
        (lambda: Crossbar(DEVICE, (2, 3)).program([-1], [0], [1]), "program rows"),
        (lambda: Crossbar(DEVICE, (2, 3)).program([0, 0], [0], [1]), "program rows"),
        (lambda: Crossbar(DEVICE, (2, 3)).program([0.5], [0], [1]), "program rows"),
        (lambda: Crossbar(DEVICE, (2, 3)).program([0], [3], [1]), "program columns"),
        (lambda: Crossbar(DEVICE, (2, 3)).program([0], [0, 1], [1]), "signs"),
        (lambda: Crossbar(DEVICE, (2, 3)).program([0], [0], [0]), "signs"),
    ],
)
def test_what_is_refused_is_named(call, message):
    with pytest.raises(LayoutError, match=message):
        call()


@pytest.mark.compiles
@pytest.mark.parametrize("routing", ["split-both", "split-drain", "split-source"])
def test_devices_of_a_sine(routing):
    """I = G v_read sinh(V / V0) / sinh(v_read / V0), device by device; the same with wires that hardly matter."""
    iv = xbarsim.Layout.of(layers=(2, 2), iv="sinh", iv_scale=0.05).iv
    rng = np.random.default_rng(0)
    plus, minus = rng.uniform(1e-7, 1e-6, (2, 3, 4)).astype(np.float32)
    for wires in (None, xbarsim.Wires(wire_resistance=1e-3)):
        more = {"routing": routing, "iv": iv, "v_read": 0.2, "wires": wires}
        xb = Crossbar.from_conductance(Device(), plus, minus, **more)
        for read, v, axis in ((xb.read_forward, [0.2, -0.13, 0.05], 0), (xb.read_backward, [0.1, 0.0, -0.2, 0.02], 1)):
            wanted = [
                sum(
                    float(w[i, j]) * 0.2 * math.sinh(v[(i, j)[axis]] / 0.05) / math.sinh(4.0)
                    for w, i, j in (
                        (plus.astype(float) - minus, *((m, k) if axis == 0 else (k, m))) for m in range(len(v))
                    )
                )
                for k in range((4, 3)[axis])
            ]
            found = read(v)
            np.testing.assert_allclose(found.plus - found.minus, wanted, rtol=2e-4, atol=1e-13)
    with pytest.raises(LayoutError, match=r"Crossbar\.iv: expected an IV, got 'sinh'"):
        Crossbar(Device(), (2, 2), iv="sinh")
    with pytest.raises(LayoutError, match="iv_scale"):
        Crossbar(Device(), (2, 2), iv=iv, v_read=9.0)
