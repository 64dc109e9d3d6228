"""Digits on devices: steps and carries against their twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from xbarsim.kernels.rules.bs import carry

from xbarsim import Device

from ... import naive
from .cases import RNG, assert_equal, cells_of, lists_of

pytestmark = pytest.mark.jit


def random_digits(rng, description, cells, n_digits, rows=12, cols=5, stride=16, fill=1.0):
    steps = description.staircase()
    most = round(fill * (len(steps) - 1))
    g = [np.zeros((n_digits, rows, stride), np.float32) for _ in range(2)]
    for side in g:
        side[:, :, :cols] = steps[rng.integers(0, most + 1, (n_digits, rows, cols))]
    digits = carry.Digits(np.zeros((rows, stride), np.float32), np.zeros((rows, stride), np.float32), *g)
    carry.weigh_all(cols, cells, digits)
    return digits


@pytest.mark.parametrize("n_digits", [1, 2, 3])
@pytest.mark.parametrize("c2c", [(0.0, 0.0), (0.3, 0.0), (0.2, 0.01)])
@pytest.mark.parametrize("beta", [0.0, 2.0])
def test_device_steps_and_carries(n_digits, c2c, beta):
    rng, description = RNG(n_digits), Device(n_max=64, beta=beta)
    cells, rules = cells_of(description, 8.0, *c2c)
    d, k = random_digits(rng, description, cells, n_digits), description.kernel()
    slow, keys = lists_of(d, 5), np.zeros((2, 16), np.uint64)
    carried = 0
    for at in range(1, 15):
        firing = np.flatnonzero(rng.random(12) < 0.5).astype(np.int32)
        up, down = np.array([0, 3], np.int32), np.array([1, 2, 4][: at % 4], np.int32)
        lists = firing, len(firing), up, 2, down, len(down)
        carry.step_cells(*lists, np.uint64(3), 14, at, 1, k, cells, keys, d)
        naive.step_cells(firing.tolist(), up.tolist(), down.tolist(), 3, 14, at, 1, rules, slow)
        for q in range(n_digits - 1, 0, -1):
            if at % 5 ** (n_digits - q) == 0:
                got = carry.carry(q, (0, 12), (0, 5), np.uint64(3), 15, at, k, cells, d)
                assert got == naive.carry(q, 3, 15, at, rules, slow)
                carried += got[0]
        assert_equal(d, slow, rules, 5)
    assert carried > 10 or n_digits == 1


def test_sweeping_rows_equals_pulsing_pairs():
    description = Device(n_max=64, beta=0.0)
    cells, _ = cells_of(description)
    a = random_digits(RNG(2), description, cells, 2, cols=16)
    a.plus[1, :, :4], a.minus[1, :, 2:6] = np.float32(description.g_max), np.float32(description.g_max)
    carry.weigh_all(16, cells, a)
    b = carry.Digits(*(v.copy() for v in a))
    firing, k = np.array([0, 3, 11], np.int32), description.kernel()
    up, down = np.array([0, 1, 3, 5, 9], np.int32), np.array([2, 4, 8, 15], np.int32)
    carry.sweep_cells(firing, 3, up, 5, down, 4, k, cells, a)
    one_by_one = cells._replace(linear=0)
    args = np.uint64(0), 0, 1, 0, k, one_by_one, np.zeros((2, 16), np.uint64), b
    carry.step_cells(firing, 3, up, 5, down, 4, *args)
    for x, y in zip(a, b, strict=True):
        assert np.array_equal(x, y)


def total(digits, rules, cols):
    """W of every weight, float64."""
    v = (digits.plus.astype(np.float64) - digits.minus)[:, :, :cols]
    span = rules.device.g_max - rules.device.g_min
    return sum(rules.scale / span * rules.base**-k * v[k] for k in range(len(v)))


@pytest.mark.parametrize("c2c", [0.0, 0.3])
@pytest.mark.parametrize(("base", "beta"), [(4.0, 0.0), (16.0, 0.0), (4.0, 3.0), (16.0, 1.0)])
@pytest.mark.parametrize("state", ["anywhere", "near the rails", "high digit full"])
def test_a_carry_conserves_the_weight(state, base, c2c, beta):
    description = Device(n_max=64, beta=beta)
    cells, rules = cells_of(description, base, c2c)
    rng, cols = RNG(1), 16
    d = random_digits(rng, description, cells, 2, rows=100, cols=cols)
    steps = description.staircase()
    if state == "near the rails":
        for g in (d.plus, d.minus):
            g[:] = rng.choice(steps[[0, 1, 63, 64]], g.shape)
    if state == "high digit full":
        d.plus[0], d.minus[0] = steps[64], steps[0]
    carry.weigh_all(cols, cells, d)
    before, v = total(d, rules, cols), (d.plus[1].astype(np.float64) - d.minus[1])
    carries, pulses, resets = carry.carry(1, (0, 100), (0, cols), np.uint64(5), 15, 100, description.kernel(), cells, d)
    after = total(d, rules, cols)
    # In steps of the lowest digit at Gmin, which are its largest.
    change = (after - before) / (rules.scale / base * description.alpha_p / description.span)
    assert carries == np.count_nonzero(np.abs(v) > cells.threshold) > 50
    assert np.max(np.abs(change)) <= 0.5 + 2e-3
    assert abs(change.mean()) < 5 * change.std() / math.sqrt(change.size) + 0.02
    if beta == 0 and c2c == 0:
        assert np.max(np.abs(change)) < 2e-3  # on equal stairs it is exact
    # What was carried has room again, unless the higher digit had none.
    left, high = np.abs(d.plus[1] - d.minus[1]), np.abs(d.plus[0] - d.minus[0])
    room = high < 0.999 * description.span
    if beta == 0 and c2c == 0:
        assert np.all(left[room] <= cells.threshold * 1.001)
    assert pulses > 0
    assert resets % 2 == 0
    np.testing.assert_allclose(d.w[:, :cols], after, atol=2e-5)
