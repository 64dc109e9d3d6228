"""Noise, gain and offset of sense circuits: how they are drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from xbarsim.kernels.circuit import sense

from xbarsim import Layout
from xbarsim.arrays.board import sense_of
from xbarsim.learn.sign import SignState

from ... import naive

pytestmark = pytest.mark.usefixtures("one_thread")


def circuits(layers=2, width=9, **kw):
    """Ideal ones, but for what is given."""
    ideal = sense.Sense(
        np.ones((layers, 2, width), np.float32),
        np.zeros((layers, 2, width), np.float32),
        0.0,
        0.0,
        np.zeros((layers, 2, width)),
        0.0,
        0.0,
        np.uint64(5),
        np.ones((layers, width), np.float32),
    )
    return ideal._replace(**kw)


def test_noise_is_normal_and_input_referred():
    n = 4000
    c = circuits(noise=2e-8)
    draws = np.array([sense.sense_line(np.float32(1e-7), 0, 0, 0, k, 0, c) for k in range(n)], float)
    assert abs(draws.mean() - 1e-7) < 4 * 2e-8 / np.sqrt(n)
    assert abs(draws.std() / 2e-8 - 1) < 4 / np.sqrt(2 * n)
    assert np.mean(draws > 1e-7) == pytest.approx(0.5, abs=2 / np.sqrt(n))
    c.gain[:] = 3.0  # of the noise, too
    tripled = np.array([sense.sense_line(np.float32(1e-7), 0, 0, 0, k, 0, c) for k in range(50)], float)
    np.testing.assert_allclose(tripled, 3 * draws[:50], rtol=1e-6)
    c.offset[:] = 1e-7
    shifted = np.array([sense.sense_line(np.float32(0), 0, 0, 0, k, 0, c) for k in range(50)], float)
    np.testing.assert_allclose(shifted, tripled, rtol=1e-6, atol=1e-15)


def noise_of_line(volts, sigma):
    """Standard deviation of the current of a line of pairs, A."""
    return sigma * np.sqrt(2 * np.sum(volts.astype(float) ** 2))


def test_noise_of_devices_adds_up_along_a_line():
    """Each device of a pair deviates by sigma: the sum over its line is what independent draws make of it."""
    rng, n = np.random.default_rng(1), 4000
    volts = rng.uniform(0.0, 0.2, 30).astype(np.float32)
    for own in (0.0, 2e-9):
        c = circuits(noise=own, device=3e-8)
        square = sense.sum_squares(volts, 30, c)
        assert square == pytest.approx(float(np.sum(volts.astype(float) ** 2)))
        draws = np.array([sense.sense_line(np.float32(0), 0, 0, 0, k, 0, c, square) for k in range(n)], float)
        one_by_one = (rng.normal(0.0, 3e-8, (n, 2, 30)) * volts).sum(axis=(1, 2)) + own * rng.normal(size=n)
        assert draws.std() == pytest.approx(one_by_one.std(), rel=0.06)
        expected = np.sqrt(noise_of_line(volts, 3e-8) ** 2 + own**2)
        assert naive.ks_normal(np.sort(draws / expected)) < 1.63 / np.sqrt(n)  # 1 %
        assert abs(draws.mean()) < 4 * draws.std() / np.sqrt(n)
    assert sense.sum_squares(volts, 30, circuits(noise=1.0)) == 0.0


def test_no_two_reads_have_the_same_noise():
    c, seen = circuits(layers=3, noise=1.0), []
    for layer, direction, line, iteration, number in itertools.product(
        range(3), range(3), range(3), range(4), range(4)
    ):
        seen.append(float(sense.sense_line(np.float32(0), layer, direction, line, iteration, number, c)))
        assert seen[-1] == sense.sense_line(np.float32(0), layer, direction, line, iteration, number, c)
    other = circuits(layers=3, noise=1.0, seed=np.uint64(6))
    seen.append(float(sense.sense_line(np.float32(0), 0, 0, 0, 0, 0, other)))
    assert len(set(seen)) == len(seen) == 3 * 3 * 3 * 16 + 1


def test_gain_and_offset_are_drawn_for_every_neuron_and_row():
    layout = Layout.of(layers=(200, 150, 10), gain_sigma=0.1, offset_sigma=0.5, seed=3)
    state = SignState(layout)
    gain, offset = state.sense.gain, state.sense.offset
    assert gain.shape == offset.shape == (2, 2, 201)
    unit = layout.device.span * layout.array.v_read
    for values, mean, sigma in ((gain, 1.0, 0.1), (offset / unit, 0.0, 0.5)):
        assert len(np.unique(values)) == values.size
        assert abs(values.mean(dtype=float) - mean) < 4 * sigma / np.sqrt(values.size)
        assert abs(values.std(dtype=float) / sigma - 1) < 4 / np.sqrt(2 * values.size)
    again, other = SignState(layout), SignState(layout.replace(seed=4))
    np.testing.assert_array_equal(gain, again.sense.gain)
    np.testing.assert_array_equal(offset, again.sense.offset)
    assert not (gain == other.sense.gain).any()
    # Each is drawn whether or not the other is, and they are not the same numbers.
    alone = SignState(layout.replace(offset_sigma=0.0)).sense
    np.testing.assert_array_equal(alone.gain, gain)
    assert not alone.offset.any()
    z = np.corrcoef(gain.ravel(), offset.ravel())[0, 1]
    assert abs(z) < 4 / np.sqrt(gain.size)


def test_settings_are_in_units_of_a_full_weight_at_a_full_input():
    layout = Layout.of(layers=(3, 2), read_noise=0.5, sense_range=4.0, sense_bits=6, driver_bits=3, v_read=0.25)
    c = sense_of(layout, SignState(layout).geometry, 9, [0])
    unit = (1e-6 - 1e-7) * 0.25
    assert c.noise == pytest.approx(0.5 * unit)
    np.testing.assert_allclose(c.limit, 4 * unit)
    assert (c.levels, c.drive_levels) == (31.0, 7.0)
    ideal = sense_of(Layout.of(layers=(3, 2)), SignState(layout).geometry, 9, [0])
    assert (ideal.noise, ideal.limit.any(), ideal.levels, ideal.drive_levels) == (0, False, 0, 0)
    assert (ideal.gain == 1).all()
    assert not ideal.offset.any()
